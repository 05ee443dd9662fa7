//! `deployer import`: takes over one existing resource.

use std::collections::BTreeMap;

use deployer_engine::{Address, CancellationToken, ImportRequest, Options, PhysicalId, RunStatus};
use serde_json::Value;

use super::args::{LockArgs, Prebuilt, address, stopped};
use super::confirm::{Confirmation, approval};
use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::{self, Heading};
use crate::runtime::{Cloud, interrupt_on_signals};
use crate::secrets::UsersToCreate;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the resource in the spec, for example `queue.support`.
    #[arg(value_name = "ADDRESS", value_parser = address)]
    address: Address,
    /// ID of the existing resource as AWS shows it: of a resource in a Connect instance also its ARN, or PARENT/ID as `state list` shows it.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    target: Target,
    /// Do not ask for confirmation.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    prebuilt: Prebuilt,
}

/// The tags that name the owner of a resource. Others are left to the next apply.
const OWNERSHIP: [&str; 3] = ["deployer:project", "deployer:environment", "deployer:address"];

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project { prebuilt: args.prebuilt.functions.clone(), ..Project::load(&args.target.env)? };
    let mut cloud = Cloud::open_with_timeout(&project, args.lock.lock_timeout).await?;
    let lineage = cloud.take_secrets(&project, UsersToCreate::None).await?;
    // The digest of a function's code tells whether the next apply changes it; nothing else needs one.
    let (graph, zips) = match args.address.kind() {
        "function" => project.graph(&cloud, args.target.json).map(|(graph, built)| (graph, built.zips))?,
        _ => (project.graph_without_code(&cloud)?, Default::default()),
    };
    let heading = Heading { guarded: false, ..cloud.heading(&project) };
    let reporter = report::reporter(args.target.format(), heading, args.target.verbose);
    let engine = cloud.engine(&project, zips, report::events(&reporter))?;
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let confirmation = Confirmation::new(args.yes, args.target.json, "Take it over?");
    let approve = approval(reporter.clone(), confirmation, interrupt.clone());
    let options = Options { lock_timeout: args.lock.lock_timeout, lineage, ..Options::default() };
    let identify = |wanted: &Value| identified(&args.id, wanted);
    let request = ImportRequest { address: &args.address, identify: &identify, mark: &marked };
    let status =
        engine.import(&graph, &request, &options, approve, &interrupt).await.map_err(|error| stopped(error, &interrupt))?;
    if status != RunStatus::Applied {
        return Ok(Exit::Refused);
    }
    match args.target.json {
        true => print(&format!("{}\n", serde_json::json!({"imported": args.address, "id": args.id})))?,
        false => print(&format!("Imported: {} is recorded; nothing else of it was changed.\n", args.address))?,
    }
    Ok(Exit::Success)
}

/// Returns the id under which a resource is recorded. One in a Connect instance is recorded as `INSTANCE/ID`.
fn identified(written: &str, wanted: &Value) -> PhysicalId {
    let own = match written.starts_with("arn:aws") && written.contains(":connect:") {
        true => written.rsplit('/').next().unwrap_or(written),
        false => written,
    };
    let has_parent = own.contains('/') && !own.starts_with("arn:");
    match wanted["instance_id"].as_str().filter(|_| !has_parent && !is_phone_number(wanted)) {
        Some(instance) => PhysicalId(format!("{instance}/{own}")),
        None => PhysicalId(own.to_owned()),
    }
}

/// Whether these are the properties of a phone number, which is recorded by its own ID.
fn is_phone_number(wanted: &Value) -> bool {
    wanted.get("country").is_some()
}

/// Returns the live properties with the ownership tags of the desired ones.
fn marked(wanted: &Value, live: &Value) -> Value {
    let mut marked = live.clone();
    let tags: BTreeMap<&str, &Value> = OWNERSHIP.iter().filter_map(|key| Some((*key, wanted["tags"].get(key)?))).collect();
    if let Some(own) = marked.get_mut("tags").and_then(Value::as_object_mut) {
        own.extend(tags.into_iter().map(|(key, value)| (key.to_owned(), value.clone())));
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_written_with_or_without_their_instance() {
        let queue = json!({"instance_id": "i-1", "name": "Support"});
        for written in ["q-1", "i-1/q-1", "arn:aws:connect:us-east-1:111122223333:instance/i-1/queue/q-1"] {
            assert_eq!(identified(written, &queue).as_str(), "i-1/q-1", "{written}");
        }
        let bot = "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID";
        assert_eq!(identified(bot, &json!({"instance_id": "i-1", "alias_arn": bot})).as_str(), format!("i-1/{bot}"));
        let number = json!({"instance_id": "i-1", "country": "US"});
        assert_eq!(identified("arn:aws:connect:us-east-1:111122223333:phone-number/n-1", &number).as_str(), "n-1");
        assert_eq!(identified("shop-dev-convert", &json!({"name": "shop-dev-convert"})).as_str(), "shop-dev-convert");
    }

    #[test]
    fn only_ownership_tags_are_set() {
        let wanted = json!({"name": "b", "tags": {"deployer:project": "shop", "deployer:environment": "dev", "deployer:address": "queue.b",
                                                   "team": "voice"}});
        let live = json!({"name": "a", "tags": {"cost": "7"}});
        let expected = json!({"name": "a", "tags": {"cost": "7", "deployer:project": "shop", "deployer:environment": "dev",
                                                    "deployer:address": "queue.b"}});
        assert_eq!(marked(&wanted, &live), expected);
        assert_eq!(marked(&wanted, &json!({"name": "a"})), json!({"name": "a"}));
    }
}
