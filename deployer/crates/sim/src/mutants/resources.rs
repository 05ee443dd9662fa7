//! Resource types with a defect.

use std::sync::Arc;

use deployer_engine::{
    AnyLive, AnyResource, ChangeEffect, Context, Error, Lookup, PhysicalId, PropertyPath, Quota, Replacement, Result,
    RetainPolicy, RuleInput, TagOwner,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::Mutant;

pub(super) struct BrokenResource {
    pub(super) resource: Arc<dyn AnyResource>,
    pub(super) mutant: Mutant,
}

impl BrokenResource {
    fn has(&self, defect: Mutant) -> bool {
        self.mutant == defect
    }
}

impl AnyResource for BrokenResource {
    fn type_name(&self) -> &'static str {
        self.resource.type_name()
    }

    fn replacement(&self) -> Replacement {
        self.resource.replacement()
    }

    fn found_by(&self) -> Option<&'static [&'static str]> {
        self.resource.found_by()
    }

    fn create_is_idempotent(&self) -> bool {
        self.resource.create_is_idempotent()
    }

    fn records_creation(&self) -> bool {
        self.resource.records_creation()
    }

    fn deleted_in_steps(&self) -> bool {
        self.resource.deleted_in_steps()
    }

    fn parent(&self) -> Option<&'static str> {
        self.resource.parent()
    }

    fn deleted_with_parent(&self) -> bool {
        self.resource.deleted_with_parent()
    }

    fn creation_time(&self) -> std::time::Duration {
        self.resource.creation_time()
    }

    fn quota(&self) -> Option<Quota> {
        self.resource.quota()
    }

    fn retain_policy(&self, properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        self.resource.retain_policy(properties, live)
    }

    fn change_effect_between(&self, path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect {
        self.resource.change_effect_between(path, live, wanted)
    }

    fn key(&self) -> &'static [&'static str] {
        if self.has(Mutant::RemovesFirst) { &[] } else { self.resource.key() }
    }

    fn transition_properties(&self, live: &Value, wanted: &Value) -> Option<Value> {
        self.resource.transition_properties(live, wanted)
    }

    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        self.resource.plan_error(proposal)
    }

    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect {
        self.resource.change_effect(path)
    }

    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        self.resource.normalized(path, value)
    }

    fn one_time_secret(&self, properties: &Value) -> Option<&'static str> {
        self.resource.one_time_secret(properties)
    }

    fn missing_input(&self, wanted: &Value) -> Option<Error> {
        self.resource.missing_input(wanted)
    }

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        self.resource.predict(wanted)
    }

    fn read<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, hint: &'a Value) -> BoxFuture<'a, Result<Option<AnyLive>>> {
        async move {
            let live = self.resource.read(cx, id, hint).await?;
            match &live {
                Some(found) if self.has(Mutant::UpdatesAlways) => {
                    let everything: Vec<PropertyPath> = found
                        .properties
                        .as_object()
                        .into_iter()
                        .flat_map(Map::keys)
                        .map(|name| PropertyPath::default().child(name))
                        .collect();
                    self.resource.update(cx, found, hint, &everything).await.map(Some).or(Ok(live))
                }
                _ => Ok(live),
            }
        }
        .boxed()
    }

    fn id_is_a_name(&self) -> bool {
        self.resource.id_is_a_name()
    }

    fn holds_data(&self) -> bool {
        self.resource.holds_data()
    }

    fn owner<'a>(&'a self, cx: &'a Context, live: &'a AnyLive) -> BoxFuture<'a, Result<TagOwner>> {
        match self.mutant {
            Mutant::TrustsTheRecord | Mutant::TakesWhatItFinds => async { Ok(TagOwner::Us) }.boxed(),
            _ => self.resource.owner(cx, live),
        }
    }

    fn find<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<Lookup<AnyLive>>> {
        async move {
            let mut cx = cx.clone();
            if self.has(Mutant::ForgetsFormerAddresses) {
                cx.former_addresses.clear();
            }
            let cx = &cx;
            match (self.resource.find(cx, wanted).await?, self.mutant) {
                (_, Mutant::FindsNothing) => Ok(Lookup::NotFound),
                (Lookup::Unowned { live, .. }, Mutant::TakesWhatItFinds) => Ok(Lookup::Owned(live)),
                (Lookup::Unowned { live, .. }, Mutant::TakesAssociations) if self.type_name() == "connect.bot" => {
                    Ok(Lookup::Owned(live))
                }
                (Lookup::NotFound, Mutant::MakesWhileLooking) => self.resource.create(cx, wanted).await.map(Lookup::Owned),
                (found, _) => Ok(found),
            }
        }
        .boxed()
    }

    fn create<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<AnyLive>> {
        async move {
            let mut wanted = wanted.clone();
            if self.has(Mutant::LeavesTagsOff)
                && let Some(tags) = wanted["tags"].as_object_mut()
            {
                tags.retain(|name, _| !name.starts_with("deployer:"));
            }
            let mut live = self.resource.create(cx, &wanted).await?;
            if self.has(Mutant::TellsSecrets) && self.type_name() == "acm.certificate" {
                live.outputs["key"] = "-----BEGIN PRIVATE KEY-----".into();
            }
            Ok(live)
        }
        .boxed()
    }

    fn update<'a>(
        &'a self,
        cx: &'a Context,
        live: &'a AnyLive,
        wanted: &'a Value,
        changed: &'a [PropertyPath],
    ) -> BoxFuture<'a, Result<AnyLive>> {
        if self.has(Mutant::SkipsUpdates) {
            let done = AnyLive { properties: wanted.clone(), ..live.clone() };
            return async move { Ok(done) }.boxed();
        }
        self.resource.update(cx, live, wanted, changed)
    }

    fn delete<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, recorded: &'a Value) -> BoxFuture<'a, Result<()>> {
        if self.has(Mutant::SkipsDeletes) {
            return async { Ok(()) }.boxed();
        }
        self.resource.delete(cx, id, recorded)
    }
}
