//! Users.

use serde::{Deserialize, Serialize};

/// A user. The password is not stored, only whether one was set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) identity: Identity,
    pub(crate) phone: Option<Phone>,
    /// Id of the user in an external directory.
    pub(crate) directory_id: Option<String>,
    /// Ids of the security profiles.
    pub(crate) security_profiles: Vec<String>,
    /// Id of the routing profile.
    pub(crate) routing_profile: String,
    /// Id of the group in the agent hierarchy.
    #[serde(default)]
    pub(crate) hierarchy_group: Option<String>,
    pub(crate) has_password: bool,
}

/// Name and contact data of a user.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Identity {
    #[serde(rename = "FirstName", skip_serializing_if = "Option::is_none")]
    pub(crate) first: Option<String>,
    #[serde(rename = "LastName", skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<String>,
    #[serde(rename = "Email", skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(rename = "SecondaryEmail", skip_serializing_if = "Option::is_none")]
    pub(crate) second_email: Option<String>,
    #[serde(rename = "Mobile", skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
}

/// Phone settings of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Phone {
    #[serde(rename = "PhoneType", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(rename = "AutoAccept", default)]
    auto_accept: bool,
    /// After-contact work time limit, in seconds.
    #[serde(rename = "AfterContactWorkTimeLimit", default)]
    pub(crate) after_work: i64,
    #[serde(rename = "DeskPhoneNumber", skip_serializing_if = "Option::is_none")]
    pub(crate) desk_number: Option<String>,
    #[serde(rename = "PersistentConnection", skip_serializing_if = "Option::is_none")]
    persistent: Option<bool>,
}
