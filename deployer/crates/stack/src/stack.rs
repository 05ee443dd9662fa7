//! The stack: settings that hold for all of it, and the resources added so far.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use deployer_engine::{Address, Expr, Graph};
use serde_json::{Value, json};

use crate::constructs::function::FunctionBuilder;

/// What holds for every resource of a stack.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The project; every name starts with it.
    pub project: String,
    /// The environment; it follows the project in every name.
    pub environment: String,
    /// The account's id.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Tags of every resource besides the ones that say whose it is.
    pub tags: BTreeMap<String, String>,
}

impl Settings {
    /// Settings without further tags.
    pub fn new(project: &str, environment: &str, account: &str, region: &str) -> Self {
        Self {
            project: project.to_owned(),
            environment: environment.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            tags: BTreeMap::new(),
        }
    }

    /// `project-environment-name`: the name in AWS of what the stack calls `name`.
    pub fn name(&self, name: &str) -> String {
        format!("{}-{}-{name}", self.project, self.environment)
    }

    /// `project-environment`: the name in AWS of what there is one of.
    pub fn base_name(&self) -> String {
        format!("{}-{}", self.project, self.environment)
    }

    /// `arn:aws:service:region:account:rest`.
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.account)
    }

    /// The tags of the resource at `address`: the stack's own and those that say whose it is.
    pub(crate) fn tags_of(&self, address: &Address) -> Expr {
        let own = self.tags.iter().map(|(key, value)| (key.clone(), json!(value)));
        Expr::Value(own.chain(self.marks(address)).collect())
    }

    /// Only those that say whose the resource at `address` is, for what has no room for more.
    pub(crate) fn ownership_tags(&self, address: &Address) -> Expr {
        Expr::Value(self.marks(address).into_iter().collect())
    }

    fn marks(&self, address: &Address) -> [(String, Value); 3] {
        [
            ("deployer:project".to_owned(), json!(self.project)),
            ("deployer:environment".to_owned(), json!(self.environment)),
            ("deployer:address".to_owned(), json!(address.as_str())),
        ]
    }
}

/// A stack under construction. Cloning gives another handle on the same stack.
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
    /// A stack with nothing in it.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Rc::new(settings), inner: Rc::default() }
    }

    /// What holds for every resource.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Adds a resource that no construct covers, or replaces the one at this address.
    pub fn add(&self, address: &Address, type_name: &str, properties: Expr, after: impl IntoIterator<Item = Address>) {
        self.inner.borrow_mut().graph.insert(address.clone(), type_name, properties, after);
    }

    /// Notes that the cloud creates the resource at `address`, which has been added, whether or not the one at `dependency` exists.
    pub fn leave_unchecked(&self, address: &Address, dependency: Address) {
        self.inner.borrow_mut().graph.leave_unchecked(address, dependency);
    }

    /// Changes what is known so far of a function.
    pub(crate) fn draft<T>(&self, function: &str, change: impl FnOnce(&mut FunctionBuilder) -> T) -> T {
        change(self.inner.borrow_mut().functions.entry(function.to_owned()).or_default())
    }

    /// The graph of everything added. Functions' roles are written only now, with all their grants.
    pub fn synthesize(&self) -> Graph {
        let drafts = self.inner.borrow().functions.clone();
        let mut graph = self.inner.borrow().graph.clone();
        for (name, draft) in drafts {
            draft.write(&name, &self.settings, &mut graph);
        }
        graph
    }
}
