use super::action_type::*;
use crate::call::values::{filled, missing_resource_message};
use crate::designer::block::Parameter as BlockParameter;
use crate::designer::values::resource;
use crate::resource_kind::ResourceKind;

pub(crate) const ACTION: ActionType = ActionType {
    name: "TransferToFlow",
    block: "Transfer to flow",
    source: Source::recorded("devguide/flow-control-actions-transfertoflow", "2026-11"),
    aliases: &[Aliases::invented(&["GoToFlow", "TransferContactToFlow", "TransferFlow"])],
    parameters: &[Parameter::single("ContactFlowId").required().refers_to("flow")],
    errors: Errors::required(&["NoMatchingError"]),
    flow_types: BEFORE_QUEUE,
    simulation: Simulation::performed("the other flow runs from its start", PAGE),
    forms: &[Form::new("transfer_to_flow", &["flow"]).words(&[("ContactFlowId", "flow")])],
    leaves: |_| true,
    run: Run::Later(|engine, action| Box::pin(transfer(engine, action))),
    converted: &[FromBlock::new("Transfer", convert).to("Flow"), FromBlock::new("TransferToFlow", convert)],
    logged_as: |_| "Transfer",
    ..ActionType::BASE
};

/// The only flow types that a contact can be transferred to (AWS administrator guide, "Transfer to flow").
const TRANSFERS_TO: [FlowType; 3] = [FlowType::ContactFlow, FlowType::AgentTransfer, FlowType::QueueTransfer];

async fn transfer(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let id = filled(engine, action, "ContactFlowId").unwrap_or_default();
    match engine.host.flow(&id).await {
        Some(flow) if !TRANSFERS_TO.contains(&flow.flow_type) => {
            let kind = flow.flow_type.as_str();
            ActionOutcome::error(
                "NoMatchingError",
                format!("the flow {} is a {kind}, to which nothing is transferred", flow.name),
            )
        }
        Some(flow) => {
            let results = format!("Transferred to flow {}", flow.name);
            ActionOutcome::new(Control::Transfer(flow), results)
        }
        None => ActionOutcome::error("NoMatchingError", missing_resource_message("flow", &id)),
    }
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let flow = block.parameter("ContactFlowId").ok_or("no flow is chosen")?;
    let named = block.metadata().and_then(|about| about.get("ContactFlow")?.get("text")?.as_str());
    let flow = BlockParameter { resource_name: flow.resource_name.or(named.filter(|name| !name.is_empty())), ..flow };
    let id = resource(draft, "ContactFlowId", ResourceKind::Flow, &flow)?;
    draft.set("ContactFlowId", id);
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
