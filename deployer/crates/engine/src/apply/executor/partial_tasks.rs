//! Tasks that perform a part of a change, so that other changes can proceed.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Executor, TaskOutput};
use crate::apply::operation::Converger;
use crate::apply::task_graph::{Task, TaskKind, with_temporary_name};
use crate::error::{Error, ErrorClass, Result};
use crate::key::name;
use crate::observation::Observation;
use crate::plan::Change;
use crate::resource::AnyLive;

impl<'r> Executor<'r> {
    /// Applies all additions of the change and no removals.
    pub(super) fn add(&self, change: &'r Change) -> Result<BoxFuture<'r, Result<TaskOutput>>> {
        let mut making = self.converger(change)?;
        let live = self.present(change)?;
        let meanwhile = making.resource.transition_properties(&live.properties, &making.wanted);
        making.wanted = meanwhile.unwrap_or(making.wanted);
        let cx = making.cx.clone();
        Ok(async move {
            let made = making.converge(live.clone()).await?;
            cx.progress("has its new grants; the old ones are removed when nothing uses them");
            Ok(TaskOutput::PartlyApplied(Box::new(made), making.wanted))
        }
        .boxed())
    }

    /// Renames an existing resource to a temporary name that no other resource wants.
    pub(super) fn rename(&self, change: &'r Change) -> Result<BoxFuture<'r, Result<TaskOutput>>> {
        let live = self.present(change)?;
        let record = self.state_writer.state.resources.get(&change.address);
        let type_name = record.map_or(&change.type_name, |record| &record.type_name);
        let resource = Arc::clone(self.engine.registry.get(type_name)?);
        let Some(name) = name(&*resource) else {
            return Err(Error::local(format!("{} has no name that can be changed", change.address)));
        };
        let (cx, keeper, marker) = (self.change_context(&change.address), self.lease_renewer, self.send_recorder.clone());
        let token = cx.token.to_string();
        Ok(async move {
            let mut making = Converger {
                lease_renewer: keeper,
                send_recorder: marker,
                resource,
                cx,
                wanted: live.properties.clone(),
                adopt: false,
                recorded: BTreeSet::new(),
                old: BTreeSet::new(),
            };
            // The names by which it refers to other resources may have changed since.
            let Some(now) = making.read(&live.id).await? else {
                return Err(Error::new(ErrorClass::NotFound, format!("{} was deleted after the plan was made", live.id)));
            };
            making.wanted = with_temporary_name(name, &now.properties, &token);
            let made = making.converge(now).await?;
            making.cx.progress("has a temporary name, because another resource takes its name");
            Ok(TaskOutput::PartlyApplied(Box::new(made), making.wanted))
        }
        .boxed())
    }

    /// Returns the existing resource of a change that is performed in several tasks.
    fn present(&self, change: &Change) -> Result<&'r AnyLive> {
        match self.observations.get(&change.address) {
            Some(Observation::Live(live) | Observation::Discovered(live)) => Ok(live),
            _ => Err(Error::local(format!("{} does not exist", change.address))),
        }
    }

    /// Frees capacity when the provider allows no further resource of a type: runs the removals of unwanted resources immediately and
    /// retries the task after them.
    ///
    /// Returns `false` if there are no such removals, or if the task was retried before.
    pub(super) fn wait_for_removals(&mut self, step: usize) -> bool {
        let change = self.change(step);
        if !matches!(self.tasks.0[step].kind, TaskKind::Apply) || !self.retried.insert(step) {
            return false;
        }
        let failed = |step: &Task| self.progress.get(step.change).is_some_and(|progress| progress.failed);
        let ended: Vec<bool> = self.tasks.0.iter().zip(&self.done).map(|(step, done)| *done || failed(step)).collect();
        let (removals, released) = self.tasks.wait_for_removals(step, &change.type_name, &self.done, &ended);
        self.unmet_dependencies[step] = removals;
        for removal in released {
            self.unmet_dependencies[removal] = 0;
            self.queue(removal);
        }
        removals > 0
    }
}
