//! The operations of AWS services.

use std::fmt;
use std::time::Duration;

/// The effect of sending an identical request a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetrySafety {
    /// The call changes nothing.
    Read,
    /// A repeat leads to the same state as one call: an upsert, a delete, or a create with a client token.
    Idempotent,
    /// A repeat may create a second resource or fail because of the first one, so the call is never retried after a lost response.
    Create,
}

/// An operation of a service, named as in IAM policies and in the API reference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: RetrySafety,
    pub(crate) limit: Duration,
    /// Whether the caller resolves conflicts itself, so that the call is not retried on them.
    pub(crate) resolves_conflicts: bool,
}

impl Operation {
    /// Returns an operation that changes nothing.
    pub(crate) const fn read(service: &'static str, name: &'static str) -> Self {
        Self { service, name, kind: RetrySafety::Read, limit: Duration::from_secs(15), resolves_conflicts: false }
    }

    /// Returns a change that is safe to retry.
    pub(crate) const fn idempotent(service: &'static str, name: &'static str) -> Self {
        Self { service, name, kind: RetrySafety::Idempotent, limit: Duration::from_secs(60), resolves_conflicts: false }
    }

    /// Returns a change that is not safe to retry after a lost response.
    pub(crate) const fn create(service: &'static str, name: &'static str) -> Self {
        Self { service, name, kind: RetrySafety::Create, limit: Duration::from_secs(60), resolves_conflicts: false }
    }

    /// Returns the same operation with a time limit for large uploads.
    pub(crate) const fn uploading(mut self) -> Self {
        self.limit = Duration::from_secs(10 * 60);
        self
    }

    /// Returns the same operation for a caller that resolves conflicts itself.
    pub(crate) const fn resolving_conflicts(mut self) -> Self {
        self.resolves_conflicts = true;
        self
    }

    /// Returns the IAM action of an operation. API Gateway's actions are HTTP verbs; other actions have the operation's name, except for some
    /// of S3's (service authorization reference).
    pub(crate) fn action(self) -> String {
        match (self.service, self.name) {
            ("s3", "HeadObject") => return "s3:GetObject".to_owned(),
            ("s3", "ListObjectVersions") => return "s3:ListBucketVersions".to_owned(),
            ("s3", "DeleteObject" | "DeleteObjects") => return "s3:DeleteObjectVersion".to_owned(),
            ("s3", "GetBucketEncryption") => return "s3:GetEncryptionConfiguration".to_owned(),
            ("s3", "PutBucketEncryption") => return "s3:PutEncryptionConfiguration".to_owned(),
            ("s3", "GetPublicAccessBlock") => return "s3:GetBucketPublicAccessBlock".to_owned(),
            ("s3", "PutPublicAccessBlock") => return "s3:PutBucketPublicAccessBlock".to_owned(),
            ("s3", "GetBucketLifecycleConfiguration") => return "s3:GetLifecycleConfiguration".to_owned(),
            ("s3", "PutBucketLifecycleConfiguration") => return "s3:PutLifecycleConfiguration".to_owned(),
            ("apigateway", _) => {}
            _ => return self.to_string(),
        }
        let verbs = [
            ("Get", "GET"),
            ("Create", "POST"),
            ("Put", "PUT"),
            ("Tag", "PUT"),
            ("Update", "PATCH"),
            ("Delete", "DELETE"),
            ("Untag", "DELETE"),
        ];
        let verb = verbs.iter().find(|(start, _)| self.name.starts_with(start)).map_or("*", |(_, verb)| verb);
        format!("apigateway:{verb}")
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}
