//! Evaluation of identity policies for one action on one resource.

use serde_json::Value;

use super::condition::holds;
use super::document::{statements, strings};
use super::key::{Key, Unevaluated};
use super::pattern::{Pattern, matches};

/// Result of evaluating policies for one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// A statement denies it, perhaps because its condition cannot be evaluated.
    ExplicitDeny(Option<Unevaluated>),
    /// A statement allows it and none denies it.
    Allowed,
    /// No statement allows it; a statement might whose condition cannot be evaluated.
    ImplicitDeny(Option<Unevaluated>),
}

impl Decision {
    /// Combines the verdicts of two policies of one identity.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (denied @ Self::ExplicitDeny(_), _) | (_, denied @ Self::ExplicitDeny(_)) => denied,
            (Self::Allowed, _) | (_, Self::Allowed) => Self::Allowed,
            (Self::ImplicitDeny(one), Self::ImplicitDeny(other)) => Self::ImplicitDeny(one.or(other)),
        }
    }
}

/// Returns the verdict of a stored identity policy for `action` on `resource` in a request with these `keys`. A statement that
/// cannot be evaluated allows nothing if it is an allow, and denies its action if it is a deny, so that neither a grant is
/// assumed nor a denial lost.
pub(super) fn evaluate_policy(text: &str, action: &str, resource: &str, keys: &dyn Fn(&str) -> Key) -> Decision {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    // Earlier versions have no variables (IAM reference, "Version").
    let variables = document["Version"] == "2012-10-17";
    let mut verdict = Decision::ImplicitDeny(None);
    for statement in document.as_object().map(statements).unwrap_or_default() {
        let applies = match matches_action(statement, action) {
            true => matches_resource(statement, resource, keys, variables).and_then(|speaks| {
                let holds = || statement.get("Condition").map_or(Ok(true), |condition| holds(condition, keys, variables));
                Ok(speaks && holds()?)
            }),
            false => Ok(false),
        };
        let said = match (statement["Effect"] == "Deny", applies) {
            (_, Ok(false)) => continue,
            (true, Ok(true)) => Decision::ExplicitDeny(None),
            (true, Err(why)) => Decision::ExplicitDeny(Some(why)),
            (false, Ok(true)) => Decision::Allowed,
            (false, Err(why)) => Decision::ImplicitDeny(Some(why)),
        };
        verdict = verdict.and(said);
    }
    verdict
}

/// Whether a statement applies to an action, ignoring case.
fn matches_action(statement: &Value, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let named = |member: &str| {
        let patterns = statement.get(member).map(|patterns| strings(patterns).unwrap_or_default());
        patterns.map(|patterns| patterns.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &action)))
    };
    named("Action").or_else(|| named("NotAction").map(|found| !found)).unwrap_or(false)
}

/// Whether a statement applies to a resource.
fn matches_resource(statement: &Value, resource: &str, keys: &dyn Fn(&str) -> Key, variables: bool) -> Result<bool, Unevaluated> {
    let (patterns, negated) = match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(patterns), _) => (patterns, false),
        (None, Some(patterns)) => (patterns, true),
        (None, None) => return Ok(false),
    };
    let mut unevaluated = None;
    for text in strings(patterns).unwrap_or_default() {
        let pattern = match variables {
            true => Pattern::with_variables(text, keys),
            false => Ok(Some(Pattern::new(text))),
        };
        match pattern {
            Ok(Some(pattern)) if pattern.matches(resource) => return Ok(!negated),
            Ok(_) => {}
            Err(why) => unevaluated = Some(why),
        }
    }
    unevaluated.map_or(Ok(negated), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: &str = "arn:aws:dynamodb:us-east-1:111122223333:table/numbers";
    const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["dynamodb:Put*","dynamodb:getitem"],"Resource":"arn:aws:dynamodb:*:*:table/numbers"},
        {"Effect":"Deny","Action":"dynamodb:PutItem","Resource":"arn:aws:dynamodb:*:*:table/num*-locked"}]}"#;

    fn keys(name: &str) -> Key {
        match name {
            "aws:RequestedRegion" => Key::one("us-east-1"),
            "aws:PrincipalAccount" => Key::one("111122223333"),
            "aws:username" => Key::Absent,
            _ => Key::Unknown,
        }
    }

    fn verdict(text: &str, action: &str, resource: &str) -> Decision {
        evaluate_policy(text, action, resource, &keys)
    }

    #[test]
    fn statements_allow_their_actions_on_their_resources() {
        assert_eq!(verdict(ALLOW, "dynamodb:PutItem", NUMBERS), Decision::Allowed);
        assert_eq!(verdict(ALLOW, "dynamodb:GetItem", NUMBERS), Decision::Allowed, "whatever the case");
        assert_eq!(verdict(ALLOW, "dynamodb:Query", NUMBERS), Decision::ImplicitDeny(None));
        assert_eq!(verdict(ALLOW, "dynamodb:PutItem", &NUMBERS.replace("numbers", "others")), Decision::ImplicitDeny(None));
        assert_eq!(verdict(ALLOW, "dynamodb:PutItem", &format!("{NUMBERS}-locked")), Decision::ExplicitDeny(None));
    }

    /// Returns the verdict of a policy with one statement with this condition; a deny follows a statement that allows
    /// everything.
    fn with(effect: &str, condition: &str) -> Decision {
        let all = if effect == "Deny" { r#"{"Effect":"Allow","Action":"*","Resource":"*"},"# } else { "" };
        let statement = format!(r#"{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{condition}}}"#);
        verdict(&format!(r#"{{"Version":"2012-10-17","Statement":[{all}{statement}]}}"#), "dynamodb:PutItem", NUMBERS)
    }

    #[test]
    fn unevaluated_conditions_allow_nothing_and_deny() {
        for operator in ["StringEquals", "StringNotEquals", "StringLike", "ArnLike", "StringEqualsIfExists", "Null", "Bool"] {
            let condition = format!(r#"{{"{operator}":{{"aws:PrincipalOrgID":"o-1"}}}}"#);
            let why = Some(Unevaluated("aws:PrincipalOrgID".to_owned()));
            assert_eq!(with("Allow", &condition), Decision::ImplicitDeny(why.clone()), "{operator}");
            assert_eq!(with("Deny", &condition), Decision::ExplicitDeny(why), "{operator}");
        }
    }

    #[test]
    fn conditions_on_known_keys_decide() {
        for (condition, holds) in [
            (r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#, true),
            (r#"{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}"#, false),
            (r#"{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}"#, true),
            (r#"{"StringEquals":{"aws:username":"x"}}"#, false),
        ] {
            assert_eq!(with("Allow", condition) == Decision::Allowed, holds, "{condition}");
            assert_eq!(with("Deny", condition) == Decision::ExplicitDeny(None), holds, "{condition}");
        }
    }

    #[test]
    fn variables_in_resources_are_evaluated_or_unevaluated() {
        let text = |effect: &str, resource: &str, version: &str| {
            format!(
                r#"{{"Version":"{version}","Statement":[{{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}},
                {{"Effect":"{effect}","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:{resource}:table/*"}}]}}"#
            )
        };
        let verdict =
            |effect: &str, resource: &str, version: &str| verdict(&text(effect, resource, version), "dynamodb:PutItem", NUMBERS);
        let (new, old) = ("2012-10-17", "2008-10-17");
        assert_eq!(verdict("Allow", "${aws:PrincipalAccount}", new), Decision::Allowed);
        assert_eq!(verdict("Deny", "${aws:PrincipalAccount}", new), Decision::ExplicitDeny(None));
        assert_eq!(verdict("Allow", "${aws:PrincipalAccount}", old), Decision::ImplicitDeny(None), "plain text then");
        assert_eq!(verdict("Deny", "${aws:username}", new), Decision::ImplicitDeny(None), "without its value nothing fits");
        let why = Some(Unevaluated("aws:PrincipalTag/team".to_owned()));
        assert_eq!(verdict("Deny", "${aws:PrincipalTag/team}", new), Decision::ExplicitDeny(why.clone()));
        assert_eq!(verdict("Allow", "${aws:PrincipalTag/team}", new), Decision::ImplicitDeny(why));
    }

    #[test]
    fn denials_on_everything_but_are_heard() {
        let text = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","NotAction":"dynamodb:Get*","NotResource":"arn:aws:dynamodb:*:*:table/numbers"}]}"#;
        assert_eq!(verdict(text, "dynamodb:PutItem", NUMBERS), Decision::Allowed);
        assert_eq!(verdict(text, "dynamodb:PutItem", "*"), Decision::ExplicitDeny(None));
        assert_eq!(verdict(text, "dynamodb:GetItem", "*"), Decision::Allowed);
    }
}
