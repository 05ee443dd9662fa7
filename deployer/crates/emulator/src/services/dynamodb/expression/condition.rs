//! Conditions of writes, filters and keys.

use super::Placeholders;
use super::parser::Parser;
use super::path::Path;
use super::token::Kind;
use crate::error::AwsError;
use crate::services::dynamodb::value::Attribute;

/// An operand of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::services::dynamodb) enum Operand {
    /// The value at a path.
    Path(Path),
    /// The value of a placeholder.
    Value(Attribute),
    /// The size of the value at a path: `size(path)`.
    Size(Path),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::services::dynamodb) enum Comparator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::services::dynamodb) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Compare(Operand, Comparator, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    NotExists(Path),
    TypeIs(Path, String),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

impl Condition {
    /// Parses the condition in the member `kind`.
    pub(super) fn parse(kind: &'static str, text: &str, placeholders: &Placeholders) -> Result<Self, AwsError> {
        let mut parser = Parser::new(kind, text, placeholders)?;
        let condition = or(&mut parser)?;
        parser.end()?;
        Ok(condition)
    }

    /// Calls `see` with every path in the condition.
    pub(in crate::services::dynamodb) fn paths(&self, see: &mut impl FnMut(&Path)) {
        let mut operand = |operand: &Operand| match operand {
            Operand::Path(path) | Operand::Size(path) => see(path),
            Operand::Value(_) => {}
        };
        match self {
            Self::And(a, b) | Self::Or(a, b) => {
                a.paths(see);
                b.paths(see);
            }
            Self::Not(inner) => inner.paths(see),
            Self::Compare(a, _, b) | Self::BeginsWith(a, b) | Self::Contains(a, b) => [a, b].into_iter().for_each(operand),
            Self::Between(a, b, c) => [a, b, c].into_iter().for_each(operand),
            Self::In(a, all) => {
                operand(a);
                all.iter().for_each(operand);
            }
            Self::Exists(path) | Self::NotExists(path) | Self::TypeIs(path, _) => see(path),
        }
    }
}

fn or(parser: &mut Parser<'_>) -> Result<Condition, AwsError> {
    let mut left = and(parser)?;
    while parser.keyword("OR") {
        left = Condition::Or(Box::new(left), Box::new(and(parser)?));
    }
    Ok(left)
}

fn and(parser: &mut Parser<'_>) -> Result<Condition, AwsError> {
    let mut left = not(parser)?;
    while parser.keyword("AND") {
        left = Condition::And(Box::new(left), Box::new(not(parser)?));
    }
    Ok(left)
}

fn not(parser: &mut Parser<'_>) -> Result<Condition, AwsError> {
    if parser.keyword("NOT") {
        return Ok(Condition::Not(Box::new(parser.nested(not)?)));
    }
    if let Some(inner) = parser.bracketed(or)? {
        return Ok(inner);
    }
    if let (Kind::Word(name), Kind::Sign("(")) = (parser.peek().clone(), parser.at(1))
        && name != "size"
    {
        return function(parser, &name);
    }
    comparison(parser)
}

fn function(parser: &mut Parser<'_>, name: &str) -> Result<Condition, AwsError> {
    let wanted = match name {
        "attribute_exists" | "attribute_not_exists" => 1,
        "attribute_type" | "begins_with" | "contains" => 2,
        _ => return Err(parser.refuse(format!("Invalid function name; function: {name}"))),
    };
    parser.advance();
    parser.expect("(")?;
    let mut operands = vec![operand(parser)?];
    while parser.sign(",") {
        operands.push(operand(parser)?);
    }
    parser.expect(")")?;
    if operands.len() != wanted {
        return Err(parser.refuse(format!(
            "Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {}",
            operands.len()
        )));
    }
    let second = if wanted == 2 { operands.pop() } else { None };
    let first = operands.pop();
    build(parser, name, first, second)
}

fn build(parser: &Parser<'_>, name: &str, first: Option<Operand>, second: Option<Operand>) -> Result<Condition, AwsError> {
    let wrong_type = |kind: &str| {
        parser.refuse(format!(
            "Incorrect operand type for operator or function; operator or function: {name}, operand type: {kind}"
        ))
    };
    match (name, first, second) {
        ("attribute_exists", Some(Operand::Path(path)), None) => Ok(Condition::Exists(path)),
        ("attribute_not_exists", Some(Operand::Path(path)), None) => Ok(Condition::NotExists(path)),
        ("attribute_type", Some(Operand::Path(path)), Some(Operand::Value(Attribute::S(kind)))) => {
            const KINDS: [&str; 10] = ["S", "SS", "N", "NS", "B", "BS", "BOOL", "NULL", "L", "M"];
            if KINDS.contains(&kind.as_str()) {
                Ok(Condition::TypeIs(path, kind))
            } else {
                Err(parser.refuse(format!(
                    "Invalid attribute type name found; type: {kind}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
                )))
            }
        }
        ("attribute_type", Some(Operand::Path(_)), Some(Operand::Value(other))) => Err(wrong_type(other.kind())),
        ("begins_with", Some(a), Some(b)) => {
            distinct(parser, name, &a, &b)?;
            for operand in [&a, &b] {
                if let Operand::Value(value) = operand
                    && !matches!(value, Attribute::S(_) | Attribute::B(_))
                {
                    return Err(wrong_type(value.kind()));
                }
            }
            Ok(Condition::BeginsWith(a, b))
        }
        ("contains", Some(a), Some(b)) => {
            distinct(parser, name, &a, &b)?;
            Ok(Condition::Contains(a, b))
        }
        _ => Err(parser.refuse(format!("Operator or function requires a document path; operator or function: {name}"))),
    }
}

fn comparison(parser: &mut Parser<'_>) -> Result<Condition, AwsError> {
    let left = operand(parser)?;
    if parser.keyword("BETWEEN") {
        let low = operand(parser)?;
        if !parser.keyword("AND") {
            return Err(parser.unexpected());
        }
        let high = operand(parser)?;
        return between(parser, left, low, high);
    }
    if parser.keyword("IN") {
        parser.expect("(")?;
        let mut all = vec![operand(parser)?];
        while parser.sign(",") {
            all.push(operand(parser)?);
        }
        parser.expect(")")?;
        if let [only] = all.as_slice() {
            distinct(parser, "IN", &left, only)?;
        }
        if all.len() > 100 {
            return Err(parser.refuse("The number of operands for IN exceeds the limit of 100"));
        }
        return Ok(Condition::In(left, all));
    }
    let (sign, compared) = match parser.peek() {
        Kind::Sign("=") => ("=", Comparator::Equal),
        Kind::Sign("<>") => ("<>", Comparator::Unequal),
        Kind::Sign("<") => ("<", Comparator::Less),
        Kind::Sign("<=") => ("<=", Comparator::LessOrEqual),
        Kind::Sign(">") => (">", Comparator::Greater),
        Kind::Sign(">=") => (">=", Comparator::GreaterOrEqual),
        _ => return Err(parser.unexpected()),
    };
    parser.advance();
    let right = operand(parser)?;
    distinct(parser, sign, &left, &right)?;
    for operand in [&left, &right] {
        ordered(parser, sign, compared, operand)?;
    }
    Ok(Condition::Compare(left, compared, right))
}

/// Rejects the same path as both operands (getmoto/moto#9847, seen on AWS).
fn distinct(parser: &Parser<'_>, operator: &str, left: &Operand, right: &Operand) -> Result<(), AwsError> {
    match left {
        Operand::Path(path) if left == right => Err(parser.refuse(format!(
            "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {path}"
        ))),
        _ => Ok(()),
    }
}

fn ordered(parser: &Parser<'_>, sign: &str, compared: Comparator, operand: &Operand) -> Result<(), AwsError> {
    match operand {
        Operand::Value(value) if !matches!(compared, Comparator::Equal | Comparator::Unequal) && value.order(value).is_none() => {
            Err(parser.refuse(format!(
                "Incorrect operand type for operator or function; operator or function: {sign}, operand type: {}",
                value.kind()
            )))
        }
        _ => Ok(()),
    }
}

fn between(parser: &Parser<'_>, left: Operand, low: Operand, high: Operand) -> Result<Condition, AwsError> {
    for operand in [&low, &high] {
        ordered(parser, "BETWEEN", Comparator::Less, operand)?;
    }
    if let (Operand::Value(low), Operand::Value(high)) = (&low, &high) {
        match low.order(high) {
            None => {
                return Err(parser.refuse("The BETWEEN operator requires same data type for lower and upper bounds"));
            }
            Some(std::cmp::Ordering::Greater) => {
                return Err(parser.refuse(format!(
                    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {}, upper bound operand: AttributeValue: {}",
                    shown(low), shown(high)
                )));
            }
            _ => {}
        }
    }
    Ok(Condition::Between(left, low, high))
}

fn shown(value: &Attribute) -> String {
    value.to_json().to_string().replace('"', "")
}

pub(super) fn operand(parser: &mut Parser<'_>) -> Result<Operand, AwsError> {
    if let Some(value) = parser.value()? {
        return Ok(Operand::Value(value));
    }
    if let (Kind::Word(name), Kind::Sign("(")) = (parser.peek().clone(), parser.at(1)) {
        if name != "size" {
            return Err(
                parser.refuse(format!("The function is not allowed to be used this way in an expression; function: {name}"))
            );
        }
        parser.advance();
        parser.advance();
        let Ok(path) = parser.path() else {
            return Err(parser.refuse("Operator or function requires a document path; operator or function: size"));
        };
        parser.expect(")")?;
        return Ok(Operand::Size(path));
    }
    if let Some(inner) = parser.bracketed(operand)? {
        return Ok(inner);
    }
    parser.path().map(Operand::Path)
}
