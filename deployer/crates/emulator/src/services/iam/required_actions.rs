//! Permissions that requests to IAM require.

use serde_json::Value;

use super::State;
use crate::kernel::permission::{RequiredAction, need, text};
use crate::request::Request;

pub(super) fn required_actions(iam: &State, call: &Request) -> Vec<RequiredAction> {
    let path = call.input.get("Path").and_then(Value::as_str).unwrap_or("/");
    let of_account = |rest: &str| format!("arn:aws:iam::{}:{rest}", call.context.account);
    let (kind, arn) = match call.operation() {
        // Authorized on the role; a policy in the request is a condition key (service authorization reference, iam:PolicyARN).
        _ if call.input.get("RoleName").is_some() => {
            let name = text(&call.input, "RoleName");
            let role = iam.role(name).map(|role| role.arn.clone());
            ("Role", role.unwrap_or_else(|_| of_account(&format!("role{path}{name}"))))
        }
        "CreatePolicy" => ("Policy", of_account(&format!("policy{path}{}", text(&call.input, "PolicyName")))),
        "CreateOpenIDConnectProvider" => {
            let url = text(&call.input, "Url").trim_start_matches("https://").trim_end_matches('/');
            ("OpenIDConnectProvider", of_account(&format!("oidc-provider/{url}")))
        }
        operation if operation.contains("OpenIDConnectProvider") => {
            ("", text(&call.input, "OpenIDConnectProviderArn").to_owned())
        }
        _ => ("", text(&call.input, "PolicyArn").to_owned()),
    };
    let tags = call.operation() == format!("Create{kind}") && call.input.get("Tags.member.1.Key").is_some();
    let tags = tags.then(|| need("iam", &format!("Tag{kind}"), &arn));
    std::iter::once(need("iam", call.operation(), &arn)).chain(tags).collect()
}
