//! Odd callers, and what is a number.

use proptest::prelude::*;
use vanity::{Caller, NotANumber, Number};

#[test]
fn a_caller_without_a_number_is_withheld() {
    let addresses = [
        "",
        " ",
        "\t\n",
        "\u{3000}",
        "+",
        " + ",
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "+anonymous",
        "+Anonymous",
        "unknown",
        "UNAVAILABLE",
        "Restricted",
        "private",
        "Blocked",
        "withheld",
        "anonymous@anonymous.invalid",
        "Unknown@carrier.example",
        "+266696687",
        "+7378742833",
        "+86282452253",
        "+2562533",
        "+8656696",
    ];
    for address in addresses {
        assert_eq!(Caller::read(Some(address)), Caller::Withheld, "{address:?}");
    }
    assert_eq!(Caller::read(None), Caller::Withheld);
    let long = format!("anonymous@{}.invalid", "a".repeat(1_000_000));
    assert_eq!(Caller::read(Some(&long)), Caller::Withheld);
}

#[test]
fn what_is_neither_number_nor_withheld_is_invalid() {
    let addresses = [
        "911",
        "+911",
        "12345",
        "18003569377",
        "+1800356937",
        "+180035693777",
        "+0123456789",
        "+1 800 356 9377",
        "+1-800-356-9377",
        "+1800FLOWERS",
        "tel:+18003569377",
        "sip:+18003569377@carrier.example",
        "+18003569377;ext=5",
        "+18003569377x5",
        "+1234567890123456",
        "++18003569377",
        "+18003569377+",
        "+1800356937\u{ff17}",
        "+١٨٠٠٣٥٦٩٣٧٧",
        "nobody@carrier.example",
        "anonymously",
        "+353123",
    ];
    for address in addresses {
        assert!(matches!(Caller::read(Some(address)), Caller::Invalid(_)), "{address:?}: {:?}", Caller::read(Some(address)));
    }
    assert_eq!(Caller::read(Some(&"+1".repeat(10_000_000))), Caller::Invalid(NotANumber::Length));
}

#[test]
fn every_refusal_says_why_and_what_to_write() {
    for (text, reason) in [
        ("18005550100", NotANumber::NoPlus),
        ("+1800555010x", NotANumber::NotADigit),
        ("+123456", NotANumber::Length),
        ("+08005550100", NotANumber::LeadingZero),
        ("+1800555010", NotANumber::NorthAmerican),
        ("+353123", NotANumber::Length),
    ] {
        assert_eq!(Number::parse(text), Err(reason), "{text}");
        assert!(reason.to_string().ends_with("write it like +18005550100"));
    }
    // Three digits of country code leave four of the shortest number, so this needs no own example.
    assert!(Number::parse("+3531234").is_ok());
}

#[test]
fn sound_numbers_are_known_assigned_or_not() {
    for text in ["+15555550100", "+10000000000", "+18003569377", "+442079460123", "+3531234", "+7123456", "+123456789012345"] {
        let known = matches!(Caller::read(Some(&format!(" {text}\n"))), Caller::Known(number) if number.as_str() == text);
        assert_eq!(known, text != "+123456789012345", "{text}");
    }
    assert!(Number::parse("+861234567890123").is_ok());
}

#[test]
fn only_the_country_code_and_the_last_two_digits_are_shown_in_logs() {
    for (text, masked) in [("+18003569377", "+1********77"), ("+442079460123", "+44********23"), ("+3531234", "+353**34")] {
        let number = Number::parse(text).expect("a number");
        assert_eq!(number.masked(), masked);
        assert!(format!("{number:?}").contains(masked) && !format!("{:?}", vanity::best_five(&number)).contains(text));
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        if let Caller::Known(number) = Caller::read(Some(&text)) {
            prop_assert_eq!(number.as_str(), text.trim());
        }
    }

    #[test]
    fn every_number_of_e164_shape_is_read_and_every_form_dials_it(digits in "[2-9][0-9]{7,14}") {
        let text = format!("+{digits}");
        let number = Number::parse(&text).expect("at least eight digits and not country code 1");
        for form in vanity::best_five(&number).ranked() {
            prop_assert_eq!(form.as_str().len(), text.len());
            prop_assert_eq!(form.number(), number);
        }
    }
}
