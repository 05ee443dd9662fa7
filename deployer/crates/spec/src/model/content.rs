//! The content of `connect`: prompts, bots, storage, modules and flows.

use std::collections::BTreeMap;

use super::contact_center::{name, purpose};
use crate::declare::{Format, Section, by_word, choice, flag, integer, section, span_of, text, word};
use crate::diagnostic::Span;
use crate::patterns::{BUCKET, DESCRIPTION, FILE};
use crate::rule::StringPattern;
use crate::string_enum::string_enum;

section! {
    /// `connect.prompts.<name>`
    Prompt {
        /// The name that people see in Connect; the key if absent.
        name: String = name();
        /// What it is for; the name if absent.
        description: String = purpose();
        /// The source of the recording. The semantic checks enforce that there is exactly one.
        source: PromptSource = PromptSource::keys();
    }
}

choice! {
    /// The source of a prompt's recording.
    #[derive(Eq)]
    PromptSource {
        /// The file with the recording: WAV of 8 kHz, one channel, μ-law, shorter than five minutes.
        File(String) = "file": text(&FILE).map(Self::File);
        /// In the place of `file`: the object that holds it, `s3://BUCKET/KEY`.
        S3(String) = "s3": text(&OBJECT).map(Self::S3);
    }
}

/// An object in a bucket (API reference, CreatePrompt, S3Uri).
static OBJECT: StringPattern = StringPattern::new(
    "the place of an object",
    "`s3://BUCKET/KEY`",
    "^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\\x00-\\x1f\\x7f]+$",
    10,
    1_100,
);

section! {
    /// `connect.bots.<name>`
    Bot {
        /// The ARN of the bot's alias.
        alias_arn: String = text(&BOT_ALIAS);
        /// Whether the existing instance has the association already: then it is used and never changed. Only with `connect.existing`.
        existing: bool = flag().or(false);
    }
}

/// The alias of a Lex V2 bot (API reference, LexV2Bot AliasArn: at most 100 characters).
static BOT_ALIAS: StringPattern = StringPattern::new(
    "the ARN of a Lex V2 bot's alias",
    "`arn:aws:lex:REGION:ACCOUNT:bot-alias/BOT/ALIAS`",
    "^arn:aws[a-z-]*:lex:[a-z0-9-]+:[0-9]{12}:bot-alias/[A-Z0-9]{10}/[A-Z0-9]{10}$",
    20,
    100,
);

choice! {
    /// `connect.storage.<kind>`
    Storage {
        /// Objects in a bucket that exists.
        S3(S3Storage) = "s3": S3Storage::format().map(Self::S3);
        /// A Kinesis data stream, by its ARN.
        KinesisStream(String) = "kinesis_stream": text(&STREAM).map(Self::KinesisStream);
        /// A Firehose delivery stream, by its ARN.
        Firehose(String) = "firehose": text(&FIREHOSE).map(Self::Firehose);
        /// Kinesis video streams.
        KinesisVideo(VideoStorage) = "kinesis_video": VideoStorage::format().map(Self::KinesisVideo);
    }
}

section! {
    /// `connect.storage.<kind>.s3`
    S3Storage {
        /// The bucket.
        bucket: String = text(&BUCKET);
        /// What the object keys begin with.
        prefix: String = text(&STORAGE_PREFIX);
        /// The key that encrypts it, by its ARN.
        kms_key: Option<String> = text(&KMS_KEY).optional();
    }
}

section! {
    /// `connect.storage.<kind>.kinesis_video`
    VideoStorage {
        /// What their names begin with.
        prefix: String = text(&STORAGE_PREFIX);
        /// For how many hours they are kept.
        retention_hours: u32 = integer(0..=87_600).or(0);
        /// The key that encrypts them, by its ARN.
        kms_key: String = text(&KMS_KEY);
    }
}

impl StorageKind {
    /// Declares the storage of each kind of data.
    pub(super) fn format() -> Format<BTreeMap<Self, Storage>> {
        let targets: fn(Self) -> &'static [&'static str] = |kind| match kind {
            Self::MediaStreams => &["kinesis_video"],
            Self::ContactTraceRecords => &["kinesis_stream", "firehose"],
            Self::AgentEvents => &["kinesis_stream"],
            _ => &["s3"],
        };
        by_word(|_| "Where it is kept.", |kind| Storage::keys().only(targets(kind)).choice().optional()).section()
    }
}

/// A prefix of the keys of Connect's objects (API reference, Prefix).
static STORAGE_PREFIX: StringPattern = StringPattern::new(
    "a prefix",
    "1 to 128 letters, digits and `!_.*'()-`, with single slashes between them and none at the ends",
    "^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*$",
    1,
    128,
);

/// A KMS key (API reference, EncryptionConfig: the full ARN is required).
static KMS_KEY: StringPattern = StringPattern::new(
    "a key's ARN",
    "`arn:aws:kms:REGION:ACCOUNT:key/ID`",
    "^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$",
    20,
    128,
);

/// A Kinesis data stream.
static STREAM: StringPattern = StringPattern::new(
    "a Kinesis stream's ARN",
    "`arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`",
    "^arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[A-Za-z0-9_.-]+$",
    20,
    256,
);

/// A Firehose delivery stream.
static FIREHOSE: StringPattern = StringPattern::new(
    "a Firehose stream's ARN",
    "`arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME`",
    "^arn:aws[a-z-]*:firehose:[a-z0-9-]+:[0-9]{12}:deliverystream/[A-Za-z0-9_.-]+$",
    20,
    256,
);

section! {
    /// `connect.modules.<name>`
    Module {
        /// The name that people see in Connect; the key if absent.
        name: String = name();
        /// The file with its content.
        file: String = text(&FILE);
        /// The position of `file` in the spec, for diagnostics about the file.
        file_span: Span = span_of("file");
        /// What it is for; the name if absent.
        description: String = purpose();
        /// Whether it can be used.
        state: FlowState = word().or(FlowState::Active);
    }
}

/// The name of a flow in Connect.
static FLOW_NAME: StringPattern = StringPattern::new(
    "a flow's name",
    "1 to 127 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    127,
);

section! {
    /// `connect.flows.<name>`
    Flow {
        /// The name that people see in Connect; the key if absent.
        name: String = text(&FLOW_NAME).or_else(|entry| Some(entry.name_key().to_owned()));
        /// The file with its content.
        file: String = text(&FILE);
        /// The position of `file` in the spec, for diagnostics about the file.
        file_span: Span = span_of("file");
        /// Its type.
        kind as "type": FlowType = word().or(FlowType::ContactFlow);
        /// What it is for.
        description: String = text(&DESCRIPTION).or_text("");
        /// Whether callers meet it: published, or only saved.
        status: FlowStatus = word().or(FlowStatus::Published);
        /// Whether it can be used.
        state: FlowState = word().or(FlowState::Active);
    }
}

string_enum! {
    /// The type of a flow (API reference, CreateContactFlow).
    FlowType {
        /// The entry point for callers.
        ContactFlow = "CONTACT_FLOW",
        /// Played while a customer waits for an agent.
        CustomerQueue = "CUSTOMER_QUEUE",
        /// Played to the customer on hold.
        CustomerHold = "CUSTOMER_HOLD",
        /// Played to the customer before the agent is connected.
        CustomerWhisper = "CUSTOMER_WHISPER",
        /// Played to the agent on hold.
        AgentHold = "AGENT_HOLD",
        /// Played to the agent before the customer is connected.
        AgentWhisper = "AGENT_WHISPER",
        /// Played to the called person before the agent is connected.
        OutboundWhisper = "OUTBOUND_WHISPER",
        /// Run when a call is transferred to an agent.
        AgentTransfer = "AGENT_TRANSFER",
        /// Run when a call is transferred to a queue.
        QueueTransfer = "QUEUE_TRANSFER",
        /// Used by outbound campaigns.
        Campaign = "CAMPAIGN",
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
