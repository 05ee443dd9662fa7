//! The settings of a stack, and the names, ARNs and tags that follow from them.

use std::collections::BTreeMap;

use deployer_engine::Address;
use deployer_resources::Tags;

/// Settings shared by all resources of a stack.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The project; prefix of every name.
    pub project: String,
    /// The environment; follows the project in every name.
    pub environment: String,
    /// The account ID.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Tags of every resource besides the ownership tags.
    pub tags: Tags,
    /// The first keys of entries that were renamed, by entry, such as `functions.convert`: names in AWS follow from them.
    pub first_keys: BTreeMap<String, String>,
}

impl Settings {
    /// Returns settings without additional tags.
    pub fn new(project: &str, environment: &str, account: &str, region: &str) -> Self {
        Self {
            project: project.to_owned(),
            environment: environment.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            tags: BTreeMap::new(),
            first_keys: BTreeMap::new(),
        }
    }

    /// Returns `project-environment-name`, the name in AWS of the stack's resource `name`.
    pub fn name(&self, name: &str) -> String {
        format!("{}-{}-{name}", self.project, self.environment)
    }

    /// Returns the key under which the entry of this section was first declared.
    pub(crate) fn first_key<'s>(&'s self, section: &str, key: &'s str) -> &'s str {
        self.first_keys.get(&format!("{section}.{key}")).map_or(key, String::as_str)
    }

    /// Returns `project-environment-key`, the name in AWS of an entry of this section, with the key under which it was first declared.
    pub(crate) fn name_of(&self, section: &str, key: &str) -> String {
        self.name(self.first_key(section, key))
    }

    /// Returns `project-environment`, the name in AWS of a resource that exists once per environment.
    pub fn base_name(&self) -> String {
        format!("{}-{}", self.project, self.environment)
    }

    /// Returns `arn:aws:service:region:account:rest`.
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.account)
    }

    /// Returns the tags of the resource at `address`: the stack's own and the ownership tags.
    pub fn tags_of(&self, address: &Address) -> Tags {
        let mut tags = self.tags.clone();
        tags.extend(self.ownership_tags(address));
        tags
    }

    /// Returns only the ownership tags of the resource at `address`, for resources with room for no more.
    pub(crate) fn ownership_tags(&self, address: &Address) -> Tags {
        BTreeMap::from([
            ("deployer:project".to_owned(), self.project.clone()),
            ("deployer:environment".to_owned(), self.environment.clone()),
            ("deployer:address".to_owned(), address.to_string()),
        ])
    }
}
