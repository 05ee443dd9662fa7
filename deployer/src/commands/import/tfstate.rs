//! Maps the resources of a Terraform state to addresses of a spec, by what they are: their type, their name, and what they belong to.
//!
//! The form of the file is that of Terraform's state, version 4: resources with instances, each with its attributes. The attributes are those
//! of the AWS provider's documentation (registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, "Attribute Reference" of each resource).

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Address, Expr, Graph, Node, PhysicalId};
use serde_json::Value;

/// A type of Terraform's provider that has a counterpart here.
struct Counterpart {
    terraform: &'static str,
    /// Name of our resource type.
    ours: &'static str,
    /// The attributes of which our id consists, joined by slashes.
    id: &'static [&'static str],
    /// Our properties, each with the attribute that must equal it.
    same: &'static [(&'static str, &'static str)],
}

const fn counterpart(
    terraform: &'static str,
    ours: &'static str,
    id: &'static [&'static str],
    same: &'static [(&'static str, &'static str)],
) -> Counterpart {
    Counterpart { terraform, ours, id, same }
}

/// All counterparts; a type comes after those that it refers to.
const COUNTERPARTS: &[Counterpart] = &[
    counterpart("aws_dynamodb_table", "dynamodb.table", &["name"], &[("name", "name")]),
    counterpart("aws_cloudwatch_log_group", "logs.group", &["name"], &[("name", "name")]),
    counterpart("aws_iam_role", "iam.role", &["name"], &[("name", "name")]),
    counterpart("aws_lambda_function", "lambda.function", &["function_name"], &[("name", "function_name")]),
    counterpart("aws_api_gateway_rest_api", "apigateway.rest_api", &["id"], &[]),
    counterpart("aws_api_gateway_deployment", "apigateway.deployment", &["rest_api_id", "id"], &[("rest_api_id", "rest_api_id")]),
    counterpart(
        "aws_api_gateway_stage",
        "apigateway.stage",
        &["rest_api_id", "stage_name"],
        &[("rest_api_id", "rest_api_id"), ("name", "stage_name")],
    ),
    counterpart("aws_acm_certificate", "acm.certificate", &["arn"], &[("domain", "domain_name")]),
    counterpart("aws_api_gateway_domain_name", "apigateway.domain_name", &["domain_name"], &[("domain", "domain_name")]),
    counterpart(
        "aws_api_gateway_base_path_mapping",
        "apigateway.base_path_mapping",
        &["domain_name", "base_path"],
        &[("domain", "domain_name")],
    ),
    counterpart("aws_api_gateway_api_key", "apigateway.api_key", &["id"], &[]),
    counterpart("aws_api_gateway_usage_plan", "apigateway.usage_plan", &["id"], &[]),
    counterpart(
        "aws_lambda_permission",
        "lambda.permission",
        &["function_name", "statement_id"],
        &[("function_name", "function_name"), ("principal", "principal")],
    ),
    counterpart("aws_connect_instance", "connect.instance", &["id"], &[("alias", "instance_alias")]),
    counterpart(
        "aws_connect_hours_of_operation",
        "connect.hours_of_operation",
        &["instance_id", "hours_of_operation_id"],
        &[("instance_id", "instance_id"), ("name", "name")],
    ),
    counterpart("aws_connect_queue", "connect.queue", &["instance_id", "queue_id"], IN_INSTANCE),
    counterpart("aws_connect_routing_profile", "connect.routing_profile", &["instance_id", "routing_profile_id"], IN_INSTANCE),
    counterpart(
        "aws_connect_user",
        "connect.user",
        &["instance_id", "user_id"],
        &[("instance_id", "instance_id"), ("username", "name")],
    ),
    counterpart("aws_connect_contact_flow_module", "connect.module", &["instance_id", "contact_flow_module_id"], IN_INSTANCE),
    counterpart("aws_connect_contact_flow", "connect.contact_flow", &["instance_id", "contact_flow_id"], IN_INSTANCE),
    counterpart("aws_connect_phone_number", "connect.phone_number", &["id"], &[("country", "country_code"), ("kind", "type")]),
    counterpart(
        "aws_connect_lambda_function_association",
        "connect.lambda_association",
        &["instance_id", "function_arn"],
        &[("instance_id", "instance_id"), ("function_arn", "function_arn")],
    ),
    counterpart(
        "aws_connect_instance_storage_config",
        "connect.storage",
        &["instance_id", "resource_type"],
        &[("instance_id", "instance_id"), ("kind", "resource_type")],
    ),
];

const IN_INSTANCE: &[(&str, &str)] = &[("instance_id", "instance_id"), ("name", "name")];

/// Types of Terraform's provider that are properties of another resource here: the attribute that names it, and its type.
const PARTS: &[(&str, &str, &str)] = &[
    ("aws_iam_role_policy", "role", "iam.role"),
    ("aws_iam_role_policy_attachment", "role", "iam.role"),
    ("aws_lambda_function_event_invoke_config", "function_name", "lambda.function"),
    ("aws_api_gateway_resource", "rest_api_id", "apigateway.rest_api"),
    ("aws_api_gateway_method", "rest_api_id", "apigateway.rest_api"),
    ("aws_api_gateway_method_response", "rest_api_id", "apigateway.rest_api"),
    ("aws_api_gateway_integration", "rest_api_id", "apigateway.rest_api"),
    ("aws_api_gateway_integration_response", "rest_api_id", "apigateway.rest_api"),
    ("aws_api_gateway_gateway_response", "rest_api_id", "apigateway.rest_api"),
    ("aws_api_gateway_method_settings", "rest_api_id", "apigateway.rest_api"),
    ("aws_api_gateway_usage_plan_key", "usage_plan_id", "apigateway.usage_plan"),
];

/// What becomes of the resources of a Terraform state.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mapping {
    /// Resources to take over: our address, the id, and Terraform's address.
    pub(super) taken: Vec<(Address, PhysicalId, String)>,
    /// Resources that are taken over already.
    pub(super) recorded: Vec<(Address, String)>,
    /// Resources that are part of another one here.
    pub(super) parts: Vec<(String, Address)>,
    /// Resources that stay with Terraform, each with the reason.
    pub(super) left: Vec<(String, String)>,
    /// Resources of the spec without a counterpart, which the next apply creates.
    pub(super) missing: Vec<Address>,
}

/// An instance of a resource in a Terraform state.
struct Instance<'s> {
    type_name: &'s str,
    address: String,
    attributes: &'s Value,
    /// Reason why Terraform itself would not keep it.
    unusable: Option<&'static str>,
}

/// The account and the Region of an environment.
pub(super) type Home<'h> = (&'h str, &'h str);

/// Maps a Terraform state to the resources of a graph in this account and Region; `records` are those that are recorded already.
///
/// # Errors
/// The text is not a whole Terraform state of version 4. No error has a value of the state, which has secrets.
pub(super) fn map(text: &str, graph: &Graph, home: Home<'_>, records: &BTreeMap<Address, PhysicalId>) -> Result<Mapping, String> {
    let state: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    match state.get("version").map(Value::as_u64) {
        Some(Some(4)) => {}
        Some(version) => {
            return Err(format!("its version is {}, and only 4 is known", version.map_or("none".to_owned(), |v| v.to_string())));
        }
        None => return Err("it has no `version`, so it is not the state of Terraform".to_owned()),
    }
    let instances = instances(&state)?;
    let mut mapper = Mapper { graph, home, ids: records.clone(), mapping: Mapping::default() };
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for counterpart in COUNTERPARTS {
        for instance in instances.iter().filter(|instance| instance.type_name == counterpart.terraform) {
            seen.insert(&instance.address);
            mapper.take(counterpart, instance, records);
        }
    }
    for instance in instances.iter().filter(|instance| !seen.contains(instance.address.as_str())) {
        mapper.other(instance);
    }
    let Mapper { ids, mut mapping, .. } = mapper;
    mapping.missing = graph.nodes.keys().filter(|address| !ids.contains_key(*address)).cloned().collect();
    Ok(mapping)
}

fn instances(state: &Value) -> Result<Vec<Instance<'_>>, String> {
    let resources = state["resources"].as_array().ok_or("it has no list of `resources`, so it is damaged")?;
    let mut all = Vec::new();
    for (place, resource) in resources.iter().enumerate().filter(|(_, resource)| resource["mode"] != "data") {
        let (Some(type_name), Some(name), Some(instances)) =
            (resource["type"].as_str(), resource["name"].as_str(), resource["instances"].as_array())
        else {
            return Err(format!("resource {place} of it has no type, name or instances, so it is damaged"));
        };
        let module = resource["module"].as_str().map(|module| format!("{module}.")).unwrap_or_default();
        for instance in instances {
            let key = instance.get("index_key").map(|key| format!("[{key}]")).unwrap_or_default();
            let unusable = match (instance.get("deposed"), instance["status"].as_str()) {
                (Some(_), _) => Some("it is deposed: Terraform was about to delete it"),
                (None, Some("tainted")) => Some("it is tainted: Terraform was about to replace it"),
                _ => None,
            };
            let address = format!("{module}{type_name}.{name}{key}");
            all.push(Instance { type_name, address, attributes: &instance["attributes"], unusable });
        }
    }
    Ok(all)
}

impl Instance<'_> {
    /// Returns an attribute as it is part of ids: a function's name without the rest of its ARN.
    fn attribute(&self, name: &str) -> Option<&str> {
        let value = self.attributes[name].as_str()?;
        Some(match name {
            "function_name" => value.rsplit(":function:").next().unwrap_or(value),
            "base_path" if value.is_empty() => "(none)",
            _ => value,
        })
    }

    /// Returns where the resource is if that is another account or Region, by its ARN. The ARNs of some types name neither.
    fn elsewhere(&self, (account, region): Home<'_>) -> Option<String> {
        let mut parts = self.attributes["arn"].as_str()?.splitn(6, ':').skip(3);
        let (its_region, its_account) = (parts.next()?, parts.next()?);
        let differs = |its: &str, own: &str| !its.is_empty() && its != own;
        let place = if differs(its_account, account) { format!("account {its_account}") } else { format!("Region {its_region}") };
        (differs(its_account, account) || differs(its_region, region)).then(|| format!("it is in the {place}"))
    }
}

struct Mapper<'g> {
    graph: &'g Graph,
    home: Home<'g>,
    /// The ids of what is mapped or recorded.
    ids: BTreeMap<Address, PhysicalId>,
    mapping: Mapping,
}

impl Mapper<'_> {
    fn take(&mut self, counterpart: &Counterpart, instance: &Instance<'_>, records: &BTreeMap<Address, PhysicalId>) {
        let terraform = instance.address.clone();
        let parts: Option<Vec<&str>> =
            counterpart.id.iter().map(|name| instance.attribute(name).or((*name == "base_path").then_some("(none)"))).collect();
        let Some(id) = parts.map(|parts| PhysicalId(parts.join("/"))) else {
            return self.leave(terraform, format!("its state has no {}", counterpart.id.join(" or ")));
        };
        if let Some(why) = instance.unusable.map(str::to_owned).or_else(|| instance.elsewhere(self.home)) {
            return self.leave(terraform, why);
        }
        let nodes = self.graph.nodes.iter().filter(|(_, node)| node.type_name == counterpart.ours);
        let fits = |(address, node): &(&Address, &Node)| {
            records.get(*address).is_none_or(|recorded| *recorded == id)
                && counterpart.same.iter().all(|(property, attribute)| self.is_same(node, property, instance, attribute))
        };
        let found: Vec<Address> = nodes.filter(fits).map(|(address, _)| address.clone()).collect();
        match found.as_slice() {
            [] => self.leave(terraform, format!("the spec has no such {}", counterpart.ours)),
            [address] if records.contains_key(address) => self.mapping.recorded.push((address.clone(), terraform)),
            [address] if self.ids.contains_key(address) => {
                self.leave(terraform, format!("{address} is mapped already; take it over with: deployer import ADDRESS {id}"));
            }
            [address] => {
                self.ids.insert(address.clone(), id.clone());
                self.mapping.taken.push((address.clone(), id, terraform));
            }
            several => {
                let names: Vec<&str> = several.iter().map(Address::as_str).collect();
                self.leave(
                    terraform,
                    format!("it can be any of {}; choose with: deployer import ADDRESS {id}", names.join(", ")),
                );
            }
        }
    }

    fn leave(&mut self, terraform: String, why: String) {
        self.mapping.left.push((terraform, why));
    }

    /// Sorts a resource without a counterpart of its own.
    fn other(&mut self, instance: &Instance<'_>) {
        let terraform = instance.address.clone();
        let Some((_, attribute, ours)) = PARTS.iter().find(|(name, ..)| *name == instance.type_name) else {
            return self.leave(terraform, "deployer manages no such resources".to_owned());
        };
        let whole = instance.attribute(attribute).unwrap_or_default();
        let of_type = |address: &&Address| self.graph.nodes.get(*address).is_some_and(|node| node.type_name == *ours);
        let found =
            self.ids.iter().find(|(address, id)| of_type(address) && id.as_str() == whole).map(|(address, _)| address.clone());
        match found {
            Some(address) => self.mapping.parts.push((terraform, address)),
            None => self.leave(terraform, format!("it belongs to {whole}, which stays with Terraform")),
        }
    }

    /// Whether a property can have the value of this attribute: it has it, or refers to a resource that does.
    fn is_same(&self, node: &Node, property: &str, instance: &Instance<'_>, attribute: &str) -> bool {
        let Some(value) = instance.attribute(attribute) else { return false };
        let wanted = match &node.properties {
            Expr::Map(properties) => properties.get(property).cloned(),
            Expr::Value(properties) => properties.get(property).cloned().map(Expr::Value),
            _ => None,
        };
        match wanted {
            Some(Expr::Value(wanted)) => wanted.as_str().is_some_and(|wanted| wanted == value),
            Some(Expr::Output(reference)) => self.ids.get(&reference.address).is_some_and(|id| {
                let own = id.as_str().rsplit('/').next().unwrap_or_default();
                value == own || value.ends_with(&format!(":{own}")) || value.ends_with(&format!("/{own}"))
            }),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    const HOME: Home<'static> = ("111122223333", "us-east-1");

    fn graph() -> Graph {
        let mut graph = Graph::default();
        let named = |name: &str| Expr::map([("name", Expr::from(name))]);
        graph.insert(at("function.convert"), "lambda.function", named("shop-dev-convert"), []);
        graph.insert(at("function.get"), "lambda.function", named("shop-dev-get"), []);
        graph.insert(at("role.convert"), "iam.role", named("shop-dev-convert"), []);
        graph.insert(at("api.main"), "apigateway.rest_api", named("shop-dev"), []);
        for function in ["convert", "get"] {
            let name = Expr::output(&at(&format!("function.{function}")), "name");
            let properties = Expr::map([("function_name", name), ("principal", Expr::from("apigateway.amazonaws.com"))]);
            graph.insert(at(&format!("permission.api-{function}")), "lambda.permission", properties, []);
        }
        let stage = Expr::map([("rest_api_id", Expr::output(&at("api.main"), "id")), ("name", Expr::from("live"))]);
        graph.insert(at("stage.main"), "apigateway.stage", stage, []);
        graph
    }

    fn resource(type_name: &str, name: &str, attributes: Value) -> Value {
        json!({"mode": "managed", "type": type_name, "name": name, "instances": [{"attributes": attributes}]})
    }

    fn state() -> Value {
        let arn = "arn:aws:lambda:us-east-1:111122223333:function:shop-dev-get";
        let mut resources = vec![
            resource(
                "aws_lambda_permission",
                "get",
                json!({"function_name": arn, "statement_id": "a", "principal": "apigateway.amazonaws.com"}),
            ),
            resource("aws_lambda_function", "get", json!({"function_name": "shop-dev-get"})),
            resource("aws_api_gateway_stage", "live", json!({"rest_api_id": "abc", "stage_name": "live"})),
            resource("aws_api_gateway_rest_api", "api", json!({"id": "abc", "name": "any"})),
            resource("aws_api_gateway_method", "get", json!({"rest_api_id": "abc"})),
            resource("aws_iam_role_policy", "logs", json!({"role": "other"})),
            resource("aws_s3_bucket", "more", json!({"bucket": "b"})),
            resource("aws_lambda_function", "gone", json!({"function_name": "gone"})),
            resource(
                "aws_lambda_function",
                "far",
                json!({"function_name": "shop-dev-convert", "arn": arn.replace("us-east-1", "eu-west-1")}),
            ),
        ];
        resources.push(json!({"mode": "data", "type": "aws_region", "name": "here", "instances": [{"attributes": {}}]}));
        resources.push(json!({"mode": "managed", "type": "aws_iam_role", "name": "r", "module": "module.m",
                              "instances": [{"index_key": "a", "status": "tainted", "attributes": {"name": "shop-dev-convert"}}]}));
        json!({"version": 4, "resources": resources})
    }

    #[test]
    fn resources_are_mapped_by_what_they_are() {
        let mapping = map(&state().to_string(), &graph(), HOME, &BTreeMap::new()).expect("a state");
        let taken: Vec<(&str, &str)> = mapping.taken.iter().map(|(address, id, _)| (address.as_str(), id.as_str())).collect();
        let expected = [
            ("function.get", "shop-dev-get"),
            ("api.main", "abc"),
            ("stage.main", "abc/live"),
            ("permission.api-get", "shop-dev-get/a"),
        ];
        assert_eq!(taken, expected);
        assert_eq!(mapping.parts, [("aws_api_gateway_method.get".to_owned(), at("api.main"))]);
        let left: Vec<&str> = mapping.left.iter().map(|(terraform, _)| terraform.as_str()).collect();
        let expected = [
            "module.m.aws_iam_role.r[\"a\"]",
            "aws_lambda_function.gone",
            "aws_lambda_function.far",
            "aws_iam_role_policy.logs",
            "aws_s3_bucket.more",
        ];
        assert_eq!(left, expected);
        assert!(mapping.left.iter().any(|(_, why)| why == "it is in the Region eu-west-1"), "{:?}", mapping.left);
        assert_eq!(mapping.missing, [at("function.convert"), at("permission.api-convert"), at("role.convert")]);
    }

    /// After an interrupted import, the rest is taken over.
    #[test]
    fn recorded_resources_are_not_taken_again() {
        let first = map(&state().to_string(), &graph(), HOME, &BTreeMap::new()).expect("a state");
        for recorded in 0..=first.taken.len() {
            let records = first.taken.iter().take(recorded).map(|(address, id, _)| (address.clone(), id.clone())).collect();
            let again = map(&state().to_string(), &graph(), HOME, &records).expect("a state");
            assert_eq!(again.taken, first.taken[recorded..], "{recorded}");
            assert_eq!((again.recorded.len(), &again.missing), (recorded, &first.missing));
        }
    }

    #[test]
    fn other_files_are_refused() {
        let cut = state().to_string();
        for (text, why) in [
            ("{}", "no `version`"),
            ("{\"version\": 3}", "its version is 3"),
            ("x", "not JSON"),
            (&cut[..cut.len() / 2], "not JSON"),
            ("{\"version\": 4}", "no list of `resources`"),
            ("{\"version\": 4, \"resources\": [{\"mode\": \"managed\", \"type\": \"aws_iam_role\"}]}", "resource 0"),
        ] {
            let error = map(text, &graph(), HOME, &BTreeMap::new()).expect_err(text);
            assert!(error.contains(why) && !error.contains("shop-dev"), "{text}: {error}");
        }
    }

    /// A counterpart refers only to what is mapped before it.
    #[test]
    fn every_counterpart_is_listed_once() {
        let names: BTreeSet<&str> =
            COUNTERPARTS.iter().map(|counterpart| counterpart.terraform).chain(PARTS.iter().map(|part| part.0)).collect();
        assert_eq!(names.len(), COUNTERPARTS.len() + PARTS.len());
    }
}
