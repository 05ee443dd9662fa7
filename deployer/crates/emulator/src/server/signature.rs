//! Verification of request signatures by keys that this embedded AWS has issued (Signature Version 4; IAM user guide, "Create a signed AWS
//! API request").

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::{digest, hmac};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::error::AwsError;

/// Maximum difference between the time of a request and the clock ("Elements of a request signature": five minutes for most services, 15
/// for S3).
const SKEW: Duration = Duration::from_secs(15 * 60);
/// Percent-encoding set of everything except letters, digits and `-._~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Percent-encoding set for paths.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// A long-term access key that requests must be signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Access key ID.
    pub id: String,
    /// Secret access key.
    pub secret: String,
}

impl AccessKey {
    /// Generates a key from the operating system's random numbers.
    pub fn generate() -> Self {
        let random = || uuid::Uuid::new_v4().simple().to_string();
        Self { id: format!("AKIA{}", random()[..16].to_uppercase()), secret: random() + &random()[..8] }
    }

    /// Returns the key of the page `/_deployer`, in hexadecimal digits. It is derived from the secret, so that every program of this user
    /// that has the access key knows it, and tells nothing about the secret.
    pub fn page_key(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        hex::encode(hmac::sign(&key, b"deployer local page"))
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "access key {}", self.id)
    }
}

/// Contents of a request's `Authorization` header.
struct Authorization<'a> {
    access_key: &'a str,
    /// Credential scope: `20261130/us-east-1/s3/aws4_request`.
    scope: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let header = headers.get("authorization")?.to_str().ok()?.strip_prefix("AWS4-HMAC-SHA256")?;
        let field = |name: &str| header.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        let (access_key, scope) = field("Credential")?.split_once('/')?;
        let signed_headers = field("SignedHeaders")?.split(';').collect();
        Some(Self { access_key, scope, signed_headers, signature: field("Signature")? })
    }
}

/// Rejects a request that is not signed with the secret that `secret_of` returns for its access key and session token.
///
/// # Errors
/// Returns 403 for a missing signature, an unknown key, a signature with another secret or of another request, or a time too far from
/// `now`.
pub(crate) fn check(
    parts: &Parts,
    body: &Bytes,
    now: OffsetDateTime,
    secret_of: impl FnOnce(&str, Option<&str>) -> Option<String>,
) -> Result<(), AwsError> {
    let missing = || AwsError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    let authorization = Authorization::of(&parts.headers).ok_or_else(missing)?;
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let unknown = || AwsError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    let secret = secret_of(authorization.access_key, text("x-amz-security-token")).ok_or_else(unknown)?;
    let mismatch = |why: &str| AwsError::new(403, "SignatureDoesNotMatch", format!("The request signature is not valid: {why}"));
    let moment = text("x-amz-date").ok_or_else(|| mismatch("there is no X-Amz-Date"))?;
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let signed_at = PrimitiveDateTime::parse(moment, format).map_err(|_| mismatch("X-Amz-Date is no time"))?.assume_utc();
    if (now - signed_at).unsigned_abs() > SKEW {
        return Err(mismatch("its time is more than 15 minutes from the clock"));
    }
    let scope: Vec<&str> = authorization.scope.split('/').collect();
    let [date, region, service, "aws4_request"] = scope[..] else { return Err(mismatch("the scope has another form")) };
    if !moment.starts_with(date) || !authorization.signed_headers.contains(&"host") {
        return Err(mismatch("its date or its host is not signed"));
    }
    let payload = payload(parts, body, service).ok_or_else(|| mismatch("the body is another"))?;
    let request = canonical(parts, &authorization.signed_headers, service, &payload);
    let to_sign = format!("AWS4-HMAC-SHA256\n{moment}\n{}\n{}", authorization.scope, sha256(request.as_bytes()));
    let steps = [date, region, service, "aws4_request"];
    let key = steps.iter().fold(format!("AWS4{secret}").into_bytes(), |key, step| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), step.as_bytes()).as_ref().to_vec()
    });
    let signature = hex::decode(authorization.signature).unwrap_or_default();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), to_sign.as_bytes(), &signature)
        .map_err(|_| mismatch("check the secret key"))
}

/// Returns the digest of the body, or the constant that replaces it; `None` if the body is not the signed one.
fn payload(parts: &Parts, body: &Bytes, service: &str) -> Option<String> {
    let own = sha256(body);
    match parts.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()) {
        Some(said) if service == "s3" && (said == "UNSIGNED-PAYLOAD" || said.starts_with("STREAMING-")) => Some(said.to_owned()),
        Some(said) => (said == own).then_some(own),
        None => Some(own),
    }
}

fn canonical(parts: &Parts, signed_headers: &[&str], service: &str, payload: &str) -> String {
    // S3 signs the path as it is sent, all others encode it once more.
    let path = match parts.uri.path() {
        "" => "/".to_owned(),
        path if service == "s3" => path.to_owned(),
        path => utf8_percent_encode(path, RESERVED_IN_PATH).to_string(),
    };
    let again = |text: &str| utf8_percent_encode(&percent_decode_str(text).decode_utf8_lossy(), RESERVED).to_string();
    let pairs = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut query: Vec<(String, String)> =
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (again(name), again(value))).collect();
    query.sort();
    let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers: String = signed_headers.iter().map(|name| format!("{name}:{}\n", header(parts, name))).collect();
    format!("{}\n{path}\n{}\n{headers}\n{}\n{payload}", parts.method, query.join("&"), signed_headers.join(";"))
}

/// Returns the values of a header with runs of spaces collapsed.
fn header(parts: &Parts, name: &str) -> String {
    let values = parts.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let words = |value: String| value.split_whitespace().collect::<Vec<_>>().join(" ");
    let values: Vec<String> = values.map(words).collect();
    match (values.is_empty(), name, parts.uri.authority()) {
        // HTTP/2 sends the host in the URI.
        (true, "host", Some(authority)) => authority.to_string(),
        _ => values.join(","),
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// Returns the request and signature of `get-vanilla-query-order-key-case` in AWS's test suite for Signature Version 4, as published by
    /// aws-c-auth.
    fn example() -> http::request::Builder {
        http::Request::get("/?Param2=value2&Param1=value1").header("host", "example.amazonaws.com").header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        )
    }

    fn judge(request: http::request::Builder, now: OffsetDateTime, secret: &str) -> Result<(), AwsError> {
        let (parts, body) = request.body(Bytes::new()).expect("a request").into_parts();
        check(&parts, &body, now, |key, token| (key == "AKIDEXAMPLE" && token.is_none()).then(|| secret.to_owned()))
    }

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const NOW: OffsetDateTime = datetime!(2015-08-30 12:36 UTC);

    #[test]
    fn published_example_is_admitted() {
        assert!(judge(example().header("x-amz-date", "20150830T123600Z"), NOW, SECRET).is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        let dated = || example().header("x-amz-date", "20150830T123600Z");
        let code = |judged: Result<(), AwsError>| judged.expect_err("refused").code;
        assert_eq!(code(judge(dated(), NOW, "another")), "SignatureDoesNotMatch");
        assert_eq!(code(judge(dated(), NOW + Duration::from_secs(3600), SECRET)), "SignatureDoesNotMatch");
        assert_eq!(code(judge(example(), NOW, SECRET)), "SignatureDoesNotMatch");
        assert_eq!(code(judge(dated().uri("/?Param1=value1"), NOW, SECRET)), "SignatureDoesNotMatch");
        assert_eq!(code(judge(dated().method("POST"), NOW, SECRET)), "SignatureDoesNotMatch");
        assert_eq!(code(judge(dated().header("x-amz-content-sha256", "0"), NOW, SECRET)), "SignatureDoesNotMatch");
        assert_eq!(code(judge(dated().header("x-amz-security-token", "t"), NOW, SECRET)), "InvalidClientTokenId");
        assert_eq!(code(judge(http::Request::get("/"), NOW, SECRET)), "MissingAuthenticationToken");
    }
}
