//! The services, their protocols, and their other properties that do not depend on their states.

use super::row::Rate;
use crate::error::AwsError;
use crate::model::table::Model;

/// The supported services, by signing name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Service {
    Acm,
    ApiGateway,
    Connect,
    DynamoDb,
    Iam,
    Lambda,
    Logs,
    Route53,
    S3,
    Sts,
    Tagging,
}

impl Service {
    /// Returns the service with this signing name.
    pub fn from_signing_name(name: &str) -> Option<Self> {
        Some(match name {
            "acm" => Self::Acm,
            "apigateway" => Self::ApiGateway,
            "connect" => Self::Connect,
            "dynamodb" => Self::DynamoDb,
            "iam" => Self::Iam,
            "lambda" => Self::Lambda,
            "logs" => Self::Logs,
            "route53" => Self::Route53,
            "s3" => Self::S3,
            "sts" => Self::Sts,
            "tagging" => Self::Tagging,
            _ => return None,
        })
    }
}

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
    /// REST with XML in this namespace.
    RestXml(&'static str),
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
    pub(crate) model: Option<&'static Model>,
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

impl ServiceInfo {
    /// Returns the properties that most services with AWS JSON of this version share.
    pub(crate) const fn json(id: Service, version: &'static str, model: &'static Model) -> Self {
        Self {
            id,
            protocol: Protocol::Json(version),
            model: Some(model),
            validation_code: |_| "ValidationException",
            denied: (400, "AccessDeniedException"),
            throttled: || AwsError::new(400, "ThrottlingException", "Rate exceeded"),
            shared_rate: None,
            default_rate: None,
            is_global: false,
        }
    }
}
