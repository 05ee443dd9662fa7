//! Whose the things are that records name: asked of the things, because a record may be old, edited by hand or another's.
//!
//! What is asked here, the plan goes by, and what the plan does not change is not changed. Tags that change between the read and the
//! change, some seconds later, are not noticed: no call of AWS changes a thing on the condition of its tags, so that a second look would
//! only make the gap smaller.

use futures::future::join_all;

use super::{Observer, about};
use crate::address::{Address, PhysicalId};
use crate::error::{Error, Result};
use crate::key::key;
use crate::plan::Observation;
use crate::resource::{AnyLive, AnyResource, Context, TagOwner};
use crate::retry::with_retry;
use serde_json::Value;

/// Reads the thing with this id, and whose it is.
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
    /// What was read, as ours or as another's.
    pub(super) fn owned(&mut self, address: &Address, live: AnyLive, owner: TagOwner) -> Observation {
        let record = self.state.resources.get(address).map(|record| (record.id.clone(), record.type_name.clone()));
        let Some((id, type_name)) = record else { return Observation::Live(live) };
        self.note_owner(address, &id, &type_name, owner);
        match self.owners.foreign(address, &id) {
            Some(why) => Observation::Unowned { live, why: why.to_owned() },
            None => Observation::Live(live),
        }
    }

    fn note_owner(&mut self, address: &Address, id: &PhysicalId, type_name: &str, owner: TagOwner) {
        let id_is_a_name = self.engine.registry.get(type_name).is_ok_and(|resource| resource.id_is_a_name());
        self.owners.note(address, id, owner, id_is_a_name);
    }

    /// Whether another's thing is recorded at this address that is not in the way of what is wanted there: it is of another type, or has
    /// another name. Then the record is all that has to go.
    pub(super) fn is_another(&self, address: &Address, type_name: &str) -> bool {
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
        let wanted = node.properties.resolve(&|on| self.outputs.get(&on.address)?.get(&on.output).cloned());
        let wanted = key(&**resource, &wanted.value);
        wanted.is_some() && wanted != key(&**resource, &live.properties)
    }

    /// Reads the old ones that replacements have left to be deleted: they are not deleted either if they are another's by now. There are
    /// none but after a run that ended half-way.
    pub(super) async fn ask_about_superseded(&mut self) -> Vec<Error> {
        let asked = self.state.superseded.iter().map(|old| async {
            let resource = self.engine.registry.get(&old.record.type_name)?;
            let cx = Context { presence_only: true, ..self.context(&old.address, old.record.generation) };
            let read = read(&cx, &**resource, &old.record.id, &old.record.properties).await?;
            Ok((old.address.clone(), old.record.id.clone(), old.record.type_name.clone(), read.map(|(_, owner)| owner)))
        });
        let mut errors = Vec::new();
        for answer in join_all(asked).await {
            match answer {
                Ok((address, id, type_name, Some(owner))) => self.note_owner(&address, &id, &type_name, owner),
                Ok((_, _, _, None)) => {}
                Err(error) => errors.push(error),
            }
        }
        errors
    }
}
