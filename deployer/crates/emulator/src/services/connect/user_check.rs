//! Checks of user data that are not in the model, but in its documentation (botocore model, CreateUser and UserIdentityInfo).
//! All message texts are unverified.

use super::arguments::{PARAMETER, refused};
use super::types::{Identity, Phone};
use crate::check::word;
use crate::error::AwsError;

/// Maximum after-contact work time, in seconds: 24 days.
const MOST_AFTER_WORK: i64 = 2_000_000;

fn bad(message: impl Into<String>) -> AwsError {
    refused(PARAMETER, message)
}

/// Checks a user name: at most 20 characters of a limited set, or 64 with SAML; an `@` only as part of an e-mail address.
pub(super) fn name(management: &str, name: &str) -> Result<(), AwsError> {
    let most = if management == "SAML" { 64 } else { 20 };
    if name.chars().count() > most {
        return Err(bad(format!("The username must have at most {most} characters")));
    }
    if !word(name, "_-.@") {
        return Err(bad("The username may contain letters, digits and _-.@ only"));
    }
    match !name.contains('@') || is_address(name) {
        true => Ok(()),
        false => Err(bad("The username contains an @, but is no e-mail address")),
    }
}

fn is_address(text: &str) -> bool {
    let top =
        |domain: &str| domain.rsplit_once('.').is_some_and(|(rest, top)| !rest.is_empty() && top.len() >= 2 && word(top, ""));
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && word(local, "._%+-") && word(domain, ".-") && top(domain) && text.len() <= 265
    })
}

/// Requires a password where Connect manages users, and refuses one elsewhere. The model has the rules for its content.
pub(super) fn credentials(management: &str, password: Option<&str>, directory_id: Option<&str>) -> Result<(), AwsError> {
    match (management, password) {
        ("CONNECT_MANAGED", None) => return Err(bad("A password is required for an instance that manages its users itself")),
        ("CONNECT_MANAGED", Some(_)) => {}
        (_, Some(_)) => return Err(bad("A password is allowed only for an instance that manages its users itself")),
        _ => {}
    }
    match directory_id.is_some() && management == "CONNECT_MANAGED" {
        true => Err(bad("DirectoryUserId is not allowed for an instance that manages its users itself")),
        false => Ok(()),
    }
}

/// Requires names where no directory provides them, and refuses an address with SAML. The documentation requires an address
/// too, but AWS's own example of the command has none.
pub(super) fn identity(management: &str, identity: &Identity) -> Result<(), AwsError> {
    let given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    if management != "EXISTING_DIRECTORY" && !(given(&identity.first) && given(&identity.last)) {
        return Err(bad("FirstName and LastName are required"));
    }
    if management == "SAML" && identity.email.is_some() {
        return Err(bad("Email is not allowed for an instance whose users SAML manages"));
    }
    for address in [&identity.email, &identity.second_email].into_iter().flatten() {
        if !is_address(address) {
            // The message omits the address, which the model marks as sensitive.
            return Err(bad("An e-mail address is malformed"));
        }
    }
    Ok(())
}

/// Requires a number for a desk phone; for a soft phone it has no effect.
pub(super) fn phone(phone: &Phone) -> Result<(), AwsError> {
    if phone.after_work > MOST_AFTER_WORK {
        return Err(bad(format!("AfterContactWorkTimeLimit must be at most {MOST_AFTER_WORK} seconds")));
    }
    match phone.kind.as_deref() == Some("DESK_PHONE") && phone.desk_number.is_none() {
        true => Err(bad("DeskPhoneNumber is required for the phone type DESK_PHONE")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_short_or_valid_addresses() {
        for (management, text, good) in [
            ("CONNECT_MANAGED", "testuser", true),
            ("CONNECT_MANAGED", "t@example.com", true),
            ("CONNECT_MANAGED", "testuser@example", false),
            ("CONNECT_MANAGED", "abcdefghijklmnopqrstu", false),
            ("SAML", "abcdefghijklmnopqrstu", true),
            ("CONNECT_MANAGED", "a b", false),
        ] {
            assert_eq!(name(management, text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn passwords_require_connect_managed_users_and_stay_secret() {
        for (management, password, good) in [
            ("CONNECT_MANAGED", Some("Abcdefg1"), true),
            ("CONNECT_MANAGED", None, false),
            ("SAML", Some("Abcdefg1"), false),
            ("SAML", None, true),
        ] {
            let answer = credentials(management, password, None);
            assert_eq!(answer.is_ok(), good, "{management} {password:?}");
            assert!(answer.err().is_none_or(|refusal| !refusal.message.contains("Abcdefg1")));
        }
    }
}
