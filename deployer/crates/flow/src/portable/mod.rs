//! Console exports made portable: ARNs of one instance become references by name.
//!
//! An export carries next to most ARNs the name that people have for the resource (`displayName` and `text` in Metadata), so
//! the names need no look-up in the instance the export is from.

mod arn;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::check::RefKind;
use crate::model::Flow;
use crate::named::{Named, key_of};
use crate::path::Path;
use crate::references::is_symbolic;
use arn::Found;

/// A portable flow, and what was done to it.
#[derive(Debug, Clone)]
pub struct Portable {
    /// The flow with references by name.
    pub flow: Flow,
    /// The resources that are named now, by reference.
    pub resources: Vec<Resource>,
    /// What still belongs to one instance, and texts that look like references.
    pub left: Vec<Left>,
}

/// A resource that a portable flow names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// The reference, such as `${connect.queues.basic-queue.arn}`.
    pub reference: String,
    /// Its kind, such as `queue`.
    pub kind: &'static str,
    /// The name that people have for it.
    pub name: String,
    /// The ARN it had.
    pub arn: String,
    /// How many texts held the ARN.
    pub places: usize,
}

/// Something that was left as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Where it stands.
    #[serde(serialize_with = "as_text")]
    pub path: Path,
    /// The text.
    pub text: String,
    /// Why it was left.
    pub why: String,
}

fn as_text<S: serde::Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(path)
}

/// Replaces the ARNs of functions, queues, flows, modules, prompts, hours, users, views and bots by references, in Parameters
/// and in Metadata. An ARN whose resource has no name anywhere in the export is left and listed. A flow that is portable
/// already stays as it is.
#[must_use]
pub fn portable(flow: &Flow) -> Portable {
    let document = flow.as_value();
    let names = names::of(flow);
    let mut left = Vec::new();
    let mut arns: BTreeMap<String, Found> = BTreeMap::new();
    each_text(document, &Path::root(), &mut |path, text| {
        if is_symbolic(text) {
            let why = "it has ${…} in it, which is taken for a reference".to_owned();
            left.push(Left { path: path.clone(), text: text.to_owned(), why });
        }
        for found in arn::find(text) {
            arns.entry(found.arn.clone()).or_insert(found);
        }
    });
    let (replacements, mut resources) = choose(&arns, &names);
    let mut content = document.clone();
    replace(&mut content, &replacements, &mut resources);
    each_text(&content, &Path::root(), &mut |path, text| {
        for found in arn::find(text) {
            let why = format!("nothing in the export names the {} with this ARN", found.kind.as_str());
            left.push(Left { path: path.clone(), text: found.arn, why });
        }
    });
    // A flow without members is no flow, and the replacement changes texts only.
    let flow = Flow::from_value(content).unwrap_or_else(|_| flow.clone());
    Portable { flow, resources, left }
}

/// ARN to reference, longest ARN first, and the list of resources.
fn choose(arns: &BTreeMap<String, Found>, names: &names::Names) -> (Vec<(String, String)>, Vec<Resource>) {
    let mut taken = BTreeSet::new();
    let mut replacements = Vec::new();
    let mut resources = Vec::new();
    for (arn, found) in arns {
        if let Some(portable) = arn::provided_by_aws(arn) {
            replacements.push((arn.clone(), portable));
            continue;
        }
        let Some(name) = names.get(arn).or_else(|| found.own_name()) else { continue };
        let key = free(&mut taken, found.kind, &key_of(found.kind, &name));
        let reference = Named::arn(found.kind, key).to_string();
        replacements.push((arn.clone(), reference.clone()));
        resources.push(Resource { reference, kind: found.kind.as_str(), name, arn: arn.clone(), places: 0 });
    }
    replacements.sort_by_key(|(arn, _)| std::cmp::Reverse(arn.len()));
    (replacements, resources)
}

/// Two resources of one kind may have names that make the same key.
fn free(taken: &mut BTreeSet<(&'static str, String)>, kind: RefKind, key: &str) -> String {
    let keys = (1..).map(|number: u32| if number == 1 { key.to_owned() } else { format!("{key}-{number}") });
    let free = keys.into_iter().find(|key| !taken.contains(&(kind.as_str(), key.clone()))).unwrap_or_default();
    taken.insert((kind.as_str(), free.clone()));
    free
}

fn replace(value: &mut Value, replacements: &[(String, String)], resources: &mut [Resource]) {
    match value {
        Value::String(text) => {
            for (arn, reference) in replacements {
                if let Some(changed) = arn::replaced(text, arn, reference) {
                    *text = changed;
                    if let Some(resource) = resources.iter_mut().find(|one| one.arn == *arn) {
                        resource.places += 1;
                    }
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| replace(element, replacements, resources)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, replacements, resources)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
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
