//! A resource type with provider-assigned IDs, unique names that can be changed, and grants on which other resources depend.

use std::collections::BTreeSet;

use deployer_engine::{
    ChangeEffect, Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result,
    TagOwner,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::types::{call, json_of, live, owner, write};
use super::{Cloud, StoredResource, World};

pub struct Named(pub(super) Cloud);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedProperties {
    pub name: String,
    /// The IDs of the resources it uses.
    pub first: Option<String>,
    pub second: Option<String>,
    /// The name of another resource that it uses: the provider remembers the ID of that resource.
    pub friend: Option<String>,
    pub grants: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NamedOutputs {
    id: String,
    name: String,
}

type NamedLive = Live<NamedProperties, NamedOutputs>;

/// Returns a resource as a read returns it: with the current name of its friend.
fn shown(world: &World, id: &str, thing: &StoredResource) -> Result<NamedLive> {
    let mut properties = thing.properties.clone();
    if let Some(friend) = properties["friend"].as_str().and_then(|friend| world.things.get(friend)) {
        properties["friend"] = friend.properties["name"].clone();
    }
    let name = properties["name"].as_str().unwrap_or_default().to_owned();
    live(id, &StoredResource { properties, ..thing.clone() }, NamedOutputs { id: id.to_owned(), name })
}

/// Returns the wanted properties as the provider stores them: with the ID of the friend.
fn kept(world: &mut World, cx: &Context, wanted: &NamedProperties) -> Result<Value> {
    let mut properties = json_of(wanted);
    if let Some(friend) = &wanted.friend {
        let named = world.things.iter().find(|(_, thing)| thing.properties["name"] == friend.as_str());
        let Some(id) = named.map(|(id, _)| id.clone()) else {
            world.require(&cx.address, friend)?;
            return Ok(properties);
        };
        properties["friend"] = id.into();
    }
    Ok(properties)
}

/// Checks that no two resources have the same name, and that used resources exist.
fn check(world: &mut World, cx: &Context, id: Option<&str>, wanted: &NamedProperties) -> Result<()> {
    let taken = |(other, thing): (&String, &StoredResource)| {
        thing.type_name == Named::TYPE && Some(other.as_str()) != id && thing.properties["name"] == wanted.name.as_str()
    };
    if world.things.iter().any(taken) {
        return Err(Error::new(ErrorClass::AlreadyExists, format!("the name {} is taken", wanted.name)));
    }
    wanted.first.iter().chain(&wanted.second).try_for_each(|used| world.require(&cx.address, used))
}

impl ResourceDefinition for Named {
    type Properties = NamedProperties;
    type Outputs = NamedOutputs;
    const TYPE: &'static str = "test.named";
    const KEY: &'static [&'static str] = &["name"];

    fn change_effect(_: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Update
    }

    fn transition_properties(live: &Value, wanted: &Value) -> Option<Value> {
        let (old, new) = (live["grants"].as_array()?, wanted["grants"].as_array()?);
        let together: Vec<&Value> = new.iter().chain(old.iter().filter(|grant| !new.contains(grant))).collect();
        let mut meanwhile = wanted.clone();
        meanwhile["grants"] = together.into_iter().cloned().collect();
        (meanwhile != *wanted).then_some(meanwhile)
    }
}

impl Resource for Named {
    type Definition = Self;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        wanted["name"].as_str().map(|name| ("name".to_owned(), name.into())).into_iter().collect()
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, _: &NamedProperties) -> Result<Option<NamedLive>> {
        let read = |world: &mut World| world.things.get(id.as_str()).map(|thing| shown(world, id.as_str(), thing)).transpose();
        self.0.call(call("Read", Self::TYPE, cx), read).await
    }

    async fn owner(&self, cx: &Context, live: &NamedLive) -> Result<TagOwner> {
        Ok(owner(&self.0, cx, &live.id, ""))
    }

    /// Finds a resource by its name, whoever owns it; by its tags if no resource has the name.
    async fn find(&self, cx: &Context, wanted: &NamedProperties) -> Result<Lookup<NamedLive>> {
        let find = |world: &mut World| {
            let named = world.things.iter().find(|(_, thing)| thing.properties["name"] == wanted.name.as_str());
            match named {
                Some((id, thing)) => {
                    let live = shown(world, id, thing)?;
                    let ours = thing.tags.as_ref().is_some_and(|tags| tags.name(cx));
                    Ok(if ours { Lookup::Owned(live) } else { Lookup::Unowned { live, why: "its tags name another".to_owned() } })
                }
                None => match world.tagged(Self::TYPE, cx).pop() {
                    Some((id, thing)) => Ok(Lookup::Owned(shown(world, &id, &thing)?)),
                    None => Ok(Lookup::NotFound),
                },
            }
        };
        self.0.call(call("Find", Self::TYPE, cx), find).await
    }

    async fn create(&self, cx: &Context, wanted: &NamedProperties) -> Result<NamedLive> {
        let create = |world: &mut World| {
            check(world, cx, None, wanted)?;
            let there = world.things.values().filter(|thing| thing.type_name == Self::TYPE).count();
            if world.room.is_some_and(|room| there >= room) {
                return Err(Error::new(ErrorClass::Quota, format!("there may be {there} named things")));
            }
            let id = world.fresh_id(Self::TYPE);
            let properties = kept(world, cx, wanted)?;
            world.insert(&id, Self::TYPE, properties, &cx.owner, &cx.address)?;
            Ok(id)
        };
        let id = self.0.call(call("Create", Self::TYPE, cx), create).await?;
        let outputs = NamedOutputs { id: id.clone(), name: wanted.name.clone() };
        Ok(Live { id: PhysicalId(id), properties: wanted.clone(), outputs })
    }

    /// Updates only the changed properties, as separate calls for each property would.
    async fn update(
        &self,
        cx: &Context,
        was: &NamedLive,
        wanted: &NamedProperties,
        changed: &[PropertyPath],
    ) -> Result<NamedLive> {
        let what = if was.properties.grants.is_subset(&wanted.grants) { "Update" } else { "Revoke" };
        let update = |world: &mut World| {
            check(world, cx, Some(was.id.as_str()), wanted)?;
            let befriends = changed.iter().any(|path| path.first() == "friend");
            let new = if befriends { kept(world, cx, wanted)? } else { json_of(wanted) };
            let mut properties = world.things.get(was.id.as_str()).map(|thing| thing.properties.clone()).unwrap_or_default();
            for path in changed {
                properties[path.first()] = new[path.first()].clone();
            }
            write(world, was.id.as_str(), properties, cx)
        };
        self.0.call(call(what, Self::TYPE, cx), update).await?;
        let outputs = NamedOutputs { name: wanted.name.clone(), ..was.outputs.clone() };
        Ok(Live { properties: wanted.clone(), id: was.id.clone(), outputs })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _: &NamedProperties) -> Result<()> {
        self.0.call(call("Delete", Self::TYPE, cx), |world| world.remove(id)).await
    }
}
