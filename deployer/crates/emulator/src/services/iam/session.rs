//! Role sessions: temporary credentials, and the principal of a request signed with them.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Role, State, document};
use crate::error::AwsError;
pub use crate::kernel::host::Credentials;
use crate::request::{Principal, RequestContext, Service};

/// Prefix of every access key that the emulator issues, so that no session is mistaken for the account. The account's id
/// follows.
const ACCESS_KEY_PREFIX: &str = "ASIAEMBEDDED";

/// A role session, as encoded in its token. It is stored nowhere else, so that sessions take no space, however many there are;
/// it is signed with a secret of the role, which disappears with the role.
#[derive(Serialize, Deserialize)]
struct Session {
    key: String,
    role: String,
    name: String,
    #[serde(with = "time::serde::timestamp::nanoseconds")]
    expires: OffsetDateTime,
}

impl Session {
    fn token(&self, secret: &str) -> Result<String, AwsError> {
        let said =
            serde_json::to_vec(self).map_err(|error| AwsError::internal(format!("a session cannot be written: {error}")))?;
        let said = BASE64_URL_SAFE_NO_PAD.encode(said);
        let signature = hmac::sign(&signing(secret), said.as_bytes());
        Ok(format!("{said}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Returns the session of a token, and the role that has signed it.
    fn of_token<'a>(token: &str, iam: &'a State) -> Option<(Self, &'a Role)> {
        let (said, signature) = token.split_once('.')?;
        let session: Self = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(said).ok()?).ok()?;
        let role = iam.role(&session.role).ok()?;
        hmac::verify(&signing(&role.secret), said.as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        Some((session, role))
    }
}

fn signing(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// Returns the secret key of a session's access key; like the token, it is derived from the role's secret.
fn secret_key(role: &Role, access_key: &str) -> String {
    let tag = hmac::sign(&signing(&role.secret), format!("secret key of {access_key}").as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(tag).chars().take(40).collect()
}

/// Returns the account whose session has this access key, if the emulator issued it.
pub(crate) fn account_of(access_key: &str) -> Option<&str> {
    access_key.strip_prefix(ACCESS_KEY_PREFIX)?.get(..12).filter(|account| account.bytes().all(|digit| digit.is_ascii_digit()))
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "credentials {} until {}", self.access_key, self.expires)
    }
}

/// A role that the caller can assume.
pub(crate) struct Assumable {
    pub(crate) name: String,
    pub(crate) id: String,
    /// Maximum session duration, in seconds.
    pub(crate) longest: i64,
}

impl State {
    /// Whether `service` (`lambda.amazonaws.com`) can assume the role with this ARN now: the role exists, its trust policy
    /// allows the service, and its creation has propagated (section 2.8).
    pub(crate) fn can_assume_role(&self, role_arn: &str, service: &str, now: OffsetDateTime) -> bool {
        self.by_arn(role_arn).is_some_and(|role| role.known_from <= now && document::trusts(&role.trust, service))
    }

    /// Returns the role with this ARN, if its account (`by` is `None`) or a session of its account's role `by` can assume it
    /// now.
    pub(crate) fn assumable(&self, role_arn: &str, by: Option<&str>, now: OffsetDateTime) -> Option<Assumable> {
        let role = self.by_arn(role_arn).filter(|role| role.known_from <= now)?;
        let root = role_arn.split(':').nth(4).map(|account| format!("arn:aws:iam::{account}:root"))?;
        let own = by.and_then(|name| self.role(name).ok()).map(|role| role.arn.as_str());
        let trusted = document::trusts_account(&role.trust, &root) || own.is_some_and(|own| document::names(&role.trust, own));
        trusted.then(|| Assumable { name: role.name.clone(), id: role.id.clone(), longest: role.max_session })
    }

    /// Whether the trust policy of the role with this ARN names the role `by`, which then needs no other permission (IAM user
    /// guide, "Policy evaluation logic": within one account a resource policy is enough).
    pub(crate) fn names(&self, role_arn: &str, by: &str) -> bool {
        let own = self.role(by).ok().map(|role| role.arn.as_str());
        own.is_some_and(|own| self.by_arn(role_arn).is_some_and(|role| document::names(&role.trust, own)))
    }

    /// Starts a session under a role without authorization: the caller checks [`can_assume_role`](Self::role_usable) first.
    pub(crate) fn start_session(
        &self,
        role_arn: &str,
        session: &str,
        lasts: Duration,
        context: &RequestContext,
    ) -> Result<Credentials, AwsError> {
        let role = self.by_arn(role_arn).ok_or_else(|| super::no_role(role_arn))?;
        let account = role_arn.split(':').nth(4).unwrap_or_default();
        let started = Session {
            key: format!("{ACCESS_KEY_PREFIX}{account}{}", context.id(8).to_uppercase()),
            role: role.name.clone(),
            name: session.to_owned(),
            expires: context.now + lasts,
        };
        let token = started.token(&role.secret)?;
        let secret_key = secret_key(role, &started.key);
        Ok(Credentials { access_key: started.key, secret_key, token, expires: started.expires })
    }

    /// Returns the secret key of a session with this access key and token, if it was started here.
    pub(crate) fn session_secret(&self, access_key: &str, token: &str) -> Option<String> {
        let (session, role) = Session::of_token(token, self).filter(|(session, _)| session.key == access_key)?;
        Some(secret_key(role, &session.key))
    }

    /// Returns the principal of this access key: a session that was started here, or else the account. Returns an error for a
    /// session that has expired, has another token, or whose role was deleted, even if a new role has the same name.
    pub(crate) fn principal(
        &self,
        service: Service,
        access_key: &str,
        token: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Principal, AwsError> {
        if !access_key.starts_with(ACCESS_KEY_PREFIX) {
            return Ok(Principal::Account);
        }
        let said = token.and_then(|token| Session::of_token(token, self)).filter(|(session, _)| session.key == access_key);
        let (session, role) = said.ok_or_else(|| invalid(service))?;
        if session.expires <= now {
            return Err(expired(service));
        }
        Ok(Principal::Role { role: role.name.clone(), session: session.name })
    }

    /// Returns the unique id of the role with this name, if it exists.
    pub(crate) fn role_id(&self, name: &str) -> Option<&str> {
        self.role(name).ok().map(|role| role.id.as_str())
    }

    fn by_arn(&self, arn: &str) -> Option<&Role> {
        self.roles.values().find(|role| role.arn == arn)
    }
}

fn invalid(service: Service) -> AwsError {
    let message = "The security token included in the request is invalid.";
    match service {
        Service::Iam | Service::Sts | Service::S3 => AwsError::new(403, "InvalidClientTokenId", message),
        Service::DynamoDb | Service::Logs | Service::Acm => AwsError::new(400, "UnrecognizedClientException", message),
        _ => AwsError::new(403, "UnrecognizedClientException", message),
    }
}

fn expired(service: Service) -> AwsError {
    let message = "The security token included in the request is expired";
    match service {
        Service::Iam | Service::Sts | Service::S3 => AwsError::new(403, "ExpiredToken", message),
        Service::DynamoDb | Service::Logs | Service::Acm => AwsError::new(400, "ExpiredTokenException", message),
        _ => AwsError::new(403, "ExpiredTokenException", message),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use futures::FutureExt;
    use futures::future::BoxFuture;
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;
    use crate::{Clock, Emulator, Options};

    struct Still(Mutex<OffsetDateTime>);

    impl Clock for Still {
        fn now(&self) -> OffsetDateTime {
            *self.0.lock().expect("nobody panics holding it")
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            futures::future::ready(()).boxed()
        }
    }

    const ROLE: &str = "arn:aws:iam::111122223333:role/convert";
    const TRUST: &str =
        r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Action":["dynamodb:PutItem","dynamodb:Query"],
        "Resource":["arn:aws:dynamodb:us-east-1:111122223333:table/numbers","arn:aws:dynamodb:us-east-1:111122223333:table/numbers/index/*"]}]}"#;

    fn world() -> (Arc<Emulator>, Arc<Still>) {
        let clock = Arc::new(Still(Mutex::new(datetime!(2026-11-23 10:00 UTC))));
        let options = Options {
            directory: None,
            account: "111122223333".into(),
            region: "us-east-1".into(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            speed: 1.0,
            seed: Some(1),
            limits: Default::default(),
        };
        (Emulator::open(options).expect("a world in memory opens"), clock)
    }

    fn call(emulator: &Emulator, keys: (&str, &str), service: &str, target: &str, body: String) -> (u16, String) {
        let scope = format!("AWS4-HMAC-SHA256 Credential={}/20261123/us-east-1/{service}/aws4_request, Signature=x", keys.0);
        let request = http::Request::post("/").header("authorization", scope).header("x-amz-security-token", keys.1);
        let request = request.header("x-amz-target", target).body(Bytes::from(body)).expect("a request");
        let response = emulator.handle(request).now_or_never().expect("no handler waits");
        (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
    }

    fn account(emulator: &Emulator, parameters: &[(&str, &str)]) {
        let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let body: Vec<String> = parameters.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        let (status, answer) = call(emulator, ("anybody", ""), "iam", "", body.join("&"));
        assert_eq!(status, 200, "{answer}");
    }

    fn with_role() -> (Arc<Emulator>, Arc<Still>) {
        let (emulator, clock) = world();
        account(&emulator, &[("Action", "CreateRole"), ("RoleName", "convert"), ("AssumeRolePolicyDocument", TRUST)]);
        account(
            &emulator,
            &[("Action", "PutRolePolicy"), ("RoleName", "convert"), ("PolicyName", "own"), ("PolicyDocument", POLICY)],
        );
        (emulator, clock)
    }

    fn session(emulator: &Emulator) -> Credentials {
        let context = emulator.request_context();
        let hour = Duration::from_secs(3600);
        let started = emulator.change(|world| world.iam.start_session(ROLE, "convert", hour, &context));
        let started = started.now_or_never().expect("nothing is written");
        started.unwrap_or_else(|refusal: AwsError| panic!("{refusal:?}"))
    }

    #[test]
    fn new_role_is_usable_by_trusted_services_later() {
        let (emulator, clock) = with_role();
        let usable = |service| emulator.account_state().iam.can_assume_role(ROLE, service, clock.now());
        assert!(!usable("lambda.amazonaws.com"));
        *clock.0.lock().expect("free") += Duration::from_secs(8);
        assert!(usable("lambda.amazonaws.com"));
        assert!(!usable("apigateway.amazonaws.com"));
    }

    #[test]
    fn session_has_exactly_its_role_permissions() {
        let (emulator, _) = with_role();
        let keys = session(&emulator);
        let as_role = |operation: &str, body: Value| {
            let target = format!("DynamoDB_20120810.{operation}");
            call(&emulator, (&keys.access_key, &keys.token), "dynamodb", &target, body.to_string())
        };
        for (operation, body, denied_on) in [
            ("PutItem", json!({"TableName": "numbers", "Item": {}}), None),
            ("Query", json!({"TableName": "numbers", "IndexName": "by_word"}), None),
            ("BatchWriteItem", json!({"RequestItems": {"numbers": []}}), Some("table/numbers")),
            ("GetItem", json!({"TableName": "numbers", "Key": {}}), Some("table/numbers")),
            ("PutItem", json!({"TableName": "others", "Item": {}}), Some("table/others")),
            (
                "TransactWriteItems",
                json!({"TransactItems": [{"Put": {"TableName": "numbers"}}, {"ConditionCheck": {"TableName": "numbers"}}]}),
                Some("table/numbers"),
            ),
        ] {
            let (_, answer) = as_role(operation, body);
            assert_eq!(answer.contains("AccessDeniedException"), denied_on.is_some(), "{operation}: {answer}");
            if let Some(resource) = denied_on {
                assert!(
                    answer.contains("User: arn:aws:sts::111122223333:assumed-role/convert/convert is not authorized"),
                    "{answer}"
                );
                assert!(
                    answer.contains(&format!("on resource: arn:aws:dynamodb:us-east-1:111122223333:{resource} because")),
                    "{answer}"
                );
            }
        }
        let (status, answer) = call(&emulator, (&keys.access_key, &keys.token), "sts", "", "Action=GetCallerIdentity".into());
        assert_eq!(status, 200);
        assert!(answer.contains("<Arn>arn:aws:sts::111122223333:assumed-role/convert/convert</Arn>"), "{answer}");
    }

    #[test]
    fn forged_tokens_are_refused() {
        let (emulator, _) = with_role();
        let keys = session(&emulator);
        let identity = |key: &str, token: &str| call(&emulator, (key, token), "sts", "", "Action=GetCallerIdentity".into());
        assert_eq!(identity(&keys.access_key, &keys.token).0, 200);
        assert_eq!(account_of(&keys.access_key), Some("111122223333"));
        let (said, signature) = keys.token.split_once('.').expect("two parts");
        let mut other: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(said).expect("base64")).expect("JSON");
        other["name"] = "other".into();
        let forged = format!("{}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(other.to_string()));
        let other = session(&emulator);
        for (key, token) in [
            (&keys.access_key, forged.as_str()),
            (&keys.access_key, said),
            (&keys.access_key, &keys.token[..keys.token.len() - 1]),
            (&keys.access_key, &other.token),
            (&other.access_key, &keys.token),
            (&"ASIAEMBEDDEDABCDEFGH".to_owned(), &keys.token),
        ] {
            let (status, answer) = identity(key, token);
            assert!(status == 403 && answer.contains("<Code>InvalidClientTokenId</Code>"), "{key} {token}: {answer}");
        }
    }

    #[test]
    fn expired_or_orphaned_sessions_are_refused() {
        let (emulator, clock) = with_role();
        let keys = session(&emulator);
        let identity = |token: &str| call(&emulator, (&keys.access_key, token), "sts", "", "Action=GetCallerIdentity".into());
        assert_eq!(identity(&keys.token).0, 200);
        assert!(identity("other").1.contains("<Code>InvalidClientTokenId</Code>"));
        *clock.0.lock().expect("free") += Duration::from_secs(3600);
        assert!(identity(&keys.token).1.contains("<Code>ExpiredToken</Code>"));
        let later = session(&emulator);
        account(&emulator, &[("Action", "DeleteRolePolicy"), ("RoleName", "convert"), ("PolicyName", "own")]);
        account(&emulator, &[("Action", "DeleteRole"), ("RoleName", "convert")]);
        account(&emulator, &[("Action", "CreateRole"), ("RoleName", "convert"), ("AssumeRolePolicyDocument", TRUST)]);
        let (status, answer) = call(&emulator, (&later.access_key, &later.token), "sts", "", "Action=GetCallerIdentity".into());
        assert_eq!(status, 403, "a role of the same name is another role: {answer}");
    }
}
