//! Builder of a converted action.

use serde_json::{Map, Value, json};

use super::block::Block;
use super::note::{Note, NoteKind};
use crate::path::Path;
use crate::rules::NextRequirement;
use crate::source_map::Position;

pub(crate) struct ActionBuilder {
    pub(crate) kind: &'static str,
    pub(crate) path: Path,
    next_action: NextRequirement,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) next: Option<String>,
    pub(crate) conditions: Vec<(&'static str, String, Option<String>)>,
    pub(crate) errors: Vec<(&'static str, Option<String>)>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) notes: Vec<Note>,
}

impl ActionBuilder {
    pub(crate) fn new(kind: &'static str, next_action: NextRequirement, block: &Block<'_>) -> Self {
        Self {
            kind,
            path: block.path.clone(),
            next_action,
            parameters: Map::new(),
            next: None,
            conditions: Vec::new(),
            errors: Vec::new(),
            metadata: block.metadata().and_then(Value::as_object).cloned().unwrap_or_default(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.parameters.insert(name.to_owned(), value.into());
    }

    pub(crate) fn note(&mut self, kind: NoteKind, path: Path, text: String) {
        self.notes.push(Note { kind, path, at: Position { line: 1, column: 1 }, text });
    }

    pub(crate) fn assume(&mut self, text: String) {
        self.note(NoteKind::Assumed, self.path.clone(), text);
    }

    /// Records that a part of the block has no equivalent in the action.
    pub(crate) fn drop_meaning(&mut self, text: String) {
        self.note(NoteKind::NotCarriedOver, self.path.clone(), text);
    }

    /// Records the display name of the resource of a parameter, as console exports do. `place` is the parameter's name,
    /// followed by the names of nested members, separated by full stops.
    pub(crate) fn display(&mut self, place: &str, name: &str) {
        let mut at = self.metadata.entry("parameters").or_insert_with(|| json!({}));
        for step in place.split('.') {
            let Some(members) = at.as_object_mut() else { return };
            at = members.entry(step).or_insert_with(|| json!({}));
        }
        *at = json!({"displayName": name});
    }

    /// Sets the next action to the target of the branch with this condition.
    pub(crate) fn follow(&mut self, block: &Block<'_>, condition: &str) {
        self.next = block.target_of(condition).map(str::to_owned);
    }

    /// Adds an error branch with the target of the branch with this condition, or with the target of the other errors if
    /// there is no such branch.
    pub(crate) fn error(&mut self, block: &Block<'_>, error: &'static str, condition: &str) {
        let mut target = block.target_of(condition).map(str::to_owned);
        if target.is_none() {
            let other = self.errors.iter().find_map(|(_, target)| target.clone());
            target = other.or_else(|| self.next.clone()).or_else(|| block.any_target().map(str::to_owned));
            let goes = target.as_ref().map_or("ends the call".to_owned(), |target| format!("leads to {target}"));
            self.assume(format!("the block has no branch \"{condition}\"; the branch {error}, which must be there, {goes}"));
        }
        self.errors.push((error, target));
    }

    pub(crate) fn branch(&mut self, operator: &'static str, operand: impl Into<String>, target: Option<&str>) {
        self.conditions.push((operator, operand.into(), target.map(str::to_owned)));
    }

    pub(crate) fn report_unused(&mut self, block: &Block<'_>) {
        for (place, what) in block.unused() {
            self.note(NoteKind::NotCarriedOver, place, format!("{what} has no place in {}", self.kind));
        }
    }

    /// Returns the action; `end` returns the action for branches without a target.
    pub(crate) fn action(&mut self, block: &Block<'_>, mut end: impl FnMut() -> String) -> Value {
        let transitions = match self.next_action {
            NextRequirement::None => json!({}),
            _ => self.transitions(&mut end),
        };
        json!({"Identifier": block.id, "Type": self.kind, "Parameters": self.parameters, "Transitions": transitions})
    }

    fn transitions(&mut self, end: &mut dyn FnMut() -> String) -> Value {
        let mut open = Vec::new();
        let mut or_end = |target: &Option<String>, what: &str| {
            target.clone().unwrap_or_else(|| {
                open.push(what.to_owned());
                end()
            })
        };
        let conditions: Vec<Value> = self
            .conditions
            .iter()
            .map(|(operator, operand, target)| {
                let target = or_end(target, operand);
                json!({"NextAction": target, "Condition": {"Operator": operator, "Operands": [operand]}})
            })
            .collect();
        let errors: Vec<Value> =
            self.errors.iter().map(|(error, target)| json!({"NextAction": or_end(target, error), "ErrorType": error})).collect();
        // Where conditions decide, NextAction is only a copy of another branch.
        let fallback = self.errors.first().and_then(|(_, target)| target.clone());
        let next = self.next.clone().or(fallback);
        let next = (next.is_some() || self.next_action == NextRequirement::Required).then(|| or_end(&next, "NextAction"));
        if !open.is_empty() {
            self.assume(format!("{} led nowhere; the call is ended there", open.join(", ")));
        }
        match next {
            Some(next) => json!({"NextAction": next, "Errors": errors, "Conditions": conditions}),
            None => json!({"Errors": errors, "Conditions": conditions}),
        }
    }
}
