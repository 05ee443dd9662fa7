//! Aspects: what visits every resource of a stack, to change it or to say what is wrong with it.

use deployer_engine::{Address, Expr, Node};
use deployer_stack::assembly::{Assembly, Finding, Location, Override, Request, Severity};
use serde_json::Value;

/// Something that visits every resource of a stack after all constructs have been declared.
///
/// A closure over [`Resource`] is an aspect. Aspects run in the order in which they were added; each sees what the ones before it changed.
///
/// ```
/// use deployer_app::{App, Function, Request, Resource};
///
/// let app = App::new(Request::embedded("shop", "dev"));
/// Function::cargo(app.stack(), "convert").memory_mb(1024);
/// app.stack().aspect(|resource: &mut Resource<'_>| {
///     if resource.get("memory_mb").and_then(|memory| memory.as_u64()) > Some(512) {
///         resource.warn("memory", "more than 512 MB", Some("measure it first"));
///     }
/// });
/// assert_eq!(app.assembly().findings[0].subject, "function.convert");
/// ```
pub trait Aspect {
    /// Visits one resource.
    fn visit(&self, resource: &mut Resource<'_>);
}

impl<F: Fn(&mut Resource<'_>)> Aspect for F {
    fn visit(&self, resource: &mut Resource<'_>) {
        self(resource);
    }
}

/// A resource as an aspect sees it.
#[derive(Debug)]
pub struct Resource<'r> {
    request: &'r Request,
    address: &'r Address,
    type_name: &'r str,
    properties: Value,
    location: Location,
    overrides: Vec<Override>,
    findings: Vec<Finding>,
}

impl<'r> Resource<'r> {
    pub(crate) fn new(request: &'r Request, address: &'r Address, node: &'r Node, assembly: &Assembly) -> Self {
        let location = assembly.location_of(address).cloned();
        let location = location.or_else(|| assembly.constructs.first().map(|first| first.location.clone()));
        let location = location.unwrap_or_else(|| Location { file: String::new(), line: 1, column: 1 });
        let properties = node.properties.resolve(&|_| None).value;
        let (overrides, findings) = Default::default();
        Self { request, address, type_name: &node.type_name, properties, location, overrides, findings }
    }

    pub(crate) fn into_parts(self) -> (Vec<Override>, Vec<Finding>) {
        (self.overrides, self.findings)
    }

    /// Returns the address, such as `table.numbers`.
    pub fn address(&self) -> &Address {
        self.address
    }

    /// Returns the name of the type, such as `dynamodb.table`.
    pub fn type_name(&self) -> &str {
        self.type_name
    }

    /// Returns the project.
    pub fn project(&self) -> &str {
        &self.request.project
    }

    /// Returns the environment.
    pub fn environment(&self) -> &str {
        &self.request.environment
    }

    /// Whether the environment is on the embedded AWS.
    pub fn is_embedded(&self) -> bool {
        self.request.embedded
    }

    /// Returns the position of the construct that declares it.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Returns all properties. Outputs of other resources, which are known only after an apply, are `null`.
    pub fn properties(&self) -> &Value {
        &self.properties
    }

    /// Returns the property at this path, with dots, such as `tags.team`; `None` if there is none or it is `null`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let steps: Vec<&str> = match path.strip_prefix("tags.") {
            Some(tag) => vec!["tags", tag],
            None => path.split('.').collect(),
        };
        let found = steps.into_iter().try_fold(&self.properties, |at, step| at.get(step))?;
        (!found.is_null()).then_some(found)
    }

    /// Sets a property, as [`Stack::override_property`](crate::Stack::override_property) does.
    pub fn override_property(&mut self, path: &str, value: impl Into<Value>) {
        let value = Expr::Value(value.into());
        let (address, location) = (self.address.clone(), self.location.clone());
        self.overrides.push(Override { address, path: path.to_owned(), value, location });
    }

    /// Adds a tag, if resources of this type have tags and this one does not have this tag.
    pub fn tag(&mut self, key: &str, value: &str) {
        if self.properties.get("tags").is_some_and(Value::is_object) && self.properties["tags"].get(key).is_none() {
            self.override_property(&format!("tags.{key}"), value);
        }
    }

    /// Reports what `check` is to show. `rule` is a short name for it.
    pub fn warn(&mut self, rule: &str, message: &str, help: Option<&str>) {
        self.report(Severity::Warning, rule, message, help);
    }

    /// Reports an error: nothing is planned or applied.
    pub fn error(&mut self, rule: &str, message: &str, help: Option<&str>) {
        self.report(Severity::Error, rule, message, help);
    }

    /// Reports a finding of this severity.
    pub fn report(&mut self, severity: Severity, rule: &str, message: &str, help: Option<&str>) {
        self.findings.push(Finding {
            severity,
            rule: rule.to_owned(),
            subject: self.address.to_string(),
            message: message.to_owned(),
            help: help.map(str::to_owned),
            location: self.location.clone(),
        });
    }
}
