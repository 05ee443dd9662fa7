//! Detection of renamed actions.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde_json::Value;

use crate::model::{Action, Flow};

type Actions<'a> = BTreeMap<String, Action<'a>>;

/// Names of actions before and after.
pub(super) struct Renamed<'a> {
    after: HashMap<&'a str, &'a str>,
    before: HashMap<&'a str, &'a str>,
}

impl<'a> Renamed<'a> {
    /// Finds the renamed actions. Traverses both flows in parallel: if two matched actions have the same branch, its targets
    /// match too if type and parameters are equal. The remaining actions are matched by content if that content is unique in
    /// both flows.
    pub(super) fn find(before: (&'a Flow, &'a Actions<'a>), after: (&'a Flow, &'a Actions<'a>)) -> Self {
        let mut search = Search { old: before.1, new: after.1, found: Self { after: HashMap::new(), before: HashMap::new() } };
        let starts = before.0.start_action().zip(after.0.start_action());
        let same = before.1.keys().filter(|name| after.1.contains_key(*name)).map(|name| (name.as_str(), name.as_str()));
        let mut waiting: VecDeque<(&'a str, &'a str)> = starts.into_iter().collect();
        if let Some((old, new)) = starts {
            search.try_match(old, new);
        }
        waiting.extend(same);
        search.walk(waiting);
        search.match_unique();
        search.found
    }

    /// Returns the name in the second flow of an action of the first.
    pub(super) fn after<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.after.get(name).copied().unwrap_or(name)
    }

    /// Returns the name in the first flow of an action of the second.
    pub(super) fn before<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.before.get(name).copied().unwrap_or(name)
    }
}

struct Search<'a> {
    old: &'a Actions<'a>,
    new: &'a Actions<'a>,
    found: Renamed<'a>,
}

fn content<'a>(action: &Action<'a>) -> (Option<&'a str>, Option<&'a Value>) {
    (action.kind(), action.parameter_value())
}

/// Returns the targets of an action, each with the name of its branch.
fn outgoing_edges<'a>(action: &Action<'a>) -> Vec<(String, &'a str)> {
    let mut ways: Vec<(String, &'a str)> = action.next().map(|next| (String::new(), next)).into_iter().collect();
    ways.extend(action.branches().filter_map(|branch| Some((branch.as_value().get("Condition")?.to_string(), branch.target()?))));
    ways.extend(action.errors().filter_map(|branch| Some((branch.error_type()?.to_owned(), branch.target()?))));
    ways
}

impl<'a> Search<'a> {
    fn walk(&mut self, mut waiting: VecDeque<(&'a str, &'a str)>) {
        let mut seen = HashSet::new();
        while let Some((old, new)) = waiting.pop_front() {
            if !seen.insert((old, new)) || (old != new && self.found.after.get(old) != Some(&new)) {
                continue;
            }
            let (Some(one), Some(other)) = (self.old.get(old), self.new.get(new)) else { continue };
            let there: HashMap<String, &'a str> = outgoing_edges(other).into_iter().collect();
            for (way, target) in outgoing_edges(one) {
                if let Some(also) = there.get(&way)
                    && self.try_match(target, also)
                {
                    waiting.push_back((target, also));
                }
            }
        }
    }

    /// Matches two actions if their contents are equal and neither is matched yet; returns whether it did.
    fn try_match(&mut self, old: &'a str, new: &'a str) -> bool {
        let free = !self.new.contains_key(old)
            && !self.old.contains_key(new)
            && !self.found.after.contains_key(old)
            && !self.found.before.contains_key(new);
        let alike = match (self.old.get(old), self.new.get(new)) {
            (Some(one), Some(other)) => content(one) == content(other),
            _ => false,
        };
        if free && alike {
            self.found.after.insert(old, new);
            self.found.before.insert(new, old);
        }
        free && alike
    }

    /// Matches actions whose content is unique among the remaining actions of both flows.
    fn match_unique(&mut self) {
        let key = |action: &Action<'a>| format!("{:?} {:?}", action.kind(), action.parameter_value().map(Value::to_string));
        let mut new: HashMap<String, Vec<&'a str>> = HashMap::new();
        for (name, action) in self.new.iter().filter(|(name, _)| !self.old.contains_key(*name)) {
            new.entry(key(action)).or_default().push(name);
        }
        let mut old: HashMap<String, Vec<&'a str>> = HashMap::new();
        for (name, action) in self.old.iter().filter(|(name, _)| !self.new.contains_key(*name)) {
            old.entry(key(action)).or_default().push(name);
        }
        for (key, names) in &old {
            if let ([one], Some([other])) = (names.as_slice(), new.get(key).map(Vec::as_slice)) {
                self.try_match(one, other);
            }
        }
    }
}
