//! Import of console exports: replaces the ARNs of one instance by references by name.
//!
//! An export contains next to most ARNs the display name of the resource (`displayName` and `text` in Metadata), so the names
//! need no lookup in the instance that the export is from.

mod arn;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::model::Flow;
use crate::named::{SymbolicName, key_of};
use crate::path::Path;
use crate::references::{Segment, segments};
use crate::resource_kind::ResourceKind;
use arn::{Found, Ids};

/// A portable flow and a report of the replacements.
#[derive(Debug, Clone)]
pub struct ImportedFlow {
    /// The flow with references by name.
    pub flow: Flow,
    /// The resources that are now referred to by name.
    pub resources: Vec<Resource>,
    /// Parts that still depend on one instance, and texts that look like references.
    pub unresolved: Vec<Unresolved>,
}

/// A resource that a portable flow refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// The reference, such as `${connect.queues.basic-queue.arn}`.
    pub reference: String,
    /// Kind of the resource, such as `queue`.
    pub kind: &'static str,
    /// Display name.
    pub name: String,
    /// ARN in the export, or the id where the export contains no ARN.
    pub arn: String,
    /// Number of texts that contained the ARN.
    pub places: usize,
}

/// A part of the flow that was left unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unresolved {
    /// Place in the document.
    #[serde(serialize_with = "as_text")]
    pub path: Path,
    /// Text that was left unchanged.
    pub text: String,
    /// Reason why it was left unchanged.
    pub why: String,
}

fn as_text<S: serde::Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(path)
}

/// Replaces the ARNs of functions, queues, flows, modules, prompts, hours, users, views and bots by references, in Parameters
/// and in Metadata, and also ids where an ARN is accepted. An ARN whose resource has no name anywhere in the export is left
/// unchanged and listed. A flow that is already portable stays unchanged.
#[must_use]
pub fn import_flow(flow: &Flow) -> ImportedFlow {
    import_flow_with_names(flow, &BTreeMap::new())
}

/// Does the same with additional names of ARNs, such as those of the instance itself; they take precedence over those in the
/// export, which are as old as the export.
#[must_use]
pub fn import_flow_with_names(flow: &Flow, known: &BTreeMap<String, String>) -> ImportedFlow {
    let document = flow.as_value();
    let ids = Ids::of(flow);
    let names = names::of(flow, known, &ids);
    let mut left = Vec::new();
    let mut arns: BTreeMap<String, Found> = BTreeMap::new();
    each_text(document, &Path::root(), &mut |path, text| {
        if looks_like_a_reference(text) {
            let why = "it has ${…} in it, which is taken for a reference".to_owned();
            left.push(Unresolved { path: path.clone(), text: text.to_owned(), why });
        }
        for found in ids.find(text) {
            arns.entry(found.arn.clone()).or_insert(found);
        }
    });
    let (replacements, mut resources) = choose(&arns, &names);
    let mut content = document.clone();
    replace(&mut content, &ids, &replacements, &mut resources);
    each_text(&content, &Path::root(), &mut |path, text| {
        for found in ids.find(text) {
            let what = if found.arn.starts_with("arn:") { "ARN" } else { "id" };
            let why = format!("nothing in the export names the {} with this {what}", found.kind.as_str());
            left.push(Unresolved { path: path.clone(), text: found.arn, why });
        }
    });
    // An object without members is not a flow, and the replacement changes texts only.
    let flow = Flow::from_value(content).unwrap_or_else(|_| flow.clone());
    ImportedFlow { flow, resources, unresolved: left }
}

/// Whether a text contains a `${…}` that does not refer to a resource. Those that do were written by an import or a
/// conversion.
fn looks_like_a_reference(text: &str) -> bool {
    segments(text).iter().any(|piece| matches!(piece, Segment::Symbol(symbol) if SymbolicName::parse(symbol).is_none()))
}

/// Chooses the reference that replaces each ARN, and returns the list of resources.
fn choose(arns: &BTreeMap<String, Found>, names: &names::Names<'_>) -> (Replacements, Vec<Resource>) {
    let mut keys = Keys::default();
    let mut replacements = Replacements::new();
    let mut resources = Vec::new();
    for (arn, found) in arns {
        if let Some(by) = arn::provided_by_aws(arn) {
            replacements.insert(arn.clone(), Replacement { by, resource: None });
            continue;
        }
        let Some(name) = names.get(arn).or_else(|| found.own_name()) else { continue };
        let reference = SymbolicName::arn(found.kind, keys.free(found.kind, key_of(found.kind, &name))).to_string();
        replacements.insert(arn.clone(), Replacement { by: reference.clone(), resource: Some(resources.len()) });
        resources.push(Resource { reference, kind: found.kind.as_str(), name, arn: arn.clone(), places: 0 });
    }
    (replacements, resources)
}

type Replacements = BTreeMap<String, Replacement>;

struct Replacement {
    by: String,
    /// Index in the list of resources.
    resource: Option<usize>,
}

/// Allocator of unique keys: two resources of one kind may have names that produce the same key.
#[derive(Default)]
struct Keys {
    taken: BTreeSet<(&'static str, String)>,
    numbers: BTreeMap<(&'static str, String), u32>,
}

impl Keys {
    fn free(&mut self, kind: ResourceKind, key: String) -> String {
        let number = self.numbers.entry((kind.as_str(), key.clone())).or_insert(1);
        let mut free = key.clone();
        while !self.taken.insert((kind.as_str(), free.clone())) {
            *number += 1;
            free = format!("{key}-{number}");
        }
        free
    }
}

fn replace(value: &mut Value, ids: &Ids, replacements: &Replacements, resources: &mut [Resource]) {
    match value {
        Value::String(text) => replace_in(text, ids, replacements, resources),
        Value::Array(elements) => elements.iter_mut().for_each(|element| replace(element, ids, replacements, resources)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, ids, replacements, resources)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn replace_in(text: &mut String, ids: &Ids, replacements: &Replacements, resources: &mut [Resource]) {
    let mut out = String::new();
    let mut from = 0;
    let mut counted = BTreeSet::new();
    for found in ids.find(text) {
        let Some(replacement) = replacements.get(&found.arn) else { continue };
        out.push_str(text.get(from..found.at).unwrap_or_default());
        out.push_str(&replacement.by);
        from = found.at + found.arn.len();
        counted.extend(replacement.resource);
    }
    if from > 0 {
        out.push_str(text.get(from..).unwrap_or_default());
        *text = out;
    }
    for resource in counted {
        if let Some(resource) = resources.get_mut(resource) {
            resource.places += 1;
        }
    }
}

/// Returns the ARNs of the resources that a flow refers to, or their ids where it uses ids, with their kinds; without
/// resources provided by AWS.
#[must_use]
pub fn arns(flow: &Flow) -> BTreeMap<String, ResourceKind> {
    let mut all = BTreeMap::new();
    let ids = Ids::of(flow);
    each_text(flow.as_value(), &Path::root(), &mut |_, text| {
        let own = ids.find(text).into_iter().filter(|found| arn::provided_by_aws(&found.arn).is_none());
        all.extend(own.map(|found| (found.arn, found.kind)));
    });
    all
}

fn each_text(value: &Value, path: &Path, see: &mut dyn FnMut(&Path, &str)) {
    match value {
        Value::String(text) => see(path, text),
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                each_text(element, &path.index(index), see);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                each_text(member, &path.key(name), see);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
