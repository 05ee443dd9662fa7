//! Projections: the parts of an item that are returned.

use super::Placeholders;
use super::parser::Parser;
use super::path::{Path, Step};
use crate::error::AwsError;
use crate::services::dynamodb::value::{Attribute, Item};

/// The paths of a projection.
#[derive(Debug, Clone)]
pub(in crate::services::dynamodb) struct Projection(Vec<Path>);

impl Projection {
    /// Creates the projection onto these paths.
    pub(in crate::services::dynamodb) fn new(paths: Vec<Path>) -> Self {
        Self(paths)
    }

    pub(super) fn parse(text: &str, placeholders: &Placeholders) -> Result<Self, AwsError> {
        let mut parser = Parser::new("ProjectionExpression", text, placeholders)?;
        let mut paths = vec![parser.path()?];
        while parser.sign(",") {
            paths.push(parser.path()?);
        }
        parser.end()?;
        no_overlap(&parser, &paths)?;
        Ok(Self(paths))
    }

    /// Returns the parts of the item at the paths; list elements keep their order without gaps.
    pub(in crate::services::dynamodb) fn of(&self, item: &Item) -> Item {
        let paths: Vec<(&str, &[Step])> = self.0.iter().map(|path| (path.attribute.as_str(), path.steps.as_slice())).collect();
        item.iter()
            .filter_map(|(name, value)| {
                let inner: Vec<&[Step]> = paths.iter().filter(|(first, _)| first == name).map(|(_, rest)| *rest).collect();
                Some((name.clone(), part(value, &inner)?))
            })
            .collect()
    }
}

fn part(value: &Attribute, paths: &[&[Step]]) -> Option<Attribute> {
    if paths.iter().any(|path| path.is_empty()) {
        return Some(value.clone());
    }
    let inside = |wanted: &Step| -> Vec<&[Step]> {
        paths.iter().filter_map(|path| path.split_first()).filter(|(step, _)| *step == wanted).map(|(_, rest)| rest).collect()
    };
    match value {
        Attribute::Map(values) => {
            let kept: Item = values
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), part(value, &inside(&Step::Name(name.clone())))?)))
                .collect();
            (!kept.is_empty()).then_some(Attribute::Map(kept))
        }
        Attribute::List(values) => {
            let kept: Vec<Attribute> =
                values.iter().enumerate().filter_map(|(n, value)| part(value, &inside(&Step::Index(n)))).collect();
            (!kept.is_empty()).then_some(Attribute::List(kept))
        }
        _ => None,
    }
}

/// Rejects paths of which one contains another.
pub(super) fn no_overlap(parser: &Parser<'_>, paths: &[Path]) -> Result<(), AwsError> {
    for (n, one) in paths.iter().enumerate() {
        for two in &paths[..n] {
            if one.overlaps(two) {
                return Err(parser.refuse(format!(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {two}, path two: {one}"
                )));
            }
            if one.conflicts(two) {
                return Err(parser.refuse(format!(
                    "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {two}, path two: {one}"
                )));
            }
        }
    }
    Ok(())
}
