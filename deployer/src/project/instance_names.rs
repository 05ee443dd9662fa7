//! Names of what an existing instance has, as references are written.

use std::collections::BTreeSet;
use std::fmt::Write;

use deployer_flow::{ResourceKind, key_of};
use deployer_stack::{ExistingInstance, InstanceSection};

/// Returns what an instance has in the sections of these references, to be appended to a list of names; empty if there is none.
pub(crate) fn in_instance<'r>(existing: &ExistingInstance, references: impl Iterator<Item = &'r str>) -> String {
    let section = |reference: &str| InstanceSection::from_word(reference.trim().strip_prefix("connect.")?.split('.').next()?);
    let sections: BTreeSet<InstanceSection> = references.filter_map(section).collect();
    let mut text = String::new();
    for section in sections.iter().filter(|section| **section != InstanceSection::Bots) {
        let names: Vec<String> =
            existing.names.get(section).into_iter().flatten().map(|one| written(*section, &one.name)).collect();
        let list = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        let _ = write!(text, "; of the instance's {} {list}", section.word().replace('_', " "));
    }
    text
}

/// Returns the reference to a resource of an instance, as a flow writes it.
fn written(section: InstanceSection, name: &str) -> String {
    let kind = match section {
        InstanceSection::Hours => ResourceKind::Hours,
        InstanceSection::Users => ResourceKind::Agent,
        InstanceSection::Prompts => ResourceKind::Prompt,
        InstanceSection::Modules => ResourceKind::Module,
        InstanceSection::Flows => ResourceKind::Flow,
        InstanceSection::Views => ResourceKind::View,
        _ => ResourceKind::Queue,
    };
    format!("connect.{}.{}.arn", section.word(), key_of(kind, name))
}
