//! The stack: its settings and the resources added so far.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use deployer_engine::{Address, Graph};
use deployer_resources::{Declare, Handle, Tags, declare};

use crate::constructs::function::FunctionBuilder;

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
        }
    }

    /// Returns `project-environment-name`, the name in AWS of the stack's resource `name`.
    pub fn name(&self, name: &str) -> String {
        format!("{}-{}-{name}", self.project, self.environment)
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
    pub(crate) fn tags_of(&self, address: &Address) -> Tags {
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

/// A stack under construction. A clone is another handle to the same stack.
#[derive(Debug, Clone)]
pub struct Stack {
    settings: Rc<Settings>,
    inner: Rc<RefCell<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    graph: Graph,
    functions: BTreeMap<String, FunctionBuilder>,
}

impl Stack {
    /// Returns an empty stack.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Rc::new(settings), inner: Rc::default() }
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Adds a resource that no construct covers, or replaces the one at this address.
    pub fn add<R: Declare>(
        &self,
        address: Address,
        properties: &R::Declared,
        after: impl IntoIterator<Item = Address>,
    ) -> Handle<R> {
        declare(&mut self.inner.borrow_mut().graph, address, properties, after)
    }

    /// Records that AWS creates the resource at `address`, which has been added, whether or not the one at `dependency` exists.
    pub fn mark_unchecked(&self, address: &Address, dependency: Address) {
        self.inner.borrow_mut().graph.mark_unchecked(address, dependency);
    }

    /// Changes the collected parts of a function.
    pub(crate) fn update_function<T>(&self, function: &str, change: impl FnOnce(&mut FunctionBuilder) -> T) -> T {
        change(self.inner.borrow_mut().functions.entry(function.to_owned()).or_default())
    }

    /// Returns the graph of all resources added. Functions' roles are written only now, with all their grants.
    pub fn synthesize(&self) -> Graph {
        let drafts = self.inner.borrow().functions.clone();
        let mut graph = self.inner.borrow().graph.clone();
        for (name, draft) in drafts {
            draft.write(&name, &self.settings, &mut graph);
        }
        graph
    }
}
