use super::*;

fn refusal(code: &str, status: u16, message: &str) -> CallFailure {
    CallFailure {
        code: Some(code.to_owned()),
        status: Some(status),
        ..CallFailure::new(FailureKind::Refused, message.to_owned())
    }
}

fn class(op: Operation, code: &str, status: u16, message: &str) -> (ErrorClass, bool) {
    let verdict = refusal(code, status, message).classify(op);
    (verdict.class, !verdict.retry_for.is_zero())
}

#[test]
fn retries_until_lambda_can_assume_the_role() {
    let message = "The role defined for the function cannot be assumed by Lambda.";
    let op = Operation::create("lambda", "CreateFunction");
    assert_eq!(class(op, "InvalidParameterValueException", 400, message), (ErrorClass::NotVisibleYet, true));
    assert_eq!(class(op, "InvalidParameterValueException", 400, "Unzipped size must be smaller"), (ErrorClass::Invalid, false));
}

#[test]
fn existing_function_is_no_update_in_progress() {
    let op = Operation::create("lambda", "CreateFunction");
    assert_eq!(class(op, "ResourceConflictException", 409, "Function already exist: f"), (ErrorClass::AlreadyExists, false));
    let busy = "The operation cannot be performed at this time. An update is in progress for resource: f";
    assert_eq!(class(op, "ResourceConflictException", 409, busy), (ErrorClass::Conflict, true));
}

#[test]
fn quota_error_is_fatal_despite_sdk_throttling_code() {
    for (service, name) in [("connect", "CreateContactFlow"), ("apigateway", "CreateRestApi"), ("acm", "ImportCertificate")] {
        let op = Operation::create(service, name);
        assert_eq!(class(op, "LimitExceededException", 429, "Maximum number of these"), (ErrorClass::Quota, false));
    }
    assert_eq!(
        class(Operation::idempotent("connect", "CreateInstance"), "ServiceQuotaExceededException", 402, "flagged"),
        (ErrorClass::Quota, false)
    );
    let op = Operation::create("dynamodb", "CreateTable");
    let busy = "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted simultaneously";
    assert_eq!(class(op, "LimitExceededException", 400, busy), (ErrorClass::Throttled, true));
}

#[test]
fn an_instance_quota_says_not_to_try_again() {
    let verdict =
        refusal("ServiceQuotaExceededException", 402, "flagged").classify(Operation::idempotent("connect", "CreateInstance"));
    assert!(verdict.help.is_some_and(|help| help.contains("30 days")));
}

#[test]
fn throttling_is_retried_for_every_call() {
    for op in
        [Operation::read("iam", "GetRole"), Operation::idempotent("iam", "PutRolePolicy"), Operation::create("iam", "CreateRole")]
    {
        assert_eq!(class(op, "Throttling", 400, "Rate exceeded"), (ErrorClass::Throttled, true));
        assert_eq!(class(op, "Unheard", 429, "slow down"), (ErrorClass::Throttled, true));
    }
}

#[test]
fn create_with_lost_response_is_never_retried() {
    let create = Operation::create("apigateway", "CreateRestApi");
    let put = Operation::idempotent("apigateway", "PutRestApi");
    let lost = [
        refusal("InternalFailure", 500, "?"),
        refusal("ServiceUnavailableException", 503, "?"),
        refusal("Unheard", 502, "?"),
        CallFailure::timed_out(Duration::from_secs(60)),
    ];
    for fault in lost {
        let verdict = fault.classify(create);
        assert_eq!((verdict.class, verdict.retry_for), (ErrorClass::UnknownOutcome, Duration::ZERO), "{fault:?}");
        let verdict = fault.classify(put);
        assert_eq!((verdict.class, verdict.retry_for.is_zero()), (ErrorClass::Transient, false), "{fault:?}");
    }
    let unsent = CallFailure::new(FailureKind::NotSent, "connection refused".to_owned()).classify(create);
    assert_eq!((unsent.class, unsent.retry_for.is_zero()), (ErrorClass::Transient, false));
}

#[test]
fn every_service_distinguishes_existing_from_missing_resources() {
    let taken = [
        ("iam", "CreateRole", "EntityAlreadyExists", 409, "Role with name r already exists."),
        ("logs", "CreateLogGroup", "ResourceAlreadyExistsException", 400, "The specified log group already exists"),
        ("dynamodb", "CreateTable", "ResourceInUseException", 400, "Table already exists: t"),
        ("lambda", "AddPermission", "ResourceConflictException", 409, "The statement id (SID) provided already exists."),
        ("apigateway", "CreateDomainName", "BadRequestException", 400, "The domain name you provided already exists."),
        ("apigateway", "CreateStage", "ConflictException", 409, "Stage already exists"),
        ("apigateway", "CreateBasePathMapping", "ConflictException", 409, "Base path already exists for this domain name"),
        ("connect", "CreateContactFlow", "DuplicateResourceException", 409, "Duplicate"),
    ];
    for (service, name, code, status, message) in taken {
        assert_eq!(
            class(Operation::create(service, name), code, status, message),
            (ErrorClass::AlreadyExists, false),
            "{service}:{name}"
        );
    }
    let missing = [
        ("iam", "GetRole", "NoSuchEntity", 404),
        ("dynamodb", "DescribeTable", "ResourceNotFoundException", 400),
        ("dynamodb", "DescribeContinuousBackups", "TableNotFoundException", 400),
        ("lambda", "GetPolicy", "ResourceNotFoundException", 404),
        ("apigateway", "GetStage", "NotFoundException", 404),
        ("connect", "DescribeContactFlow", "ContactFlowNotPublishedException", 404),
    ];
    for (service, name, code, status) in missing {
        assert_eq!(
            class(Operation::read(service, name), code, status, "gone"),
            (ErrorClass::NotFound, false),
            "{service}:{name}"
        );
    }
}

#[test]
fn denial_names_the_missing_action() {
    let message = "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: iam:PassRole on resource: x";
    let verdict = refusal("AccessDeniedException", 403, message).classify(Operation::create("lambda", "CreateFunction"));
    assert_eq!(verdict.class, ErrorClass::Denied);
    assert!(verdict.help.is_some_and(|help| help.contains("iam:PassRole")));
    let verdict = refusal("AccessDeniedException", 403, "no").classify(Operation::create("apigateway", "CreateStage"));
    assert!(verdict.help.is_some_and(|help| help.contains("apigateway:POST")));
    let verdict = refusal("AccessDenied", 403, "no").classify(Operation::create("iam", "CreateRole"));
    assert!(verdict.help.is_some_and(|help| help.contains("iam:CreateRole")));
    // Not every S3 operation is an IAM action; a response to HEAD has no code and no text.
    let actions = [
        ("HeadObject", "s3:GetObject"),
        ("HeadObject", "s3:GetObjectVersion"),
        ("ListObjectVersions", "s3:ListBucketVersions"),
        ("DeleteObject", "s3:DeleteObjectVersion"),
    ];
    for (name, action) in actions {
        let verdict = refusal("", 403, "no").classify(Operation::read("s3", name));
        assert_eq!(verdict.class, ErrorClass::Denied);
        assert!(verdict.help.is_some_and(|help| help.contains(action)), "{name}");
    }
}

#[test]
fn connect_denial_also_suggests_a_malformed_request() {
    let op = Operation::idempotent("connect", "UpdateHoursOfOperation");
    let help = |message: &str| refusal("AccessDeniedException", 403, message).classify(op).help.expect("advice");
    // aws-sdk-js-v3#5020.
    let both = help("User: arn:aws:sts::111122223333:assumed-role/ci/x is not authorized to perform: connect:* on resource: *");
    assert!(both.contains("values of this resource") && both.contains("connect:UpdateHoursOfOperation"), "{both}");
    let one =
        help("User: arn:aws:sts::111122223333:assumed-role/ci/x is not authorized to perform: connect:UpdateHoursOfOperation");
    assert!(!one.contains("values of this resource"), "{one}");
}

#[test]
fn flow_problem_naming_a_function_is_retried_briefly() {
    let verdict = |problem: &str| {
        let problems = vec![problem.to_owned()];
        let fault = CallFailure { problems, ..refusal("InvalidContactFlowException", 400, NO_MESSAGE) };
        let verdict = fault.classify(Operation::create("connect", "CreateContactFlow"));
        (verdict.class, verdict.retry_for.as_secs())
    };
    assert_eq!(verdict("arn:aws:lambda:us-east-1:111122223333:function:f is not associated"), (ErrorClass::NotVisibleYet, 30));
    assert_eq!(verdict("the action end has no transition"), (ErrorClass::Invalid, 0));
}

#[test]
fn each_connection_failure_has_its_own_help() {
    let unsent = |text: &str| CallFailure::new(FailureKind::NotSent, text.to_owned());
    let without = |text: &str| CallFailure::new(FailureKind::NoCredentials, text.to_owned());
    let connect = "dispatch failure: io error: client error (Connect)";
    let page = CallFailure { status: Some(404), ..CallFailure::new(FailureKind::NoAnswer, "response error".to_owned()) };
    let late = "Signature expired: 20261123T100000Z is now earlier than 20261123T105500Z";
    let cases = [
        (unsent(&format!("{connect}: dns error: failed to lookup address information")), "region"),
        (unsent(&format!("{connect}: tunnel error: unsuccessful")), "user and password"),
        (unsent(&format!("{connect}: invalid peer certificate: UnknownIssuer")), "AWS_CA_BUNDLE"),
        (unsent(&format!("{connect}: invalid URL, scheme is not http")), "as a URL"),
        (page, "other than AWS"),
        (
            without("an error occurred while loading an access token: failed to load the cached SSO token"),
            "renew the credentials",
        ),
        (without("the credential provider was not enabled: no providers in chain provided credentials"), "give credentials"),
        (without("profile `nobody` was not defined: could not find source profile"), "list-profiles"),
        (without("This behavior requires following cargo feature(s) enabled: another-kind"), "choose a profile"),
        (refusal("InvalidClientTokenId", 403, "The security token included in the request is invalid."), "AWS_ACCESS_KEY_ID"),
        (refusal("SignatureDoesNotMatch", 403, "The request signature we calculated does not match"), "AWS_SECRET_ACCESS_KEY"),
        (refusal("SignatureDoesNotMatch", 403, late), "clock"),
    ];
    // What aws-config says of a session of `aws login` (aws-config 1.13, `login/token.rs`).
    for of_login in
        ["cached Login token is expired", "failed to refresh cached Login token", "missing field `x` in cached Login token file"]
    {
        let help = without(of_login).classify(Operation::read("sts", "GetCallerIdentity")).help.unwrap_or_default();
        assert!(help.contains("renew the credentials: `aws login`"), "{of_login}: {help}");
    }
    let mut seen = std::collections::BTreeSet::new();
    for (fault, part) in cases {
        let help = fault.classify(Operation::read("sts", "GetCallerIdentity")).help.unwrap_or_default();
        assert!(help.contains(part), "{fault:?}: {help}");
        assert!(seen.insert(help.clone()), "two causes have the help {help}");
    }
}

#[test]
fn portal_page_is_no_missing_resource() {
    let page = CallFailure { is_page: true, code: None, ..refusal("", 404, NO_MESSAGE) };
    assert_eq!(page.classify(Operation::read("lambda", "GetFunction")).class, ErrorClass::Invalid);
    let head = CallFailure { code: None, ..refusal("", 404, NO_MESSAGE) };
    assert_eq!(head.classify(Operation::read("s3", "HeadObject")).class, ErrorClass::NotFound);
}

#[test]
fn expired_credentials_are_not_a_missing_permission() {
    let verdict = refusal("ExpiredTokenException", 403, "expired").classify(Operation::read("lambda", "GetFunction"));
    assert_eq!(verdict.class, ErrorClass::Denied);
    assert!(verdict.help.is_some_and(|help| help.contains("credentials")));
}

#[test]
fn echoed_secrets_are_redacted_from_messages() {
    let messages = [
        "the environment variables you have provided exceeded the 4KB limit. String measured: {\"A\":\"s3cret\"}",
        "1 validation error detected: Value '{A=s3cret}' at 'environment.variables' failed to satisfy constraint",
        "cannot read -----BEGIN PRIVATE KEY-----s3cret",
    ];
    for message in messages {
        assert!(!redacted(message).contains("s3cret"), "{message}");
    }
    assert_eq!(redacted("Stage already exists"), "Stage already exists");
}

#[test]
fn contact_flow_problems_are_read_in_both_spellings() {
    let flow = serde_json::json!({"problems": [{"message": "a"}, {"message": "b"}]});
    let module = serde_json::json!({"Problems": [{"Message": "c"}]});
    assert_eq!(problems(&flow), ["a", "b"]);
    assert_eq!(problems(&module), ["c"]);
    assert!(problems(&serde_json::json!({})).is_empty());
}
