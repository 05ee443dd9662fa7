//! References to what an existing instance has and the spec does not declare.

use std::collections::BTreeMap;

use deployer_engine::{Expr, ExternalResource};
use deployer_flow::means_name;
use deployer_resources::{ExistingInstance, InstanceSection, NamedInInstance};

use super::References;

/// The ID of the stand-in for an instance that was not looked up: no instance has it.
const NOT_LOOKED_UP: &str = "00000000-0000-0000-0000-000000000000";

impl References<'_> {
    /// Returns the existing instance that the spec names: as it was looked up, or else a stand-in without ID.
    pub(super) fn existing(&self) -> Option<ExistingInstance> {
        self.spec.connect.as_ref()?.existing.as_ref()?;
        Some(self.inputs.existing.clone().unwrap_or_else(|| {
            let arn = format!("arn:aws:connect:{}:{}:instance/{NOT_LOOKED_UP}", self.inputs.region, self.inputs.account);
            ExistingInstance { id: NOT_LOOKED_UP.to_owned(), arn, alias: String::new(), names: BTreeMap::new() }
        }))
    }

    /// Returns the output `what` of the existing instance itself.
    pub(super) fn existing_output(&self, what: &str) -> Option<Expr> {
        let existing = self.existing()?;
        match what {
            "id" => Some(Expr::from(existing.id)),
            "arn" => Some(Expr::from(existing.arn)),
            "alias" => Some(Expr::from(existing.alias)),
            _ => None,
        }
    }

    /// Returns the output `what` of a resource in the existing instance, by the section and the name or key that a reference has; `None` if
    /// there is none or more than one. In a section that was not listed, every resource is taken to exist.
    pub(super) fn in_instance(&self, section: &str, written: &str, what: &str) -> Option<String> {
        let (existing, known) = (self.existing()?, InstanceSection::from_word(section)?);
        if known == InstanceSection::Bots || !["id", "arn"].contains(&what) {
            return None;
        }
        let Some(names) = existing.names.get(&known) else {
            self.record(known, written, None);
            return Some(format!("{}/{section}/{written}", existing.arn));
        };
        let found = meant(names, known, written)?;
        self.record(known, &found.name, Some(&found.id));
        Some(if what == "id" { found.id.clone() } else { found.arn.clone() })
    }

    /// Records that a resource of the existing instance is used by its name.
    pub(super) fn use_named(&self, section: InstanceSection, name: &str) {
        let names = self.inputs.existing.as_ref().and_then(|existing| existing.names.get(&section));
        let id = names.and_then(|names| names.iter().find(|one| one.name == name)).map(|found| found.id.as_str());
        self.record(section, name, id);
    }

    fn record(&self, section: InstanceSection, name: &str, id: Option<&str>) {
        let type_name = section.type_name().to_owned();
        self.stack.use_external(ExternalResource { type_name, name: name.to_owned(), id: id.map(str::to_owned) });
    }
}

/// Returns the resource with this name, or else the only one with this key.
pub fn meant<'n>(names: &'n [NamedInInstance], section: InstanceSection, written: &str) -> Option<&'n NamedInInstance> {
    if let Some(exact) = names.iter().find(|one| one.name == written) {
        return Some(exact);
    }
    let mut meant = names.iter().filter(|one| means_name(section.word(), written, &one.name));
    meant.next().filter(|_| meant.next().is_none())
}
