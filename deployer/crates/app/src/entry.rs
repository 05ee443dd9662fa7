//! Entries of the spec that constructs declare.

use std::panic::Location as Caller;

use deployer_engine::Address;
use deployer_stack::assembly::Location;
use serde_json::{Value, json};

use crate::stack::Stack;

/// An entry of the stack's spec, such as `functions.convert`. Every construct has one.
#[derive(Debug, Clone)]
pub struct Entry {
    stack: Stack,
    path: Vec<String>,
}

impl Entry {
    /// Declares an entry; reports it if there is one already.
    pub(crate) fn declare(stack: &Stack, kind: &str, path: &[&str], value: Value, caller: &Caller<'_>) -> Self {
        let entry = Self { stack: stack.clone(), path: path.iter().map(|step| (*step).to_owned()).collect() };
        let (location, joined) = (stack.location(caller), entry.path.join("."));
        stack.construct(entry.key(), kind, &joined, &location);
        match stack.position(&joined) {
            Some(earlier) => stack.twice(&joined, &earlier, location),
            None => stack.change(&entry.path, &location, |slot| *slot = value),
        }
        entry
    }

    /// Returns the same entry, for what is added below `name` in the tree of constructs.
    pub(crate) fn within(&self, name: &str, caller: &Caller<'_>) -> Self {
        Self { stack: self.stack.within(name, caller), path: self.path.clone() }
    }

    /// Returns the stack.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Returns the key of the entry.
    pub fn key(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Returns the path in the spec, such as `functions.convert`.
    pub fn path(&self) -> String {
        self.path.join(".")
    }

    pub(crate) fn change(&self, keys: &[&str], location: &Location, change: impl FnOnce(&mut Value)) {
        let path: Vec<String> = self.path.iter().cloned().chain(keys.iter().map(|key| (*key).to_owned())).collect();
        self.stack.change(&path, location, change);
    }

    pub(crate) fn put(&self, keys: &[&str], value: impl Into<Value>, caller: &Caller<'_>) {
        let value = value.into();
        self.change(keys, &self.stack.location(caller), |slot| *slot = value);
    }

    /// Adds an element to a list, unless it is in it.
    pub(crate) fn push(&self, keys: &[&str], value: impl Into<Value>, caller: &Caller<'_>) {
        let value = value.into();
        self.change(keys, &self.stack.location(caller), |slot| match slot {
            Value::Array(items) if items.contains(&value) => {}
            Value::Array(items) => items.push(value),
            _ => *slot = json!([value]),
        });
    }

    fn lifecycle(&self) -> Self {
        Self { stack: self.stack.clone(), path: vec!["lifecycle".to_owned(), self.path()] }
    }

    /// Returns the address of the resource that the entry is named for.
    pub fn address(&self) -> Address {
        deployer_stack::address_of(&self.path()).unwrap_or_else(|| Address::new("entry", self.key()))
    }
}

/// What every construct can do: escape hatches and the lifecycle of its resources.
///
/// ```
/// use deployer_app::{App, Construct, KeyType, Request, Table};
///
/// let app = App::new(Request::embedded("shop", "dev"));
/// let numbers = Table::keyed_by(app.stack(), "numbers", "id");
/// numbers.retain().ignore_changes("tags.team");
/// // A key of the spec for which there is no method, and a property of the resource.
/// numbers.set("encryption", "aws-managed");
/// numbers.override_property("tags.owner", "voice team");
/// # app.graph().unwrap();
/// ```
pub trait Construct: Sized {
    /// Returns the entry of the spec that the construct declares.
    fn entry(&self) -> &Entry;

    /// Sets a key of the entry, as it would be written in YAML. Keys below it follow after dots.
    #[track_caller]
    fn set(&self, key: &str, value: impl Into<Value>) -> &Self {
        self.entry().put(&key.split('.').collect::<Vec<_>>(), value, Caller::caller());
        self
    }

    /// Sets a property of the construct's main resource, as [`Stack::override_property`] does.
    #[track_caller]
    fn override_property(&self, path: &str, value: impl Into<Value>) -> &Self {
        self.entry().stack.override_property(self.entry().address(), path, value);
        self
    }

    /// Leaves the resources in the cloud when they leave the stack or everything is destroyed.
    #[track_caller]
    fn retain(&self) -> &Self {
        self.entry().lifecycle().put(&["retain"], true, Caller::caller());
        self
    }

    /// Refuses plans that delete or replace the resources.
    #[track_caller]
    fn protect(&self) -> &Self {
        self.entry().lifecycle().put(&["protect"], true, Caller::caller());
        self
    }

    /// Leaves a property as others change it, by the name that plans show.
    #[track_caller]
    fn ignore_changes(&self, property: &str) -> &Self {
        self.entry().lifecycle().push(&["ignore_changes"], property, Caller::caller());
        self
    }

    /// Says which key the entry had before: its resources move to the new key and keep their names in AWS.
    #[track_caller]
    fn renamed_from(&self, key: &str) -> &Self {
        self.entry().lifecycle().push(&["renamed_from"], key, Caller::caller());
        self
    }
}

/// Implements [`Construct`] for types with a field `entry`.
macro_rules! construct {
    ($($type:ident),+) => {$(
        impl $crate::entry::Construct for $type {
            fn entry(&self) -> &$crate::entry::Entry {
                &self.entry
            }
        }
    )+};
}

/// Defines methods that set a key of the entry and return the construct.
macro_rules! keys {
    ($($(#[$doc:meta])* $method:ident($type:ty) => $key:literal;)+) => {$(
        $(#[$doc])*
        #[track_caller]
        #[must_use = "it returns the construct"]
        pub fn $method(self, value: $type) -> Self {
            self.entry.put(&[$key], value, std::panic::Location::caller());
            self
        }
    )+};
}

pub(crate) use {construct, keys};
