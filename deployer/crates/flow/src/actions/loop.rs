use super::action_type::*;
use crate::call::values::filled;
use crate::designer::values::value;

pub(crate) const ACTION: ActionType = ActionType {
    name: "Loop",
    block: "Loop",
    source: Source::recorded("devguide/flow-control-actions-loop", "2026-11"),
    parameters: &[
        Parameter::single("LoopCount").required_unless("LoopName").between(0, 100).or_number(),
        Parameter::fixed("LoopName").status(Status::Documented),
    ],
    conditions: Conditions::new(ConditionMode::Fixed, &["ContinueLooping", "DoneLooping"]),
    errors: Errors::optional(&["NoMatchingError"]),
    simulation: Simulation::performed("counted for each action, restarted after the last round", PAGE),
    forms: &[Form::new("repeat", &["times"]).words(&[
        ("LoopCount", "times"),
        ("LoopName", "name"),
        ("ContinueLooping", "looping"),
        ("DoneLooping", "complete"),
    ])],
    run: Run::Now(repeat),
    converted: &[FromBlock::new("Loop", convert)],
    ..ActionType::BASE
};

/// Maximum number of iterations (AWS page on Loop).
const MAX_ROUNDS: u64 = 100;

/// Performs a loop. Iterations are counted per action; after the last one the count restarts (AWS page on Loop).
fn repeat(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let wanted = filled(engine, action, "LoopCount").and_then(|count| count.parse::<u64>().ok());
    let Some(wanted) = wanted else {
        return ActionOutcome::error("NoMatchingError", "LoopCount is not a number");
    };
    if wanted > MAX_ROUNDS {
        return ActionOutcome::error("NoMatchingError", format!("LoopCount is {wanted}; a loop has at most {MAX_ROUNDS} rounds"));
    }
    let name = action.identifier().unwrap_or_default();
    let count = engine.frame.loops.entry(name.to_owned()).or_default();
    let result = if *count < wanted {
        *count += 1;
        "ContinueLooping"
    } else {
        *count = 0;
        "DoneLooping"
    };
    ActionOutcome::new(Control::Result(Some(result.to_owned())), result)
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let count = block.parameter("LoopCount").ok_or("it does not say how often")?;
    draft.set("LoopCount", value(&count)?);
    draft.branch("Equals", "ContinueLooping", block.target_of("Looping"));
    draft.branch("Equals", "DoneLooping", block.target_of("Complete"));
    draft.follow(block, "Complete");
    Ok(())
}
