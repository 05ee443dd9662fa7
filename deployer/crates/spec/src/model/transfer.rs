//! What agents see of each other in `connect`: quick connects, security profiles and the agent hierarchy; and vocabularies.

use std::collections::BTreeMap;

use super::contact_center::{PHONE_NUMBER, name, purpose};
use super::{TAG_KEY, TAG_VALUE};
use crate::declare::{choice, flag, list, map, section, text, word};
use crate::names::Name;
use crate::patterns::{CONNECT_NAME, KEY};
use crate::rule::StringPattern;
use crate::string_enum::string_enum;

section! {
    /// `connect.quick_connects.<name>`
    QuickConnect {
        /// The name that people see in Connect; the key if absent.
        name: String = name();
        /// What it is for; the name if absent.
        description: String = purpose();
        /// Where a contact is transferred to.
        to: TransferTo = TransferTo::format();
        /// The flow that a transfer to a queue or a user runs: one of `flows`, a QUEUE_TRANSFER or an AGENT_TRANSFER; the default one of the
        /// instance if absent.
        flow: Option<Name> = text(&KEY).optional();
    }
}

choice! {
    /// `connect.quick_connects.<name>.to`
    TransferTo {
        /// A phone number.
        PhoneNumber(String) = "phone_number": text(&PHONE_NUMBER).map(Self::PhoneNumber);
        /// A queue: one of `queues`, or `BasicQueue`.
        Queue(String) = "queue": text(&CONNECT_NAME).map(Self::Queue);
        /// One of `users`.
        User(Name) = "user": text(&KEY).map(Self::User);
    }
}

/// The name of a security profile (API reference, CreateSecurityProfileName).
static PROFILE_NAME: StringPattern =
    StringPattern::new("a security profile's name", "1 to 127 letters, digits, spaces and `_@-`", "^[ a-zA-Z0-9_@-]*$", 1, 127);

/// A permission of a security profile (API reference, SecurityProfilePermission).
static PERMISSION: StringPattern = StringPattern::new(
    "a permission",
    "the API's name of a permission, such as `BasicAgentAccess` or `Queues.View`",
    "^[A-Za-z][A-Za-z0-9._-]*$",
    1,
    128,
);

/// A kind of resource whose access is controlled by tags (API reference, TagRestrictedResourceName).
static RESTRICTED: StringPattern =
    StringPattern::new("a kind of resource", "the API's name of a kind, such as `User` or `Queue`", "^[A-Za-z]*$", 1, 128);

section! {
    /// `connect.security_profiles.<name>`
    SecurityProfile {
        /// The name that people see in Connect; the key if absent.
        name: String = text(&PROFILE_NAME).or_else(|entry| Some(entry.key.to_owned()));
        /// What it is for; the name if absent.
        description: String = purpose();
        /// What its users may do, by the API's names (administrator guide, "List of security profile permissions").
        permissions: Vec<String> = list(text(&PERMISSION)).or_empty();
        /// The tags of the resources that its users see, at most 4; all resources if absent.
        visible_tags: BTreeMap<String, String> = map(&TAG_KEY, text(&TAG_VALUE)).entries(0..=4).or_empty();
        /// The kinds of resources that `visible_tags` applies to, at most 10, such as `Queue`.
        tag_restricted: Vec<String> = list(text(&RESTRICTED)).or_empty();
    }
}

/// The name of a level of the agent hierarchy (API reference, HierarchyLevelUpdate).
static LEVEL: StringPattern =
    StringPattern::new("a level's name", "1 to 50 characters, none of them a control character", "^[^\\x00-\\x1f\\x7f]*$", 1, 50);

/// The name of a group of the agent hierarchy (API reference, CreateUserHierarchyGroup).
static GROUP: StringPattern = StringPattern::new(
    "a hierarchy group's name",
    "1 to 100 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    100,
);

section! {
    /// `connect.user_hierarchy`
    UserHierarchy {
        /// The names of the levels, from the first; 1 to 5.
        levels: Vec<String> = list(text(&LEVEL));
        /// The groups by name.
        groups: BTreeMap<Name, HierarchyGroup> = map(&KEY, HierarchyGroup::format()).or_empty();
    }
}

section! {
    /// `connect.user_hierarchy.groups.<name>`
    HierarchyGroup {
        /// The name that people see in Connect, unique in the hierarchy; the key if absent.
        name: String = text(&GROUP).or_else(|entry| Some(entry.key.to_owned()));
        /// The group on the level above: one of `groups`; a group without is on the first level.
        parent: Option<Name> = text(&KEY).optional();
    }
}

/// The name of a vocabulary (API reference, VocabularyName: at most 140 characters), to which a hyphen and 8 digits are added.
static VOCABULARY_NAME: StringPattern = StringPattern::new(
    "a vocabulary's name",
    "1 to 131 letters, digits and `._-`, a letter or digit first",
    "^[0-9a-zA-Z][0-9a-zA-Z._-]*$",
    1,
    131,
);

/// A phrase of a vocabulary (Transcribe developer guide, "Creating a custom vocabulary using a table"): words are separated by hyphens.
/// Which characters a language allows is not checked here.
static PHRASE: StringPattern = StringPattern::new(
    "a phrase",
    "1 to 256 characters without spaces; words have hyphens between them, such as `Los-Angeles`",
    "^[^\\x00-\\x20\\x7f]*$",
    1,
    256,
);

/// How a phrase is displayed.
static DISPLAY: StringPattern = StringPattern::new(
    "what is displayed",
    "at most 256 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    0,
    256,
);

section! {
    /// `connect.vocabularies.<name>`
    Vocabulary {
        /// The beginning of the name that people see in Connect; the key if absent. A digest of the phrases follows.
        name: String = text(&VOCABULARY_NAME).or_else(|entry| Some(entry.key.to_owned()));
        /// The language.
        language: VocabularyLanguage = word();
        /// The phrases, with hyphens for spaces, and how each is displayed; empty for a phrase that is displayed as it is.
        phrases: BTreeMap<String, String> = map(&PHRASE, text(&DISPLAY)).entries(1..=20_000);
        /// Whether Contact Lens uses it for its language.
        default: bool = flag().or(false);
    }
}

string_enum! {
    /// The language of a vocabulary (API reference, VocabularyLanguageCode).
    VocabularyLanguage {
        /// Arabic of the Gulf.
        ArAe = "ar-AE",
        /// Catalan.
        CaEs = "ca-ES",
        /// Danish.
        DaDk = "da-DK",
        /// Swiss German.
        DeCh = "de-CH",
        /// German.
        DeDe = "de-DE",
        /// Scottish English.
        EnAb = "en-AB",
        /// Australian English.
        EnAu = "en-AU",
        /// British English.
        EnGb = "en-GB",
        /// Irish English.
        EnIe = "en-IE",
        /// Indian English.
        EnIn = "en-IN",
        /// English of New Zealand.
        EnNz = "en-NZ",
        /// English of the United States.
        EnUs = "en-US",
        /// Welsh English.
        EnWl = "en-WL",
        /// South African English.
        EnZa = "en-ZA",
        /// Spanish of Spain.
        EsEs = "es-ES",
        /// Spanish of the United States.
        EsUs = "es-US",
        /// Finnish.
        FiFi = "fi-FI",
        /// French of Canada.
        FrCa = "fr-CA",
        /// French.
        FrFr = "fr-FR",
        /// Hindi.
        HiIn = "hi-IN",
        /// Indonesian.
        IdId = "id-ID",
        /// Italian.
        ItIt = "it-IT",
        /// Japanese.
        JaJp = "ja-JP",
        /// Korean.
        KoKr = "ko-KR",
        /// Malay.
        MsMy = "ms-MY",
        /// Dutch.
        NlNl = "nl-NL",
        /// Norwegian.
        NoNo = "no-NO",
        /// Polish.
        PlPl = "pl-PL",
        /// Portuguese of Brazil.
        PtBr = "pt-BR",
        /// Portuguese of Portugal.
        PtPt = "pt-PT",
        /// Swedish.
        SvSe = "sv-SE",
        /// Filipino.
        TlPh = "tl-PH",
        /// Chinese.
        ZhCn = "zh-CN",
    }
}
