//! Paged lists. A token contains the name of the last entry returned, so that a list may change between pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Returns at most `size` entries after the one that `token` names, and the token of the next page if there is one; `None` if the token is
/// invalid. `all` is sorted by its keys.
pub(crate) fn page<K: AsRef<str>, V>(
    all: impl Iterator<Item = (K, V)>,
    token: Option<&str>,
    size: usize,
) -> Option<(Vec<V>, Option<String>)> {
    let after = match token {
        Some(token) => Some(String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?),
        None => None,
    };
    let mut rest = all.filter(|(key, _)| after.as_deref().is_none_or(|after| key.as_ref() > after)).peekable();
    let mut taken = Vec::new();
    let mut last = String::new();
    while taken.len() < size
        && let Some((key, value)) = rest.next()
    {
        last = key.as_ref().to_owned();
        taken.push(value);
    }
    let next = rest.peek().is_some().then(|| URL_SAFE_NO_PAD.encode(last));
    Some((taken, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_return_every_entry_once_in_order() {
        let names: Vec<String> = (0..23).map(|n| format!("n{n:02}")).collect();
        for size in 1..25 {
            let (mut seen, mut token) = (Vec::new(), None);
            loop {
                let (taken, next) = page(names.iter().map(|n| (n, n.clone())), token.as_deref(), size).expect("our token");
                seen.extend(taken);
                token = next;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(seen, names);
        }
    }
}
