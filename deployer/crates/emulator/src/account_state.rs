//! State of all services in one account and Region.

use serde::{Deserialize, Serialize};

use crate::services;
use crate::shared::Shared;
use crate::stored::stored;

/// State of one account in one Region. A clone is cheap: it shares everything that neither copy has changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountState {
    /// Account ID.
    pub account: String,
    /// Region name.
    pub region: String,
    /// ACM certificates.
    #[serde(default)]
    pub acm: Shared<services::acm::State>,
    /// API Gateway REST APIs and domains.
    #[serde(default)]
    pub apigateway: Shared<services::apigateway::State>,
    /// Connect instances and their contents.
    #[serde(default)]
    pub connect: Shared<services::connect::State>,
    /// DynamoDB tables and items.
    #[serde(default)]
    pub dynamodb: Shared<services::dynamodb::State>,
    /// IAM roles.
    #[serde(default)]
    pub iam: Shared<services::iam::State>,
    /// Lambda functions.
    #[serde(default)]
    pub lambda: Shared<services::lambda::State>,
    /// CloudWatch log groups.
    #[serde(default)]
    pub logs: Shared<services::logs::State>,
    /// Route 53 hosted zones.
    #[serde(default)]
    pub route53: Shared<services::route53::State>,
    /// S3 buckets and objects.
    #[serde(default)]
    pub s3: Shared<services::s3::State>,
    /// Resource Groups Tagging index.
    #[serde(default)]
    pub tagging: Shared<services::tagging::State>,
}

stored!(AccountState: acm, apigateway, connect, dynamodb, iam, lambda, logs, route53, s3, tagging);

impl AccountState {
    /// Returns an account without resources.
    pub fn empty(account: &str, region: &str) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            acm: Default::default(),
            apigateway: Default::default(),
            connect: Default::default(),
            dynamodb: Default::default(),
            iam: Default::default(),
            lambda: Default::default(),
            logs: Default::default(),
            route53: Default::default(),
            s3: Default::default(),
            tagging: Default::default(),
        }
    }

    /// Returns the names of the custom domains, for listings and certificates.
    pub fn api_domains(&self) -> Vec<String> {
        self.apigateway.domain_names()
    }

    /// Whether this draft is as it was taken from `before`.
    pub(crate) fn same(&self, before: &Self) -> bool {
        self.acm.same(&before.acm)
            && self.apigateway.same(&before.apigateway)
            && self.connect.same(&before.connect)
            && self.dynamodb.same(&before.dynamodb)
            && self.iam.same(&before.iam)
            && self.lambda.same(&before.lambda)
            && self.logs.same(&before.logs)
            && self.s3.same(&before.s3)
            && self.tagging.same(&before.tagging)
    }
}
