use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpsertDataTableValues",
    block: "Data Table",
    source: Source::unknown("adminguide/data-table-block", "2026-11"),
    parameters: &[
        Parameter::single("LockVersion").required(),
        Parameter::single("DataTableId").required(),
        Parameter::list("DataTableUpsertAttributes").required().free(),
    ],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("a data table keeps the values", NO_AWS_PAGE),
    ..ActionType::BASE
};
