//! Text that may contain references: `${tables.numbers.name}`.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::names::Name;
use crate::string_enum::string_enum;
use crate::suggest::{closest, listed};
use crate::yaml::Node;

string_enum! {
    /// The kind of entry that a reference names.
    ReferenceKind {
        /// The project, the environment, the Region or the account: `${project}`.
        Setting = "setting",
        /// `${tables.<name>.…}`
        Table = "tables",
        /// `${functions.<name>.…}`
        Function = "functions",
        /// `${connect.…}`
        Connect = "connect",
        /// `${connect.flows.<name>.…}`
        Flow = "connect.flows",
        /// `${connect.modules.<name>.…}`
        Module = "connect.modules",
        /// `${connect.queues.<name>.…}`
        Queue = "connect.queues",
        /// `${connect.hours.<name>.…}`
        Hours = "connect.hours",
        /// `${connect.routing_profiles.<name>.…}`
        RoutingProfile = "connect.routing_profiles",
        /// `${connect.users.<name>.…}`
        User = "connect.users",
        /// `${connect.phone_numbers.<name>.…}`
        PhoneNumber = "connect.phone_numbers",
        /// `${connect.prompts.<name>.…}`
        Prompt = "connect.prompts",
        /// `${connect.bots.<name>.…}`
        Bot = "connect.bots",
        /// `${api.…}`
        Api = "api",
    }
}

string_enum! {
    /// The output of an entry that a reference requests.
    Output {
        /// The name in AWS.
        Name = "name",
        /// The ARN.
        Arn = "arn",
        /// The ID.
        Id = "id",
        /// The alias of the Connect instance.
        Alias = "alias",
        /// The phone number.
        Number = "number",
        /// The part of an execute-api ARN that names the API, `arn:aws:execute-api:R:A:ID`.
        ExecutionArn = "execution_arn",
        /// The URL of the API's stage.
        Url = "url",
        /// The API's custom domain.
        Domain = "domain",
        /// The name of the API's stage.
        Stage = "stage",
        /// The project.
        Project = "project",
        /// The environment.
        Environment = "environment",
        /// The Region.
        Region = "region",
        /// The account ID.
        Account = "account",
    }
}

impl ReferenceKind {
    /// Returns the outputs of an entry of this kind.
    pub const fn outputs(self) -> &'static [Output] {
        match self {
            Self::Setting => &[Output::Project, Output::Environment, Output::Region, Output::Account],
            Self::Table | Self::Function => &[Output::Name, Output::Arn],
            Self::Connect => &[Output::Id, Output::Arn, Output::Alias],
            Self::Flow | Self::Module | Self::Queue | Self::Hours | Self::RoutingProfile | Self::User | Self::Prompt => {
                &[Output::Id, Output::Arn]
            }
            Self::PhoneNumber => &[Output::Id, Output::Arn, Output::Number],
            Self::Bot => &[Output::Arn],
            Self::Api => &[Output::Id, Output::ExecutionArn, Output::Url, Output::Stage, Output::Domain],
        }
    }
}

/// A reference, `${…}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The other environment whose entry it is, `${output:ENVIRONMENT.…}`; absent for an entry of the same spec.
    pub environment: Option<Name>,
    /// The kind of the entry.
    pub kind: ReferenceKind,
    /// The name of the entry; absent for kinds with a single entry.
    pub name: Option<Name>,
    /// The requested output.
    pub output: Output,
    /// The position, including `${` and `}`.
    pub span: Span,
}

/// Writes the reference without `${` and `}`.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(environment) = &self.environment {
            write!(f, "{OUTPUT}{environment}.")?;
        }
        match (self.kind, &self.name) {
            (ReferenceKind::Setting, _) => write!(f, "{}", self.output),
            (kind, Some(name)) => write!(f, "{kind}.{name}.{}", self.output),
            (kind, None) => write!(f, "{kind}.{}", self.output),
        }
    }
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Text(String),
    /// An output of the referenced entry.
    Reference(Reference),
}

/// Text that may contain references. `$${` in it stands for a literal `${`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The parts in order; no two adjacent texts, none empty.
    pub parts: Vec<Part>,
    /// The position of the text.
    pub span: Span,
}

impl Template {
    /// Parses a text; spans are relative to its beginning. Does not check that the referenced entries exist.
    ///
    /// # Errors
    /// Every reference that is not closed, has an unknown form, or requests an output that its kind does not have.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (template, faults) = Self::read(text);
        if faults.is_empty() { Ok(template) } else { Err(faults) }
    }

    /// Returns the text without invalid references, and the diagnostics for those.
    pub(crate) fn read(text: &str) -> (Self, Vec<Diagnostic>) {
        let mut reader = Reader { text, parts: Vec::new(), plain: String::new(), diagnostics: Vec::new() };
        reader.read();
        let first = text.lines().next().unwrap_or_default();
        let span = Span { length: count(first), ..Span::START };
        (Self { parts: reader.parts, span }, reader.diagnostics)
    }

    /// Returns the references in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(reference) => Some(reference),
            Part::Text(_) => None,
        })
    }

    pub(crate) fn references_mut(&mut self) -> impl Iterator<Item = &mut Reference> {
        self.parts.iter_mut().filter_map(|part| match part {
            Part::Reference(reference) => Some(reference),
            Part::Text(_) => None,
        })
    }

    /// Returns the text if it contains no reference.
    pub fn as_plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns the length of the text in bytes, excluding references.
    pub fn static_bytes(&self) -> usize {
        let lengths = self.parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 0 });
        lengths.sum()
    }
}

/// Writes the template in its source form.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(&text.replace("${", "$${")),
            Part::Reference(reference) => write!(f, "${{{reference}}}"),
        })
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

struct Reader<'t> {
    text: &'t str,
    parts: Vec<Part>,
    plain: String,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let text = self.text;
        let mut done = 0;
        while let Some(found) = text[done..].find("${") {
            let at = done + found;
            if let Some(before) = text[done..at].strip_suffix('$') {
                self.plain.push_str(before);
                self.plain.push_str("${");
                done = at + 2;
                continue;
            }
            self.plain.push_str(&text[done..at]);
            done = self.reference(at);
        }
        self.plain.push_str(&text[done..]);
        self.flush();
    }

    /// Parses the reference whose `${` is at byte `at`; returns the offset of the byte after it.
    fn reference(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let line = rest.lines().next().unwrap_or_default();
        let Some(end) = line.find('}') else {
            let fault =
                Diagnostic::new(Code::BadReference, self.span(at, line), "a reference begins here with `${` and has no `}`");
            self.diagnostics.push(fault.help("close it, or write `$${` for a plain `${`"));
            return at + line.len().max(2);
        };
        let written = &line[..=end];
        let span = self.span(at, written);
        match parse_reference(written[2..end].trim(), span) {
            Ok(reference) => {
                self.flush();
                self.parts.push(Part::Reference(reference));
            }
            Err(fault) => self.diagnostics.push(*fault),
        }
        at + written.len()
    }

    fn flush(&mut self) {
        if !self.plain.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.plain)));
        }
    }

    fn span(&self, at: usize, written: &str) -> Span {
        let before = &self.text[..at];
        let line = u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1);
        let column = count(before.rsplit('\n').next().unwrap_or_default()).saturating_add(1);
        Span { line, column, length: count(written) }
    }
}

/// The description of valid references, for messages.
const FORMS: &str = "references are `${tables.NAME.name|arn}`, `${functions.NAME.name|arn}`, `${connect.id|arn|alias}`, \
    `${connect.flows.NAME.id|arn}` and in the same way `modules`, `queues`, `hours`, `routing_profiles`, `users`, `prompts`, \
    `${connect.phone_numbers.NAME.id|arn|number}`, `${connect.bots.NAME.arn}`, `${api.id|execution_arn|url|stage|domain}`, `${project}`, `${environment}`, `${region}`, \
    `${account}`, and `${output:ENVIRONMENT.…}` before each of these; a plain `${` is written `$${`";

/// Returns the kind of the entries in a section of `connect`.
fn connect_section(section: &str) -> Option<ReferenceKind> {
    ReferenceKind::ALL.iter().copied().find(|kind| kind.as_str().strip_prefix("connect.") == Some(section))
}

/// What a reference to another environment begins with.
const OUTPUT: &str = "output:";

fn parse_reference(text: &str, span: Span) -> Result<Reference, Box<Diagnostic>> {
    let Some(other) = text.strip_prefix(OUTPUT) else { return parse_own_reference(text, span) };
    let Some((environment, entry)) = other.split_once('.').and_then(|(name, entry)| Some((Name::new(name)?, entry))) else {
        let message = format!("`${{{text}}}` names no output of another environment");
        let help = "write `${output:ENVIRONMENT.tables.NAME.arn}`: the environment, then a reference as in its own spec";
        return Err(Box::new(Diagnostic::new(Code::BadReference, span, message).help(help)));
    };
    Ok(Reference { environment: Some(environment), ..parse_own_reference(entry, span)? })
}

fn parse_own_reference(text: &str, span: Span) -> Result<Reference, Box<Diagnostic>> {
    let steps: Vec<&str> = text.split('.').collect();
    let (kind, name, output) = match steps.as_slice() {
        ["tables", name, output] => (ReferenceKind::Table, Some(*name), *output),
        ["functions", name, output] => (ReferenceKind::Function, Some(*name), *output),
        ["connect", section, name, output] => match connect_section(section) {
            Some(kind) => (kind, Some(*name), *output),
            None => return Err(Box::new(unknown_form(text, &steps, span))),
        },
        ["connect", output] => (ReferenceKind::Connect, None, *output),
        ["api", output] => (ReferenceKind::Api, None, *output),
        [setting] if Output::parse(setting).is_some_and(|output| ReferenceKind::Setting.outputs().contains(&output)) => {
            (ReferenceKind::Setting, None, *setting)
        }
        _ => return Err(Box::new(unknown_form(text, &steps, span))),
    };
    let name = match name.map(|name| (name, Name::new(name))) {
        None => None,
        Some((_, Some(name))) => Some(name),
        Some((name, None)) => {
            let fault =
                Diagnostic::new(Code::BadReference, span, format!("`{name}` in `${{{text}}}` cannot be the name of anything"));
            return Err(Box::new(fault.help(FORMS)));
        }
    };
    let allowed = kind.outputs();
    match Output::parse(output).filter(|output| allowed.contains(output)) {
        Some(output) => Ok(Reference { environment: None, kind, name, output, span }),
        None => Err(Box::new(unknown_output(text, kind, output, span))),
    }
}

fn unknown_form(text: &str, steps: &[&str], span: Span) -> Diagnostic {
    let first = steps.first().copied().unwrap_or_default();
    let firsts = ["tables", "functions", "connect", "api", "project", "environment", "region", "account"];
    let meant = closest(first, firsts).filter(|meant| *meant != first);
    let meant = meant.map(|meant| {
        format!("${{{}}}", std::iter::once(meant).chain(steps.iter().skip(1).copied()).collect::<Vec<_>>().join("."))
    });
    Diagnostic::new(Code::BadReference, span, format!("`${{{text}}}` has not the form of a reference"))
        .help(FORMS)
        .with_suggestion(meant)
}

fn unknown_output(text: &str, kind: ReferenceKind, output: &str, span: Span) -> Diagnostic {
    let words: Vec<&str> = kind.outputs().iter().map(|output| output.as_str()).collect();
    let before = text.strip_suffix(output).unwrap_or_default();
    let meant = closest(output, words.iter().copied()).map(|meant| format!("${{{before}{meant}}}"));
    let message = format!("`${{{text}}}` asks for `{output}`, which `{kind}` does not have");
    Diagnostic::new(Code::BadReference, span, message).help(format!("it has {}", listed(&words))).with_suggestion(meant)
}

/// Returns the valid parts of the node's text as a template, and the diagnostics for the rest, with positions in the file.
pub(crate) fn from_node(node: &Node) -> (Template, Vec<Diagnostic>) {
    let text = node.text().unwrap_or_default();
    let (mut template, mut faults) = Template::read(text);
    let mut spans: Vec<&mut Span> = template.references_mut().map(|reference| &mut reference.span).collect();
    spans.extend(faults.iter_mut().map(|fault| &mut fault.span));
    spans.sort();
    let mut finder = SpanFinder { node, done: 0 };
    for span in spans {
        *span = finder.find(text, *span);
    }
    template.span = node.span;
    (template, faults)
}

/// Returns the position in the file of what is written at this byte of the node's text.
pub(crate) fn position_in(node: &Node, text: &str, at: usize, written: &str) -> Span {
    let reader = Reader { text, parts: Vec::new(), plain: String::new(), diagnostics: Vec::new() };
    let done = text[..at].matches(written).map(str::len).sum::<usize>();
    let mut finder = SpanFinder { node, done: 0 };
    for _ in 0..done / written.len().max(1) {
        finder.find(text, reader.span(at, written));
    }
    finder.find(text, reader.span(at, written))
}

/// A search for positions of a text in its source, which differs by quotes, escapes and indentation.
struct SpanFinder<'n> {
    node: &'n Node,
    /// Byte of the source up to which everything has been found.
    done: usize,
}

impl SpanFinder<'_> {
    /// Returns the position in the file of `span` of the text; the span of the whole node if the source is written differently there.
    fn find(&mut self, text: &str, span: Span) -> Span {
        if self.node.aliased {
            return self.node.span;
        }
        let line = text.split('\n').nth(span.line.saturating_sub(1) as usize).unwrap_or_default();
        let wanted: String = line.chars().skip(span.column.saturating_sub(1) as usize).take(span.length as usize).collect();
        let written = &self.node.written;
        let Some(at) = written.get(self.done..).and_then(|rest| rest.find(&wanted)).map(|at| at + self.done) else {
            return self.node.span;
        };
        self.done = at + wanted.len();
        let before = &written[..at];
        let lines = u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX);
        let column = u32::try_from(before.rsplit('\n').next().unwrap_or_default().chars().count()).unwrap_or(u32::MAX);
        let first = if lines == 0 { self.node.span.column.saturating_add(column) } else { column.saturating_add(1) };
        Span { line: self.node.span.line.saturating_add(lines), column: first, length: span.length }
    }
}
