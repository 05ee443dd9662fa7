//! Secret values of environment variables: the graph, the state and every message hold their digests, and only this table the
//! values.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use deployer_engine::{Address, Error};
use ring::hmac;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Values by digest. A digest is an HMAC-SHA-256 with a key of the environment's own, so that equal values of two environments
/// or variables do not show as equal; whoever knows the key can try guesses, as with any digest.
#[derive(Default)]
pub struct Secrets {
    key: Option<hmac::Key>,
    values: BTreeMap<String, Zeroizing<String>>,
    /// What this process has generated, by the address of what it is for.
    generated: Mutex<BTreeMap<Address, Zeroizing<String>>>,
}

impl Secrets {
    /// No values yet, with the lineage of the environment's state as the key.
    pub fn new(lineage: Uuid) -> Self {
        Self { key: Some(hmac::Key::new(hmac::HMAC_SHA256, lineage.as_bytes())), ..Self::default() }
    }

    /// Keeps the value of a variable of the function at `address`, and gives its digest.
    pub fn keep(&mut self, address: &Address, variable: &str, value: Zeroizing<String>) -> String {
        let digest = self.digest(address, variable, &value);
        self.values.insert(digest.clone(), value);
        digest
    }

    /// The digest of a value, whether it is kept or not; empty in a table without a key, which tells nothing of any value.
    pub(crate) fn digest(&self, address: &Address, variable: &str, value: &str) -> String {
        let Some(key) = &self.key else { return String::new() };
        let mut context = hmac::Context::with_key(key);
        // No address and no variable holds a zero byte, so no two of these texts run into each other.
        for part in [address.as_str(), "\0", variable, "\0", value] {
            context.update(part.as_bytes());
        }
        hex::encode(context.sign())
    }

    /// The value with this digest.
    pub(crate) fn value(&self, digest: &str) -> Option<&str> {
        self.values.get(digest).map(|value| value.as_str())
    }

    /// The value generated for the resource at `address`: made now, or made earlier by this process.
    pub(crate) fn generated(&self, address: &Address, make: impl FnOnce() -> Zeroizing<String>) -> Zeroizing<String> {
        let mut generated = self.generated.lock().unwrap_or_else(PoisonError::into_inner);
        generated.entry(address.clone()).or_insert_with(make).clone()
    }

    /// Everything this process has generated, to be shown once; after this it is forgotten.
    pub fn take_generated(&self) -> BTreeMap<Address, Zeroizing<String>> {
        std::mem::take(&mut *self.generated.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Secrets {
    /// The same error without the values: Lambda repeats the whole environment when it is too large. What is shorter than four
    /// characters stays, for it would be found in any sentence.
    pub(crate) fn redacted(&self, mut error: Error) -> Error {
        let generated = self.generated.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.values.values().chain(generated.values()).map(|value| value.as_str());
        let mut values: Vec<&str> = all.filter(|value| value.len() > 3).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let Error { message, problems, help, .. } = &mut error;
        for text in std::iter::once(message).chain(problems).chain(help) {
            for value in &values {
                let escaped = serde_json::Value::from(*value).to_string();
                for written in [escaped.trim_matches('"'), value] {
                    if text.contains(written) {
                        *text = text.replace(written, "(secret)");
                    }
                }
            }
        }
        error
    }
}

/// Tells how many, and nothing of them.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("values", &self.values.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_environment_function_variable_and_value() {
        let (one, other) = (Secrets::new(Uuid::from_u128(1)), Secrets::new(Uuid::from_u128(2)));
        let at = |name| Address::new("function", name);
        let digests = [
            one.digest(&at("a"), "KEY", "canary"),
            other.digest(&at("a"), "KEY", "canary"),
            one.digest(&at("b"), "KEY", "canary"),
            one.digest(&at("a"), "KEYS", "canary"),
            one.digest(&at("a"), "KEY", "canaries"),
        ];
        assert_eq!(digests.iter().collect::<std::collections::BTreeSet<_>>().len(), digests.len());
        assert_eq!(one.digest(&at("a"), "KEY", "canary"), digests[0]);
    }

    #[test]
    fn what_is_kept_is_found_by_its_digest_and_never_shown() {
        let mut secrets = Secrets::new(Uuid::from_u128(1));
        let digest = secrets.keep(&Address::new("function", "a"), "KEY", Zeroizing::new("canary".to_owned()));
        assert_eq!(secrets.value(&digest), Some("canary"));
        assert_eq!(secrets.value("canary"), None);
        assert_eq!(Secrets::default().digest(&Address::new("function", "a"), "KEY", "canary"), "");
        assert!(!format!("{secrets:?} {digest}").contains("canary"));
    }

    #[test]
    fn a_service_that_repeats_a_value_is_not_quoted() {
        let mut secrets = Secrets::new(Uuid::from_u128(1));
        secrets.keep(&Address::new("function", "a"), "KEY", Zeroizing::new("cana\"ry".to_owned()));
        let mut error = Error::local(r#"too large: {"KEY":"cana\"ry"}, that is cana"ry"#);
        error.problems = vec!["cana\"ry".to_owned()];
        let redacted = secrets.redacted(error);
        assert_eq!(redacted.message, r#"too large: {"KEY":"(secret)"}, that is (secret)"#);
        assert_eq!(redacted.problems, ["(secret)"]);
    }
}
