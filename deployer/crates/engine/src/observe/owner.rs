//! Owners of the resources that records name. The resources themselves are queried, because a record may be old, edited manually or
//! somebody else's.
//!
//! The plan relies on these results, and resources that the plan does not change are not changed. Tags that change
//! between the read and the change go unnoticed, however long the plan waits for approval: no AWS call makes a change conditional on tags, so
//! a second check would only narrow the window.

use futures::future::join_all;

use super::{Observer, about};
use crate::address::{Address, PhysicalId};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::key::key;
use crate::observation::Observation;
use crate::resource::{AnyLive, AnyResource, TagOwner};
use crate::retry::with_retry;
use serde_json::Value;

/// Reads the resource with this id and its owner.
pub(super) async fn read(
    cx: &Context,
    resource: &dyn AnyResource,
    id: &PhysicalId,
    hint: &Value,
) -> Result<Option<(AnyLive, TagOwner)>> {
    let live = with_retry(cx, || resource.read(cx, id, hint)).await.map_err(|error| about(&cx.address, "read", error))?;
    let Some(live) = live else { return Ok(None) };
    let owner = with_retry(cx, || resource.owner(cx, &live)).await;
    let owner = owner.map_err(|error| about(&cx.address, "tell the owner of", error))?;
    Ok(Some((live, owner)))
}

impl Observer<'_> {
    /// Returns the observation of a recorded resource, by its owner, and notes the owner.
    pub(super) fn owned(&mut self, address: &Address, live: AnyLive, owner: TagOwner) -> Observation {
        let record = self.state.resources.get(address).map(|record| record.id.clone());
        let Some(id) = record else { return Observation::Live(live) };
        self.owners.note(address, &id, owner);
        match self.owners.foreign(address, &id) {
            Some(why) => Observation::Unowned { live, why: why.to_owned() },
            None => Observation::Live(live),
        }
    }

    /// Whether the resource recorded at this address belongs to somebody else and does not conflict with the desired one, because its type
    /// or name differs. Only the record has to be dropped then.
    pub(super) fn is_unrelated(&self, address: &Address, type_name: &str) -> bool {
        let (Some(Observation::Unowned { live, .. }), Some(record)) =
            (self.observations.get(address), self.state.resources.get(address))
        else {
            return false;
        };
        if record.type_name != type_name {
            return true;
        }
        let (Some(node), Ok(resource)) = (self.everything.nodes.get(address), self.engine.registry.get(type_name)) else {
            return false;
        };
        // Without tags it may still be ours: it is not left behind without a word, but refused until `--adopt` or `state rm` decides.
        if self.owners.unmarked(address, &record.id).is_some() && (resource.holds_data() || !resource.id_is_a_name()) {
            return false;
        }
        let wanted = node.properties.resolve(&|on| self.outputs.get(&on.address)?.get(&on.output).cloned());
        let wanted = key(&**resource, &wanted.value);
        wanted.is_some() && wanted != key(&**resource, &live.properties)
    }

    /// Reads the old resources that replacements have left to be deleted: they are not deleted either if they belong to somebody else by
    /// now. They exist only after an interrupted run.
    pub(super) async fn read_superseded_owners(&mut self) -> Vec<Error> {
        let asked = self.state.superseded.iter().map(|old| async {
            let resource = self.engine.registry.get(&old.record.type_name)?;
            let cx = Context { presence_only: true, ..self.context(&old.address, old.record.generation) };
            let read = read(&cx, &**resource, &old.record.id, &old.record.properties).await?;
            Ok((old.address.clone(), old.record.id.clone(), read.map(|(_, owner)| owner)))
        });
        let mut errors = Vec::new();
        for answer in join_all(asked).await {
            match answer {
                Ok((address, id, Some(owner))) => self.owners.note(&address, &id, owner),
                Ok((_, _, None)) => {}
                Err(error) => errors.push(error),
            }
        }
        errors
    }
}
