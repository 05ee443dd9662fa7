use super::action_type::*;
use crate::designer::parts::operand;

pub(crate) const ACTION: ActionType = ActionType {
    name: "DistributeByPercentage",
    block: "Distribute by percentage",
    source: Source::recorded("devguide/flow-control-actions-distributebypercentage", "2026-11"),
    aliases: &[Aliases::invented(&["Distribute", "PercentageSplit"])],
    conditions: Conditions::new(ConditionMode::Numeric, &[]),
    errors: Errors::required(&["NoMatchingCondition"]),
    flow_types: WITH_CALLER,
    simulation: Simulation::performed("a number from 1 to 100, by seed or given", PAGE).or_stubbed(),
    forms: &[Form::new("distribute", &[])],
    effects: &[Effect::AsksOutside],
    run: Run::Now(draw),
    converted: &[FromBlock::new("PercentileBranching", convert), FromBlock::new("DistributeByPercentage", convert)],
    ..ActionType::BASE
};

fn draw(engine: &mut Engine<'_>, _: Action<'_>) -> ActionOutcome {
    let percent = engine.host.percent().to_string();
    ActionOutcome::new(Control::Result(Some(percent.clone())), percent)
}

/// Converts a distribution by percentage. The old block has a share per branch; the action draws a number from 1 to 100 and
/// compares it with rising bounds.
fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let mut bound = 1;
    for branch in block.branches("Evaluate") {
        let share = operand(&branch)?;
        bound += share.parse::<u32>().ok().filter(|share| *share <= 100).ok_or(format!("\"{share}\" is not a percentage"))?;
        draft.branch("NumberLessThan", bound.to_string(), branch.target);
    }
    if bound > 101 {
        return Err(format!("the shares are {} per cent together", bound - 1));
    }
    draft.error(block, "NoMatchingCondition", "NoMatch");
    Ok(())
}
