//! One module per service, with its state, its operations, and `serve`.

pub mod acm;
pub mod apigateway;
pub mod connect;
pub mod dynamodb;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod route53;
pub mod s3;
pub mod tagging;
