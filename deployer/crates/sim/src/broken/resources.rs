//! Resource types with something wrong.

use std::sync::Arc;

use deployer_engine::{
    AnyLive, AnyResource, Context, Error, Found, Keep, Meter, PhysicalId, PropertyPath, Proposal, Replacement, Result, Rule,
    TagOwner,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::Defect;

pub(super) struct BrokenResource {
    pub(super) resource: Arc<dyn AnyResource>,
    pub(super) defect: Defect,
}

impl BrokenResource {
    fn has(&self, defect: Defect) -> bool {
        self.defect == defect
    }
}

impl AnyResource for BrokenResource {
    fn type_name(&self) -> &'static str {
        self.resource.type_name()
    }

    fn replacement(&self) -> Replacement {
        self.resource.replacement()
    }

    fn at_most_one(&self) -> bool {
        self.resource.at_most_one()
    }

    fn part_of(&self) -> Option<&'static str> {
        self.resource.part_of()
    }

    fn vanishes_with_whole(&self) -> bool {
        self.resource.vanishes_with_whole()
    }

    fn creation_time(&self) -> std::time::Duration {
        self.resource.creation_time()
    }

    fn meter(&self) -> Option<Meter> {
        self.resource.meter()
    }

    fn keep(&self, properties: &Value, live: Option<&Value>) -> Option<Keep> {
        self.resource.keep(properties, live)
    }

    fn rule_between(&self, path: &PropertyPath, live: &Value, wanted: &Value) -> Rule {
        self.resource.rule_between(path, live, wanted)
    }

    fn key(&self) -> &'static [&'static str] {
        if self.has(Defect::RemovesFirst) { &[] } else { self.resource.key() }
    }

    fn meanwhile(&self, live: &Value, wanted: &Value) -> Option<Value> {
        self.resource.meanwhile(live, wanted)
    }

    fn refuse(&self, proposal: Proposal<'_>) -> Option<Error> {
        self.resource.refuse(proposal)
    }

    fn rule(&self, path: &PropertyPath) -> Rule {
        self.resource.rule(path)
    }

    fn meaning(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        self.resource.meaning(path, value)
    }

    fn told_once(&self, properties: &Value) -> Option<&'static str> {
        self.resource.told_once(properties)
    }

    fn lacks(&self, wanted: &Value) -> Option<Error> {
        self.resource.lacks(wanted)
    }

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        self.resource.predict(wanted)
    }

    fn read<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, hint: &'a Value) -> BoxFuture<'a, Result<Option<AnyLive>>> {
        async move {
            let live = self.resource.read(cx, id, hint).await?;
            match &live {
                Some(found) if self.has(Defect::UpdatesAlways) => {
                    let everything: Vec<PropertyPath> = found
                        .properties
                        .as_object()
                        .into_iter()
                        .flat_map(Map::keys)
                        .map(|name| PropertyPath::default().then(name))
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
        match self.defect {
            Defect::TrustsTheRecord | Defect::TakesWhatItFinds => async { Ok(TagOwner::Us) }.boxed(),
            _ => self.resource.owner(cx, live),
        }
    }

    fn find<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<Found<AnyLive>>> {
        async move {
            match (self.resource.find(cx, wanted).await?, self.defect) {
                (_, Defect::FindsNothing) => Ok(Found::Absent),
                (Found::Foreign { live, .. }, Defect::TakesWhatItFinds) => Ok(Found::Ours(live)),
                (Found::Absent, Defect::MakesWhileLooking) => self.resource.create(cx, wanted).await.map(Found::Ours),
                (found, _) => Ok(found),
            }
        }
        .boxed()
    }

    fn create<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<AnyLive>> {
        async move {
            let mut wanted = wanted.clone();
            if self.has(Defect::LeavesTagsOff)
                && let Some(tags) = wanted["tags"].as_object_mut()
            {
                tags.retain(|name, _| !name.starts_with("deployer:"));
            }
            let mut live = self.resource.create(cx, &wanted).await?;
            if self.has(Defect::TellsSecrets) && self.type_name() == "acm.certificate" {
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
        if self.has(Defect::SkipsUpdates) {
            let done = AnyLive { properties: wanted.clone(), ..live.clone() };
            return async move { Ok(done) }.boxed();
        }
        self.resource.update(cx, live, wanted, changed)
    }

    fn delete<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, recorded: &'a Value) -> BoxFuture<'a, Result<()>> {
        if self.has(Defect::SkipsDeletes) {
            return async { Ok(()) }.boxed();
        }
        self.resource.delete(cx, id, recorded)
    }
}
