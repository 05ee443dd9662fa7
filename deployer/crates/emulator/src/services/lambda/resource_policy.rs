//! Resource policies and whom they allow to invoke a function.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kernel::host::Caller;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) statements: Vec<Value>,
}

impl Policy {
    pub(crate) fn document(&self) -> String {
        json!({"Version": "2012-10-17", "Id": "default", "Statement": self.statements}).to_string()
    }

    /// Whether a statement allows this service to invoke the function.
    pub(crate) fn allows(&self, caller: Caller<'_>) -> bool {
        self.statements.iter().any(|statement| {
            let condition = |operator: &str, key: &str| statement["Condition"][operator][key].as_str();
            let principal = match &statement["Principal"] {
                Value::String(all) => all == "*",
                principal => principal["Service"].as_str() == Some(caller.principal),
            };
            let action = matches!(statement["Action"].as_str(), Some("lambda:InvokeFunction" | "lambda:*" | "*"));
            principal
                && action
                && statement["Effect"] == "Allow"
                && condition("ArnLike", "AWS:SourceArn").is_none_or(|pattern| arn_like(pattern, caller.source_arn))
                && condition("StringEquals", "AWS:SourceAccount").is_none_or(|account| account == caller.source_account)
                && condition("StringEquals", "aws:PrincipalOrgID").is_none()
        })
    }
}

/// Whether an ARN matches a pattern in which `*` matches any text and `?` one character, colon by colon (IAM reference,
/// condition operators ArnLike).
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    wanted.len() == given.len() && wanted.iter().zip(&given).all(|(pattern, text)| like(pattern.as_bytes(), text.as_bytes()))
}

fn like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                // Backtracks: the last star takes one more character.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::arn_like;

    #[test]
    fn star_matches_within_one_arn_part() {
        let arn = "arn:aws:execute-api:eu-central-1:111122223333:abc/live/GET/numbers";
        assert!(arn_like("arn:aws:execute-api:eu-central-1:111122223333:abc/*/GET/*", arn));
        assert!(arn_like("arn:aws:execute-api:*:111122223333:abc/*", arn));
        assert!(!arn_like("arn:aws:execute-api:eu-central-1:111122223333:abc/*/POST/*", arn));
        assert!(!arn_like("arn:aws:*:abc/*", arn));
    }
}
