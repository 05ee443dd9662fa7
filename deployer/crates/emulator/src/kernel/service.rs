//! A service: its state, its table of operations, and its properties that the protocols, throttling and authorization read.

use std::collections::BTreeMap;

pub(crate) use super::info::{Protocol, ServiceInfo};
use super::operation::Operation;
use super::others::{OtherServices, Tags};
use super::permission::{self, RequiredAction};
use crate::error::AwsError;
use crate::request::{Request, RequestContext};

/// Tags by ARN.
pub(crate) type TagsByArn = BTreeMap<String, Tags>;

/// A service. The handlers in its table see its own state only.
pub(crate) trait AwsService {
    /// State of the service in one account and Region.
    type State: Clone + 'static;

    /// Returns its properties.
    fn info() -> &'static ServiceInfo;

    /// Returns its operations in groups, one for each file.
    fn operations() -> &'static [&'static [Operation<Self::State>]];

    /// Checks what all operations of the service have in common, before their handlers.
    fn admit(_: &Request) -> Result<(), AwsError> {
        Ok(())
    }

    /// Whether [`advance`](Self::advance) has anything to do. Asked first, because a change copies the state.
    fn is_due(_: &Self::State, _: &RequestContext) -> bool {
        false
    }

    /// Makes the changes whose time has come.
    fn advance(_: &mut Self::State, _: &RequestContext) {}

    /// Whether the state has to follow changes of other services. Asked first, as [`is_due`](Self::is_due) is.
    fn awaits_others(_: &Self::State) -> bool {
        false
    }

    /// Follows changes of other services.
    fn follow_others(_: &mut Self::State, _: &RequestContext, _: &dyn OtherServices) {}

    /// Returns the tags of all taggable resources.
    fn tags(_: &Self::State, _: &RequestContext) -> TagsByArn {
        TagsByArn::new()
    }

    /// Returns the ARN under which [`tags`](Self::tags) has the resource that is authorized as `arn`; `None` if it has no tags here.
    fn taggable(_: &str) -> Option<&str> {
        None
    }

    /// Returns the tags in a request, or the keys of those that it removes; `None` if only its handler reads them.
    fn request_tags(request: &Request) -> Option<Tags> {
        Some(permission::request_tags(request))
    }

    /// Returns the actions and resources that a request requires.
    fn required_actions(state: &Self::State, request: &Request, others: &dyn OtherServices) -> Vec<RequiredAction>;
}
