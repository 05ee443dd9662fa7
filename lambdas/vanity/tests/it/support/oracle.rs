//! A second implementation of the specification, plain and slow.
//!
//! It shares nothing with the library but the committed word files: it creates every segmentation as a list of texts, keeps
//! them all, and sorts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

const CONNECTORS: &str = "AM AN AS AT BE BY DO GO HE HI IF IN IS IT ME MY NO OF OH OK ON OR SO TO UP US WE";

pub(crate) struct Oracle {
    /// Class by word; connectors are separate.
    words: HashMap<String, i32>,
    by_digits: HashMap<String, Vec<String>>,
    /// Blocked words with the digits that spell them.
    blocked: Vec<(String, String)>,
}

/// The vanity numbers that the library should return: text, and score for those of words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) ranked: Vec<(String, Option<i32>)>,
    pub(crate) stored: Vec<String>,
}

pub(crate) fn digit_of(letter: char) -> char {
    match letter {
        'A'..='C' => '2',
        'D'..='F' => '3',
        'G'..='I' => '4',
        'J'..='L' => '5',
        'M'..='O' => '6',
        'P'..='S' => '7',
        'T'..='V' => '8',
        'W'..='Z' => '9',
        other => other,
    }
}

fn letters_on(digit: char) -> Vec<char> {
    ('A'..='Z').filter(|letter| digit_of(*letter) == digit).collect()
}

pub(crate) fn dialled(text: &str) -> String {
    text.chars().map(digit_of).collect()
}

fn is_digits(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit())
}

impl Oracle {
    pub(crate) fn new() -> Self {
        let blocked: BTreeSet<String> =
            include_str!("../../../blocked.txt").lines().filter(|line| !line.starts_with('#')).map(str::to_uppercase).collect();
        let mut words = HashMap::new();
        for line in include_str!("../../../words.txt").lines() {
            let (word, class) = line.split_once(' ').expect("word and class");
            let word = word.to_uppercase();
            if !blocked.contains(&word) {
                words.insert(word, class.parse().expect("a class"));
            }
        }
        let mut by_digits: HashMap<String, Vec<String>> = HashMap::new();
        for word in words.keys().map(String::as_str).chain(CONNECTORS.split(' ')) {
            by_digits.entry(dialled(word)).or_default().push(word.to_owned());
        }
        let blocked = blocked.into_iter().map(|word| (dialled(&word), word)).collect();
        Self { words, by_digits, blocked }
    }

    /// Returns the blocked words that a number could spell at all.
    fn blocked_in(&self, digits: &str) -> Vec<&str> {
        self.blocked.iter().filter(|(spelled, _)| digits.contains(spelled.as_str())).map(|(_, word)| word.as_str()).collect()
    }

    /// Returns the best five of a number whose national part is given separately.
    pub(crate) fn best_five(&self, country: &str, national: &str) -> Expected {
        let prefix = |span: &str| format!("+{country}{}", &national[..national.len() - span.len()]);
        let near = &national[national.len() - national.len().min(7)..];
        let wide = &national[national.len() - national.len().min(10)..];
        let mut chosen: Vec<(String, Option<i32>)> = Vec::new();
        for span in [near, wide] {
            for (score, text) in self.forms(span) {
                let text = prefix(span) + &text;
                if chosen.len() < 5 && !chosen.iter().any(|(taken, _)| *taken == text) {
                    chosen.push((text, Some(score)));
                }
            }
        }
        let words = chosen.len();
        for m in 4..=national.len().min(7) {
            let tail = &national[national.len() - m..];
            for text in self.sequences(tail) {
                let text = prefix(tail) + &text;
                if chosen.len() < 5 && !chosen.iter().any(|(taken, _)| *taken == text) {
                    chosen.push((text, None));
                }
            }
        }
        let sorted =
            |part: &[(String, Option<i32>)]| part.iter().map(|(text, _)| text.clone()).collect::<BTreeSet<_>>().into_iter();
        let stored = sorted(&chosen[..words]).chain(sorted(&chosen[words..])).collect();
        Expected { ranked: chosen, stored }
    }

    /// Returns every vanity number of a span in order of preference: score descending, text ascending.
    fn forms(&self, span: &str) -> Vec<(i32, String)> {
        let mut best: BTreeMap<String, i32> = BTreeMap::new();
        let mut cuts = Vec::new();
        let blocked = self.blocked_in(span);
        self.cuts(span, &mut Vec::new(), &mut cuts);
        for cut in cuts {
            if Self::is_form(&cut) && !is_refused(&cut, &blocked) {
                let score = self.score(span, &cut);
                let held = best.entry(cut.concat()).or_insert(score);
                *held = score.max(*held);
            }
        }
        let mut forms: Vec<(i32, String)> = best.into_iter().map(|(text, score)| (score, text)).collect();
        forms.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        forms
    }

    /// Returns every segmentation of a span into single digits, words and connectors.
    fn cuts(&self, rest: &str, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
        if rest.is_empty() {
            out.push(path.clone());
            return;
        }
        path.push(rest[..1].to_owned());
        self.cuts(&rest[1..], path, out);
        path.pop();
        for len in 2..=rest.len().min(7) {
            for word in self.by_digits.get(&rest[..len]).into_iter().flatten() {
                path.push(word.clone());
                self.cuts(&rest[len..], path, out);
                path.pop();
            }
        }
    }

    /// Whether there are letters, and a word that is not a connector in each run of them.
    fn is_form(cut: &[String]) -> bool {
        let runs: Vec<&[String]> = runs(cut);
        !runs.is_empty() && runs.iter().all(|run| run.iter().any(|word| word.len() >= 3))
    }

    fn score(&self, span: &str, cut: &[String]) -> i32 {
        let boundary = span.len() as i32 - 4;
        let (mut at, mut score, mut blocks) = (0, 0, 0);
        let mut in_digits = false;
        for token in cut {
            let len = token.len() as i32;
            if is_digits(token) {
                blocks += i32::from(!in_digits);
            } else {
                blocks += 1;
                score += match self.words.get(token) {
                    Some(class) => len * len * [10, 9, 8, 6, 4][*class as usize],
                    None => 20,
                };
                if boundary > 0 && (at == boundary || at + len == boundary) {
                    score += 10;
                }
            }
            in_digits = is_digits(token);
            at += len;
        }
        if !cut.iter().any(|token| is_digits(token)) {
            score += 100;
        }
        if cut.last().is_some_and(|token| !is_digits(token)) {
            score += 40;
        }
        score - 30 * (blocks - 1)
    }

    /// Returns the letter sequences of a tail, best first.
    fn sequences(&self, tail: &str) -> Vec<String> {
        let mut texts = vec![String::new()];
        for digit in tail.chars() {
            let letters = if digit < '2' { vec![digit] } else { letters_on(digit) };
            texts = texts.iter().flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}"))).collect();
        }
        let blocked = self.blocked_in(tail);
        texts.retain(|text| text != tail && !blocked.iter().any(|word| text.contains(word)));
        texts.sort_by(|a, b| alternations(b).cmp(&alternations(a)).then(a.cmp(b)));
        texts
    }
}

fn runs(cut: &[String]) -> Vec<&[String]> {
    cut.split(|token| is_digits(token)).filter(|run| !run.is_empty()).collect()
}

fn alternations(text: &str) -> usize {
    let letters: Vec<char> = text.chars().collect();
    let vowel = |c: char| "AEIOUY".contains(c);
    letters.windows(2).filter(|pair| pair.iter().all(char::is_ascii_alphabetic) && vowel(pair[0]) != vowel(pair[1])).count()
}

/// Whether a run equals a blocked word, or one of four letters or more crosses a border in it.
fn is_refused(cut: &[String], blocked: &[&str]) -> bool {
    runs(cut).into_iter().any(|run| {
        let text = run.concat();
        let mut border = 0;
        let borders: Vec<usize> = run
            .iter()
            .map(|word| {
                border += word.len();
                border
            })
            .collect();
        blocked.iter().any(|word| {
            text == **word
                || word.len() >= 4
                    && text.match_indices(*word).any(|(at, _)| borders.iter().any(|b| at < *b && *b < at + word.len()))
        })
    })
}
