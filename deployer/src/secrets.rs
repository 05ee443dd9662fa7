//! Secret values from the deployer's own environment: for functions' environment variables, and users' initial passwords.

mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_aws::{Secrets, Zeroizing};
use deployer_engine::{Address, State};
use deployer_spec::{Password, Spec};
use uuid::Uuid;

/// The values, which only the AWS provider reads, and their public digests.
#[derive(Default)]
pub(crate) struct SecretValues {
    pub(crate) values: Arc<Secrets>,
    /// Digests by function and variable.
    pub(crate) digests: BTreeMap<(String, String), String>,
    /// Digests by user.
    pub(crate) passwords: BTreeMap<String, String>,
}

/// The users that a command creates.
#[derive(Clone, Copy)]
pub(crate) enum UsersToCreate<'a> {
    /// None: the command only plans.
    None,
    /// Users that are not recorded, and these.
    With(&'a BTreeSet<Address>),
}

impl UsersToCreate<'_> {
    fn makes(self, user: &Address, recorded: bool) -> bool {
        match self {
            Self::None => false,
            Self::With(forced) => !recorded || forced.contains(user),
        }
    }
}

/// The values that the spec names.
#[derive(Default)]
pub(crate) struct SpecSecrets {
    /// Values by function and variable.
    functions: BTreeMap<(String, String), Zeroizing<String>>,
    /// Passwords by user.
    passwords: BTreeMap<String, Zeroizing<String>>,
}

impl SecretValues {
    /// Returns the environment variables whose values the spec takes from this process.
    pub(crate) fn variables(spec: &Spec) -> BTreeSet<String> {
        let values = spec.functions.values().flat_map(|function| function.environment.values());
        let users = spec.connect.iter().flat_map(|connect| connect.users.values());
        let passwords = users.filter_map(|user| match &user.password {
            Password::Env(password) => Some(password.variable.clone()),
            Password::Generate => None,
        });
        values.filter_map(|value| Some(value.as_secret()?.variable.clone())).chain(passwords).collect()
    }

    /// Returns the environment variables that `apply` will need and that are not set, each with its path in the spec.
    pub(crate) fn missing(spec: &Spec) -> Vec<(String, String)> {
        let functions = spec.functions.iter().flat_map(|(function, declared)| {
            let secret = |(variable, value): (&String, &deployer_spec::Variable)| {
                let secret = value.as_secret()?;
                Some((format!("functions.{function}.environment.{variable}"), secret.variable.clone()))
            };
            declared.environment.iter().filter_map(secret).collect::<Vec<_>>()
        });
        let users = spec.connect.iter().flat_map(|connect| &connect.users).filter_map(|(user, declared)| {
            let Password::Env(password) = &declared.password else { return None };
            Some((format!("connect.users.{user}.password"), password.variable.clone()))
        });
        let unset = |variable: &str| std::env::var_os(variable).is_none_or(|value| value.is_empty());
        functions.chain(users).filter(|(_, variable)| unset(variable)).collect()
    }

    /// Whether the spec names any value from this process's environment.
    pub(crate) fn names_any(spec: &Spec) -> bool {
        !Self::variables(spec).is_empty()
    }

    /// Returns the values with their digests, made with this lineage. A missing password has the recorded digest.
    pub(crate) fn digested(found: SpecSecrets, lineage: Uuid, state: Option<&State>) -> Self {
        let mut values = Secrets::new(lineage);
        let keep = |((function, variable), value): ((String, String), Zeroizing<String>)| {
            let digest = values.keep(&Address::new("function", &function), &variable, value);
            ((function, variable), digest)
        };
        let digests = found.functions.into_iter().map(keep).collect();
        let recorded = state.into_iter().flat_map(|state| &state.resources).filter_map(|(address, record)| {
            let digest = record.properties.get("password")?.get("env")?.as_str()?;
            (address.kind() == "user").then(|| (address.name().to_owned(), digest.to_owned()))
        });
        let mut passwords: BTreeMap<String, String> = recorded.collect();
        for (user, value) in found.passwords {
            let digest = values.keep(&Address::new("user", &user), "password", value);
            passwords.insert(user, digest);
        }
        Self { values: Arc::new(values), digests, passwords }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_needed_for_created_or_replaced_users() {
        let [admin, other] = ["admin", "other"].map(|name| Address::new("user", name));
        let forced = BTreeSet::from([admin.clone()]);
        for (makes, user, recorded, needed) in [
            (UsersToCreate::None, &admin, false, false),
            (UsersToCreate::With(&forced), &admin, true, true),
            (UsersToCreate::With(&forced), &other, true, false),
            (UsersToCreate::With(&forced), &other, false, true),
        ] {
            assert_eq!(makes.makes(user, recorded), needed, "{user}, recorded: {recorded}");
        }
    }
}
