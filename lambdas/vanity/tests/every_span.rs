//! All ten million endings of seven digits.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use vanity::{Best, Form, Number, best_five};

const BLOCKS: usize = 1_000;

struct Blocked {
    words: HashSet<&'static [u8]>,
    /// Whether a word starts with three letters, by their places in the alphabet; asked first, being quick.
    possible: Vec<bool>,
}

impl Blocked {
    fn read() -> Self {
        let list = include_str!("../blocked.txt").lines().filter(|line| !line.starts_with('#'));
        let words: HashSet<&[u8]> = list.map(|line| line.to_ascii_uppercase().leak() as &str).map(str::as_bytes).collect();
        let mut possible = vec![false; 26 * 26 * 26];
        words.iter().for_each(|word| possible[place(word)] = true);
        Self { words, possible }
    }

    fn is(&self, run: &[u8]) -> bool {
        run.len() >= 3 && self.possible[place(run)] && self.words.contains(run)
    }

    fn is_inside(&self, run: &[u8]) -> bool {
        (3..=run.len()).any(|len| run.windows(len).any(|part| self.is(part)))
    }
}

fn place(run: &[u8]) -> usize {
    run[..3].iter().fold(0, |place, letter| place * 26 + usize::from(letter - b'A'))
}

fn digit(byte: u8) -> u8 {
    match byte {
        b'A'..=b'O' => b'2' + (byte - b'A') / 3,
        b'P'..=b'S' => b'7',
        b'T'..=b'V' => b'8',
        b'W'..=b'Z' => b'9',
        other => other,
    }
}

fn check(number: &Number, best: &Best, blocked: &Blocked) -> Result<(), &'static str> {
    for form in best.ranked() {
        check_form(number, form, blocked)?;
    }
    let stored: Vec<Form> = best.stored().collect();
    let (words, filler) = stored.split_at(best.word_count());
    let ascending = |part: &[Form]| part.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str());
    let apart = words.iter().all(Form::has_words) && !filler.iter().any(Form::has_words);
    let distinct = words.iter().all(|word| !filler.iter().any(|other| other.as_str() == word.as_str()));
    let scores = best.ranked().filter_map(Form::score);
    match () {
        () if !ascending(words) || !ascending(filler) => Err("the stored list is not ascending"),
        () if !apart || !distinct || stored.len() != best.len() => Err("words and letters are mixed or repeated"),
        () if !scores.is_sorted_by(|a, b| a >= b) => Err("the ranked list is not by score"),
        () => Ok(()),
    }
}

fn check_form(number: &Number, form: &Form, blocked: &Blocked) -> Result<(), &'static str> {
    let text = form.as_str().as_bytes();
    if !text.iter().map(|byte| digit(*byte)).eq(number.as_str().bytes()) {
        return Err("a form does not dial its number");
    }
    if text == number.as_str().as_bytes() {
        return Err("a form without letters");
    }
    if form.words().any(|word| blocked.is(word.as_bytes())) {
        return Err("a blocked word");
    }
    let mut runs = text.split(|byte| !byte.is_ascii_uppercase());
    match form.has_words() {
        true if runs.any(|run| blocked.is(run)) => Err("a run that is a blocked word"),
        false if runs.any(|run| blocked.is_inside(run)) => Err("a blocked word among letters"),
        _ => Ok(()),
    }
}

/// Returns how many numbers have no word form, and how many five, in one block.
fn check_block(block: usize, blocked: &Blocked) -> [usize; 2] {
    let mut counts = [0; 2];
    for low in 0..10_000 {
        // An area code of 0 and 1 leaves only the seven digits to spell.
        let text = format!("+1110{block:03}{low:04}");
        let number = Number::parse(&text).expect("a number");
        let best = best_five(&number);
        if let Err(fault) = check(&number, &best, blocked) {
            panic!("{text}: {fault}: {:?}", best.stored().map(|form| form.to_string()).collect::<Vec<_>>());
        }
        counts[0] += usize::from(best.word_count() == 0);
        counts[1] += usize::from(best.word_count() == 5);
    }
    counts
}

#[test]
fn every_form_of_every_ending_dials_its_number_in_order_and_without_a_blocked_word() {
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
    // A list that lost its words would pass everything above.
    let (none, five) = (none.into_inner() / 100_000, five.into_inner() / 100_000);
    assert!((20..30).contains(&none) && (35..45).contains(&five), "{none} % have no word form, {five} % have five");
}

#[test]
fn the_same_number_gives_the_same_forms_always() {
    let number = |at: usize| Number::parse(&format!("+1201{:07}", at * 7_919 % 10_000_000)).expect("a number");
    let texts = |at| best_five(&number(at)).stored().map(|form| form.to_string()).collect::<Vec<_>>();
    let forwards: Vec<_> = (0..5_000).map(texts).collect();
    let mut backwards: Vec<_> = (0..5_000).rev().map(texts).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
}
