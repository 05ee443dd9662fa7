//! Parser of a test case's content, which reports every problem with its path.

use deployer_flow::ssml_to_sentences;
use serde_json::Value;

use super::language::{Event, ExpectedMessage, Observation, Target, Test};

/// Supported version: records of real calls have no other, while older pages of the API reference have `2025-06-21`.
const VERSION: &str = "2019-10-30";

/// Parses a test case's content; returns all problems if it is invalid.
pub(in super::super) fn read(content: &str) -> Result<Test, Vec<String>> {
    let Ok(Value::Object(document)) = serde_json::from_str(content) else {
        return Err(vec!["Invalid test case content: not a JSON object".to_owned()]);
    };
    let document = Value::Object(document);
    let mut reader = Reader::default();
    let version = reader.text(&document, "Version", "");
    if version.as_ref().is_some_and(|version| version != VERSION) {
        reader.wrong("Version", &format!("must be {VERSION}"));
    }
    let listed = document.get("Observations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if listed.is_empty() {
        reader.missing("Observations");
    }
    let names: Vec<&str> = listed.iter().filter_map(|one| one.get("Identifier")?.as_str()).collect();
    let mut observations = Vec::new();
    for (index, one) in listed.iter().enumerate() {
        observations.extend(reader.observation(one, &format!("Observations[{index}]"), &names));
    }
    if reader.problems.is_empty() && starts(&observations).is_empty() {
        reader.wrong("Observations", "no observation begins: each follows another");
    }
    if reader.problems.is_empty() { Ok(Test { observations }) } else { Err(reader.problems) }
}

/// Returns the observations that no other observation leads to.
pub(super) fn starts(observations: &[Observation]) -> Vec<usize> {
    let led_to = |index: &usize| observations.iter().any(|one| one.next.contains(index));
    (0..observations.len()).filter(|index| !led_to(index)).collect()
}

#[derive(Default)]
pub(super) struct Reader {
    problems: Vec<String>,
}

impl Reader {
    pub(super) fn missing(&mut self, at: &str) {
        self.problems.push(format!("Missing required property. Path: {at}"));
    }

    pub(super) fn wrong(&mut self, at: &str, why: &str) {
        self.problems.push(format!("Invalid value: {why}. Path: {at}"));
    }

    /// Returns a required, non-empty string.
    pub(super) fn text(&mut self, value: &Value, name: &str, at: &str) -> Option<String> {
        let place = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        match value.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            None | Some(Value::Null) => {
                self.missing(&place);
                None
            }
            Some(_) => {
                self.wrong(&place, "must be a text that is not empty");
                None
            }
        }
    }

    /// Returns a string that must be one of these words.
    pub(super) fn word(&mut self, value: &Value, name: &str, at: &str, known: &[&str]) -> Option<String> {
        let found = self.text(value, name, at)?;
        if known.contains(&found.as_str()) {
            return Some(found);
        }
        self.wrong(&format!("{at}.{name}"), &format!("{found} is none of {}", known.join(", ")));
        None
    }

    fn observation(&mut self, one: &Value, at: &str, names: &[&str]) -> Option<Observation> {
        let id = self.text(one, "Identifier", at);
        if let Some(id) = id.as_ref().filter(|id| names.iter().filter(|name| *name == id).count() > 1) {
            self.wrong(&format!("{at}.Identifier"), &format!("{id} is there twice"));
        }
        let event = match one.get("Event") {
            Some(event) => self.event(event, &format!("{at}.Event")),
            None => {
                self.missing(&format!("{at}.Event"));
                None
            }
        };
        let actions = self.actions(one, at);
        let mut next = Vec::new();
        let listed = one.pointer("/Transitions/NextObservations").and_then(Value::as_array);
        for name in listed.into_iter().flatten() {
            match names.iter().position(|known| Some(*known) == name.as_str()) {
                Some(index) => next.push(index),
                None => self.wrong(&format!("{at}.Transitions.NextObservations"), &format!("there is no observation {name}")),
            }
        }
        let times = self.times(one.get("Usage"), at);
        let written = one.get("Event").cloned().unwrap_or_default();
        Some(Observation { id: id?, event: event?, written, actions: actions?, next, times: times? })
    }

    /// Returns the required number of occurrences, once without `Usage`. The other kinds that the guide names are not supported
    /// here.
    fn times(&mut self, usage: Option<&Value>, at: &str) -> Option<u64> {
        let Some(usage) = usage else { return Some(1) };
        let at = format!("{at}.Usage");
        let kind = self.word(usage, "Type", &at, &["Exactly", "AtLeast", "AtMost", "Always"])?;
        if kind != "Exactly" {
            self.wrong(&at, &format!("{kind} is not carried out by the embedded AWS"));
            return None;
        }
        let times = usage.get("Times").and_then(Value::as_u64).filter(|times| *times > 0);
        if times.is_none() {
            self.missing(&format!("{at}.Times"));
        }
        times
    }

    fn event(&mut self, event: &Value, at: &str) -> Option<Event> {
        // "API need to specify this identifier", the guide says of each event.
        self.text(event, "Identifier", at);
        self.word(event, "Actor", at, &["System"]);
        let kinds = ["TestInitiated", "TestCompleted", "MessageReceived", "FlowActionStarted"];
        let properties = event.get("Properties").unwrap_or(&Value::Null);
        let place = format!("{at}.Properties");
        Some(match self.word(event, "Type", at, &kinds)?.as_str() {
            "TestInitiated" => Event::Initiated,
            "TestCompleted" => Event::Completed,
            "MessageReceived" => {
                let said = self.said(properties, &place);
                let similar = self.criteria(event, properties, at)?;
                Event::Message { said: said?, similar }
            }
            _ => Event::Started(self.target(properties, &place, false)?),
        })
    }

    /// Reads the matching criteria. By records of real calls, criteria elsewhere or as a string are accepted and then match
    /// nothing, so that here they are refused; the default is `Similarity` (unverified).
    fn criteria(&mut self, event: &Value, properties: &Value, at: &str) -> Option<bool> {
        if event.get("MatchingCriteria").is_some() {
            self.wrong(&format!("{at}.MatchingCriteria"), "the criteria belong into Properties");
            return None;
        }
        let Some(criteria) = properties.get("MatchingCriteria") else { return Some(true) };
        let place = format!("{at}.Properties.MatchingCriteria");
        self.word(criteria, "Type", &place, &["Similarity", "Inclusion"]).map(|kind| kind == "Similarity")
    }

    fn said(&mut self, properties: &Value, at: &str) -> Option<ExpectedMessage> {
        let given: Vec<&str> =
            ["Text", "SSML", "PromptId", "Media"].into_iter().filter(|name| properties.get(name).is_some()).collect();
        match given.as_slice() {
            [name @ ("Text" | "PromptId" | "SSML")] => {
                let text = self.text(properties, name, at)?;
                match *name {
                    "Text" => Some(ExpectedMessage::Text(text)),
                    "PromptId" => Some(ExpectedMessage::Prompt(text)),
                    _ => match ssml_to_sentences(&text) {
                        Ok(sentences) => Some(ExpectedMessage::Ssml(sentences.join(" "))),
                        Err(error) => {
                            self.wrong(&format!("{at}.SSML"), &error.to_string());
                            None
                        }
                    },
                }
            }
            ["Media"] => self.text(&properties["Media"], "Uri", &format!("{at}.Media")).map(ExpectedMessage::Media),
            _ => {
                self.wrong(at, "there must be one of Text, SSML, PromptId and Media");
                None
            }
        }
    }

    /// Returns the action of the flow that the properties refer to.
    pub(super) fn target(&mut self, properties: &Value, at: &str, overriding: bool) -> Option<Target> {
        let mut kinds = vec![
            "InvokeLambdaFunction",
            "CheckHoursOfOperation",
            "TransferContactToQueue",
            "ConnectParticipantWithLexBot",
            "DequeueAndTransferToQueue",
        ];
        if !overriding {
            kinds.pop();
        }
        let kind = self.word(properties, "ActionType", at, &kinds)?;
        let parameters = properties.get("ActionParameters").unwrap_or(&Value::Null);
        let at = format!("{at}.ActionParameters");
        Some(match kind.as_str() {
            "InvokeLambdaFunction" => Target::Function(self.text(parameters, "LambdaFunctionARN", &at)?),
            "CheckHoursOfOperation" => Target::Hours(self.text(parameters, "HoursOfOperationId", &at)?),
            "ConnectParticipantWithLexBot" => {
                let bot = parameters.get("LexV2Bot").unwrap_or(&Value::Null);
                Target::Bot(self.text(bot, "AliasArn", &format!("{at}.LexV2Bot"))?)
            }
            kind => {
                let agent = parameters.get("AgentId").is_some() && parameters.get("QueueId").is_none();
                let queue = self.text(parameters, if agent { "AgentId" } else { "QueueId" }, &at)?;
                if kind == "TransferContactToQueue" { Target::Queue(queue) } else { Target::OtherQueue(queue) }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn observation(name: &str, next: &str) -> Value {
        json!({"Identifier": name, "Event": {"Identifier": "e", "Type": "TestInitiated", "Actor": "System", "Properties": {}},
               "Actions": [], "Transitions": {"NextObservations": [next]}})
    }

    fn problems(observations: Value) -> Vec<String> {
        let test = json!({"Version": "2019-10-30", "Observations": observations});
        read(&test.to_string()).err().unwrap_or_default()
    }

    /// Returns the problems of one observation after inserting a part.
    fn with(pointer: &str, part: Value) -> String {
        let mut test = json!([{"Identifier": "o",
            "Event": {"Identifier": "e", "Type": "MessageReceived", "Actor": "System",
                      "Properties": {"Text": "Hello", "MatchingCriteria": {"Type": "Inclusion"}}},
            "Actions": [{"Identifier": "a", "Type": "TestControl", "Transitions": {},
                         "Parameters": {"ActionType": "TestControl", "Command": {"Type": "EndTest"}}}],
            "Transitions": {"NextObservations": []}}]);
        assert_eq!(problems(test.clone()), Vec::<String>::new());
        let (outer, name) = pointer.rsplit_once('/').unwrap();
        test.pointer_mut(outer).unwrap()[name] = part;
        problems(test).join("\n")
    }

    #[test]
    fn missing_parts_and_unknown_names_are_reported() {
        let mut last = observation("b", "");
        last["Transitions"] = json!({});
        assert_eq!(problems(json!([observation("a", "b"), last.clone()])), Vec::<String>::new());
        assert_eq!(problems(json!([observation("a", "b"), observation("b", "a")])).len(), 1, "nothing begins");
        assert_eq!(problems(json!([observation("a", "c"), observation("a", "a")])).len(), 3, "one unknown, two of one name");
        assert_eq!(problems(json!([{}])).len(), 3);
        assert_eq!(read("{}").unwrap_err().len(), 2);
        assert_eq!(read("[]").unwrap_err().len(), 1);
        let older = json!({"Version": "2025-06-21", "Observations": [last]}).to_string();
        assert!(read(&older).unwrap_err()[0].ends_with("Path: Version"));
    }

    #[test]
    fn unknown_events_are_reported_with_their_path() {
        for (pointer, part) in [
            ("/0/Event/Type", json!("AgentConnected")),
            ("/0/Event/Actor", json!("Agent")),
            ("/0/Event/Identifier", json!("")),
            ("/0/Event/Properties/Text", json!("")),
            ("/0/Event/Properties/MatchingCriteria", json!("Inclusion")),
            ("/0/Event/Properties/MatchingCriteria", json!({"Type": "Contains"})),
            ("/0/Event/MatchingCriteria", json!("Similarity")),
            ("/0/Usage", json!({"Type": "EXACTLY"})),
            ("/0/Usage", json!({"Type": "Exactly"})),
            ("/0/Usage", json!({"Type": "Always"})),
            (
                "/0/Event",
                json!({"Identifier": "e", "Type": "FlowActionStarted", "Actor": "System",
                                "Properties": {"ActionType": "Compare", "ActionParameters": {}}}),
            ),
        ] {
            let found = with(pointer, part.clone());
            let place = pointer.trim_start_matches("/0/").replace('/', ".");
            assert!(found.contains(&format!("Observations[0].{place}")), "{pointer} {part}: {found}");
        }
        let both = with("/0/Event/Properties/PromptId", json!("both"));
        assert!(both.ends_with("one of Text, SSML, PromptId and Media. Path: Observations[0].Event.Properties"), "{both}");
    }

    #[test]
    fn unknown_actions_are_reported_with_their_path() {
        let action = |kind: &str, parameters: Value| json!([{"Identifier": "a", "Type": kind, "Parameters": parameters, "Transitions": {}}]);
        let override_with = |kind: &str, parameters: Value, response: Value| {
            let strategy = json!({"Type": "MockResponse", "Response": response});
            let properties = json!({"ActionType": kind, "ActionParameters": parameters, "Strategy": strategy});
            action(
                "OverrideSystemBehavior",
                json!({"ActionType": "OverrideSystemBehavior",
                "Behavior": {"Type": "FlowAction", "Properties": properties}}),
            )
        };
        let press = |value: Value| {
            action(
                "SendInstruction",
                json!({"ActionType": "SendInstruction", "Actor": "Customer",
                "Instruction": {"Type": "DtmfInput", "Properties": {"Value": value}}}),
            )
        };
        let function = json!({"LambdaFunctionARN": "arn"});
        let answer = |data: &str| json!({"Type": "ExecutionResult", "ExecutionResult": {"LoadedData": data}});
        for good in [press(json!("12#")), press(json!(1)), override_with("InvokeLambdaFunction", function.clone(), answer("{}"))]
        {
            assert_eq!(with("/0/Actions", good.clone()), "", "{good}");
        }
        for bad in [
            action("ObserveEvent", json!({})),
            action("Assert", json!({"Namespace": "queue", "Operator": "Equals", "Operand": "a"})),
            action("Assert", json!({"Namespace": "$.Queue.Name", "Operator": "NotEquals", "Operand": "a"})),
            action("Assert", json!({"ActionType": "Assert", "Namespace": "$.Queue.Name", "Operator": "Exists"})),
            action("Assert", json!({"Namespace": "$.Queue.Name", "Operator": "Equals"})),
            action("TestControl", json!({"Command": {"Type": "EndTest"}})),
            action("TestControl", json!({"ActionType": "TestControl", "Command": {"Type": "Pause"}})),
            press(json!("1,2")),
            press(json!("")),
            press(json!("A")),
            override_with("InvokeLambdaFunction", function.clone(), answer("no JSON")),
            override_with("InvokeLambdaFunction", json!({}), answer("{}")),
            override_with("InvokeLambdaFunction", function, json!({"Type": "Error", "Error": {"Value": "QueueAtCapacity"}})),
            override_with(
                "CheckHoursOfOperation",
                json!({"HoursOfOperationId": "h"}),
                json!({"Type": "ExecutionResult",
                "ExecutionResult": {"Value": "InHour"}}),
            ),
            override_with("TransferContactToQueue", json!({"QueueId": "q"}), answer("{}")),
            override_with("Loop", json!({}), answer("{}")),
        ] {
            assert!(with("/0/Actions", bad.clone()).contains("Observations[0].Actions[0]."), "{bad}");
        }
        let two = [press(json!(1))[0].clone(), press(json!(2))[0].clone()];
        assert!(with("/0/Actions", json!(two)).contains("Observations[0].Actions"), "two of one name and no order");
    }
}
