//! Suggestions for misspelled words.

/// Returns the candidate that the text is most likely a misspelling of, if any is close enough.
pub fn closest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let folded = text.to_lowercase().replace('-', "_");
    let near = |candidate: &&str| {
        let other = candidate.to_lowercase().replace('-', "_");
        let distance = strsim::damerau_levenshtein(&folded, &other);
        let (shorter, longer) =
            (folded.chars().count().min(other.chars().count()), folded.chars().count().max(other.chars().count()));
        // A text that would have to be replaced completely is not a misspelling.
        let room = longer.div_ceil(3).min(4).min(shorter.saturating_sub(1));
        let begins = folded.len() >= 3 && (other.starts_with(&folded) || folded.starts_with(&other) && other.len() >= 3);
        (distance <= room || begins).then_some(distance)
    };
    let scored = candidates.into_iter().filter(|candidate| candidate.len() <= 128 && text.len() <= 128);
    scored.filter_map(|candidate| Some((near(&candidate)?, candidate))).min().map(|(_, candidate)| candidate)
}

/// Returns the words in backticks as a list: `a`, `b` and `c`.
pub(crate) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
