use serde_json::json;

use super::action_type::*;
use crate::call::values::filled;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CreateTask",
    block: "Create task",
    source: Source::documented("devguide/createtask", "2026-11"),
    parameters: &[
        Parameter::dynamic("Name").required(),
        Parameter::single("ContactFlowId").refers_to("flow"),
        Parameter::single("TaskTemplateId").refers_to("task-template"),
        Parameter::dynamic("Description"),
        Parameter::map("Attributes"),
        Parameter::map("References"),
        Parameter::fixed("DelaySeconds").between(1, 518_400).or_number(),
        Parameter::single("ScheduledTime").status(Status::Documented),
    ],
    groups: &[Group::at_most_one(&["DelaySeconds", "ScheduledTime"])],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed(
        "the task has a contact id, its flow does not run",
        "administrator guide, \"Supported channels for flow blocks\" and list of contact attributes",
    ),
    run: Run::Now(create),
    ..ActionType::BASE
};

/// Creates a task. The task is a separate contact, whose flow is not part of this call.
fn create(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let name = filled(engine, action, "Name").unwrap_or_default();
    if name.trim().is_empty() {
        return ActionOutcome::error("NoMatchingError", "the task's name is empty");
    }
    engine.contact.tasks += 1;
    let id = format!("{}-task-{}", engine.contact.id, engine.contact.tasks);
    engine.contact.external_values.insert("Task".to_owned(), json!({"ContactId": id}));
    ActionOutcome {
        note: Some(format!("the task \"{name}\" is only said to be made")),
        ..ActionOutcome::next("The task is made")
    }
}
