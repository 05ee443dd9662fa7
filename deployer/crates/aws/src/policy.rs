//! The least-privilege IAM policy of a run, and its division into policies that IAM accepts.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Address, Error, Graph, Reference, Registry, Result};
use serde_json::{Map, Value, json};

use crate::existing::lookup_permissions;
use crate::permissions::{Permission, Purpose};
use crate::provider::Provider;
use crate::registry::registry_and_permissions;
use crate::state_bucket;

/// Returns the minimal policy for changing between these graphs, or for planning it, including access to the state if it is stored in
/// `bucket`. Makes no call.
///
/// # Errors
/// A graph that cannot be ordered, or an unknown resource type.
pub fn policy<'g>(
    provider: Provider,
    graphs: impl IntoIterator<Item = &'g Graph>,
    bucket: Option<&str>,
    purpose: Purpose,
) -> Result<Value> {
    let (registry, rights, provider) = registry_and_permissions(provider);
    let mut all: BTreeSet<Permission> = BTreeSet::new();
    for graph in graphs {
        all.extend(graph.external.iter().flat_map(|external| lookup_permissions(&provider, external)));
        for (type_name, wanted) in predicted_properties(graph, &registry)? {
            if let Some(rights) = rights.get(type_name.as_str()) {
                all.extend(rights.of(purpose)(&provider, &wanted));
            }
        }
    }
    if let Some(bucket) = bucket {
        all.extend(match purpose {
            Purpose::Everything => state_bucket::permissions(&provider, bucket),
            Purpose::Planning => state_bucket::read_permissions(&provider, bucket),
        });
    }
    Ok(document(&all))
}

/// Returns the permissions boundary of an environment's pipeline, around the policy that its `apply` needs: the services of the policy; of
/// IAM only the roles whose names begin with `base_name` and service-linked roles; nothing that would change the pipeline's own roles or
/// remove the protection of the state from its bucket.
pub fn boundary(provider: &Provider, policy: &Value, base_name: &str, bucket: Option<&str>) -> Value {
    let actions = policy["Statement"].as_array().into_iter().flatten().filter_map(|statement| statement["Action"].as_array());
    let services: BTreeSet<&str> =
        actions.flatten().filter_map(|action| action.as_str()?.split_once(':')).map(|(service, _)| service).collect();
    let everywhere: Vec<String> = services.iter().filter(|service| **service != "iam").map(|name| format!("{name}:*")).collect();
    let of_account = |rest: &str| format!("arn:{}:iam::{}:{rest}", provider.partition(), provider.account);
    let own = format!("deployer-{base_name}-*");
    let mut statements = vec![
        json!({"Effect": "Allow", "Action": everywhere, "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "iam:*",
            "Resource": [of_account(&format!("role/{base_name}-*")), of_account("role/aws-service-role/*")]}),
        json!({"Effect": "Deny", "Action": "iam:*",
            "Resource": [of_account(&format!("role/{own}")), of_account(&format!("policy/{own}"))]}),
    ];
    if let Some(bucket) = bucket {
        let bucket = provider.bucket_arn(bucket);
        let protects = ["s3:DeleteBucket*", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration"];
        statements.push(json!({"Effect": "Deny", "Action": protects, "Resource": bucket}));
        statements.push(json!({"Effect": "Deny", "Action": ["s3:DeleteObjectVersion"], "Resource": format!("{bucket}/*")}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Returns the properties of every resource, with the outputs that follow from names alone; `*` for values known only after creation.
fn predicted_properties(graph: &Graph, registry: &Registry) -> Result<Vec<(String, Value)>> {
    let mut outputs: BTreeMap<Address, Map<String, Value>> = BTreeMap::new();
    let mut all = Vec::new();
    for address in graph.order()? {
        let Some(node) = graph.nodes.get(&address) else { continue };
        let known = |on: &Reference| outputs.get(&on.address)?.get(&on.output).filter(|it| !it.is_null()).cloned();
        let resolved = node.properties.resolve(&known);
        let mut wanted = resolved.value;
        outputs.insert(address, registry.get(&node.type_name)?.predict(&wanted));
        // Not `null`, which means that the property is not set at all.
        for path in resolved.unknown.keys() {
            let pointer: String =
                path.0.iter().map(|part| "/".to_owned() + &part.replace('~', "~0").replace('/', "~1")).collect();
            if let Some(place) = wanted.pointer_mut(&pointer) {
                *place = "*".into();
            }
        }
        all.push((node.type_name.clone(), wanted));
    }
    Ok(all)
}

/// Builds the policy document; actions with the same resources and condition share a statement.
fn document(rights: &BTreeSet<Permission>) -> Value {
    type Condition = Option<(&'static str, &'static str)>;
    type Scope<'r> = (BTreeSet<&'r str>, Condition);
    let mut resources: BTreeMap<(&str, Condition), BTreeSet<&str>> = BTreeMap::new();
    for right in rights {
        resources.entry((&right.action, right.condition)).or_default().insert(&right.resource);
    }
    let mut statements: BTreeMap<Scope<'_>, Vec<&str>> = BTreeMap::new();
    for ((action, condition), resources) in resources {
        // `*` already covers every other resource.
        let resources = if resources.contains("*") { BTreeSet::from(["*"]) } else { resources };
        statements.entry((resources, condition)).or_default().push(action);
    }
    let statements = statements.into_iter().map(|((resources, condition), actions)| {
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": resources});
        if let Some((key, value)) = condition {
            statement["Condition"] = json!({"StringEquals": {key: value}});
        }
        statement
    });
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

/// Returns the size of a policy as IAM counts it: characters without white space.
pub fn policy_size(policy: &Value) -> usize {
    policy.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

/// Splits a policy that [`policy`] returned into policies of at most `limit` characters each that together grant the same.
///
/// # Errors
/// A single action on a single resource that exceeds the limit.
pub fn split_policy(policy: &Value, limit: usize) -> Result<Vec<Value>> {
    let with = |statements: &[Value]| json!({"Version": policy["Version"], "Statement": statements});
    let mut waiting: Vec<Value> = policy["Statement"].as_array().into_iter().flatten().rev().cloned().collect();
    let (mut parts, mut statements) = (Vec::new(), Vec::<Value>::new());
    while let Some(statement) = waiting.pop() {
        statements.push(statement);
        if policy_size(&with(&statements)) <= limit {
            continue;
        }
        let statement = statements.pop().unwrap_or_default();
        if statements.is_empty() {
            waiting.extend(split_statement(&statement).ok_or_else(|| {
                Error::local(format!("one action on one resource has more than {limit} characters: {statement}"))
            })?);
        } else {
            waiting.push(statement);
            parts.push(with(&std::mem::take(&mut statements)));
        }
    }
    if !statements.is_empty() {
        parts.push(with(&statements));
    }
    Ok(parts)
}

/// Splits a statement with several actions or resources into two that together grant the same.
fn split_statement(statement: &Value) -> Option<[Value; 2]> {
    let member =
        ["Action", "Resource"].into_iter().find(|member| statement[*member].as_array().is_some_and(|all| all.len() > 1))?;
    let all = statement[member].as_array()?;
    let (one, other) = all.split_at(all.len() / 2);
    let with = |part: &[Value]| {
        let mut statement = statement.clone();
        statement[member] = part.into();
        statement
    };
    Some([with(one), with(other)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::{action_permissions, conditional_permission};

    #[test]
    fn actions_with_the_same_resources_share_a_statement() {
        let one = action_permissions(&["s3:GetObject", "s3:PutObject"], "a");
        let other = action_permissions(&["s3:GetObject", "s3:PutObject"], "b");
        let any = [
            action_permissions(&["ds:CheckAlias"], "*"),
            action_permissions(&["ds:CheckAlias"], "c"),
            action_permissions(&["acm:ListCertificates"], "*"),
        ];
        let all = [one, other, any.concat()].concat();
        let condition = conditional_permission("iam:PassRole", "r", "iam:PassedToService", "lambda.amazonaws.com");
        let document = document(&all.into_iter().chain([condition]).collect());
        let expected = json!([
            {"Effect": "Allow", "Action": ["acm:ListCertificates", "ds:CheckAlias"], "Resource": ["*"]},
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["a", "b"]},
            {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": ["r"],
             "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
        ]);
        assert_eq!(document["Statement"], expected);
    }

    #[test]
    fn split_policies_fit_and_say_the_same() {
        let names: Vec<String> = (0..40).map(|n| format!("connect:Action{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rights =
            [action_permissions(&names, "a"), action_permissions(&names[..20], "b"), action_permissions(&["s3:GetObject"], "c")]
                .concat();
        let whole = document(&rights.iter().cloned().collect());
        for limit in [150, 300, 1_000, 100_000] {
            let parts = split_policy(&whole, limit).expect("each right is short");
            assert!(parts.iter().all(|part| policy_size(part) <= limit), "{limit}: {parts:?}");
            assert_eq!(parts.len() == 1, policy_size(&whole) <= limit);
            let said = |policy: &Value| -> BTreeSet<(String, String)> {
                let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
                let texts = |value: &Value| -> Vec<String> {
                    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
                };
                let pairs = |one: Value| {
                    let (actions, resources) = (texts(&one["Action"]), texts(&one["Resource"]));
                    actions.into_iter().flat_map(move |action| resources.clone().into_iter().map(move |on| (action.clone(), on)))
                };
                statements.into_iter().flat_map(pairs).collect()
            };
            assert_eq!(parts.iter().flat_map(said).collect::<BTreeSet<_>>(), said(&whole), "{limit}");
        }
        assert!(split_policy(&whole, 50).is_err());
    }

    #[test]
    fn sizes_are_counted_without_white_space() {
        let text = "{\n  \"Version\": \"2012-10-17\"\n}";
        assert_eq!(policy_size(&serde_json::from_str(text).expect("JSON")), r#"{"Version":"2012-10-17"}"#.len());
    }
}
