//! JSON lines: every event unchanged, for programs.

use std::io::Write;

use deployer_engine::{Event, Outcome, Plan};
use serde_json::{Value, json};

use super::Reporter;
use crate::review::Review;

pub(crate) struct JsonLinesReporter;

impl JsonLinesReporter {
    fn write(value: &impl serde::Serialize) {
        let mut out = std::io::stdout().lock();
        // A closed output must not stop a run half-way.
        let _ = serde_json::to_writer(&mut out, value)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out))
            .and_then(|()| out.flush());
    }
}

impl Reporter for JsonLinesReporter {
    fn event(&self, event: Event) {
        // The command that shows the plan writes it as its own line, if it has any changes.
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
