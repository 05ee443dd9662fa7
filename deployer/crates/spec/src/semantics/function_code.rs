//! Checks of a function's source, runtime and handler, and of the keys that only some functions have.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{CARGO_RUNTIME, account_and_region};
use crate::runtimes::{Language, RUNTIMES, WITHDRAWN};
use crate::suggest::{closest, listed};
use crate::yaml::{Node, Value};

const SOURCES: [&str; 3] = ["package", "code", "existing"];
const CODE_SOURCES: [&str; 4] = ["cargo", "directory", "zip", "s3"];

/// Maximum numbers of layers (Lambda quotas page), subnets and security groups (service model, SubnetIds and SecurityGroupIds).
const LISTS: [(&[&str], usize, usize); 3] =
    [(&["layers"], 0, 5), (&["vpc", "subnets"], 1, 16), (&["vpc", "security_groups"], 1, 5)];

/// Reports what is wrong with the source, the runtime and the handler of the function `name`.
pub(super) fn check(root: &Node, name: &str, at: Span, function: &Node, faults: &mut Vec<Diagnostic>) {
    if !matches!(function.value, Value::Map(_) | Value::Null) {
        return;
    }
    let path = format!("functions.{name}");
    let mut checker = Checker { root, function, path, at, faults };
    let given: Vec<&str> = SOURCES.into_iter().filter(|key| function.get(key).is_some()).collect();
    match given.as_slice() {
        [] => {
            let help = "write `package: NAME` for a Cargo package, `code: { directory: PATH }`, `code: { zip: FILE }`, or `existing: NAME`";
            checker.fault(Code::MissingKey, at, format!("`{name}` has no code"), "", help);
        }
        ["existing"] => checker.existing(),
        [_] => checker.own(),
        [first, second, ..] => {
            let span = checker.span(second);
            let message = format!("`{name}` has both `{first}` and `{second}`");
            checker.fault(Code::Conflict, span, message, second, "leave one of them out");
        }
    }
}

struct Checker<'n, 'f> {
    root: &'n Node,
    function: &'n Node,
    path: String,
    at: Span,
    faults: &'f mut Vec<Diagnostic>,
}

impl<'n> Checker<'n, '_> {
    fn fault(&mut self, code: Code, span: Span, message: impl Into<String>, key: &str, help: impl Into<String>) {
        let path = if key.is_empty() { self.path.clone() } else { format!("{}.{key}", self.path) };
        self.faults.push(Diagnostic::new(code, span, message).with_path(path).help(help));
    }

    fn span(&self, key: &str) -> Span {
        self.function.get(key).map_or(self.at, |node| node.span)
    }

    fn text(&self, key: &str) -> Option<&'n str> {
        self.function.get(key).and_then(Node::text)
    }

    /// A function that exists is never changed, so nothing else can be said of it.
    fn existing(&mut self) {
        let others: Vec<(String, Span)> = self
            .function
            .members()
            .filter(|(key, ..)| !["existing", "description"].contains(key))
            .map(|(key, at, _)| (key.to_owned(), at.span))
            .collect();
        for (key, span) in others {
            let message = format!("`{key}` would change a function that is only called");
            self.fault(Code::Conflict, span, message, &key, "leave it out: a function under `existing` is never changed");
        }
        let Some(arn) = self.text("existing").filter(|name| name.starts_with("arn:")) else { return };
        let Some((account, region)) = account_and_region(self.root) else { return };
        let parts: Vec<&str> = arn.split(':').collect();
        if let [_, _, _, found_region, found_account, ..] = parts.as_slice()
            && (*found_region, *found_account) != (region, account)
        {
            let message =
                format!("the function is in {found_account}, {found_region}; this environment is in {account}, {region}");
            let help =
                "the permission to invoke it is made in this account and Region only; name a function of the environment's own";
            self.fault(Code::Conflict, self.span("existing"), message, "existing", help);
        }
    }

    fn own(&mut self) {
        let is_cargo = match self.function.get("code") {
            None => true,
            Some(code) => self.code(code),
        };
        self.runtime(is_cargo);
        self.levels();
        for (keys, min, max) in LISTS {
            let Some(list) = self.function.find(keys) else { continue };
            let length = list.elements().len();
            if matches!(list.value, Value::List(_)) && !(min..=max).contains(&length) {
                let key = keys.join(".");
                let message = format!("`{key}` has {length} entries; Lambda takes {min} to {max}");
                self.fault(Code::OutOfRange, list.span, message, &key, "leave out what is not needed, or name what is");
            }
        }
    }

    /// Whether the code is a Cargo package.
    fn code(&mut self, code: &'n Node) -> bool {
        if !matches!(code.value, Value::Map(_)) {
            return false;
        }
        let given: Vec<&str> = CODE_SOURCES.into_iter().filter(|key| code.get(key).is_some()).collect();
        match given.as_slice() {
            [] => self.fault(
                Code::MissingKey,
                code.span,
                "`code` names no source",
                "code",
                format!("it is one of {}", listed(&CODE_SOURCES)),
            ),
            [_] => {}
            [first, second, ..] => {
                let message = format!("`code` has both `{first}` and `{second}`");
                self.fault(Code::Conflict, code.span, message, "code", "leave one of them out");
            }
        }
        self.place(code);
        for (key, needed) in [("build", "directory"), ("output", "build")] {
            if let Some(node) = code.get(key).filter(|_| code.get(needed).is_none()) {
                let message = format!("`{key}` goes with `{needed}`, which `code` does not have");
                self.fault(
                    Code::Conflict,
                    node.span,
                    message,
                    &format!("code.{key}"),
                    format!("add `{needed}`, or leave `{key}` out"),
                );
            }
        }
        given == ["cargo"]
    }

    /// Refuses a directory that would pack the spec or the state. Links are not followed here; packing does.
    fn place(&mut self, code: &Node) {
        let Some(node) = code.get("directory") else { return };
        let Some(directory) = node.text().map(parts) else { return };
        let state = self.root.find(&["state", "directory"]).and_then(Node::text);
        let reserved = ["config", ".deployer"].into_iter().chain(state).map(|place| (place, parts(place)));
        let mut reserved = reserved.filter(|(_, place)| !place.is_empty());
        let found = reserved.find(|(_, place)| directory.starts_with(place) || place.starts_with(&directory));
        if let Some((place, _)) = found {
            let written = node.text().unwrap_or_default();
            let message = format!("`{written}` would pack what is in `{place}`, the specs or the state, with the function");
            let help = "name a directory that has the function's files only, such as `functions/NAME`";
            self.fault(Code::Conflict, node.span, message, "code.directory", help);
        }
    }

    fn runtime(&mut self, is_cargo: bool) {
        let Some(node) = self.function.get("runtime") else {
            if !is_cargo {
                let help = "such as `runtime: python3.13`, or `provided.al2023` for an executable `bootstrap`";
                self.fault(Code::MissingKey, self.at, format!("`{}` has no `runtime`", self.path), "", help);
            }
            return;
        };
        let Some(name) = node.text() else { return };
        if let Some((_, since)) = WITHDRAWN.iter().find(|(withdrawn, _)| *withdrawn == name) {
            let message = format!("AWS has withdrawn `{name}`: it is deprecated since {since}");
            let help = format!("use {}", listed(&alternatives(name)));
            return self.fault(Code::NotAllowed, node.span, message, "runtime", help);
        }
        let known = RUNTIMES.iter().map(|runtime| runtime.name);
        if !known.clone().any(|known| known == name) {
            let help = format!("there are {}", known.clone().collect::<Vec<_>>().join(", "));
            self.fault(Code::NotAllowed, node.span, format!("Lambda has no runtime `{name}`"), "runtime", help);
            if let Some(last) = self.faults.last_mut() {
                last.did_you_mean = closest(name, known).map(str::to_owned);
            }
            return;
        }
        if is_cargo && Language::of(name) != Language::Provided {
            let message = format!("a Cargo package is an executable, which `{name}` does not run");
            let help = format!("leave `runtime` out, which means {CARGO_RUNTIME}, or name another source in `code`");
            return self.fault(Code::Conflict, node.span, message, "runtime", help);
        }
        self.handler(Language::of(name), name);
    }

    fn handler(&mut self, language: Language, runtime: &str) {
        let example = match language {
            Language::Provided => return,
            Language::Python => "`app.handler`: the function `handler` in `app.py`",
            Language::Node => "`index.handler`: the export `handler` of `index.js` or `index.mjs`",
            Language::Other => "as AWS documents it for the runtime",
        };
        match self.function.get("handler") {
            None => {
                let message = format!("`{}` has no `handler`, which {runtime} needs", self.path);
                self.fault(Code::MissingKey, self.at, message, "", format!("such as {example}"));
            }
            Some(node) if language != Language::Other && node.text().is_some_and(|text| !is_handler(text)) => {
                let message = format!("`{}` names no function of a file", node.text().unwrap_or_default());
                self.fault(Code::BadValue, node.span, message, "handler", format!("write it like {example}"));
            }
            Some(_) => {}
        }
    }

    fn levels(&mut self) {
        if self.text("log_format") == Some("JSON") {
            return;
        }
        for key in ["log_level", "system_log_level"] {
            if let Some(node) = self.function.get(key) {
                let message = format!("`{key}` applies to logs in JSON only");
                self.fault(Code::Conflict, node.span, message, key, "add `log_format: JSON`, or leave it out");
            }
        }
    }
}

/// Returns the names in a relative path.
fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").collect()
}

/// Whether the text is `FILE.FUNCTION`, where the file may be in a directory.
fn is_handler(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(file, function)| !file.is_empty() && !file.ends_with('/') && !function.is_empty())
}

/// Returns the runtimes of the same language, or those of executables.
fn alternatives(withdrawn: &str) -> Vec<&'static str> {
    let language: String = withdrawn.chars().take_while(char::is_ascii_lowercase).collect();
    let language = language.trim_end_matches("core");
    let same: Vec<&str> = RUNTIMES.iter().map(|runtime| runtime.name).filter(|name| name.starts_with(language)).collect();
    if same.is_empty() { vec![CARGO_RUNTIME] } else { same }
}
