//! Tests of mistakes seen in public implementations of the same task, one test each. Those about events, tables and requests
//! are in `convert` and `get`.

use vanity::{Answer, Best, Caller, Number, Status, best_five};

fn number(text: &str) -> Number {
    Number::parse(text).expect("a number")
}

fn best(text: &str) -> Best {
    best_five(&number(text))
}

fn texts(text: &str) -> Vec<String> {
    best(text).stored().map(|form| form.to_string()).collect()
}

#[test]
fn nothing_of_the_number_before_is_left() {
    let alone = texts("+12010000002");
    for before in ["+18003569377", "+442079460123", "+12010101010"] {
        texts(before);
        assert_eq!(texts("+12010000002"), alone);
    }
}

#[test]
fn fourth_letters_of_seven_and_nine_are_used() {
    // PIZZAS and QUIZ contain all of P, Q, S and Z.
    assert!(texts("+12010749927").contains(&"+12010PIZZAS".to_owned()));
    assert!(texts("+12010007849").contains(&"+1201000QUIZ".to_owned()));
}

#[test]
fn zero_and_one_are_never_letters() {
    for at in 0..20_000_u64 {
        let text = format!("+1{:010}", at * 499_979 % 10_000_000_000);
        for form in best(&text).ranked() {
            let kept = text.bytes().zip(form.as_str().bytes()).all(|(digit, now)| digit > b'1' || now == digit);
            assert!(kept, "{text} became {form}");
        }
    }
}

#[test]
fn numbers_outside_north_america_are_answered() {
    for (text, word) in
        [("+442073569377", "FLOWERS"), ("+4930123569377", "FLOWERS"), ("+35312356937", "FLOWER"), ("+79123569377", "FLOWERS")]
    {
        let best = best(text);
        assert!(best.ranked().any(|form| form.words().eq([word])), "{text}: {best:?}");
    }
}

#[test]
fn withheld_callers_are_answered() {
    let answer = Answer::to(Caller::read(Some("+266696687")));
    assert_eq!(answer.status, Status::NoCallerId);
    assert!(answer.best.is_none());
}

#[test]
fn nothing_is_loaded_or_allocated_for_a_call() {
    for text in ["+18003569377", "+12015505155", "+12016427447", "+14985167469", "+12010101010"] {
        let number = number(text);
        let allocated = allocation_counter::measure(|| {
            let best = best_five(&number);
            assert!(best.stored().count() == best.len());
        });
        assert_eq!(allocated.count_total, 0, "{text}");
    }
}

#[test]
fn no_profanity_is_spelled_or_spoken() {
    // BASS and HIT are both words; SHIT crosses their border.
    let forms = texts("+12012277448");
    assert!(!forms.iter().any(|form| form.contains("BASSHIT")), "{forms:?}");
    // 7448 alone spells the word itself, 3825 another.
    for ending in ["0007448", "0003825"] {
        for form in best(&format!("+1201{ending}")).ranked() {
            assert!(!form.as_str().contains("SHIT") && !form.as_str().contains("FUCK"), "{form}");
        }
    }
    // Inside one harmless word it is not profanity.
    assert!(texts("+12010045277").contains(&"+120100GLASS".to_owned()));
}
