//! Resource types: typed for their authors, erased for the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::address::{Address, PhysicalId, PropertyPath};
use crate::apply::attempts::AttemptRecorder;
use crate::apply::lease::LeaseGuard;
use crate::error::{Error, Result};
use crate::event::{Event, EventSink, Replacement};
use crate::ports::{Clock, Random};
use crate::quota;
use crate::read_cache::ReadCache;

/// Whose resources these are. Every taggable resource carries this as tags, and what does not carry it is never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
}

/// What a resource operation gets besides its properties.
#[derive(Clone)]
pub struct Context {
    /// The resource's address.
    pub address: Address,
    /// Whose it is.
    pub owner: Arc<Ownership>,
    /// The idempotency token of this change: the same again when an interrupted run is resumed.
    pub token: Uuid,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Where progress is told.
    pub events: EventSink,
    /// What every call that changes something must pass; `None` where nothing is changed.
    pub lease_guard: Option<LeaseGuard>,
    /// Where it is told that the cloud has counted an attempt; `None` where nothing is changed.
    pub attempts: Option<AttemptRecorder>,
    /// Answers that other look-ups of the same observation share; `None` where only a fresh answer will do.
    pub cache: Option<Arc<ReadCache>>,
    /// Whether a read only has to tell that the thing is there and whose it is, because it is not wanted any more: its properties may be
    /// those of the hint.
    pub presence_only: bool,
}

impl Context {
    /// Returns the answer to `question`, which must name the operation and all of its input. While a run observes, each question is
    /// asked once, by whoever wants the answer first; a change asks for itself.
    ///
    /// # Errors
    /// What `ask` fails with; a failure is not kept.
    pub async fn cached<T, F>(&self, question: impl Into<String>, ask: impl FnOnce() -> F) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T>>,
    {
        match &self.cache {
            Some(cache) => cache.get_or_fetch(question.into(), ask).await,
            None => ask().await.map(Arc::new),
        }
    }

    /// Returns the ids and names of all resources of a type that this observation looks at, for types whose ids are names; `None` where
    /// only one is looked at.
    pub fn observed_names(&self, type_name: &str) -> Option<&BTreeSet<String>> {
        self.cache.as_ref()?.names(type_name)
    }

    /// Must be passed right before every call that changes something.
    ///
    /// # Errors
    /// [`ErrorClass::Interrupted`](crate::ErrorClass::Interrupted) if this run no longer holds the lease; then the call must not be made.
    pub async fn check_lease(&self) -> Result<()> {
        match &self.lease_guard {
            Some(gate) => gate.check().await,
            None => Ok(()),
        }
    }

    /// Tells that the cloud has counted an attempt to make one against the budget ([`Resource::QUOTA`]), whatever comes of it: the one
    /// with this token, which has made the thing with this id, as far as that is known. It is recorded as soon as it can be; what is
    /// told twice, or was made and is found again, is counted once.
    pub fn record_attempt(&self, token: &str, id: Option<&str>) {
        if let Some(attempts) = &self.attempts {
            let id = id.map(|id| quota::created_key(&PhysicalId(id.to_owned())));
            attempts.tell(&self.address, std::iter::once(format!("token {token}")).chain(id).collect());
        }
    }

    /// Tells what the change is doing or waiting for.
    pub fn progress(&self, message: impl Into<String>) {
        self.events.send(Event::Progress { address: self.address.clone(), message: message.into() });
    }
}

/// What a changed property means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeEffect {
    /// Can be changed in place.
    Update,
    /// Needs a new resource, for the reason given.
    Replace(&'static str),
    /// Cannot be changed by any call, for the reason given: it is told and recorded, and the resource stays as it is.
    RecordOnly(&'static str),
    /// Can be changed in place, but a part of the resource is removed and made again for it, for the reason given.
    Rebuild(&'static str),
    /// No change at all: it steers the deployer and is not a property of the real thing.
    Ignore,
}

/// Why a resource is not removed although nobody wants it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetainPolicy {
    /// It stays in the cloud and is only dropped from the record, for this reason.
    Forget(String),
    /// A plan that removes it is not carried out.
    Refuse {
        /// What it is.
        why: String,
        /// How it can be removed all the same.
        help: String,
    },
}

/// What a plan would do with a resource, for the type to refuse it beforehand.
#[derive(Debug, Clone, Copy)]
pub struct RuleInput<'a> {
    /// The properties wanted; leaves that are not known before the run are `null`.
    pub desired: &'a Value,
    /// The properties recorded, if it is.
    pub recorded: Option<&'a Value>,
    /// The properties that were read, if it exists and is ours.
    pub live: Option<&'a Value>,
}

/// A budget of the cloud's for making and removing things of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// What is counted, in the plural.
    pub what: &'static str,
    /// How many the cloud allows,
    pub limit: u32,
    /// in so many days.
    pub days: u32,
}

/// A resource as it really is.
#[derive(Debug, Clone)]
pub struct Live<P, O> {
    /// Its id.
    pub id: PhysicalId,
    /// Its properties in the shape of wanted ones, normalised so that equal means no change. What cannot be read back
    /// (a write-only setting) is taken from the hint.
    pub properties: P,
    /// Its outputs.
    pub outputs: O,
}

/// What looking for an unrecorded resource found.
#[derive(Debug, Clone)]
pub enum Lookup<L> {
    /// Nothing is there.
    NotFound,
    /// It exists and carries our ownership.
    Owned(L),
    /// The name is taken by something that is not ours.
    Unowned {
        /// Its properties, for showing what an adoption would change.
        live: L,
        /// How we know that it is not ours.
        why: String,
    },
}

/// Whose a thing is: what its tags say, or those of what it is a part of, as they are now. A record says only where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagOwner {
    /// This project and environment.
    Us,
    /// Nobody: the tags that would say so are missing; which, in words.
    Nobody(String),
    /// Somebody else: who, and how we know, in words that follow the thing's id.
    Other(String),
}

/// One resource type of the cloud.
///
/// An implementation makes calls and translates; it has no retry, no printing, no clock, and matches no error text.
pub trait Resource: Send + Sync + 'static {
    /// Wanted properties, complete: a default is a value here, not an absence.
    type Properties: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// What other resources may refer to.
    type Outputs: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// The type's name, `service.thing`.
    const TYPE: &'static str;
    /// How a replacement is ordered where the old and the new one have the same [`KEY`](Self::KEY).
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;
    /// The properties that together tell it from all others of its type (a name, and what it is unique in); no two exist with the same
    /// values. Two with other values exist side by side, so a replacement is created first then; and one that takes the values of
    /// another waits until that one has given them up. Empty where nothing but an id of the cloud's tells them apart, or where the
    /// cloud has no room for a second one.
    const KEY: &'static [&'static str] = &[];
    /// Whether AWS makes one thing of a create that is sent twice: by its name, or by its token. Where it does not, the time of the
    /// call is recorded durably before it is sent, and it is sent again only after it has been looked for during
    /// [`CREATE_VISIBILITY_TIMEOUT`](crate::CREATE_VISIBILITY_TIMEOUT).
    const CREATE_IS_IDEMPOTENT: bool = true;
    /// The property that names what it is a part of, and with which it goes, where it could be named the same when that is made anew.
    const PARENT: Option<&'static str> = None;

    /// Whether the cloud removes it in the call that removes what it is a part of, so that it needs no call of its own then.
    const DELETED_WITH_PARENT: bool = false;

    /// How long its creation takes, as far as is published or was measured: what others wait for longest is begun first.
    const CREATION_TIME: Duration = Duration::from_secs(1);

    /// The budget that every creation and every removal is counted against. A creation that may come to nothing after it was counted is
    /// told by [`Context::attempted`].
    const QUOTA: Option<Quota> = None;

    /// Whether its id is a name that others can give a thing of theirs: what has that name and no tags may be another's, and counts as
    /// such.
    const ID_IS_A_NAME: bool = false;

    /// Whether it holds what cannot be created again (data, a phone number): without tags that say that it is ours, it is neither deleted
    /// nor replaced.
    const HOLDS_DATA: bool = false;

    /// What a change of the property at `path` means.
    fn change_effect(path: &PropertyPath) -> ChangeEffect;

    /// What a change of the property at `path` from `live` to `wanted` means, where that depends on other properties too.
    fn change_effect_between(path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect {
        let _ = (live, wanted);
        Self::change_effect(path)
    }

    /// The properties it has while others still depend on what an update takes away (a grant): with everything that is added, and
    /// nothing taken away. `None` if the update takes nothing away that others may depend on. What is taken away goes in the last phase
    /// of the run.
    fn transition_properties(live: &Value, wanted: &Value) -> Option<Value> {
        let _ = (live, wanted);
        None
    }

    /// Why what is planned for it (creation, update, replacement) cannot be carried out, as far as its properties show that before the
    /// run. Such a plan is refused as a whole.
    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        let _ = proposal;
        None
    }

    /// The property at `path` in a form in which values that mean the same are equal, for one that is compared by what it means.
    fn normalized(path: &PropertyPath, value: &Value) -> Option<Value> {
        let _ = (path, value);
        None
    }

    /// Whether it is kept when it is not wanted any more, by its last wanted properties and by those that were read, if they were.
    fn retain_policy(properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        let _ = (properties, live);
        None
    }

    /// What its making brings forth that is told once and stored nowhere (a generated password), by its wanted properties: what it is,
    /// and what to do where it was not told, because the run that made it died.
    fn one_time_secret(properties: &Value) -> Option<&'static str> {
        let _ = properties;
        None
    }

    /// What its making needs and is not at hand (a secret value), by its wanted properties: it is not removed to be made anew then.
    fn missing_input(&self, wanted: &Value) -> Option<Error> {
        let _ = wanted;
        None
    }

    /// Outputs that follow from wanted properties alone (names, ARNs made of account, region and name), by output name.
    /// Leaves of `wanted` that are not known yet are `null`.
    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let _ = wanted;
        Map::new()
    }

    /// Reads the resource with this id; `None` if it does not exist (being deleted counts as not existing).
    /// `hint` is the recorded properties, or the wanted ones if there is no record. Makes no change.
    fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        hint: &Self::Properties,
    ) -> impl Future<Output = Result<Option<Live<Self::Properties, Self::Outputs>>>> + Send;

    /// Returns whose the thing is that was read or found. What has no tags of its own belongs to whoever has what it is a part of, and
    /// what is in another's belongs to them whatever its own tags say. Goes by `live`, which follows from what was read, and never by the
    /// record. Asks the cloud only for what it is a part of, and through [`Context::cached`]. Makes no change.
    fn owner(&self, cx: &Context, live: &Live<Self::Properties, Self::Outputs>) -> impl Future<Output = Result<TagOwner>> + Send;

    /// Looks for an unrecorded resource by deterministic name, our tags, token or marker. Makes no change.
    fn find(
        &self,
        cx: &Context,
        wanted: &Self::Properties,
    ) -> impl Future<Output = Result<Lookup<Live<Self::Properties, Self::Outputs>>>> + Send;

    /// Makes the resource and waits until others can use it. After a crash half-way, `find` finds what was made, and a
    /// following `update` completes it.
    fn create(
        &self,
        cx: &Context,
        wanted: &Self::Properties,
    ) -> impl Future<Output = Result<Live<Self::Properties, Self::Outputs>>> + Send;

    /// Changes the resource in place until it is as wanted; `changed` names the properties that differ from `live`.
    /// A second call after a crash half-way completes the first.
    fn update(
        &self,
        cx: &Context,
        live: &Live<Self::Properties, Self::Outputs>,
        wanted: &Self::Properties,
        changed: &[PropertyPath],
    ) -> impl Future<Output = Result<Live<Self::Properties, Self::Outputs>>> + Send;

    /// Removes the resource and waits until its name is free; done when it does not exist.
    fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &Self::Properties) -> impl Future<Output = Result<()>> + Send;
}

/// [`Live`] with types erased.
pub type AnyLive = Live<Value, Value>;

/// [`Resource`] with types erased: what the engine works with.
pub trait AnyResource: Send + Sync {
    /// See [`Resource::TYPE`].
    fn type_name(&self) -> &'static str;
    /// See [`Resource::REPLACEMENT`].
    fn replacement(&self) -> Replacement;
    /// See [`Resource::KEY`].
    fn key(&self) -> &'static [&'static str];
    /// See [`Resource::CREATE_IS_IDEMPOTENT`].
    fn create_is_idempotent(&self) -> bool;
    /// See [`Resource::PARENT`].
    fn parent(&self) -> Option<&'static str>;
    /// See [`Resource::DELETED_WITH_PARENT`].
    fn deleted_with_parent(&self) -> bool;
    /// See [`Resource::CREATION_TIME`].
    fn creation_time(&self) -> Duration;
    /// See [`Resource::QUOTA`].
    fn quota(&self) -> Option<Quota>;
    /// See [`Resource::ID_IS_A_NAME`].
    fn id_is_a_name(&self) -> bool;
    /// See [`Resource::HOLDS_DATA`].
    fn holds_data(&self) -> bool;
    /// See [`Resource::rule`].
    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect;
    /// See [`Resource::change_effect_between`].
    fn change_effect_between(&self, path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect;
    /// See [`Resource::meanwhile`].
    fn transition_properties(&self, live: &Value, wanted: &Value) -> Option<Value>;
    /// See [`Resource::refuse`].
    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error>;
    /// See [`Resource::meaning`].
    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value>;
    /// See [`Resource::keep`].
    fn retain_policy(&self, properties: &Value, live: Option<&Value>) -> Option<RetainPolicy>;
    /// See [`Resource::one_time_secret`].
    fn one_time_secret(&self, properties: &Value) -> Option<&'static str>;
    /// See [`Resource::lacks`].
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
        T::TYPE
    }

    fn replacement(&self) -> Replacement {
        T::REPLACEMENT
    }

    fn key(&self) -> &'static [&'static str] {
        T::KEY
    }

    fn create_is_idempotent(&self) -> bool {
        T::CREATE_IS_IDEMPOTENT
    }

    fn parent(&self) -> Option<&'static str> {
        T::PARENT
    }

    fn deleted_with_parent(&self) -> bool {
        T::DELETED_WITH_PARENT
    }

    fn creation_time(&self) -> Duration {
        T::CREATION_TIME
    }

    fn quota(&self) -> Option<Quota> {
        T::QUOTA
    }

    fn id_is_a_name(&self) -> bool {
        T::ID_IS_A_NAME
    }

    fn holds_data(&self) -> bool {
        T::HOLDS_DATA
    }

    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect {
        T::change_effect(path)
    }

    fn change_effect_between(&self, path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect {
        T::change_effect_between(path, live, wanted)
    }

    fn transition_properties(&self, live: &Value, wanted: &Value) -> Option<Value> {
        T::transition_properties(live, wanted)
    }

    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        Resource::plan_error(self, proposal)
    }

    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        T::normalized(path, value)
    }

    fn retain_policy(&self, properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        T::retain_policy(properties, live)
    }

    fn one_time_secret(&self, properties: &Value) -> Option<&'static str> {
        T::one_time_secret(properties)
    }

    fn missing_input(&self, wanted: &Value) -> Option<Error> {
        Resource::missing_input(self, wanted)
    }

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        Resource::predict(self, wanted)
    }

    fn read<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, hint: &'a Value) -> BoxFuture<'a, Result<Option<AnyLive>>> {
        async move {
            let hint = typed(T::TYPE, "properties", hint)?;
            Resource::read(self, cx, id, &hint).await?.map(erased).transpose()
        }
        .boxed()
    }

    fn owner<'a>(&'a self, cx: &'a Context, live: &'a AnyLive) -> BoxFuture<'a, Result<TagOwner>> {
        async move { Resource::owner(self, cx, &typed_live(T::TYPE, live)?).await }.boxed()
    }

    fn find<'a>(&'a self, cx: &'a Context, wanted: &'a Value) -> BoxFuture<'a, Result<Lookup<AnyLive>>> {
        async move {
            let wanted = typed(T::TYPE, "properties", wanted)?;
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
            let wanted = typed(T::TYPE, "properties", wanted)?;
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
            let live = typed_live(T::TYPE, live)?;
            let wanted = typed(T::TYPE, "properties", wanted)?;
            erased(Resource::update(self, cx, &live, &wanted, changed).await?)
        }
        .boxed()
    }

    fn delete<'a>(&'a self, cx: &'a Context, id: &'a PhysicalId, recorded: &'a Value) -> BoxFuture<'a, Result<()>> {
        async move {
            let recorded = typed(T::TYPE, "properties", recorded)?;
            Resource::delete(self, cx, id, &recorded).await
        }
        .boxed()
    }
}

/// The resource types a run can use, by name.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Arc<dyn AnyResource>>);

impl Registry {
    /// Adds a resource type.
    pub fn add(&mut self, resource: impl AnyResource + 'static) {
        self.0.insert(resource.type_name(), Arc::new(resource));
    }

    /// The type with this name; the error names the types there are.
    pub fn get(&self, type_name: &str) -> Result<&Arc<dyn AnyResource>> {
        self.0.get(type_name).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().copied().collect();
            Error::local(format!("there is no resource type {type_name}; there are {}", known.join(", ")))
        })
    }

    /// Every type's name.
    pub fn type_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }
}
