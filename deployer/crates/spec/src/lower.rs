//! Lowering of a valid tree to the model.

mod connect;

use std::collections::BTreeMap;

use crate::check::template;
use crate::format::default;
use crate::model::*;
use crate::names::{AccountId, Name, Region};
use crate::route;
use crate::yaml::{Node, Value};

/// Lowers a tree without diagnostics to a spec; `None` if the tree has an error after all.
pub(crate) fn spec(root: &Node) -> Option<Spec> {
    let provider = provider(root.get("provider")?)?;
    Some(Spec {
        project: name(root.get("project")?)?,
        environment: name(root.get("environment")?)?,
        state: state(root.get("state")?, &provider)?,
        provider,
        tags: map(root.get("tags"), |key| Some(key.to_owned()), owned)?,
        tables: map(root.get("tables"), Name::new, table)?,
        functions: map(root.get("functions"), Name::new, function)?,
        connect: optional(root.get("connect"), |node| connect::connect(node, root.find(&["provider", "aws"]).is_some()))?,
        api: optional(root.get("api"), api)?,
    })
}

/// Lowers the value of an optional key: its absence is not a failure.
fn optional<T>(node: Option<&Node>, read: impl Fn(&Node) -> Option<T>) -> Option<Option<T>> {
    match node {
        None => Some(None),
        Some(node) => read(node).map(Some),
    }
}

fn or<T>(node: Option<&Node>, read: impl Fn(&Node) -> Option<T>, default: T) -> Option<T> {
    node.map_or(Some(default), read)
}

fn map<K: Ord, V>(
    node: Option<&Node>,
    key: impl Fn(&str) -> Option<K>,
    value: impl Fn(&Node) -> Option<V>,
) -> Option<BTreeMap<K, V>> {
    node.into_iter().flat_map(Node::members).map(|(name, _, node)| Some((key(name)?, value(node)?))).collect()
}

fn owned(node: &Node) -> Option<String> {
    node.text().map(str::to_owned)
}

fn name(node: &Node) -> Option<Name> {
    Name::new(node.text()?)
}

fn flag(node: &Node) -> Option<bool> {
    if let Value::Bool(flag) = node.value { Some(flag) } else { None }
}

fn number(node: &Node) -> Option<u32> {
    if let Value::Integer(number) = node.value { u32::try_from(number).ok() } else { None }
}

fn decimal(node: &Node) -> Option<f64> {
    match node.value {
        Value::Integer(number) => number_as_decimal(number),
        Value::Decimal(number) => Some(number),
        _ => None,
    }
}

fn number_as_decimal(number: i128) -> Option<f64> {
    u32::try_from(number).ok().map(f64::from)
}

fn description(node: &Node) -> Option<String> {
    or(node.get("description"), owned, String::new())
}

fn provider(node: &Node) -> Option<Provider> {
    let region = |node: &Node| Region::new(node.text()?);
    let account = |node: &Node| AccountId::new(node.text()?);
    if let Some(aws) = node.get("aws") {
        return Some(Provider::Aws(Aws {
            region: region(aws.get("region")?)?,
            account: account(aws.get("account")?)?,
            profile: optional(aws.get("profile"), owned)?,
            assume_role: optional(aws.get("assume_role"), owned)?,
        }));
    }
    let embedded = node.get("embedded")?;
    Some(Provider::Embedded(Embedded {
        region: or(embedded.get("region"), region, Region::new(default::REGION)?)?,
        account: or(embedded.get("account"), account, AccountId::new(default::ACCOUNT)?)?,
        speed: or(embedded.get("speed"), number, default::SPEED)?,
    }))
}

fn state(node: &Node, provider: &Provider) -> Option<State> {
    if let Some(directory) = node.get("directory") {
        return owned(directory).map(State::Directory);
    }
    let s3 = node.get("s3")?;
    let region = optional(s3.get("region"), |node| Region::new(node.text()?))?;
    let account = optional(s3.get("account"), |node| AccountId::new(node.text()?))?;
    // The account is part of the bucket's name because bucket names are globally unique, and the Region because a bucket is in one.
    let (owner, place) = (account.as_ref().unwrap_or(provider.account()), region.as_ref().unwrap_or(provider.region()));
    let bucket = or(s3.get("bucket"), owned, format!("deployer-state-{owner}-{place}"))?;
    Some(State::S3(S3State { bucket, prefix: or(s3.get("prefix"), owned, String::new())?, region, account }))
}

fn table(node: &Node) -> Option<Table> {
    Some(Table {
        key: key(node.get("key")?)?,
        indexes: map(node.get("indexes"), |key| Some(key.to_owned()), index)?,
        encryption: or(node.get("encryption"), |node| Encryption::parse(node.text()?), Encryption::AwsOwned)?,
        point_in_time_recovery: or(node.get("point_in_time_recovery"), flag, false)?,
        ttl: optional(node.get("ttl"), owned)?,
        deletion_protection: or(node.get("deletion_protection"), flag, false)?,
    })
}

fn key(node: &Node) -> Option<Key> {
    Some(Key { partition: attribute(node.get("partition")?)?, sort: optional(node.get("sort"), attribute)? })
}

fn attribute(node: &Node) -> Option<Attribute> {
    let (name, _, kind) = node.members().next()?;
    Some(Attribute { name: name.to_owned(), kind: AttributeType::parse(kind.text()?)? })
}

fn index(node: &Node) -> Option<Index> {
    let projection = or(node.get("projection"), |node| Projection::parse(node.text()?), Projection::All)?;
    Some(Index { key: key(node)?, projection })
}

fn function(node: &Node) -> Option<Function> {
    Some(Function {
        description: description(node)?,
        package: owned(node.get("package")?)?,
        package_span: node.get("package")?.span,
        architecture: or(node.get("architecture"), |node| Architecture::parse(node.text()?), Architecture::X86_64)?,
        memory_mb: or(node.get("memory_mb"), number, default::MEMORY_MB)?,
        ephemeral_storage_mb: or(node.get("ephemeral_storage_mb"), number, default::EPHEMERAL_STORAGE_MB)?,
        timeout_seconds: or(node.get("timeout_seconds"), number, default::TIMEOUT_SECONDS)?,
        reserved_concurrency: optional(node.get("reserved_concurrency"), number)?,
        log_retention_days: optional(node.get("log_retention_days"), number)?,
        tracing: or(node.get("tracing"), flag, false)?,
        environment: map(node.get("environment"), |key| Some(key.to_owned()), variable)?,
        grants: map(node.get("grants"), Name::new, |node| Access::parse(node.text()?))?,
    })
}

fn variable(node: &Node) -> Option<Variable> {
    let Some(secret) = node.get("secret") else { return Some(Variable::Text(template(node).0)) };
    Some(Variable::Secret(Secret { variable: owned(secret)?, span: secret.span }))
}

fn api(node: &Node) -> Option<Api> {
    let domain = |domain: &Node| Some(Domain { name: owned(domain)?, certificate: certificate(node.get("certificate")?)? });
    Some(Api {
        description: description(node)?,
        stage: or(node.get("stage"), owned, default::STAGE.to_owned())?,
        domain: optional(node.get("domain"), domain)?,
        throttling: optional(node.get("throttling"), throttling)?,
        timeout_ms: or(node.get("timeout_ms"), number, default::API_TIMEOUT_MS)?,
        tracing: or(node.get("tracing"), flag, false)?,
        api_key: optional(node.get("api_key"), api_key)?,
        routes: map(node.get("routes"), route::parse, target)?,
    })
}

fn api_key(node: &Node) -> Option<ApiKey> {
    Some(ApiKey { throttling: optional(node.get("throttling"), throttling)?, quota: optional(node.get("quota"), quota)? })
}

fn quota(node: &Node) -> Option<Quota> {
    Some(Quota { limit: number(node.get("limit")?)?, period: Period::parse(node.get("period")?.text()?)? })
}

fn target(node: &Node) -> Option<Target> {
    let auth = or(node.get("auth"), |node| Auth::parse(node.text()?), Auth::None)?;
    Some(Target { function: name(route::function(node)?)?, auth })
}

fn certificate(node: &Node) -> Option<Certificate> {
    let days = node.get("self_signed")?;
    let validity_days = or(days.get("validity_days"), number, default::VALIDITY_DAYS)?;
    let renew_before_days = or(days.get("renew_before_days"), number, (validity_days / 12).max(1))?;
    let key_algorithm = or(days.get("key_algorithm"), |node| KeyAlgorithm::parse(node.text()?), default::KEY_ALGORITHM)?;
    Some(Certificate::SelfSigned(SelfSigned { key_algorithm, validity_days, renew_before_days }))
}

fn throttling(node: &Node) -> Option<Throttling> {
    Some(Throttling { rate_limit: decimal(node.get("rate_limit")?)?, burst_limit: number(node.get("burst_limit")?)? })
}
