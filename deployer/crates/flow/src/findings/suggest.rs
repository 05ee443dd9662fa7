//! Suggestions of similar names ("Did you mean …?").

/// Returns the candidate nearest to a name, if one is near enough to be a plausible correction.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance takes quadratic time in the lengths, and a name of this size is not a misspelling.
    if name.len() > 100 {
        return None;
    }
    let wanted = name.to_lowercase();
    let allowed = (wanted.chars().count() / 3).clamp(1, 6);
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::osa_distance(&wanted, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the question for a finding's suggestion.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|meant| format!("did you mean {meant}?"))
}
