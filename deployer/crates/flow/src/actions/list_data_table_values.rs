use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "ListDataTableValues",
    block: "Data Table",
    source: Source::unknown("adminguide/data-table-block", "2026-11"),
    parameters: &[Parameter::single("DataTableId").required(), Parameter::list("PrimaryKeyGroups").required().free()],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("a data table has the values", NO_AWS_PAGE),
    ..ActionType::BASE
};
