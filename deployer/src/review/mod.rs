//! Effects of a plan on permissions and data, which are shown and confirmed separately.

pub(crate) mod policy;

use std::collections::BTreeSet;

use deployer_engine::{Action, Address, Change, Plan};
use serde::Serialize;
use serde_json::Value;

use policy::{Permission, permissions, sentences};

/// Broader permissions of an existing resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Broader {
    /// Address of the resource.
    pub(crate) address: Address,
    /// Permissions allowed only after the change.
    pub(crate) gained: Vec<String>,
    /// Denies and limits removed by the change.
    pub(crate) lost: Vec<String>,
}

/// Data that a change deletes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DataLoss {
    /// Address of the resource.
    pub(crate) address: Address,
    /// The data, in the plural: `all its items`.
    pub(crate) data: String,
}

/// Effects of a plan that need separate confirmation.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Review {
    /// Permissions that become broader.
    pub(crate) broader_permissions: Vec<Broader>,
    /// Data that is deleted.
    pub(crate) data_loss: Vec<DataLoss>,
}

impl Review {
    /// Reviews a plan. The initial permissions of a new resource are part of its creation and not listed.
    pub(crate) fn of(plan: &Plan) -> Self {
        let asked = plan.effective().filter(|change| !goes_with_its_writers(change, plan));
        let data_loss = asked.filter_map(|change| Some(DataLoss { address: change.address.clone(), data: data_lost(change)? }));
        let broader = plan.effective().filter_map(|change| broader(change, plan));
        Self { broader_permissions: broader.collect(), data_loss: data_loss.collect() }
    }
}

const LOG_GROUP: &str = "logs.group";

/// Whether a log group is deleted or replaced together with everything that writes to it, which depends on it. The plan names the events
/// that are deleted, and nobody is asked about them separately.
fn goes_with_its_writers(change: &Change, plan: &Plan) -> bool {
    let goes = |change: &Change| matches!(change.action, Action::Delete | Action::Replace);
    let mut writers = plan.changes.iter().filter(|writer| writer.dependencies.contains(&change.address)).peekable();
    change.type_name == LOG_GROUP && goes(change) && writers.peek().is_some() && writers.all(goes)
}

/// Returns the data that a change deletes, in the plural; `None` if it deletes none.
pub(crate) fn data_lost(change: &Change) -> Option<String> {
    match (change.action, change.type_name.as_str()) {
        (Action::Update | Action::Adopt, LOG_GROUP) => shorter_retention(change),
        (Action::Delete | Action::Replace, "dynamodb.table") => Some("all its items".to_owned()),
        (Action::Delete | Action::Replace, LOG_GROUP) => Some("all its log events".to_owned()),
        (Action::Delete | Action::Replace, "connect.instance") => {
            Some("all its users, phone numbers, recordings' settings and contact records".to_owned())
        }
        _ => None,
    }
}

/// Returns the log events that a shorter retention deletes. A group without a retention keeps its events for ever.
fn shorter_retention(change: &Change) -> Option<String> {
    let days = |group: &Value| group["retention_days"].as_i64();
    let live = change.live.as_ref().filter(|_| !change.completes_creation)?;
    let wanted = days(change.wanted.as_ref()?)?;
    days(live).is_none_or(|live| wanted < live).then(|| format!("log events older than {wanted} days"))
}

fn broader(change: &Change, plan: &Plan) -> Option<Broader> {
    let exists = match change.action {
        Action::Update | Action::Replace => !change.completes_creation,
        Action::Adopt => !change.properties.is_empty() && !change.completes_creation,
        Action::Create | Action::Delete | Action::Forget | Action::NoOp => false,
    };
    let (live, wanted) = (change.live.as_ref().filter(|_| exists)?, change.wanted.as_ref()?);
    let (mut gained, mut lost) = (Vec::new(), Vec::new());
    for (before, after) in policies(&change.type_name, live, wanted) {
        let (more, fewer) = policy::broader(&before, &after);
        gained.extend(sentences(more.into_iter()));
        lost.extend(sentences(fewer.into_iter()));
    }
    match change.type_name.as_str() {
        "iam.role" => {
            let managed = |role: &Value| names(&role["managed"]);
            let (before, after) = (managed(live), managed(wanted));
            let attached = after.difference(&before).filter(|arn| !is_unchanged_policy(arn, plan));
            gained.extend(attached.map(|arn| format!("all that {arn} allows")));
            let boundary = |role: &Value| role["boundary"].as_str().map(str::to_owned);
            if let (Some(old), new) = (boundary(live), boundary(wanted))
                && new.as_ref() != Some(&old)
            {
                lost.push(format!("permissions boundary {old}"));
            }
        }
        "iam.oidc_provider" => {
            let audiences = |provider: &Value| names(&provider["audiences"]);
            gained.extend(audiences(wanted).difference(&audiences(live)).map(|name| format!("trust in tokens for {name}")));
        }
        "apigateway.rest_api" => gained.extend(opened_routes(live, wanted)),
        "connect.user" => {
            let profiles = |user: &Value| names(&user["security_profiles"]);
            gained.extend(profiles(wanted).difference(&profiles(live)).map(|name| format!("security profile {name}")));
        }
        "connect.security_profile" => {
            let granted = |profile: &Value| names(&profile["permissions"]);
            gained.extend(granted(wanted).difference(&granted(live)).map(|name| format!("permission {name} of its users")));
            let limited = |profile: &Value| names(&profile["tag_restricted"]);
            lost.extend(limited(live).difference(&limited(wanted)).map(|kind| format!("restriction by tags for {kind}")));
        }
        "lambda.permission" => gained.extend(wider_invocation(live, wanted)),
        _ => {}
    }
    let any = !gained.is_empty() || !lost.is_empty();
    any.then(|| Broader { address: change.address.clone(), gained, lost })
}

/// Returns the policies of a resource as sets of permissions, before and after. The inline policies of a role are merged, since they apply
/// together whatever their names.
pub(crate) fn policies(type_name: &str, live: &Value, wanted: &Value) -> Vec<(BTreeSet<Permission>, BTreeSet<Permission>)> {
    let inline =
        |role: &Value| role["policies"].as_object().into_iter().flat_map(|all| all.values()).flat_map(permissions).collect();
    match type_name {
        "iam.role" => vec![(inline(live), inline(wanted)), (permissions(&live["trust"]), permissions(&wanted["trust"]))],
        "iam.policy" => vec![(permissions(&live["document"]), permissions(&wanted["document"]))],
        _ => Vec::new(),
    }
}

/// Returns whether a property of this type is a policy, which [`policies`] compares.
pub(crate) fn is_policy(type_name: &str, property: &str) -> bool {
    matches!((type_name, property), ("iam.role", "policies" | "trust") | ("iam.policy", "document"))
}

/// Returns the routes that become public: they required a key or a signature before, or did not exist.
fn opened_routes(live: &Value, wanted: &Value) -> Vec<String> {
    let open =
        |routes: &Value, name: &str| routes.get(name).is_some_and(|route| route["auth"].as_str().unwrap_or("none") == "none");
    let routes = wanted["routes"].as_object().into_iter().flatten();
    let opened = routes.filter(|(name, _)| open(&wanted["routes"], name) && !open(&live["routes"], name));
    opened.map(|(name, _)| format!("anybody may call {name} (auth: none)")).collect()
}

/// Whether a managed policy is one of this environment's own that stays as it is. It was approved when it was created, and it is missing
/// from the role because a run was interrupted, or because somebody has detached it.
fn is_unchanged_policy(arn: &str, plan: &Plan) -> bool {
    let unchanged = |change: &&Change| change.type_name == "iam.policy" && change.action == Action::NoOp;
    plan.changes.iter().filter(unchanged).any(|change| change.id.as_ref().is_some_and(|id| id.as_str() == arn))
}

/// Returns the principal that may invoke a function, if the principal changes or if its source is less limited than before.
fn wider_invocation(live: &Value, wanted: &Value) -> Option<String> {
    let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
    let source = |name: &str| match (text(live, name), text(wanted, name)) {
        (None, _) => false,
        (Some(_), None) => true,
        // The source is replaced in the same run and stays the same resource in the spec.
        (Some(_), Some(new)) if new.contains("${") => false,
        (Some(old), Some(new)) => !policy::matches(&old, &new) && !is_same_source(&old, &new),
    };
    let principal = text(wanted, "principal").unwrap_or_default();
    let wider = text(live, "principal").as_ref() != Some(&principal) || source("source_arn") || source("source_account");
    let function = text(wanted, "function_name").unwrap_or_default();
    let permission = Permission::to(&principal, "lambda:InvokeFunction", &function).to_string();
    let source = text(wanted, "source_arn").map(|arn| format!(" for {arn}")).unwrap_or_default();
    wider.then(|| format!("{permission}{source}"))
}

/// Whether two sources are the same route of one API of API Gateway in another stage, such as `…:API/live/GET/` and `…:API/v2/GET/` after
/// the stage was renamed. A wildcard in the stage's place is none.
fn is_same_source(old: &str, new: &str) -> bool {
    let route = |arn: &str| {
        let (api, rest) = arn.split_once('/')?;
        let (stage, route) = rest.split_once('/')?;
        let is_api = api.split(':').nth(2) == Some("execute-api");
        is_api.then(|| (api.to_owned(), stage.to_owned(), route.to_owned()))
    };
    let (Some((old_api, _, old_route)), Some((api, stage, route))) = (route(old), route(new)) else { return false };
    old_api == api && old_route == route && !stage.is_empty() && !stage.contains(['*', '?'])
}

fn names(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(action: Action, type_name: &str, live: Value, wanted: Value) -> Plan {
        let change =
            Change { live: Some(live), wanted: Some(wanted), ..Change::new(Address::new("thing", "one"), type_name, action) };
        Plan { changes: vec![change], ..Plan::default() }
    }

    fn gained(action: Action, type_name: &str, live: Value, wanted: Value) -> Vec<String> {
        let review = Review::of(&change(action, type_name, live, wanted));
        review.broader_permissions.into_iter().flat_map(|broader| [broader.gained, broader.lost].concat()).collect()
    }

    fn role(policy: &str, actions: &[&str]) -> Value {
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "arn:a"});
        json!({"policies": {policy: {"Statement": [statement]}}, "trust": {"Statement": []}})
    }

    #[test]
    fn renamed_policy_is_not_broader() {
        assert!(gained(Action::Update, "iam.role", role("logs", &["a:Get"]), role("data-logs", &["a:Get"])).is_empty());
        let more = gained(Action::Update, "iam.role", role("logs", &["a:Get"]), role("data-logs", &["a:Get", "a:Put"]));
        assert_eq!(more, ["allow a:Put on arn:a"]);
    }

    #[test]
    fn creation_needs_no_approval() {
        assert!(gained(Action::Create, "iam.role", role("logs", &[]), role("logs", &["a:Get"])).is_empty());
        assert!(!gained(Action::Replace, "iam.role", role("logs", &[]), role("logs", &["a:Get"])).is_empty());
    }

    #[test]
    fn completed_creation_needs_no_approval() {
        for (completes_creation, count) in [(true, 0), (false, 1)] {
            let mut plan = change(Action::Update, "iam.role", role("logs", &[]), role("logs", &["a:Get"]));
            plan.changes.iter_mut().for_each(|change| change.completes_creation = completes_creation);
            assert_eq!(Review::of(&plan).broader_permissions.len(), count);
        }
    }

    #[test]
    fn deleting_a_replaced_table_loses_data() {
        // What was replaced may have got new items since, for example where the spec was reverted.
        for superseded in [false, true] {
            let mut plan = change(Action::Delete, "dynamodb.table", json!({}), json!({}));
            plan.changes.iter_mut().for_each(|change| change.superseded = superseded);
            assert_eq!(Review::of(&plan).data_loss.len(), 1);
        }
    }

    #[test]
    fn exchanged_boundary_is_broader() {
        let bounded = |boundary: Value| json!({"policies": {}, "boundary": boundary});
        let lost = |old: Value, new: Value| gained(Action::Update, "iam.role", bounded(old), bounded(new));
        assert_eq!(lost(json!("arn:b"), Value::Null), ["permissions boundary arn:b"]);
        assert!(lost(Value::Null, json!("arn:b")).is_empty() && lost(json!("arn:b"), json!("arn:b")).is_empty());
    }

    #[test]
    fn opened_route_is_broader() {
        let api = |routes: Value| json!({"routes": routes});
        let opened = |old: Value, new: Value| gained(Action::Update, "apigateway.rest_api", api(old), api(new));
        assert_eq!(opened(json!({"GET /": {"auth": "iam"}}), json!({"GET /": {"auth": "none"}})).len(), 1);
        assert_eq!(opened(json!({}), json!({"GET /": {"auth": "none"}})).len(), 1);
        assert!(opened(json!({"GET /": {"auth": "none"}}), json!({"GET /": {"auth": "api_key"}})).is_empty());
        assert!(opened(json!({"GET /": {"auth": "none"}}), json!({"GET /": {"auth": "none"}})).is_empty());
    }

    #[test]
    fn attached_policy_is_broader_unless_it_is_unchanged() {
        let role = |managed: Value| json!({"policies": {}, "managed": managed});
        let broader = |policy: Action| {
            let mut plan = change(Action::Update, "iam.role", role(json!([])), role(json!(["arn:p"])));
            let policy = change(policy, "iam.policy", json!({}), json!({})).changes.remove(0);
            plan.changes.push(Change { id: serde_json::from_value(json!("arn:p")).ok(), ..policy });
            Review::of(&plan).broader_permissions.len()
        };
        // A run that was interrupted between the creation of a role and the attachment is completed without a question.
        assert_eq!([Action::NoOp, Action::Create, Action::Update].map(broader), [0, 1, 1]);
    }

    #[test]
    fn shorter_retention_loses_log_events() {
        let group = |days: Value| json!({"retention_days": days});
        let lost = |action, old: Value, new: Value| {
            let plan = change(action, LOG_GROUP, group(old), group(new));
            Review::of(&plan).data_loss.into_iter().next().map(|loss| loss.data)
        };
        assert_eq!(lost(Action::Update, json!(30), json!(7)).as_deref(), Some("log events older than 7 days"));
        assert!(lost(Action::Adopt, Value::Null, json!(7)).is_some() && lost(Action::Delete, json!(7), Value::Null).is_some());
        assert_eq!([lost(Action::Update, json!(7), json!(30)), lost(Action::Update, json!(7), Value::Null)], [None, None]);
        // It has no retention yet, because the run that created it was interrupted.
        let mut plan = change(Action::Adopt, LOG_GROUP, group(Value::Null), group(json!(7)));
        plan.changes.iter_mut().for_each(|change| change.completes_creation = true);
        assert!(Review::of(&plan).data_loss.is_empty());
    }

    #[test]
    fn log_group_goes_with_what_writes_to_it() {
        let asked = |group: Action, writers: &[Action]| {
            let mut plan = change(group, LOG_GROUP, json!({"retention_days": 30}), json!({"retention_days": 7}));
            for writer in writers {
                let mut writer = change(*writer, "lambda.function", json!({}), json!({})).changes.remove(0);
                writer.address = Address::new("function", "one");
                writer.dependencies.insert(Address::new("thing", "one"));
                plan.changes.push(writer);
            }
            assert!(data_lost(&plan.changes[0]).is_some(), "it is shown in any case");
            !Review::of(&plan).data_loss.is_empty()
        };
        assert!(!asked(Action::Delete, &[Action::Delete]) && !asked(Action::Replace, &[Action::Replace]));
        assert!(asked(Action::Delete, &[]) && asked(Action::Replace, &[Action::Update]));
        assert!(asked(Action::Delete, &[Action::Delete, Action::NoOp]));
        assert!(asked(Action::Update, &[Action::Replace]) && asked(Action::Adopt, &[Action::Delete]));
    }

    #[test]
    fn wider_source_of_invocation_is_broader() {
        let of = |principal: &str, source: Value| json!({"principal": principal, "function_name": "f", "source_arn": source});
        let wider = |old: Value, new: Value| !gained(Action::Replace, "lambda.permission", old, new).is_empty();
        assert!(wider(of("a.amazonaws.com", json!("arn:a")), of("a.amazonaws.com", Value::Null)));
        assert!(wider(of("a.amazonaws.com", json!("arn:a")), of("b.amazonaws.com", json!("arn:a"))));
        assert!(wider(of("a.amazonaws.com", json!("arn:a")), of("a.amazonaws.com", json!("arn:*"))));
        let api =
            |source: &str| of("apigateway.amazonaws.com", json!(format!("arn:aws:execute-api:us-east-1:111122223333:{source}")));
        assert!(wider(api("abc/live/GET/a"), api("def/live/GET/a")) && wider(api("abc/live/GET/a"), api("abc/*/GET/a")));
        assert!(!wider(api("abc/live/GET/a"), api("abc/v2/GET/a")) && !wider(api("abc/*/GET/*"), api("abc/live/GET/b")));
        assert!(wider(api("abc/live/GET/a"), api("abc/live/DELETE/admin")) && wider(api("abc/*/GET/a"), api("abc/*/GET/b")));
        let instance = |id: &str| {
            let source = format!("arn:aws:connect:us-east-1:111122223333:instance/{id}");
            of("connect.amazonaws.com", json!(source))
        };
        assert!(wider(instance("x"), instance("y")) && !wider(instance("x"), instance("x")));
        assert!(wider(instance("x/live/a"), instance("x/v2/a")));
        assert!(!wider(of("a.amazonaws.com", json!("arn:*")), of("a.amazonaws.com", json!("arn:a"))));
        assert!(!wider(of("a.amazonaws.com", json!("arn:a")), of("a.amazonaws.com", json!("${api.main.arn}"))));
    }

    #[test]
    fn replaced_or_deleted_tables_lose_data() {
        let lost = |action| Review::of(&change(action, "dynamodb.table", json!({}), json!({}))).data_loss.len();
        assert_eq!([Action::Delete, Action::Replace, Action::Update, Action::Create, Action::Forget].map(lost), [1, 1, 0, 0, 0]);
    }
}
