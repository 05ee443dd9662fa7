//! The format of `connect`.

use super::{MANY, RETENTION, default, description, map, text};
use crate::model::{Channel, Day, FlowState, FlowStatus, FlowType, InstanceAttribute, PhoneNumberType, PhoneType, StorageKind};
use crate::rules as rule;
use crate::shape::{Field, Shape};

const NAME: &str = "The name that people see in Connect; the key if absent.";

fn name() -> Field {
    Field::optional("name", NAME, text(&rule::THING_NAME))
}

fn purpose() -> Field {
    Field::optional("description", "What it is for; the name if absent.", text(&rule::THING_DESCRIPTION))
}

fn flag(name: &'static str, doc: &'static str) -> Field {
    Field::optional(name, doc, Shape::Bool)
}

fn number(min: i64, max: i64) -> Shape {
    Shape::Integer { min, max }
}

pub(super) fn connect() -> Shape {
    let mut fields = vec![
        Field::required("alias", "The instance's alias; its access URL begins with it.", text(&rule::ALIAS)),
        flag(
            "deletion_protection",
            "Whether a plan that deletes the instance is refused; `true` on AWS and `false` on the embedded AWS if absent.",
        ),
        flag("inbound_calls", "Whether calls come in.").with_default(true),
        flag("outbound_calls", "Whether calls go out.").with_default(false),
    ];
    fields.extend(InstanceAttribute::ALL.iter().map(|attribute| attribute_field(*attribute)));
    let retention = "Days after which the log events of flows go, which hold callers' numbers.";
    fields.push(
        Field::optional("flow_log_retention_days", retention, Shape::Numbers(RETENTION))
            .with_default(default::FLOW_LOG_RETENTION_DAYS),
    );
    fields.extend([
        Field::optional("functions", "The functions that flows may call.", Shape::List(Box::new(text(&rule::KEY)))),
        Field::optional("hours", "Hours of operation by name.", map(&rule::KEY, hours(), MANY)),
        Field::optional("queues", "Queues by name.", map(&rule::KEY, queue(), MANY)),
        Field::optional("routing_profiles", "Routing profiles by name.", map(&rule::KEY, routing_profile(), MANY)),
        Field::optional(
            "users",
            "Users by name; one with the security profile Admin is an administrator.",
            map(&rule::KEY, user(), MANY),
        ),
        Field::optional("phone_numbers", "Phone numbers by name.", map(&rule::KEY, phone_number(), MANY)),
        Field::optional("prompts", "Recordings that flows play, by name.", map(&rule::KEY, prompt(), MANY)),
        Field::optional(
            "prompts_bucket",
            "The bucket that the deployer makes for the files of prompts; PROJECT-ENVIRONMENT-prompts-ACCOUNT-REGION if absent.",
            text(&rule::BUCKET),
        ),
        Field::optional("bots", "Lex V2 bots that flows may use, by name.", map(&rule::KEY, bot(), MANY)),
        Field::optional("storage", "Where Connect keeps what.", storage()),
        Field::optional("modules", "Flow modules by name.", map(&rule::KEY, module(), MANY)),
        Field::optional("flows", "Flows by name.", map(&rule::KEY, flow(), MANY)),
    ]);
    Shape::Section(fields)
}

fn attribute_field(attribute: InstanceAttribute) -> Field {
    let doc = match attribute {
        InstanceAttribute::FlowLogs => "Whether flows write logs.",
        InstanceAttribute::ContactLens => "Whether Contact Lens may be used.",
        InstanceAttribute::AutoResolveBestVoices => "Whether the best voice of a name is taken.",
        InstanceAttribute::EarlyMedia => "Whether tones and announcements are heard before a call is answered.",
        InstanceAttribute::MultiPartyConference => "Whether more than three people can speak with each other.",
        InstanceAttribute::MultiPartyChatConference => "The same in chats; left as it is if absent.",
        InstanceAttribute::HighVolumeOutbound => "Whether many outbound calls are made at a time; left as it is if absent.",
        InstanceAttribute::EnhancedContactMonitoring => {
            "Whether supervisors can speak with those whom they listen to; left as it is if absent."
        }
        InstanceAttribute::EnhancedChatMonitoring => "The same in chats; left as it is if absent.",
        InstanceAttribute::MessageStreaming => "Whether chat messages can be streamed; left as it is if absent.",
        InstanceAttribute::UseCustomTtsVoices => {
            "Whether voices of one's own are used, which AWS allows to chosen accounts; left as it is if absent."
        }
    };
    let field = flag(attribute.as_str(), doc);
    match attribute.default_value() {
        Some(value) => field.with_default(value),
        None => field,
    }
}

fn hours() -> Shape {
    let times = || Shape::List(Box::new(text(&rule::OPEN_TIME)));
    let days = Day::ALL.iter().map(|day| Field::optional(day.as_str(), "The times, such as `08:00-18:00`.", times()));
    Shape::Section(vec![
        name(),
        purpose(),
        Field::required("time_zone", "The time zone, such as `Europe/Berlin`.", text(&rule::TIME_ZONE)),
        Field::required("open", "When it is open, by day.", Shape::Section(days.collect())),
    ])
}

fn queue() -> Shape {
    let outbound_caller = Shape::Section(vec![
        Field::optional("name", "The name of who calls.", text(&rule::PERSON_NAME)),
        Field::optional("phone_number", "The number that is shown: one of `phone_numbers`.", text(&rule::KEY)),
        Field::optional(
            "flow",
            "The flow that is heard before the agent: one of `flows`, an OUTBOUND_WHISPER.",
            text(&rule::KEY),
        ),
    ]);
    Shape::Section(vec![
        name(),
        purpose(),
        Field::required("hours", "The hours: one of `hours`, or `Basic Hours`.", text(&rule::THING_NAME)),
        Field::optional("max_contacts", "How many contacts may wait in it; any number if absent.", number(0, 1_000_000)),
        flag("enabled", "Whether contacts can be put into it.").with_default(true),
        Field::optional("outbound_caller", "What people see and hear who are called from it.", outbound_caller),
    ])
}

fn routing_profile() -> Shape {
    // API reference, MediaConcurrency: a voice channel has 1, the others 1 to 10.
    let most = |channel: &Channel| if *channel == Channel::Voice { 1 } else { 10 };
    let concurrency =
        Channel::ALL.iter().map(|channel| Field::optional(channel.as_str(), "How many at a time.", number(1, most(channel))));
    // API reference, Priority and Delay.
    let turn = || {
        Shape::Section(vec![
            Field::optional("priority", "1 comes first.", number(1, 99)).with_default(1),
            Field::optional(
                "delay_seconds",
                "For how many seconds contacts wait before these agents get them.",
                number(0, 9_999),
            )
            .with_default(0),
        ])
    };
    let channels = Channel::ALL.iter().map(|channel| Field::optional(channel.as_str(), "When it is served.", turn()));
    Shape::Section(vec![
        name(),
        purpose(),
        Field::required(
            "default_outbound_queue",
            "The queue that outbound calls belong to: one of `queues`, or `BasicQueue`.",
            text(&rule::THING_NAME),
        ),
        Field::optional(
            "concurrency",
            "How many contacts at a time, by channel; one call if absent.",
            Shape::Section(concurrency.collect()),
        ),
        Field::optional(
            "queues",
            "The queues that are served, each by channel: of `queues`, or `BasicQueue`.",
            map(&rule::THING_NAME, Shape::Section(channels.collect()), 50),
        ),
    ])
}

fn user() -> Shape {
    let password = Shape::Choice(vec![
        Field::optional(
            "env",
            "The variable of the deployer's own environment that holds it; it is never written down.",
            text(&rule::OWN_VARIABLE),
        ),
        flag("generate", "`true`: it is made by the deployer and shown once, after the user is made."),
    ]);
    let phone = Shape::Section(vec![
        Field::optional("type", "What rings.", Shape::OneOf(PhoneType::WORDS)).with_default(PhoneType::Soft.as_str()),
        flag("auto_accept", "Whether contacts are accepted without a click.").with_default(false),
        // API reference, AfterContactWorkTimeLimit.
        Field::optional("after_contact_work_seconds", "For how long after a contact no other one comes.", number(0, 2_000_000))
            .with_default(0),
        Field::optional("desk_phone_number", "The number of the desk phone.", text(&rule::PHONE_NUMBER)),
    ]);
    Shape::Section(vec![
        Field::optional("username", "The name to log in with; the key if absent.", text(&rule::USERNAME)),
        Field::required("first_name", "The first name.", text(&rule::PERSON_NAME)),
        Field::required("last_name", "The last name.", text(&rule::PERSON_NAME)),
        Field::optional("email", "Where mail goes, such as one to set a new password.", text(&rule::EMAIL)),
        Field::required(
            "security_profiles",
            "The names of 1 to 10 security profiles; a new instance has Admin, Agent, CallCenterManager and QualityAnalyst.",
            Shape::List(Box::new(text(&rule::THING_NAME))),
        ),
        Field::required(
            "routing_profile",
            "The routing profile: one of `routing_profiles`, or `Basic Routing Profile`.",
            text(&rule::THING_NAME),
        ),
        Field::required("password", "Where the first password comes from; no operation of Connect changes it later.", password),
        Field::optional("phone", "How contacts reach the user.", phone),
    ])
}

fn phone_number() -> Shape {
    Shape::Section(vec![
        Field::required("country", "The country, such as `US`.", text(&rule::COUNTRY)),
        Field::required("type", "The kind of number.", Shape::OneOf(PhoneNumberType::WORDS)),
        Field::optional("prefix", "What it must begin with, such as `+1800`.", text(&rule::PHONE_PREFIX)),
        Field::optional("number", "Exactly this number, if it is free.", text(&rule::PHONE_NUMBER)),
        description(),
        Field::optional("flow", "The flow that answers it: one of `flows`, a CONTACT_FLOW.", text(&rule::KEY)),
        flag(
            "release",
            "Whether it is given back when it is not wanted any more, which AWS keeps from being claimed again for up to 180 days; \
             `false` on AWS and `true` on the embedded AWS if absent.",
        ),
    ])
}

/// Returns the shape of a prompt. Exactly one of `file` and `s3` must be given, which the semantic checks enforce.
fn prompt() -> Shape {
    Shape::Section(vec![
        name(),
        purpose(),
        Field::optional(
            "file",
            "The file with the recording: WAV of 8 kHz, one channel, μ-law, shorter than five minutes.",
            text(&rule::FILE),
        ),
        Field::optional("s3", "In the place of `file`: the object that holds it, `s3://BUCKET/KEY`.", text(&rule::OBJECT)),
    ])
}

fn bot() -> Shape {
    Shape::Section(vec![Field::required("alias_arn", "The ARN of the bot's alias.", text(&rule::BOT_ALIAS))])
}

fn storage() -> Shape {
    let kms_key = || Field::optional("kms_key", "The key that encrypts it, by its ARN.", text(&rule::KMS_KEY));
    let s3 = || {
        Field::optional(
            "s3",
            "Objects in a bucket that exists.",
            Shape::Section(vec![
                Field::required("bucket", "The bucket.", text(&rule::BUCKET)),
                Field::required("prefix", "What the object keys begin with.", text(&rule::STORAGE_PREFIX)),
                kms_key(),
            ]),
        )
    };
    let stream = || Field::optional("kinesis_stream", "A Kinesis data stream, by its ARN.", text(&rule::STREAM));
    let firehose = || Field::optional("firehose", "A Firehose delivery stream, by its ARN.", text(&rule::FIREHOSE));
    let video = || {
        Field::optional(
            "kinesis_video",
            "Kinesis video streams.",
            Shape::Section(vec![
                Field::required("prefix", "What their names begin with.", text(&rule::STORAGE_PREFIX)),
                Field::optional("retention_hours", "For how many hours they are kept.", number(0, 87_600)).with_default(0),
                Field::required("kms_key", "The key that encrypts them, by its ARN.", text(&rule::KMS_KEY)),
            ]),
        )
    };
    let place = |kind: &StorageKind| match kind {
        StorageKind::MediaStreams => vec![video()],
        StorageKind::ContactTraceRecords => vec![stream(), firehose()],
        StorageKind::AgentEvents => vec![stream()],
        _ => vec![s3()],
    };
    let kinds =
        StorageKind::ALL.iter().map(|kind| Field::optional(kind.as_str(), "Where it is kept.", Shape::Choice(place(kind))));
    Shape::Section(kinds.collect())
}

fn file() -> Field {
    Field::required("file", "The file with its content.", text(&rule::FILE))
}

fn state() -> Field {
    Field::optional("state", "Whether it can be used.", Shape::OneOf(FlowState::WORDS)).with_default(FlowState::Active.as_str())
}

fn module() -> Shape {
    Shape::Section(vec![name(), file(), purpose(), state()])
}

fn flow() -> Shape {
    Shape::Section(vec![
        Field::optional("name", NAME, text(&rule::FLOW_NAME)),
        file(),
        Field::optional("type", "Its type.", Shape::OneOf(FlowType::WORDS)).with_default(FlowType::ContactFlow.as_str()),
        description(),
        Field::optional("status", "Whether callers meet it: published, or only saved.", Shape::OneOf(FlowStatus::WORDS))
            .with_default(FlowStatus::Published.as_str()),
        state(),
    ])
}
