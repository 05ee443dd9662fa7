//! Overrides of hours, agent statuses, predefined attributes, views, task templates, evaluation forms and rules against the embedded AWS:
//! created, read back without a difference, found, changed, deleted.

use deployer_engine::Lookup;
use serde_json::{Value, json};

use super::contact_center::instance;
use crate::support::world::{TestCloud, TestResource, tags};

/// Creates a resource, finds it as its own, not as another's, changes it and deletes it.
async fn live(world: &TestCloud, type_name: &'static str, address: &'static str, first: Value, then: Value) {
    let mut made = world.make(type_name, address, first).await;
    assert!(matches!(world.look(type_name, address, &made.live.properties).await, Lookup::Owned(_)), "{type_name}");
    if made.live.properties.get("tags").is_some() {
        assert!(matches!(world.find_as("other.address", &made).await, Lookup::Unowned { .. }), "{type_name}");
    }
    world.change(&mut made, then).await;
    world.delete_and_verify(&made).await;
}

fn document(instance: &TestResource, address: &str, name: &str, status: &str, description: &str, content: Value) -> Value {
    json!({"instance_id": instance.output("id"), "name": name, "description": description, "status": status, "content": content,
           "tags": tags(address)})
}

fn form(question: &str) -> Value {
    let question = json!({"Question": {"Title": question, "RefId": "q", "QuestionType": "TEXT", "NotApplicableEnabled": false}});
    json!({"Items": [{"Section": {"Title": "s", "RefId": "s", "Items": [question]}}]})
}

#[tokio::test]
async fn overrides_belong_to_whoever_owns_the_hours() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let hours = json!({"instance_id": instance.output("id"), "name": "Office", "description": "Office", "time_zone": "UTC",
                       "open": {"MONDAY": ["08:00-12:30"]}, "tags": tags("hours.office")});
    let hours = world.make("connect.hours_of_operation", "hours.office", hours).await;
    let wanted = |until: &str, kind: &str, open: Value| {
        json!({"instance_id": instance.output("id"), "hours_id": hours.output("id"), "name": "Holidays", "description": "Holidays",
               "from": "2026-12-24", "until": until, "kind": kind, "open": open})
    };
    let (first, then) =
        (wanted("2026-12-26", "STANDARD", json!({})), wanted("2027-01-01", "OPEN", json!({"FRIDAY": ["20:00-24:00"]})));
    live(&world, "connect.hours_override", "hours_override.office_holidays", first, then).await;
    world.delete_and_verify(&hours).await;
}

#[tokio::test]
async fn agent_status_is_given_up_and_taken_again() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = |name: &str, enabled: bool, order: Value| {
        json!({"instance_id": instance.output("id"), "name": name, "description": "Back soon", "enabled": enabled,
               "display_order": order, "tags": tags("agent_status.lunch")})
    };
    let (first, then) = (wanted("Lunch", true, json!(3)), wanted("Break", false, Value::Null));
    live(&world, "connect.agent_status", "agent_status.lunch", first, then).await;
    // It cannot be deleted: the second one is the first one again.
    let again = world.make("connect.agent_status", "agent_status.lunch", wanted("Break", true, json!(4))).await;
    world.delete_and_verify(&again).await;
    let theirs = wanted("Available", true, Value::Null);
    assert!(matches!(world.look("connect.agent_status", "agent_status.lunch", &theirs).await, Lookup::Unowned { .. }));
}

#[tokio::test]
async fn predefined_attributes_are_found_by_name() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = |values: Value, only: bool| {
        json!({"instance_id": instance.output("id"), "name": "Language", "values": values, "purposes": ["ROUTING"],
               "only_these_values": only})
    };
    let (first, then) = (wanted(json!(["de", "en"]), false), wanted(json!(["en"]), true));
    live(&world, "connect.predefined_attribute", "predefined_attribute.language", first, then).await;
}

#[tokio::test]
async fn documents_are_created_changed_and_deleted() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let view = |title: &str, status: &str| {
        let content = json!({"Template": {"Head": {"Title": title}}, "Actions": ["Next"]});
        document(&instance, "view.detail", title, status, title, content)
    };
    live(&world, "connect.view", "view.detail", view("One", "SAVED"), view("Two", "PUBLISHED")).await;
    let template = |name: &str, status: &str| {
        let field = |name: &str, kind: &str| json!({"Id": {"Name": name}, "Type": kind});
        let content = json!({"Fields": [field("Name", "NAME"), field("To", "QUICK_CONNECT")],
                             "Constraints": {"RequiredFields": [{"Id": {"Name": "Name"}}]}});
        document(&instance, "task_template.back", name, status, name, content)
    };
    live(&world, "connect.task_template", "task_template.back", template("One", "ACTIVE"), template("Two", "INACTIVE")).await;
    let quality = |title: &str, status: &str| document(&instance, "evaluation_form.q", title, status, title, form(title));
    live(&world, "connect.evaluation_form", "evaluation_form.q", quality("One", "ACTIVE"), quality("Two", "ACTIVE")).await;
    live(&world, "connect.evaluation_form", "evaluation_form.q", quality("One", "DRAFT"), quality("One", "ACTIVE")).await;
    let rule = |name: &str, status: &str, version: &str| {
        let content = json!({"TriggerEventSource": {"EventSourceName": "OnPostCallAnalysisAvailable"},
            "Function": {"Version": version, "RuleFunction": {}}, "Actions": [{"ActionType": "ASSIGN_CONTACT_CATEGORY",
            "AssignContactCategoryAction": {}}]});
        document(&instance, "rule.r", name, status, "", content)
    };
    live(&world, "connect.rule", "rule.r", rule("one", "DRAFT", "1"), rule("two", "PUBLISHED", "2")).await;
}

/// A run that is killed between the creation of a task template and its tags leaves one that is known by its description.
#[tokio::test]
async fn untagged_task_template_is_known_by_its_description() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let content = json!({"Fields": [{"Id": {"Name": "Name"}, "Type": "NAME"}, {"Id": {"Name": "To"}, "Type": "QUICK_CONNECT"}],
                         "Constraints": {"RequiredFields": [{"Id": {"Name": "Name"}}]}});
    let client = aws_sdk_connect::Client::new(&world.sdk);
    let marker = "deployer: shop/dev/task_template.again";
    for (address, description, ours) in [("task_template.back", "Calls back", false), ("task_template.again", marker, true)] {
        let wanted = document(&instance, address, address, "ACTIVE", description, content.clone());
        let made = world.make("connect.task_template", address, wanted.clone()).await;
        let keys = ["deployer:project", "deployer:environment", "deployer:address", "team"].map(str::to_owned).to_vec();
        let untag = client.untag_resource().resource_arn(made.output("arn")).set_tag_keys(Some(keys));
        untag.send().await.expect("untagged");
        let found = world.look("connect.task_template", address, &wanted).await;
        assert_eq!(matches!(found, Lookup::Owned(_)), ours, "{address}");
    }
}
