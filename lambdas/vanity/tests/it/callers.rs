//! Tests of unusual callers, and of the validation of numbers.

use proptest::prelude::*;
use vanity::{Caller, NotANumber, Number};

#[test]
fn callers_without_a_number_are_withheld() {
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
    // With a country code of three digits the shortest number has four national digits, so this case needs no invalid
    // example.
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

/// Every assigned country code (ITU-T E.164, as in libphonenumber 9.0.43, `CountryCodeToRegionCodeMap`).
const ASSIGNED: [&str; 3] = [
    "1 7",
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 \
     94 95 98",
    "211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 \
     246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352 \
     353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 \
     504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 \
     687 688 689 690 691 692 800 808 850 852 853 855 856 870 878 880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 \
     971 972 973 974 975 976 977 979 992 993 994 995 996 998",
];

#[test]
fn assigned_country_codes_are_recognised() {
    for codes in ASSIGNED {
        for code in codes.split_ascii_whitespace() {
            let national = if code == "1" { "2025550199" } else { "20255501" };
            let number = Number::parse(&format!("+{code}{national}")).expect("a number");
            // The country code and the last two digits stay visible.
            assert_eq!(number.masked(), format!("+{code}{}{}", "*".repeat(national.len() - 2), &national[national.len() - 2..]));
        }
    }
}

#[test]
fn numbers_are_masked_in_other_messages() {
    let number = Number::parse("+18003569377").expect("a number");
    let masked = number.masked_in("no item +18003569377 (18003569377), only +18003569378");
    assert_eq!(masked, "no item +1********77 (1********77), only +18003569378");
}

#[test]
fn masked_numbers_show_country_code_and_two_digits() {
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
    fn every_vanity_number_dials_its_number(digits in "[2-9][0-9]{7,14}") {
        let text = format!("+{digits}");
        let number = Number::parse(&text).expect("at least eight digits and not country code 1");
        for form in vanity::best_five(&number).ranked() {
            prop_assert_eq!(form.as_str().len(), text.len());
            prop_assert_eq!(form.number(), number);
        }
    }
}
