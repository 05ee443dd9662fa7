//! Comparison of the library with a second, plain implementation of the specification.

use vanity::{Number, best_five};

use crate::support::oracle::{self, Expected, Oracle};

fn given(number: &str) -> Expected {
    let best = best_five(&Number::parse(number).expect("a number"));
    Expected {
        ranked: best.ranked().map(|form| (form.to_string(), form.score())).collect(),
        stored: best.stored().map(|form| form.to_string()).collect(),
    }
}

/// A generator without dependencies that produces the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn digits(&mut self, len: usize, alphabet: &[u8]) -> String {
        let mut digit = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(alphabet[(self.0 >> 33) as usize % alphabet.len()])
        };
        (0..len).map(|_| digit()).collect()
    }
}

#[test]
fn random_north_american_numbers_agree() {
    let oracle = Oracle::new();
    let mut numbers = Numbers(1);
    for _ in 0..600 {
        let national = numbers.digits(10, b"0123456789");
        assert_eq!(given(&format!("+1{national}")), oracle.best_five("1", &national), "+1{national}");
    }
}

#[test]
fn numbers_full_of_letters_agree() {
    let oracle = Oracle::new();
    let mut numbers = Numbers(2);
    for _ in 0..250 {
        let national = numbers.digits(10, b"234567899226437");
        assert_eq!(given(&format!("+1{national}")), oracle.best_five("1", &national), "+1{national}");
    }
}

#[test]
fn numbers_nearly_without_letters_agree() {
    let oracle = Oracle::new();
    let mut numbers = Numbers(3);
    for _ in 0..500 {
        let national = numbers.digits(10, b"0101010101012345678");
        assert_eq!(given(&format!("+1{national}")), oracle.best_five("1", &national), "+1{national}");
    }
}

#[test]
fn national_parts_of_every_length_agree() {
    let oracle = Oracle::new();
    let mut numbers = Numbers(4);
    for (country, lengths) in [("44", 5..=13), ("7", 6..=14), ("353", 4..=12)] {
        for len in lengths {
            for _ in 0..20 {
                let national = numbers.digits(len, b"0123456789");
                let number = format!("+{country}{national}");
                assert_eq!(given(&number), oracle.best_five(country, &national), "{number}");
            }
        }
    }
}

#[test]
fn spans_that_spell_blocked_words_across_borders_agree() {
    // BASS-HIT, and every blocked word of four to seven letters between other letters.
    let oracle = Oracle::new();
    let mut numbers = Numbers(5);
    assert_eq!(given("+12012277448"), oracle.best_five("1", "2012277448"));
    for word in include_str!("../../blocked.txt").lines().filter(|line| (4..=7).contains(&line.len()) && !line.starts_with('#')) {
        let digits = oracle::dialled(&word.to_uppercase());
        let before = numbers.digits(10 - digits.len(), b"22334567899");
        let cut = before.len() / 2;
        let national = format!("{}{digits}{}", &before[..cut], &before[cut..]);
        assert_eq!(given(&format!("+1{national}")), oracle.best_five("1", &national), "{word}");
    }
}
