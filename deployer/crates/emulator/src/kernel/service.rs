//! A service: its state, its table of operations, and its properties that the protocols, throttling and authorization read.

use std::collections::BTreeMap;

use super::operation::{Operation, Rate};
use super::others::{OtherServices, Tags};
use super::permission::{self, RequiredAction};
use crate::error::AwsError;
use crate::model;
use crate::request::{Request, RequestContext, Service};

/// Tags by ARN.
pub(crate) type TagsByArn = BTreeMap<String, Tags>;

/// A protocol: where a request names its operation, and how responses and errors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// AWS query: the operation and its parameters are a form, responses are XML in this namespace.
    Query(&'static str),
    /// AWS JSON of this version: the operation is in a header.
    Json(&'static str),
    /// REST with JSON: the operation follows from method and path.
    RestJson {
        /// The member of an error that has its message.
        message: &'static str,
        /// Whether errors say whose fault they are.
        error_type: bool,
    },
    /// S3's REST with XML.
    S3,
}

/// The properties of a service that do not depend on its state.
#[derive(Debug)]
pub struct ServiceInfo {
    /// The service.
    pub id: Service,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its published model, if its inputs are checked by one.
    pub(crate) model: Option<&'static model::Model>,
    /// Returns the error code of a violated constraint, given the codes that the operation declares.
    pub(crate) validation_code: fn(&[String]) -> &'static str,
    /// Status and code of a denial.
    pub(crate) denied: (u16, &'static str),
    /// Returns the throttling error (botocore models; texts of all but API Gateway's and IAM's unverified).
    pub(crate) throttled: fn() -> AwsError,
    /// Rate that all operations share, except those apart.
    pub(crate) shared_rate: Option<Rate>,
    /// Rate of each operation without one of its own.
    pub(crate) default_rate: Option<Rate>,
    /// Whether resources belong to the account, not to a Region; they are in the account's primary state.
    pub(crate) is_global: bool,
}

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
