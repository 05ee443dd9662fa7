//! Tests of all ten million endings of seven digits.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use vanity::{Best, Number, VanityNumber, best_five};

const BLOCKS: usize = 1_000;

/// Prefix of the seven digits: an area code of 0 and 1 leaves only them to spell.
const PREFIX: &str = "+1110";

struct Blocked {
    words: HashSet<&'static [u8]>,
    /// Whether a word starts with three letters, by their places in the alphabet; a fast check before the others.
    possible: Vec<bool>,
}

impl Blocked {
    fn read() -> Self {
        let list = include_str!("../../blocked.txt").lines().filter(|line| !line.starts_with('#'));
        let words: HashSet<&[u8]> = list.map(|line| line.to_ascii_uppercase().leak() as &str).map(str::as_bytes).collect();
        let mut possible = vec![false; 26 * 26 * 26];
        words.iter().for_each(|word| possible[place(word)] = true);
        Self { words, possible }
    }

    fn is(&self, run: &[u8]) -> bool {
        run.len() >= 3 && run[0] >= b'A' && self.possible[place(run)] && self.words.contains(run)
    }

    fn is_inside(&self, run: &[u8]) -> bool {
        (0..run.len()).any(|from| (from + 3..=run.len()).any(|to| self.is(&run[from..to])))
    }
}

fn place(run: &[u8]) -> usize {
    run[..3].iter().fold(0, |place, letter| place * 26 + usize::from(letter - b'A'))
}

/// Key of every byte that a vanity number may contain.
const KEYS: [u8; 128] = {
    let mut keys = [0; 128];
    let letters = b"2ABC3DEF4GHI5JKL6MNO7PQRS8TUV9WXYZ";
    let (mut at, mut key) = (0, b'0');
    while at < letters.len() {
        key = if letters[at] < b'A' { letters[at] } else { key };
        keys[letters[at] as usize] = key;
        at += 1;
    }
    keys[b'+' as usize] = b'+';
    keys[b'0' as usize] = b'0';
    keys[b'1' as usize] = b'1';
    keys
};

fn check(number: &Number, best: &Best, blocked: &Blocked) -> Result<(), &'static str> {
    let dialled = number.as_str().as_bytes();
    let mut score = Some(i32::MAX);
    for (at, form) in best.ranked().enumerate() {
        if form.has_words() != (at < best.word_count()) || form.score() > score {
            return Err("the ranked list is not words by score, then letters");
        }
        score = form.score();
    }
    let mut forms = best.stored();
    let forms: [Option<VanityNumber>; 5] = std::array::from_fn(|_| forms.next());
    let texts = forms.each_ref().map(|form| form.as_ref().map_or("", VanityNumber::as_str));
    for (form, text) in forms.iter().flatten().zip(texts) {
        check_form(dialled, form, text.as_bytes(), blocked)?;
    }
    let (words, filler) = texts[..best.len()].split_at(best.word_count());
    let ascends = |texts: &[&str]| texts.is_sorted_by(|one, next| one < next);
    match () {
        () if texts[..best.len()].contains(&"") => Err("a form is lost"),
        () if !ascends(words) || !ascends(filler) => Err("the stored list is not ascending"),
        () if words.iter().any(|word| filler.contains(word)) => Err("a form is repeated"),
        () if !forms[..best.len()].iter().flatten().map(VanityNumber::has_words).is_sorted_by(|one, next| one >= next) => {
            Err("letters stand before words")
        }
        () => Ok(()),
    }
}

fn check_form(dialled: &[u8], form: &VanityNumber, text: &[u8], blocked: &Blocked) -> Result<(), &'static str> {
    if text.len() != dialled.len() || !text.iter().zip(dialled).all(|(byte, digit)| KEYS[usize::from(*byte)] == *digit) {
        return Err("a form does not dial its number");
    }
    if text == dialled {
        return Err("a form without letters");
    }
    if form.words().any(|word| blocked.is(word.as_bytes())) {
        return Err("a blocked word");
    }
    let mut runs = text[PREFIX.len()..].split(|byte| *byte < b'A');
    match form.has_words() {
        true if runs.any(|run| blocked.is(run)) => Err("a run that is a blocked word"),
        false if runs.any(|run| blocked.is_inside(run)) => Err("a blocked word among letters"),
        _ => Ok(()),
    }
}

/// Returns the number with these last seven digits.
fn number(mut last: usize) -> Number {
    let mut text = *b"+11100000000";
    for digit in text[PREFIX.len()..].iter_mut().rev() {
        *digit += (last % 10) as u8;
        last /= 10;
    }
    Number::parse(std::str::from_utf8(&text).expect("ASCII")).expect("a number")
}

/// Returns how many numbers of one block have no word-based vanity number, and how many have five.
fn check_block(block: usize, blocked: &Blocked) -> [usize; 2] {
    let mut counts = [0; 2];
    for low in 0..10_000 {
        let number = number(block * 10_000 + low);
        let best = best_five(&number);
        if let Err(fault) = check(&number, &best, blocked) {
            panic!("{number}: {fault}: {:?}", best.stored().map(|form| form.to_string()).collect::<Vec<_>>());
        }
        counts[0] += usize::from(best.word_count() == 0);
        counts[1] += usize::from(best.word_count() == 5);
    }
    counts
}

#[test]
fn every_ending_has_only_valid_vanity_numbers() {
    let blocked = Blocked::read();
    let (next, none, five) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(block) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|block| *block < BLOCKS) {
                    let [without, with_five] = check_block(block, &blocked);
                    none.fetch_add(without, Ordering::Relaxed);
                    five.fetch_add(with_five, Ordering::Relaxed);
                }
            });
        }
    });
    // A list that lost its words would pass all checks above.
    let (none, five) = (none.into_inner() / 100_000, five.into_inner() / 100_000);
    assert!((20..30).contains(&none) && (35..45).contains(&five), "{none} % have no word form, {five} % have five");
}

#[test]
fn results_are_deterministic() {
    let number = |at: usize| Number::parse(&format!("+1201{:07}", at * 7_919 % 10_000_000)).expect("a number");
    let texts = |at| best_five(&number(at)).stored().map(|form| form.to_string()).collect::<Vec<_>>();
    let forwards: Vec<_> = (0..5_000).map(texts).collect();
    let mut backwards: Vec<_> = (0..5_000).rev().map(texts).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
}
