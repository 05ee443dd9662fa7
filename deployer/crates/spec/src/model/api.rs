//! `api`: the REST API.

use std::collections::BTreeMap;

use crate::declare::{Format, Section, choice, flag, integer, map, positive, section, text, word};
use crate::names::Name;
use crate::patterns::{DESCRIPTION, FILE, KEY};
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
        domain: Option<Domain> = Domain::keys().if_present("domain");
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

/// A hosted zone of Route 53: its name, or its ID (API reference of Route 53, ResourceId; zone IDs begin with `Z`).
static ZONE: StringPattern = StringPattern::new(
    "a hosted zone",
    "the name of a public hosted zone, such as `voice.example`, or its ID, such as `Z0123456789ABCDEFGHIJ`",
    "^(Z[A-Z0-9]{1,31}|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])[.]?)$",
    2,
    254,
);

/// The ARN of a certificate (API reference of ACM, Arn).
static CERTIFICATE_ARN: StringPattern = StringPattern::new(
    "the ARN of an ACM certificate",
    "such as `arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000`",
    "^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$",
    20,
    2048,
);

section! {
    /// `api.domain` with `api.certificate`: there is neither without the other.
    Domain {
        /// The custom domain: its name, or `{ name: NAME, zone: ZONE }`.
        host as "domain": DomainHost = DomainHost::format_or_name();
        /// The domain's certificate.
        certificate: Certificate = Certificate::format();
    }
}

section! {
    /// `api.domain`, if it is more than a name
    DomainHost {
        /// The custom domain.
        name: String = text(&DOMAIN);
        /// The public hosted zone of Route 53 in which an alias record for the domain is made: its name or its ID. Without it, somebody
        /// else points the domain to the API.
        zone: Option<String> = text(&ZONE).optional();
    }
}

impl DomainHost {
    /// Declares a domain, which may be written as its name.
    fn format_or_name() -> Format<Self> {
        Self::format().or_pattern(&DOMAIN, |name| Self { name, zone: None })
    }
}

choice! {
    /// `api.certificate`
    Certificate {
        /// Made by the deployer, signed with its own key.
        SelfSigned(SelfSigned) = "self_signed": SelfSigned::format().map(Self::SelfSigned);
        /// The ARN of a certificate that exists in ACM, in the same account and Region. It is never changed or deleted.
        Acm(String) = "acm": text(&CERTIFICATE_ARN).map(Self::Acm);
        /// A certificate in PEM files, imported, and imported again when they change.
        Files(CertificateFiles) = "files": CertificateFiles::format().map(Self::Files);
        /// A public certificate, requested from ACM, which validates the domain by a DNS record and renews the certificate.
        Dns(DnsCertificate) = "dns": DnsCertificate::format().map(Self::Dns);
    }
}

section! {
    /// `api.certificate.files`
    CertificateFiles {
        /// The file with the certificate alone; the path starts at the project's directory.
        certificate: String = text(&FILE);
        /// The file with its private key, without a passphrase. Its contents are in no state, plan or log.
        key: String = text(&FILE);
        /// The file with the certificates of its issuers, the nearest first; absent for a self-signed certificate.
        chain: Option<String> = text(&FILE).optional();
        /// How many days before expiry `check`, `plan` and `apply` warn.
        warn_before_days: u32 = integer(0..=825).or(30);
    }
}

section! {
    /// `api.certificate.dns`
    DnsCertificate {
        /// The public hosted zone of Route 53 in which the validation record is made: its name or its ID. Without it, `apply` prints the
        /// record and waits until somebody has made it.
        zone: Option<String> = text(&ZONE).optional();
        /// The type of its key.
        key_algorithm: KeyAlgorithm = word().or(KeyAlgorithm::Rsa2048);
        /// Minutes that one run waits for the certificate; the next run continues. ACM itself gives up after 72 hours.
        wait_minutes: u32 = integer(1..=4_320).or(30);
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
        /// Whether requests with the key are accepted; a key that is switched on again has its old value.
        enabled: bool = flag().or(true);
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
