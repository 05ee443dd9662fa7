//! The parser that all expressions share: tokens, paths and placeholders.

use super::Placeholders;
use super::path::{Path, Step};
use super::reserved::reserved;
use super::token::{Kind, Token, syntax_error, tokens};
use crate::error::AwsError;
use crate::services::dynamodb::invalid;
use crate::services::dynamodb::value::Attribute;

/// Maximum nesting depth of an expression, so that no input exhausts the stack.
const MAX_DEPTH: usize = 64;

/// A cursor over an expression's tokens.
pub(super) struct Parser<'a> {
    /// Name of the member, for messages.
    pub(super) kind: &'static str,
    text: &'a str,
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
    /// Positions of the parentheses that were closed last.
    group: Option<(usize, usize)>,
    placeholders: &'a Placeholders,
}

impl<'a> Parser<'a> {
    pub(super) fn new(kind: &'static str, text: &'a str, placeholders: &'a Placeholders) -> Result<Self, AwsError> {
        Ok(Self { kind, text, tokens: tokens(kind, text)?, position: 0, depth: 0, group: None, placeholders })
    }

    /// Returns the next token.
    pub(super) fn peek(&self) -> &Kind {
        self.at(0)
    }

    /// Returns the token `ahead` after the next.
    pub(super) fn at(&self, ahead: usize) -> &Kind {
        self.tokens.get(self.position + ahead).map_or(&Kind::End, |token| &token.kind)
    }

    /// Skips the next token.
    pub(super) fn advance(&mut self) {
        self.position += 1;
    }

    /// Skips this sign if it is next.
    pub(super) fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Kind::Sign(next) if *next == sign);
        self.position += usize::from(found);
        found
    }

    /// Skips this keyword, ignoring case, if it is next.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Kind::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.position += usize::from(found);
        found
    }

    /// Skips this sign, or returns an error if another token is next.
    pub(super) fn expect(&mut self, sign: &str) -> Result<(), AwsError> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Rejects any token after the expression.
    pub(super) fn end(&self) -> Result<(), AwsError> {
        if self.peek() == &Kind::End { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Returns the error for the next token, with its neighbours as DynamoDB shows them.
    pub(super) fn unexpected(&self) -> AwsError {
        let slice = |from: usize, to: usize| {
            let from = self.tokens.get(from).map_or(self.text.len(), |token| token.at);
            let to = self.tokens.get(to).map_or(self.text.len(), |token| token.end);
            self.text.get(from..to.max(from)).unwrap_or_default()
        };
        let token = match self.peek() {
            Kind::End => "<EOF>",
            _ => slice(self.position, self.position),
        };
        syntax_error(self.kind, token, slice(self.position.saturating_sub(1), self.position + 1))
    }

    /// Returns the error `Invalid KIND: what`.
    pub(super) fn refuse(&self, what: impl std::fmt::Display) -> AwsError {
        invalid(format!("Invalid {}: {what}", self.kind))
    }

    /// Runs `inner` one nesting level deeper.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, AwsError>) -> Result<T, AwsError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.refuse("The expression is nested too deeply"));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Parses a parenthesized `inner`, if a parenthesis is next. Parentheses that contain only parentheses are rejected (getmoto/moto#9847,
    /// seen on AWS).
    pub(super) fn bracketed<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, AwsError>) -> Result<Option<T>, AwsError> {
        let open = self.position;
        if !self.sign("(") {
            return Ok(None);
        }
        let result = self.nested(inner)?;
        let close = self.position;
        self.expect(")")?;
        if self.group == Some((open + 1, close - 1)) {
            return Err(self.refuse("The expression has redundant parentheses;"));
        }
        self.group = Some((open, close));
        Ok(Some(result))
    }

    /// Parses a value placeholder, if one is next.
    pub(super) fn value(&mut self) -> Result<Option<Attribute>, AwsError> {
        let Kind::Value(key) = self.peek() else { return Ok(None) };
        let value = self.placeholders.value(self.kind, key)?;
        self.advance();
        Ok(Some(value))
    }

    /// Parses a document path.
    pub(super) fn path(&mut self) -> Result<Path, AwsError> {
        let attribute = self.name()?;
        let mut steps = Vec::new();
        loop {
            if self.sign(".") {
                steps.push(Step::Name(self.name()?));
            } else if self.sign("[") {
                let Kind::Digits(digits) = self.peek() else { return Err(self.unexpected()) };
                let index = digits.parse();
                let index = index.map_err(|_| self.refuse("List index is not within the allowable range"))?;
                self.advance();
                steps.push(Step::Index(index));
                self.expect("]")?;
            } else {
                return Ok(Path { attribute, steps });
            }
        }
    }

    fn name(&mut self) -> Result<String, AwsError> {
        let name = match self.peek() {
            Kind::Name(key) => self.placeholders.name(self.kind, key)?,
            Kind::Word(word) if reserved(word) => {
                return Err(self.refuse(format!("Attribute name is a reserved keyword; reserved keyword: {word}")));
            }
            Kind::Word(word) => word.clone(),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(name)
    }
}
