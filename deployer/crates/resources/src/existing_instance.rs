//! An existing Connect instance that an environment uses without managing it, and the names of what is in it.

use std::collections::BTreeMap;

/// The resources of an instance that can be referred to by name. The words are those of a spec's sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceSection {
    /// Hours of operation.
    Hours,
    /// Queues of the type STANDARD.
    Queues,
    /// Routing profiles.
    RoutingProfiles,
    /// Security profiles.
    SecurityProfiles,
    /// Users.
    Users,
    /// Prompts.
    Prompts,
    /// Flow modules.
    Modules,
    /// Flows.
    Flows,
    /// Views.
    Views,
    /// Associated aliases of Lex V2 bots, by their ARNs.
    Bots,
}

impl InstanceSection {
    /// All sections, each with its word, the name of the resource type and the noun for one resource.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 10] = [
        (Self::Hours, "hours", "connect.hours_of_operation", "hours of operation"),
        (Self::Queues, "queues", "connect.queue", "queue"),
        (Self::RoutingProfiles, "routing_profiles", "connect.routing_profile", "routing profile"),
        (Self::SecurityProfiles, "security_profiles", "connect.security_profile", "security profile"),
        (Self::Users, "users", "connect.user", "user"),
        (Self::Prompts, "prompts", "connect.prompt", "prompt"),
        (Self::Modules, "modules", "connect.module", "flow module"),
        (Self::Flows, "flows", "connect.contact_flow", "flow"),
        (Self::Views, "views", "connect.view", "view"),
        (Self::Bots, "bots", "connect.bot", "bot"),
    ];

    /// Returns the section with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, ..)| *known == word).map(|(section, ..)| *section)
    }

    /// Returns the section of resources of this type.
    pub fn from_type(type_name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, _, known, _)| *known == type_name).map(|(section, ..)| *section)
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        let row = Self::ALL.iter().find(|(section, ..)| *section == self);
        row.map_or(("", "", ""), |(_, word, type_name, noun)| (word, type_name, noun))
    }

    /// Returns the word of the section.
    pub fn word(self) -> &'static str {
        self.row().0
    }

    /// Returns the name of the resource type.
    pub fn type_name(self) -> &'static str {
        self.row().1
    }

    /// Returns the noun for one of its resources.
    pub fn noun(self) -> &'static str {
        self.row().2
    }
}

/// A resource in an existing instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedInInstance {
    /// Its ID.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its name in Connect.
    pub name: String,
}

/// An existing instance, as it was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingInstance {
    /// Its ID.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its alias; empty if it has none.
    pub alias: String,
    /// What was listed of it, by section; a section that nothing refers to is missing.
    pub names: BTreeMap<InstanceSection, Vec<NamedInInstance>>,
}
