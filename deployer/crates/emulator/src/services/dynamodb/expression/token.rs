//! The tokenizer of expressions.

use crate::error::AwsError;
use crate::services::dynamodb::invalid;

/// A token and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
    pub(super) end: usize,
}

/// The kind of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bare name or a keyword.
    Word(String),
    /// A name placeholder `#n`, including the sign.
    Name(String),
    /// A value placeholder `:v`, including the sign.
    Value(String),
    /// Digits of an index.
    Digits(String),
    /// `=`, `<>`, `<`, `<=`, `>`, `>=`, `(`, `)`, `[`, `]`, `,`, `.`, `+`, `-`.
    Sign(&'static str),
    /// The end of the expression.
    End,
}

const SIGNS: [&str; 14] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-"];

/// Returns the tokens of an expression, followed by one [`Kind::End`]. `kind` is the member's name, for messages.
pub(super) fn tokens(kind: &str, text: &str) -> Result<Vec<Token>, AwsError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let word = |from: usize| {
            let length = rest[from..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len() - from);
            rest[..from + length].to_owned()
        };
        let (token, length) = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Kind::Sign(sign), sign.len())
        } else {
            let text = word(usize::from(matches!(first, '#' | ':')));
            let length = text.len();
            match first {
                '#' if length > 1 => (Kind::Name(text), length),
                ':' if length > 1 => (Kind::Value(text), length),
                '0'..='9' if text.bytes().all(|byte| byte.is_ascii_digit()) => (Kind::Digits(text), length),
                'a'..='z' | 'A'..='Z' | '_' => (Kind::Word(text), length),
                _ => return Err(syntax_error(kind, text_of(rest, 1), near(rest))),
            }
        };
        tokens.push(Token { kind: token, at, end: at + length });
        at += length;
    }
    tokens.push(Token { kind: Kind::End, at, end: at });
    Ok(tokens)
}

fn text_of(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end])
}

/// Returns the first character, which starts no token, and the word or character after it (nubo-db/dynamodb-conformance, error-messages:
/// "!" of "!!!" is near "!!").
fn near(text: &str) -> &str {
    let first = text_of(text, 1);
    let rest = text[first.len()..].trim_start();
    let word = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let next = if word == 0 { text_of(rest, 1).len() } else { word };
    &text[..text.len() - rest.len() + next]
}

/// Returns the error `Invalid ConditionExpression: Syntax error; token: "x", near: "x y"`.
pub(super) fn syntax_error(kind: &str, token: &str, near: &str) -> AwsError {
    invalid(format!("Invalid {kind}: Syntax error; token: \"{token}\", near: \"{near}\""))
}
