//! `connect`: the Amazon Connect instance and everything in it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::FlowType;
use crate::diagnostic::Span;
use crate::names::Name;
use crate::string_enum::string_enum;

/// What a new instance comes with (Amazon Connect administrator guide; aws-nuke#905). It is named as it is, and never made.
pub mod built_in {
    /// Hours of operation.
    pub const HOURS: &[&str] = &["Basic Hours"];
    /// Queues.
    pub const QUEUES: &[&str] = &["BasicQueue"];
    /// Routing profiles.
    pub const ROUTING_PROFILES: &[&str] = &["Basic Routing Profile"];
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

/// `connect`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Connect {
    /// The instance's alias; the access URL begins with it.
    pub alias: String,
    /// Whether a plan that deletes the instance is refused; it is on AWS and is not on the embedded AWS unless given.
    pub deletion_protection: bool,
    /// Whether calls come in; they do unless given.
    pub inbound_calls: bool,
    /// Whether calls go out; not unless given.
    pub outbound_calls: bool,
    /// The other attributes: those with a known default always, the others only where given.
    pub attributes: BTreeMap<InstanceAttribute, bool>,
    /// After how many days the log events of flows go.
    pub flow_log_retention_days: u32,
    /// The functions that flows may call.
    pub functions: Vec<Name>,
    /// Hours of operation by name.
    pub hours: BTreeMap<Name, Hours>,
    /// Queues by name.
    pub queues: BTreeMap<Name, Queue>,
    /// Routing profiles by name.
    pub routing_profiles: BTreeMap<Name, RoutingProfile>,
    /// Users by name.
    pub users: BTreeMap<Name, User>,
    /// Phone numbers by name.
    pub phone_numbers: BTreeMap<Name, PhoneNumber>,
    /// Prompts by name.
    pub prompts: BTreeMap<Name, Prompt>,
    /// The bucket for the files of prompts, if it was named.
    pub prompts_bucket: Option<String>,
    /// Lex V2 bots that flows may use, by name.
    pub bots: BTreeMap<Name, Bot>,
    /// Where Connect keeps what, by what.
    pub storage: BTreeMap<StorageKind, Storage>,
    /// Flow modules by name.
    pub modules: BTreeMap<Name, Module>,
    /// Flows by name.
    pub flows: BTreeMap<Name, Flow>,
}

impl Connect {
    /// The name in Connect of the hours written so: of those declared, or of those an instance comes with.
    pub fn hours_name<'c>(&'c self, written: &'c str) -> &'c str {
        self.hours.get(written).map_or(written, |hours| &hours.name)
    }

    /// The name in Connect of the queue written so.
    pub fn queue_name<'c>(&'c self, written: &'c str) -> &'c str {
        self.queues.get(written).map_or(written, |queue| &queue.name)
    }

    /// The name in Connect of the routing profile written so.
    pub fn routing_profile_name<'c>(&'c self, written: &'c str) -> &'c str {
        self.routing_profiles.get(written).map_or(written, |profile| &profile.name)
    }
}

/// `connect.hours.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hours {
    /// The name that people see in Connect; the key unless given.
    pub name: String,
    /// What they are for; the name unless given.
    pub description: String,
    /// The time zone.
    pub time_zone: String,
    /// When it is open, by day: times such as `08:00-18:00`, in order.
    pub open: BTreeMap<Day, Vec<String>>,
}

/// `connect.queues.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Queue {
    /// The name that people see in Connect; the key unless given.
    pub name: String,
    /// What it is for; the name unless given.
    pub description: String,
    /// The hours, by their key here or as an instance comes with them.
    pub hours: String,
    /// How many contacts may wait in it; any number unless given.
    pub max_contacts: Option<u32>,
    /// Whether contacts can be put into it; they can unless given.
    pub enabled: bool,
    /// What people see and hear who are called from it.
    pub outbound_caller: OutboundCaller,
}

/// `connect.queues.<name>.outbound_caller`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OutboundCaller {
    /// The name of who calls.
    pub name: Option<String>,
    /// The phone number that is shown.
    pub phone_number: Option<Name>,
    /// The flow that is heard before the agent.
    pub flow: Option<Name>,
}

/// `connect.routing_profiles.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoutingProfile {
    /// The name that people see in Connect; the key unless given.
    pub name: String,
    /// What it is for; the name unless given.
    pub description: String,
    /// The queue that outbound calls belong to, by its key here or as an instance comes with it.
    pub default_outbound_queue: String,
    /// How many contacts at a time, by channel; one call unless given.
    pub concurrency: BTreeMap<Channel, u32>,
    /// The queues that are served, by key or as an instance comes with them, then by channel.
    pub queues: BTreeMap<String, BTreeMap<Channel, Turn>>,
}

/// `connect.routing_profiles.<name>.queues.<queue>.<channel>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// 1 comes first; 1 unless given.
    pub priority: u32,
    /// For how many seconds contacts wait before these agents get them; 0 unless given.
    pub delay_seconds: u32,
}

/// `connect.users.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct User {
    /// The name to log in with; the key unless given.
    pub username: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// Where mail goes, such as one to set a new password.
    pub email: Option<String>,
    /// The names of the security profiles.
    pub security_profiles: Vec<String>,
    /// The routing profile, by its key here or as an instance comes with it.
    pub routing_profile: String,
    /// Where the first password comes from.
    pub password: Password,
    /// How contacts reach the user.
    pub phone: Phone,
}

/// `connect.users.<name>.password`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// A variable of the deployer's own environment.
    Env(PasswordVariable),
    /// Made by the deployer and shown once, after the user is made.
    Generate,
}

/// The variable that holds a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PasswordVariable {
    /// Its name.
    pub variable: String,
    /// Where the name stands in the spec, for faults about its value.
    #[serde(skip)]
    pub span: Span,
}

/// `connect.users.<name>.phone`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phone {
    /// What rings; `SOFT_PHONE` unless given.
    #[serde(rename = "type")]
    pub kind: PhoneType,
    /// Whether contacts are accepted without a click; not unless given.
    pub auto_accept: bool,
    /// For how long after a contact no other one comes; 0 unless given.
    pub after_contact_work_seconds: u32,
    /// The number of the desk phone.
    pub desk_phone_number: Option<String>,
}

impl Default for Phone {
    fn default() -> Self {
        Self { kind: PhoneType::Soft, auto_accept: false, after_contact_work_seconds: 0, desk_phone_number: None }
    }
}

/// `connect.phone_numbers.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhoneNumber {
    /// The country, `US`.
    pub country: String,
    /// The kind of number.
    #[serde(rename = "type")]
    pub kind: PhoneNumberType,
    /// What it must begin with.
    pub prefix: Option<String>,
    /// Exactly this number.
    pub number: Option<String>,
    /// What it is for; may be empty.
    pub description: String,
    /// The flow that answers it.
    pub flow: Option<Name>,
    /// Whether it is given back when it is not wanted any more; not on AWS unless given.
    pub release: bool,
}

/// `connect.prompts.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prompt {
    /// The name that people see in Connect; the key unless given.
    pub name: String,
    /// What it is for; the name unless given.
    pub description: String,
    /// Where the recording is.
    #[serde(flatten)]
    pub source: PromptSource,
}

/// Where the recording of a prompt is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptSource {
    /// A file, as written: relative to where the deployer runs, unless absolute.
    File(String),
    /// An object that exists, `s3://bucket/key`.
    S3(String),
}

/// `connect.bots.<name>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bot {
    /// The ARN of the Lex V2 bot's alias.
    pub alias_arn: String,
}

/// `connect.storage.<kind>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// Objects in a bucket.
    S3 {
        /// The bucket.
        bucket: String,
        /// What the object keys begin with.
        prefix: String,
        /// The key that encrypts them, by its ARN.
        kms_key: Option<String>,
    },
    /// A Kinesis data stream, by its ARN.
    KinesisStream(String),
    /// A Firehose delivery stream, by its ARN.
    Firehose(String),
    /// Kinesis video streams.
    KinesisVideo {
        /// What their names begin with.
        prefix: String,
        /// For how many hours they are kept; 0 is not at all.
        retention_hours: u32,
        /// The key that encrypts them, by its ARN.
        kms_key: String,
    },
}

/// `connect.modules.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Module {
    /// The name that people see in Connect; the key unless given.
    pub name: String,
    /// The file with its content.
    pub file: String,
    /// Where `file` stands in the spec, for faults about the file.
    #[serde(skip)]
    pub file_span: Span,
    /// What it is for; the name unless given.
    pub description: String,
    /// Whether it can be used; `ACTIVE` unless given.
    pub state: FlowState,
}

/// `connect.flows.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flow {
    /// The name that people see in Connect; the key unless given.
    pub name: String,
    /// The file with its content, as written: relative to where the deployer runs, unless absolute.
    pub file: String,
    /// Where `file` stands in the spec, for faults about the file.
    #[serde(skip)]
    pub file_span: Span,
    /// Its type; `CONTACT_FLOW` unless given.
    #[serde(rename = "type")]
    pub kind: FlowType,
    /// What it is for; may be empty.
    pub description: String,
    /// Whether it is published or only saved; published unless given.
    pub status: FlowStatus,
    /// Whether it can be used; `ACTIVE` unless given.
    pub state: FlowState,
}

string_enum! {
    /// An attribute of an instance besides `inbound_calls` and `outbound_calls` (API reference, InstanceAttributeType, in lower case).
    InstanceAttribute {
        /// Flows write logs.
        FlowLogs = "flow_logs",
        /// Contact Lens may be used.
        ContactLens = "contact_lens",
        /// Polly's best voice for a name is taken.
        AutoResolveBestVoices = "auto_resolve_best_voices",
        /// Tones and announcements are heard before a call is answered.
        EarlyMedia = "early_media",
        /// More than three people can speak with each other.
        MultiPartyConference = "multi_party_conference",
        /// The same in chats.
        MultiPartyChatConference = "multi_party_chat_conference",
        /// Many outbound calls at a time.
        HighVolumeOutbound = "high_volume_outbound",
        /// Supervisors can speak with those whom they listen to.
        EnhancedContactMonitoring = "enhanced_contact_monitoring",
        /// The same in chats.
        EnhancedChatMonitoring = "enhanced_chat_monitoring",
        /// Chat messages can be streamed.
        MessageStreaming = "message_streaming",
        /// Voices of one's own; AWS allows it to chosen accounts.
        UseCustomTtsVoices = "use_custom_tts_voices",
    }
}

impl InstanceAttribute {
    /// What it is in a new instance, where that is known (terraform-provider-aws, connect/instance.go).
    pub const fn default_value(self) -> Option<bool> {
        match self {
            Self::FlowLogs | Self::MultiPartyConference => Some(false),
            Self::ContactLens | Self::AutoResolveBestVoices | Self::EarlyMedia => Some(true),
            _ => None,
        }
    }

    /// The name in the API (API reference, InstanceAttributeType).
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

string_enum! {
    /// A day of the week (API reference, HoursOfOperationDays).
    Day {
        /// Monday.
        Monday = "MONDAY",
        /// Tuesday.
        Tuesday = "TUESDAY",
        /// Wednesday.
        Wednesday = "WEDNESDAY",
        /// Thursday.
        Thursday = "THURSDAY",
        /// Friday.
        Friday = "FRIDAY",
        /// Saturday.
        Saturday = "SATURDAY",
        /// Sunday.
        Sunday = "SUNDAY",
    }
}

string_enum! {
    /// How contacts come (API reference, Channel).
    Channel {
        /// Calls.
        Voice = "VOICE",
        /// Chats.
        Chat = "CHAT",
        /// Tasks.
        Task = "TASK",
        /// Mail.
        Email = "EMAIL",
    }
}

string_enum! {
    /// What rings (API reference, PhoneType).
    PhoneType {
        /// The browser.
        Soft = "SOFT_PHONE",
        /// A telephone.
        Desk = "DESK_PHONE",
    }
}

string_enum! {
    /// The kind of a phone number that can be claimed by a search (API reference, PhoneNumberType).
    PhoneNumberType {
        /// Free for who calls.
        TollFree = "TOLL_FREE",
        /// A number of a place.
        Did = "DID",
        /// Free in many countries.
        Uifn = "UIFN",
        /// Cost shared with who calls.
        Shared = "SHARED",
        /// Free, of another carrier.
        ThirdPartyTollFree = "THIRD_PARTY_TF",
        /// Of a place, of another carrier.
        ThirdPartyDid = "THIRD_PARTY_DID",
        /// A short code.
        ShortCode = "SHORT_CODE",
    }
}

string_enum! {
    /// Whether callers meet a flow (API reference, ContactFlowStatus).
    FlowStatus {
        /// They do.
        Published = "PUBLISHED",
        /// They do not: it is a draft, and Connect does not check it.
        Saved = "SAVED",
    }
}

string_enum! {
    /// Whether a flow or module can be used (API reference, ContactFlowState).
    FlowState {
        /// It can.
        Active = "ACTIVE",
        /// It cannot.
        Archived = "ARCHIVED",
    }
}

string_enum! {
    /// What an instance keeps (API reference, InstanceStorageResourceType, in lower case).
    StorageKind {
        /// Recordings of calls.
        CallRecordings = "call_recordings",
        /// Transcripts of chats.
        ChatTranscripts = "chat_transcripts",
        /// Reports.
        ScheduledReports = "scheduled_reports",
        /// The sound of calls while they last.
        MediaStreams = "media_streams",
        /// Records of contacts.
        ContactTraceRecords = "contact_trace_records",
        /// What agents do.
        AgentEvents = "agent_events",
        /// Files that come with chats.
        Attachments = "attachments",
        /// Evaluations of contacts.
        ContactEvaluations = "contact_evaluations",
        /// Recordings of screens.
        ScreenRecordings = "screen_recordings",
        /// Mail.
        EmailMessages = "email_messages",
    }
}
