//! Query and Scan over a table or an index, one page at a time.

use std::ops::Bound::{self, Unbounded};

use serde_json::{Value, json};

use super::expression::{Comparator, Condition, Operand, Path, Placeholders, Projection};
use super::index::{Index, Projected};
use super::item::{LEGACY_PARAMETERS, projected};
use super::items::{IndexPosition, Span, Walk};
use super::key::{Key, KeyBound};
use super::key::{KeySchema, KeyValue, TableStatus};
use super::table::Table;
use super::value::{Attribute, Item, item_json, item_size, read_item};
use super::{State, flag, invalid, not_implemented, number, range, table_name};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{RequestContext, string};
use crate::response::Response;
use crate::shared::Shared;

/// Maximum size in bytes of the items on a page before the filter (Developer guide, "Paginating table query results").
const PAGE: usize = 1024 * 1024;

/// The start of a page: after this position, in the table or in the index that is read.
enum Start {
    Table(Key),
    Index(IndexPosition),
}

impl Start {
    /// Returns the key in the table or index that is read.
    fn key(&self) -> &Key {
        match self {
            Self::Table(key) | Self::Index((key, _)) => key,
        }
    }
}

/// Parameters that Query and Scan share.
struct Read<'a> {
    table: &'a Table,
    index: Option<(&'a str, &'a Index)>,
    filter: Option<Condition>,
    projection: Option<Projection>,
    count_only: bool,
    limit: usize,
    start: Option<Start>,
}

pub(super) fn query(tables: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let placeholders = Placeholders::read(input)?;
    let condition = placeholders.condition(input, "KeyConditionExpression")?;
    let read = Read::new(tables, place, input, &placeholders)?;
    placeholders.all_used()?;
    let condition = condition.ok_or_else(|| {
        invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    })?;
    let (partition, range) = check_key_condition(&condition, read.key(), read.table)?;
    read.filter_without_keys()?;
    if read.start.as_ref().is_some_and(|start| start.key().hash != partition.hash) {
        // Text unverified.
        return Err(invalid("The provided starting key is outside query boundaries based on provided conditions"));
    }
    let forward = flag(input, "ScanIndexForward")?.unwrap_or(true);
    let (from, to) = range::of(&partition, range);
    let found = read.walk(from, to, forward).filter(|(_, item)| condition.holds(item));
    Ok(read.page(found))
}

pub(super) fn scan(tables: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let placeholders = Placeholders::read(input)?;
    let read = Read::new(tables, place, input, &placeholders)?;
    placeholders.all_used()?;
    let segment = segment(input)?;
    let inside = |key: &Key| segment.is_none_or(|(segment, total)| key.segment(total) == segment);
    let found = read.walk(Unbounded, Unbounded, true).filter(|(key, _)| inside(key));
    Ok(read.page(found))
}

fn segment(input: &Value) -> Result<Option<(u64, u64)>, AwsError> {
    let total = number(input, "TotalSegments", 1..=1_000_000)?;
    let segment = number(input, "Segment", 0..=999_999)?;
    match (segment, total) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(invalid(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        )),
        (None, Some(_)) => Err(invalid(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
        )),
        (Some(segment), Some(total)) if segment >= total => Err(invalid(format!(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment} is not less than TotalSegments: {total}"
        ))),
        (Some(segment), Some(total)) => Ok(Some((segment.unsigned_abs(), total.unsigned_abs()))),
    }
}

impl<'a> Read<'a> {
    fn new(tables: &'a State, place: &RequestContext, input: &Value, placeholders: &Placeholders) -> Result<Self, AwsError> {
        not_implemented(input, &LEGACY_PARAMETERS)?;
        let name = table_name(place, input)?;
        let limit = number(input, "Limit", 1..=i64::from(i32::MAX))?;
        let select = string(input, "Select")?;
        let mut faults = ValidationErrors::default();
        let kinds = ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"];
        faults.one_of("select", select, &kinds);
        faults.refuse("ValidationException")?;
        let filter = placeholders.condition(input, "FilterExpression")?;
        let projection = placeholders.projection(input)?;
        let table = tables.serving(name)?;
        let index = index(table, string(input, "IndexName")?, flag(input, "ConsistentRead")?.unwrap_or(false))?;
        check_select(select, projection.is_some(), index)?;
        let mut read = Self {
            table,
            index,
            filter,
            projection,
            count_only: select == Some("COUNT"),
            limit: limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX),
            start: None,
        };
        read.start = read.start_key(input)?;
        Ok(read)
    }

    /// Returns the key schema of the table or index that is read.
    fn key(&self) -> &'a KeySchema {
        self.index.map_or(&self.table.key, |(_, index)| &index.key)
    }

    fn start_key(&self, input: &Value) -> Result<Option<Start>, AwsError> {
        let Some(given) = input.get("ExclusiveStartKey").filter(|value| !value.is_null()) else { return Ok(None) };
        let wrong = || invalid("The provided starting key is invalid");
        let item = read_item(given)?;
        let wanted = self.last_key(&item);
        if wanted.len() != item.len() {
            return Err(wrong());
        }
        let key = self.table.exact_key(&self.table.key.part(&item)).map_err(|_| wrong())?;
        Ok(Some(match self.index {
            Some((_, index)) => Start::Index((index.place(&item).ok_or_else(wrong)?, KeyBound::At(key))),
            None => Start::Table(key),
        }))
    }

    /// Returns the attributes of an item that `LastEvaluatedKey` contains: the keys of the table and the index.
    fn last_key(&self, item: &Item) -> Item {
        let mut key = self.table.key.part(item);
        key.extend(self.key().part(item));
        key
    }

    fn filter_without_keys(&self) -> Result<(), AwsError> {
        let mut found = None;
        if let Some(filter) = &self.filter {
            filter.paths(&mut |path: &Path| {
                if self.key().names().any(|key| *key == path.attribute) {
                    found = Some(path.attribute.clone());
                }
            });
        }
        match found {
            Some(name) => Err(invalid(format!(
                "Filter Expression can only contain non-primary key attributes: Primary key attribute: {name}"
            ))),
            None => Ok(()),
        }
    }

    /// Returns the items between two keys, in ascending or descending order, after the one that the previous page ended with.
    fn walk(&self, from: Bound<Key>, to: Bound<Key>, forward: bool) -> Walk<'a> {
        let items = &self.table.items;
        match (self.index, &self.start) {
            (Some((name, _)), Some(Start::Index(start))) => {
                items.walk_index(name, Span::of_keys(from, to).after(start.clone(), forward), forward)
            }
            (Some((name, _)), _) => items.walk_index(name, Span::of_keys(from, to), forward),
            (None, Some(Start::Table(start))) => items.walk(Span::of_keys(from, to).after(start.clone(), forward), forward),
            (None, _) => items.walk(Span::of_keys(from, to), forward),
        }
    }

    fn page(&self, found: impl Iterator<Item = (&'a Key, &'a Shared<Item>)>) -> Response {
        let (mut items, mut count, mut scanned, mut bytes) = (Vec::new(), 0, 0, 0);
        let mut last = None;
        for (_, item) in found {
            scanned += 1;
            bytes += item_size(item);
            if self.filter.as_ref().is_none_or(|filter| filter.holds(item)) {
                count += 1;
                if !self.count_only {
                    items.push(self.shown(item));
                }
            }
            // There is a next key even if the limit is reached at the last item, as on AWS.
            if scanned >= self.limit || bytes >= PAGE {
                last = Some(item_json(&self.last_key(item)));
                break;
            }
        }
        let mut answer = json!({"Count": count, "ScannedCount": scanned});
        if !self.count_only {
            answer["Items"] = items.into();
        }
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = last;
        }
        Response::json(answer)
    }

    fn shown(&self, item: &Item) -> Value {
        match self.index {
            Some((_, index)) => projected(&index.part(item, &self.table.key), self.projection.as_ref()),
            None => projected(item, self.projection.as_ref()),
        }
    }
}

fn index<'a>(table: &'a Table, name: Option<&str>, consistent: bool) -> Result<Option<(&'a str, &'a Index)>, AwsError> {
    let Some(name) = name else { return Ok(None) };
    let missing = || invalid(format!("The table does not have the specified index: {name}"));
    let (name, index) = table.indexes.get_key_value(name).ok_or_else(missing)?;
    if consistent {
        return Err(invalid("Consistent reads are not supported on global secondary indexes"));
    }
    match index.way {
        TableStatus::Creating(_) => Err(invalid(format!("Cannot read from backfilling global secondary index: {name}"))),
        TableStatus::Deleting(_) => Err(missing()),
        _ => Ok(Some((name, index))),
    }
}

fn check_select(select: Option<&str>, projected: bool, index: Option<(&str, &Index)>) -> Result<(), AwsError> {
    match (select, index) {
        (Some("SPECIFIC_ATTRIBUTES"), _) if !projected => {
            Err(invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"))
        }
        (Some(other), _) if projected && other != "SPECIFIC_ATTRIBUTES" => {
            Err(invalid(format!("Cannot specify the ProjectionExpression when choosing to get {other}")))
        }
        (Some("ALL_PROJECTED_ATTRIBUTES"), None) => {
            Err(invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"))
        }
        (Some("ALL_ATTRIBUTES"), Some((name, index))) if index.projection != Projected::All => Err(invalid(format!(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index {name} because its projection type is not ALL"
        ))),
        _ => Ok(()),
    }
}

/// Checks that the condition is on the key alone, once for each part; returns the partition and the condition on the range key.
fn check_key_condition<'c>(
    condition: &'c Condition,
    key: &KeySchema,
    table: &Table,
) -> Result<(Key, Option<&'c Condition>), AwsError> {
    let mut parts = Vec::new();
    flatten(condition, &mut parts)?;
    let unsupported = || invalid("Query key condition not supported");
    let (mut hash, mut range) = (None, None);
    for part in parts {
        let (path, values, equal) = simple(part).ok_or_else(unsupported)?;
        if !path.steps.is_empty() {
            return Err(invalid(
                "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes",
            ));
        }
        let name = &path.attribute;
        let is_hash = *name == key.hash;
        if (is_hash && hash.is_some()) || (!is_hash && range.is_some()) {
            return Err(invalid("KeyConditionExpressions must only contain one condition per key"));
        }
        if !is_hash && Some(name) != key.range.as_ref() {
            let missed = if hash.is_none() { &key.hash } else { key.range.as_ref().unwrap_or(&key.hash) };
            return Err(invalid(format!("Query condition missed key schema element: {missed}")));
        }
        let kind = table.attributes.get(name).map(String::as_str);
        if values.iter().any(|value| Some(value.kind()) != kind) {
            return Err(invalid(
                "One or more parameter values were invalid: Condition parameter type does not match schema type",
            ));
        }
        if values.iter().any(|value| value.size() == 0) {
            return Err(invalid(format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
            )));
        }
        match (is_hash, equal) {
            (true, true) => hash = values.first().and_then(|value| KeyValue::of(value)),
            (true, false) => return Err(unsupported()),
            (false, _) => range = Some(part),
        }
    }
    let hash = hash.ok_or_else(|| invalid(format!("Query condition missed key schema element: {}", key.hash)))?;
    Ok((Key::new(hash, None), range))
}

fn flatten<'a>(condition: &'a Condition, parts: &mut Vec<&'a Condition>) -> Result<(), AwsError> {
    let wrong = |operator: &str| Err(invalid(format!("Invalid operator used in KeyConditionExpression: {operator}")));
    match condition {
        Condition::And(a, b) => {
            flatten(a, parts)?;
            flatten(b, parts)
        }
        Condition::Or(..) => wrong("OR"),
        Condition::Not(_) => wrong("NOT"),
        Condition::In(..) => wrong("IN"),
        Condition::Contains(..) => wrong("contains"),
        Condition::Exists(_) => wrong("attribute_exists"),
        Condition::NotExists(_) => wrong("attribute_not_exists"),
        Condition::TypeIs(..) => wrong("attribute_type"),
        Condition::Compare(_, Comparator::Unequal, _) => wrong("<>"),
        part => {
            parts.push(part);
            Ok(())
        }
    }
}

/// Returns the path and the values of a simple comparison, and whether it is an equality.
fn simple(part: &Condition) -> Option<(&Path, Vec<&Attribute>, bool)> {
    match part {
        Condition::Compare(Operand::Path(path), how, Operand::Value(value))
        | Condition::Compare(Operand::Value(value), how @ Comparator::Equal, Operand::Path(path)) => {
            Some((path, vec![value], *how == Comparator::Equal))
        }
        Condition::Between(Operand::Path(path), Operand::Value(low), Operand::Value(high)) => {
            Some((path, vec![low, high], false))
        }
        Condition::BeginsWith(Operand::Path(path), Operand::Value(value)) => Some((path, vec![value], false)),
        _ => None,
    }
}
