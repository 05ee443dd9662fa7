use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactRoutingBehavior",
    block: "Change routing priority / age",
    source: Source::recorded("devguide/contact-actions-updatecontactroutingbehavior", "2026-11"),
    aliases: &[
        Aliases::designer(&["SetRoutingPriority"]),
        Aliases::block(&["ChangeRoutingPriority", "ChangeRoutingPriorityAge"]),
    ],
    parameters: &[
        Parameter::fixed("QueuePriority").at_least(1),
        Parameter::fixed("QueueTimeAdjustmentSeconds").integer(),
        Parameter::object("RoutingProficiencies").free(),
    ],
    groups: &[Group::at_most_one(&["QueuePriority", "QueueTimeAdjustmentSeconds", "RoutingProficiencies"])],
    errors: Errors {
        rejected: &["NoMatchingError"],
        conditional: &[Conditional::if_present("RoutingProficiencies", &["NoMatchingError"]).refused_otherwise()],
        ..Errors::NONE
    },
    flow_types: &[FlowType::ContactFlow, FlowType::Module],
    simulation: Simulation::no_effect("nobody else waits in the queue", PAGE),
    forms: &[Form::new("set_routing_priority", &[])],
    converted: &[FromBlock::new("UpdateRoutingPriority", convert), FromBlock::new("SetRoutingPriority", convert)],
    logged_as: |_| "SetRoutingPriority",
    ..ActionType::BASE
};

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    match (block.text("AbsolutePosition"), block.text("TimeOffset")) {
        (Some(position), None) => draft.set("QueuePriority", position),
        (None, Some(seconds)) => draft.set("QueueTimeAdjustmentSeconds", seconds),
        _ => return Err("it sets neither a priority nor an age".to_owned()),
    }
    draft.follow(block, "Success");
    Ok(())
}
