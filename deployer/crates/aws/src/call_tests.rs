use std::cell::Cell;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use deployer_engine::EventSink;

use super::*;
use crate::provider::Artifacts;
use crate::rate_limit::RateLimiting;
use crate::resources::testing::{self, block_on};

struct NoZips;

impl Artifacts for NoZips {
    fn zip(&self, _code_sha256: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

type Refusal = SdkError<ErrorMetadata, HttpResponse>;

fn provider() -> Provider {
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    Provider::new(sdk, "111122223333".to_owned(), "eu-central-1".to_owned(), Arc::new(NoZips))
        .with_rate_limiting(RateLimiting::Off)
}

fn refusal(code: &str, status: u16, message: &str, body: &'static str) -> Refusal {
    let response = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
    SdkError::service_error(ErrorMetadata::builder().code(code).message(message).build(), response)
}

fn unassumable() -> Refusal {
    refusal("InvalidParameterValueException", 400, "The role defined for the function cannot be assumed by Lambda.", "{}")
}

/// Reported retries: attempt, error code and wait.
type Reported = Arc<Mutex<Vec<(u32, Option<String>, Duration)>>>;

/// Returns a context and the list that records its retries.
fn listened() -> (Context, Reported) {
    let reported = Reported::default();
    let into = Arc::clone(&reported);
    let cx = testing::context_with_events(
        "function.convert",
        EventSink::to(move |event| {
            if let Event::Retrying { attempt, error, wait, .. } = event {
                into.lock().expect("nobody panics holding it").push((attempt, error.code, wait));
            }
        }),
    );
    (cx, reported)
}

const MAKE: Operation = Operation::create("lambda", "CreateFunction");

#[test]
fn back_off_grows_and_stays_under_its_ceiling() {
    for class in [ErrorClass::Throttled, ErrorClass::NotVisibleYet, ErrorClass::Transient] {
        let at = |attempt| backoff(class, attempt, 0.999);
        assert!(at(1) < at(2) && at(2) < at(3));
        assert!(at(40) <= Duration::from_secs(30));
        assert_eq!(backoff(class, 5, 0.0), Duration::from_millis(100));
    }
}

#[test]
fn not_yet_is_retried_and_reported() {
    let ((cx, reported), calls) = (listened(), Cell::new(0));
    let answer = block_on(provider().call(&cx, MAKE, || {
        calls.set(calls.get() + 1);
        std::future::ready(if calls.get() < 4 { Err(unassumable()) } else { Ok("made") })
    }));
    assert_eq!(answer.ok(), Some("made"));
    let reported = reported.lock().expect("nobody panics holding it");
    let attempts: Vec<u32> = reported.iter().map(|(attempt, ..)| *attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(reported.iter().all(|(_, code, wait)| code.as_deref() == Some("InvalidParameterValueException") && !wait.is_zero()));
}

#[test]
fn exhausted_budget_returns_the_service_error() {
    let (cx, _) = listened();
    let start = cx.clock.monotonic();
    let answer = block_on(provider().call(&cx, MAKE, || std::future::ready(Err::<(), _>(unassumable()))));
    let error = answer.expect_err("it never became assumable");
    assert_eq!(error.class, ErrorClass::NotVisibleYet);
    assert!(error.retries_exhausted, "nobody waits for it a second time");
    assert!(error.message.starts_with("The role defined") && error.message.contains("still so after"), "{error}");
    let spent = cx.clock.monotonic().saturating_sub(start);
    assert!(spent > Duration::from_secs(8 * 60) && spent <= Duration::from_secs(10 * 60), "{spent:?}");
}

#[test]
fn hour_long_conflict_takes_tens_of_attempts() {
    let (cx, _) = listened();
    let (start, calls) = (cx.clock.monotonic(), Cell::new(0));
    let clock = Arc::clone(&cx.clock);
    let answer = block_on(provider().call(&cx, Operation::idempotent("dynamodb", "UpdateTimeToLive"), || {
        calls.set(calls.get() + 1);
        let text = "Time to live has been modified multiple times within a fixed interval";
        let early = clock.monotonic().saturating_sub(start) < Duration::from_secs(60 * 60);
        std::future::ready(if early { Err(refusal("ValidationException", 400, text, "{}")) } else { Ok(()) })
    }));
    assert!(answer.is_ok(), "{answer:?}");
    assert!((20..60).contains(&calls.get()), "{} calls", calls.get());
    let spent = cx.clock.monotonic().saturating_sub(start);
    assert!(spent < Duration::from_secs(65 * 60), "{spent:?}");
}

#[test]
fn create_with_lost_response_is_sent_once() {
    let calls = Cell::new(0);
    let (cx, reported) = listened();
    let lost = || {
        calls.set(calls.get() + 1);
        std::future::ready(Err::<(), _>(refusal("ServiceException", 500, "?", "{}")))
    };
    let error = block_on(provider().call(&cx, MAKE, lost)).expect_err("lost");
    assert_eq!((error.class, calls.get()), (ErrorClass::UnknownOutcome, 1));
    assert!(reported.lock().expect("nobody panics holding it").is_empty());
}

#[test]
fn timed_out_attempt_is_retried_only_if_safe() {
    let (cx, _) = listened();
    let calls = Cell::new(0);
    let silent = || {
        calls.set(calls.get() + 1);
        std::future::pending::<Result<(), Refusal>>()
    };
    let error = block_on(provider().call(&cx, MAKE, silent)).expect_err("silence");
    assert_eq!((error.class, calls.replace(0)), (ErrorClass::UnknownOutcome, 1));
    let put = Operation::idempotent("iam", "PutRolePolicy");
    let silent_once = || {
        calls.set(calls.get() + 1);
        let first = calls.get() == 1;
        async move { if first { std::future::pending::<Result<u8, Refusal>>().await } else { Ok(7) } }
    };
    assert_eq!(block_on(provider().call(&cx, put, silent_once)).ok(), Some(7));
}

#[test]
fn error_lists_flow_problems_and_request_id() {
    let (cx, _) = listened();
    let body = r#"{"problems":[{"message":"no such action"},{"message":"no such queue"}]}"#;
    let op = Operation::create("connect", "CreateContactFlow");
    let answer = block_on(provider().call(&cx, op, || {
        let mut response = HttpResponse::new(400.try_into().expect("a status"), SdkBody::from(body));
        response.headers_mut().insert("x-amzn-RequestId", "id-1");
        let error = ErrorMetadata::builder().code("InvalidContactFlowException").build();
        std::future::ready(Err::<(), _>(SdkError::service_error(error, response)))
    }));
    let error = answer.expect_err("invalid");
    assert_eq!(
        (error.class, error.problems.as_slice()),
        (ErrorClass::Invalid, ["no such action".to_owned(), "no such queue".to_owned()].as_slice())
    );
    assert_eq!(error.request_id.as_deref(), Some("id-1"));
    assert_eq!(error.operation.as_deref(), Some("connect:CreateContactFlow"));
}

#[test]
fn retry_after_of_the_service_is_respected() {
    let ((cx, reported), calls) = (listened(), Cell::new(0));
    let answer = block_on(provider().call(&cx, Operation::read("lambda", "GetFunction"), || {
        calls.set(calls.get() + 1);
        let busy = refusal("TooManyRequestsException", 429, "Rate exceeded", r#"{"retryAfterSeconds":"17"}"#);
        std::future::ready(if calls.get() == 1 { Err(busy) } else { Ok(()) })
    }));
    assert!(answer.is_ok());
    assert_eq!(reported.lock().expect("nobody panics holding it")[0].2, Duration::from_secs(17));
}

#[test]
fn pagination_ends_at_last_page_or_repeated_token() {
    let page = |token: Option<String>| async move {
        Ok(match token.as_deref() {
            None => (vec![1, 2], Some("a".to_owned())),
            Some("a") => (vec![], Some("b".to_owned())),
            _ => (vec![3], Some("b".to_owned())),
        })
    };
    assert_eq!(block_on(collect_pages(page)).ok(), Some(vec![1, 2, 3]));
    let one = |_| async { Ok((vec![9], Some(String::new()))) };
    assert_eq!(block_on(collect_pages(one)).ok(), Some(vec![9]));
}

#[test]
fn answers_that_alternate_between_two_classes_end() {
    let (cx, _) = listened();
    let asked = Cell::new(0_u32);
    let answer = block_on(provider().call(&cx, Operation::read("lambda", "GetFunction"), || {
        asked.set(asked.get() + 1);
        assert!(asked.get() < 10_000, "it goes on for ever");
        let refusal = match asked.get() % 2 {
            0 => refusal("TooManyRequestsException", 429, "slow down", "{}"),
            _ => refusal("ServiceException", 503, "not now", "{}"),
        };
        std::future::ready(Err::<(), _>(refusal))
    }));
    assert!(answer.expect_err("it never answers").message.contains("still so after"));
}
