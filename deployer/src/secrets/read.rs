//! Reading of the secret values that a spec names.

use deployer_aws::Zeroizing;
use deployer_engine::{Address, State};
use deployer_spec::{Code, Diagnostic, Diagnostics, Password, Span};

use super::{SecretValues, SpecSecrets, UsersToCreate};
use crate::failure::Failure;
use crate::project::{Project, invalid_spec};

/// A variable of this process that the spec names, and its path in the spec.
struct SecretVariable<'w> {
    variable: &'w str,
    span: Span,
    path: String,
    may_be_empty: bool,
}

impl SecretVariable<'_> {
    /// Returns its value; `None` if it is not set.
    fn value(&self) -> Result<Option<Zeroizing<String>>, Diagnostic> {
        match std::env::var(self.variable) {
            Ok(value) if !value.is_empty() => Ok(Some(Zeroizing::new(value))),
            // The value in a workflow of a secret that is not set.
            Ok(_) if self.may_be_empty => Ok(None),
            Ok(_) => Err(self.fault("is empty")),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(self.fault("is not UTF-8")),
        }
    }

    fn fault(&self, why: &str) -> Diagnostic {
        let message = format!("the environment variable `{}` of this process {why}", self.variable);
        let fault = Diagnostic::new(Code::MissingSecret, self.span, message).with_path(self.path.as_str());
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
    /// Returns every value that the spec names. A password is needed only if users are created, and only for one that is not recorded yet
    /// or is replaced on request.
    ///
    /// # Errors
    /// Fails with all values at once that are missing, empty, not UTF-8 or not a valid password.
    pub(crate) fn read(project: &Project, state: Option<&State>, makes: UsersToCreate<'_>) -> Result<SpecSecrets, Failure> {
        Self::read_all(project, state, makes, false)
    }

    /// Returns every value that the spec names and that is set.
    ///
    /// # Errors
    /// Fails with all values at once that are empty, not UTF-8 or not a valid password.
    pub(crate) fn read_available(project: &Project, state: Option<&State>) -> Result<SpecSecrets, Failure> {
        Self::read_all(project, state, UsersToCreate::None, true)
    }

    fn read_all(
        project: &Project,
        state: Option<&State>,
        makes: UsersToCreate<'_>,
        may_miss: bool,
    ) -> Result<SpecSecrets, Failure> {
        let (mut found, mut faults) = (SpecSecrets::default(), Vec::new());
        for (function, declared) in &project.spec.functions {
            for (variable, value) in &declared.environment {
                let Some(secret) = value.as_secret() else { continue };
                let path = format!("functions.{function}.environment.{variable}.secret");
                let wanted = SecretVariable { variable: &secret.variable, span: secret.span, path, may_be_empty: false };
                match wanted.value() {
                    Ok(Some(value)) => drop(found.functions.insert((function.to_string(), variable.clone()), value)),
                    Ok(None) if may_miss => {}
                    Ok(None) => faults.push(wanted.fault("is not set")),
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
            match wanted.value() {
                Ok(Some(value)) if is_password(&value) => drop(found.passwords.insert(user.to_string(), value)),
                Ok(Some(_)) => {
                    let fault = wanted.fault("holds no password that Connect takes");
                    faults.push(fault.help(
                        "a password has 8 to 64 characters without spaces, with a lower-case letter, an upper-case letter and a digit",
                    ));
                }
                Ok(None) if !makes.makes(&address, recorded) => {}
                Ok(None) => faults.push(wanted.fault("is not set")),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            return Ok(found);
        }
        Err(invalid_spec(&Diagnostics::new(faults, &project.sources)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_valid_for_connect() {
        assert!(is_password("Correct4horse"));
        for wrong in ["Short1a", "alllower1case", "ALLUPPER1CASE", "NoDigitsHere", "With 1 Space", &"aA1".repeat(22)] {
            assert!(!is_password(wrong), "{wrong}");
        }
    }
}
