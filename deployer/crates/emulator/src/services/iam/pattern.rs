//! Policy patterns: `*` matches any text, `?` one character, and `${key}` is replaced by the value of a request key.

use super::key::{Key, Unevaluated};

/// A pattern with its variables replaced.
pub(super) struct Pattern(Vec<Token>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Text(char),
    One,
    Many,
}

impl Pattern {
    /// Parses a pattern without variables.
    pub(super) fn new(text: &str) -> Self {
        let token = |c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            c => Token::Text(c),
        };
        Self(text.chars().map(token).collect())
    }

    /// Parses a pattern and replaces its variables with the values of `keys`; wildcards in a value are literal. Returns `None`
    /// if a key is absent and has no default: then nothing matches (IAM user guide, "Policy variables").
    pub(super) fn with_variables(text: &str, keys: &dyn Fn(&str) -> Key) -> Result<Option<Self>, Unevaluated> {
        let (mut tokens, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let Some((variable, behind)) = after.split_once('}') else { break };
            tokens.extend(Self::new(before).0);
            let Some(value) = value(variable, keys)? else { return Ok(None) };
            tokens.extend(value.chars().map(Token::Text));
            rest = behind;
        }
        tokens.extend(Self::new(rest).0);
        Ok(Some(Self(tokens)))
    }

    /// Whether a text matches. Takes time at most proportional to the product of both lengths.
    pub(super) fn matches(&self, text: &str) -> bool {
        fits(&self.0, text)
    }

    /// Whether an ARN matches part by part: a wildcard does not span any of the first five colons (IAM reference, "ARN
    /// condition operators").
    pub(super) fn matches_arn(&self, arn: &str) -> bool {
        if self.0 == [Token::Many] {
            return true;
        }
        let patterns = self.0.splitn(6, |token| *token == Token::Text(':'));
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let patterns: Vec<&[Token]> = patterns.collect();
        patterns.len() == parts.len() && patterns.iter().zip(parts).all(|(pattern, part)| fits(pattern, part))
    }

    /// Returns the text of the pattern, including wildcards.
    pub(super) fn text(&self) -> String {
        let one = |token: &Token| match token {
            Token::Text(c) => *c,
            Token::One => '?',
            Token::Many => '*',
        };
        self.0.iter().map(one).collect()
    }
}

/// Returns the value of `key`, or of `key, 'default'`; `${*}`, `${?}` and `${$}` are those characters.
fn value(variable: &str, keys: &dyn Fn(&str) -> Key) -> Result<Option<String>, Unevaluated> {
    if ["*", "?", "$"].contains(&variable) {
        return Ok(Some(variable.to_owned()));
    }
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\'').to_owned())),
        None => (variable.trim(), None),
    };
    match keys(key) {
        // Only single-valued keys can be variables.
        Key::Values(mut values) if values.len() == 1 => Ok(values.pop()),
        Key::Values(_) | Key::Absent => Ok(default),
        Key::Unknown => Err(Unevaluated(key.to_owned())),
    }
}

fn fits(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Token::Many) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(token) if *token == Token::One || *token == Token::Text(text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|token| *token == Token::Many)
}

/// Whether `text` matches a pattern without variables.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern).matches(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(name: &str) -> Key {
        match name {
            "aws:PrincipalAccount" => Key::one("111122223333"),
            "aws:userid" => Key::one("a*b"),
            "aws:username" => Key::Absent,
            _ => Key::Unknown,
        }
    }

    #[test]
    fn wildcards_match_as_in_shells_without_brackets() {
        for (pattern, text, fits) in
            [("*", "", true), ("a*b*c", "aXbYbZc", true), ("a?c", "abc", true), ("a?c", "ac", false), ("a*b", "abc", false)]
        {
            assert_eq!(matches(pattern, text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn variables_are_replaced_by_plain_values() {
        let fits = |pattern: &str, text: &str| {
            Pattern::with_variables(pattern, &keys).map(|pattern| pattern.is_some_and(|pattern| pattern.matches(text)))
        };
        assert_eq!(fits("home/${aws:PrincipalAccount}/*", "home/111122223333/x"), Ok(true));
        assert_eq!(fits("${aws:userid}", "a*b"), Ok(true));
        assert_eq!(fits("${aws:userid}", "aXb"), Ok(false), "a value has no wildcards");
        assert_eq!(fits("${aws:username}", "x"), Ok(false));
        assert_eq!(fits("${aws:username, 'x'}", "x"), Ok(true));
        assert_eq!(fits("${*}", "*"), Ok(true));
        assert_eq!(fits("${*}", "x"), Ok(false));
        assert_eq!(fits("${aws:PrincipalOrgID}", "x"), Err(Unevaluated("aws:PrincipalOrgID".to_owned())));
    }

    #[test]
    fn arns_match_part_by_part() {
        let role = "arn:aws:iam::111122223333:role/a/b:c";
        for (pattern, fits) in
            [("arn:aws:iam::*:role/*", true), ("arn:*:role/*", false), ("arn:aws:iam:*", false), ("*", true), (role, true)]
        {
            assert_eq!(Pattern::new(pattern).matches_arn(role), fits, "{pattern}");
        }
    }
}
