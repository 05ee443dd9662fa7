//! Quick connects, security profiles and the agent hierarchy of a spec.

use std::collections::BTreeMap;

use deployer_resources::{
    ConnectContactFlow, ConnectHierarchyGroup, ConnectQueue, ConnectQuickConnect, ConnectSecurityProfile, ConnectUser, Handle,
    Id, Prop,
};
use deployer_spec::{Connect, SecurityProfile, TransferTo as Declared, UserHierarchy};

use crate::constructs::connect::Instance;
use crate::constructs::contact_center::NamedResource;
use crate::constructs::transfer::{QuickConnectProps, SecurityProfileProps, TransferTo, VocabularyProps};

/// Returns the resource with this key, or else the built-in one with this name.
pub(super) fn named<R: Clone>(known: &BTreeMap<&str, NamedResource<R>>, written: &str) -> NamedResource<R> {
    known.get(written).cloned().unwrap_or_else(|| NamedResource::built_in(written))
}

/// What users refer to: security profiles and groups of the agent hierarchy.
pub(super) struct People<'s> {
    profiles: BTreeMap<&'s str, NamedResource<ConnectSecurityProfile>>,
    groups: BTreeMap<&'s str, Handle<ConnectHierarchyGroup>>,
}

impl<'s> People<'s> {
    /// Declares them in the stack.
    pub(super) fn declare(instance: &Instance, declared: &'s Connect) -> Self {
        let profile = |(key, profile): (&'s deployer_spec::Name, &'s SecurityProfile)| {
            let props = SecurityProfileProps {
                name: profile.name.clone(),
                description: profile.description.clone(),
                permissions: profile.permissions.iter().cloned().collect(),
                visible_tags: profile.visible_tags.clone(),
                tag_restricted: profile.tag_restricted.iter().cloned().collect(),
            };
            (key.as_str(), instance.security_profile(key.as_str(), props))
        };
        let profiles = declared.security_profiles.iter().map(profile).collect();
        let groups = declared.user_hierarchy.as_ref().map(|hierarchy| groups(instance, hierarchy)).unwrap_or_default();
        Self { profiles, groups }
    }

    /// Returns the security profile with this key, or else the existing one with this name.
    pub(super) fn profile(&self, written: &str) -> NamedResource<ConnectSecurityProfile> {
        named(&self.profiles, written)
    }

    /// Returns the group with this key.
    pub(super) fn group(&self, key: &str) -> Option<Handle<ConnectHierarchyGroup>> {
        self.groups.get(key).cloned()
    }
}

/// Declares the levels and the groups, those above before those below.
fn groups<'s>(instance: &Instance, hierarchy: &'s UserHierarchy) -> BTreeMap<&'s str, Handle<ConnectHierarchyGroup>> {
    let structure = instance.hierarchy(hierarchy.levels.clone());
    let mut made: BTreeMap<&str, Handle<ConnectHierarchyGroup>> = BTreeMap::new();
    // The checks of the spec exclude cycles, so each round declares at least one.
    for _ in 0..hierarchy.groups.len() {
        for (key, group) in &hierarchy.groups {
            let parent = group.parent.as_ref().map(|parent| made.get(parent.as_str()).cloned());
            if made.contains_key(key.as_str()) || matches!(parent, Some(None)) {
                continue;
            }
            let group = instance.hierarchy_group(key.as_str(), group.name.clone(), parent.flatten().as_ref(), &structure);
            made.insert(key.as_str(), group);
        }
    }
    made
}

/// Declares the quick connects, and offers them in the queues that name them. `flow` and `user` return the IDs of what is declared, or
/// else of what the existing instance has.
pub(super) fn quick_connects(
    instance: &Instance,
    declared: &Connect,
    queues: &BTreeMap<&str, NamedResource<ConnectQueue>>,
    flow: impl Fn(&str) -> Prop<Id<ConnectContactFlow>>,
    user: impl Fn(&str) -> Prop<Id<ConnectUser>>,
) {
    let mut made: BTreeMap<&str, NamedResource<ConnectQuickConnect>> = BTreeMap::new();
    for (key, quick_connect) in &declared.quick_connects {
        let flow = quick_connect.flow.as_ref().map(|name| flow(name.as_str()));
        let to = match &quick_connect.to {
            Declared::PhoneNumber(number) => TransferTo::PhoneNumber(number.clone()),
            Declared::Queue(queue) => TransferTo::Queue(named(queues, queue), flow),
            Declared::User(name) => TransferTo::User(user(name.as_str()), flow),
        };
        let props = QuickConnectProps { name: quick_connect.name.clone(), description: quick_connect.description.clone(), to };
        made.insert(key.as_str(), instance.quick_connect(key.as_str(), props));
    }
    for (key, queue) in declared.queues.iter().filter(|(_, queue)| !queue.quick_connects.is_empty()) {
        if let Some(handle) = queues.get(key.as_str()).and_then(NamedResource::handle) {
            instance.offer(key.as_str(), handle, queue.quick_connects.iter().map(|name| &made[name.as_str()]));
        }
    }
}

/// Declares the vocabularies.
pub(super) fn vocabularies(instance: &Instance, declared: &Connect) {
    for (key, vocabulary) in &declared.vocabularies {
        let props = VocabularyProps {
            name: vocabulary.name.clone(),
            language: vocabulary.language.as_str().to_owned(),
            phrases: vocabulary.phrases.clone(),
            default: vocabulary.default,
        };
        instance.vocabulary(key.as_str(), &props);
    }
}
