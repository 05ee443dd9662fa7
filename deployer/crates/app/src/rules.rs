//! Rules that stacks should keep, as aspects that report warnings or errors with the line of the construct.
//!
//! ```
//! use deployer_app::{App, Request, Table, rules};
//!
//! let app = App::new(Request::embedded("shop", "dev"));
//! let stack = app.stack();
//! Table::keyed_by(stack, "calls", "id");
//! stack.aspect(rules::recommended());
//! stack.aspect(rules::tagged(["cost-center"]).as_error());
//! let found = app.assembly().findings;
//! let named: Vec<(&str, &str)> = found.iter().map(|found| (found.rule.as_str(), found.subject.as_str())).collect();
//! assert_eq!(named, [("table-backups", "table.calls"), ("tagged", "table.calls")]);
//! ```

use std::fmt;

use deployer_stack::assembly::Severity;
use serde_json::Value;

use crate::aspect::{Aspect, Resource};

/// What is wrong with a resource, and what to do about it.
type Violation = (String, String);

type Judge = dyn Fn(&Resource<'_>) -> Option<Violation>;

/// A rule: says of each resource whether it keeps it.
pub struct Rule {
    name: &'static str,
    severity: Severity,
    violation: Box<Judge>,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({}, {:?})", self.name, self.severity)
    }
}

impl Rule {
    /// Returns a rule of your own. `violation` returns what is wrong with a resource and what to do about it; `None` if it keeps the rule.
    pub fn new(name: &'static str, violation: impl Fn(&Resource<'_>) -> Option<(String, String)> + 'static) -> Self {
        Self { name, severity: Severity::Warning, violation: Box::new(violation) }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Makes violations errors, which keep everything from being planned.
    #[must_use]
    pub fn as_error(self) -> Self {
        Self { severity: Severity::Error, ..self }
    }
}

impl Aspect for Rule {
    fn visit(&self, resource: &mut Resource<'_>) {
        if let Some((message, help)) = (self.violation)(resource) {
            resource.report(self.severity, self.name, &message, Some(&help));
        }
    }
}

/// Several rules.
#[derive(Debug)]
pub struct RuleSet(Vec<Rule>);

impl RuleSet {
    /// Returns these rules as a set.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self(rules.into_iter().collect())
    }

    /// Makes violations of all rules errors.
    #[must_use]
    pub fn as_errors(self) -> Self {
        Self(self.0.into_iter().map(Rule::as_error).collect())
    }

    /// Returns the set without the rule of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|rule| rule.name != name);
        self
    }
}

impl Aspect for RuleSet {
    fn visit(&self, resource: &mut Resource<'_>) {
        self.0.iter().for_each(|rule| rule.visit(resource));
    }
}

/// Returns the rules that every stack should keep: [`table_backups`], [`log_retention`], [`deletion_protection`] and
/// [`narrow_permissions`].
pub fn recommended() -> RuleSet {
    RuleSet::new([table_backups(), log_retention(), deletion_protection(), narrow_permissions()])
}

/// `table-backups`: every table can be restored to an earlier time.
pub fn table_backups() -> Rule {
    Rule::new("table-backups", |resource| {
        let is_without = resource.type_name() == "dynamodb.table" && !is_true(resource, "point_in_time_recovery");
        is_without.then(|| {
            ("the table cannot be restored to an earlier time".to_owned(), "call point_in_time_recovery(true)".to_owned())
        })
    })
}

/// `log-retention`: every log group has a retention period.
pub fn log_retention() -> Rule {
    Rule::new("log-retention", |resource| {
        let is_endless = resource.type_name() == "logs.group" && resource.get("retention_days").is_none();
        is_endless.then(|| ("its log events are kept for ever".to_owned(), "call log_retention_days(30)".to_owned()))
    })
}

/// `deletion-protection`: on AWS, tables and instances are protected from deletion.
pub fn deletion_protection() -> Rule {
    Rule::new("deletion-protection", |resource| {
        let holds_data = ["dynamodb.table", "connect.instance"].contains(&resource.type_name());
        let is_open = holds_data && !resource.is_embedded() && !is_true(resource, "deletion_protection");
        is_open.then(|| ("a mistake can delete it with its data".to_owned(), "call deletion_protection(true)".to_owned()))
    })
}

/// `narrow-permissions`: no role may do everything, with a whole service or at all.
pub fn narrow_permissions() -> Rule {
    Rule::new("narrow-permissions", |resource| {
        if resource.type_name() != "iam.role" {
            return None;
        }
        let managed = resource.get("managed").into_iter().flat_map(each).filter_map(Value::as_str);
        let administrator = managed.into_iter().find(|arn| arn.ends_with(":policy/AdministratorAccess"));
        let documents = resource.get("policies").and_then(Value::as_object).into_iter().flat_map(serde_json::Map::values);
        let statements = documents.flat_map(|document| each(&document["Statement"]));
        let mut allowed = statements.filter(|statement| statement["Effect"] == "Allow");
        let wide = allowed.find_map(|statement| match statement.get("NotAction") {
            Some(_) => Some("everything but some actions".to_owned()),
            None => {
                let mut actions = each(&statement["Action"]).iter().filter_map(Value::as_str);
                actions.find(|action| *action == "*" || action.ends_with(":*")).map(|action| format!("`{action}`"))
            }
        });
        let what = administrator.map(|arn| format!("what {arn} allows")).or(wide)?;
        Some((format!("its role may do {what}"), "name the actions that it needs".to_owned()))
    })
}

/// Returns the items of a list; IAM takes one item in the place of a list of it.
fn each(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// `tagged`: every resource that takes tags has these.
pub fn tagged<'t>(keys: impl IntoIterator<Item = &'t str>) -> Rule {
    let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
    Rule::new("tagged", move |resource| {
        let tags = resource.get("tags")?.as_object()?;
        let missing: Vec<String> = keys.iter().filter(|key| !tags.contains_key(*key)).map(|key| format!("`{key}`")).collect();
        let what = if missing.len() == 1 { "the tag" } else { "the tags" };
        (!missing.is_empty())
            .then(|| (format!("it lacks {what} {}", missing.join(", ")), "set `tags` in the spec, or call stack.tag".to_owned()))
    })
}

/// `named`: the name in AWS of every resource that has one fits. `fits` is given the name; `form` says what names look like.
pub fn named(form: &str, fits: impl Fn(&str) -> bool + 'static) -> Rule {
    let form = form.to_owned();
    Rule::new("named", move |resource| {
        let name = resource.get("name")?.as_str()?;
        (!fits(name)).then(|| (format!("it is called `{name}`"), format!("names are {form}")))
    })
}

fn is_true(resource: &Resource<'_>, property: &str) -> bool {
    resource.get(property) == Some(&Value::Bool(true))
}
