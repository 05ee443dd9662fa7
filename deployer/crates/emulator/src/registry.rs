//! All services of the embedded AWS. This is the only file that knows them all: it finds their operations, serves requests on their
//! states, and answers the questions that they have about each other.

mod hosts;

use std::cell::RefCell;

use time::OffsetDateTime;

use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::kernel::others::{CertificateMatch, ObjectContent, OtherServices, PublishedValue, Tags};
use crate::kernel::permission::RequiredAction;
use crate::kernel::row::Row;
use crate::kernel::service::{AwsService, ServiceInfo, TagsByArn};
use crate::request::{Request, RequestContext, Service};
use crate::response::Response;
use crate::services::{acm, apigateway, connect, dynamodb, iam, lambda, logs, route53, s3, tagging};
use crate::shared::Shared;

/// A service with its state in an account.
trait InAccount: AwsService {
    fn state(world: &AccountState) -> &Shared<Self::State>;
    fn state_mut(world: &mut AccountState) -> &mut Shared<Self::State>;
}

/// What the services do, whatever the types of their states.
struct Entry {
    info: fn() -> &'static ServiceInfo,
    rows: fn() -> Vec<&'static Row>,
    serve: fn(&mut AccountState, &Request, &AccountContext<'_>) -> Result<Response, AwsError>,
    required_actions: fn(&mut AccountState, &Request, &AccountContext<'_>) -> Vec<RequiredAction>,
    request_tags: fn(&Request) -> Option<Tags>,
    tags: fn(&AccountState, &RequestContext) -> TagsByArn,
    taggable: fn(&str) -> Option<&str>,
}

const fn entry<S: InAccount>() -> Entry {
    Entry {
        info: S::info,
        rows: || S::operations().iter().copied().flatten().map(|operation| &operation.row).collect(),
        serve: serve_in::<S>,
        required_actions: |world, request, outside| {
            let state = S::state(world).clone();
            S::required_actions(&state, request, &RegionServices::new(world, &request.context, outside))
        },
        request_tags: S::request_tags,
        tags: |world, context| S::tags(S::state(world), context),
        taggable: S::taggable,
    }
}

macro_rules! services {
    ($($service:ident $type:ty, $state:ident;)*) => {
        $(impl InAccount for $type {
            fn state(world: &AccountState) -> &Shared<Self::State> {
                &world.$state
            }

            fn state_mut(world: &mut AccountState) -> &mut Shared<Self::State> {
                &mut world.$state
            }
        })*

        fn find(service: Service) -> &'static Entry {
            match service {
                $(Service::$service => const { &entry::<$type>() },)*
            }
        }

        /// All services.
        #[cfg(test)]
        pub(crate) const ALL: &[Service] = &[$(Service::$service),*];
    };
}

services! {
    Acm acm::Acm, acm;
    ApiGateway apigateway::ApiGateway, apigateway;
    Connect connect::Connect, connect;
    DynamoDb dynamodb::DynamoDb, dynamodb;
    Iam iam::Iam, iam;
    Lambda lambda::Lambda, lambda;
    Logs logs::Logs, logs;
    Route53 route53::Route53, route53;
    S3 s3::S3, s3;
    Sts iam::sts::Sts, iam;
    Tagging tagging::Tagging, tagging;
}

/// Returns the properties of a service.
pub(crate) fn info(service: Service) -> &'static ServiceInfo {
    (find(service).info)()
}

/// Returns the operations of a service.
pub(crate) fn rows(service: Service) -> Vec<&'static Row> {
    (find(service).rows)()
}

/// What a request's account contributes from outside the state of its Region.
pub(crate) struct AccountContext<'a> {
    /// Policy by which the account's own requests are authorized, if there is one.
    pub(crate) policy: Option<&'a str>,
    /// Buckets of the account, if the state of the request is not the one that holds them.
    pub(crate) buckets: Option<Shared<s3::State>>,
    /// Hosted zones of the account, likewise.
    pub(crate) zones: Option<Shared<route53::State>>,
}

/// Serves a request on a draft of the state. Changes whose time has come are made before, and the index of tags follows.
pub(crate) fn serve(world: &mut AccountState, request: &Request, outside: &AccountContext<'_>) -> Result<Response, AwsError> {
    (find(request.service.id).serve)(world, request, outside)
}

/// Returns a version of an object in any bucket of the account, the latest unless it is named.
pub(crate) fn object(
    world: &AccountState,
    outside: &AccountContext<'_>,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<ObjectContent, AwsError> {
    s3::object_at(outside.buckets.as_ref().unwrap_or(&world.s3), bucket, key, version)
}

fn serve_in<S: InAccount>(
    world: &mut AccountState,
    request: &Request,
    outside: &AccountContext<'_>,
) -> Result<Response, AwsError> {
    S::admit(request)?;
    let context = &request.context;
    let before = S::state(world).clone();
    let is_due = S::is_due(&before, context);
    if is_due {
        S::advance(S::state_mut(world), context);
    }
    if S::awaits_others(S::state(world)) {
        let mut own = S::state(world).clone();
        S::follow_others(&mut own, context, &RegionServices::new(world, context, outside));
        *S::state_mut(world) = own;
    }
    let mut operations = S::operations().iter().copied().flatten();
    let operation = operations.find(|operation| operation.row.name == request.row.name);
    let operation = operation.ok_or_else(|| AwsError::new(501, "NotImplemented", request.row.name))?;
    let mut own = S::state(world).clone();
    let response = operation.handler.serve(&mut own, request, &RegionServices::new(world, context, outside))?;
    if !own.same(&before) && (is_due || !request.row.moves_data) {
        world.tagging.update(&S::tags(&before, context), &S::tags(&own, context), context);
    }
    if !request.row.reads {
        *S::state_mut(world) = own;
    }
    Ok(response)
}

/// Returns the actions and resources that a request requires.
pub(crate) fn required_actions(world: &mut AccountState, request: &Request, outside: &AccountContext<'_>) -> Vec<RequiredAction> {
    (find(request.service.id).required_actions)(world, request, outside)
}

/// Returns AWS's access denied error for a request that its caller's policies do not allow.
pub(crate) fn authorize(world: &mut AccountState, request: &Request, outside: &AccountContext<'_>) -> Result<(), AwsError> {
    let needs = required_actions(world, request, outside);
    let iam = world.iam.clone();
    let others = RegionServices::new(world, &request.context, outside);
    iam::authorize(&others.authorization(&iam, request), request.service, needs)
}

/// The other services of an account and Region, as a handler sees them.
pub(crate) struct RegionServices<'a> {
    world: RefCell<&'a mut AccountState>,
    context: &'a RequestContext,
    outside: &'a AccountContext<'a>,
}

impl<'a> RegionServices<'a> {
    pub(crate) fn new(world: &'a mut AccountState, context: &'a RequestContext, outside: &'a AccountContext<'a>) -> Self {
        Self { world: RefCell::new(world), context, outside }
    }

    fn authorization<'b>(&'b self, iam: &'b iam::State, request: &'b Request) -> iam::AuthorizationRequest<'b> {
        iam::AuthorizationRequest {
            iam,
            context: self.context,
            principal: &request.principal,
            call: Some(request),
            policy: self.outside.policy,
            others: self,
        }
    }

    /// Whether the policies of a role allow an action that it does not request by a call.
    pub(crate) fn allows(&self, principal: &crate::request::Principal, action: &str, resource: &str) -> bool {
        let iam = self.world.borrow().iam.clone();
        let (context, policy) = (self.context, self.outside.policy);
        let asked = iam::AuthorizationRequest { iam: &iam, context, principal, call: None, policy, others: self };
        iam::is_allowed(&asked, action, resource)
    }
}

impl OtherServices for RegionServices<'_> {
    fn role_is_usable(&self, role_arn: &str, service: &str, now: OffsetDateTime) -> bool {
        self.world.borrow().iam.can_assume_role(role_arn, service, now)
    }

    fn is_allowed(&self, request: &Request, action: &str, resource: &str) -> bool {
        let iam = self.world.borrow().iam.clone();
        iam::is_allowed(&self.authorization(&iam, request), action, resource)
    }

    fn function_exists(&self, name_or_arn: &str) -> bool {
        self.world.borrow().lambda.exists(name_or_arn)
    }

    fn object(&self, bucket: &str, key: &str) -> Result<ObjectContent, AwsError> {
        object(&self.world.borrow(), self.outside, bucket, key, None)
    }

    fn object_encryption_key(&self, bucket: &str, key: &str) -> Option<String> {
        self.world.borrow().s3.key_of(bucket, key).map(str::to_owned)
    }

    fn certificate_fit(&self, arn: &str, domain: &str, now: OffsetDateTime) -> Option<CertificateMatch> {
        let mut acm = self.world.borrow().acm.clone();
        acm.issue_validated(self.context, self);
        let found = acm.certificate(arn)?;
        Some(CertificateMatch { covers: found.covers(domain), is_valid: found.is_valid(now) })
    }

    fn associate_certificate(&self, arn: &str, user: &str) {
        self.world.borrow_mut().acm.associate(arn, user);
    }

    fn release_certificate(&self, arn: &str, user: &str, until: OffsetDateTime) {
        self.world.borrow_mut().acm.release(arn, user, until);
    }

    fn published_values(&self, name: &str) -> Vec<PublishedValue> {
        match &self.outside.zones {
            Some(zones) => zones.published(name),
            None => self.world.borrow().route53.published(name),
        }
    }

    fn ensure_log_group(&self, name: &str, now: OffsetDateTime) {
        self.world.borrow_mut().logs.ensure(name, now);
    }

    fn tags_of(&self, arn: &str) -> Option<Tags> {
        let entry = find(Service::from_signing_name(arn.split(':').nth(2)?)?);
        let arn = (entry.taggable)(arn)?;
        Some((entry.tags)(&self.world.borrow(), self.context).remove(arn).unwrap_or_default())
    }

    fn request_tags(&self, request: &Request) -> Option<Tags> {
        (find(request.service.id).request_tags)(request)
    }
}

/// Returns a request for a test, by the account's judged role, in the account 111122223333.
#[cfg(test)]
pub(crate) fn sample(service: Service, operation: &str, input: serde_json::Value) -> Request {
    Request {
        service: info(service),
        row: rows(service).into_iter().find(|row| row.name == operation).unwrap_or_else(|| panic!("no {operation}")),
        context: crate::request::sample_context(),
        principal: crate::request::Principal::TestRole,
        path: Default::default(),
        uri_path: String::new(),
        source: None,
        query: Vec::new(),
        headers: http::HeaderMap::new(),
        input,
        body: bytes::Bytes::new(),
        attachment: None,
    }
}

#[cfg(test)]
mod tests;
