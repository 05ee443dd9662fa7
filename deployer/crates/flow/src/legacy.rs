//! Conversion of flows of the old designer to the Flow language.
//!
//! The console can still export and import these documents (with `modules` in place of `Actions`); the API has never accepted
//! them. The conversion of each block follows the AWS pages on blocks and actions and published exports of both formats.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::actions::{self, DISCONNECT_PARTICIPANT, FromBlock, UPDATE_FLOW_ATTRIBUTES};
use crate::designer::block::Block;
use crate::designer::builder::ActionBuilder;
pub use crate::designer::note::{Note, NoteKind};
use crate::flow_type::FlowType;
use crate::model::{Flow, ParseError, fault_at_start, is_legacy, read_document};
use crate::source_map::SourceMap;

/// A flow in the Flow language, converted from one of the old designer.
#[derive(Debug, Clone)]
pub struct Conversion {
    /// Converted flow.
    pub flow: Flow,
    /// Name recorded in the export.
    pub name: Option<String>,
    /// Type recorded in the export.
    pub flow_type: Option<FlowType>,
    /// Result for each block, in document order.
    pub blocks: Vec<Converted>,
}

/// Result of the conversion of one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Converted {
    /// Id of the block, and identifier of the action.
    pub id: String,
    /// Type of the block, with its target if it has one: `Transfer (Queue)`.
    pub from: String,
    /// Type of the action; `None` if the block could not be converted. A placeholder then takes the block's error branch.
    pub to: Option<String>,
    /// Notes for the reader.
    pub notes: Vec<Note>,
}

impl Conversion {
    /// Returns the number of blocks that could not be converted.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.blocks.iter().filter(|block| block.to.is_none()).count()
    }

    /// Returns the parts of the old document that the flow does not implement, in document order.
    pub fn losses(&self) -> impl Iterator<Item = &Note> {
        self.blocks.iter().flat_map(|block| &block.notes).filter(|note| note.loses_meaning())
    }
}

/// Maximum number of blocks that are converted. The console exports fewer than 100 (AWS administrator guide, "Import/export
/// flows").
const MAX_BLOCKS: usize = 1000;

/// Converts an export of the old designer. Every block becomes an action with the block's id; one that cannot be converted
/// becomes a placeholder that takes the block's error branch. Nothing is dropped: parts without an equivalent in the new
/// action are listed in its notes and kept in its Metadata.
///
/// # Errors
/// [`ParseError`] if the text is not JSON, is too long, or is not a document of the old designer.
pub fn convert(text: &str) -> Result<Conversion, ParseError> {
    let document = read_document(text)?;
    let members = document
        .as_object()
        .filter(|members| is_legacy(members))
        .ok_or_else(|| fault_at_start("this is not an export of the old designer, which has a list of \"modules\"".to_owned()))?;
    let modules = members.get("modules").and_then(Value::as_array);
    let modules = modules.ok_or_else(|| fault_at_start("\"modules\" is not a list".to_owned()))?;
    if modules.len() > MAX_BLOCKS {
        let count = modules.len();
        return Err(fault_at_start(format!(
            "it has {count} blocks; the old designer exports fewer than 100, {MAX_BLOCKS} are read"
        )));
    }
    let about = members.get("metadata").and_then(Value::as_object);
    let text_of = |name: &str| about.and_then(|about| about.get(name)).and_then(Value::as_str);
    let recorded = members.get("type").and_then(Value::as_str).or(text_of("type"));
    let flow_type = recorded.and_then(FlowType::from_name);
    let mut converter = Converter { flow_type, taken: ids(modules), ..Converter::default() };
    for (index, module) in modules.iter().enumerate() {
        converter.block(&Block::new(index, module));
    }
    converter.add_end();
    converter.locate(&SourceMap::of(text));
    let metadata = metadata(about, recorded, converter.layout);
    let start = members.get("start").cloned().unwrap_or(Value::Null);
    let document = json!({"Version": "2019-10-30", "StartAction": start, "Metadata": metadata, "Actions": converter.actions});
    Ok(Conversion {
        flow: Flow::from_value(document)?,
        name: text_of("name").map(str::to_owned),
        flow_type,
        blocks: converter.blocks,
    })
}

fn ids(modules: &[Value]) -> BTreeSet<String> {
    modules.iter().filter_map(|module| module.get("id")?.as_str()).map(str::to_owned).collect()
}

/// Returns the Metadata of the new flow. `status` and `hash` describe the old document and are wrong for the new one.
fn metadata(about: Option<&Map<String, Value>>, recorded: Option<&str>, layout: Map<String, Value>) -> Map<String, Value> {
    let mut metadata = about.cloned().unwrap_or_default();
    metadata.retain(|name, _| name != "status" && name != "hash");
    if let Some(recorded) = recorded {
        metadata.entry("type").or_insert_with(|| recorded.into());
    }
    metadata.insert("ActionMetadata".to_owned(), layout.into());
    metadata
}

#[derive(Default)]
struct Converter {
    flow_type: Option<FlowType>,
    taken: BTreeSet<String>,
    end: Option<String>,
    actions: Vec<Value>,
    layout: Map<String, Value>,
    blocks: Vec<Converted>,
}

impl Converter {
    fn block(&mut self, block: &Block<'_>) {
        let (mut draft, converted) = match action_of(block, self.flow_type) {
            Ok(mut draft) => {
                draft.report_unused(block);
                (draft, true)
            }
            Err(why) => (placeholder(block, why), false),
        };
        if draft.notes.iter().any(Note::loses_meaning) {
            draft.metadata.insert("legacyBlock".to_owned(), block.value.clone());
        }
        let end = &mut self.end;
        let taken = &self.taken;
        let action = draft.action(block, || end.get_or_insert_with(|| free_name(taken)).clone());
        let kind = draft.kind.to_owned();
        self.actions.push(action);
        self.layout.insert(block.id.clone(), draft.metadata.into());
        let to = converted.then_some(kind);
        self.blocks.push(Converted { id: block.id.clone(), from: block.title(), to, notes: draft.notes });
    }

    /// Sets the positions of the notes in the text.
    fn locate(&mut self, positions: &SourceMap) {
        for note in self.blocks.iter_mut().flat_map(|block| &mut block.notes) {
            note.at = positions.locate(&note.path);
        }
    }

    /// Adds the action that branches without a target now lead to.
    fn add_end(&mut self) {
        if let Some(name) = &self.end {
            self.actions
                .push(json!({"Identifier": name, "Type": DISCONNECT_PARTICIPANT.name, "Parameters": {}, "Transitions": {}}));
        }
    }
}

/// Returns the action for a block, or the reason why there is none.
fn action_of(block: &Block<'_>, flow_type: Option<FlowType>) -> Result<ActionBuilder, String> {
    let all = actions::all().flat_map(|rules| rules.converted.iter().map(move |from| (rules, from)));
    let named = |from: &FromBlock| from.kind == block.kind && (from.target.is_none() || from.target == block.target);
    let fits = |from: &FromBlock| named(from) && from.when.is_none_or(|when| when(block, flow_type));
    let found = all.filter(|(_, from)| fits(from)).max_by_key(|(_, from)| (from.target.is_some(), from.when.is_some()));
    let Some((rules, from)) = found else {
        return Err(match (block.kind, block.target) {
            ("", _) => "the block has no type".to_owned(),
            (kind, None) => format!("no action is known for a block of type {kind}"),
            (kind, Some(target)) => format!("no action is known for a block of type {kind} with the target {target}"),
        });
    };
    let mut draft = ActionBuilder::new(rules.name, rules.next, block);
    (from.convert)(block, &mut draft)?;
    Ok(draft)
}

/// Returns a placeholder action for a block that cannot be converted, which takes the block's error branch.
fn placeholder(block: &Block<'_>, why: String) -> ActionBuilder {
    let mut draft = ActionBuilder::new(UPDATE_FLOW_ATTRIBUTES.name, UPDATE_FLOW_ATTRIBUTES.next, block);
    let name = if block.kind.is_empty() { "block without type" } else { block.kind };
    draft.set("FlowAttributes", json!({"notConverted": {"Value": name}}));
    let target = ["Error", "NoMatch", "Timeout", "Success"].into_iter().find_map(|condition| block.target_of(condition));
    draft.next = target.or_else(|| block.any_target()).map(str::to_owned);
    draft.errors.push(("NoMatchingError", draft.next.clone()));
    draft.note(NoteKind::NotConverted, block.path.clone(), why);
    draft
}

fn free_name(taken: &BTreeSet<String>) -> String {
    let names = (0..).map(|number: u32| match number {
        0 => "end".to_owned(),
        number => format!("end-{number}"),
    });
    names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
}
