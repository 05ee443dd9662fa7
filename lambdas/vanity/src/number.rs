//! Phone numbers in E.164 form, and callers without one.

use std::fmt;

/// Maximum length of a text; longer ones are rejected without being read.
const LONGEST_TEXT: usize = 64;

/// Country codes of two digits: ITU-T's list of assigned country codes (annex to Operational Bulletin, E.164), as
/// libphonenumber 9.0.43 has it (`CountryCodeToRegionCodeMap`). No code of three digits starts with one of them.
const TWO_DIGIT_CODES: [u8; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64,
    65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// Words that carriers send in place of a number.
const WITHHELD_WORDS: [&str; 7] = ["anonymous", "unknown", "unavailable", "restricted", "private", "blocked", "withheld"];

/// The same words dialled on a keypad, as some carriers send them: ANONYMOUS, RESTRICTED, UNAVAILABLE, BLOCKED, UNKNOWN.
const WITHHELD_DIGITS: [&str; 5] = ["266696687", "7378742833", "86282452253", "2562533", "8656696"];

/// A phone number in E.164 form: `+`, then 7 to 15 digits, of which the country code is known and at least four are national.
///
/// A number need not be assigned to anybody: `+15555550100` is one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number {
    text: [u8; 16],
    len: u8,
    country: u8,
}

/// The reason why a text is not a [`Number`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotANumber {
    /// The text does not start with `+`.
    NoPlus,
    /// Something other than an ASCII digit follows the `+`.
    NotADigit,
    /// There are fewer than 7 or more than 15 digits.
    Length,
    /// The first digit is 0, which starts no country code.
    LeadingZero,
    /// Country code 1 without exactly ten national digits.
    NorthAmerican,
    /// Fewer than four digits after the country code.
    NationalTooShort,
}

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            Self::NoPlus => "it does not start with +",
            Self::NotADigit => "something other than the digits 0 to 9 follows the +",
            Self::Length => "it does not have 7 to 15 digits",
            Self::LeadingZero => "no country code starts with 0",
            Self::NorthAmerican => "country code 1 needs exactly ten digits after it",
            Self::NationalTooShort => "fewer than four digits follow the country code",
        };
        write!(f, "not an E.164 phone number: {why}; write it like +18005550100")
    }
}

impl std::error::Error for NotANumber {}

impl Number {
    /// Parses an E.164 number; surrounding white space is removed, nothing else is corrected.
    ///
    /// # Errors
    /// [`NotANumber`] with the reason. A huge text is rejected without being read.
    pub fn parse(text: &str) -> Result<Self, NotANumber> {
        if text.len() > LONGEST_TEXT {
            return Err(NotANumber::Length);
        }
        let text = text.trim();
        let digits = text.strip_prefix('+').ok_or(NotANumber::NoPlus)?.as_bytes();
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(NotANumber::NotADigit);
        }
        if !(7..=15).contains(&digits.len()) {
            return Err(NotANumber::Length);
        }
        let country = country_code_length(digits)?;
        let mut bytes = [0; 16];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { text: bytes, len: text.len() as u8, country })
    }

    /// Returns the number as text, `+` first.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_else(|_| unreachable!("a number is ASCII"))
    }

    /// Returns the number with all but the country code and the last two digits masked, for logs and public pages.
    pub fn masked(&self) -> String {
        let shown = |index| index <= self.country_digits() || index + 2 >= self.as_bytes().len();
        self.as_str().chars().enumerate().map(|(index, c)| if shown(index) { c } else { '*' }).collect()
    }

    /// Returns a text in which every occurrence of this number is masked, for messages from other components.
    pub fn masked_in(&self, text: &str) -> String {
        text.replace(&self.as_str()[1..], &self.masked()[1..])
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.len)]
    }

    /// Returns the bytes, padded with zeros.
    pub(crate) fn padded(&self) -> &[u8; 16] {
        &self.text
    }

    /// Returns the number of digits of the country code.
    pub(crate) fn country_digits(&self) -> usize {
        usize::from(self.country)
    }

    /// Returns the digits after the country code.
    pub(crate) fn national(&self) -> &[u8] {
        &self.as_bytes()[1 + self.country_digits()..]
    }

    /// Whether this is a number of the North American plan (country code 1).
    pub(crate) fn is_north_american(&self) -> bool {
        self.text[1] == b'1'
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Masked, so that a number does not reach a log through `{:?}`.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({})", self.masked())
    }
}

impl std::str::FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        Self::parse(text)
    }
}

fn country_code_length(digits: &[u8]) -> Result<u8, NotANumber> {
    let pair = (digits[0] - b'0') * 10 + (digits[1] - b'0');
    let length = match digits[0] {
        b'0' => return Err(NotANumber::LeadingZero),
        b'1' if digits.len() != 11 => return Err(NotANumber::NorthAmerican),
        b'1' | b'7' => 1,
        _ if TWO_DIGIT_CODES.contains(&pair) => 2,
        _ => 3,
    };
    if digits.len() < usize::from(length) + 4 {
        return Err(NotANumber::NationalTooShort);
    }
    Ok(length)
}

/// The identity of a caller according to the telephone network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A caller with a number.
    Known(Number),
    /// A caller whose number is withheld, absent or unknown to the carrier.
    Withheld,
    /// An address that is neither: a short code, a SIP address, a damaged number.
    Invalid(NotANumber),
}

impl Caller {
    /// Reads the address of a caller. Never fails: an absent, empty or malformed address has its own variant.
    pub fn read(address: Option<&str>) -> Self {
        let Some(address) = address else { return Self::Withheld };
        if is_withheld(address) {
            return Self::Withheld;
        }
        match Number::parse(address) {
            Ok(number) => Self::Known(number),
            Err(reason) => Self::Invalid(reason),
        }
    }
}

fn is_withheld(address: &str) -> bool {
    if address.len() <= LONGEST_TEXT && address.trim().is_empty() {
        return true;
    }
    // A SIP address may be long; the word precedes its `@`.
    let head = &address.as_bytes()[..address.len().min(LONGEST_TEXT)];
    let end = head.iter().position(|byte| *byte == b'@').unwrap_or(head.len());
    let name = head[..end].trim_ascii();
    let word = name.strip_prefix(b"+").unwrap_or(name).trim_ascii();
    name == b"+"
        || WITHHELD_WORDS.iter().any(|withheld| word.eq_ignore_ascii_case(withheld.as_bytes()))
        || name.starts_with(b"+") && WITHHELD_DIGITS.iter().any(|withheld| word == withheld.as_bytes())
}
