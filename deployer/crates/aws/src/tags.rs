//! Ownership of resources by their tags, and tag changes.

use std::collections::HashMap;

use deployer_engine::{Context, Live, Lookup, TagOwner};

pub(crate) use deployer_resources::Tags;

const PROJECT: &str = "deployer:project";
const ENVIRONMENT: &str = "deployer:environment";
/// Marks resources shared by several environments.
const ROLE: &str = "deployer:role";
const ADDRESS: &str = "deployer:address";

/// Checks that the tags identify the resource of `cx`, by its address or the one it had before it was renamed; the error names the tag that
/// differs.
pub(crate) fn check_owner(tags: &Tags, cx: &Context) -> Result<(), String> {
    check_environment(tags, cx)?;
    let own = has(tags, ADDRESS, cx.address.as_str());
    let former = cx.former_addresses.iter().any(|former| tags.get(ADDRESS).is_some_and(|tag| tag == former.as_str()));
    if former { Ok(()) } else { own }
}

/// Checks that the tags name the project and environment of `cx`: sufficient for recorded resources, whose address tag may have been edited
/// by hand and is then corrected.
pub(crate) fn check_environment(tags: &Tags, cx: &Context) -> Result<(), String> {
    has(tags, PROJECT, &cx.owner.project)?;
    has(tags, ENVIRONMENT, &cx.owner.environment)
}

/// Returns the owner of a resource with these tags.
pub(crate) fn owner(tags: &Tags, cx: &Context) -> TagOwner {
    owner_of("it", tags, cx)
}

/// Returns the owner of a resource with these tags, which messages call `what`.
pub(crate) fn owner_of(what: &str, tags: &Tags, cx: &Context) -> TagOwner {
    let wanted = [(PROJECT, &cx.owner.project), (ENVIRONMENT, &cx.owner.environment)];
    let differs = |(key, wanted): &(&str, &String)| tags.get(*key).is_some_and(|value| value != *wanted);
    if let Some((key, _)) = wanted.iter().find(|tag| differs(tag)) {
        let named = [("project", PROJECT), ("environment", ENVIRONMENT)];
        let names = named.iter().filter_map(|(word, key)| Some(format!("{word} {:?}", tags.get(*key)?)));
        let names = names.collect::<Vec<_>>().join(", ");
        return TagOwner::Other(format!("{what} now belongs to {names}: its tag {key} says so"));
    }
    match wanted.iter().find(|(key, _)| !tags.contains_key(*key)) {
        Some((key, _)) => TagOwner::Nobody(format!("{what} has no tag {key}")),
        None => TagOwner::Us,
    }
}

/// Returns the owner of a child without tags: the owner of its parent, which messages call `whole` and which has these tags. The child
/// counts as ours if the parent is gone.
pub(crate) fn parent_owner(tags: Option<Tags>, whole: &str, cx: &Context) -> TagOwner {
    tags.map_or(TagOwner::Us, |tags| owner_of(whole, &tags, cx))
}

/// Returns the owner of a child, from its own tags, if any, and those of its parent: a child of another owner's parent belongs to that
/// owner.
pub(crate) fn child_owner(own: Option<TagOwner>, whole: TagOwner) -> TagOwner {
    match (own, whole) {
        (Some(TagOwner::Other(why)), _) | (_, TagOwner::Other(why)) => TagOwner::Other(why),
        (Some(own), _) => own,
        (None, whole) => whole,
    }
}

/// Returns the owner of a resource shared by several environments, by the deployer's role tag.
pub(crate) fn owner_of_shared(tags: &Tags) -> TagOwner {
    match tags.contains_key(ROLE) {
        true => TagOwner::Us,
        false => TagOwner::Nobody(format!("it has no tag {ROLE}")),
    }
}

fn has(tags: &Tags, key: &str, wanted: &str) -> Result<(), String> {
    match tags.get(key) {
        Some(value) if value == wanted => Ok(()),
        Some(value) => Err(format!("its tag {key} is {value:?}, not {wanted:?}")),
        None => Err(format!("it has no tag {key}")),
    }
}

/// Returns `live` as owned or unowned, by its tags.
pub(crate) fn found<P, O>(cx: &Context, tags: &Tags, live: Live<P, O>) -> Lookup<Live<P, O>> {
    match check_owner(tags, cx) {
        Ok(()) => Lookup::Owned(live),
        Err(why) => Lookup::Unowned { live, why },
    }
}

/// Checks that an account-wide resource, shared by several environments, has every tag that marks it as the deployer's; the error names the
/// tag that differs.
pub(crate) fn check_all(live: &Tags, marks: &Tags) -> Result<(), String> {
    marks.iter().try_for_each(|(key, value)| has(live, key, value))
}

/// Returns `live` as owned or unowned, by the tags that mark resources shared by several environments.
pub(crate) fn found_shared<P, O>(tags: &Tags, marks: &Tags, live: Live<P, O>) -> Lookup<Live<P, O>> {
    match check_all(tags, marks) {
        Ok(()) => Lookup::Owned(live),
        Err(why) => Lookup::Unowned { live, why },
    }
}

/// Returns the tags of `live` whose keys are in `wanted`; other tags are not managed.
pub(crate) fn among(live: Tags, wanted: &Tags) -> Tags {
    live.into_iter().filter(|(key, _)| wanted.contains_key(key)).collect()
}

/// Converts tags returned by a service, without those AWS itself sets (`aws:…`).
pub(crate) fn readable(tags: Option<HashMap<String, String>>) -> Tags {
    own(tags.into_iter().flatten())
}

/// Collects tags from key and value pairs, without those AWS itself sets (`aws:…`).
pub(crate) fn own(tags: impl IntoIterator<Item = (String, String)>) -> Tags {
    tags.into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect()
}

/// Converts tags to the type that most services take.
pub(crate) fn to_sdk(tags: &Tags) -> HashMap<String, String> {
    tags.clone().into_iter().collect()
}

/// Tags to set and to remove so that `live` becomes `wanted`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TagChange {
    pub(crate) set: Tags,
    pub(crate) remove: Vec<String>,
}

/// Returns the difference between two sets of tags; `aws:` keys cannot be changed.
pub(crate) fn change(live: &Tags, wanted: &Tags) -> TagChange {
    let set = wanted.iter().filter(|(key, value)| live.get(*key) != Some(*value));
    let remove = live.keys().filter(|key| !wanted.contains_key(*key) && !key.starts_with("aws:"));
    TagChange { set: set.map(|(key, value)| (key.clone(), value.clone())).collect(), remove: remove.cloned().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::testing;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn ownership_needs_all_three_tags() {
        let cx = testing::context("function.convert");
        let ours = tags(&[(PROJECT, "shop"), (ENVIRONMENT, "dev"), (ADDRESS, "function.convert")]);
        assert_eq!(check_owner(&ours, &cx), Ok(()));
        for key in [PROJECT, ENVIRONMENT, ADDRESS] {
            let mut without = ours.clone();
            without.remove(key);
            assert_eq!(check_owner(&without, &cx), Err(format!("it has no tag {key}")));
            let mut other = ours.clone();
            other.insert(key.to_owned(), "other".to_owned());
            assert!(check_owner(&other, &cx).is_err_and(|why| why.contains("\"other\"")));
        }
    }

    #[test]
    fn tags_of_aws_itself_are_neither_set_nor_removed() {
        let live = tags(&[("aws:cloudformation:stack-id", "x"), ("old", "1"), ("kept", "1"), ("changed", "1")]);
        let wanted = tags(&[("kept", "1"), ("changed", "2"), ("new", "1")]);
        let change = change(&live, &wanted);
        assert_eq!(change, TagChange { set: tags(&[("changed", "2"), ("new", "1")]), remove: vec!["old".to_owned()] });
        assert!(!readable(Some(to_sdk(&live))).contains_key("aws:cloudformation:stack-id"));
    }
}
