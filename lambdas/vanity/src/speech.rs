//! Speech for vanity numbers: SSML for a neural voice, and plain text.
//!
//! No escaping is needed: a vanity number has only `A` to `Z` and `0` to `9`. `say-as` with `characters` is not used, since
//! neural voices do not support it and fall back to the standard voice for the whole sentence (Polly developer guide,
//! supported SSML tags).

use crate::answer::Status;
use crate::vanity_number::{Best, Token, VanityNumber};

/// Number of vanity numbers that are spoken; callers cannot remember more.
pub const OPTIONS: usize = 3;

const ORDINALS: [&str; OPTIONS] = ["one", "two", "three"];
const DIGITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const GROUP_BREAK: &str = r#"<break time="250ms"/>"#;
const LETTER_BREAK: &str = r#"<break time="120ms"/>"#;
const SPELLING_BREAK: &str = r#"<break time="400ms"/>"#;
const OPTION_BREAK: &str = r#"<break time="700ms"/>"#;

/// Returns a whole SSML document that speaks the best three vanity numbers, best first.
pub fn document(best: &Best) -> String {
    let options = best.ranked().zip(ORDINALS).map(|(form, ordinal)| format!("<p>Option {ordinal}. {}</p>", piece(&form)));
    let options: Vec<String> = options.collect();
    format!("<speak>{}</speak>", options.join(OPTION_BREAK))
}

/// Returns one vanity number as SSML without the enclosing `speak`: its groups, then, for words, their spelling.
pub fn piece(form: &VanityNumber) -> String {
    let groups: Vec<String> = said_tokens(form).map(|(token, hundred)| group(token, hundred)).collect();
    let mut out = groups.join(GROUP_BREAK);
    out.push('.');
    let spelled: Vec<String> = form.words().map(spelled).collect();
    if !spelled.is_empty() {
        out.push_str(SPELLING_BREAK);
        out.push_str("Spelled ");
        out.push_str(&spelled.join(GROUP_BREAK));
        out.push('.');
    }
    out
}

/// Returns the best three vanity numbers in plain text, for a voice without SSML support.
pub fn text(best: &Best) -> String {
    let options = best.ranked().zip(ORDINALS).map(|(form, ordinal)| format!("Option {ordinal}: {}", plain(&form)));
    options.collect::<Vec<_>>().join(" ")
}

/// Returns the sentence for a caller without vanity numbers, or before the vanity numbers.
pub fn sentence(status: Status) -> &'static str {
    match status {
        Status::Ok => "Here are your vanity numbers.",
        Status::NoLetters => "Your number has only zeros and ones where letters could be, so there is nothing to spell.",
        Status::NoCallerId => "Your number is withheld, so there is nothing to spell. Please call again with your number shown.",
        Status::InvalidNumber => "Your number is not one that can be spelled.",
        Status::Unavailable => "Your number could not be read. Please call again later.",
    }
}

/// Returns the tokens, each with whether it is the toll-free prefix "eight hundred".
fn said_tokens(form: &VanityNumber) -> impl Iterator<Item = (Token<'_>, bool)> {
    let north_american = form.number().is_north_american();
    form.tokens().enumerate().map(move |(index, token)| (token, north_american && index == 1 && token == Token::Digits("800")))
}

fn group(token: Token<'_>, hundred: bool) -> String {
    match token {
        Token::Digits(_) if hundred => "eight hundred".to_owned(),
        Token::Digits(digits) => said_digits(digits),
        // In upper case IT, US and WHO may be read as initials.
        Token::Word(word) => word.to_ascii_lowercase(),
        Token::Letters(letters) => spelled(letters),
    }
}

fn said_digits(digits: &str) -> String {
    format!(r#"<say-as interpret-as="digits">{digits}</say-as>"#)
}

fn spelled(letters: &str) -> String {
    let one = |c: char| match c {
        // Alone it would be read as the article.
        'A' => r#"<sub alias="ay">A</sub>"#.to_owned(),
        '0'..='9' => said_digits(&c.to_string()),
        letter => letter.to_string(),
    };
    letters.chars().map(one).collect::<Vec<_>>().join(LETTER_BREAK)
}

fn plain(form: &VanityNumber) -> String {
    let groups = said_tokens(form).map(|(token, hundred)| match token {
        Token::Digits(_) if hundred => "eight hundred".to_owned(),
        Token::Digits(text) | Token::Letters(text) => plainly_spelled(text, " "),
        Token::Word(word) => word.to_ascii_lowercase(),
    });
    let mut out = groups.collect::<Vec<_>>().join(", ");
    out.push('.');
    let words: Vec<String> = form.words().map(|word| plainly_spelled(word, ", ")).collect();
    if !words.is_empty() {
        out.push_str(&format!(" Spelled {}.", words.join("; ")));
    }
    out
}

fn plainly_spelled(text: &str, between: &str) -> String {
    let one = |c: char| c.to_digit(10).map_or_else(|| c.to_string(), |digit| DIGITS[digit as usize].to_owned());
    text.chars().map(one).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Number, best_five};

    fn best(number: &str) -> Best {
        best_five(&Number::parse(number).expect("a number"))
    }

    #[test]
    fn words_are_spoken_and_then_spelled() {
        let best = best("+18003569377");
        let first = best.ranked().next().expect("a form");
        assert_eq!(
            piece(&first),
            r#"<say-as interpret-as="digits">1</say-as><break time="250ms"/>eight hundred<break time="250ms"/>flowers.<break time="400ms"/>Spelled F<break time="120ms"/>L<break time="120ms"/>O<break time="120ms"/>W<break time="120ms"/>E<break time="120ms"/>R<break time="120ms"/>S."#
        );
    }

    #[test]
    fn only_eight_hundred_is_said_as_a_hundred() {
        let first = best("+18883569377");
        let said = piece(&first.ranked().next().expect("a form"));
        assert!(said.contains(r#"<say-as interpret-as="digits">888</say-as>"#), "{said}");
        assert!(!said.contains("hundred"));
    }

    #[test]
    fn letter_sequences_are_only_spelled() {
        let best = best("+12010000002");
        let said = piece(&best.ranked().next().expect("a form"));
        assert!(!said.contains("Spelled"), "{said}");
        assert!(said.contains(r#"<sub alias="ay">A</sub>"#), "{said}");
    }

    #[test]
    fn document_has_three_options_with_pauses() {
        let said = document(&best("+18003569377"));
        assert!(said.starts_with("<speak><p>Option one. ") && said.ends_with("</p></speak>"), "{said}");
        assert_eq!(said.matches("Option ").count(), 3);
        assert_eq!(said.matches(r#"</p><break time="700ms"/><p>"#).count(), 2);
    }

    #[test]
    fn plain_text_spells_every_digit() {
        assert_eq!(
            text(&best("+18003569377")).split(" Option").next(),
            Some("Option one: one, eight hundred, flowers. Spelled F, L, O, W, E, R, S.")
        );
        assert!(text(&best("+12010000002")).contains("two zero one, zero zero zero, zero zero zero A."));
    }

    #[test]
    fn documents_stay_below_the_limit_of_polly() {
        for last in 0..20_000 {
            let number = format!("+1800{:07}", last * 499 % 10_000_000);
            let said = document(&best(&number));
            assert!(said.len() < 6_000, "{number}: {}", said.len());
        }
    }
}
