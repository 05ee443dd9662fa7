//! `connect`: the Amazon Connect instance.

use std::collections::BTreeMap;

use super::{
    AgentStatus, Bot, EvaluationForm, Flow, Hours, Module, PhoneNumber, PredefinedAttribute, Prompt, Queue, QuickConnect,
    RoutingProfile, Rule, SecurityProfile, Storage, StorageKind, TaskTemplate, User, UserHierarchy, View, Vocabulary, is_on_aws,
};
use crate::declare::{Format, Keys, by_word, flag, list, map, number_of, section, text};
use crate::names::Name;
use crate::patterns::{BUCKET, KEY, RETENTION_DAYS};
use crate::rule::StringPattern;
use crate::string_enum::{StringEnum, string_enum};

/// Resources that a new instance comes with (Amazon Connect administrator guide; aws-nuke#905). They are referred to by their names, and
/// never created.
pub mod built_in {
    /// Hours of operation.
    pub const HOURS: &[&str] = &["Basic Hours"];
    /// Queues.
    pub const QUEUES: &[&str] = &["BasicQueue"];
    /// Routing profiles.
    pub const ROUTING_PROFILES: &[&str] = &["Basic Routing Profile"];
    /// Agent statuses.
    pub const AGENT_STATUSES: &[&str] = &["Available", "Offline"];
    /// Prompts.
    pub const PROMPTS: &[&str] = &[
        "Beep.wav",
        "CustomerHold.wav",
        "CustomerQueue.wav",
        "Music_Jazz_MyTimetoFly_Inst.wav",
        "Music_Pop_ThisAndThatIsLife_Inst.wav",
        "Music_Rock_EverywhereTheSunShines_Inst.wav",
    ];
    /// Security profiles.
    pub const SECURITY_PROFILES: &[&str] = &["Admin", "Agent", "CallCenterManager", "QualityAnalyst"];
}

/// The alias of a Connect instance (API reference, DirectoryAlias).
static ALIAS: StringPattern = StringPattern::new(
    "an instance's alias",
    "1 to 45 letters, digits and hyphens, a letter or digit at both ends",
    "^[0-9a-zA-Z]+(-*[0-9a-zA-Z])*$",
    1,
    45,
)
.forbidding(&[("^d-", "it may not begin with `d-`")]);

/// An existing instance: its alias, its ID or its ARN (API reference, DirectoryAlias, InstanceId, ARN).
static EXISTING: StringPattern = StringPattern::new(
    "an existing instance",
    "its alias, its ID (a UUID) or its ARN, `arn:aws:connect:REGION:ACCOUNT:instance/ID`",
    "^(arn:aws[a-z-]*:connect:[a-z0-9-]+:[0-9]{12}:instance/)?[0-9a-zA-Z]+(-*[0-9a-zA-Z])*$",
    1,
    150,
);

section! {
    /// `connect`
    Connect {
        /// The alias of an instance that the deployer creates; its access URL begins with it. Required unless there is `existing`.
        alias: String = text(&ALIAS).or_else(|section| section.node.get("existing").map(|_| String::new()));
        /// An existing instance in place of `alias`, by its alias, ID or ARN: what is declared here is managed in it, and the instance
        /// itself is never created, changed, tagged or deleted. Everything in it can be referred to by name.
        existing: Option<String> = text(&EXISTING).optional();
        /// Whether a plan that deletes the instance is refused; `true` on AWS and `false` on the embedded AWS if absent.
        deletion_protection: bool = flag().or_else(|section| Some(is_on_aws(section)));
        /// Whether calls come in.
        inbound_calls: bool = flag().or(true);
        /// Whether calls go out.
        outbound_calls: bool = flag().or(false);
        /// The other attributes: those with a known default always, the others only if given.
        attributes: BTreeMap<InstanceAttribute, bool> = InstanceAttribute::keys();
        /// Days after which the log events of flows go, which hold callers' numbers.
        flow_log_retention_days: u32 = number_of(RETENTION_DAYS).or(90);
        /// The functions that flows may call.
        functions: Vec<Name> = list(text(&KEY)).or_empty();
        /// Hours of operation by name.
        hours: BTreeMap<Name, Hours> = map(&KEY, Hours::format()).or_empty();
        /// Queues by name.
        queues: BTreeMap<Name, Queue> = map(&KEY, Queue::format()).or_empty();
        /// Routing profiles by name.
        routing_profiles: BTreeMap<Name, RoutingProfile> = map(&KEY, RoutingProfile::format()).or_empty();
        /// Users by name; one with the security profile Admin is an administrator.
        users: BTreeMap<Name, User> = map(&KEY, User::format()).or_empty();
        /// Phone numbers by name.
        phone_numbers: BTreeMap<Name, PhoneNumber> = map(&KEY, PhoneNumber::format()).or_empty();
        /// Recordings that flows play, by name.
        prompts: BTreeMap<Name, Prompt> = map(&KEY, Prompt::format()).or_empty();
        /// The bucket that the deployer makes for the files of prompts; PROJECT-ENVIRONMENT-prompts-ACCOUNT-REGION if absent.
        prompts_bucket: Option<String> = text(&BUCKET).optional();
        /// Lex V2 bots that flows may use, by name.
        bots: BTreeMap<Name, Bot> = map(&KEY, Bot::format()).or_empty();
        /// Where Connect keeps what.
        storage: BTreeMap<StorageKind, Storage> = StorageKind::format().or_empty();
        /// Flow modules by name.
        modules: BTreeMap<Name, Module> = map(&KEY, Module::format()).or_empty();
        /// Flows by name.
        flows: BTreeMap<Name, Flow> = map(&KEY, Flow::format()).or_empty();
        /// Quick connects by name: destinations that agents transfer contacts to, offered by queues.
        quick_connects: BTreeMap<Name, QuickConnect> = map(&KEY, QuickConnect::format()).or_empty();
        /// Security profiles by name: what users may do.
        security_profiles: BTreeMap<Name, SecurityProfile> = map(&KEY, SecurityProfile::format()).or_empty();
        /// Vocabularies of Contact Lens by name: words that it is to recognize.
        vocabularies: BTreeMap<Name, Vocabulary> = map(&KEY, Vocabulary::format()).or_empty();
        /// The agent hierarchy, for access control and reports.
        user_hierarchy: Option<UserHierarchy> = UserHierarchy::format().optional();
        /// What agents can choose besides Available and Offline, by name. Connect never deletes one: one that is left out is disabled.
        agent_statuses: BTreeMap<Name, AgentStatus> = map(&KEY, AgentStatus::format()).or_empty();
        /// Attributes with given values, for routing and contact segments, by name.
        predefined_attributes: BTreeMap<Name, PredefinedAttribute> = map(&KEY, PredefinedAttribute::format()).or_empty();
        /// Screens that flows show to agents and in chats, by name.
        views: BTreeMap<Name, View> = map(&KEY, View::format()).or_empty();
        /// Templates of tasks by name.
        task_templates: BTreeMap<Name, TaskTemplate> = map(&KEY, TaskTemplate::format()).or_empty();
        /// Forms for the evaluation of agents by name.
        evaluation_forms: BTreeMap<Name, EvaluationForm> = map(&KEY, EvaluationForm::format()).or_empty();
        /// What happens after an event, such as the end of an analysis, by name.
        rules: BTreeMap<Name, Rule> = map(&KEY, Rule::format()).or_empty();
    }
}

impl Connect {
    /// Returns the name in Connect of the hours written in the spec: of declared ones, or of those that an instance comes with.
    pub fn hours_name<'c>(&'c self, written: &'c str) -> &'c str {
        self.hours.get(written).map_or(written, |hours| &hours.name)
    }

    /// Returns the name in Connect of the queue written in the spec.
    pub fn queue_name<'c>(&'c self, written: &'c str) -> &'c str {
        self.queues.get(written).map_or(written, |queue| &queue.name)
    }

    /// Returns the name in Connect of the routing profile written in the spec.
    pub fn routing_profile_name<'c>(&'c self, written: &'c str) -> &'c str {
        self.routing_profiles.get(written).map_or(written, |profile| &profile.name)
    }
}

string_enum! {
    /// An attribute of an instance besides `inbound_calls` and `outbound_calls` (API reference, InstanceAttributeType, in lower case).
    InstanceAttribute {
        /// Whether flows write logs.
        FlowLogs = "flow_logs",
        /// Whether Contact Lens may be used.
        ContactLens = "contact_lens",
        /// Whether the best voice of a name is taken.
        AutoResolveBestVoices = "auto_resolve_best_voices",
        /// Whether tones and announcements are heard before a call is answered.
        EarlyMedia = "early_media",
        /// Whether more than three people can speak with each other.
        MultiPartyConference = "multi_party_conference",
        /// The same in chats; left as it is if absent.
        MultiPartyChatConference = "multi_party_chat_conference",
        /// Whether many outbound calls are made at a time; left as it is if absent.
        HighVolumeOutbound = "high_volume_outbound",
        /// Whether supervisors can speak with those whom they listen to; left as it is if absent.
        EnhancedContactMonitoring = "enhanced_contact_monitoring",
        /// The same in chats; left as it is if absent.
        EnhancedChatMonitoring = "enhanced_chat_monitoring",
        /// Whether chat messages can be streamed; left as it is if absent.
        MessageStreaming = "message_streaming",
        /// Whether voices of one's own are used, which AWS allows to chosen accounts; left as it is if absent.
        UseCustomTtsVoices = "use_custom_tts_voices",
    }
}

impl InstanceAttribute {
    /// Declares the key of each attribute.
    fn keys() -> Keys<BTreeMap<Self, bool>> {
        let format = |attribute: Self| -> Format<Option<bool>> {
            match attribute.default_value() {
                Some(value) => flag().map(Some).or(Some(value)),
                None => flag().optional(),
            }
        };
        by_word(|attribute| Self::DOCS[attribute as usize], format)
    }

    /// Returns the value in a new instance, where it is known (terraform-provider-aws, connect/instance.go).
    pub const fn default_value(self) -> Option<bool> {
        match self {
            Self::FlowLogs | Self::MultiPartyConference => Some(false),
            Self::ContactLens | Self::AutoResolveBestVoices | Self::EarlyMedia => Some(true),
            _ => None,
        }
    }

    /// Returns the name in the API (API reference, InstanceAttributeType).
    pub const fn api_name(self) -> &'static str {
        match self {
            Self::FlowLogs => "CONTACTFLOW_LOGS",
            Self::ContactLens => "CONTACT_LENS",
            Self::AutoResolveBestVoices => "AUTO_RESOLVE_BEST_VOICES",
            Self::EarlyMedia => "EARLY_MEDIA",
            Self::MultiPartyConference => "MULTI_PARTY_CONFERENCE",
            Self::MultiPartyChatConference => "MULTI_PARTY_CHAT_CONFERENCE",
            Self::HighVolumeOutbound => "HIGH_VOLUME_OUTBOUND",
            Self::EnhancedContactMonitoring => "ENHANCED_CONTACT_MONITORING",
            Self::EnhancedChatMonitoring => "ENHANCED_CHAT_MONITORING",
            Self::MessageStreaming => "MESSAGE_STREAMING",
            Self::UseCustomTtsVoices => "USE_CUSTOM_TTS_VOICES",
        }
    }
}
