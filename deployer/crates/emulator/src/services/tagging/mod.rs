//! Resource Groups Tagging: an index of the tags of this Region's resources. It follows the services with a delay, as AWS's does: a tag
//! appears some time after it was set, and a deleted resource stays in the index for longer.

mod read;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read};
use crate::kernel::others::{OtherServices, Tags};
use crate::kernel::permission::{RequiredAction, need};
use crate::kernel::service::{AwsService, ServiceInfo, TagsByArn};
use crate::model::Model;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, Service};
use crate::stored::stored;

/// Delay until a new tag is visible: seconds to minutes according to users, no promise by AWS (unverified).
const TAG_VISIBILITY_DELAY: Duration = Duration::from_secs(20);
/// Delay until a deletion is visible: users have waited for over 45 minutes (unverified).
const DELETION_VISIBILITY_DELAY: Duration = Duration::from_secs(45 * 60);

/// Resources that are tagged, or were once ("tagged or previously tagged", BC resourcegroupstaggingapi.GetResources), by ARN.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    index: PersistentMap<String, Entry>,
}

stored!(State: index);

/// The index entry of one resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// Tags that are visible until `at`; `None` if the resource is not visible.
    before: Option<Tags>,
    /// Tags that are visible from then on.
    after: Option<Tags>,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

stored!(Entry);

impl Entry {
    fn seen(&self, now: OffsetDateTime) -> Option<&Tags> {
        if self.at <= now { self.after.as_ref() } else { self.before.as_ref() }
    }
}

impl State {
    /// Returns the visible entries at this time, in the order of the ARNs.
    fn seen(&self, now: OffsetDateTime) -> impl Iterator<Item = (&String, &Tags)> {
        self.index.iter().filter_map(move |(arn, entry)| Some((arn, entry.seen(now)?)))
    }

    /// Records the changes of tags by a request.
    pub(crate) fn update(&mut self, old: &TagsByArn, new: &TagsByArn, context: &RequestContext) {
        let set = new.iter().filter(|(arn, tags)| old.get(*arn) != Some(*tags)).map(|(arn, tags)| (arn, Some(tags)));
        let gone = old.keys().filter(|arn| !new.contains_key(*arn)).map(|arn| (arn, None));
        let changes: Vec<(&String, Option<&Tags>)> = set.chain(gone).collect();
        if changes.is_empty() {
            return;
        }
        self.index.retain(|_, entry| entry.after.is_some() || entry.at > context.now);
        for (arn, tags) in changes {
            self.put(arn, tags, context);
        }
    }

    /// Records that a resource has these tags now, or is deleted.
    fn put(&mut self, arn: &str, tags: Option<&Tags>, context: &RequestContext) {
        let now = context.now;
        let known = self.index.get(arn);
        if known.is_none() && tags.is_none_or(Tags::is_empty) {
            return;
        }
        let before = match tags {
            Some(_) => known.and_then(|entry| entry.seen(now)).cloned(),
            None => known.and_then(|entry| entry.after.clone()),
        };
        let at = context.after(if tags.is_some() { TAG_VISIBILITY_DELAY } else { DELETION_VISIBILITY_DELAY });
        self.index.insert(arn.to_owned(), Entry { before, after: tags.cloned(), at });
    }
}

/// Operations of this service, with the rate of the Tag Editor guide.
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    read("GetResources", |state, call| read::resources(state, &call.input, call.context.now)).rate(per_second(15, 15)),
    read("GetTagKeys", |state, call| read::keys(state, &call.input, call.context.now)),
    read("GetTagValues", |state, call| read::values(state, &call.input, call.context.now)),
];

/// Resource Groups Tagging.
pub(crate) struct Tagging;

impl AwsService for Tagging {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("tagging", include_str!("../../../model/tagging.json"));
        static INFO: ServiceInfo = ServiceInfo {
            validation_code: |_| "InvalidParameterException",
            denied: (403, "AccessDeniedException"),
            throttled: || AwsError::new(400, "ThrottledException", "Rate exceeded"),
            ..ServiceInfo::json(Service::Tagging, "1.1", &MODEL)
        };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn required_actions(_: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        vec![need("tag", request.operation(), "*")]
    }
}
