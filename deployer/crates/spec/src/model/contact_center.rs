//! The contact center in `connect`: hours, queues, routing profiles, users and phone numbers.

use std::collections::BTreeMap;

use super::is_on_aws;
use crate::declare::{Format, Section, by_word, choice, flag, integer, list, map, section, text, word};
use crate::diagnostic::Span;
use crate::names::Name;
use crate::patterns::{CONNECT_DESCRIPTION, CONNECT_NAME, DEPLOYER_VARIABLE, DESCRIPTION, KEY};
use crate::rule::StringPattern;
use crate::string_enum::string_enum;

/// Declares a name in Connect whose default is the key of the entry.
pub(super) fn name() -> Format<String> {
    text(&CONNECT_NAME).or_else(|entry| Some(entry.name_key().to_owned()))
}

/// Declares a description whose default is the name of the entry.
pub(super) fn purpose() -> Format<String> {
    text(&CONNECT_DESCRIPTION).or_else(|entry| Some(entry.text("name").unwrap_or_else(|| entry.name_key()).to_owned()))
}

/// A time zone of the tz database; its existence is checked against the database itself.
pub(crate) static TIME_ZONE: StringPattern = StringPattern::new(
    "a time zone",
    "a name of the tz database, such as `Europe/Berlin`, `America/New_York` or `UTC`",
    "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
    1,
    64,
);

/// A time range of opening hours.
static OPEN_TIME: StringPattern = StringPattern::new(
    "a time of the day",
    "two times of day with a hyphen between them, such as `08:00-18:00`; a day ends at `24:00`",
    "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
    11,
    11,
);

section! {
    /// `connect.hours.<name>`
    Hours {
        /// The name that people see in Connect; the key if absent.
        name: String = name();
        /// What it is for; the name if absent.
        description: String = purpose();
        /// The time zone, such as `Europe/Berlin`.
        time_zone: String = text(&TIME_ZONE);
        /// When it is open, by day.
        open: BTreeMap<Day, Vec<String>> = Day::opening_times();
        /// Other times on some dates, such as holidays, by name.
        overrides: BTreeMap<Name, HoursOverride> = map(&KEY, HoursOverride::format()).or_empty();
    }
}

/// A date (API reference, HoursOfOperationOverrideYearMonthDayDateFormat); its existence is checked apart.
static DATE: StringPattern = StringPattern::new("a date", "a date such as `2026-12-24`", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 10, 10);

section! {
    /// `connect.hours.<name>.overrides.<name>`
    HoursOverride {
        /// The name that people see in Connect; the key if absent.
        name: String = name();
        /// What it is for; the name if absent.
        description: String = purpose();
        /// The first date, in the time zone of the hours.
        from: String = text(&DATE);
        /// The last date; the first one if absent.
        until: String = text(&DATE).or_else(|entry| entry.text("from").map(str::to_owned));
        /// Whether its times replace those of these dates, or are added to or taken from them.
        kind as "type": OverrideType = word().or(OverrideType::Standard);
        /// Its times by day; without any, a STANDARD one closes.
        times: BTreeMap<Day, Vec<String>> = Day::opening_times().or_empty();
    }
}

string_enum! {
    /// What an override does on its dates (API reference, OverrideType).
    OverrideType {
        /// Its times replace those of the hours.
        Standard = "STANDARD",
        /// It is open during its times as well.
        Open = "OPEN",
        /// It is closed during its times.
        Closed = "CLOSED",
    }
}

impl Day {
    /// Declares opening times by day. They are lowered to the days with times, each with its times in order.
    fn opening_times() -> Format<BTreeMap<Self, Vec<String>>> {
        let times = by_word(|_| "The times, such as `08:00-18:00`.", |_: Self| list(text(&OPEN_TIME)).optional());
        times.section().map(|mut open: BTreeMap<Self, Vec<String>>| {
            open.retain(|_, times| !times.is_empty());
            open.values_mut().for_each(|times| times.sort());
            open
        })
    }
}

section! {
    /// `connect.queues.<name>`
    Queue {
        /// The name that people see in Connect; the key if absent.
        name: String = name();
        /// What it is for; the name if absent.
        description: String = purpose();
        /// The hours: one of `hours`, or `Basic Hours`.
        hours: String = text(&CONNECT_NAME);
        /// How many contacts may wait in it; any number if absent.
        max_contacts: Option<u32> = integer(0..=1_000_000).optional();
        /// Whether contacts can be put into it.
        enabled: bool = flag().or(true);
        /// What people see and hear who are called from it.
        outbound_caller: OutboundCaller = OutboundCaller::format().or_empty();
        /// The quick connects that agents see with a contact of it: of `quick_connects`.
        quick_connects: Vec<Name> = list(text(&KEY)).or_empty();
    }
}

section! {
    /// `connect.queues.<name>.outbound_caller`
    OutboundCaller {
        /// The name of who calls.
        name: Option<String> = text(&PERSON_NAME).optional();
        /// The number that is shown: one of `phone_numbers`.
        phone_number: Option<Name> = text(&KEY).optional();
        /// The flow that is heard before the agent: one of `flows`, an OUTBOUND_WHISPER.
        flow: Option<Name> = text(&KEY).optional();
    }
}

section! {
    /// `connect.routing_profiles.<name>`
    RoutingProfile {
        /// The name that people see in Connect; the key if absent.
        name: String = name();
        /// What it is for; the name if absent.
        description: String = purpose();
        /// The queue that outbound calls belong to: one of `queues`, or `BasicQueue`.
        default_outbound_queue: String = text(&CONNECT_NAME);
        /// How many contacts at a time, by channel; one call if absent.
        concurrency: BTreeMap<Channel, u32> = Channel::concurrency();
        /// The queues that are served, each by channel: of `queues`, or `BasicQueue`.
        queues: BTreeMap<String, BTreeMap<Channel, QueueAssignment>> = map(&CONNECT_NAME, Channel::assignments()).entries(0..=50).or_empty();
    }
}

impl Channel {
    /// Declares the number of concurrent contacts by channel (API reference, MediaConcurrency).
    fn concurrency() -> Format<BTreeMap<Self, u32>> {
        let most = |channel| if channel == Self::Voice { 1 } else { 10 };
        let channels = by_word(|_| "How many at a time.", |channel| integer(1..=most(channel)).optional());
        channels.section().or_empty().map(|given| if given.is_empty() { [(Self::Voice, 1)].into() } else { given })
    }

    /// Declares the assignment of a queue by channel.
    fn assignments() -> Format<BTreeMap<Self, QueueAssignment>> {
        by_word(|_| "When it is served.", |_| QueueAssignment::format().optional()).section()
    }
}

section! {
    /// `connect.routing_profiles.<name>.queues.<queue>.<channel>` (API reference, Priority and Delay).
    #[derive(Copy)]
    QueueAssignment {
        /// 1 comes first.
        priority: u32 = integer(1..=99).or(1);
        /// For how many seconds contacts wait before these agents get them.
        delay_seconds: u32 = integer(0..=9_999).or(0);
    }
}

/// The username of a user whom Connect manages (API reference, CreateUser, Username).
static USERNAME: StringPattern =
    StringPattern::new("a username", "1 to 20 letters, digits and `_-.@`", "^[a-zA-Z0-9_.@-]*$", 1, 20);

/// A person's first or last name (API reference, AgentFirstName and AgentLastName).
static PERSON_NAME: StringPattern = StringPattern::new(
    "a person's name",
    "1 to 255 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    255,
);

/// An email address; the accepted form is not published.
static EMAIL: StringPattern = StringPattern::new(
    "a mail address",
    "such as `ada@voice.example`",
    "^[^@ \\x00-\\x1f\\x7f]+@[^@ \\x00-\\x1f\\x7f]+$",
    3,
    254,
);

section! {
    /// `connect.users.<name>`
    User {
        /// The name to log in with; the key if absent.
        username: String = text(&USERNAME).or_else(|entry| Some(entry.name_key().to_owned()));
        /// The first name.
        first_name: String = text(&PERSON_NAME);
        /// The last name.
        last_name: String = text(&PERSON_NAME);
        /// Where mail goes, such as one to set a new password.
        email: Option<String> = text(&EMAIL).optional();
        /// 1 to 10 security profiles: of `security_profiles`, or names of others; a new instance has Admin, Agent, CallCenterManager and
        /// QualityAnalyst.
        security_profiles: Vec<String> = list(text(&CONNECT_NAME)).map(|mut names| { names.sort(); names });
        /// The routing profile: one of `routing_profiles`, or `Basic Routing Profile`.
        routing_profile: String = text(&CONNECT_NAME);
        /// Where the first password comes from; no operation of Connect changes it later.
        password: Password = Password::format();
        /// How contacts reach the user.
        phone: Phone = Phone::format().or_empty();
        /// The group in the agent hierarchy: one of `user_hierarchy.groups`.
        hierarchy_group: Option<Name> = text(&KEY).optional();
    }
}

choice! {
    /// `connect.users.<name>.password`
    #[derive(Eq)]
    Password {
        /// The variable of the deployer's own environment that holds it; it is never written down.
        Env(PasswordVariable) = "env": PasswordVariable::format().map(Self::Env);
        /// `true`: it is made by the deployer and shown once, after the user is made.
        Generate = "generate": flag().map(|_| Self::Generate);
    }
}

/// The variable that holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordVariable {
    /// The variable's name.
    pub variable: String,
    /// The position of the name in the spec, for diagnostics about its value.
    pub span: Span,
}

impl PasswordVariable {
    fn format() -> Format<Self> {
        text(&DEPLOYER_VARIABLE).and_then(|variable, entry| Some(Self { variable, span: entry.node.span }))
    }
}

section! {
    /// `connect.users.<name>.phone`
    Phone {
        /// What rings.
        kind as "type": PhoneType = word().or(PhoneType::Soft);
        /// Whether contacts are accepted without a click.
        auto_accept: bool = flag().or(false);
        /// For how long after a contact no other one comes.
        // API reference, AfterContactWorkTimeLimit.
        after_contact_work_seconds: u32 = integer(0..=2_000_000).or(0);
        /// The number of the desk phone.
        desk_phone_number: Option<String> = text(&PHONE_NUMBER).optional();
    }
}

/// A phone number (API reference, PhoneNumber).
pub(crate) static PHONE_NUMBER: StringPattern = StringPattern::new(
    "a phone number",
    "`+`, the country's code and the number, digits only: `+18005550100`",
    "^[+][1-9][0-9]+$",
    3,
    16,
);

/// A prefix of a phone number, including the country's calling code (API reference, PhoneNumberPrefix).
pub(crate) static PHONE_PREFIX: StringPattern = StringPattern::new(
    "the beginning of a phone number",
    "`+`, the country's code and at most 10 more digits: `+1800`",
    "^[+][1-9][0-9]*$",
    2,
    12,
);

/// A country (API reference, PhoneNumberCountryCode; ISO 3166-1).
pub(crate) static COUNTRY: StringPattern =
    StringPattern::new("a country", "two capital letters, such as `US` or `DE`", "^[A-Z]{2}$", 2, 2);

section! {
    /// `connect.phone_numbers.<name>`
    PhoneNumber {
        /// The country, such as `US`.
        country: String = text(&COUNTRY);
        /// The kind of number.
        kind as "type": PhoneNumberType = word();
        /// What it must begin with, such as `+1800`.
        prefix: Option<String> = text(&PHONE_PREFIX).optional();
        /// Exactly this number, if it is free.
        number: Option<String> = text(&PHONE_NUMBER).optional();
        /// What it is for.
        description: String = text(&DESCRIPTION).or_text("");
        /// The flow that answers it: one of `flows`, a CONTACT_FLOW.
        flow: Option<Name> = text(&KEY).optional();
        /// Whether it is given back when it is not wanted any more, which AWS keeps from being claimed again for up to 180 days;
        /// `false` on AWS and `true` on the embedded AWS if absent.
        release: bool = flag().or_else(|entry| Some(!is_on_aws(entry)));
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
