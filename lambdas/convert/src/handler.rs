//! Handling of one call: compute, save, log, reply.

use std::future::Future;

use serde_json::Value;
use table::{Record, Saved, Span, Table, Tracer};
use vanity::{Answer, Caller, Status};

use crate::event::Call;
use crate::log::LogLine;
use crate::reply::{Reply, reply};

/// A store for calls.
pub(crate) trait Store {
    /// Saves a call, exactly once even if repeated.
    ///
    /// # Errors
    /// Returns all known details of the failure, but no phone number.
    fn save(&self, record: &Record) -> impl Future<Output = Result<Saved, String>> + Send;
}

impl Store for Table {
    async fn save(&self, record: &Record) -> Result<Saved, String> {
        Self::save(self, record).await
    }
}

/// The handler of calls. It keeps no state between calls.
pub(crate) struct Handler<S> {
    pub(crate) store: S,
    pub(crate) tracer: Tracer,
    /// Name of the Lambda function.
    pub(crate) function: String,
    /// Returns the milliseconds since 1970.
    pub(crate) now: fn() -> u64,
}

/// Result of a save.
struct Save {
    outcome: &'static str,
    milliseconds: u64,
    error: Option<String>,
}

impl<S: Store> Handler<S> {
    /// Answers a call and saves it if the caller has a number. Never fails: a caller without a number gets a separate status,
    /// and one whose number cannot be saved still hears the vanity numbers.
    pub(crate) async fn answer(&self, call: Call, trace: Option<&str>) -> Reply {
        let (reply, line) = self.handle(call, trace).await;
        println!("{line}");
        reply
    }

    /// Returns the reply and the log line.
    async fn handle(&self, call: Call, trace: Option<&str>) -> (Reply, Value) {
        let answer = match call.is_contact {
            true => Answer::to(Caller::read(call.address.as_deref())),
            false => Answer { status: Status::Unavailable, best: None },
        };
        let started = (self.now)();
        let save = self.save(&answer, started, &call.idempotency_key, trace).await;
        let number = answer.best.map(|best| best.number());
        let line = LogLine {
            at: started,
            function: &self.function,
            status: answer.status.as_str(),
            number: number.map(|number| number.masked()),
            contact: &call.idempotency_key,
            trace,
            words: answer.best.map_or(0, |best| best.word_count()),
            save: save.outcome,
            save_milliseconds: save.milliseconds,
            error: save.error.map(|error| number.map_or(error.clone(), |number| number.masked_in(&error))),
        };
        (reply(&answer), line.json())
    }

    async fn save(&self, answer: &Answer, at: u64, once: &str, trace: Option<&str>) -> Save {
        let Some(best) = answer.best else { return Save { outcome: "none", milliseconds: 0, error: None } };
        let saved = self.store.save(&Record { best, at, idempotency_key: once.to_owned() }).await;
        let ended = (self.now)();
        let failed = saved.is_err();
        self.tracer.emit(trace, &Span { operation: "UpdateItem", started: at, ended, failed });
        let (outcome, error) = match saved {
            Ok(Saved::Counted) => ("saved", None),
            Ok(Saved::Duplicate) => ("repeated", None),
            Err(error) => ("failed", Some(error)),
        };
        Save { outcome, milliseconds: ended.saturating_sub(at), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Mutex;

    /// A fake store that keeps records, or fails.
    #[derive(Default)]
    struct Double {
        records: Mutex<Vec<Record>>,
        fails: bool,
    }

    impl Store for Double {
        async fn save(&self, record: &Record) -> Result<Saved, String> {
            if self.fails {
                return Err("the table is not there for +18003569377".into());
            }
            // A save that is not awaited would end here.
            tokio::task::yield_now().await;
            let mut records = self.records.lock().expect("no test panics while it holds this");
            let before = records.iter().any(|held| held.idempotency_key == record.idempotency_key);
            records.push(record.clone());
            Ok(if before { Saved::Duplicate } else { Saved::Counted })
        }
    }

    fn handler(fails: bool) -> Handler<Double> {
        let store = Double { fails, ..Double::default() };
        Handler { store, tracer: Tracer::to(None, "numbers"), function: "convert".into(), now: || 42 }
    }

    fn call(address: Option<&str>) -> Call {
        Call { is_contact: true, address: address.map(str::to_owned), idempotency_key: "c-1".into() }
    }

    #[tokio::test]
    async fn callers_are_saved_and_answered() {
        let handler = handler(false);
        assert_eq!(handler.answer(call(Some("+18003569377")), None).await["vanity1"], "1-800-FLOWERS");
        let records = handler.store.records.into_inner().expect("unpoisoned");
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].at, records[0].idempotency_key.as_str()), (42, "c-1"));
    }

    #[tokio::test]
    async fn failed_save_still_returns_speech() {
        let reply = handler(true).answer(call(Some("+18003569377")), None).await;
        assert_eq!(reply["status"], "OK");
        assert!(reply["speech"].contains("flowers"));
    }

    #[tokio::test]
    async fn withheld_and_invalid_callers_are_not_saved() {
        for (address, status) in [
            (None, "NO_CALLER_ID"),
            (Some(""), "NO_CALLER_ID"),
            (Some("+266696687"), "NO_CALLER_ID"),
            (Some("911"), "INVALID_NUMBER"),
        ] {
            let handler = handler(false);
            assert_eq!(handler.answer(call(address), None).await["status"], status);
            assert!(handler.store.records.into_inner().expect("unpoisoned").is_empty());
        }
    }

    #[tokio::test]
    async fn an_unreadable_event_is_answered_and_not_saved() {
        let handler = handler(false);
        let reply = handler
            .answer(Call { is_contact: false, address: Some("+18003569377".into()), idempotency_key: "r".into() }, None)
            .await;
        assert_eq!(reply["status"], "UNAVAILABLE");
        assert!(handler.store.records.into_inner().expect("unpoisoned").is_empty());
    }

    #[tokio::test]
    async fn no_state_is_kept_between_callers() {
        let handler = handler(false);
        handler.answer(call(Some("+18003569377")), None).await;
        let after = handler.answer(call(None), None).await;
        assert_eq!(after["vanity1"], "");
        assert!(!after.values().any(|value| value.contains("FLOWERS") || value.contains("flowers")));
    }

    async fn line_of(address: &str, fails: bool) -> Value {
        handler(fails).handle(call(Some(address)), Some("Root=1-5759e988-bd862e3fe1be46a994272793")).await.1
    }

    #[tokio::test]
    async fn number_is_masked_everywhere_in_the_log() {
        for (fails, level, save) in [(false, "INFO", "saved"), (true, "ERROR", "failed")] {
            let line = line_of("+18003569377", fails).await;
            assert_eq!((&line["level"], &line["save"]), (&json!(level), &json!(save)));
            assert_eq!((&line["number"], &line["contactId"]), (&json!("+1********77"), &json!("c-1")));
            assert!(!line.to_string().contains("3569377") && !line.to_string().contains("FLOWERS"), "{line}");
            assert_eq!(line["error"].is_null(), !fails);
        }
        for address in ["junk 18003569377", "+18003569377x1", "+266696687"] {
            let line = line_of(address, false).await;
            assert!(line["number"].is_null() && !line.to_string().contains(address), "{line}");
        }
    }

    #[tokio::test]
    async fn repeated_calls_are_counted_once() {
        let handler = handler(false);
        let first = handler.handle(call(Some("+18003569377")), None).await;
        let again = handler.handle(call(Some("+18003569377")), None).await;
        assert_eq!((&first.1["save"], &again.1["save"]), (&json!("saved"), &json!("repeated")));
        assert_eq!(first.0, again.0);
    }

    #[tokio::test]
    async fn dimensions_and_metrics_are_members_of_the_line() {
        // CloudWatch extracts no metrics otherwise.
        let line = line_of("+18003569377", false).await;
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!((&metrics["Namespace"], &line["_aws"]["Timestamp"]), (&json!("VanityNumbers"), &json!(42)));
        for metric in metrics["Metrics"].as_array().expect("a list") {
            assert!(line[metric["Name"].as_str().expect("a text")].is_number(), "{metric}");
        }
        for dimension in metrics["Dimensions"].as_array().expect("a list").iter().flat_map(|set| set.as_array().expect("a set")) {
            assert!(line[dimension.as_str().expect("a text")].is_string(), "{dimension}");
        }
    }
}
