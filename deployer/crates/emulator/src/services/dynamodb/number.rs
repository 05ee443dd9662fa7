//! DynamoDB's numbers: exact decimals of up to 38 significant digits.

use std::cmp::Ordering;

use crate::error::AwsError;

/// Maximum number of significant digits (Developer guide, "Numbers").
const PRECISION: usize = 38;

/// A decimal: `0.d₁d₂… × 10^exponent`, with no zero at either end of the digits; zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    negative: bool,
    digits: Vec<u8>,
    exponent: i32,
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}

impl Number {
    /// Parses a number as clients write it: `-12`, `0.5`, `1e3`.
    pub(super) fn parse(text: &str) -> Result<Self, AwsError> {
        let not_a_number = || match text {
            "" => invalid("The parameter cannot be converted to a numeric value"),
            _ => invalid(format!("The parameter cannot be converted to a numeric value: {text}")),
        };
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = match rest.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i32>().map_err(|_| not_a_number())?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return Err(not_a_number());
        }
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        let point = i32::try_from(whole.len()).map_err(|_| not_a_number())?;
        Self::new(negative, digits, point.saturating_add(power))
    }

    fn new(negative: bool, mut digits: Vec<u8>, mut exponent: i32) -> Result<Self, AwsError> {
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..zeros);
        exponent = exponent.saturating_sub(i32::try_from(zeros).unwrap_or(i32::MAX));
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Ok(Self { negative: false, digits, exponent: 0 });
        }
        if digits.len() > PRECISION {
            return Err(invalid("Attempting to store more than 38 significant digits in a Number"));
        }
        // Between 1E-130 and 9.99…E+125 (Developer guide, "Numbers").
        if exponent - 1 > 125 {
            return Err(invalid("Number overflow. Attempting to store a number with magnitude larger than supported range"));
        }
        if exponent - 1 < -130 {
            return Err(invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range"));
        }
        Ok(Self { negative, digits, exponent })
    }

    /// Returns the sum; an error if it needs more than 38 digits.
    pub(super) fn plus(&self, other: &Self) -> Result<Self, AwsError> {
        // Expresses both numbers as integer multiples of the smaller last place.
        let last = |number: &Self| number.exponent - i32::try_from(number.digits.len()).unwrap_or(0);
        let place = last(self).min(last(other));
        let top = self.exponent.max(other.exponent) + 1;
        let width = usize::try_from(top - place).map_err(|_| invalid("Number overflow"))?;
        let spread = |number: &Self| -> Vec<i16> {
            let before = usize::try_from(top - number.exponent).unwrap_or(0);
            let sign = if number.negative { -1 } else { 1 };
            let mut spread = vec![0; width];
            for (slot, digit) in spread.iter_mut().skip(before).zip(&number.digits) {
                *slot = sign * i16::from(*digit);
            }
            spread
        };
        let mut sum: Vec<i16> = spread(self).iter().zip(spread(other)).map(|(a, b)| a + b).collect();
        let negative = sum.iter().find(|digit| **digit != 0).is_some_and(|digit| *digit < 0);
        if negative {
            sum.iter_mut().for_each(|digit| *digit = -*digit);
        }
        let mut carry = 0;
        let mut digits = Vec::with_capacity(width);
        for digit in sum.iter().rev() {
            let value = digit + carry;
            carry = value.div_euclid(10);
            digits.push(u8::try_from(value.rem_euclid(10)).unwrap_or(0));
        }
        digits.reverse();
        Self::new(negative, digits, top)
    }

    /// Returns the number with the opposite sign.
    pub(super) fn negated(&self) -> Self {
        Self { negative: !self.negative && !self.digits.is_empty(), ..self.clone() }
    }

    /// Returns the size: about one byte for every two digits and one more (Developer guide, "Item sizes").
    pub(super) fn size(&self) -> usize {
        self.digits.len().div_ceil(2) + 1 + usize::from(self.negative)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let sign = if self.negative { "-" } else { "" };
        match usize::try_from(self.exponent) {
            Ok(point) if point >= digits.len() => write!(f, "{sign}{digits}{}", "0".repeat(point - digits.len())),
            Ok(point) if point > 0 => write!(f, "{sign}{}.{}", &digits[..point], &digits[point..]),
            _ => write!(f, "{sign}0.{}{digits}", "0".repeat(self.exponent.unsigned_abs() as usize)),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let size = self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
            if self.negative { size.reverse() } else { size }
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    fn number(text: &str) -> Number {
        Number::parse(text).expect("a number")
    }

    #[test]
    fn numbers_are_written_plainly_and_without_needless_zeros() {
        for (given, written) in [
            ("0", "0"),
            ("-0", "0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("-0.010", "-0.01"),
            ("1e3", "1000"),
            ("12E-1", "1.2"),
            ("1e-3", "0.001"),
            (".5", "0.5"),
            ("5.", "5"),
        ] {
            assert_eq!(number(given).to_string(), written, "{given}");
        }
        for text in ["", "-", "1e", "1.2.3", "abc", "1e1e1", "NaN", " 1"] {
            assert!(Number::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_beyond_their_precision_or_range_are_refused() {
        assert!(Number::parse(&"9".repeat(38)).is_ok());
        assert!(Number::parse(&"9".repeat(39)).is_err());
        assert!(Number::parse("1e125").is_ok());
        assert!(Number::parse("1e126").is_err());
        assert!(Number::parse("1e-130").is_ok());
        assert!(Number::parse("1e-131").is_err());
        assert!(number("1e125").plus(&number("1")).is_err());
    }

    #[test]
    fn sums_and_order_agree_with_whole_number_arithmetic() {
        let samples: Vec<i64> = (-40..40).map(|n: i64| n * n * n * 37 - n * 11).collect();
        for a in &samples {
            for b in &samples {
                // The same numbers in thousandths, so that the decimal point moves too.
                let (x, y) = (number(&format!("{a}e-3")), number(&format!("{b}e-3")));
                assert_eq!(x.plus(&y).expect("a sum"), number(&format!("{}e-3", a + b)));
                assert_eq!(x.plus(&y.negated()).expect("a difference"), number(&format!("{}e-3", a - b)));
                assert_eq!(x.cmp(&y), a.cmp(b));
            }
        }
    }
}
