//! Conversion of flows of the old designer to the Flow language.
//!
//! The console can still export and import these documents (with `modules` in place of `Actions`); the API has never accepted
//! them. The conversion of each block follows the AWS pages on blocks and actions and published exports of both formats.

mod block;
mod blocks;
mod conditions;
mod draft;
mod input;
mod recording;
mod values;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::flow_type::FlowType;
use crate::model::{Flow, ParseError, fault_at_start, read_document};
use crate::path::Path;
use crate::source_map::{Position, SourceMap};
use block::Block;

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

/// A note for the reader of the converted flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Subject of the note.
    pub kind: NoteKind,
    /// Place in the old document: `modules[2].parameters[0]`.
    #[serde(serialize_with = "as_text")]
    pub path: Path,
    /// Line and column of that place.
    #[serde(flatten)]
    pub at: Position,
    /// Text of the note.
    pub text: String,
}

/// The subject of a [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// The block cannot be converted.
    NotConverted,
    /// A part of the block has no equivalent in the action. It is kept in the action's Metadata.
    NotCarriedOver,
    /// The old document does not define a value, so this one was assumed.
    Assumed,
}

impl Note {
    /// Whether the flow behaves differently from the old document here.
    #[must_use]
    pub fn loses_meaning(&self) -> bool {
        self.kind != NoteKind::Assumed
    }
}

fn as_text<S: serde::Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(path)
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

/// Whether a document is an export of the old designer.
pub(crate) fn is_legacy(members: &Map<String, Value>) -> bool {
    members.contains_key("modules") && !members.contains_key("Actions")
}

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
        let (mut draft, converted) = match blocks::convert(block, self.flow_type) {
            Ok(mut draft) => {
                draft.report_unused(block);
                (draft, true)
            }
            Err(why) => (draft::placeholder(block, why), false),
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
            self.actions.push(json!({"Identifier": name, "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}));
        }
    }
}

fn free_name(taken: &BTreeSet<String>) -> String {
    let names = (0..).map(|number: u32| match number {
        0 => "end".to_owned(),
        number => format!("end-{number}"),
    });
    names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
}
