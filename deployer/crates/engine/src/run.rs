//! One run from the lease to its release.

use futures::future::BoxFuture;

use crate::engine::{Engine, Options, Outcome};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::interrupt::Interrupt;
use crate::plan::Plan;

/// What a run is for.
#[derive(Clone, Copy)]
pub(crate) enum Goal<'g> {
    /// The world as in this graph.
    Apply(&'g Graph),
    /// Nothing left, of the record and of this graph.
    Destroy(Option<&'g Graph>),
}

pub(crate) struct Run<'r> {
    engine: &'r Engine,
    goal: Goal<'r>,
    options: &'r Options,
    interrupt: &'r Interrupt,
}

impl<'r> Run<'r> {
    pub(crate) fn new(engine: &'r Engine, goal: Goal<'r>, options: &'r Options, interrupt: &'r Interrupt) -> Self {
        Self { engine, goal, options, interrupt }
    }

    pub(crate) async fn run<A>(self, approve: A) -> Result<Outcome>
    where
        A: for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    {
        let (_, _, _, _, _) = (self.engine, self.goal, self.options, self.interrupt, approve);
        Err(Error::local("applying is not built yet"))
    }
}
