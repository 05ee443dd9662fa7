use serde_json::Value;

use super::action_type::*;
use crate::findings::numbers::check_range;
use crate::jsonpath::JsonPath;
use crate::path::Path;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactRoutingCriteria",
    block: "Set routing criteria",
    source: Source::recorded("devguide/flow-control-actions-updateroutingcriteria", "2026-11"),
    aliases: &[
        Aliases::page(&["UpdateRoutingCriteria"]),
        Aliases::block(&["SetRoutingCriteria"]),
        Aliases::invented(&["UpdateContactRoutingCriterion"]),
    ],
    parameters: &[Parameter::object("RoutingCriteria").required().free()],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::no_effect("the agent who answers is given", "AWS page on `UpdateRoutingCriteria`"),
    forms: &[Form::new("set_routing_criteria", &["routing_criteria"])],
    check,
    ..ActionType::BASE
};

/// Checks routing criteria (AWS page on `UpdateRoutingCriteria`): proficiencies are numbers from 1.0 to 5.0, durations whole
/// seconds. Connect's console writes both as JSON numbers.
fn check(report: &mut Report<'_>, action: Action<'_>) {
    if let Some(criteria) = action.parameter("RoutingCriteria") {
        routing_numbers(report, &action.parameter_path("RoutingCriteria"), criteria);
    }
}

fn routing_numbers(report: &mut Report<'_>, path: &Path, value: &Value) {
    match value {
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, element)| routing_numbers(report, &path.index(index), element));
        }
        Value::Object(members) => {
            for (name, member) in members {
                let place = path.key(name);
                match name.as_str() {
                    "DurationInSeconds" => check_range(report, place, member, 0..=i64::MAX, "a duration is a number of seconds"),
                    "ProficiencyLevel" => proficiency(report, place, member),
                    _ => routing_numbers(report, &place, member),
                }
            }
        }
        _ => {}
    }
}

fn proficiency(report: &mut Report<'_>, path: Path, value: &Value) {
    let text = value.as_str();
    if text.is_some_and(|text| report.is_symbolic(text) || JsonPath::parse(text).is_some()) {
        return;
    }
    let number = text.map_or_else(|| value.as_f64(), |text| text.parse().ok());
    if !number.is_some_and(|number| (1.0..=5.0).contains(&number)) {
        report.bad_value("range", path).explain(format!("a proficiency is a number from 1.0 to 5.0, this is {value}"));
    }
}
