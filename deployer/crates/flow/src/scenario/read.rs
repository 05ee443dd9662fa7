//! Parser of test files, which reports all errors at once.

use super::dry_run::DryRun;
use super::fault::TestFileError;
use super::model::{Case, Expect, ExpectedInvocations, Given, Suite};
use super::reader::Reader;
use super::tree::{Content, Node, parse};
use super::{dtmf, given};

/// Parses a test file.
///
/// # Errors
/// Every error in the file, in the order of their positions.
pub fn suite(text: &str) -> Result<Suite, Vec<TestFileError>> {
    let root = parse(text).map_err(|fault| vec![fault])?;
    let mut reader = Reader::default();
    let suite = reader.suite(&root);
    reader.faults.sort_by_key(|fault| fault.at);
    match suite {
        Some(suite) if reader.faults.is_empty() => Ok(suite),
        _ => Err(reader.faults),
    }
}

/// Parses the script of one call: preconditions, and reactions of the caller to requests for keys.
///
/// # Errors
/// Every error in the file, in the order of their positions.
pub fn dry_run(text: &str) -> Result<DryRun, Vec<TestFileError>> {
    let root = parse(text).map_err(|fault| vec![fault])?;
    let mut reader = Reader::default();
    let mut read = DryRun::default();
    if let Some(parts) = reader.section(&root, "the script of a call", &["given", "when"]) {
        if let Some(part) = parts.get("given") {
            given::read(&mut reader, part, &mut read.given);
            if let Content::Map(entries) = &part.content {
                read.given_parts = entries.iter().filter_map(|(name, _)| name.text().map(str::to_owned)).collect();
            }
        }
        read.keys = parts.get("when").map(|part| dtmf::read(&mut reader, part)).unwrap_or_default();
    }
    reader.faults.sort_by_key(|fault| fault.at);
    if reader.faults.is_empty() { Ok(read) } else { Err(reader.faults) }
}

impl Reader {
    fn suite(&mut self, root: &Node) -> Option<Suite> {
        let parts = self.section(root, "a test file", &["flow", "given", "tests"])?;
        let flow = self.required(&parts, root, "flow").and_then(|node| self.file(node));
        let mut base = Given::default();
        if let Some(node) = parts.get("given") {
            given::read(self, node, &mut base);
        }
        let tests = self.required(&parts, root, "tests")?;
        let mut cases: Vec<Case> = Vec::new();
        for test in self.list(tests, "the tests") {
            let Some(case) = self.case(test, &base) else { continue };
            if let Some(other) = cases.iter().find(|other| other.name == case.name) {
                let at = other.at.line;
                self.fault(test.at, format!("the test of line {at} is called \"{}\" too", case.name));
            }
            cases.push(case);
        }
        Some(Suite { flow: flow?, cases })
    }

    fn case(&mut self, node: &Node, base: &Given) -> Option<Case> {
        let parts = self.section(node, "a test", &["name", "given", "when", "then"])?;
        let name = self.required(&parts, node, "name").and_then(|name| self.text(name, "a name"));
        let mut given = base.clone();
        if let Some(part) = parts.get("given") {
            given::read(self, part, &mut given);
        }
        let keys = parts.get("when").map(|part| dtmf::read(self, part)).unwrap_or_default();
        let expect = self.required(&parts, node, "then").map(|part| self.expect(part));
        Some(Case { name: name?, at: node.at, given, keys, expect: expect? })
    }

    fn expect(&mut self, node: &Node) -> Expect {
        const PARTS: [&str; 8] = ["heard", "not_heard", "agent_hears", "attributes", "path", "outcome", "functions", "bots"];
        let mut expect = Expect::default();
        let Some(parts) = self.section(node, "what must come of the call", &PARTS) else { return expect };
        if matches!(&node.content, Content::Map(entries) if entries.is_empty()) {
            self.faults.push(
                TestFileError::new(node.at, "the test expects nothing, so it cannot fail")
                    .help("say what is heard, or the outcome"),
            );
        }
        let mut texts = |name: &str| parts.get(name).map(|part| self.texts(part, name)).unwrap_or_default();
        expect.heard = texts("heard");
        expect.not_heard = texts("not_heard");
        expect.agent_hears = texts("agent_hears");
        expect.path = texts("path");
        expect.outcome = parts.get("outcome").and_then(|part| self.text(part, "the outcome"));
        for (name, part) in parts.get("attributes").map(|part| self.map(part, "attributes")).unwrap_or_default() {
            let value = if part.is_null() { Some(None) } else { self.scalar(part, "an attribute").map(Some) };
            expect.attributes.extend(value.map(|value| (name, value)));
        }
        for (name, part) in parts.get("functions").map(|part| self.map(part, "functions")).unwrap_or_default() {
            let invoked = self.invoked(part, "how a function is invoked", "parameters");
            expect.functions.insert(name, invoked);
        }
        for (name, part) in parts.get("bots").map(|part| self.map(part, "bots")).unwrap_or_default() {
            let invoked = self.invoked(part, "how a bot is spoken to", "attributes");
            expect.bots.insert(name, invoked);
        }
        expect
    }

    /// Reads a number of times, or a section in which the sent values have this name.
    fn invoked(&mut self, node: &Node, what: &str, sent: &str) -> ExpectedInvocations {
        if let Some(times) = node.whole_number() {
            return ExpectedInvocations { times: Some(times), ..ExpectedInvocations::default() };
        }
        let mut invoked = ExpectedInvocations::default();
        let Some(parts) = self.section(node, what, &["times", sent]) else { return invoked };
        invoked.times = parts.get("times").and_then(|part| self.number(part, "how often", 0, 1000));
        for (name, part) in parts.get(sent).map(|part| self.map(part, sent)).unwrap_or_default() {
            invoked.parameters.extend(self.scalar(part, "a value").map(|value| (name, value)));
        }
        invoked
    }
}
