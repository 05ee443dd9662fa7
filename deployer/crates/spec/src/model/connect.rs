//! `connect`: the Amazon Connect instance and its resources.

use std::collections::BTreeMap;

use serde::Serialize;

use super::FlowType;
use crate::diagnostic::Span;
use crate::names::Name;
use crate::string_enum::string_enum;

/// Resources that a new instance comes with (Amazon Connect administrator guide; aws-nuke#905). They are referred to by their names, and
/// never created.
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
    /// Whether a plan that deletes the instance is refused; unless given, it is on AWS and is not on the embedded AWS.
    pub deletion_protection: bool,
    /// Whether inbound calls are enabled; they are unless given.
    pub inbound_calls: bool,
    /// Whether outbound calls are enabled; not unless given.
    pub outbound_calls: bool,
    /// The other attributes: those with a known default always, the others only if given.
    pub attributes: BTreeMap<InstanceAttribute, bool>,
    /// Days after which the log events of flows expire.
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
    /// Storage by the kind of stored data.
    pub storage: BTreeMap<StorageKind, Storage>,
    /// Flow modules by name.
    pub modules: BTreeMap<Name, Module>,
    /// Flows by name.
    pub flows: BTreeMap<Name, Flow>,
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

/// `connect.hours.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hours {
    /// The display name in Connect; the key unless given.
    pub name: String,
    /// The description; the name unless given.
    pub description: String,
    /// The time zone.
    pub time_zone: String,
    /// The opening times by day: ranges such as `08:00-18:00`, in order.
    pub open: BTreeMap<Day, Vec<String>>,
}

/// `connect.queues.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Queue {
    /// The display name in Connect; the key unless given.
    pub name: String,
    /// The description; the name unless given.
    pub description: String,
    /// The hours of operation, by their key here or by the name of built-in ones.
    pub hours: String,
    /// Maximum number of contacts in the queue; unlimited unless given.
    pub max_contacts: Option<u32>,
    /// Whether contacts can be put into the queue; they can unless given.
    pub enabled: bool,
    /// The caller ID and whisper flow of outbound calls from the queue.
    pub outbound_caller: OutboundCaller,
}

/// `connect.queues.<name>.outbound_caller`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OutboundCaller {
    /// The caller's name.
    pub name: Option<String>,
    /// The phone number that is shown.
    pub phone_number: Option<Name>,
    /// The flow that is played to the called person before the agent is connected.
    pub flow: Option<Name>,
}

/// `connect.routing_profiles.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoutingProfile {
    /// The display name in Connect; the key unless given.
    pub name: String,
    /// The description; the name unless given.
    pub description: String,
    /// The queue of outbound calls, by its key here or by the name of a built-in one.
    pub default_outbound_queue: String,
    /// Number of concurrent contacts by channel; one call unless given.
    pub concurrency: BTreeMap<Channel, u32>,
    /// The served queues, by key or by the name of a built-in one, then by channel.
    pub queues: BTreeMap<String, BTreeMap<Channel, QueueAssignment>>,
}

/// `connect.routing_profiles.<name>.queues.<queue>.<channel>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct QueueAssignment {
    /// The priority, of which 1 is served first; 1 unless given.
    pub priority: u32,
    /// Seconds that contacts wait before these agents get them; 0 unless given.
    pub delay_seconds: u32,
}

/// `connect.users.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct User {
    /// The login name; the key unless given.
    pub username: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The address for mails such as a password reset.
    pub email: Option<String>,
    /// The names of the security profiles.
    pub security_profiles: Vec<String>,
    /// The routing profile, by its key here or by the name of a built-in one.
    pub routing_profile: String,
    /// The source of the first password.
    pub password: Password,
    /// The phone settings of the user.
    pub phone: Phone,
}

/// `connect.users.<name>.password`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// A variable of the deployer's own environment.
    Env(PasswordVariable),
    /// Generated by the deployer and shown once, after the user is created.
    Generate,
}

/// The variable that holds a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PasswordVariable {
    /// The variable's name.
    pub variable: String,
    /// The position of the name in the spec, for diagnostics about its value.
    #[serde(skip)]
    pub span: Span,
}

/// `connect.users.<name>.phone`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phone {
    /// The type of phone; `SOFT_PHONE` unless given.
    #[serde(rename = "type")]
    pub kind: PhoneType,
    /// Whether contacts are accepted without a click; not unless given.
    pub auto_accept: bool,
    /// Seconds after a contact during which no other one is routed to the user; 0 unless given.
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
    /// The country code, such as `US`.
    pub country: String,
    /// The type of the number.
    #[serde(rename = "type")]
    pub kind: PhoneNumberType,
    /// The required prefix.
    pub prefix: Option<String>,
    /// The exact number to claim.
    pub number: Option<String>,
    /// The description; may be empty.
    pub description: String,
    /// The flow that answers calls to the number.
    pub flow: Option<Name>,
    /// Whether the number is released when it is not wanted any more; not on AWS unless given.
    pub release: bool,
}

/// `connect.prompts.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prompt {
    /// The display name in Connect; the key unless given.
    pub name: String,
    /// The description; the name unless given.
    pub description: String,
    /// The source of the recording.
    #[serde(flatten)]
    pub source: PromptSource,
}

/// The source of a prompt's recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptSource {
    /// A file, as written: relative to the deployer's working directory, unless absolute.
    File(String),
    /// An existing object, `s3://bucket/key`.
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
        /// The prefix of the object keys.
        prefix: String,
        /// The ARN of the key that encrypts the objects.
        kms_key: Option<String>,
    },
    /// The ARN of a Kinesis data stream.
    KinesisStream(String),
    /// The ARN of a Firehose delivery stream.
    Firehose(String),
    /// Kinesis video streams.
    KinesisVideo {
        /// The prefix of the streams' names.
        prefix: String,
        /// Retention in hours; 0 for no retention.
        retention_hours: u32,
        /// The ARN of the key that encrypts the streams.
        kms_key: String,
    },
}

/// `connect.modules.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Module {
    /// The display name in Connect; the key unless given.
    pub name: String,
    /// The file with the content.
    pub file: String,
    /// The position of `file` in the spec, for diagnostics about the file.
    #[serde(skip)]
    pub file_span: Span,
    /// The description; the name unless given.
    pub description: String,
    /// Whether the module can be used; `ACTIVE` unless given.
    pub state: FlowState,
}

/// `connect.flows.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flow {
    /// The display name in Connect; the key unless given.
    pub name: String,
    /// The file with the content, as written: relative to the deployer's working directory, unless absolute.
    pub file: String,
    /// The position of `file` in the spec, for diagnostics about the file.
    #[serde(skip)]
    pub file_span: Span,
    /// The type; `CONTACT_FLOW` unless given.
    #[serde(rename = "type")]
    pub kind: FlowType,
    /// The description; may be empty.
    pub description: String,
    /// Whether the flow is published or only saved; published unless given.
    pub status: FlowStatus,
    /// Whether the flow can be used; `ACTIVE` unless given.
    pub state: FlowState,
}

string_enum! {
    /// An attribute of an instance besides `inbound_calls` and `outbound_calls` (API reference, InstanceAttributeType, in lower case).
    InstanceAttribute {
        /// Flow logs are enabled.
        FlowLogs = "flow_logs",
        /// Contact Lens is enabled.
        ContactLens = "contact_lens",
        /// The best Polly voice for a name is selected automatically.
        AutoResolveBestVoices = "auto_resolve_best_voices",
        /// Tones and announcements are played before a call is answered.
        EarlyMedia = "early_media",
        /// More than three people can take part in a call.
        MultiPartyConference = "multi_party_conference",
        /// More than three people can take part in a chat.
        MultiPartyChatConference = "multi_party_chat_conference",
        /// High numbers of concurrent outbound calls are enabled.
        HighVolumeOutbound = "high_volume_outbound",
        /// Supervisors can speak in the calls that they monitor.
        EnhancedContactMonitoring = "enhanced_contact_monitoring",
        /// Supervisors can write in the chats that they monitor.
        EnhancedChatMonitoring = "enhanced_chat_monitoring",
        /// Chat messages can be streamed.
        MessageStreaming = "message_streaming",
        /// Custom text-to-speech voices are enabled; AWS allows this for selected accounts.
        UseCustomTtsVoices = "use_custom_tts_voices",
    }
}

impl InstanceAttribute {
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
    /// The channel of contacts (API reference, Channel).
    Channel {
        /// Calls.
        Voice = "VOICE",
        /// Chats.
        Chat = "CHAT",
        /// Tasks.
        Task = "TASK",
        /// Email.
        Email = "EMAIL",
    }
}

string_enum! {
    /// The type of a phone (API reference, PhoneType).
    PhoneType {
        /// The softphone in the browser.
        Soft = "SOFT_PHONE",
        /// A desk phone.
        Desk = "DESK_PHONE",
    }
}

string_enum! {
    /// The type of a phone number that can be claimed by a search (API reference, PhoneNumberType).
    PhoneNumberType {
        /// Free for the caller.
        TollFree = "TOLL_FREE",
        /// A direct inward dialing number, which belongs to a place.
        Did = "DID",
        /// An international number that is free in many countries.
        Uifn = "UIFN",
        /// A shared-cost number.
        Shared = "SHARED",
        /// A toll-free number of another carrier.
        ThirdPartyTollFree = "THIRD_PARTY_TF",
        /// A direct inward dialing number of another carrier.
        ThirdPartyDid = "THIRD_PARTY_DID",
        /// A short code.
        ShortCode = "SHORT_CODE",
    }
}

string_enum! {
    /// The publication status of a flow (API reference, ContactFlowStatus).
    FlowStatus {
        /// Published: callers reach it.
        Published = "PUBLISHED",
        /// Saved as a draft: callers do not reach it, and Connect does not check it.
        Saved = "SAVED",
    }
}

string_enum! {
    /// Whether a flow or module can be used (API reference, ContactFlowState).
    FlowState {
        /// It can be used.
        Active = "ACTIVE",
        /// It cannot be used.
        Archived = "ARCHIVED",
    }
}

string_enum! {
    /// The kind of data that an instance stores (API reference, InstanceStorageResourceType, in lower case).
    StorageKind {
        /// Call recordings.
        CallRecordings = "call_recordings",
        /// Chat transcripts.
        ChatTranscripts = "chat_transcripts",
        /// Scheduled reports.
        ScheduledReports = "scheduled_reports",
        /// Live audio of calls.
        MediaStreams = "media_streams",
        /// Contact records.
        ContactTraceRecords = "contact_trace_records",
        /// Agent events.
        AgentEvents = "agent_events",
        /// Attachments of chats.
        Attachments = "attachments",
        /// Evaluations of contacts.
        ContactEvaluations = "contact_evaluations",
        /// Screen recordings.
        ScreenRecordings = "screen_recordings",
        /// Email messages.
        EmailMessages = "email_messages",
    }
}
