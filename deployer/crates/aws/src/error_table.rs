//! The table that classifies each error of each service. Besides it, only `client_problem` inspects an error's code or text.
//!
//! Codes come from the services' models (botocore); messages and waits from the API references, the Terraform AWS provider and issue
//! threads in which the text was recorded.

use std::time::Duration;

use deployer_engine::ErrorClass;

use crate::client_problem::ClientProblem;
use crate::errors::{CallFailure, Classification, FailureKind, RetryPause};
use crate::operation::{Operation, RetrySafety};

/// One row of the table. The first matching row decides; an empty field matches everything.
struct Row {
    service: &'static str,
    /// Prefixes of operation names.
    operations: &'static [&'static str],
    code: &'static str,
    /// A part of the message.
    message_contains: &'static str,
    class: ErrorClass,
    /// Retry budget in seconds.
    retry_seconds: u64,
    pause: RetryPause,
    help: &'static str,
}

const MINUTE: u64 = 60;

const fn row(
    service: &'static str,
    operations: &'static [&'static str],
    code: &'static str,
    message_contains: &'static str,
    class: ErrorClass,
    budget: u64,
) -> Row {
    Row { service, operations, code, message_contains, class, retry_seconds: budget, pause: RetryPause::ByClass, help: "" }
}

impl Row {
    /// Sets the seconds after which the error has usually passed.
    const fn usually(mut self, seconds: u64) -> Self {
        self.pause = RetryPause::Usually(Duration::from_secs(seconds));
        self
    }

    /// Sets the seconds for which the error can last, so that a long one takes tens of attempts and not hundreds.
    const fn lasting(mut self, seconds: u64) -> Self {
        self.pause = RetryPause::Lasting(Duration::from_secs(seconds));
        self
    }

    const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    fn fits(&self, op: Operation, code: &str, message: &str) -> bool {
        (self.service.is_empty() || self.service == op.service)
            && (self.operations.is_empty() || self.operations.iter().any(|name| op.name.starts_with(name)))
            && (self.code.is_empty() || self.code == code)
            && message.contains(self.message_contains)
    }
}

const ANOTHER_REGION: &str = "the bucket is in another Region; name it in `state.s3.region`";
/// Seconds until Lambda can usually assume a new role: 5 to 10 by users' accounts; AWS publishes no bound (IAM user guide, "Changes that I
/// make are not always immediately visible").
const ROLE_KNOWN: u64 = 8;
const FUNCTION_WRITES: &[&str] = &["CreateFunction", "UpdateFunction"];
const FLOW_WRITES: &[&str] = &["CreateContactFlow", "UpdateContactFlow"];
const FLOW_HELP: &str = "correct the flow; every function it names must be associated with the instance";

/// Errors with a meaning of their own in one service.
static SERVICE_ERRORS: &[Row] = &[
    // Lambda
    row("lambda", FUNCTION_WRITES, "InvalidParameterValueException", "cannot be assumed by Lambda", ErrorClass::NotVisibleYet, 10 * MINUTE)
        .usually(ROLE_KNOWN)
        .help("a new role takes a while to be known everywhere; if it stays so, the role's trust policy does not name lambda.amazonaws.com"),
    row("lambda", FUNCTION_WRITES, "InvalidParameterValueException", "The provided execution role does not have permissions", ErrorClass::NotVisibleYet, 5 * MINUTE),
    row("lambda", FUNCTION_WRITES, "InvalidParameterValueException", "throttled by EC2", ErrorClass::Throttled, 9 * MINUTE),
    row("lambda", FUNCTION_WRITES, "InvalidParameterValueException", "KMS key is invalid for CreateGrant", ErrorClass::NotVisibleYet, 5 * MINUTE),
    row("lambda", &["CreateFunction"], "ResourceConflictException", "already exist", ErrorClass::AlreadyExists, 0),
    row("lambda", &["AddPermission"], "ResourceConflictException", "already exists", ErrorClass::AlreadyExists, 0),
    row("lambda", &["AddPermission", "RemovePermission"], "ResourceConflictException", "", ErrorClass::Conflict, 5 * MINUTE),
    row("lambda", &["AddPermission"], "ResourceNotFoundException", "", ErrorClass::NotVisibleYet, 2 * MINUTE),
    row("lambda", &["AddPermission"], "InvalidParameterValueException", "The provided principal was invalid", ErrorClass::NotVisibleYet, 2 * MINUTE),
    row("lambda", &["PutFunctionConcurrency"], "InvalidParameterValueException", "UnreservedConcurrentExecution", ErrorClass::Quota, 0)
        .help("AWS keeps 100 executions (10 in new accounts) unreserved; ask for a higher quota or reserve less"),
    row("lambda", &["DeleteFunction"], "InvalidParameterValueException", "because it is a replicated function", ErrorClass::Conflict, 60 * MINUTE)
        .lasting(60 * MINUTE),
    row("lambda", &[], "ResourceConflictException", "", ErrorClass::Conflict, 10 * MINUTE),
    row("lambda", &[], "CodeStorageExceededException", "", ErrorClass::Quota, 0).help("delete old versions of functions in this region"),
    // IAM
    row("iam", &["CreateRole", "UpdateAssumeRolePolicy"], "MalformedPolicyDocument", "Invalid principal in policy", ErrorClass::NotVisibleYet, 2 * MINUTE),
    row("iam", &["DeleteRole", "DeletePolicy"], "DeleteConflict", "", ErrorClass::Conflict, 2 * MINUTE),
    // A new policy may be unknown for a moment, as a role may (terraform-provider-aws, iam/role.go, retries a boundary for this).
    row("iam", &["AttachRolePolicy", "PutRolePermissionsBoundary", "CreateRole"], "NoSuchEntity", "", ErrorClass::NotVisibleYet, 2 * MINUTE),
    // DynamoDB
    row("dynamodb", &["CreateTable"], "ResourceInUseException", "", ErrorClass::AlreadyExists, 0),
    row("dynamodb", &["DeleteTable"], "", "deletion protection", ErrorClass::Invalid, 0)
        .help("set deletion_protection to false, apply, then delete"),
    row("dynamodb", &[], "ResourceInUseException", "", ErrorClass::Conflict, 30 * MINUTE),
    row("dynamodb", &[], "LimitExceededException", "simultaneously", ErrorClass::Throttled, 30 * MINUTE),
    row("dynamodb", &[], "LimitExceededException", "Subscriber limit exceeded", ErrorClass::Throttled, 30 * MINUTE),
    row("dynamodb", &[], "ContinuousBackupsUnavailableException", "", ErrorClass::NotVisibleYet, 20 * MINUTE).usually(4),
    // An ACTIVE table may be unknown to the backup service for a moment (terraform-provider-aws, dynamodb/table.go, reads it twice).
    row("dynamodb", &["UpdateContinuousBackups"], "TableNotFoundException", "", ErrorClass::NotVisibleYet, 2 * MINUTE),
    row("dynamodb", &["UpdateTimeToLive"], "ValidationException", "Backups are being enabled", ErrorClass::NotVisibleYet, 2 * MINUTE),
    row("dynamodb", &["UpdateTimeToLive"], "ValidationException", "multiple times within a fixed interval", ErrorClass::Conflict, 65 * MINUTE)
        .lasting(60 * MINUTE)
        .help("DynamoDB takes one change of a table's time to live per hour"),
    // API Gateway
    row("apigateway", &["CreateDomainName"], "BadRequestException", "already exists", ErrorClass::AlreadyExists, 0)
        .help("if the domain is not in this account and region, another account holds it"),
    row("apigateway", &["Create"], "ConflictException", "already exists", ErrorClass::AlreadyExists, 0),
    row("apigateway", &["CreateBasePathMapping"], "ConflictException", "Only one base path mapping", ErrorClass::Invalid, 0),
    row("apigateway", &["UpdateDomainName"], "ConflictException", "", ErrorClass::Conflict, 20 * MINUTE),
    row("apigateway", &["CreateBasePathMapping"], "BadRequestException", "", ErrorClass::NotVisibleYet, 30),
    row("apigateway", &["DeleteRestApi"], "BadRequestException", "remove all base path mappings", ErrorClass::Conflict, MINUTE)
        .help("delete the base path mappings of your domains that point to this API"),
    row("apigateway", &["DeleteDeployment"], "BadRequestException", "Active stages", ErrorClass::Conflict, MINUTE)
        .help("point these stages to another deployment or delete them"),
    row("apigateway", &["DeleteRestApi"], "TooManyRequestsException", "", ErrorClass::Throttled, 20 * MINUTE),
    row("apigateway", &[], "ConflictException", "", ErrorClass::Conflict, 2 * MINUTE),
    row("apigateway", &[], "UnauthorizedException", "", ErrorClass::Denied, 0),
    // ACM
    row("acm", &["DeleteCertificate"], "ResourceInUseException", "", ErrorClass::Conflict, 20 * MINUTE)
        .help("API Gateway lets go of a certificate some minutes after its domain is deleted"),
    row("acm", &[], "ConflictException", "", ErrorClass::Conflict, 2 * MINUTE),
    // Route 53 (API reference, ChangeResourceRecordSets; texts as users report them)
    row("route53", &["ChangeResourceRecordSets"], "InvalidChangeBatch", "but it already exists", ErrorClass::AlreadyExists, 0)
        .help("remove the record, or leave the zone out and point the domain yourself"),
    row("route53", &["ChangeResourceRecordSets"], "InvalidChangeBatch", "but it was not found", ErrorClass::NotFound, 0),
    row("route53", &["ChangeResourceRecordSets"], "InvalidChangeBatch", "do not match the current values", ErrorClass::Conflict, 0)
        .help("somebody else has changed the record; rerun to see it as it is now"),
    row("route53", &[], "PriorRequestNotComplete", "", ErrorClass::Throttled, 2 * MINUTE),
    row("route53", &[], "NoSuchHostedZone", "", ErrorClass::NotFound, 0),
    // CloudWatch Logs
    row("logs", &[], "OperationAbortedException", "", ErrorClass::Conflict, MINUTE),
    // S3 (API reference, PutObject and CreateBucket; user guide, "Conditional requests")
    row("s3", &["PutObject"], "PreconditionFailed", "", ErrorClass::Conflict, 0),
    row("s3", &["PutObject"], "ConditionalRequestConflict", "", ErrorClass::Conflict, MINUTE),
    row("s3", &[], "OperationAborted", "", ErrorClass::Conflict, 5 * MINUTE),
    row("s3", &["PutBucket", "PutPublicAccessBlock"], "NoSuchBucket", "", ErrorClass::NotVisibleYet, 2 * MINUTE),
    row("s3", &["CreateBucket"], "BucketAlreadyOwnedByYou", "", ErrorClass::AlreadyExists, 0),
    row("s3", &["CreateBucket"], "BucketAlreadyExists", "", ErrorClass::Invalid, 0)
        .help("another account has a bucket of this name; choose another (`state.s3.bucket`, `connect.prompts_bucket`)"),
    row("s3", &["DeleteBucket"], "BucketNotEmpty", "", ErrorClass::Conflict, 0)
        .help("the bucket holds other objects; remove them, or keep the bucket: `deployer state rm` removes it from the state"),
    row("s3", &["GetBucketTagging"], "AccessDenied", "", ErrorClass::Denied, 0).help(
        "allow s3:GetBucketTagging on the bucket; if another account has a bucket of this name, choose another (`state.s3.bucket`, \
         `connect.prompts_bucket`)",
    ),
    row("s3", &[], "PermanentRedirect", "", ErrorClass::Invalid, 0).help(ANOTHER_REGION),
    row("s3", &[], "AuthorizationHeaderMalformed", "", ErrorClass::Invalid, 0).help(ANOTHER_REGION),
    row("s3", &[], "IllegalLocationConstraintException", "", ErrorClass::Invalid, 0).help(ANOTHER_REGION),
    row("s3", &["GetObject"], "AccessDenied", "", ErrorClass::Denied, 0).help(
        "allow s3:GetObject on the bucket's objects and s3:ListBucket on the bucket, without which a missing object looks forbidden; \
         a bucket of another account needs `state.s3.account`",
    ),
    row("s3", &["PutObject"], "AccessDenied", "", ErrorClass::Denied, 0)
        .help("allow s3:PutObject and s3:GetObject on the bucket's objects; conditional writes need both"),
    // Connect
    row("connect", &["CreateInstance"], "ServiceQuotaExceededException", "", ErrorClass::Quota, 0).help(
        "Connect allows 100 creations and deletions of instances in 30 days and two instances per account and region; trying again \
         makes it worse, wait 30 days or ask AWS Support",
    ),
    // "Invalid Input. Instance alias is already used." (terraform-provider-aws#38115).
    row("connect", &["CreateInstance"], "", "already", ErrorClass::AlreadyExists, 0),
    row("connect", &["AssociateLambdaFunction", "AssociateBot", "AssociateInstanceStorageConfig"], "ResourceConflictException", "", ErrorClass::AlreadyExists, 0),
    row("connect", &["ClaimPhoneNumber"], "InvalidParameterException", "not available", ErrorClass::Conflict, 0)
        .help("somebody has the number; leave `number` out, or search for another one in Connect"),
    // An earlier run sent the same token for another number; that number is then found by its tags.
    row("connect", &["ClaimPhoneNumber"], "IdempotencyException", "", ErrorClass::AlreadyExists, 0),
    row("connect", &["UpdateInstanceAttribute"], "AccessDeniedException", "", ErrorClass::Denied, 0).help(
        "allow connect:UpdateInstanceAttribute; voices of one's own (`use_custom_tts_voices`) AWS allows to chosen accounts only",
    ),
    row("connect", &["CreateEvaluationForm", "UpdateEvaluationForm", "CreateRule", "UpdateRule"], "ResourceConflictException", "already", ErrorClass::AlreadyExists, 0),
    row("connect", &["CreateTaskTemplate", "UpdateTaskTemplate"], "PropertyValidationException", "already", ErrorClass::AlreadyExists, 0),
    row("connect", &["CreateTaskTemplate", "UpdateTaskTemplate"], "PropertyValidationException", "", ErrorClass::Invalid, 0)
        .help("correct the file of the task template; `deployer check` knows most of what AWS refuses"),
    row("connect", &[], "ResourceNotReadyException", "", ErrorClass::NotVisibleYet, 5 * MINUTE),
    row("connect", &[], "ResourceConflictException", "", ErrorClass::Conflict, 5 * MINUTE),
    row("connect", &[], "ResourceInUseException", "", ErrorClass::Conflict, MINUTE),
    // A function associated a moment ago may not be known everywhere yet (unverified).
    row("connect", FLOW_WRITES, "InvalidContactFlowException", ":lambda:", ErrorClass::NotVisibleYet, 30).help(FLOW_HELP),
    row("connect", FLOW_WRITES, "InvalidContactFlowModuleException", ":lambda:", ErrorClass::NotVisibleYet, 30).help(FLOW_HELP),
    row("connect", &[], "InvalidContactFlowException", "", ErrorClass::Invalid, 0)
        .help(FLOW_HELP),
    row("connect", &["CreateUser"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of users (500) is used up; delete some or ask for more"),
    row("connect", &["CreateQueue"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of queues (50) is used up; delete some or ask for more"),
    row("connect", &["CreateHoursOfOperation"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of hours of operation (100) is used up; delete some or ask for more"),
    row("connect", &["CreateRoutingProfile"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of routing profiles (100) is used up; delete some or ask for more"),
    row("connect", &["CreatePrompt"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of prompts (500) is used up; delete some or ask for more"),
    row("connect", &["CreateContactFlowModule"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of flow modules (200) is used up; delete some or ask for more"),
    row("connect", &["CreateQuickConnect"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of quick connects (100) is used up; delete some or ask for more"),
    row("connect", &["CreateSecurityProfile"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of security profiles (100) is used up; delete some or ask for more"),
    row("connect", &["CreateUserHierarchyGroup"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of hierarchy groups (500) is used up; delete some or ask for more"),
    row("connect", &["CreateVocabulary"], "ServiceQuotaExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of vocabularies (20) is used up; one that is deleted counts until it is gone, which takes up to 100 minutes"),
    row("connect", &["AssociateBot"], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of Lex bots is used up; remove some or ask for more"),
    row("connect", &["AssociateLambdaFunction"], "ServiceQuotaExceededException", "", ErrorClass::Quota, 0)
        .help("the instance's quota of Lambda functions (50) is used up; remove some or ask for more"),
    row("connect", &[], "LimitExceededException", "", ErrorClass::Quota, 0)
        .help("an instance's quota (100 flows, about 20 of them made by Connect itself) is used up; delete some or ask for more"),
];

/// Error codes with the same meaning in every service.
static COMMON_ERRORS: &[(ErrorClass, u64, &[&str])] = &[
    (
        ErrorClass::Quota,
        0,
        &[
            "LimitExceededException",
            "LimitExceeded",
            "ServiceQuotaExceededException",
            "CodeStorageExceededException",
            "PolicyLengthExceededException",
            "TooManyTagsException",
            "RequestEntityTooLargeException",
        ],
    ),
    (
        ErrorClass::Throttled,
        5 * MINUTE,
        &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "SlowDown",
        ],
    ),
    (
        ErrorClass::NotFound,
        0,
        &[
            "NoSuchEntity",
            "NoSuchEntityException",
            "ResourceNotFoundException",
            "NotFoundException",
            "TableNotFoundException",
            "ContactFlowNotPublishedException",
        ],
    ),
    (
        ErrorClass::AlreadyExists,
        0,
        &["EntityAlreadyExists", "EntityAlreadyExistsException", "ResourceAlreadyExistsException", "DuplicateResourceException"],
    ),
    (
        ErrorClass::Conflict,
        2 * MINUTE,
        &[
            "ConcurrentModification",
            "ConcurrentModificationException",
            "EntityTemporarilyUnmodifiable",
            "EntityTemporarilyUnmodifiableException",
            "OperationAbortedException",
            "TransactionInProgressException",
        ],
    ),
    (
        ErrorClass::Conflict,
        0,
        &[
            "ConflictException",
            "ResourceConflictException",
            "ResourceInUseException",
            "DeleteConflict",
            "DeleteConflictException",
            "PreconditionFailedException",
            "IdempotencyException",
        ],
    ),
    (
        ErrorClass::Denied,
        0,
        &["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "OptInRequired"],
    ),
    (
        ErrorClass::Transient,
        2 * MINUTE,
        &[
            "InternalServerError",
            "InternalServiceException",
            "InternalServiceError",
            "InternalFailure",
            "InternalError",
            "ServiceException",
            "ServiceFailure",
            "ServiceFailureException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "RequestTimeout",
            "RequestTimeoutException",
        ],
    ),
];

impl CallFailure {
    /// Classifies the failure for this operation.
    pub(crate) fn classify(&self, op: Operation) -> Classification {
        let mut verdict = classify(op, self);
        let lost =
            self.kind == FailureKind::NoAnswer || verdict.class == ErrorClass::Transient && self.kind == FailureKind::Refused;
        if lost && op.kind == RetrySafety::Create {
            verdict.class = ErrorClass::UnknownOutcome;
            verdict.retry_for = Duration::ZERO;
            verdict.help = Some("it may or may not have taken effect; the next run looks before it does anything".to_owned());
        }
        verdict.retry_after = self.retry_after.map(|wait| wait.min(Duration::from_secs(120)));
        verdict
    }
}

/// Classifies a failure of this operation, regardless of its retry safety.
fn classify(op: Operation, fault: &CallFailure) -> Classification {
    let plain = |class, budget: u64| Classification {
        class,
        retry_for: Duration::from_secs(budget),
        pause: RetryPause::ByClass,
        retry_after: None,
        help: None,
    };
    let caused = |verdict| Classification { help: ClientProblem::of(fault).map(|cause| cause.help().to_owned()), ..verdict };
    match fault.kind {
        FailureKind::Refused => refused(op, fault),
        FailureKind::NotSent => caused(plain(ErrorClass::Transient, MINUTE)),
        FailureKind::NoAnswer => caused(plain(ErrorClass::Transient, 2 * MINUTE)),
        FailureKind::Unbuildable => caused(plain(ErrorClass::Invalid, 0)),
        FailureKind::NoCredentials => caused(plain(ErrorClass::Denied, 0)),
    }
}

fn refused(op: Operation, fault: &CallFailure) -> Classification {
    let code = fault.code.as_deref().unwrap_or_default();
    // Only the list of problems says what is wrong with a flow.
    let text = [std::slice::from_ref(&fault.message), &fault.problems].concat().join("\n");
    let own = SERVICE_ERRORS.iter().find(|row| row.fits(op, code, &text));
    let (class, budget, help) = if let Some(row) = own {
        (row.class, row.retry_seconds, row.help)
    } else if let Some(cause) = ClientProblem::of(fault) {
        // The text of a page from a proxy or captive portal says nothing about the resource.
        let class = if cause == ClientProblem::NotAws { ErrorClass::Invalid } else { ErrorClass::Denied };
        (class, 0, cause.help())
    } else if let Some((class, budget, _)) = COMMON_ERRORS.iter().find(|(_, _, codes)| codes.contains(&code)) {
        (*class, *budget, "")
    } else {
        by_status(fault.status)
    };
    let help = match class {
        ErrorClass::Denied if help.is_empty() => Some(missing_action(op, &fault.message)),
        _ => (!help.is_empty()).then(|| help.to_owned()),
    };
    let pause = own.map_or(RetryPause::ByClass, |row| row.pause);
    Classification { class, retry_for: Duration::from_secs(budget), pause, retry_after: None, help }
}

fn by_status(status: Option<u16>) -> (ErrorClass, u64, &'static str) {
    match status {
        Some(402) => (ErrorClass::Quota, 0, ""),
        Some(401 | 403) => (ErrorClass::Denied, 0, ""),
        Some(404) => (ErrorClass::NotFound, 0, ""),
        Some(409) => (ErrorClass::Conflict, 0, ""),
        Some(429) => (ErrorClass::Throttled, 5 * MINUTE, ""),
        Some(408 | 500..=599) => (ErrorClass::Transient, 2 * MINUTE, ""),
        _ => (ErrorClass::Invalid, 0, ""),
    }
}

/// Returns advice that names the IAM action: the one in the message, or the one the operation needs.
fn missing_action(op: Operation, message: &str) -> String {
    // Connect also returns this message for a request whose body it cannot parse, even to a caller with full permissions
    // (aws-sdk-js-v3#5020).
    if message.contains("not authorized to perform: connect:*") {
        return format!(
            "check the values of this resource in the spec: Connect answers so to a request that it cannot read; if they are right, \
             allow the IAM action {op} to the principal that runs the deployer"
        );
    }
    let named = message.split_once("not authorized to perform: ").and_then(|(_, rest)| rest.split_whitespace().next());
    let action = match named {
        Some(named) => named.trim_end_matches(['.', ',']).to_owned(),
        // S3 distinguishes a missing object from a forbidden one only for callers that may list the bucket.
        None if op.name == "HeadObject" => {
            "s3:GetObject (of a version: s3:GetObjectVersion), or s3:ListBucket for an object that may be missing,".to_owned()
        }
        None => op.action(),
    };
    format!("allow the IAM action {action} to the principal that runs the deployer")
}
