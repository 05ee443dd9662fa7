//! Times of a week, as hours of operation and their overrides give them.

use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::Node;

/// Checks the times of each day: each ends after it begins, and no two overlap. Returns whether there is any time.
pub(super) fn day_times(open: Option<&Node>, path: &str, faults: &mut Vec<Diagnostic>) -> bool {
    let mut any = false;
    for (day, _, times) in open.into_iter().flat_map(Node::members) {
        let mut day_times: Vec<(&str, &str, &Node)> = Vec::new();
        for node in times.elements() {
            any = true;
            // Texts of the form that the rule requires compare as times do.
            let Some((start, end)) = node.text().and_then(|text| text.split_once('-')).filter(|(start, _)| start.len() == 5)
            else {
                continue;
            };
            if end <= start {
                let message = format!("`{start}-{end}` ends before it begins");
                let help = format!("a time past midnight belongs to two days: `{start}-24:00`, and `00:00-{end}` on the next");
                faults.push(Diagnostic::new(Code::Conflict, node.span, message).with_path(format!("{path}.{day}")).help(help));
            }
            day_times.push((start, end, node));
        }
        day_times.sort_by_key(|(start, end, _)| (*start, *end));
        for pair in day_times.windows(2) {
            let ((first, first_end, _), (second, second_end, node)) = (pair[0], pair[1]);
            if second < first_end && (first, first_end) != (second, second_end) {
                let message = format!("`{second}-{second_end}` overlaps with `{first}-{first_end}`");
                faults.push(Diagnostic::new(Code::Conflict, node.span, message).with_path(format!("{path}.{day}")));
            }
        }
    }
    any
}
