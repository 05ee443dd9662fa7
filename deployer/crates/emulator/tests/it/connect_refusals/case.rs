//! Test cases: a valid request for one operation, and its invalid variations.

use serde_json::Value;

use super::NOBODY;
use super::fixture::Fixture;

/// The expected result of sending the same request again.
#[derive(Clone, Copy)]
pub(super) enum Again {
    Good,
    Refused(&'static str),
}

/// A valid request. Texts in braces are placeholders for values of the fixture.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) operation: &'static str,
    pub(super) method: &'static str,
    path: String,
    body: Value,
    /// Required members: `/Pointer` into the body, or the name of a query parameter.
    pub(super) required: Vec<&'static str>,
    pub(super) malformed: Vec<(&'static str, Value)>,
    /// Members that refer to an existing resource.
    references: Vec<&'static str>,
    pub(super) again: Again,
    /// Resource by which the operation is authorized.
    pub(super) judged_on: &'static str,
    /// Error code for malformed input, if the operation has its own.
    pub(super) own_code: Option<&'static str>,
    /// Whether the model has no constraint on any part.
    pub(super) takes_anything: bool,
}

pub(super) fn case(operation: &'static str, method: &'static str, path: &str, body: Value) -> Case {
    Case {
        operation,
        method,
        path: path.to_owned(),
        body,
        required: Vec::new(),
        malformed: Vec::new(),
        references: Vec::new(),
        again: Again::Good,
        judged_on: "{instance_arn}",
        own_code: None,
        takes_anything: false,
    }
}

impl Case {
    pub(super) fn needs(mut self, members: &[&'static str]) -> Self {
        self.required = members.to_vec();
        self
    }

    pub(super) fn bad(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.malformed.push((member, value.into()));
        self
    }

    pub(super) fn refers(mut self, members: &[&'static str]) -> Self {
        self.references = members.to_vec();
        self
    }

    pub(super) fn again(mut self, code: &'static str) -> Self {
        self.again = Again::Refused(code);
        self
    }

    pub(super) fn on(mut self, resource: &'static str) -> Self {
        self.judged_on = resource;
        self
    }

    pub(super) fn code(mut self, code: &'static str) -> Self {
        self.own_code = Some(code);
        self
    }

    pub(super) fn anything(mut self) -> Self {
        self.takes_anything = true;
        self
    }

    /// Returns path and body with the placeholders filled in from the fixture.
    pub(super) fn filled(&self, fixture: &Fixture) -> (String, String) {
        let body = if self.body.is_null() { String::new() } else { fixture.fill(&self.body.to_string()) };
        (fixture.fill_path(&self.path), body)
    }

    /// Returns the request without a member.
    pub(super) fn without(&self, member: &str) -> Self {
        let mut changed = self.clone();
        match member.rsplit_once('/') {
            Some((parent, name)) => {
                let parent = changed.body.pointer_mut(parent).and_then(Value::as_object_mut);
                let gone = parent.and_then(|parent| parent.remove(name));
                assert!(gone.is_some(), "{} has no {member}", self.operation);
            }
            None => changed.path = self.with_query(member, None),
        }
        changed
    }

    /// Returns the request with another value of a member.
    pub(super) fn with(&self, member: &str, value: Value) -> Self {
        let mut changed = self.clone();
        match member.rsplit_once('/') {
            Some((parent, name)) => {
                let parent = changed.body.pointer_mut(parent);
                let parent = parent.unwrap_or_else(|| panic!("{} has no {member}", self.operation));
                match parent {
                    Value::Array(items) => items[name.parse::<usize>().expect("an index")] = value,
                    parent => parent[name] = value,
                }
            }
            None => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                changed.path = self.with_query(member, Some(&text));
            }
        }
        changed
    }

    fn with_query(&self, name: &str, value: Option<&str>) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let kept = query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name)).map(str::to_owned);
        let pairs: Vec<String> = kept.chain(value.map(|value| format!("{name}={value}"))).collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }

    /// Returns the request for another instance, if it names one.
    pub(super) fn with_instance(&self, id: &str) -> Option<Self> {
        let body = self.body.to_string();
        (self.path.contains("{instance}") || body.contains("\"{instance}\"")).then(|| {
            let mut changed = self.clone();
            changed.path = self.path.replace("{instance}", id);
            changed.body = serde_json::from_str(&body.replace("\"{instance}\"", &format!("\"{id}\""))).expect("JSON");
            changed
        })
    }

    /// Returns the requests that refer to a missing resource, one for each reference.
    pub(super) fn absent(&self) -> Vec<(String, Self)> {
        let instance = self.with_instance(NOBODY).map(|bad| ("no such instance".to_owned(), bad));
        let names = self.path.split('?').next().unwrap_or_default().split(['{', '}']).skip(1).step_by(2);
        let parts = names.filter(|name| *name != "instance").map(|name| {
            let mut changed = self.clone();
            let nothing = match name {
                name if name.ends_with("version") => "99".to_owned(),
                name if name.ends_with("_arn") => {
                    format!("arn:aws:connect:{}:{}:instance/{NOBODY}", super::REGION, super::ACCOUNT)
                }
                _ => NOBODY.to_owned(),
            };
            changed.path = self.path.replace(&format!("{{{name}}}"), &nothing);
            (format!("no such {name}"), changed)
        });
        let members = self.references.iter().map(|member| (format!("no such {member}"), self.with(member, NOBODY.into())));
        instance.into_iter().chain(parts).chain(members).collect()
    }
}
