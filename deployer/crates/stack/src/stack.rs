//! The stack: the resources added so far.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use deployer_engine::{Address, ExternalResource, Graph};
use deployer_resources::{Declare, Handle, declare};

use crate::constructs::function::FunctionBuilder;
use crate::settings::Settings;

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

    /// Records that the stack uses an existing resource, which it does not manage.
    pub fn use_external(&self, external: ExternalResource) {
        self.inner.borrow_mut().graph.external.insert(external);
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
