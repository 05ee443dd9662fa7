//! Update expressions: SET, REMOVE, ADD and DELETE.

use std::collections::BTreeSet;

use super::Placeholders;
use super::parser::Parser;
use super::path::{Path, Step};
use super::projection::no_overlap;
use super::token::Kind;
use crate::error::AwsError;
use crate::services::dynamodb::invalid;
use crate::services::dynamodb::value::{Attribute, Item};

/// A parsed update expression.
#[derive(Debug, Clone, Default)]
pub(in crate::services::dynamodb) struct Update {
    set: Vec<(Path, Term)>,
    remove: Vec<Path>,
    add: Vec<(Path, Attribute)>,
    delete: Vec<(Path, Attribute)>,
}

/// The value that SET assigns to a path.
#[derive(Debug, Clone)]
enum Term {
    Value(Attribute),
    Path(Path),
    IfNotExists(Path, Box<Term>),
    ListAppend(Box<Term>, Box<Term>),
    Plus(Box<Term>, Box<Term>),
    Minus(Box<Term>, Box<Term>),
}

impl Update {
    pub(super) fn parse(text: &str, placeholders: &Placeholders) -> Result<Self, AwsError> {
        let mut parser = Parser::new("UpdateExpression", text, placeholders)?;
        let mut update = Self::default();
        let mut seen = BTreeSet::new();
        while parser.peek() != &Kind::End {
            let Some(section) = ["SET", "REMOVE", "ADD", "DELETE"].into_iter().find(|word| parser.keyword(word)) else {
                return Err(parser.unexpected());
            };
            if !seen.insert(section) {
                return Err(parser.refuse(format!("The \"{section}\" section can only be used once in an update expression;")));
            }
            loop {
                update.clause(&mut parser, section)?;
                if !parser.sign(",") {
                    break;
                }
            }
        }
        let all: Vec<Path> = update.paths().cloned().collect();
        no_overlap(&parser, &all)?;
        Ok(update)
    }

    fn clause(&mut self, parser: &mut Parser<'_>, section: &str) -> Result<(), AwsError> {
        let path = parser.path()?;
        match section {
            "SET" => {
                parser.expect("=")?;
                let term = sum(parser)?;
                self.set.push((path, term));
            }
            "REMOVE" => self.remove.push(path),
            "ADD" => {
                let value = parser.value()?.ok_or_else(|| parser.unexpected())?;
                if !matches!(value, Attribute::N(_)) && !is_set(&value) {
                    return Err(wrong_type(parser, "operator: ADD", &value));
                }
                self.add.push((path, value));
            }
            _ => {
                let value = parser.value()?.ok_or_else(|| parser.unexpected())?;
                if !is_set(&value) {
                    return Err(wrong_type(parser, "operator: DELETE", &value));
                }
                self.delete.push((path, value));
            }
        }
        Ok(())
    }

    /// Returns the paths that the update changes.
    pub(in crate::services::dynamodb) fn paths(&self) -> impl Iterator<Item = &Path> {
        let set = self.set.iter().map(|(path, _)| path);
        let valued = self.add.iter().chain(&self.delete).map(|(path, _)| path);
        set.chain(&self.remove).chain(valued)
    }

    /// Returns the item after the update. Every term reads the item as it was before.
    pub(in crate::services::dynamodb) fn apply(&self, before: &Item) -> Result<Item, AwsError> {
        let mut item = before.clone();
        for (path, term) in &self.set {
            put(&mut item, path, term.value(before)?)?;
        }
        for (path, added) in &self.add {
            let value = match path.get(before) {
                None => added.clone(),
                Some(old) => sum_of(old, added)?,
            };
            put(&mut item, path, value)?;
        }
        for (path, removed) in &self.delete {
            match path.get(before).map(|old| difference(old, removed)).transpose()? {
                Some(Some(rest)) => put(&mut item, path, rest)?,
                Some(None) => remove(&mut item, path)?,
                None => {}
            }
        }
        // In reverse order, so that the indexes of a list remain valid.
        let mut removed: Vec<&Path> = self.remove.iter().collect();
        removed.sort_by_key(|path| match path.steps.last() {
            Some(Step::Index(index)) => std::cmp::Reverse(*index),
            _ => std::cmp::Reverse(0),
        });
        for path in removed {
            remove(&mut item, path)?;
        }
        Ok(item)
    }
}

fn is_set(value: &Attribute) -> bool {
    matches!(value, Attribute::Strings(_) | Attribute::Numbers(_) | Attribute::Binaries(_))
}

fn wrong_type(parser: &Parser<'_>, what: &str, value: &Attribute) -> AwsError {
    let kind = match value.kind() {
        "S" => "STRING",
        "N" => "NUMBER",
        "B" => "BINARY",
        "BOOL" => "BOOLEAN",
        "L" => "LIST",
        "M" => "MAP",
        other => other,
    };
    parser.refuse(format!("Incorrect operand type for operator or function; {what}, operand type: {kind}"))
}

fn sum(parser: &mut Parser<'_>) -> Result<Term, AwsError> {
    let left = term(parser)?;
    let plus = parser.sign("+");
    if !plus && !parser.sign("-") {
        return Ok(left);
    }
    let right = term(parser)?;
    for side in [&left, &right] {
        if let Term::Value(value) = side
            && !matches!(value, Attribute::N(_))
        {
            let sign = if plus { "+" } else { "-" };
            return Err(parser.refuse(format!(
                "Incorrect operand type for operator or function; operator or function: {sign}, operand type: {}",
                value.kind()
            )));
        }
    }
    let (left, right) = (Box::new(left), Box::new(right));
    Ok(if plus { Term::Plus(left, right) } else { Term::Minus(left, right) })
}

fn term(parser: &mut Parser<'_>) -> Result<Term, AwsError> {
    if let Some(value) = parser.value()? {
        return Ok(Term::Value(value));
    }
    if let Some(inner) = parser.bracketed(sum)? {
        return Ok(inner);
    }
    let (Kind::Word(name), Kind::Sign("(")) = (parser.peek().clone(), parser.at(1)) else {
        return parser.path().map(Term::Path);
    };
    parser.advance();
    parser.advance();
    let term = match name.as_str() {
        "if_not_exists" => {
            let path = parser.path()?;
            parser.expect(",")?;
            Term::IfNotExists(path, Box::new(parser.nested(term)?))
        }
        "list_append" => {
            let first = parser.nested(term)?;
            parser.expect(",")?;
            let second = parser.nested(term)?;
            for side in [&first, &second] {
                if let Term::Value(value) = side
                    && !matches!(value, Attribute::List(_))
                {
                    return Err(parser.refuse(format!(
                        "Incorrect operand type for operator or function; operator or function: list_append, operand type: {}",
                        value.kind()
                    )));
                }
            }
            Term::ListAppend(Box::new(first), Box::new(second))
        }
        "size" | "attribute_exists" | "attribute_not_exists" | "attribute_type" | "begins_with" | "contains" => {
            return Err(parser.refuse(format!("The function is not allowed in an update expression; function: {name}")));
        }
        _ => return Err(parser.refuse(format!("Invalid function name; function: {name}"))),
    };
    parser.expect(")")?;
    Ok(term)
}

fn operand_type() -> AwsError {
    invalid("An operand in the update expression has an incorrect data type")
}

impl Term {
    fn value(&self, item: &Item) -> Result<Attribute, AwsError> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Path(path) => path
                .get(item)
                .cloned()
                .ok_or_else(|| invalid("The provided expression refers to an attribute that does not exist in the item")),
            Self::IfNotExists(path, otherwise) => path.get(item).cloned().map_or_else(|| otherwise.value(item), Ok),
            Self::ListAppend(a, b) => match (a.value(item)?, b.value(item)?) {
                (Attribute::List(mut a), Attribute::List(b)) => {
                    a.extend(b);
                    Ok(Attribute::List(a))
                }
                _ => Err(operand_type()),
            },
            Self::Plus(a, b) => match (a.value(item)?, b.value(item)?) {
                (Attribute::N(a), Attribute::N(b)) => a.plus(&b).map(Attribute::N),
                _ => Err(operand_type()),
            },
            Self::Minus(a, b) => match (a.value(item)?, b.value(item)?) {
                (Attribute::N(a), Attribute::N(b)) => a.plus(&b.negated()).map(Attribute::N),
                _ => Err(operand_type()),
            },
        }
    }
}

fn sum_of(old: &Attribute, added: &Attribute) -> Result<Attribute, AwsError> {
    fn union<T: Ord + Clone>(a: &[T], b: &[T]) -> Vec<T> {
        a.iter().chain(b).cloned().collect::<BTreeSet<T>>().into_iter().collect()
    }
    match (old, added) {
        (Attribute::N(a), Attribute::N(b)) => a.plus(b).map(Attribute::N),
        (Attribute::Strings(a), Attribute::Strings(b)) => Ok(Attribute::Strings(union(a, b))),
        (Attribute::Numbers(a), Attribute::Numbers(b)) => Ok(Attribute::Numbers(union(a, b))),
        (Attribute::Binaries(a), Attribute::Binaries(b)) => Ok(Attribute::Binaries(union(a, b))),
        _ => Err(operand_type()),
    }
}

/// Returns the set without the removed elements, or `None` if nothing is left, because there are no empty sets.
fn difference(old: &Attribute, removed: &Attribute) -> Result<Option<Attribute>, AwsError> {
    fn without<T: PartialEq + Clone>(a: &[T], b: &[T]) -> Option<Vec<T>> {
        let rest: Vec<T> = a.iter().filter(|value| !b.contains(value)).cloned().collect();
        (!rest.is_empty()).then_some(rest)
    }
    match (old, removed) {
        (Attribute::Strings(a), Attribute::Strings(b)) => Ok(without(a, b).map(Attribute::Strings)),
        (Attribute::Numbers(a), Attribute::Numbers(b)) => Ok(without(a, b).map(Attribute::Numbers)),
        (Attribute::Binaries(a), Attribute::Binaries(b)) => Ok(without(a, b).map(Attribute::Binaries)),
        _ => Err(operand_type()),
    }
}

fn bad_path() -> AwsError {
    invalid("The document path provided in the update expression is invalid for update")
}

fn parent<'a>(item: &'a mut Item, path: &'a Path) -> Result<Option<(&'a mut Attribute, &'a Step)>, AwsError> {
    let Some((last, way)) = path.steps.split_last() else { return Ok(None) };
    let mut value = item.get_mut(&path.attribute).ok_or_else(bad_path)?;
    for step in way {
        value = match (value, step) {
            (Attribute::Map(values), Step::Name(name)) => values.get_mut(name),
            (Attribute::List(values), Step::Index(index)) => values.get_mut(*index),
            _ => None,
        }
        .ok_or_else(bad_path)?;
    }
    Ok(Some((value, last)))
}

fn put(item: &mut Item, path: &Path, value: Attribute) -> Result<(), AwsError> {
    match parent(item, path)? {
        None => drop(item.insert(path.attribute.clone(), value)),
        Some((Attribute::Map(values), Step::Name(name))) => drop(values.insert(name.clone(), value)),
        // Beyond the end of a list the value is appended (Developer guide, "Update expressions").
        Some((Attribute::List(values), Step::Index(index))) => match values.get_mut(*index) {
            Some(slot) => *slot = value,
            None => values.push(value),
        },
        Some(_) => return Err(bad_path()),
    }
    Ok(())
}

fn remove(item: &mut Item, path: &Path) -> Result<(), AwsError> {
    match parent(item, path)? {
        None => drop(item.remove(&path.attribute)),
        Some((Attribute::Map(values), Step::Name(name))) => drop(values.remove(name)),
        Some((Attribute::List(values), Step::Index(index))) => {
            if *index < values.len() {
                values.remove(*index);
            }
        }
        Some(_) => return Err(bad_path()),
    }
    Ok(())
}
