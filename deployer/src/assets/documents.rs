//! The files of views, task templates, evaluation forms and rules: JSON in the form that the API has, checked without AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use deployer_spec::Connect;
use serde_json::Value;

use crate::files::{self, shown};

/// The contents of all documents, and their files, by section and name, such as `views.detail`.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) contents: BTreeMap<String, Value>,
    pub(crate) paths: BTreeMap<String, PathBuf>,
}

/// What the API reference says of the documents of one section: the members of the request that are not keys of the spec.
struct Section {
    name: &'static str,
    what: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    check: fn(&Value, &mut Errors),
}

const VIEWS: Section =
    Section { name: "views", what: "view", required: &["Template", "Actions"], optional: &[], check: check_view };
const TASK_TEMPLATES: Section = Section {
    name: "task_templates",
    what: "task template",
    required: &["Fields", "Constraints"],
    optional: &["Defaults", "SelfAssignFlowId", "ContactHooks"],
    check: check_template,
};
const EVALUATION_FORMS: Section = Section {
    name: "evaluation_forms",
    what: "evaluation form",
    required: &["Items"],
    optional: &[
        "ScoringStrategy",
        "AutoEvaluationConfiguration",
        "ReviewConfiguration",
        "TargetConfiguration",
        "LanguageConfiguration",
        "AIVersion",
    ],
    check: check_form,
};
const RULES: Section = Section {
    name: "rules",
    what: "rule",
    required: &["TriggerEventSource", "Function", "Actions"],
    optional: &["PreEvaluationFilters"],
    check: check_rule,
};

impl Documents {
    /// Reads and checks all documents of the spec.
    ///
    /// # Errors
    /// One line for each error, of all documents.
    pub(crate) fn read(root: &Path, connect: &Connect) -> Result<Self, Vec<String>> {
        let (mut documents, mut errors) = (Self::default(), Vec::new());
        for (key, view) in &connect.views {
            documents.add(&VIEWS, key.as_str(), root.join(&view.file), false, &mut errors);
        }
        for (key, template) in &connect.task_templates {
            documents.add(&TASK_TEMPLATES, key.as_str(), root.join(&template.file), template.flow.is_some(), &mut errors);
        }
        for (key, form) in &connect.evaluation_forms {
            documents.add(&EVALUATION_FORMS, key.as_str(), root.join(&form.file), false, &mut errors);
        }
        for (key, rule) in &connect.rules {
            documents.add(&RULES, key.as_str(), root.join(&rule.file), false, &mut errors);
        }
        if errors.is_empty() { Ok(documents) } else { Err(errors) }
    }

    fn add(&mut self, section: &Section, key: &str, path: PathBuf, has_flow: bool, errors: &mut Vec<String>) {
        let file = shown(&path);
        let prefix = format!("{} {key}: {}", section.what, file.display());
        let text = match files::read_text(&path, files::MAX_TEXT_BYTES) {
            Ok(text) => text,
            Err(error) => return errors.push(format!("{prefix}: {error}")),
        };
        let mut found = Errors { prefix: prefix.clone(), list: Vec::new(), has_flow };
        match serde_json::from_str::<Value>(&text) {
            Ok(content @ Value::Object(_)) => {
                check_members(section, &content, &mut found);
                (section.check)(&content, &mut found);
                self.contents.insert(format!("{}.{key}", section.name), content);
                self.paths.insert(format!("{}.{key}", section.name), file);
            }
            Ok(_) => found.add("", "it is not a JSON object"),
            Err(error) => errors.push(format!("{prefix}:{}:{}: {error}", error.line(), error.column())),
        }
        errors.extend(found.list);
    }
}

/// The errors of one document.
struct Errors {
    prefix: String,
    list: Vec<String>,
    /// Whether the spec gives a task template a flow.
    has_flow: bool,
}

impl Errors {
    fn add(&mut self, pointer: &str, message: &str) {
        let place = if pointer.is_empty() { String::new() } else { format!("{pointer}: ") };
        self.list.push(format!("{}: {place}{message}", self.prefix));
    }
}

fn check_members(section: &Section, content: &Value, errors: &mut Errors) {
    let members = content.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let known = || section.required.iter().chain(section.optional).copied();
    for name in members.filter(|name| !known().any(|known| known == *name)) {
        let message =
            format!("a {}'s file has no such member; it can have {}", section.what, known().collect::<Vec<_>>().join(", "));
        errors.add(&format!("/{name}"), &message);
    }
    for name in section.required.iter().filter(|name| content.get(**name).is_none()) {
        errors.add("", &format!("`{name}` is missing"));
    }
}

/// A published view has a template that is a JSON object, which the API takes as text.
fn check_view(content: &Value, errors: &mut Errors) {
    if content.get("Template").is_some_and(|template| !is_json(template)) {
        errors.add("/Template", "it is no JSON object");
    }
    if content.get("Actions").is_some_and(|actions| !actions.is_array()) {
        errors.add("/Actions", "it is no list");
    }
}

fn is_json(value: &Value) -> bool {
    let parsed = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    parsed.as_ref().unwrap_or(value).is_object()
}

fn field_names<'v>(content: &'v Value, pointer: &str) -> Vec<&'v str> {
    let fields = content.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    fields.filter_map(|field| field.pointer("/Id/Name").and_then(Value::as_str)).collect()
}

/// Exactly one field has the type NAME, and it is required; there is a flow or a field of the type QUICK_CONNECT (API reference,
/// CreateTaskTemplate). Constraints and defaults are of fields that exist.
fn check_template(content: &Value, errors: &mut Errors) {
    let fields = content.get("Fields").and_then(Value::as_array).cloned().unwrap_or_default();
    let names = field_names(content, "/Fields");
    let known: BTreeSet<&str> = names.iter().copied().collect();
    if names.len() != fields.len() {
        errors.add("/Fields", "each field has a name, `Id.Name`");
    }
    if known.len() != names.len() {
        errors.add("/Fields", "two fields have the same name");
    }
    let of = |kind: &str| fields.iter().filter(|field| field["Type"] == kind).collect::<Vec<_>>();
    let required = field_names(content, "/Constraints/RequiredFields");
    match of("NAME").as_slice() {
        [name] if name.pointer("/Id/Name").and_then(Value::as_str).is_some_and(|name| required.contains(&name)) => {}
        [_] => errors.add("/Constraints/RequiredFields", "the field of the type NAME must be required"),
        _ => errors.add("/Fields", "there must be exactly one field of the type NAME"),
    }
    for pointer in [
        "/Constraints/RequiredFields",
        "/Constraints/ReadOnlyFields",
        "/Constraints/InvisibleFields",
        "/Defaults/DefaultFieldValues",
    ] {
        for name in field_names(content, pointer).into_iter().filter(|name| !known.contains(name)) {
            errors.add(pointer, &format!("there is no field `{name}`"));
        }
    }
    if !errors.has_flow && of("QUICK_CONNECT").is_empty() {
        errors.add("", "a task template needs a `flow` in the spec or a field of the type QUICK_CONNECT");
    }
}

/// Identifiers are unique, questions are in sections, and there are at most 100 of each (API reference, CreateEvaluationForm).
fn check_form(content: &Value, errors: &mut Errors) {
    let top = content.get("Items").and_then(Value::as_array).cloned().unwrap_or_default();
    if top.is_empty() {
        errors.add("/Items", "a form has at least one section");
    }
    for (index, _) in top.iter().enumerate().filter(|(_, item)| item.get("Section").is_none()) {
        errors.add(&format!("/Items/{index}"), "it is no section; a question must be in one");
    }
    let (mut seen, mut counts) = (BTreeSet::new(), BTreeMap::new());
    items(content.get("Items").unwrap_or(&Value::Null), "/Items", &mut |kind, item, pointer| {
        *counts.entry(kind).or_insert(0) += 1;
        match item.get("RefId").and_then(Value::as_str) {
            Some(id) if !seen.insert(id.to_owned()) => errors.add(pointer, &format!("the identifier `{id}` is used twice")),
            Some(_) => {}
            None => errors.add(pointer, "`RefId` is missing"),
        }
    });
    for (kind, count) in counts.into_iter().filter(|(_, count)| *count > 100) {
        errors.add("/Items", &format!("a form has at most 100 items of the kind {kind}; here are {count}"));
    }
}

/// Visits all sections and questions.
fn items(list: &Value, pointer: &str, visit: &mut dyn FnMut(&'static str, &Value, &str)) {
    for (index, item) in list.as_array().into_iter().flatten().enumerate() {
        for kind in ["Section", "Question"] {
            let Some(inner) = item.get(kind) else { continue };
            let pointer = format!("{pointer}/{index}/{kind}");
            visit(kind, inner, &pointer);
            items(inner.get("Items").unwrap_or(&Value::Null), &format!("{pointer}/Items"), visit);
        }
    }
}

/// A rule has an event, a condition in JSON, and an action (API reference, CreateRule).
fn check_rule(content: &Value, errors: &mut Errors) {
    if content.get("Function").is_some_and(|function| !is_json(function)) {
        errors.add("/Function", "it is no JSON object");
    }
    if content.get("Actions").is_some_and(|actions| actions.as_array().is_none_or(Vec::is_empty)) {
        errors.add("/Actions", "a rule has at least one action");
    }
    if content.get("TriggerEventSource").is_some_and(|event| !event["EventSourceName"].is_string()) {
        errors.add("/TriggerEventSource", "`EventSourceName` is missing");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(section: &Section, content: &Value, has_flow: bool) -> Vec<String> {
        let mut errors = Errors { prefix: "f".into(), list: Vec::new(), has_flow };
        check_members(section, content, &mut errors);
        (section.check)(content, &mut errors);
        errors.list
    }

    #[test]
    fn task_templates_name_one_required_field() {
        let field = |name: &str, kind: &str| json!({"Id": {"Name": name}, "Type": kind});
        let good = json!({"Fields": [field("Name", "NAME"), field("Why", "TEXT")],
                          "Constraints": {"RequiredFields": [{"Id": {"Name": "Name"}}]}});
        assert_eq!(errors(&TASK_TEMPLATES, &good, true), Vec::<String>::new());
        assert_eq!(errors(&TASK_TEMPLATES, &good, false).len(), 1);
        let bad = json!({"Fields": [field("Name", "NAME"), field("Name", "NAME")], "Name": "x",
                         "Constraints": {"RequiredFields": [{"Id": {"Name": "None"}}]}});
        assert_eq!(errors(&TASK_TEMPLATES, &bad, true).len(), 4);
    }

    #[test]
    fn forms_have_unique_identifiers_in_sections() {
        let question = |id: &str| json!({"Question": {"RefId": id}});
        let form = |items: Value| json!({"Items": [{"Section": {"RefId": "s", "Items": items}}]});
        assert_eq!(errors(&EVALUATION_FORMS, &form(json!([question("a"), question("b")])), false), Vec::<String>::new());
        assert_eq!(errors(&EVALUATION_FORMS, &form(json!([question("a"), question("s")])), false).len(), 1);
        assert_eq!(errors(&EVALUATION_FORMS, &json!({"Items": [question("a")]}), false).len(), 1);
        let many: Vec<Value> = (0..101).map(|n| question(&n.to_string())).collect();
        assert_eq!(errors(&EVALUATION_FORMS, &form(many.into()), false).len(), 1);
    }

    #[test]
    fn views_and_rules_hold_json() {
        assert_eq!(errors(&VIEWS, &json!({"Template": {"Head": {}}, "Actions": []}), false), Vec::<String>::new());
        assert_eq!(errors(&VIEWS, &json!({"Template": "no", "Actions": {}}), false).len(), 2);
        let event = json!({"EventSourceName": "OnContactEvaluationSubmit"});
        let good = json!({"TriggerEventSource": event, "Function": "{}", "Actions": [{}]});
        assert_eq!(errors(&RULES, &good, false), Vec::<String>::new());
        assert_eq!(errors(&RULES, &json!({"TriggerEventSource": {}, "Function": "x", "Actions": []}), false).len(), 3);
    }
}
