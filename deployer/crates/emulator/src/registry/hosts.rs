//! An account and Region as the services see it outside requests.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::request::Parts;
use time::OffsetDateTime;

use super::RegionServices;
use crate::Emulator;
use crate::clock::Clock;
use crate::error::AwsError;
use crate::kernel::host::{Caller, Credentials, Functions, Host, Outcome};
use crate::request::{Principal, RequestContext, Service};
use crate::server::listener::listen_weakly;
use crate::server::signature;
use crate::services::{apigateway, connect, lambda, logs};
use crate::shared::Shared;

impl Host for Emulator {
    fn context(&self) -> RequestContext {
        self.request_context()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.clock()
    }
}

impl Functions for Emulator {
    fn invoke<'a>(
        &'a self,
        function_arn: &'a str,
        payload: Bytes,
        deadline: Duration,
        caller: Caller<'a>,
    ) -> BoxFuture<'a, Result<Outcome, AwsError>> {
        lambda::invoke(&self.runtime, function_arn, payload, deadline, caller).boxed()
    }
}

impl lambda::Host for Emulator {
    fn functions(&self) -> Shared<lambda::State> {
        self.account_state().lambda
    }

    fn functions_are_settled(&self) -> bool {
        self.functions_are_settled()
    }

    fn blobs(&self) -> Option<PathBuf> {
        self.blobs()
    }

    fn blobs_to_write(&self) -> Result<Option<PathBuf>, AwsError> {
        self.blobs_to_write()
    }

    fn session(&self, role: &str, name: &str, lasts: Duration) -> Option<Credentials> {
        let (context, iam) = (self.request_context(), self.account_state().iam);
        let usable = iam.can_assume_role(role, "lambda.amazonaws.com", context.now);
        usable.then(|| iam.start_session(role, name, lasts, &context).ok()).flatten()
    }

    fn write_log<'a>(
        &'a self,
        role: &'a str,
        place: (&'a str, &'a str),
        lines: &'a [(OffsetDateTime, String)],
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        let role = role.rsplit('/').next().unwrap_or_default().to_owned();
        let principal = Principal::Role { role, session: String::new() };
        async move {
            let (context, outside) = (self.request_context(), self.outside());
            let write = |world: &mut crate::AccountState| {
                let mut logs = world.logs.clone();
                let others = RegionServices::new(world, &context, &outside);
                let may = |action: &str, resource: &str| others.allows(&principal, action, resource);
                logs::append(&mut logs, &context, place, lines.iter().cloned(), may);
                world.logs = logs;
                Ok(())
            };
            self.change(write).await
        }
        .boxed()
    }

    fn endpoint(&self) -> BoxFuture<'_, Result<SocketAddr, AwsError>> {
        async move {
            let open = || listen_weakly(self.this.clone(), 0);
            let listener = self.endpoint.get_or_try_init(open).await;
            listener.map(|listener| listener.address).map_err(|error| AwsError::internal(error.to_string()))
        }
        .boxed()
    }
}

impl connect::host::Host for Emulator {
    fn connect(&self) -> Shared<connect::State> {
        self.account_state().connect
    }

    fn tests(&self) -> &connect::Running {
        &self.tests
    }

    fn change<'a>(&'a self, change: connect::host::Change<'a>) -> BoxFuture<'a, Result<(), AwsError>> {
        async move { self.change(|world| change(&mut world.connect)).await }.boxed()
    }

    fn write_log<'a>(
        &'a self,
        place: (&'a str, &'a str),
        lines: Vec<(OffsetDateTime, String)>,
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        let now = self.request_context().now;
        let write = move |world: &mut crate::AccountState| {
            logs::append_as_service(&mut world.logs, place, lines, now);
            Ok(())
        };
        async move { self.change(write).await }.boxed()
    }
}

impl apigateway::host::Host for Emulator {
    fn apis(&self) -> Shared<apigateway::State> {
        self.account_state().apigateway
    }

    fn usage(&self) -> &apigateway::Usage {
        &self.usage
    }

    fn certificate_pem(&self, arn: &str) -> Option<(String, String)> {
        let world = self.account_state();
        let found = world.acm.certificate(arn)?;
        Some((found.chain_pem(), found.key_pem().to_owned()))
    }

    fn principal(&self, access_key: &str, token: Option<&str>) -> Result<Principal, AwsError> {
        self.account_state().iam.principal(Service::ApiGateway, access_key, token, self.request_context().now)
    }

    fn requires_access_key(&self) -> bool {
        self.access_key().is_some()
    }

    fn check_signature(&self, head: &Parts, body: &Bytes) -> Result<(), AwsError> {
        signature::check(head, body, self.request_context().now, |key, token| self.secret_of(key, token))
    }

    fn allows(&self, principal: &Principal, action: &str, resource: &str) -> bool {
        self.allows(principal, action, resource)
    }
}
