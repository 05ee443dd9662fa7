//! What is wanted: the shipped specs, and everything that a user may change in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_engine::Graph;
use deployer_spec::PromptSource;
use deployer_stack::{Inputs, from_spec};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::code::{digest, recording_digest};
use crate::{ACCOUNT, REGION};

/// A spec that is shipped, by its environment's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shipped {
    /// `config/local.yaml`.
    Local,
    /// `config/dev.yaml`.
    Dev,
    /// `config/prod.yaml`.
    Prod,
}

impl Shipped {
    /// Every shipped spec.
    pub const ALL: [Self; 3] = [Self::Local, Self::Dev, Self::Prod];

    /// The environment's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Dev => "dev",
            Self::Prod => "prod",
        }
    }
}

type Change = fn(&mut Value);

/// One thing that a user changes in a spec. Its name stands in scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit(usize);

/// Every edit there is: its name, and what it does to the spec.
const EDITS: &[(&str, Change)] = &[
    ("more memory", |spec| spec["functions"]["convert"]["memory_mb"] = 512.into()),
    ("another time-out", |spec| spec["functions"]["get"]["timeout_seconds"] = 5.into()),
    ("another description", |spec| spec["functions"]["convert"]["description"] = "Turns numbers into words".into()),
    ("no retention", |spec| remove(&mut spec["functions"]["get"], "log_retention_days")),
    ("other retention", |spec| spec["functions"]["convert"]["log_retention_days"] = 7.into()),
    ("another variable", |spec| spec["functions"]["get"]["environment"]["GREETING"] = "hello".into()),
    ("tracing turned", |spec| {
        let now = spec["functions"]["convert"]["tracing"].as_bool().unwrap_or(false);
        spec["functions"]["convert"]["tracing"] = (!now).into();
    }),
    ("reserved concurrency", |spec| spec["functions"]["convert"]["reserved_concurrency"] = 5.into()),
    ("another architecture", |spec| spec["functions"]["convert"]["architecture"] = "arm64".into()),
    ("other code", |spec| spec["functions"]["convert"]["package"] = "two".into()),
    ("fewer grants", |spec| spec["functions"]["convert"]["grants"]["numbers"] = "read".into()),
    ("one more function", |spec| {
        spec["functions"]["extra"] = json!({"package": "three", "environment": {"TABLE": "${tables.numbers.name}"},
                                            "grants": {"numbers": "read"}});
    }),
    ("no backups", |spec| spec["tables"]["numbers"]["point_in_time_recovery"] = false.into()),
    ("items that expire", |spec| spec["tables"]["numbers"]["ttl"] = "expires".into()),
    ("one more index", |spec| {
        spec["tables"]["numbers"]["indexes"]["by_day"] = json!({"partition": {"day": "S"}, "projection": "keys-only"});
    }),
    ("no index", |spec| remove(&mut spec["tables"]["numbers"], "indexes")),
    ("other encryption", |spec| spec["tables"]["numbers"]["encryption"] = "aws-managed".into()),
    ("another key", |spec| spec["tables"]["numbers"]["key"] = json!({"partition": {"phone": "S"}})),
    ("one more table", |spec| spec["tables"]["calls"] = json!({"key": {"partition": {"id": "S"}}})),
    ("another tag", |spec| spec["tags"]["team"] = "voice".into()),
    ("outbound calls", |spec| spec["connect"]["outbound_calls"] = true.into()),
    ("no flow logs", |spec| spec["connect"]["flow_logs"] = false.into()),
    ("another alias", |spec| spec["connect"]["alias"] = "vanity-renamed".into()),
    ("both functions in flows", |spec| spec["connect"]["functions"] = json!(["convert", "get"])),
    ("another flow name", |spec| spec["connect"]["flows"]["vanity"]["name"] = "spoken numbers".into()),
    ("another flow description", |spec| spec["connect"]["flows"]["vanity"]["description"] = "Speaks".into()),
    ("another flow", |spec| {
        spec["connect"]["flows"]["second"] = json!({"file": "flows/vanity.json", "type": "CONTACT_FLOW"});
    }),
    ("other flow content", |spec| spec["connect"]["flows"]["vanity"]["file"] = "short".into()),
    ("flows in a circle", |spec| {
        spec["connect"]["flows"]["there"] = json!({"file": "to back"});
        spec["connect"]["flows"]["back"] = json!({"file": "to there"});
    }),
    ("other hours", |spec| spec["connect"]["hours"]["support"]["open"] = json!({"SUNDAY": ["00:00-24:00"]})),
    ("other name of the hours", |spec| spec["connect"]["hours"]["support"]["name"] = "Opening hours".into()),
    ("hours that come with the instance", |spec| spec["connect"]["queues"]["support"]["hours"] = "Basic Hours".into()),
    ("a limit of the queue", |spec| spec["connect"]["queues"]["support"]["max_contacts"] = 3.into()),
    ("a renamed queue that takes nobody", |spec| {
        spec["connect"]["queues"]["support"]["name"] = "Help".into();
        spec["connect"]["queues"]["support"]["enabled"] = false.into();
    }),
    ("no queue", |spec| remove(&mut spec["connect"], "queues")),
    ("one more routing profile", |spec| {
        spec["connect"]["routing_profiles"] = json!({"agents": {"default_outbound_queue": "BasicQueue", "queues": {
            "BasicQueue": {"VOICE": {"priority": 2, "delay_seconds": 5}}, "support": {"VOICE": {"priority": 1}}}}});
        spec["connect"]["users"]["admin"]["routing_profile"] = "agents".into();
    }),
    ("another name of the user", |spec| spec["connect"]["users"]["admin"]["username"] = "root".into()),
    ("other rights of the user", |spec| spec["connect"]["users"]["admin"]["security_profiles"] = json!(["Agent", "Admin"])),
    ("a telephone of the user", |spec| {
        spec["connect"]["users"]["admin"]["phone"] = json!({"type": "DESK_PHONE", "desk_phone_number": "+18005550100"});
    }),
    ("a mail address of the user", |spec| spec["connect"]["users"]["admin"]["email"] = "admin@vanity.example".into()),
    ("no user", |spec| remove(&mut spec["connect"], "users")),
    ("a phone number", |spec| {
        spec["connect"]["phone_numbers"] =
            json!({"main": {"country": "US", "type": "TOLL_FREE", "flow": "vanity", "release": true, "description": "Main"}});
    }),
    ("a prompt", |spec| spec["connect"]["prompts"] = json!({"greeting": {"file": "one"}})),
    ("another recording", |spec| {
        spec["connect"]["prompts"] = json!({"greeting": {"file": "two", "name": "Greeting", "description": "Says hello"}});
    }),
    ("another bucket for prompts", |spec| {
        spec["connect"]["prompts"] = json!({"greeting": {"file": "one"}});
        spec["connect"]["prompts_bucket"] = format!("{}-voices", spec["project"].as_str().unwrap_or_default()).into();
    }),
    ("a flow that plays a prompt", |spec| {
        spec["connect"]["prompts"] = json!({"greeting": {"file": "one"}, "farewell": {"file": "two"}});
        spec["connect"]["flows"]["vanity"]["file"] = "playing".into();
    }),
    ("another attribute", |spec| spec["connect"]["multi_party_conference"] = true.into()),
    ("no connect", |spec| remove(spec, "connect")),
    ("another api description", |spec| spec["api"]["description"] = "Numbers".into()),
    ("another stage", |spec| spec["api"]["stage"] = "v2".into()),
    ("another domain", |spec| spec["api"]["domain"] = "numbers-elsewhere.example".into()),
    ("longer validity", |spec| spec["api"]["certificate"]["self_signed"]["validity_days"] = 700.into()),
    ("throttled", |spec| spec["api"]["throttling"] = json!({"rate_limit": 10, "burst_limit": 20})),
    ("one more route", |spec| spec["api"]["routes"]["GET /health"] = "get".into()),
    ("one route less", |spec| remove(&mut spec["api"]["routes"], "GET /")),
    ("no api", |spec| remove(spec, "api")),
];

fn remove(value: &mut Value, name: &str) {
    if let Some(members) = value.as_object_mut() {
        members.remove(name);
    }
}

impl Edit {
    /// Every edit.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..EDITS.len()).map(Self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        EDITS[self.0].0
    }

    /// The edit with this name.
    pub fn named(name: &str) -> Option<Self> {
        EDITS.iter().position(|(known, _)| *known == name).map(Self)
    }
}

impl Serialize for Edit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Edit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom(format!("there is no edit \"{name}\"")))
    }
}

/// A spec as a user wants it: a shipped one, edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Which one.
    pub spec: Shipped,
    /// What is changed in it, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

/// What is wanted, ready to be applied.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
    /// The resources.
    pub graph: Graph,
}

impl Wish {
    /// The shipped spec as it is.
    pub fn of(spec: Shipped) -> Self {
        Self { spec, edits: Vec::new() }
    }

    /// The same with one more edit.
    #[must_use]
    pub fn with(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// What it comes to, as another project's.
    ///
    /// # Errors
    /// As [`Wish::wanted`].
    pub fn of_another_project(&self) -> Result<Wanted, String> {
        self.as_project(Some("somebody"))
    }

    /// What it comes to. The error is what is wrong with the edited spec: not every pair of edits makes sense.
    ///
    /// # Errors
    /// The faults that a user would be shown.
    pub fn wanted(&self) -> Result<Wanted, String> {
        self.as_project(None)
    }

    fn as_project(&self, project: Option<&str>) -> Result<Wanted, String> {
        let name = self.spec.name();
        let path = root().join("config").join(format!("{name}.yaml"));
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        // Otherwise `N` is the word "no", as in YAML 1.1.
        let options = serde_yaml::options! { strict_booleans: true };
        let mut document: Value = serde_yaml::from_str_with_options(&text, options).map_err(|error| error.to_string())?;
        // Otherwise a table refuses to be destroyed, as it should.
        remove(&mut document["tables"]["numbers"], "deletion_protection");
        document["connect"]["deletion_protection"] = false.into();
        for (_, user) in document["connect"]["users"].as_object_mut().into_iter().flatten() {
            // Nobody is here to give one.
            user["password"] = json!({"generate": true});
        }
        for edit in &self.edits {
            (EDITS[edit.0].1)(&mut document);
        }
        if let Some(project) = project {
            document["project"] = project.into();
            document["connect"]["alias"] = format!("{project}-{name}").into();
            document["api"]["domain"] = format!("{project}-{name}.example").into();
        }
        let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
        let spec = deployer_spec::load(Path::new("spec.json"), &text, name).map_err(|faults| faults.to_string())?;
        let code = spec.functions.iter().map(|(name, function)| (name.to_string(), digest(version(&function.package))));
        let inputs = Inputs {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            code_sha256: code.collect(),
            recordings: recordings(&spec),
            flows: flows(&spec).map_err(|error| error.to_string())?,
            ..Inputs::default()
        };
        let graph = from_spec(&spec, &inputs).map_err(|problems| format!("{problems:?}"))?;
        Ok(Wanted { project: spec.project.to_string(), environment: spec.environment.to_string(), graph })
    }
}

fn version(package: &str) -> &str {
    match package {
        "two" | "three" => package,
        _ => "one",
    }
}

fn recordings(spec: &deployer_spec::Spec) -> BTreeMap<String, String> {
    let prompts = spec.connect.iter().flat_map(|connect| &connect.prompts);
    let digest = |(name, prompt): (&deployer_spec::Name, &deployer_spec::Prompt)| match &prompt.source {
        PromptSource::File(version) => Some((name.to_string(), recording_digest(version))),
        PromptSource::S3(_) => None,
    };
    prompts.filter_map(digest).collect()
}

fn flows(spec: &deployer_spec::Spec) -> std::io::Result<BTreeMap<String, Value>> {
    let Some(connect) = &spec.connect else { return Ok(BTreeMap::new()) };
    let read = |(name, flow): (&deployer_spec::Name, &deployer_spec::Flow)| {
        let content = match flow.file.as_str() {
            "short" => short(),
            "playing" => playing("greeting"),
            "to there" => passing_on("there"),
            "to back" => passing_on("back"),
            file => serde_json::from_str(&std::fs::read_to_string(root().join(file))?)?,
        };
        Ok((name.to_string(), content))
    };
    connect.flows.iter().map(read).collect()
}

fn short() -> Value {
    json!({"Version": "2019-10-30", "StartAction": "end", "Metadata": {"entryPointPosition": {"x": 1, "y": 2}},
           "Actions": [{"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
}

fn playing(prompt: &str) -> Value {
    json!({"Version": "2019-10-30", "StartAction": "play", "Metadata": {}, "Actions": [
        {"Identifier": "play", "Type": "MessageParticipant", "Parameters": {"PromptId": format!("${{connect.prompts.{prompt}.arn}}")},
         "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}], "Conditions": []}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
}

fn passing_on(to: &str) -> Value {
    json!({"Version": "2019-10-30", "StartAction": "pass", "Metadata": {}, "Actions": [
        {"Identifier": "pass", "Type": "TransferToFlow", "Parameters": {"ContactFlowId": format!("${{connect.flows.{to}.arn}}")},
         "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}], "Conditions": []}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
}

/// The project's directory.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_of_every_shipped_spec_is_a_good_spec_that_wants_something_else() {
        for spec in Shipped::ALL {
            let plain = Wish::of(spec).wanted().unwrap_or_else(|fault| panic!("{}: {fault}", spec.name()));
            for edit in Edit::all() {
                let wish = Wish::of(spec).with(edit);
                let edited = wish.wanted().unwrap_or_else(|fault| panic!("{}, {}: {fault}", spec.name(), edit.name()));
                let differs = format!("{:?}", edited.graph.nodes) != format!("{:?}", plain.graph.nodes);
                assert!(differs, "\"{}\" changes nothing in {}", edit.name(), spec.name());
                assert_eq!(Edit::named(edit.name()), Some(edit));
            }
        }
    }
}
