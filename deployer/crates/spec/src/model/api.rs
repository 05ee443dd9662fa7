//! `api`: the REST API.

use std::collections::BTreeMap;

use crate::declare::{Format, Section, choice, flag, integer, map, positive, section, text, word};
use crate::names::Name;
use crate::patterns::{DESCRIPTION, KEY};
use crate::route::{ROUTE, Route};
use crate::rule::StringPattern;
use crate::string_enum::string_enum;
use crate::yaml::{Node, Value};

/// A stage (API Gateway developer guide, "Quotas").
static STAGE: StringPattern =
    StringPattern::new("a stage's name", "1 to 128 letters, digits, `_` and `-`", "^[A-Za-z0-9_-]*$", 1, 128);

/// A domain without wildcards (API reference of ACM, DomainNameString; API Gateway requires lower case).
static DOMAIN: StringPattern = StringPattern::new(
    "a domain",
    "lower-case labels of letters, digits and inner hyphens, with dots between them, such as `api.voice.example`",
    "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])$",
    4,
    253,
);

section! {
    /// `api`
    Api {
        /// What it is for.
        description: String = text(&DESCRIPTION).or_text("");
        /// The stage's name.
        stage: String = text(&STAGE).or_text("live");
        /// The custom domain with its certificate, if there is one.
        domain: Option<Domain> = Domain::keys().with("domain");
        /// Limits of all routes together.
        throttling: Option<Throttling> = Throttling::format().optional();
        /// The key that routes with `auth: api_key` ask for, with its usage plan.
        api_key: Option<ApiKey> = ApiKey::format().optional();
        /// Milliseconds the API waits for a function.
        timeout_ms: u32 = integer(50..=29_000).or(29_000);
        /// Whether calls are traced with X-Ray.
        tracing: bool = flag().or(false);
        /// Which function answers what: its name, or `{ function: NAME, auth: none | api_key | iam }`.
        routes: BTreeMap<Route, Target> = map(&ROUTE, Target::format_or_name()).entries(1..=300);
    }
}

section! {
    /// `api.domain` with `api.certificate`: there is neither without the other.
    Domain {
        /// The custom domain.
        name as "domain": String = text(&DOMAIN);
        /// The domain's certificate.
        certificate: Certificate = Certificate::format();
    }
}

choice! {
    /// `api.certificate`
    Certificate {
        /// Made by the deployer, signed with its own key.
        SelfSigned(SelfSigned) = "self_signed": SelfSigned::format().map(Self::SelfSigned);
    }
}

/// The default of `validity_days`.
const VALIDITY_DAYS: u32 = 365;

section! {
    /// `api.certificate.self_signed`
    #[derive(Copy)]
    SelfSigned {
        /// The type of its key.
        key_algorithm: KeyAlgorithm = word().or(KeyAlgorithm::Rsa2048);
        /// Days from making to expiry.
        // Apple's clients accept no more.
        validity_days: u32 = integer(2..=825).or(VALIDITY_DAYS);
        /// How many days before expiry a new one is made; a twelfth of the validity if absent.
        renew_before_days: u32 = integer(1..=825).or_else(|section| Some((u32::try_from(validity_days(section.node)).ok()? / 12).max(1)));
    }
}

/// Returns the validity of the certificate that a section `self_signed` declares.
pub(crate) fn validity_days(self_signed: &Node) -> i128 {
    match self_signed.get("validity_days").map(|node| &node.value) {
        Some(Value::Integer(days)) => *days,
        _ => VALIDITY_DAYS.into(),
    }
}

section! {
    /// `api.throttling`
    #[derive(Copy)]
    Throttling {
        /// Calls a second.
        rate_limit: f64 = positive(1_000_000.0);
        /// Calls at once.
        burst_limit: u32 = integer(1..=1_000_000);
    }
}

section! {
    /// `api.api_key`
    ApiKey {
        /// Limits of the key, besides those of all routes together.
        throttling: Option<Throttling> = Throttling::format().optional();
        /// How many calls the key has.
        quota: Option<Quota> = Quota::format().optional();
    }
}

section! {
    /// `api.api_key.quota`
    #[derive(Copy)]
    Quota {
        /// Calls in the period.
        limit: u32 = integer(1..=i32::MAX as u32);
        /// When the count begins again.
        period: Period = word();
    }
}

section! {
    /// `api.routes.<route>`
    Target {
        /// The function that answers.
        function: Name = text(&KEY);
        /// What a request must bring.
        auth: Auth = word().or(Auth::None);
    }
}

impl Target {
    /// Declares a target, which may be written as the name of its function.
    fn format_or_name() -> Format<Self> {
        Self::format().or_pattern(&KEY, |function| Self { function, auth: Auth::None })
    }
}

string_enum! {
    /// The authentication that a request to a route requires.
    Auth {
        /// None.
        None = "none",
        /// The API's key, in the header `x-api-key`.
        ApiKey = "api_key",
        /// A signature with AWS credentials that may invoke the API.
        Iam = "iam",
    }
}

string_enum! {
    /// The period of a quota (API reference of API Gateway, QuotaSettings).
    Period {
        /// A day.
        Day = "DAY",
        /// A week.
        Week = "WEEK",
        /// A month.
        Month = "MONTH",
    }
}

string_enum! {
    /// The type of a certificate's key (API reference of ACM, KeyAlgorithm).
    KeyAlgorithm {
        /// RSA of 2,048 bits.
        Rsa2048 = "RSA_2048",
        /// ECDSA on the curve P-256.
        P256 = "EC_prime256v1",
    }
}
