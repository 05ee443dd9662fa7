use super::action_type::*;
use crate::designer::parts::compare as comparisons;
use crate::designer::values::reference;
use crate::jsonpath::JsonPath;

pub(crate) const ACTION: ActionType = ActionType {
    name: "Compare",
    block: "Check contact attributes",
    source: Source::recorded("devguide/flow-control-actions-compare", "2026-11"),
    aliases: &[
        Aliases::designer(&["CheckAttribute"]),
        Aliases::block(&["CheckContactAttributes"]),
        Aliases::invented(&["Branch", "CheckAttributes", "CheckCondition", "Choice", "CompareAttribute", "Condition", "Switch"]),
    ],
    parameters: &[Parameter::jsonpath("ComparisonValue").required()],
    conditions: Conditions::new(ConditionMode::Free, &[]),
    errors: Errors { required: &["NoMatchingCondition"], rejected: &["NoMatchingError"], ..Errors::NONE },
    simulation: Simulation::performed("conditions from top to bottom", PAGE),
    forms: &[Form::new("compare", &["value"]).words(&[("ComparisonValue", "value")])],
    run: Run::Now(compare),
    converted: &[FromBlock::new("CheckAttribute", convert)],
    logged_as: |_| "CheckAttribute",
    ..ActionType::BASE
};

fn compare(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let written = action.text("ComparisonValue").unwrap_or_default();
    let value = match JsonPath::parse(written.trim()) {
        Some(reference) => engine.contact.resolve(&reference),
        None => Some(engine.contact.fill(written)),
    };
    let results = value.clone().unwrap_or_else(|| "no value".to_owned());
    ActionOutcome::new(Control::Result(value), results)
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let name = block.text("Attribute").ok_or("it does not say which attribute")?;
    let namespace = block.text("Namespace").ok_or("it does not say in which namespace the attribute is")?;
    draft.set("ComparisonValue", reference(&namespace, &name)?);
    comparisons(block, draft, "Evaluate")?;
    draft.error(block, "NoMatchingCondition", "NoMatch");
    Ok(())
}
