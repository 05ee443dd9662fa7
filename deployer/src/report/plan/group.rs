//! Changes grouped by the part of the spec they belong to.

use deployer_engine::{Action, Change};

/// Changes of one part of the spec.
pub(super) struct Group<'p> {
    /// Name of the part in the spec: `function convert`.
    pub(super) title: String,
    pub(super) changes: Vec<&'p Change>,
}

/// Parts of the spec in the order in which plans show them; any other parts follow.
const ORDER: [&str; 12] = [
    "table",
    "function",
    "connect",
    "hours",
    "queue",
    "routing profile",
    "user",
    "prompt",
    "phone number",
    "module",
    "flow",
    "api",
];

/// Groups the changes of a plan by their part of the spec.
pub(super) fn groups<'p>(changes: impl Iterator<Item = &'p Change>) -> Vec<Group<'p>> {
    let mut groups: Vec<(usize, Group<'p>)> = Vec::new();
    for change in changes {
        let (part, name) = part(change);
        let title = if name.is_empty() { part.clone() } else { format!("{part} {name}") };
        match groups.iter_mut().find(|(_, group)| group.title == title) {
            Some((_, group)) => group.changes.push(change),
            None => {
                let rank = ORDER.iter().position(|known| *known == part).unwrap_or(ORDER.len());
                groups.push((rank, Group { title, changes: vec![change] }));
            }
        }
    }
    groups.sort_by_key(|(rank, _)| *rank);
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Returns the part of the spec that a change belongs to, and its name there.
fn part(change: &Change) -> (String, String) {
    let (kind, name) = (change.address.kind(), change.address.name());
    let part = match kind {
        "role" | "log_group" => "function",
        "permission" => {
            let function = change.dependencies.iter().find(|on| on.kind() == "function");
            let name = function.map_or_else(|| name.rsplit('-').next().unwrap_or(name), |function| function.name());
            return ("function".to_owned(), name.to_owned());
        }
        "instance" | "flow_logs" | "association" | "bot" | "storage" => return ("connect".to_owned(), String::new()),
        "bucket" => return ("connect".to_owned(), String::new()),
        "stage" | "deployment" | "api_key" | "usage_plan" | "certificate" | "domain" | "mapping" | "api" => {
            return ("api".to_owned(), String::new());
        }
        "recording" => "prompt",
        "flow_content" => "flow",
        "phone_number_flow" => "phone_number",
        "state" | "identity" | "pipeline_policy" | "pipeline_role" => return ("bootstrap".to_owned(), String::new()),
        other => other,
    };
    (part.replace('_', " "), name.to_owned())
}

impl Group<'_> {
    /// Returns the role of a change in its group, for example `log group` or `permission connect`; empty for the resource the group is
    /// named after.
    fn role_of(&self, change: &Change) -> String {
        let (kind, name) = (change.address.kind().replace('_', " "), change.address.name());
        let own = self.title.split_once(' ').map_or("", |_| self.title.rsplit(' ').next().unwrap_or_default());
        match name.strip_suffix(own).map(|rest| rest.trim_end_matches('-')) {
            _ if name == "main" => kind,
            Some("") if !own.is_empty() => kind,
            Some(rest) => format!("{kind} {rest}"),
            None => format!("{kind} {name}"),
        }
    }

    /// Returns the whole group as one line if all its changes have the same action: `function convert: role, log group, permission
    /// connect`.
    pub(super) fn summary(&self) -> String {
        let of = |change: &&Change| self.role_of(change);
        let roles: Vec<String> =
            self.changes.iter().map(of).filter(|role| !format!("{} ", self.title).starts_with(&format!("{role} "))).collect();
        if roles.is_empty() {
            return self.title.clone();
        }
        format!("{}: {}", self.title, roles.join(", "))
    }

    /// Returns the action of the group, if all its changes have the same.
    pub(super) fn action(&self) -> Option<Action> {
        let first = self.changes.first()?.action;
        self.changes.iter().all(|change| change.action == first).then_some(first)
    }
}
