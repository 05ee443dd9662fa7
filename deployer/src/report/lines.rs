//! JSON lines: every event as it is, for programs.

use std::io::Write;

use deployer_engine::{Event, Outcome, Plan};
use serde_json::{Value, json};

use super::Reporter;
use crate::review::Review;

pub(crate) struct JsonLinesReporter;

impl JsonLinesReporter {
    fn write(value: &impl serde::Serialize) {
        let mut out = std::io::stdout().lock();
        // A reader that went away must not stop a run half-way.
        let _ = serde_json::to_writer(&mut out, value)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out))
            .and_then(|()| out.flush());
    }
}

impl Reporter for JsonLinesReporter {
    fn event(&self, event: Event) {
        // The plan has its own line, in the command that shows it, if there is anything to show.
        match event {
            Event::Planned { plan } => {
                plan.warnings.iter().for_each(|warning| Self::write(&json!({"event": "warning", "warning": warning})));
            }
            event => Self::write(&event),
        }
    }

    fn plan(&self, plan: &Plan) {
        Self::write(&json!({"event": "planned", "plan": plan, "review": Review::of(plan)}));
    }

    fn outcome(&self, outcome: &Outcome) {
        let mut value = serde_json::to_value(outcome).unwrap_or(Value::Null);
        if let Value::Object(members) = &mut value {
            members.insert("event".into(), "outcome".into());
        }
        Self::write(&value);
    }
}
