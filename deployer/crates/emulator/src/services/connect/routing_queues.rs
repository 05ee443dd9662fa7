//! Queues of a routing profile: each pair of queue and channel occurs once.

use serde_json::{Value, json};

use super::arguments::{PARAMETER, not_found, refused, text};
use super::resource;
use super::types::{Instance, Kind, QueueAssignment};
use crate::error::AwsError;

/// Maximum number of queues per call (botocore model; for DisassociateRoutingProfileQueues in its documentation only).
const MOST: usize = 10;

impl QueueAssignment {
    /// Reads the queues of an input's list; all of them must exist.
    pub(super) fn read(instance: &Instance, input: &Value, member: &str) -> Result<Vec<Self>, AwsError> {
        let given = input.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if given.len() > MOST {
            // The message text is unverified.
            return Err(refused(PARAMETER, format!("{member} must have at most {MOST} entries")));
        }
        given.iter().map(|one| Self::one(instance, one)).collect()
    }

    fn one(instance: &Instance, given: &Value) -> Result<Self, AwsError> {
        // A reference is either the entry itself or part of a configuration.
        let reference = given.get("QueueReference").unwrap_or(given);
        let queue = resource::id_of(instance, Kind::Queue, text(reference, "QueueId").unwrap_or_default())?;
        let number = |name: &str| given.get(name).and_then(Value::as_i64);
        let channel = text(reference, "Channel").unwrap_or_default().to_owned();
        Ok(Self { queue, channel, order: number("Priority").zip(number("Delay")) })
    }

    /// Returns an error for a call that names no queue (unverified).
    pub(super) fn some(queues: &[Self], manual: &[Self]) -> Result<(), AwsError> {
        match queues.is_empty() && manual.is_empty() {
            true => Err(refused(PARAMETER, "At least one queue must be given")),
            false => Ok(()),
        }
    }

    /// Adds queues. Terraform's provider removes before it adds, because a queue cannot be associated twice on a channel. Code
    /// and message text are unverified.
    pub(super) fn add(own: &mut Vec<Self>, new: Vec<Self>) -> Result<(), AwsError> {
        for one in new {
            if own.iter().any(|there| there.same(&one)) {
                return Err(refused(PARAMETER, format!("The queue {} is associated already", one.show())));
            }
            own.push(one);
        }
        Ok(())
    }

    /// Changes associated queues. Code and message text for a missing queue are unverified.
    pub(super) fn change(own: &mut [Self], new: Vec<Self>) -> Result<(), AwsError> {
        for one in new {
            let there = own.iter_mut().find(|there| there.same(&one));
            match there {
                Some(there) => *there = one,
                None => return Err(not_found("Queue of the routing profile", &one.show())),
            }
        }
        Ok(())
    }

    /// Removes associated queues. Code and message text for a missing queue are unverified.
    pub(super) fn remove(own: &mut Vec<Self>, gone: Vec<Self>) -> Result<(), AwsError> {
        for one in gone {
            let there = own.iter().position(|there| there.same(&one));
            own.remove(there.ok_or_else(|| not_found("Queue of the routing profile", &one.show()))?);
        }
        Ok(())
    }

    /// Returns the sort key and the list entry.
    pub(super) fn summary(&self, instance: &Instance) -> Option<(String, Value)> {
        let (id, queue) = resource::named(instance, Kind::Queue, &self.queue).ok()?;
        let mut summary = json!({"QueueId": id, "QueueArn": queue.arn, "QueueName": queue.name, "Channel": self.channel});
        if let Some((priority, delay)) = self.order {
            summary["Priority"] = priority.into();
            summary["Delay"] = delay.into();
        }
        Some((format!("{id}/{}", self.channel), summary))
    }
}
