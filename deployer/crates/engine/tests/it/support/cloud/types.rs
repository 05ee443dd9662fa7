//! The resource types of the in-memory provider.

use deployer_engine::{
    ChangeEffect, Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Registry, Replacement, Resource,
    ResourceDefinition, Result, TagOwner,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::named::Named;
use super::{Call, Cloud, StoredResource, World};

/// Returns a registry of all types, on `cloud`.
pub fn registry(cloud: &Cloud) -> Registry {
    let mut registry = Registry::default();
    registry.add(Table(cloud.clone()));
    registry.add(Api(cloud.clone()));
    registry.add(Route(cloud.clone()));
    registry.add(Version(cloud.clone()));
    registry.add(Stage(cloud.clone()));
    registry.add(Named(cloud.clone()));
    registry
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Arn {
    arn: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Id {
    pub(super) id: String,
}

pub(super) fn call(what: &str, type_name: &str, cx: &Context) -> Call {
    let mutates = !matches!(what, "Read" | "Find");
    Call { operation: format!("{type_name}:{what}"), address: cx.address.to_string(), mutates }
}

pub(super) fn json_of(properties: &impl Serialize) -> Value {
    serde_json::to_value(properties).expect("test properties are JSON")
}

pub(super) fn live<P: for<'de> Deserialize<'de>, O>(id: &str, thing: &StoredResource, outputs: O) -> Result<Live<P, O>> {
    let properties = serde_json::from_value(thing.properties.clone()).map_err(|error| Error::local(error.to_string()))?;
    Ok(Live { id: PhysicalId(id.to_owned()), properties, outputs })
}

pub(super) fn write(world: &mut World, id: &str, properties: Value, cx: &Context) -> Result<()> {
    let thing = world.things.get_mut(id).ok_or_else(|| Error::new(ErrorClass::NotFound, format!("{id} is gone")))?;
    thing.properties = properties;
    // An update writes the ownership tags, which is how a resource is adopted.
    thing.tags = Some(super::Tags {
        project: cx.owner.project.clone(),
        environment: cx.owner.environment.clone(),
        address: cx.address.clone(),
    });
    Ok(())
}

/// Whose the thing with this id is: what its tags say, or those of the one that its property `whole` names.
pub(super) fn owner(cloud: &Cloud, cx: &Context, id: &PhysicalId, whole: &str) -> TagOwner {
    let world = cloud.world();
    let Some(thing) = world.things.get(id.as_str()) else { return TagOwner::Us };
    let whole = thing.properties[whole].as_str().and_then(|whole| world.things.get(whole));
    let says = |thing: &StoredResource| match &thing.tags {
        None => TagOwner::Nobody("it has no tags".to_owned()),
        Some(tags) if tags.belongs_to(&cx.owner) => TagOwner::Us,
        Some(tags) => TagOwner::Other(format!("it now belongs to project {:?}", tags.project)),
    };
    match whole.map(says) {
        Some(TagOwner::Other(why)) => TagOwner::Other(why),
        _ => says(thing),
    }
}

/// Returns the resource found by its tags, or an error if there are two.
pub(super) fn single<P: for<'de> Deserialize<'de>>(mut found: Vec<(String, StoredResource)>) -> Result<Lookup<Live<P, Id>>> {
    match (found.pop(), found.is_empty()) {
        (None, _) => Ok(Lookup::NotFound),
        (Some((id, thing)), true) => Ok(Lookup::Owned(live(&id, &thing, Id { id: id.clone() })?)),
        (Some(_), false) => Err(Error::local("there are two of one")),
    }
}

/// Declares one resource type from its call names, identity and effects.
macro_rules! nameless {
    ($type:ident, $properties:ident { $($field:ident : $kind:ty),+ }, $name:literal, $order:expr, $rule:expr, key: $key:expr, found_by: $found_by:expr, parent: $parent:expr, same: $same:expr) => {
        pub struct $type(Cloud);

        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct $properties { $(pub $field: $kind),+ }

        impl ResourceDefinition for $type {
            type Properties = $properties;
            type Outputs = Id;
            const TYPE: &'static str = $name;
            const REPLACEMENT: Replacement = $order;
            const KEY: &'static [&'static str] = $key;
            const FOUND_BY: Option<&'static [&'static str]> = $found_by;

            fn change_effect(path: &PropertyPath) -> ChangeEffect {
                let rule: fn(&str) -> ChangeEffect = $rule;
                rule(path.first())
            }
        }

        impl Resource for $type {
            type Definition = Self;

            async fn read(&self, cx: &Context, id: &PhysicalId, _: &$properties) -> Result<Option<Live<$properties, Id>>> {
                self.0.call(call("Read", $name, cx), |world| {
                    world.things.get(id.as_str()).map(|thing| live(id.as_str(), thing, Id { id: id.to_string() })).transpose()
                }).await
            }

            async fn owner(&self, cx: &Context, live: &Live<$properties, Id>) -> Result<TagOwner> {
                Ok(owner(&self.0, cx, &live.id, "api_id"))
            }

            async fn find(&self, cx: &Context, wanted: &$properties) -> Result<Lookup<Live<$properties, Id>>> {
                self.0.call(call("Find", $name, cx), |world| {
                    let same: fn(&$properties, &Value) -> bool = $same;
                    let mut found = world.tagged($name, cx);
                    found.retain(|(_, thing)| same(wanted, &thing.properties));
                    single(found)
                }).await
            }

            async fn create(&self, cx: &Context, wanted: &$properties) -> Result<Live<$properties, Id>> {
                let (id, mut thing) = self.0.call(call("Create", $name, cx), |world| {
                    let parent: fn(&$properties) -> Vec<String> = $parent;
                    for id in parent(wanted) { world.require(&cx.address, &id)?; }
                    let id = world.fresh_id($name);
                    let mut bare = json_of(wanted);
                    if let Some(routes) = bare.get_mut("routes") { *routes = json!({}); }
                    world.insert(&id, $name, bare, &cx.owner, &cx.address)?;
                    let thing = world.things.get(&id).cloned().ok_or_else(|| Error::local("just inserted"))?;
                    Ok((id, thing))
                }).await?;
                if thing.properties != json_of(wanted) {
                    // A second call completes what the first does not accept, as with many real services.
                    thing.properties = json_of(wanted);
                    self.0.call(call("Put", $name, cx), |world| write(world, &id, json_of(wanted), cx)).await?;
                }
                live(&id, &thing, Id { id: id.clone() })
            }

            async fn update(&self, cx: &Context, was: &Live<$properties, Id>, wanted: &$properties, _: &[PropertyPath]) -> Result<Live<$properties, Id>> {
                self.0.call(call("Update", $name, cx), |world| {
                    let parent: fn(&$properties) -> Vec<String> = $parent;
                    for id in parent(wanted) { world.require(&cx.address, &id)?; }
                    write(world, was.id.as_str(), json_of(wanted), cx)
                }).await?;
                Ok(Live { id: was.id.clone(), properties: wanted.clone(), outputs: was.outputs.clone() })
            }

            async fn delete(&self, cx: &Context, id: &PhysicalId, _: &$properties) -> Result<()> {
                self.0.call(call("Delete", $name, cx), |world| world.remove(id)).await
            }
        }
    };
}

nameless!(Api, ApiProperties { title: String, routes: Map<String, Value>, kind: String }, "test.api", Replacement::DeleteFirst,
    |top| if top == "kind" { ChangeEffect::Replace("an API keeps its kind") } else { ChangeEffect::Update },
    key: &[], found_by: Some(&[]),
    parent: |_| Vec::new(), same: |_, _| true);

nameless!(Route, RouteProperties { api_id: String, path: String, target: String }, "test.route", Replacement::DeleteFirst,
    |top| if top == "target" { ChangeEffect::Update } else { ChangeEffect::Replace("a route keeps its place") },
    key: &["api_id", "path"], found_by: None,
    parent: |wanted| vec![wanted.api_id.clone(), wanted.target.clone()],
    same: |wanted, found| found["api_id"] == wanted.api_id.as_str());

nameless!(Version, VersionProperties { api_id: String, digest: String }, "test.version", Replacement::CreateFirst,
    |_| ChangeEffect::Replace("a version never changes"),
    key: &[], found_by: None,
    parent: |wanted| vec![wanted.api_id.clone()],
    same: |wanted, found| found["api_id"] == wanted.api_id.as_str() && found["digest"] == wanted.digest.as_str());

nameless!(Stage, StageProperties { api_id: String, name: String, version_id: String }, "test.stage", Replacement::DeleteFirst,
    |top| if top == "version_id" { ChangeEffect::Update } else { ChangeEffect::Replace("a stage keeps its name") },
    key: &["api_id", "name"], found_by: None,
    parent: |wanted| vec![wanted.api_id.clone(), wanted.version_id.clone()],
    same: |wanted, found| found["api_id"] == wanted.api_id.as_str() && found["name"] == wanted.name.as_str());

/// A table: it is named, so that its ID and outputs are known before it exists.
pub struct Table(Cloud);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TableProperties {
    pub name: String,
    pub key: String,
    pub size: Option<u32>,
}

impl ResourceDefinition for Table {
    type Properties = TableProperties;
    type Outputs = Arn;
    const TYPE: &'static str = "test.table";
    const DELETED_IN_STEPS: bool = true;
    const ID_IS_A_NAME: bool = true;
    const HOLDS_DATA: bool = true;
    const KEY: &'static [&'static str] = &["name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "name" => ChangeEffect::Replace("a table keeps its name"),
            "key" => ChangeEffect::Replace("a table keeps its key"),
            _ => ChangeEffect::Update,
        }
    }
}

impl Resource for Table {
    type Definition = Self;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        wanted["name"].as_str().map(|name| ("arn".to_owned(), name.into())).into_iter().collect()
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, _: &TableProperties) -> Result<Option<Live<TableProperties, Arn>>> {
        let read = |world: &mut World| {
            world.things.get(id.as_str()).map(|thing| live(id.as_str(), thing, Arn { arn: id.to_string() })).transpose()
        };
        self.0.call(call("Read", Self::TYPE, cx), read).await
    }

    async fn owner(&self, cx: &Context, live: &Live<TableProperties, Arn>) -> Result<TagOwner> {
        Ok(owner(&self.0, cx, &live.id, ""))
    }

    async fn find(&self, cx: &Context, wanted: &TableProperties) -> Result<Lookup<Live<TableProperties, Arn>>> {
        let find = |world: &mut World| {
            let Some(thing) = world.things.get(&wanted.name) else { return Ok(Lookup::NotFound) };
            let live = live(&wanted.name, thing, Arn { arn: wanted.name.clone() })?;
            let ours = thing.tags.as_ref().is_some_and(|tags| tags.name(cx));
            Ok(if ours { Lookup::Owned(live) } else { Lookup::Unowned { live, why: "it does not carry our tags".to_owned() } })
        };
        self.0.call(call("Find", Self::TYPE, cx), find).await
    }

    async fn create(&self, cx: &Context, wanted: &TableProperties) -> Result<Live<TableProperties, Arn>> {
        let create = |world: &mut World| world.insert(&wanted.name, Self::TYPE, json_of(wanted), &cx.owner, &cx.address);
        self.0.call(call("Create", Self::TYPE, cx), create).await?;
        Ok(Live { id: PhysicalId(wanted.name.clone()), properties: wanted.clone(), outputs: Arn { arn: wanted.name.clone() } })
    }

    async fn update(
        &self,
        cx: &Context,
        was: &Live<TableProperties, Arn>,
        wanted: &TableProperties,
        _: &[PropertyPath],
    ) -> Result<Live<TableProperties, Arn>> {
        self.0.call(call("Update", Self::TYPE, cx), |world| write(world, was.id.as_str(), json_of(wanted), cx)).await?;
        Ok(Live { id: was.id.clone(), properties: wanted.clone(), outputs: was.outputs.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _: &TableProperties) -> Result<()> {
        self.0.call(call("Delete", Self::TYPE, cx), |world| world.remove(id)).await
    }
}
