//! The questions that a handler may ask other services of its account and Region.

use std::collections::BTreeMap;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::error::AwsError;
use crate::request::Request;

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// An object as another service reads it.
pub(crate) struct ObjectContent {
    /// Region of the bucket.
    pub(crate) region: String,
    /// Content of the object.
    pub(crate) bytes: Bytes,
}

/// Whether a certificate can be used for a domain.
pub(crate) struct CertificateMatch {
    /// Whether it is for this domain.
    pub(crate) covers: bool,
    /// Whether now is within its validity period.
    pub(crate) is_valid: bool,
}

/// A value that a CNAME record of a hosted zone has or had.
pub(crate) struct PublishedValue {
    /// The value in lower case with a trailing dot.
    pub(crate) value: String,
    /// Time of its creation.
    pub(crate) from: OffsetDateTime,
    /// Time of its removal, if it is gone.
    pub(crate) until: Option<OffsetDateTime>,
}

/// The other services as a handler sees them. What a handler changes through it is part of its own change: it is undone with it.
pub(crate) trait OtherServices {
    /// Whether `service` (`lambda.amazonaws.com`) can assume a role now.
    fn role_is_usable(&self, role_arn: &str, service: &str, now: OffsetDateTime) -> bool;

    /// Whether the caller's policies allow an action on a resource.
    fn is_allowed(&self, request: &Request, action: &str, resource: &str) -> bool;

    /// Whether a function with this name or (qualified) ARN exists.
    fn function_exists(&self, name_or_arn: &str) -> bool;

    /// Returns the latest version of an object.
    fn object(&self, bucket: &str, key: &str) -> Result<ObjectContent, AwsError>;

    /// Returns the key that an object is encrypted with, if it is not the bucket's.
    fn object_encryption_key(&self, bucket: &str, key: &str) -> Option<String>;

    /// Returns how the certificate with this ARN fits a domain, if it exists.
    fn certificate_fit(&self, arn: &str, domain: &str, now: OffsetDateTime) -> Option<CertificateMatch>;

    /// Records that `user` uses a certificate from now on.
    fn associate_certificate(&self, arn: &str, user: &str);

    /// Records that `user` has released a certificate, which counts as in use until `until`.
    fn release_certificate(&self, arn: &str, user: &str, until: OffsetDateTime);

    /// Returns the values that CNAME records of this name have had in the account's hosted zones.
    fn published_values(&self, name: &str) -> Vec<PublishedValue>;

    /// Creates a missing log group as a service does.
    fn ensure_log_group(&self, name: &str, now: OffsetDateTime);

    /// Returns the tags of the resource with this ARN, which are empty if it does not exist; `None` for resources whose tags are not
    /// stored here.
    fn tags_of(&self, arn: &str) -> Option<Tags>;

    /// Returns the tags in a request, or the keys of those that it removes; `None` if only its handler reads them.
    fn request_tags(&self, request: &Request) -> Option<Tags>;
}
