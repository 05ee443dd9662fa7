//! Permissions that requests to API Gateway require.

use crate::kernel::permission::{RequiredAction, need, service_linked_role_arn, tagged};
use crate::request::Request;

/// Returns the permissions for API Gateway, where actions are HTTP methods and resources are paths. That tags on creation
/// require a PUT on `/tags` is unverified.
pub(super) fn required_actions(call: &Request) -> Vec<RequiredAction> {
    let method = call.row.route.split(' ').next().unwrap_or_default();
    let arn = |path: &str| format!("arn:aws:apigateway:{}::{path}", call.context.region);
    let tags = method == "POST" && tagged(&call.input, "tags");
    let tags = tags.then(|| need("apigateway", "PUT", arn("/tags/*")));
    let role = makes_linked_role(call);
    let role = role.then(|| service_linked_role_arn(&call.context, "ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway"));
    let role = role.map(|role| RequiredAction::dependent("iam:CreateServiceLinkedRole", &role));
    std::iter::once(need("apigateway", method, arn(&canonical(&call.uri_path)))).chain(tags).chain(role).collect()
}

/// Whether API Gateway may have to create its service-linked role: for the first custom domain of an account (developer guide,
/// "Service-linked roles"), and for a stage whose traces it sends to X-Ray under that role (the role's policy; that a stage
/// creates it is unverified).
fn makes_linked_role(call: &Request) -> bool {
    match call.operation() {
        "CreateDomainName" => true,
        "CreateStage" => call.input["tracingEnabled"] == true,
        "UpdateStage" => call.input["patchOperations"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|step| step["path"] == "/tracingEnabled" && step["value"] == "true"),
        _ => false,
    }
}

/// Returns the normalized path of a request; an ARN in a tags path stays one part.
fn canonical(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.starts_with("tags/") {
        return format!("/{path}");
    }
    format!("/{}", percent_encoding::percent_decode_str(path).decode_utf8_lossy())
}
