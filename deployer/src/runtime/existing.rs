//! The existing Connect instance that a spec names: looks it up with what is used of it, and checks the names in it before a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_aws::{InstanceLookup, look_up_instance};
use deployer_engine::{Address, State};
use deployer_stack::{ExistingInstance, InstanceSection};
use serde_json::{Value, json};

use super::{Cloud, OsRandom, RealClock};
use crate::assets::recordings::LocalArtifacts;
use crate::failure::Failure;
use crate::project::Project;

impl Cloud {
    /// Looks up the existing instance of the spec, and the names in the sections that the spec and its flows refer to. That there is no such
    /// instance is remembered: only some commands need it.
    pub(crate) async fn look_up_existing(&mut self, project: &Project) -> Result<(), Failure> {
        let Some(reference) = project.spec.connect.as_ref().and_then(|connect| connect.existing.as_deref()) else {
            return Ok(());
        };
        let graph = project.graph_in(&self.account, &self.region)?;
        let sections: BTreeSet<InstanceSection> =
            graph.external.iter().filter_map(|external| InstanceSection::from_type(&external.type_name)).collect();
        let provider = self.provider(LocalArtifacts::default());
        match look_up_instance(&provider, Arc::new(RealClock), Arc::new(OsRandom), reference, &sections).await? {
            InstanceLookup::Found(existing) => self.existing = Some(existing),
            InstanceLookup::NotFound(aliases) => {
                let message = format!(
                    "{}: connect.existing: the account {} has no Connect instance {reference} in {}",
                    project.spec_path.display(),
                    self.account,
                    self.region
                );
                let has = if aliases.is_empty() { String::new() } else { format!("it has {}; ", aliases.join(", ")) };
                let help = format!("{has}an instance that the deployer creates has `alias` in place of `existing`");
                self.missing_instance = Some(Failure::input(message).help(help));
            }
        }
        Ok(())
    }

    /// Returns the outputs of the instance: the existing one that the spec names, or else the recorded one.
    pub(crate) fn instance_outputs(&self, state: Option<&State>) -> Option<Value> {
        match &self.existing {
            Some(existing) => Some(json!({"id": existing.id, "arn": existing.arn, "alias": existing.alias})),
            None => state.and_then(|state| state.outputs().remove(&Address::new("instance", "main"))),
        }
    }
}

impl Project {
    /// Returns the existing instance that the spec names, after checking every name that the spec uses of it.
    ///
    /// # Errors
    /// There is no such instance, or it lacks one of the names; nothing was changed.
    pub(crate) fn existing_instance<'c>(&self, cloud: &'c Cloud) -> Result<Option<&'c ExistingInstance>, Failure> {
        if let Some(missing) = &cloud.missing_instance {
            return Err(missing.clone());
        }
        let Some(existing) = &cloud.existing else { return Ok(None) };
        let names = |(section, listed): (&InstanceSection, &Vec<deployer_stack::NamedInInstance>)| {
            (section.word(), listed.iter().map(|one| one.name.clone()).collect())
        };
        let known: BTreeMap<&str, Vec<String>> = existing.names.iter().map(names).collect();
        deployer_spec::check_known_names(&self.resolved, &self.sources, &known)
            .map_err(|faults| Failure::input(faults.to_string().trim_end().to_owned()).details(faults.to_json()))?;
        self.check_existing_bots(existing)?;
        Ok(Some(existing))
    }

    /// Checks that the bots that are said to be associated are.
    fn check_existing_bots(&self, existing: &ExistingInstance) -> Result<(), Failure> {
        let associated: Vec<&str> =
            existing.names.get(&InstanceSection::Bots).into_iter().flatten().map(|bot| bot.arn.as_str()).collect();
        let bots = self.spec.connect.iter().flat_map(|connect| &connect.bots);
        let missing = bots.filter(|(_, bot)| bot.existing && !associated.contains(&bot.alias_arn.as_str()));
        let lines: Vec<String> = missing
            .map(|(name, bot)| {
                let (file, arn) = (self.spec_path.display(), &bot.alias_arn);
                format!("{file}: connect.bots.{name}: the existing instance has no association with {arn}")
            })
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        let has = if associated.is_empty() { "it has none".to_owned() } else { format!("it has {}", associated.join(", ")) };
        Err(Failure::input(lines.join("\n")).help(format!("{has}; without `existing: true` the association is made")))
    }
}
