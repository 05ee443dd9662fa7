use super::action_type::*;
use crate::call::metrics::subject;
use crate::designer::parts::{compare, queue_or_agent};
use crate::findings::numbers::whole_number;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CheckMetricData",
    block: "Check staffing / Check queue status",
    source: Source::recorded("devguide/flow-control-actions-checkmetricdata", "2026-11"),
    aliases: &[Aliases::designer(&["CheckQueueStatus", "CheckStaffing"])],
    parameters: &[
        Parameter::fixed("MetricType").required().such_as(&[
            "NumberOfAgentsAvailable",
            "NumberOfAgentsStaffed",
            "NumberOfAgentsOnline",
            "OldestContactInQueueAgeSeconds",
            "NumberOfContactsInQueue",
        ]),
        QUEUE_ID,
        AGENT_ID,
    ],
    groups: &[Group::at_most_one(&["QueueId", "AgentId"])],
    conditions: Conditions::new(ConditionMode::Numeric, &[]),
    errors: Errors::required(&["NoMatchingError", "NoMatchingCondition"]),
    flow_types: WITH_CALLER,
    simulation: Simulation::performed("by the queue's metrics", PAGE).or_stubbed(),
    forms: &[Form::new("check_metric", &["metric"]).words(&[("MetricType", "metric")])],
    effects: &[Effect::AsksOutside],
    check,
    run: Run::Later(|engine, action| Box::pin(ask(engine, action))),
    converted: &[FromBlock::new("CheckStaffing", staffing), FromBlock::new("CheckQueueStatus", queue_status)],
    ..ActionType::BASE
};

fn check(report: &mut Report<'_>, action: Action<'_>) {
    let staffing = action.text("MetricType").is_some_and(|metric| metric.starts_with("NumberOfAgents"));
    if !staffing {
        return;
    }
    for branch in action.branches() {
        let Some(condition) = branch.condition() else {
            continue;
        };
        let zero = whole_number(condition.operands.first()) == Some(0);
        if condition.operator.starts_with("Number") && (condition.operator != "NumberGreaterThan" || !zero) {
            let path = action.path().key("Transitions").key("Conditions");
            report
                .bad_value("condition", path.index(branch.index).key("Condition"))
                .explain("numbers of agents can only be compared with NumberGreaterThan \"0\"");
        }
    }
}

/// Compares a metric. Ages are in milliseconds (published exports).
async fn ask(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let name = action.text("MetricType").unwrap_or_default().to_owned();
    let (queue, agent) = match subject(engine, action).await {
        Ok(found) => found,
        Err(why) => return ActionOutcome::error("NoMatchingError", why),
    };
    if queue.is_none() && agent.is_none() {
        return ActionOutcome::error("NoMatchingError", "neither a queue nor an agent is given, and no working queue is set");
    }
    match engine.host.metric(&name, queue.as_ref(), agent.as_deref()).await {
        Some(number) => {
            let number = if name == "OldestContactInQueueAgeSeconds" { number.saturating_mul(1000) } else { number };
            ActionOutcome::new(Control::Result(Some(number.to_string())), number.to_string())
        }
        None => ActionOutcome::error("NoMatchingError", format!("{name} is not known")),
    }
}

fn staffing(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let metric = match block.text("Status").as_deref() {
        Some("Staffed") => "NumberOfAgentsStaffed",
        Some("Available") => "NumberOfAgentsAvailable",
        Some("Online") => "NumberOfAgentsOnline",
        other => return Err(format!("the status \"{}\" is not known", other.unwrap_or_default())),
    };
    draft.set("MetricType", metric);
    queue_or_agent(block, draft)?;
    draft.branch("NumberGreaterThan", "0", block.target_of("True"));
    draft.error(block, "NoMatchingCondition", "False");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}

/// Converts a check of the queue status. Times are in milliseconds in both languages (published exports).
fn queue_status(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let times = !block.branches("CheckQueueTime").is_empty();
    let sizes = ["CheckQueueSize", "CheckQueueCapacity"].into_iter().find(|name| !block.branches(name).is_empty());
    let (metric, condition) = match (times, sizes) {
        (true, None) => ("OldestContactInQueueAgeSeconds", "CheckQueueTime"),
        (false, Some(condition)) => ("NumberOfContactsInQueue", condition),
        (false, None) => return Err("it has no conditions".to_owned()),
        (true, Some(_)) => return Err("it asks for time and size at once; an action asks for one metric".to_owned()),
    };
    draft.set("MetricType", metric);
    queue_or_agent(block, draft)?;
    compare(block, draft, condition)?;
    draft.error(block, "NoMatchingCondition", "NoMatch");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
