//! One call: answer, save, log, reply.

use vanity::{Answer, Caller, Status};

use crate::event::Call;
use crate::log::Line;
use crate::reply::{Reply, reply};
use crate::store::{Record, Saved, Store};

/// What answers calls. It keeps nothing from one call to the next.
pub(crate) struct Handler<S> {
    pub(crate) store: S,
    /// Milliseconds since 1970.
    pub(crate) now: fn() -> u64,
}

/// How saving went.
struct Save {
    outcome: &'static str,
    error: Option<String>,
}

impl<S: Store> Handler<S> {
    /// Answers a call and saves it if the caller has a number. Never fails: a
    /// caller without a number has a status of its own, and one whose number
    /// cannot be saved hears the vanity numbers all the same.
    pub(crate) async fn answer(&self, call: Call) -> Reply {
        let answer = match call.is_contact {
            true => Answer::to(Caller::read(call.address.as_deref())),
            false => Answer { status: Status::Unavailable, best: None },
        };
        let started = (self.now)();
        let save = self.save(&answer, started, &call.once).await;
        let line = Line {
            at: started,
            status: answer.status.as_str(),
            number: answer.best.map(|best| best.number().masked()),
            contact: &call.once,
            words: answer.best.map_or(0, |best| best.word_count()),
            save: save.outcome,
            save_milliseconds: (self.now)().saturating_sub(started),
            error: save.error,
        };
        println!("{}", line.json());
        reply(&answer)
    }

    async fn save(&self, answer: &Answer, at: u64, once: &str) -> Save {
        let Some(best) = answer.best else { return Save { outcome: "none", error: None } };
        match self.store.save(&Record { best, at, once: once.to_owned() }).await {
            Ok(Saved::Now) => Save { outcome: "saved", error: None },
            Ok(Saved::Before) => Save { outcome: "repeated", error: None },
            Err(error) => Save { outcome: "failed", error: Some(error) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// A store that keeps records, or fails.
    #[derive(Default)]
    struct Double {
        records: Mutex<Vec<Record>>,
        fails: bool,
    }

    impl Store for Double {
        async fn save(&self, record: &Record) -> Result<Saved, String> {
            if self.fails {
                return Err("the table is not there".into());
            }
            // A save that nobody waits for would end here.
            tokio::task::yield_now().await;
            let mut records = self.records.lock().expect("no test panics while it holds this");
            let before = records.iter().any(|held| held.once == record.once);
            records.push(record.clone());
            Ok(if before { Saved::Before } else { Saved::Now })
        }
    }

    fn handler(fails: bool) -> Handler<Double> {
        Handler { store: Double { fails, ..Double::default() }, now: || 42 }
    }

    fn call(address: Option<&str>) -> Call {
        Call { is_contact: true, address: address.map(str::to_owned), once: "c-1".into() }
    }

    #[tokio::test]
    async fn a_caller_with_a_number_is_saved_and_answered() {
        let handler = handler(false);
        assert_eq!(handler.answer(call(Some("+18003569377"))).await["vanity1"], "1-800-FLOWERS");
        let records = handler.store.records.into_inner().expect("unpoisoned");
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].at, records[0].once.as_str()), (42, "c-1"));
    }

    #[tokio::test]
    async fn a_failed_save_still_speaks() {
        let reply = handler(true).answer(call(Some("+18003569377"))).await;
        assert_eq!(reply["status"], "OK");
        assert!(reply["speech"].contains("flowers"));
    }

    #[tokio::test]
    async fn withheld_and_invalid_callers_are_answered_and_not_saved() {
        for (address, status) in [
            (None, "NO_CALLER_ID"),
            (Some(""), "NO_CALLER_ID"),
            (Some("+266696687"), "NO_CALLER_ID"),
            (Some("911"), "INVALID_NUMBER"),
        ] {
            let handler = handler(false);
            assert_eq!(handler.answer(call(address)).await["status"], status);
            assert!(handler.store.records.into_inner().expect("unpoisoned").is_empty());
        }
    }

    #[tokio::test]
    async fn an_unreadable_event_is_answered_and_not_saved() {
        let handler = handler(false);
        let reply = handler.answer(Call { is_contact: false, address: Some("+18003569377".into()), once: "r".into() }).await;
        assert_eq!(reply["status"], "UNAVAILABLE");
        assert!(handler.store.records.into_inner().expect("unpoisoned").is_empty());
    }

    #[tokio::test]
    async fn nothing_of_one_caller_is_left_for_the_next() {
        let handler = handler(false);
        handler.answer(call(Some("+18003569377"))).await;
        let after = handler.answer(call(None)).await;
        assert_eq!(after["vanity1"], "");
        assert!(!after.values().any(|value| value.contains("FLOWERS") || value.contains("flowers")));
    }

    #[test]
    fn the_log_line_has_the_number_masked_and_the_metrics_beside() {
        let number = vanity::Number::parse("+18003569377").expect("a number").masked();
        let line = Line {
            at: 1,
            status: "OK",
            number: Some(number),
            contact: "c-1",
            words: 5,
            save: "saved",
            save_milliseconds: 3,
            error: None,
        };
        let json = line.json();
        assert_eq!(json["number"], "+1********77");
        assert!(!json.to_string().contains("3569377"));
        assert_eq!(json["_aws"]["CloudWatchMetrics"][0]["Namespace"], "VanityNumbers");
    }
}
