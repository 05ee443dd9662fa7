//! An action as calls of the builder.

use serde_json::{Map, Value};

use super::WIDTH;
use super::expression;
use super::labels::Labels;
use crate::actions;
use crate::build::shape::{Does, Method, Shape, shapes};
use crate::build::values::COMPARISONS;
use crate::diff::remove_default;
use crate::model::Action;

/// A call of a function, and of methods on what it returns.
pub(super) struct Calls {
    function: String,
    methods: Vec<String>,
    /// Methods after `raw`.
    tail: Vec<String>,
    /// Whether the action lacks something that its type requires.
    incomplete: bool,
}

impl Calls {
    pub(super) fn is_raw(&self) -> bool {
        self.incomplete || !self.tail.is_empty() || self.function.starts_with("raw(")
    }

    fn all(&self) -> Vec<String> {
        let hatch = (self.incomplete || !self.tail.is_empty()).then(|| ".raw()".to_owned());
        std::iter::once(self.function.clone()).chain(self.methods.iter().cloned()).chain(hatch).chain(self.tail.clone()).collect()
    }

    /// Returns the calls on one line, if they fit beside what stands before them, or on a line each.
    pub(super) fn written(&self, before: usize) -> String {
        let all = self.all();
        let line = all.concat();
        if before + line.len() < WIDTH && !line.contains('\n') {
            return line;
        }
        all.join("\n            ")
    }
}

/// Returns the calls that build an action.
pub(super) fn of(action: Action<'_>, labels: &Labels) -> Calls {
    let rules = action.kind().and_then(actions::get);
    let shapes = rules.map(shapes).unwrap_or_default();
    let fitting = shapes.iter().filter_map(|shape| Writer::write(shape, action, labels));
    fitting.min_by_key(|calls| calls.tail.len() + usize::from(calls.incomplete)).unwrap_or_else(|| raw(action, labels))
}

/// Returns an action without its type's methods.
fn raw(action: Action<'_>, labels: &Labels) -> Calls {
    let parameters = Value::Object(action.parameters().cloned().unwrap_or_default());
    let function = format!("raw({:?}, {})", action.kind().unwrap_or_default(), expression::json(&parameters));
    let mut tail: Vec<String> = action.branches().map(|branch| condition(branch, labels)).collect();
    tail.extend(action.errors().map(|branch| error(branch, labels)));
    tail.extend(action.next().map(|next| format!(".then({})", labels.label(next))));
    Calls { function, methods: tail, tail: Vec::new(), incomplete: false }
}

fn condition(branch: crate::model::Branch<'_>, labels: &Labels) -> String {
    let (operator, operand) = branch.condition().map_or(("", &Value::Null), |one| (one.operator, &one.operands[0]));
    let operand = operand.as_str().map_or_else(|| expression::json(operand), |text| format!("{text:?}"));
    format!(".condition({operator:?}, {operand}, {})", labels.label(branch.target().unwrap_or_default()))
}

fn error(branch: crate::model::ErrorBranch<'_>, labels: &Labels) -> String {
    format!(".error({:?}, {})", branch.error_type().unwrap_or_default(), labels.label(branch.target().unwrap_or_default()))
}

/// Collects the calls of one form of an action type.
struct Writer<'s> {
    shape: &'s Shape,
    labels: &'s Labels,
    /// Methods that are called, with their arguments.
    called: Vec<(&'s Method, String)>,
    tail: Vec<String>,
    parameters: Map<String, Value>,
}

impl<'s> Writer<'s> {
    /// Returns the calls, or `None` if the action has not the form.
    fn write(shape: &'s Shape, action: Action<'_>, labels: &'s Labels) -> Option<Calls> {
        let mut parameters = action.parameters().cloned().unwrap_or_default();
        for (path, usual) in shape.rules.defaults {
            remove_default(&mut parameters, path, usual);
        }
        for (name, value) in shape.form.fixed {
            parameters.shift_remove(*name).filter(|found| found == value)?;
        }
        let requires = |name: &&str| shape.rules.parameter(name).is_some() && !parameters.contains_key(*name);
        if shape.form.without.iter().any(|name| parameters.contains_key(*name)) || shape.form.requires.iter().any(requires) {
            return None;
        }
        let mut writer = Self { shape, labels, called: Vec::new(), tail: Vec::new(), parameters };
        for method in &shape.methods {
            if !writer.called.iter().any(|(known, _)| known.name == method.name) {
                let _ = writer.parameter(method);
            }
        }
        writer.conditions(action);
        writer.next(action);
        writer.errors(action);
        writer.rest();
        Some(writer.calls())
    }

    /// Calls a method, if the types allow it.
    fn call(&mut self, method: &'s Method, arguments: String) -> Option<()> {
        let called = self.called.iter().map(|(method, _)| *method);
        self.shape.list_after(called.chain([method]))?;
        self.called.push((method, arguments));
        Some(())
    }

    /// Calls a method that sets a parameter, if the parameter is there and its value is one that the method writes.
    fn parameter(&mut self, method: &'s Method) -> Option<()> {
        let (name, arguments) = match &method.does {
            Does::Set(keys, of) => {
                let name = keys.iter().copied().find(|key| self.parameters.contains_key(*key))?;
                (name, expression::of(of, name, self.parameters.get(name)?)?)
            }
            Does::Member(name, member) => {
                let members = self.parameters.get(*name)?.as_object().filter(|members| members.len() == 1)?;
                (*name, expression::json(members.get(*member)?))
            }
            Does::Fix(name, value) => {
                self.parameters.get(*name).filter(|found| *found == value)?;
                (*name, String::new())
            }
            _ => return None,
        };
        self.call(method, arguments)?;
        self.parameters.shift_remove(name);
        Some(())
    }

    /// Writes the conditions in their order: from the first that no method writes, all follow `raw`.
    fn conditions(&mut self, action: Action<'_>) {
        let mut lists: Vec<(&'static str, Vec<Value>)> = Vec::new();
        for branch in action.branches() {
            let typed = if self.tail.is_empty() { self.condition(branch) } else { None };
            match typed {
                Some(Some((list, element))) => match lists.iter_mut().find(|(known, _)| *known == list) {
                    Some((_, elements)) => elements.push(element.into()),
                    None => lists.push((list, vec![element.into()])),
                },
                Some(None) => {}
                None => self.tail.push(condition(branch, self.labels)),
            }
        }
        // A list that the methods fill is written after them only if it differs.
        for (list, elements) in lists {
            if self.parameters.get(list).is_some_and(|found| *found == Value::Array(elements)) {
                self.parameters.shift_remove(list);
            } else {
                let own = self.parameters.get(list).cloned().unwrap_or_else(|| Value::Array(Vec::new()));
                self.parameters.insert(list.to_owned(), own);
            }
        }
    }

    /// Calls the method for a condition; returns the element that it adds to a list.
    fn condition(&mut self, branch: crate::model::Branch<'_>) -> Option<Option<(&'static str, &'static str)>> {
        let (target, found) = (self.labels.label(branch.target()?), branch.condition()?);
        let operand = found.operands.first()?;
        for method in &self.shape.methods {
            let (arguments, element) = match &method.does {
                Does::Operand(known, list) if found.operator == "Equals" && operand == known => {
                    (target.to_owned(), list.map(|list| (list, *known)))
                }
                Does::On if found.operator == "Equals" => (format!("{:?}, {target}", operand.as_str()?), None),
                Does::Compare(numbers) => {
                    let (function, operator) = COMPARISONS.iter().find(|(_, operator)| *operator == found.operator)?;
                    if *numbers && !operator.starts_with("Number") {
                        return None;
                    }
                    (format!("{function}({}), {target}", expression::operand(operand)?), None)
                }
                _ => continue,
            };
            if self.call(method, arguments).is_some() {
                return Some(element);
            }
        }
        None
    }

    fn errors(&mut self, action: Action<'_>) {
        let (last, others): (Vec<_>, Vec<_>) = action.errors().partition(|branch| branch.error_type() == Some("NoMatchingError"));
        for branch in others.into_iter().chain(last) {
            let does = |method: &&Method| matches!(&method.does, Does::Error(known) if branch.error_type() == Some(known));
            let method = self.shape.methods.iter().find(does);
            let again = method.is_some_and(|method| self.called.iter().any(|(known, _)| known.name == method.name));
            let target = self.labels.label(branch.target().unwrap_or_default()).to_owned();
            let called = method.filter(|_| !again).and_then(|method| self.call(method, target));
            if called.is_none() {
                self.tail.push(error(branch, self.labels));
            }
        }
    }

    /// Writes `NextAction`, unless the builder adds it.
    fn next(&mut self, action: Action<'_>) {
        let Some(next) = action.next() else { return };
        let target = self.labels.label(next).to_owned();
        let find = |does| self.shape.methods.iter().find(|method| method.does == does);
        let (taken, unused) = (find(Does::Next), find(Does::Unused));
        if taken.is_some_and(|method| self.call(method, target.clone()).is_some()) || implied_next(action) == Some(next) {
            return;
        }
        if unused.is_none_or(|method| self.call(method, target.clone()).is_none()) {
            self.tail.push(format!(".then({target})"));
        }
    }

    /// Writes the parameters that no method writes.
    fn rest(&mut self) {
        let rest = self.parameters.iter().map(|(name, value)| format!(".parameter({name:?}, {})", expression::json(value)));
        self.tail.extend(rest.collect::<Vec<_>>());
    }

    fn calls(self) -> Calls {
        let arguments: Vec<&str> = self.shape.arguments().iter().map(|method| method.name.as_str()).collect();
        let is_argument = |method: &Method| arguments.contains(&method.name.as_str());
        let value = |name: &&str| self.called.iter().find(|(method, _)| method.name == **name).map(|(_, value)| value.as_str());
        let values: Vec<&str> = arguments.iter().filter_map(value).collect();
        let all = values.len() == arguments.len();
        let function = match all {
            true => format!("{}({})", self.shape.function, values.join(", ")),
            false => format!("{}::new()", self.shape.structure),
        };
        let others = self.called.iter().filter(|(method, _)| !all || !is_argument(method));
        let methods = others.map(|(method, arguments)| format!(".{}({arguments})", method.name)).collect();
        let lacks = self.shape.lacks_after(self.called.iter().map(|(method, _)| *method));
        Calls { function, methods, tail: self.tail, incomplete: lacks.is_none_or(|lacks| !lacks.is_empty()) }
    }
}

/// Returns the target that the builder gives to `NextAction` of an action without one.
fn implied_next(action: Action<'_>) -> Option<&str> {
    let of = |kind: &str| action.errors().find(|branch| branch.error_type() == Some(kind)).and_then(|branch| branch.target());
    let last = || action.branches().last().and_then(|branch| branch.target());
    of("NoMatchingCondition").or_else(|| of("NoMatchingError")).or_else(last)
}
