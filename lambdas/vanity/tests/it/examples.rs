//! Tests of the examples of the specification, with scores, and of the display of vanity numbers.

use vanity::{Best, Number, Token, VanityNumber, best_five};

fn best(text: &str) -> Best {
    best_five(&Number::parse(text).expect("a number"))
}

fn ranked(text: &str) -> Vec<(String, Option<i32>)> {
    best(text).ranked().map(|form| (form.display(), form.score())).collect()
}

#[test]
fn flowers_leads_its_number() {
    let expected = [
        ("1-800-FLOWERS", 581),
        ("1-800-FLOW-ERR", 360),
        ("1-800-3-LOWERS", 334),
        ("1-800-ELM-YEPS", 298),
        ("1-800-FLOWER-7", 294),
    ];
    assert_eq!(ranked("+18003569377"), expected.map(|(text, score)| (text.to_owned(), Some(score))));
}

#[test]
fn stored_list_ascends_with_digits_before_letters() {
    let stored: Vec<String> = best("+18003569377").stored().map(|form| form.to_string()).collect();
    assert_eq!(stored, ["+18003LOWERS", "+1800ELMYEPS", "+1800FLOWER7", "+1800FLOWERR", "+1800FLOWERS"]);
}

#[test]
fn numbers_without_words_get_five_sequences() {
    let best = best("+12015505155");
    assert_eq!((best.len(), best.word_count()), (5, 0));
    assert!(best.ranked().all(|form| form.score().is_none() && form.words().count() == 0));
}

#[test]
fn one_digit_with_letters_gives_its_letters_only() {
    let stored: Vec<String> = best("+12010000002").stored().map(|form| form.to_string()).collect();
    assert_eq!(stored, ["+1201000000A", "+1201000000B", "+1201000000C"]);
}

#[test]
fn zeros_and_ones_have_no_vanity_number() {
    assert!(best("+12010101010").is_empty());
}

#[test]
fn pronounceable_sequences_are_preferred() {
    // The seed's order would begin with AADG.
    let best = best("+12010002234");
    let first = best.ranked().find(|form| !form.has_words()).map(|form| form.to_string());
    assert_ne!(first.as_deref(), Some("+1201000AADG"));
}

#[test]
fn tokens_are_country_area_and_spoken_parts() {
    let forms: Vec<VanityNumber> = best("+18003569377").ranked().collect();
    let tokens: Vec<Vec<Token<'_>>> = forms.iter().map(|form| form.tokens().collect()).collect();
    assert_eq!(tokens[1], [Token::Digits("1"), Token::Digits("800"), Token::Word("FLOW"), Token::Word("ERR")]);
    assert_eq!(tokens[2], [Token::Digits("1"), Token::Digits("800"), Token::Digits("3"), Token::Word("LOWERS")]);
    assert_eq!(tokens[4], [Token::Digits("1"), Token::Digits("800"), Token::Word("FLOWER"), Token::Digits("7")]);
}

#[test]
fn tokens_concatenate_to_the_vanity_number() {
    for at in 0..20_000_u64 {
        for text in [format!("+1{:010}", at * 499_979 % 10_000_000_000), format!("+353{:08}", at * 4_987 % 100_000_000)] {
            for form in best(&text).ranked() {
                let joined: String = form.tokens().map(|token| token.as_str()).collect();
                assert_eq!(format!("+{joined}"), form.as_str());
                assert!(form.words().all(|word| (2..=7).contains(&word.len())), "{form}");
            }
        }
    }
}

#[test]
fn stored_and_ranked_lists_have_equal_elements() {
    for at in 0..20_000_u64 {
        let best = best(&format!("+1{:010}", at * 499_979 % 10_000_000_000));
        let sorted = |mut texts: Vec<String>| {
            texts.sort_unstable();
            texts
        };
        let ranked = sorted(best.ranked().map(|form| form.to_string()).collect());
        assert_eq!(sorted(best.stored().map(|form| form.to_string()).collect()), ranked);
        assert_eq!((ranked.len(), ranked.is_empty()), (best.len(), best.is_empty()));
    }
}
