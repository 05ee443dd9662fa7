//! All edits that a simulated user makes in a spec.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{BaseSpec, remove};

type Change = fn(&mut Value);

/// An edit of a spec. Scenario files contain its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit(usize);

/// Number of edits that random simulations of the shipped specs use: the first ones, so that their seeds remain valid.
const COMMON: usize = 52;

/// All edits: the name and the change of the spec.
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
    ("holidays", |spec| {
        spec["connect"]["hours"]["support"]["overrides"] = json!({"holidays": {"from": "2026-12-24", "until": "2027-01-01"}});
    }),
    ("longer holidays", |spec| {
        spec["connect"]["hours"]["support"]["overrides"] = json!({"holidays": {"name": "Holidays", "from": "2026-12-23", "until": "2027-01-06", "times": {"MONDAY": ["08:00-12:00"]}}});
    }),
    ("an agent status", |spec| spec["connect"]["agent_statuses"] = json!({"break": {"name": "Break"}})),
    ("another agent status", |spec| {
        spec["connect"]["agent_statuses"] = json!({"break": {"name": "Pause", "enabled": false, "display_order": 5}});
    }),
    ("predefined attributes", |spec| {
        spec["connect"]["predefined_attributes"] = json!({"skill": {"values": ["one", "two"], "only_these_values": true}});
    }),
    ("a view", |spec| spec["connect"]["views"] = json!({"detail": {"name": "Detail", "file": "One"}})),
    ("another view", |spec| spec["connect"]["views"] = json!({"detail": {"name": "Detail", "file": "Two", "status": "SAVED"}})),
    ("a task template", |spec| {
        spec["connect"]["task_templates"] = json!({"callback": {"name": "Callback", "file": "callback", "flow": "vanity"}});
    }),
    ("a form", |spec| spec["connect"]["evaluation_forms"] = json!({"quality": {"title": "Quality", "file": "One"}})),
    ("another form", |spec| {
        spec["connect"]["evaluation_forms"] = json!({"quality": {"title": "Quality 2", "file": "Two", "active": false}});
    }),
    ("a rule", |spec| {
        spec["connect"]["evaluation_forms"] = json!({"quality": {"title": "Quality", "file": "One"}});
        spec["connect"]["rules"] = json!({"review": {"file": "OnPostCallAnalysisAvailable", "status": "DRAFT"}});
    }),
    ("other name of the hours", |spec| spec["connect"]["hours"]["support"]["name"] = "Opening hours".into()),
    ("hours that come with the instance", |spec| spec["connect"]["queues"]["support"]["hours"] = "Basic Hours".into()),
    ("a limit of the queue", |spec| spec["connect"]["queues"]["support"]["max_contacts"] = 3.into()),
    ("a renamed queue that takes nobody", |spec| {
        spec["connect"]["queues"]["support"]["name"] = "Help".into();
        spec["connect"]["queues"]["support"]["enabled"] = false.into();
    }),
    ("no queue", |spec| remove(&mut spec["connect"]["queues"], "support")),
    ("one more routing profile", |spec| {
        spec["connect"]["routing_profiles"] = json!({"agents": {"default_outbound_queue": "BasicQueue", "queues": {
            "BasicQueue": {"VOICE": {"priority": 2, "delay_seconds": 5}}}}});
        spec["connect"]["users"]["admin"]["routing_profile"] = "agents".into();
    }),
    ("another name of the user", |spec| spec["connect"]["users"]["admin"]["username"] = "root".into()),
    ("other rights of the user", |spec| spec["connect"]["users"]["admin"]["security_profiles"] = json!(["Agent", "Admin"])),
    ("a telephone of the user", |spec| {
        spec["connect"]["users"]["admin"]["phone"] = json!({"type": "DESK_PHONE", "desk_phone_number": "+18005550100"});
    }),
    ("a mail address of the user", |spec| spec["connect"]["users"]["admin"]["email"] = "admin@vanity.example".into()),
    ("no user", |spec| {
        remove(&mut spec["connect"], "users");
        // Nothing may lead to a user who is gone.
        if spec["connect"].get("quick_connects").is_some() {
            remove(&mut spec["connect"]["quick_connects"], "colleague");
            spec["connect"]["queues"]["sales"]["quick_connects"] = json!(["desk"]);
        }
    }),
    ("a phone number", |spec| {
        spec["connect"]["phone_numbers"] =
            json!({"main": {"country": "US", "type": "TOLL_FREE", "flow": "vanity", "release": true, "description": "Main"}});
    }),
    ("another attribute", |spec| spec["connect"]["multi_party_conference"] = true.into()),
    ("no connect", |spec| remove(spec, "connect")),
    ("another api description", |spec| spec["api"]["description"] = "Numbers".into()),
    ("another stage", |spec| spec["api"]["stage"] = "v2".into()),
    ("another domain", |spec| spec["api"]["domain"] = "numbers-elsewhere.example".into()),
    ("longer validity", |spec| spec["api"]["certificate"]["self_signed"]["validity_days"] = 700.into()),
    ("another type of the certificate's key", |spec| {
        spec["api"]["certificate"]["self_signed"]["key_algorithm"] = "EC_prime256v1".into();
    }),
    ("throttled", |spec| spec["api"]["throttling"] = json!({"rate_limit": 7, "burst_limit": 14})),
    ("one more route", |spec| spec["api"]["routes"]["GET /health"] = "get".into()),
    ("one route less", |spec| remove(&mut spec["api"]["routes"], "GET /")),
    ("no api", |spec| remove(spec, "api")),
    ("a queue that calls", |spec| spec["connect"]["queues"]["support"]["outbound_caller"] = json!({"name": "Vanity"})),
    ("other words for the number", |spec| {
        spec["connect"]["phone_numbers"] = json!({"main": {"country": "US", "type": "TOLL_FREE", "flow": "vanity", "release": true,
                                                           "description": "Ours"},
                                                  "branch": {"country": "GB", "type": "DID", "prefix": "+4420", "release": true}});
    }),
    ("a number of another country", |spec| {
        spec["connect"]["phone_numbers"] = json!({"main": {"country": "US", "type": "TOLL_FREE", "flow": "vanity", "release": true},
                                                  "branch": {"country": "CA", "type": "DID", "release": true}});
    }),
    ("other turns", |spec| {
        spec["connect"]["routing_profiles"] = json!({"agents": {"default_outbound_queue": "BasicQueue",
            "concurrency": {"VOICE": 1, "TASK": 3}, "queues": {"BasicQueue": {"VOICE": {"priority": 2}, "TASK": {"priority": 1}}}}});
    }),
    ("another bot", |spec| {
        let alias = "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/NEWALIASID";
        spec["connect"]["bots"] = json!({"helper": {"alias_arn": alias}});
    }),
    ("other storage", |spec| {
        spec["connect"]["storage"] = json!({
            "call_recordings": {"s3": {"bucket": "vanity-recordings", "prefix": "voices"}},
            "contact_trace_records": {"kinesis_stream": "arn:aws:kinesis:us-east-1:111122223333:stream/contacts"},
            "chat_transcripts": {"s3": {"bucket": "vanity-recordings", "prefix": "chats"}}});
    }),
    ("no storage but one", |spec| {
        let place = json!({"s3": {"bucket": "vanity-recordings", "prefix": "reports"}});
        spec["connect"]["storage"] = json!({"scheduled_reports": place});
    }),
    ("another module", |spec| {
        spec["connect"]["modules"] = json!({"greeting": {"name": "Salute", "file": "another module", "description": "Salutes"}});
    }),
    ("an archived module beside", |spec| {
        spec["connect"]["modules"]["spare"] = json!({"file": "module", "state": "ARCHIVED"});
    }),
    ("hours that exchange their names with others", |spec| {
        let open = json!({"MONDAY": ["08:00-18:00"]});
        spec["connect"]["hours"]["night"] = json!({"name": "Support hours", "time_zone": "UTC", "open": open});
        spec["connect"]["hours"]["support"]["name"] = "Night hours".into();
    }),
    ("a queue whose name another one takes", |spec| {
        spec["connect"]["queues"]["second"] = spec["connect"]["queues"]["support"].clone();
        spec["connect"]["queues"]["support"]["name"] = "first".into();
        spec["connect"]["queues"]["second"]["name"] = "support".into();
    }),
    ("a prompt", |spec| spec["connect"]["prompts"]["greeting"] = json!({"file": "one"})),
    ("one more prompt", |spec| spec["connect"]["prompts"]["farewell"] = json!({"file": "two"})),
    ("another recording", |spec| {
        let recording = json!({"file": "three", "name": "Greeting", "description": "Says hello"});
        spec["connect"]["prompts"]["greeting"] = recording;
    }),
    ("another bucket for prompts", |spec| {
        spec["connect"]["prompts"]["greeting"] = json!({"file": "one"});
        spec["connect"]["prompts_bucket"] = format!("{}-voices", spec["project"].as_str().unwrap_or_default()).into();
    }),
    ("a route for who signs", |spec| {
        spec["api"]["routes"]["GET /vanity-numbers"] = json!({"function": "get", "auth": "iam"});
    }),
    ("a key with other limits", |spec| {
        spec["api"]["api_key"] =
            json!({"throttling": {"rate_limit": 1.5, "burst_limit": 2}, "quota": {"limit": 9, "period": "WEEK"}});
        spec["api"]["routes"]["GET /vanity-numbers/{phone}"] = json!({"function": "get", "auth": "api_key"});
    }),
    ("a flow that plays a prompt", |spec| {
        spec["connect"]["prompts"]["greeting"] = json!({"file": "one"});
        spec["connect"]["prompts"]["farewell"] = json!({"file": "two"});
        spec["connect"]["flows"]["vanity"]["file"] = "playing".into();
    }),
    ("renamed entries", |spec| {
        rename(spec, &["tables"], "numbers", "figures");
        rename(spec, &["functions"], "get", "read");
        rename(spec, &["connect", "hours"], "support", "opening");
        rename(spec, &["connect", "users"], "admin", "chief");
        for (_, queue) in spec["connect"]["queues"].as_object_mut().into_iter().flatten() {
            exchange(queue.get_mut("hours"), "support", "opening");
        }
        for (_, route) in spec["api"]["routes"].as_object_mut().into_iter().flatten() {
            match route.get_mut("function") {
                Some(function) => exchange(Some(function), "get", "read"),
                None => exchange(Some(route), "get", "read"),
            }
        }
        for (_, function) in spec["functions"].as_object_mut().into_iter().flatten() {
            if let Some(access) = function["grants"].as_object_mut().and_then(|grants| grants.remove("numbers")) {
                function["grants"]["figures"] = access;
            }
            for (_, variable) in function["environment"].as_object_mut().into_iter().flatten() {
                exchange(Some(variable), "${tables.numbers.name}", "${tables.figures.name}");
            }
        }
    }),
    ("a bot that is there", |spec| {
        let alias = "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID";
        // Two bots of a spec are never the same one.
        let is_taken = spec["connect"]["bots"]["helper"]["alias_arn"] == alias;
        let alias = if is_taken { "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/LENTALIAS1" } else { alias };
        if let Some(bots) = spec["connect"]["bots"].as_object_mut() {
            bots.retain(|_, bot| bot["existing"].is_null());
        }
        spec["connect"]["bots"]["borrowed"] = json!({"alias_arn": alias});
    }),
    ("other quick connects", |spec| {
        let quick_connects = &mut spec["connect"]["quick_connects"];
        quick_connects["desk"] = json!({"name": "Reception", "to": {"queue": "BasicQueue"}});
        quick_connects["elsewhere"] = json!({"to": {"phone_number": "+18005550102"}});
        spec["connect"]["queues"]["support"]["quick_connects"] = json!(["desk", "elsewhere"]);
    }),
    ("quick connects that no queue offers", |spec| {
        spec["connect"]["quick_connects"] = json!({"elsewhere": {"to": {"phone_number": "+18005550102"}}});
        for queue in spec["connect"]["queues"].as_object_mut().into_iter().flat_map(|queues| queues.values_mut()) {
            remove(queue, "quick_connects");
        }
    }),
    ("more permissions of a security profile", |spec| {
        spec["connect"]["security_profiles"]["lead"] =
            json!({"name": "Team lead", "description": "Leads", "permissions": ["BasicAgentAccess", "Queues.View"]});
    }),
    ("another name of a security profile", |spec| {
        spec["connect"]["security_profiles"]["lead"] = json!({"name": "Lead", "permissions": ["BasicAgentAccess"]});
    }),
    ("one more level of the hierarchy", |spec| {
        spec["connect"]["user_hierarchy"] = json!({"levels": ["Place", "Team", "Desk"], "groups": {
            "site": {"name": "South"}, "team": {"name": "Sales team", "parent": "site"}, "desk": {"parent": "team"}}});
    }),
    ("a group elsewhere in the hierarchy", |spec| {
        spec["connect"]["user_hierarchy"] = json!({"levels": ["Site", "Team"], "groups": {
            "site": {"name": "South"}, "other": {"name": "East"}, "team": {"name": "Eastern team", "parent": "other"}}});
    }),
    ("another vocabulary", |spec| {
        spec["connect"]["vocabularies"] = json!({"places": {"language": "en-US", "phrases": {"San-Francisco": ""}, "default": true},
                                                 "orte": {"language": "de-DE", "phrases": {"Köln": ""}}});
    }),
    ("a vocabulary that is no default", |spec| {
        spec["connect"]["vocabularies"] = json!({"places": {"language": "en-US", "phrases": {"San-Francisco": ""}}});
    }),
    ("a user outside of the hierarchy", |spec| {
        for user in spec["connect"]["users"].as_object_mut().into_iter().flat_map(|users| users.values_mut()) {
            remove(user, "hierarchy_group");
            user["email"] = "outside@vanity.example".into();
        }
    }),
    ("other logs, layers and another network", |spec| {
        let get = &mut spec["functions"]["get"];
        get["log_format"] = "JSON".into();
        get["log_level"] = "WARN".into();
        get["layers"] = json!(["arn:aws:lambda:us-east-1:111122223333:layer:shared:4"]);
        get["vpc"] = json!({"subnets": ["subnet-0a1b2c3d4e5f60719"], "security_groups": ["sg-0a1b2c3d4e5f60719"]});
        get["dead_letter"] = "arn:aws:sns:us-east-1:111122223333:failed".into();
        get["allow"] = json!([{"actions": ["sqs:SendMessage"], "resources": ["arn:aws:sqs:us-east-1:111122223333:jobs"]}]);
    }),
    ("no layers and no network", |spec| {
        for key in ["layers", "vpc", "dead_letter", "allow"] {
            remove(&mut spec["functions"]["get"], key);
        }
        spec["functions"]["get"]["timeout_seconds"] = 9.into();
    }),
];

/// Gives the entry of a section another key and declares that.
fn rename(spec: &mut Value, section: &[&str], from: &str, to: &str) {
    let mut members = Some(&mut *spec);
    for step in section {
        members = members.and_then(|value| value.get_mut(step));
    }
    let Some(entry) = members.as_mut().and_then(|members| members.as_object_mut()?.remove(from)) else { return };
    if let Some(members) = members {
        members[to] = entry;
    }
    spec["lifecycle"][format!("{}.{to}", section.join("."))] = json!({"renamed_from": [from]});
}

/// Replaces a text by another one.
fn exchange(value: Option<&mut Value>, from: &str, to: &str) {
    if let Some(value) = value.filter(|value| value.as_str() == Some(from)) {
        *value = to.into();
    }
}

impl Edit {
    /// Returns all edits.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..EDITS.len()).map(Self)
    }

    /// Returns the edits that random simulations of a spec draw from.
    pub fn drawn_for(spec: BaseSpec) -> impl Iterator<Item = Self> {
        // Names that come back without a declared rename are refused, so renames are not drawn.
        let renames = "renamed entries";
        Self::all().take(if spec == BaseSpec::Center { EDITS.len() } else { COMMON }).filter(move |edit| edit.name() != renames)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        EDITS[self.0].0
    }

    pub(super) fn make(self, spec: &mut Value) {
        (EDITS[self.0].1)(spec);
    }

    /// Returns the edit with this name.
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
