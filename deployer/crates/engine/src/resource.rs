//! Resource types: a typed trait for authors and a type-erased one for the engine.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::action::Replacement;
use crate::address::{PhysicalId, PropertyPath};
use crate::context::Context;
use crate::diff::Rules;
use crate::error::{Error, Result};
use crate::quota::Quota;
use crate::rules::{ChangeEffect, RetainPolicy, RuleInput};

/// A resource as it exists.
#[derive(Debug, Clone)]
pub struct Live<P, O> {
    /// Id of the resource.
    pub id: PhysicalId,
    /// Properties in the shape of desired ones, normalized so that equal values mean no change. Settings that cannot be read back
    /// (write-only ones) are taken from the hint.
    pub properties: P,
    /// Outputs of the resource.
    pub outputs: O,
}

/// The result of looking for an unrecorded resource.
#[derive(Debug, Clone)]
pub enum Lookup<L> {
    /// No such resource exists.
    NotFound,
    /// The resource exists and its tags name this project and environment.
    Owned(L),
    /// The name is taken by a resource that this environment does not own.
    Unowned {
        /// The existing resource, used to show what adopting it would change.
        live: L,
        /// Evidence that this environment does not own it.
        why: String,
    },
}

/// The owner of a resource according to its current tags, or to those of its parent. A record only says where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagOwner {
    /// This project and environment.
    Us,
    /// No owner: the tags that would name one are missing. The text names the missing tags.
    Nobody(String),
    /// Another owner. The text names the owner and the evidence, and is phrased to follow the id of the resource.
    Other(String),
}

/// The declaration of one AWS resource type: its properties and outputs, and what follows from them without a call.
pub trait ResourceDefinition: Send + Sync + 'static {
    /// Desired properties, complete: a default is an explicit value, not an absent one.
    type Properties: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// Outputs that other resources may refer to.
    type Outputs: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// Name of the type, `service.thing`.
    const TYPE: &'static str;
    /// The order of a replacement in which the old and the new resource have the same [`KEY`](Self::KEY).
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;
    /// The properties that together identify a resource among all others of its type (a name, and the scope in which it is unique); no two
    /// resources have the same values. Two with different values can exist side by side, so a replacement that changes them creates the new
    /// resource first; a resource that takes over the values of another waits until the other has given them up. Empty if only an id
    /// assigned by AWS tells resources apart, or if AWS has no room for a second one.
    const KEY: &'static [&'static str] = &[];
    /// The properties that [`Resource::find`] decides by whether the resource exists, if it reads only these: then it is called as soon as
    /// they are known, with empty text in place of values that other resources give, and nothing but its
    /// [`NotFound`](Lookup::NotFound) counts. `None` if it reads others too. A resource with references that stay unknown, because their
    /// targets do not exist, is looked for in the same way if these properties, or those of its [`KEY`](Self::KEY), are known; then every
    /// result counts.
    const FOUND_BY: Option<&'static [&'static str]> = None;
    /// Whether AWS creates only one resource when a create request is sent twice, because of its name or its token. If not, the time of the
    /// call is recorded durably before it is sent, and the call is sent again only after the resource has been looked for during
    /// [`CREATE_VISIBILITY_TIMEOUT`](crate::CREATE_VISIBILITY_TIMEOUT).
    const CREATE_IS_IDEMPOTENT: bool = true;
    /// Whether the time of every create call is recorded durably before it is sent, although AWS creates only one resource: for resources
    /// without tags, of which nothing else tells whether an interrupted run created them ([`Context::creation_pending`]).
    const RECORDS_CREATION: bool = false;
    /// Whether a deletion takes several calls, so that an interrupted one may leave the resource without some of its properties. The time
    /// of the first call is then recorded durably before it is sent.
    const DELETED_IN_STEPS: bool = false;
    /// The property that refers to the parent, with which this resource is deleted, if its value could be the same after the parent has
    /// been replaced.
    const PARENT: Option<&'static str> = None;

    /// Whether AWS deletes the resource in the call that deletes its parent, so that it needs no delete call of its own.
    const DELETED_WITH_PARENT: bool = false;

    /// Duration of a creation, as far as it is published or was measured. The resources that others wait for longest are started first.
    const CREATION_TIME: Duration = Duration::from_secs(1);

    /// The quota that every creation and every deletion counts against. A creation that may fail after AWS has counted it reports the
    /// attempt with [`Context::record_attempt`].
    const QUOTA: Option<Quota> = None;

    /// Whether the id is a name that others can give to a resource of their own. A resource with that name and no tags may belong to
    /// somebody else, and is treated as such.
    const ID_IS_A_NAME: bool = false;

    /// Whether the resource holds what cannot be created again (data, a phone number). It is neither deleted nor replaced unless its tags
    /// name this environment as its owner.
    const HOLDS_DATA: bool = false;

    /// The outputs that equal the property of the same name, and so are known before the resource exists.
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &[];

    /// Returns the effect of changing the property at `path`.
    fn change_effect(path: &PropertyPath) -> ChangeEffect;

    /// Returns the effect of changing the property at `path` from `live` to `wanted`, for types where it also depends on other properties.
    fn change_effect_between(path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect {
        let _ = (live, wanted);
        Self::change_effect(path)
    }

    /// Returns the properties of the resource while others still depend on what an update removes (a grant): everything added, nothing
    /// removed. `None` if the update removes nothing that others may depend on. The removal happens in the last phase of the run.
    fn transition_properties(live: &Value, wanted: &Value) -> Option<Value> {
        let _ = (live, wanted);
        None
    }

    /// Returns why the resource is retained when it is no longer wanted, by its last desired properties and by the live ones if they were
    /// read; `None` if it is deleted.
    fn retain_policy(properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        let _ = (properties, live);
        None
    }

    /// Returns a description of the secret that a creation with these desired properties shows once and stores nowhere (a generated
    /// password), with instructions for the case that it was not shown because the run that created it was killed.
    fn one_time_secret(properties: &Value) -> Option<&'static str> {
        let _ = properties;
        None
    }
}

/// Desired or live properties of a resource type.
pub type Properties<R> = <<R as Resource>::Definition as ResourceDefinition>::Properties;

/// A resource of a type as it exists.
pub type LiveResource<R> = Live<Properties<R>, <<R as Resource>::Definition as ResourceDefinition>::Outputs>;

/// The calls of one AWS resource type.
///
/// An implementation makes calls and translates. It does not retry, print, use a clock of its own or match error texts.
pub trait Resource: Send + Sync + 'static {
    /// The declaration of the type.
    type Definition: ResourceDefinition;

    /// Returns the property at `path` in a form in which equivalent values are equal; `None` for properties that are compared as they are.
    fn normalized(path: &PropertyPath, value: &Value) -> Option<Value> {
        let _ = (path, value);
        None
    }

    /// Returns the error that makes the planned operation (create, update, replace) impossible, as far as the properties show it before the
    /// run. The whole plan is refused then.
    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        let _ = proposal;
        None
    }

    /// Returns the error for an input that creating the resource needs and that is not available (a secret value), by its desired
    /// properties. The existing resource is not deleted for a replacement then.
    fn missing_input(&self, wanted: &Value) -> Option<Error> {
        let _ = wanted;
        None
    }

    /// Returns, by name, the outputs that follow from desired properties alone (names, ARNs composed of account, region and name). Values
    /// of `wanted` that are not known yet are `null`.
    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let known = |name: &&str| Some(((*name).to_owned(), wanted.get(name).filter(|value| !value.is_null())?.clone()));
        Self::Definition::OUTPUTS_FROM_PROPERTIES.iter().filter_map(known).collect()
    }

    /// Reads the resource with this id; `None` if it does not exist (one that is being deleted counts as nonexistent). `hint` is the
    /// recorded properties, or the desired ones if there is no record. Makes no change.
    fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        hint: &Properties<Self>,
    ) -> impl Future<Output = Result<Option<LiveResource<Self>>>> + Send;

    /// Returns the owner of a resource that was read or found. A resource without tags of its own belongs to the owner of its parent, and
    /// one whose parent belongs to somebody else belongs to them, whatever its own tags say. Uses `live`, which comes from what was read,
    /// never the record. Calls AWS only for the parent, and through [`Context::cached`]. Makes no change.
    fn owner(&self, cx: &Context, live: &LiveResource<Self>) -> impl Future<Output = Result<TagOwner>> + Send;

    /// Looks for an unrecorded resource by deterministic name, ownership tags, token or marker. Makes no change.
    fn find(&self, cx: &Context, wanted: &Properties<Self>) -> impl Future<Output = Result<Lookup<LiveResource<Self>>>> + Send;

    /// Creates the resource and waits until others can use it. If it is interrupted, `find` finds what was created, and a following
    /// `update` completes it.
    fn create(&self, cx: &Context, wanted: &Properties<Self>) -> impl Future<Output = Result<LiveResource<Self>>> + Send;

    /// Updates the resource in place to match `wanted`; `changed` names the properties that differ from `live`. If it is interrupted, a
    /// second call completes the first.
    fn update(
        &self,
        cx: &Context,
        live: &LiveResource<Self>,
        wanted: &Properties<Self>,
        changed: &[PropertyPath],
    ) -> impl Future<Output = Result<LiveResource<Self>>> + Send;

    /// Deletes the resource and waits until its name is free. Succeeds if the resource does not exist.
    fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &Properties<Self>) -> impl Future<Output = Result<()>> + Send;
}

/// A type-erased [`Live`].
pub type AnyLive = Live<Value, Value>;

/// A type-erased [`Resource`], as the engine uses it.
pub trait AnyResource: Send + Sync {
    /// See [`ResourceDefinition::TYPE`].
    fn type_name(&self) -> &'static str;
    /// See [`ResourceDefinition::REPLACEMENT`].
    fn replacement(&self) -> Replacement;
    /// See [`ResourceDefinition::KEY`].
    fn key(&self) -> &'static [&'static str];
    /// See [`ResourceDefinition::FOUND_BY`].
    fn found_by(&self) -> Option<&'static [&'static str]>;
    /// See [`ResourceDefinition::CREATE_IS_IDEMPOTENT`].
    fn create_is_idempotent(&self) -> bool;
    /// See [`ResourceDefinition::RECORDS_CREATION`].
    fn records_creation(&self) -> bool;
    /// See [`ResourceDefinition::DELETED_IN_STEPS`].
    fn deleted_in_steps(&self) -> bool;
    /// See [`ResourceDefinition::PARENT`].
    fn parent(&self) -> Option<&'static str>;
    /// See [`ResourceDefinition::DELETED_WITH_PARENT`].
    fn deleted_with_parent(&self) -> bool;
    /// See [`ResourceDefinition::CREATION_TIME`].
    fn creation_time(&self) -> Duration;
    /// See [`ResourceDefinition::QUOTA`].
    fn quota(&self) -> Option<Quota>;
    /// See [`ResourceDefinition::ID_IS_A_NAME`].
    fn id_is_a_name(&self) -> bool;
    /// See [`ResourceDefinition::HOLDS_DATA`].
    fn holds_data(&self) -> bool;
    /// See [`ResourceDefinition::change_effect`].
    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect;
    /// See [`ResourceDefinition::change_effect_between`].
    fn change_effect_between(&self, path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect;
    /// See [`ResourceDefinition::transition_properties`].
    fn transition_properties(&self, live: &Value, wanted: &Value) -> Option<Value>;
    /// See [`Resource::plan_error`].
    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error>;
    /// See [`Resource::normalized`].
    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value>;
    /// See [`ResourceDefinition::retain_policy`].
    fn retain_policy(&self, properties: &Value, live: Option<&Value>) -> Option<RetainPolicy>;
    /// See [`ResourceDefinition::one_time_secret`].
    fn one_time_secret(&self, properties: &Value) -> Option<&'static str>;
    /// See [`Resource::missing_input`].
    fn missing_input(&self, wanted: &Value) -> Option<Error>;
    /// See [`Resource::predict`].
    fn predict(&self, wanted: &Value) -> Map<String, Value>;
    /// See [`Resource::read`].
    fn read<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, hint: &'a Value) -> BoxFuture<'a, Result<Option<AnyLive>>>;
    /// See [`Resource::owner`].
    fn owner<'a>(&'a self, cx: &'a Context, live: &'a AnyLive) -> BoxFuture<'a, Result<TagOwner>>;
    /// See [`Resource::find`].
    fn find<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<Lookup<AnyLive>>>;
    /// See [`Resource::create`].
    fn create<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<AnyLive>>;
    /// See [`Resource::update`].
    fn update<'a>(
        &'a self,
        cx: &'a Context,
        live: &'a AnyLive,
        wanted: &'a Value,
        changed: &'a [PropertyPath],
    ) -> BoxFuture<'a, Result<AnyLive>>;
    /// See [`Resource::delete`].
    fn delete<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, recorded: &'a Value) -> BoxFuture<'a, Result<()>>;
}

fn typed<T: DeserializeOwned>(type_name: &str, what: &str, value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|error| Error::local(format!("the {what} of a {type_name} do not have its shape: {error}")))
}

fn typed_live<P: DeserializeOwned, O: DeserializeOwned>(type_name: &str, live: &AnyLive) -> Result<Live<P, O>> {
    Ok(Live {
        id: live.id.clone(),
        properties: typed(type_name, "properties", &live.properties)?,
        outputs: typed(type_name, "outputs", &live.outputs)?,
    })
}

fn erased<P: Serialize, O: Serialize>(live: Live<P, O>) -> Result<AnyLive> {
    let to_value = |error: serde_json::Error| Error::local(format!("a resource cannot be written as JSON: {error}"));
    Ok(Live {
        id: live.id,
        properties: serde_json::to_value(live.properties).map_err(to_value)?,
        outputs: serde_json::to_value(live.outputs).map_err(to_value)?,
    })
}

impl<T: Resource> AnyResource for T {
    fn type_name(&self) -> &'static str {
        T::Definition::TYPE
    }

    fn replacement(&self) -> Replacement {
        T::Definition::REPLACEMENT
    }

    fn key(&self) -> &'static [&'static str] {
        T::Definition::KEY
    }

    fn found_by(&self) -> Option<&'static [&'static str]> {
        T::Definition::FOUND_BY
    }

    fn create_is_idempotent(&self) -> bool {
        T::Definition::CREATE_IS_IDEMPOTENT
    }

    fn records_creation(&self) -> bool {
        T::Definition::RECORDS_CREATION
    }

    fn deleted_in_steps(&self) -> bool {
        T::Definition::DELETED_IN_STEPS
    }

    fn parent(&self) -> Option<&'static str> {
        T::Definition::PARENT
    }

    fn deleted_with_parent(&self) -> bool {
        T::Definition::DELETED_WITH_PARENT
    }

    fn creation_time(&self) -> Duration {
        T::Definition::CREATION_TIME
    }

    fn quota(&self) -> Option<Quota> {
        T::Definition::QUOTA
    }

    fn id_is_a_name(&self) -> bool {
        T::Definition::ID_IS_A_NAME
    }

    fn holds_data(&self) -> bool {
        T::Definition::HOLDS_DATA
    }

    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect {
        T::Definition::change_effect(path)
    }

    fn change_effect_between(&self, path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect {
        T::Definition::change_effect_between(path, live, wanted)
    }

    fn transition_properties(&self, live: &Value, wanted: &Value) -> Option<Value> {
        T::Definition::transition_properties(live, wanted)
    }

    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        Resource::plan_error(self, proposal)
    }

    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        T::normalized(path, value)
    }

    fn retain_policy(&self, properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        T::Definition::retain_policy(properties, live)
    }

    fn one_time_secret(&self, properties: &Value) -> Option<&'static str> {
        T::Definition::one_time_secret(properties)
    }

    fn missing_input(&self, wanted: &Value) -> Option<Error> {
        Resource::missing_input(self, wanted)
    }

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        Resource::predict(self, wanted)
    }

    fn read<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, hint: &'a Value) -> BoxFuture<'a, Result<Option<AnyLive>>> {
        async move {
            let hint = typed(T::Definition::TYPE, "properties", hint)?;
            Resource::read(self, cx, id, &hint).await?.map(erased).transpose()
        }
        .boxed()
    }

    fn owner<'a>(&'a self, cx: &'a Context, live: &'a AnyLive) -> BoxFuture<'a, Result<TagOwner>> {
        async move { Resource::owner(self, cx, &typed_live(T::Definition::TYPE, live)?).await }.boxed()
    }

    fn find<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<Lookup<AnyLive>>> {
        async move {
            let wanted = typed(T::Definition::TYPE, "properties", wanted)?;
            Ok(match Resource::find(self, cx, &wanted).await? {
                Lookup::NotFound => Lookup::NotFound,
                Lookup::Owned(live) => Lookup::Owned(erased(live)?),
                Lookup::Unowned { live, why } => Lookup::Unowned { live: erased(live)?, why },
            })
        }
        .boxed()
    }

    fn create<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<AnyLive>> {
        async move {
            let wanted = typed(T::Definition::TYPE, "properties", wanted)?;
            erased(Resource::create(self, cx, &wanted).await?)
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
        async move {
            let live = typed_live(T::Definition::TYPE, live)?;
            let wanted = typed(T::Definition::TYPE, "properties", wanted)?;
            erased(Resource::update(self, cx, &live, &wanted, changed).await?)
        }
        .boxed()
    }

    fn delete<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, recorded: &'a Value) -> BoxFuture<'a, Result<()>> {
        async move {
            let recorded = typed(T::Definition::TYPE, "properties", recorded)?;
            Resource::delete(self, cx, id, &recorded).await
        }
        .boxed()
    }
}

/// The rules of a resource type for the change from one set of properties to another.
pub(crate) struct ResourceRules<'a> {
    /// The resource type.
    pub(crate) resource: &'a dyn AnyResource,
    /// Properties before the change; `null` if there is nothing.
    pub(crate) live: &'a Value,
    /// Properties after the change.
    pub(crate) wanted: &'a Value,
}

impl Rules for ResourceRules<'_> {
    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect {
        self.resource.change_effect_between(path, self.live, self.wanted)
    }

    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        self.resource.normalized(path, value)
    }
}

/// The resource types available to a run, by name.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Arc<dyn AnyResource>>);

impl Registry {
    /// Adds a resource type.
    pub fn add(&mut self, resource: impl AnyResource + 'static) {
        self.0.insert(resource.type_name(), Arc::new(resource));
    }

    /// Returns the type with this name.
    ///
    /// # Errors
    /// Fails if there is no such type, and lists the registered ones.
    pub fn get(&self, type_name: &str) -> Result<&Arc<dyn AnyResource>> {
        self.0.get(type_name).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().copied().collect();
            Error::local(format!("there is no resource type {type_name}; there are {}", known.join(", ")))
        })
    }

    /// Returns the names of all types.
    pub fn type_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }
}
