//! A resource type whose ids are the cloud's and whose names are unique and can be changed, with grants that others depend on.

use std::collections::BTreeSet;

use deployer_engine::{Class, Context, Error, Found, Live, PhysicalId, PropertyPath, Resource, Result, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::types::{Id, call, json_of, live, single, write};
use super::{Cloud, World};

pub struct Named(pub(super) Cloud);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedProperties {
    pub name: String,
    /// The ids of what it uses.
    pub first: Option<String>,
    pub second: Option<String>,
    pub grants: BTreeSet<String>,
}

type NamedLive = Live<NamedProperties, Id>;

/// No two have one name, and what is used exists.
fn check(world: &mut World, cx: &Context, id: Option<&str>, wanted: &NamedProperties) -> Result<()> {
    let taken = |(other, thing): (&String, &super::Thing)| {
        thing.type_name == Named::TYPE && Some(other.as_str()) != id && thing.properties["name"] == wanted.name.as_str()
    };
    if world.things.iter().any(taken) {
        return Err(Error::new(Class::AlreadyExists, format!("the name {} is taken", wanted.name)));
    }
    wanted.first.iter().chain(&wanted.second).try_for_each(|used| world.require(&cx.address, used))
}

impl Resource for Named {
    type Properties = NamedProperties;
    type Outputs = Id;
    const TYPE: &'static str = "test.named";
    const KEY: &'static [&'static str] = &["name"];

    fn rule(_: &PropertyPath) -> Rule {
        Rule::Update
    }

    fn meanwhile(live: &Value, wanted: &Value) -> Option<Value> {
        let (old, new) = (live["grants"].as_array()?, wanted["grants"].as_array()?);
        let together: Vec<&Value> = new.iter().chain(old.iter().filter(|grant| !new.contains(grant))).collect();
        let mut meanwhile = wanted.clone();
        meanwhile["grants"] = together.into_iter().cloned().collect();
        (meanwhile != *wanted).then_some(meanwhile)
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, _: &NamedProperties) -> Result<Option<NamedLive>> {
        let read = |world: &mut World| {
            world.things.get(id.as_str()).map(|thing| live(id.as_str(), thing, Id { id: id.to_string() })).transpose()
        };
        self.0.call(call("Read", Self::TYPE, cx), read).await
    }

    /// By its name, whoever has it; by its tags where nobody has.
    async fn find(&self, cx: &Context, wanted: &NamedProperties) -> Result<Found<NamedLive>> {
        let find = |world: &mut World| {
            let named = world.things.iter().find(|(_, thing)| thing.properties["name"] == wanted.name.as_str());
            match named {
                Some((id, thing)) => {
                    let live = live(id, thing, Id { id: id.clone() })?;
                    let ours = thing.tags.as_ref().is_some_and(|tags| tags.address == cx.address);
                    Ok(if ours { Found::Ours(live) } else { Found::Foreign { live, why: "its tags name another".to_owned() } })
                }
                None => single(world.tagged(Self::TYPE, &cx.owner, &cx.address)),
            }
        };
        self.0.call(call("Find", Self::TYPE, cx), find).await
    }

    async fn create(&self, cx: &Context, wanted: &NamedProperties) -> Result<NamedLive> {
        let create = |world: &mut World| {
            check(world, cx, None, wanted)?;
            let there = world.things.values().filter(|thing| thing.type_name == Self::TYPE).count();
            if world.room.is_some_and(|room| there >= room) {
                return Err(Error::new(Class::Quota, format!("there may be {there} named things")));
            }
            let id = world.fresh_id(Self::TYPE);
            world.insert(&id, Self::TYPE, json_of(wanted), &cx.owner, &cx.address)?;
            Ok(id)
        };
        let id = self.0.call(call("Create", Self::TYPE, cx), create).await?;
        Ok(Live { id: PhysicalId(id.clone()), properties: wanted.clone(), outputs: Id { id } })
    }

    async fn update(&self, cx: &Context, was: &NamedLive, wanted: &NamedProperties, _: &[PropertyPath]) -> Result<NamedLive> {
        let what = if was.properties.grants.is_subset(&wanted.grants) { "Update" } else { "Revoke" };
        let update = |world: &mut World| {
            check(world, cx, Some(was.id.as_str()), wanted)?;
            write(world, was.id.as_str(), json_of(wanted), cx)
        };
        self.0.call(call(what, Self::TYPE, cx), update).await?;
        Ok(Live { properties: wanted.clone(), ..was.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _: &NamedProperties) -> Result<()> {
        self.0.call(call("Delete", Self::TYPE, cx), |world| world.remove(id)).await
    }
}
