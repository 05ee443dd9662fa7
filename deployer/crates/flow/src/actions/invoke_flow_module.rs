use super::action_type::*;
use crate::call::values::{filled, missing_resource_message};
use crate::resource_kind::ResourceKind;

pub(crate) const ACTION: ActionType = ActionType {
    name: "InvokeFlowModule",
    block: "Invoke module",
    source: Source::recorded("devguide/flow-language-actions-invoke-flow-module", "2026-11"),
    aliases: &[Aliases::block(&["InvokeModule"])],
    parameters: &[Parameter::single("FlowModuleId").required().refers_to("module")],
    conditions: Conditions::new(ConditionMode::Equals, &[]),
    errors: Errors { required: &["NoMatchingError"], optional: &["NoMatchingCondition"], ..Errors::NONE },
    simulation: Simulation::performed("the module runs; what it returns takes the branch of that name", PAGE).or_stubbed(),
    forms: &[Form::new("invoke_module", &["module"]).words(&[("FlowModuleId", "module")])],
    effects: &[Effect::Waits, Effect::SetsExternal, Effect::SetsQueue],
    run: Run::Later(|engine, action| Box::pin(invoke(engine, action))),
    ..ActionType::BASE
};

async fn invoke(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let id = filled(engine, action, "FlowModuleId").unwrap_or_default();
    match engine.host.flow(&id).await {
        Some(flow) if ResourceKind::of_arn(&flow.arn) == Some(ResourceKind::Flow) => {
            ActionOutcome::error("NoMatchingError", format!("{} is a flow and no module", flow.name))
        }
        Some(module) => {
            let results = format!("Module {} is invoked", module.name);
            ActionOutcome::new(Control::Enter(module), results)
        }
        None => ActionOutcome::error("NoMatchingError", missing_resource_message("module", &id)),
    }
}
