//! An in-memory provider: a few resource types, with all calls counted, faults injected on demand, and the order of calls checked strictly.

#![allow(unreachable_pub, clippy::result_large_err)]

pub mod named;
mod ports;
pub mod sample;
mod types;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use deployer_engine::{Address, Context, Error, ErrorClass, Ownership, PhysicalId, Result};
use serde_json::Value;
use tokio::sync::Notify;

pub use ports::{Memory, engine, engine_with};
pub use types::registry;

/// The ownership of a resource, as its tags state it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    pub project: String,
    pub environment: String,
    pub address: Address,
}

impl Tags {
    pub fn belongs_to(&self, owner: &Ownership) -> bool {
        (&self.project, &self.environment) == (&owner.project, &owner.environment)
    }

    /// Whether these are the tags of the resource of `cx`, under its present or its former address.
    pub fn name(&self, cx: &Context) -> bool {
        self.belongs_to(&cx.owner) && (self.address == cx.address || cx.former_addresses.contains(&self.address))
    }
}

/// An existing resource.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredResource {
    pub type_name: &'static str,
    pub properties: Value,
    pub tags: Option<Tags>,
}

/// A fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process dies before the request is sent.
    CrashBefore,
    /// The process dies after the effect, before it receives the response.
    CrashAfter,
    /// The effect happens, the response is lost.
    LostAnswer,
    /// The request is lost, and the caller cannot tell.
    LostRequest,
    /// The service throttles the call.
    Throttle,
    /// The service permanently refuses the call.
    Refuse,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub operation: String,
    pub address: String,
    pub mutates: bool,
}

#[derive(Default)]
pub struct World {
    pub things: BTreeMap<String, StoredResource>,
    pub calls: Vec<Call>,
    pub violations: Vec<String>,
    next: u64,
    faults: BTreeMap<usize, Fault>,
    refused: Option<&'static str>,
    hang: Option<&'static str>,
    hooks: BTreeMap<usize, Box<dyn FnOnce() + Send>>,
    on_hang: Option<Box<dyn FnOnce() + Send>>,
    slowness: std::time::Duration,
    /// Maximum number of named resources.
    pub room: Option<usize>,
}

/// The provider. All clones share one state.
#[derive(Clone, Default)]
pub struct Cloud {
    world: Arc<Mutex<World>>,
    crash: Arc<Notify>,
}

impl Cloud {
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Injects `fault` at call number `at`, counted from now.
    pub fn arm(&self, at: usize, fault: Fault) {
        let mut world = self.world();
        let now = world.calls.len();
        world.faults.insert(now + at, fault);
    }

    pub fn disarm(&self) {
        let mut world = self.world();
        world.faults.clear();
        (world.refused, world.hang) = (None, None);
        world.hooks.clear();
    }

    /// Permanently refuses every call of this operation.
    pub fn refuse(&self, operation: &'static str) {
        self.world().refused = Some(operation);
    }

    /// Runs `hook` just before call number `at`, counted from now, has its effect.
    pub fn at_call(&self, at: usize, hook: impl FnOnce() + Send + 'static) {
        let mut world = self.world();
        let now = world.calls.len();
        world.hooks.insert(now + at, Box::new(hook));
    }

    /// Makes this operation hang for ever, after `hook`.
    pub fn arm_hang(&self, operation: &'static str, hook: impl FnOnce() + Send + 'static) {
        let mut world = self.world();
        world.hang = Some(operation);
        world.on_hang = Some(Box::new(hook));
    }

    /// Makes every call take longer by this duration.
    pub fn slow_down(&self, by: std::time::Duration) {
        self.world().slowness = by;
    }

    /// Runs `run` until it ends or its process dies; `None` if it died.
    pub async fn live<T>(&self, run: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = run => Some(done),
            () = self.crash.notified() => None,
        }
    }

    /// Performs one call: counts it, injects a fault if one is armed, and applies the effect otherwise.
    pub async fn call<T>(&self, call: Call, effect: impl FnOnce(&mut World) -> Result<T>) -> Result<T> {
        // Calls take time, so that several are in flight at once.
        let slowness = self.world().slowness;
        tokio::time::sleep(std::time::Duration::from_millis(7) + slowness).await;
        let hangs = {
            let mut world = self.world();
            let at = world.calls.len();
            if let Some(hook) = world.hooks.remove(&at) {
                hook();
            }
            let hangs = world.hang == Some(call.operation.as_str());
            if hangs && let Some(hook) = world.on_hang.take() {
                hook();
            }
            hangs
        };
        if hangs {
            return std::future::pending().await;
        }
        let (fault, operation) = {
            let mut world = self.world();
            let at = world.calls.len();
            let operation = call.operation.clone();
            world.calls.push(call);
            let refused = (world.refused == Some(operation.as_str())).then_some(Fault::Refuse);
            (world.faults.remove(&at).or(refused), operation)
        };
        let fail = |class, message: &str| {
            let mut error = Error::new(class, message);
            error.operation = Some(operation.clone());
            Err(error)
        };
        match fault {
            None => effect(&mut self.world()),
            Some(Fault::CrashBefore) => self.die().await,
            Some(Fault::CrashAfter) => {
                let _ = effect(&mut self.world());
                self.die().await
            }
            Some(Fault::LostAnswer) => {
                let _ = effect(&mut self.world());
                fail(ErrorClass::UnknownOutcome, "the answer was lost")
            }
            Some(Fault::LostRequest) => fail(ErrorClass::UnknownOutcome, "the request was lost"),
            Some(Fault::Throttle) => fail(ErrorClass::Throttled, "too many requests"),
            Some(Fault::Refuse) => fail(ErrorClass::Denied, "not allowed"),
        }
    }

    async fn die<T>(&self) -> Result<T> {
        self.crash.notify_one();
        std::future::pending().await
    }

    pub fn mutations(&self) -> usize {
        self.world().calls.iter().filter(|call| call.mutates).count()
    }

    /// Returns the type and address of every owned resource, including duplicates.
    pub fn ours(&self) -> Vec<(String, String)> {
        let world = self.world();
        let ours = world
            .things
            .values()
            .filter_map(|thing| Some((thing.type_name.to_owned(), thing.tags.as_ref()?.address.to_string())));
        let mut ours: Vec<_> = ours.collect();
        ours.sort();
        ours
    }
}

impl World {
    pub fn fresh_id(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}-{}", self.next)
    }

    pub fn insert(
        &mut self,
        id: &str,
        type_name: &'static str,
        properties: Value,
        owner: &Ownership,
        address: &Address,
    ) -> Result<()> {
        if self.things.contains_key(id) {
            return Err(Error::new(ErrorClass::AlreadyExists, format!("{id} exists")));
        }
        let tags = Tags { project: owner.project.clone(), environment: owner.environment.clone(), address: address.clone() };
        self.things.insert(id.to_owned(), StoredResource { type_name, properties, tags: Some(tags) });
        Ok(())
    }

    /// Removes a resource; if another one still uses it, records a violation of the order.
    pub fn remove(&mut self, id: &PhysicalId) -> Result<()> {
        let Some(thing) = self.things.get(id.as_str()) else { return Ok(()) };
        if thing.tags.is_none() {
            self.violations.push(format!("{id} is not ours and was removed"));
        }
        let uses = |thing: &StoredResource| {
            let map = thing.properties.as_object();
            map.is_some_and(|map| map.values().any(|value| value.as_str() == Some(id.as_str())))
        };
        let users: Vec<String> = self
            .things
            .iter()
            .filter(|(user, thing)| user.as_str() != id.as_str() && uses(thing))
            .map(|(user, _)| user.clone())
            .collect();
        if !users.is_empty() {
            self.violations.push(format!("{id} was removed while {users:?} used it"));
            return Err(Error::new(ErrorClass::Invalid, format!("{id} is in use")));
        }
        self.things.remove(id.as_str());
        Ok(())
    }

    /// Checks that a referenced resource exists.
    pub fn require(&mut self, user: &Address, id: &str) -> Result<()> {
        if self.things.contains_key(id) {
            return Ok(());
        }
        self.violations.push(format!("{user} was made before {id}"));
        Err(Error::new(ErrorClass::Invalid, format!("{id} does not exist")))
    }

    /// Returns the resources of a type with the tags of the resource of `cx`.
    pub fn tagged(&self, type_name: &str, cx: &Context) -> Vec<(String, StoredResource)> {
        let ours = |thing: &StoredResource| thing.tags.as_ref().is_some_and(|tags| tags.name(cx));
        let matching = self.things.iter().filter(|(_, thing)| thing.type_name == type_name && ours(thing));
        matching.map(|(id, thing)| (id.clone(), thing.clone())).collect()
    }
}
