//! What agents and supervisors work with, in `connect`: agent statuses, predefined attributes, views, task templates, evaluation forms
//! and rules.

use super::contact_center::{name, purpose};
use super::content::FlowStatus;
use crate::declare::{flag, integer, list, section, span_of, text, word};
use crate::diagnostic::Span;
use crate::names::Name;
use crate::patterns::{CONNECT_DESCRIPTION, FILE, KEY};
use crate::rule::StringPattern;
use crate::string_enum::string_enum;

section! {
    /// `connect.agent_statuses.<name>`
    AgentStatus {
        /// The name that agents see; the key if absent.
        name: String = name();
        /// What it is for; the name if absent.
        description: String = purpose();
        /// Whether agents can choose it.
        enabled: bool = flag().or(true);
        /// Its place in the list that agents see.
        display_order: Option<u32> = integer(1..=50).optional();
    }
}

/// A name or a value of a predefined attribute (API reference, PredefinedAttributeName and PredefinedAttributeStringValue).
static ATTRIBUTE: StringPattern = StringPattern::new(
    "a predefined attribute",
    "1 to 100 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    100,
);

section! {
    /// `connect.predefined_attributes.<name>`
    PredefinedAttribute {
        /// The name in Connect; the key if absent.
        name: String = text(&ATTRIBUTE).or_else(|entry| Some(entry.key.to_owned()));
        /// The values that it can have.
        values: Vec<String> = list(text(&ATTRIBUTE));
        /// What it may be used for, such as `ROUTING`; AWS publishes no list.
        purposes: Vec<String> = list(text(&ATTRIBUTE)).or_empty();
        /// Whether contacts can be given only these values.
        only_these_values: bool = flag().or(false);
    }
}

/// The name of a view (API reference, ViewName).
static VIEW_NAME: StringPattern = StringPattern::new(
    "a view's name",
    "1 to 255 letters and digits of any language, spaces (not at the beginning) and `_.:/=+-@()'`",
    "^([A-Za-z0-9_.:/=+@()'-]|[^\\x00-\\x7f])([A-Za-z0-9 _.:/=+@()'-]|[^\\x00-\\x7f])*$",
    1,
    255,
);

/// The description of a view (API reference, ViewDescription: the characters of a name, and commas).
static VIEW_DESCRIPTION: StringPattern = StringPattern::new(
    "a view's description",
    "1 to 4096 letters and digits of any language, spaces (not at the beginning) and `_.:/=+-@,()'`",
    "^([A-Za-z0-9_.:/=+@,()'-]|[^\\x00-\\x7f])([A-Za-z0-9 _.:/=+@,()'-]|[^\\x00-\\x7f])*$",
    1,
    4_096,
);

section! {
    /// `connect.views.<name>`
    View {
        /// The name in Connect; the key if absent.
        name: String = text(&VIEW_NAME).or_else(|entry| Some(entry.key.to_owned()));
        /// What it is for; the name if absent.
        description: String = text(&VIEW_DESCRIPTION).or_else(|entry| Some(entry.text("name").unwrap_or(entry.key).to_owned()));
        /// The file with its `Template` and `Actions`, as in the API's `Content`.
        file: String = text(&FILE);
        /// The position of `file` in the spec, for diagnostics about the file.
        file_span: Span = span_of("file");
        /// Whether flows can show it: published, or only saved.
        status: FlowStatus = word().or(FlowStatus::Published);
    }
}

/// The name of a task template (API reference, TaskTemplateName).
static TEMPLATE_NAME: StringPattern = StringPattern::new(
    "a task template's name",
    "1 to 100 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    100,
);

section! {
    /// `connect.task_templates.<name>`
    TaskTemplate {
        /// The name in Connect; the key if absent.
        name: String = text(&TEMPLATE_NAME).or_else(|entry| Some(entry.key.to_owned()));
        /// What it is for; the name if absent.
        description: String = purpose();
        /// The file with its `Fields`, `Constraints` and `Defaults`, as in the API.
        file: String = text(&FILE);
        /// The position of `file` in the spec, for diagnostics about the file.
        file_span: Span = span_of("file");
        /// The flow that a task of this template runs: one of `flows`.
        flow: Option<Name> = text(&KEY).optional();
        /// Whether tasks can be created with it.
        active: bool = flag().or(true);
    }
}

section! {
    /// `connect.evaluation_forms.<name>`
    EvaluationForm {
        /// The title in Connect; the key if absent.
        title: String = name();
        /// What it is for; the title if absent.
        description: String = text(&CONNECT_DESCRIPTION).or_else(|entry| Some(entry.text("title").unwrap_or(entry.key).to_owned()));
        /// The file with its `Items` and, if it scores, its `ScoringStrategy`, as in the API.
        file: String = text(&FILE);
        /// The position of `file` in the spec, for diagnostics about the file.
        file_span: Span = span_of("file");
        /// Whether evaluations can be started with it.
        active: bool = flag().or(true);
    }
}

/// The name of a rule (API reference, RuleName).
static RULE_NAME: StringPattern =
    StringPattern::new("a rule's name", "1 to 200 letters, digits and `._-`", "^[0-9a-zA-Z._-]+$", 1, 200);

section! {
    /// `connect.rules.<name>`
    Rule {
        /// The name in Connect; the key if absent.
        name: String = text(&RULE_NAME).or_else(|entry| Some(entry.key.to_owned()));
        /// The file with its `TriggerEventSource`, `Function` and `Actions`, as in the API.
        file: String = text(&FILE);
        /// The position of `file` in the spec, for diagnostics about the file.
        file_span: Span = span_of("file");
        /// Whether it is applied: published, or only a draft.
        status: RuleStatus = word().or(RuleStatus::Published);
    }
}

string_enum! {
    /// Whether a rule is applied (API reference, RulePublishStatus).
    RuleStatus {
        /// It is applied.
        Published = "PUBLISHED",
        /// It is kept only.
        Draft = "DRAFT",
    }
}
