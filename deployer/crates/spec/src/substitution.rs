//! Values from the environment: `${env:NAME}` in the texts of a tree.
//!
//! The texts are read by the shape of the spec, because it says which of them may contain references to entries (templates) and which
//! stand for a number or a boolean. Afterwards a template is still in its source form, in which `$${` is a literal `${`; every other text
//! is literal.

use std::collections::{BTreeMap, BTreeSet};
use std::env::VarError;

use crate::check::below;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::patterns::DEPLOYER_VARIABLE;
use crate::shape::Shape;
use crate::template::position_in;
use crate::yaml::{Node, Value};

/// The result of a substitution.
#[derive(Debug, Default)]
pub(crate) struct Substituted {
    /// Variables whose values a text contains, by the position of the text.
    pub(crate) substituted: BTreeMap<Span, BTreeSet<String>>,
    /// Positions of the texts with an error, whose values mean nothing.
    pub(crate) invalid: BTreeSet<Span>,
    /// The errors.
    pub(crate) faults: Vec<Diagnostic>,
}

type Variables<'l> = &'l dyn Fn(&str) -> Result<String, VarError>;

/// Puts the values of environment variables into the tree.
pub(crate) fn substitute(shape: &Shape, root: &mut Node, variable: Variables<'_>) -> Substituted {
    // The name of a variable that holds a secret may itself be a value of the environment.
    let mut named = root.clone();
    Substitution { variable, secrets: BTreeSet::new(), done: Substituted::default() }.value(shape, &mut named, "");
    let mut substitution = Substitution { variable, secrets: secrets(&named), done: Substituted::default() };
    substitution.value(shape, root, "");
    substitution.done
}

/// Returns the variables that the tree declares to hold secrets: of functions, and first passwords of users.
fn secrets(root: &Node) -> BTreeSet<String> {
    let entries = |owner: Option<&Node>| -> Vec<Node> {
        owner.into_iter().flat_map(Node::members).map(|(_, _, value)| value.clone()).collect()
    };
    let functions = entries(root.get("functions"));
    let values = functions.iter().flat_map(|function| entries(function.get("environment")));
    let of_functions = values.filter_map(|value| Some(value.get("secret")?.text()?.to_owned()));
    let users = entries(root.find(&["connect", "users"]));
    let of_users = users.iter().filter_map(|user| Some(user.find(&["password", "env"])?.text()?.to_owned()));
    of_functions.chain(of_users).collect()
}

struct Substitution<'l> {
    variable: Variables<'l>,
    /// Variables that hold secrets.
    secrets: BTreeSet<String>,
    done: Substituted,
}

impl Substitution<'_> {
    fn value(&mut self, shape: &Shape, node: &mut Node, path: &str) {
        match &mut node.value {
            Value::Map(entries) => {
                for (key, value) in entries {
                    let Some(name) = key.text() else { continue };
                    if let Some(shape) = shape.member(name) {
                        self.value(shape, value, &below(path, name));
                    }
                }
            }
            Value::List(elements) => {
                let element = match shape {
                    Shape::List(element) => element,
                    Shape::Any => shape,
                    _ => return,
                };
                for (index, node) in elements.iter_mut().enumerate() {
                    self.value(element, node, &format!("{path}[{index}]"));
                }
            }
            Value::Text(text) if text.contains("${") => self.text(shape, node, path),
            _ => {}
        }
    }

    fn text(&mut self, shape: &Shape, node: &mut Node, path: &str) {
        let source = node.text().unwrap_or_default().to_owned();
        let mut reader = Reader {
            node,
            source: &source,
            template: shape.is_template(),
            secret: shape.is_template() && is_secret(path.rsplit('.').next().unwrap_or_default()),
            command: path.starts_with("functions.") && path.ends_with(".code.build"),
            secrets: &self.secrets,
            variable: self.variable,
            text: String::new(),
            variables: BTreeSet::new(),
            faults: Vec::new(),
        };
        reader.read();
        let Reader { text, variables, faults, .. } = reader;
        if !faults.is_empty() {
            self.done.invalid.insert(node.span);
            self.done.faults.extend(faults.into_iter().map(|fault| fault.with_path(path)));
        }
        node.value = if variables.is_empty() { Value::Text(text) } else { typed(shape, text) };
        if !variables.is_empty() {
            self.done.substituted.insert(node.span, variables);
        }
    }
}

/// Returns the text as the number or boolean that the shape demands, if it is one.
fn typed(shape: &Shape, text: String) -> Value {
    let trimmed = text.trim();
    let value = match shape {
        Shape::Integer { .. } | Shape::Numbers(_) => trimmed.parse().ok().map(Value::Integer),
        Shape::Positive { .. } => match trimmed.parse() {
            Ok(number) => Some(Value::Integer(number)),
            Err(_) => trimmed.parse().ok().map(Value::Decimal),
        },
        Shape::Bool => trimmed.parse().ok().map(Value::Bool),
        _ => None,
    };
    value.unwrap_or(Value::Text(text))
}

/// Whether a key names a secret, whose value must not be text. Underscores make no difference: `DBPASSWORD` is one as `DB_PASSWORD` is.
pub fn is_secret(key: &str) -> bool {
    const ENDINGS: [&str; 9] =
        ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "ACCESSKEY", "PRIVATEKEY", "CREDENTIALS"];
    let key = key.to_ascii_uppercase().replace('_', "");
    ENDINGS.iter().any(|ending| key.ends_with(ending))
}

/// The reader of one text.
struct Reader<'r> {
    node: &'r Node,
    source: &'r str,
    template: bool,
    secret: bool,
    /// Whether the text is a command, which is printed.
    command: bool,
    secrets: &'r BTreeSet<String>,
    variable: Variables<'r>,
    text: String,
    variables: BTreeSet<String>,
    faults: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let source = self.source;
        let mut done = 0;
        while let Some(found) = source[done..].find("${") {
            let at = done + found;
            if let Some(before) = source[done..at].strip_suffix('$') {
                self.text.push_str(before);
                self.text.push_str(if self.template { "$${" } else { "${" });
                done = at + 2;
                continue;
            }
            self.text.push_str(&source[done..at]);
            let line = source[at..].lines().next().unwrap_or_default();
            let end = line.find('}').map(|end| end + 1);
            let written = &line[..end.unwrap_or(line.len())];
            self.reference(at, written, end.is_some());
            done = at + written.len();
        }
        self.text.push_str(&source[done..]);
    }

    /// Reads what begins with `${` at this byte, to the end of the reference or, if it is not closed, of the line.
    fn reference(&mut self, at: usize, written: &str, closed: bool) {
        let name = written[2..].trim_end_matches('}').trim();
        match name.strip_prefix("env:") {
            Some(variable) if closed => self.variable(at, written, variable),
            // The template itself is read later.
            _ if self.template => self.text.push_str(written),
            _ if !closed => self.fault(at, written, Code::BadReference, "a reference begins here with `${` and has no `}`", HELP),
            _ => {
                let message = format!("`{written}` is a reference, which stands only in `environment` and in flow files");
                self.fault(at, written, Code::BadReference, &message, HELP);
            }
        }
    }

    fn variable(&mut self, at: usize, written: &str, variable: &str) {
        let (name, default) = match variable.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (variable, None),
        };
        if !DEPLOYER_VARIABLE.accepts(name) {
            let message = format!("`{name}` cannot be the name of an environment variable");
            return self.fault(at, written, Code::BadReference, &message, FORM);
        }
        if self.secret {
            let message = format!("a secret in plain text: `{written}` would stand in the plan and in the state");
            let help = format!("write `{{ secret: {name} }}`, which is stored nowhere and printed nowhere");
            return self.fault(at, written, Code::OpenSecret, &message, &help);
        }
        if self.secrets.contains(name) {
            let message =
                format!("a secret in plain text: this spec declares that `{name}` holds one, and `{written}` would print it");
            let help =
                format!("only `{{ secret: {name} }}` in `environment`, or `password: {{ env: {name} }}` of a user, may name it");
            return self.fault(at, written, Code::OpenSecret, &message, &help);
        }
        if self.command {
            let message = format!("`{written}` cannot stand in a command, which is printed");
            let help = format!("write `${name}`: the command has the variables of this process, except credentials and secrets");
            return self.fault(at, written, Code::NotAllowed, &message, &help);
        }
        let value = match (self.variable)(name) {
            Ok(value) if !value.is_empty() => value,
            Err(VarError::NotUnicode(_)) => {
                let message = format!("the environment variable `{name}` of this process is not UTF-8");
                return self.fault(at, written, Code::MissingVariable, &message, "set it to text");
            }
            found => match default {
                Some(default) => default.to_owned(),
                None => {
                    let state = if found.is_ok() { "empty" } else { "not set" };
                    let message = format!("the environment variable `{name}` of this process is {state}");
                    let help = format!(
                        "{name}=… deployer …; in a workflow, set it under `env`; `${{env:{name}:-DEFAULT}}` has a default"
                    );
                    return self.fault(at, written, Code::MissingVariable, &message, &help);
                }
            },
        };
        self.text.push_str(&if self.template { value.replace("${", "$${") } else { value });
        self.variables.insert(name.to_owned());
    }

    fn fault(&mut self, at: usize, written: &str, code: Code, message: &str, help: &str) {
        let span = position_in(self.node, self.source, at, written);
        self.faults.push(Diagnostic::new(code, span, message).help(help));
    }
}

const HELP: &str = "`${env:NAME}` puts in the value of an environment variable; a plain `${` is written `$${`";
const FORM: &str = "write `${env:NAME}` or `${env:NAME:-DEFAULT}`; a name is letters, digits and `_`, no digit first";
