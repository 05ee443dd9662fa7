//! What agents see of each other: quick connects, security profiles and the agent hierarchy; and vocabularies of Contact Lens.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::Address;
use deployer_resources::{
    ConnectContactFlow, ConnectDefaultVocabulary, ConnectDefaultVocabularyProperties, ConnectHierarchyGroup,
    ConnectHierarchyGroupProperties, ConnectHierarchyStructure, ConnectHierarchyStructureProperties, ConnectQueue,
    ConnectQueueQuickConnects, ConnectQueueQuickConnectsProperties, ConnectQuickConnect, ConnectQuickConnectProperties,
    ConnectSecurityProfile, ConnectSecurityProfileProperties, ConnectUser, ConnectVocabulary, ConnectVocabularyProperties,
    Declared, Destination, Handle, Id, Prop, Tags,
};

use sha2::{Digest, Sha256};

use crate::constructs::connect::Instance;
use crate::constructs::contact_center::NamedResource;

/// The destination of a quick connect.
#[derive(Debug, Clone)]
pub enum TransferTo {
    /// A number in E.164 format.
    PhoneNumber(String),
    /// A queue, by the flow; by the default flow of the instance if absent.
    Queue(NamedResource<ConnectQueue>, Option<Prop<Id<ConnectContactFlow>>>),
    /// A user, by the flow; by the default flow of the instance if absent.
    User(Prop<Id<ConnectUser>>, Option<Prop<Id<ConnectContactFlow>>>),
}

/// Properties of a quick connect.
#[derive(Debug, Clone)]
pub struct QuickConnectProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The destination.
    pub to: TransferTo,
}

/// Properties of a security profile.
#[derive(Debug, Clone)]
pub struct SecurityProfileProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The names of the permissions.
    pub permissions: BTreeSet<String>,
    /// The tags by which the users see resources.
    pub visible_tags: Tags,
    /// The kinds of resources that `visible_tags` applies to.
    pub tag_restricted: BTreeSet<String>,
}

/// Properties of a vocabulary.
#[derive(Debug, Clone)]
pub struct VocabularyProps {
    /// The beginning of its name; a digest of the content follows.
    pub name: String,
    /// The language, such as `en-US`.
    pub language: String,
    /// The words: each phrase, with hyphens for spaces, and how it is displayed, if otherwise.
    pub phrases: BTreeMap<String, String>,
    /// Whether Contact Lens uses it for its language.
    pub default: bool,
}

impl VocabularyProps {
    /// Returns the table of phrases (Transcribe developer guide, "Creating a custom vocabulary using a table"). Columns for pronunciation
    /// stay empty.
    fn content(&self) -> String {
        let rows = self.phrases.iter().map(|(phrase, display)| format!("{phrase}\t\t\t{display}\n"));
        std::iter::once("Phrase\tIPA\tSoundsLike\tDisplayAs\n".to_owned()).chain(rows).collect()
    }
}

impl Instance {
    /// Adds a vocabulary. It cannot be changed, and its deletion takes long: so its name has a digest of its content, and a changed one is
    /// created beside the old one, which is deleted afterwards.
    pub fn vocabulary(&self, key: &str, props: &VocabularyProps) -> Handle<ConnectVocabulary> {
        let address = Address::new("vocabulary", key);
        let content = props.content();
        let digest = hex::encode(Sha256::digest(format!("{}\n{content}", props.language)));
        let properties = ConnectVocabularyProperties {
            instance_id: self.id(),
            name: format!("{}-{}", props.name, &digest[..8]),
            language: props.language.clone(),
            content,
            creation_failed: false,
            tags: self.tags_of(&address),
        };
        let vocabulary: Handle<ConnectVocabulary> = self.stack.add(address, &properties, []);
        if props.default {
            let (language, vocabulary_id) = (props.language.clone(), vocabulary.id());
            let properties = ConnectDefaultVocabularyProperties { instance_id: self.id(), language, vocabulary_id };
            let address = Address::new("default_vocabulary", &props.language.to_lowercase());
            self.stack.add::<ConnectDefaultVocabulary>(address, &properties, []);
        }
        vocabulary
    }

    /// Adds a quick connect.
    pub fn quick_connect(&self, key: &str, props: QuickConnectProps) -> NamedResource<ConnectQuickConnect> {
        let address = Address::new("quick_connect", key);
        let (destination, after): (Destination<Declared>, _) = match props.to {
            TransferTo::PhoneNumber(number) => (Destination::PhoneNumber(number), None),
            TransferTo::Queue(queue, flow_id) => {
                (Destination::Queue { queue: queue.name().to_owned(), flow_id }, queue.address())
            }
            TransferTo::User(user_id, flow_id) => (Destination::User { user_id, flow_id }, None),
        };
        let properties = ConnectQuickConnectProperties {
            instance_id: self.id(),
            name: props.name.clone(),
            description: props.description,
            destination,
            tags: self.tags_of(&address),
        };
        self.named(address, props.name, &properties, after)
    }

    /// Offers the quick connects to agents with a contact of this queue.
    pub fn offer<'q>(
        &self,
        key: &str,
        queue: &Handle<ConnectQueue>,
        quick_connects: impl IntoIterator<Item = &'q NamedResource<ConnectQuickConnect>>,
    ) {
        let by_name = quick_connects.into_iter().filter_map(|one| Some((one.name().to_owned(), one.handle()?.id())));
        let quick_connects: BTreeMap<_, _> = by_name.collect();
        let properties = ConnectQueueQuickConnectsProperties { instance_id: self.id(), queue_id: queue.id(), quick_connects };
        self.stack.add::<ConnectQueueQuickConnects>(Address::new("queue_quick_connects", key), &properties, []);
    }

    /// Adds a security profile.
    pub fn security_profile(&self, key: &str, props: SecurityProfileProps) -> NamedResource<ConnectSecurityProfile> {
        let address = Address::new("security_profile", key);
        let properties = ConnectSecurityProfileProperties {
            instance_id: self.id(),
            name: props.name.clone(),
            description: props.description,
            permissions: props.permissions,
            visible_tags: props.visible_tags,
            tag_restricted: props.tag_restricted,
            tags: self.tags_of(&address),
        };
        self.named(address, props.name, &properties, [])
    }

    /// Sets the levels of the agent hierarchy, from the first.
    pub fn hierarchy(&self, levels: Vec<String>) -> Handle<ConnectHierarchyStructure> {
        let properties = ConnectHierarchyStructureProperties { instance_id: self.id(), levels };
        self.stack.add(Address::new("hierarchy", "main"), &properties, [])
    }

    /// Adds a group of the agent hierarchy, on the level below its parent's, or on the first. `structure` has its level.
    pub fn hierarchy_group(
        &self,
        key: &str,
        name: String,
        parent: Option<&Handle<ConnectHierarchyGroup>>,
        structure: &Handle<ConnectHierarchyStructure>,
    ) -> Handle<ConnectHierarchyGroup> {
        let address = Address::new("hierarchy_group", key);
        let properties = ConnectHierarchyGroupProperties {
            instance_id: self.id(),
            name,
            parent_id: parent.map(|group| group.id()),
            tags: self.tags_of(&address),
        };
        self.stack.add(address, &properties, [structure.address().clone()])
    }
}
