//! Secret values from the deployer's own environment: for functions' environment variables, and users' initial passwords.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_aws::{Secrets, Zeroizing};
use deployer_engine::{Address, State};
use deployer_spec::{Code, Diagnostic, Diagnostics, Password, Span};
use uuid::Uuid;

use crate::failure::Failure;
use crate::project::Project;

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

/// A variable of this process that the spec names, and its path in the spec.
struct SecretVariable<'w> {
    variable: &'w str,
    span: Span,
    path: String,
    may_be_empty: bool,
}

impl SecretVariable<'_> {
    /// Returns its value; `None` if it is not set.
    fn value(&self, project: &Project) -> Result<Option<Zeroizing<String>>, Diagnostic> {
        match std::env::var(self.variable) {
            Ok(value) if !value.is_empty() => Ok(Some(Zeroizing::new(value))),
            // The value in a workflow of a secret that is not set.
            Ok(_) if self.may_be_empty => Ok(None),
            Ok(_) => Err(self.fault(project, "is empty")),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(self.fault(project, "is not UTF-8")),
        }
    }

    fn fault(&self, project: &Project, why: &str) -> Diagnostic {
        let message = format!("the environment variable `{}` of this process {why}", self.variable);
        let fault =
            Diagnostic::new(Code::MissingSecret, self.span, message).in_file(&project.spec_path).with_path(self.path.as_str());
        fault.help(format!("{}=… deployer …; in a workflow, set it under `env`", self.variable))
    }
}

/// Whether CreateUser accepts the password (API reference, CreateUser, Password).
fn is_password(value: &str) -> bool {
    let has = |class: fn(char) -> bool| value.contains(class);
    (8..=64).contains(&value.chars().count())
        && !has(char::is_whitespace)
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_uppercase())
        && has(|c| c.is_ascii_digit())
}

impl SecretValues {
    /// Returns the environment variables whose values the spec takes from this process.
    pub(crate) fn variables(project: &Project) -> BTreeSet<String> {
        let values = project.spec.functions.values().flat_map(|function| function.environment.values());
        let users = project.spec.connect.iter().flat_map(|connect| connect.users.values());
        let passwords = users.filter_map(|user| match &user.password {
            Password::Env(password) => Some(password.variable.clone()),
            _ => None,
        });
        values.filter_map(|value| Some(value.as_secret()?.variable.clone())).chain(passwords).collect()
    }

    /// Returns the environment variables that `apply` will need and that are not set, each with its path in the spec.
    pub(crate) fn missing(project: &Project) -> Vec<(String, String)> {
        let functions = project.spec.functions.iter().flat_map(|(function, declared)| {
            let secret = |(variable, value): (&String, &deployer_spec::Variable)| {
                let secret = value.as_secret()?;
                Some((format!("functions.{function}.environment.{variable}"), secret.variable.clone()))
            };
            declared.environment.iter().filter_map(secret).collect::<Vec<_>>()
        });
        let users = project.spec.connect.iter().flat_map(|connect| &connect.users).filter_map(|(user, declared)| {
            let Password::Env(password) = &declared.password else { return None };
            Some((format!("connect.users.{user}.password"), password.variable.clone()))
        });
        let unset = |variable: &str| std::env::var_os(variable).is_none_or(|value| value.is_empty());
        functions.chain(users).filter(|(_, variable)| unset(variable)).collect()
    }

    /// Whether the spec names any value from this process's environment.
    pub(crate) fn are_named(project: &Project) -> bool {
        !Self::variables(project).is_empty()
    }

    /// Returns every value that the spec names. A password is needed only if users are created, and only for one that is not recorded yet
    /// or is replaced on request.
    ///
    /// # Errors
    /// Fails with all values at once that are missing, empty, not UTF-8 or not a valid password.
    pub(crate) fn read(project: &Project, state: Option<&State>, makes: UsersToCreate<'_>) -> Result<SpecSecrets, Failure> {
        let (mut found, mut faults) = (SpecSecrets::default(), Vec::new());
        for (function, declared) in &project.spec.functions {
            for (variable, value) in &declared.environment {
                let Some(secret) = value.as_secret() else { continue };
                let path = format!("functions.{function}.environment.{variable}.secret");
                let wanted = SecretVariable { variable: &secret.variable, span: secret.span, path, may_be_empty: false };
                match wanted.value(project) {
                    Ok(Some(value)) => drop(found.functions.insert((function.to_string(), variable.clone()), value)),
                    Ok(None) => faults.push(wanted.fault(project, "is not set")),
                    Err(fault) => faults.push(fault),
                }
            }
        }
        for (user, declared) in project.spec.connect.iter().flat_map(|connect| &connect.users) {
            let Password::Env(password) = &declared.password else { continue };
            let path = format!("connect.users.{user}.password.env");
            let wanted = SecretVariable { variable: &password.variable, span: password.span, path, may_be_empty: true };
            let address = Address::new("user", user.as_str());
            let recorded = state.is_some_and(|state| state.resources.contains_key(&address));
            match wanted.value(project) {
                Ok(Some(value)) if is_password(&value) => drop(found.passwords.insert(user.to_string(), value)),
                Ok(Some(_)) => {
                    let fault = wanted.fault(project, "holds no password that Connect takes");
                    faults.push(fault.help(
                        "a password has 8 to 64 characters without spaces, with a lower-case letter, an upper-case letter and a digit",
                    ));
                }
                Ok(None) if !makes.makes(&address, recorded) => {}
                Ok(None) => faults.push(wanted.fault(project, "is not set")),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            return Ok(found);
        }
        let faults = Diagnostics::new(faults, &project.source);
        Err(Failure::input(faults.to_string().trim_end().to_owned()).details(faults.to_json()))
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

    #[test]
    fn password_is_valid_for_connect() {
        assert!(is_password("Correct4horse"));
        for wrong in ["Short1a", "alllower1case", "ALLUPPER1CASE", "NoDigitsHere", "With 1 Space", &"aA1".repeat(22)] {
            assert!(!is_password(wrong), "{wrong}");
        }
    }
}
