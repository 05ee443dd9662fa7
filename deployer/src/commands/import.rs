//! `deployer import`: takes over one existing resource, or those of a Terraform state.

mod tfstate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_engine::{Address, CancellationToken, Error, ErrorClass, Graph, ImportRequest, Options, PhysicalId, RunStatus};
use serde_json::{Value, json};

use super::args::{LockArgs, Prebuilt, address, stopped};
use super::confirm::{Confirmation, approval};
use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::files;
use crate::project::Project;
use crate::report::{self, Heading};
use crate::runtime::{Cloud, interrupt_on_signals};
use crate::secrets::UsersToCreate;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the resource in the spec, for example `queue.support`.
    #[arg(value_name = "ADDRESS", value_parser = address, required_unless_present = "from_tfstate", requires = "id")]
    address: Option<Address>,
    /// ID of the existing resource as AWS shows it: of a resource in a Connect instance also its ARN, or PARENT/ID as `state list` shows it.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Take over the resources of this Terraform state (`terraform state pull > FILE`) that the spec declares.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["address", "id"])]
    from_tfstate: Option<PathBuf>,
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

/// Returns an id, given the desired properties.
type Identify = Box<dyn Fn(&Value) -> deployer_engine::Result<PhysicalId> + Send + Sync>;

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_with(&args.target.env, args.prebuilt.functions.as_deref())?;
    let terraform = args.from_tfstate.as_deref().map(read_state).transpose()?;
    let mut cloud = Cloud::open_with_timeout(&project, args.lock.lock_timeout).await?;
    let lineage = cloud.take_secrets(&project, UsersToCreate::None).await?;
    // The digest of a function's code tells whether the next apply changes it; nothing else needs one.
    let needs_code = args.address.as_ref().is_none_or(|address| address.kind() == "function");
    let (graph, zips) = match needs_code {
        true => project.graph(&cloud, args.target.json).map(|(graph, built)| (graph, built.zips))?,
        false => (project.graph_without_code(&cloud)?, Default::default()),
    };
    let heading = Heading { guarded: false, ..cloud.heading(&project) };
    let reporter = report::reporter(args.target.format(), heading, args.target.verbose);
    let engine = cloud.engine(&project, zips, report::events(&reporter))?;
    let wanted: Vec<(Address, Identify)> = match (&terraform, &args.address, &args.id) {
        (Some(terraform), ..) => {
            let records = engine.state().await?.map(|state| state.resources).unwrap_or_default();
            let records = records.into_iter().map(|(address, record)| (address, record.id)).collect();
            map(terraform, &graph, (&cloud.account, &cloud.region), &records, args.target.json)?
        }
        (None, Some(address), Some(id)) => vec![(address.clone(), identify(id.clone()))],
        (None, ..) => return Err(Failure::input("ADDRESS and ID, or --from-tfstate FILE, are needed")),
    };
    if wanted.is_empty() {
        if !args.target.json {
            print("Nothing to take over.\n")?;
        }
        return Ok(Exit::Success);
    }
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let question = if wanted.len() == 1 { "Take it over?" } else { "Take them over?" };
    let confirmation = Confirmation::new(args.yes, args.target.json, question);
    let approve = approval(reporter.clone(), confirmation, interrupt.clone());
    let options = Options { lock_timeout: args.lock.lock_timeout, lineage, ..Options::default() };
    let requests: Vec<ImportRequest<'_>> = wanted.iter().map(|(address, identify)| request(address, identify)).collect();
    let status =
        engine.import(&graph, &requests, &options, approve, &interrupt).await.map_err(|error| not_imported(error, &interrupt))?;
    match status {
        RunStatus::Applied => {}
        RunStatus::Interrupted => return Ok(Exit::Interrupted),
        _ => return Ok(Exit::Refused),
    }
    let addresses: Vec<&str> = wanted.iter().map(|(address, _)| address.as_str()).collect();
    report_imported(&args, &addresses)?;
    Ok(Exit::Success)
}

fn report_imported(args: &Args, addresses: &[&str]) -> Result<(), Failure> {
    let text = match (args.target.json, &args.id, addresses) {
        (true, Some(id), _) => format!("{}\n", json!({"imported": args.address, "id": id})),
        (true, None, _) => format!("{}\n", json!({"imported": addresses})),
        (false, _, [address]) => format!("Imported: {address} is recorded; nothing else of it was changed.\n"),
        (false, ..) => format!("Imported: {} resources are recorded; nothing else of them was changed.\n", addresses.len()),
    };
    print(&text)?;
    if args.from_tfstate.is_some() && !args.target.json {
        print("Now let Terraform forget what is imported, or it would still delete it: terraform state rm ADDRESS\n")?;
    }
    Ok(())
}

fn identify(written: String) -> Identify {
    Box::new(move |wanted| identified(&written, wanted))
}

/// Returns the request for one resource. A deployment of an API is a snapshot of its routes, and replaced whenever they are written.
fn request<'r>(address: &'r Address, identify: &'r Identify) -> ImportRequest<'r> {
    ImportRequest { address, identify, mark: &marked, may_be_replaced: address.kind() == "deployment" }
}

/// Returns the text of a Terraform state, with its path.
fn read_state(path: &Path) -> Result<(String, String), Failure> {
    let shown = path.display().to_string();
    let text = files::read_text(path, files::MAX_STATE_BYTES).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
    Ok((shown, text))
}

/// Maps a Terraform state to addresses, and shows the result.
fn map(
    (path, text): &(String, String),
    graph: &Graph,
    home: tfstate::Home<'_>,
    records: &BTreeMap<Address, PhysicalId>,
    json: bool,
) -> Result<Vec<(Address, Identify)>, Failure> {
    let mapping = tfstate::map(text, graph, home, records)
        .map_err(|why| Failure::input(format!("{path}: {why}")).help("write it with: terraform state pull > FILE"))?;
    print(&if json { format!("{}\n", event(&mapping)) } else { lists(&mapping) })?;
    Ok(mapping.taken.into_iter().map(|(address, id, _)| (address, identify(id.0))).collect())
}

/// Returns the mapping as an event.
fn event(mapping: &tfstate::Mapping) -> Value {
    let taken =
        mapping.taken.iter().map(|(address, id, terraform)| json!({"terraform": terraform, "address": address, "id": id}));
    let parts = mapping.parts.iter().map(|(terraform, address)| json!({"terraform": terraform, "address": address}));
    let recorded = mapping.recorded.iter().map(|(address, terraform)| json!({"terraform": terraform, "address": address}));
    let left = mapping.left.iter().map(|(terraform, why)| json!({"terraform": terraform, "reason": why}));
    json!({"event": "mapped", "taken": taken.collect::<Vec<_>>(), "parts": parts.collect::<Vec<_>>(),
           "recorded": recorded.collect::<Vec<_>>(), "left": left.collect::<Vec<_>>(), "missing": mapping.missing})
}

/// Returns the mapping as text: what becomes of the resources of the Terraform state, and what only the spec has.
fn lists(mapping: &tfstate::Mapping) -> String {
    report::lists(&[
        ("To take over", mapping.taken.iter().map(|(address, _, terraform)| format!("{terraform} -> {address}")).collect()),
        (
            "Part of what is taken over",
            mapping.parts.iter().map(|(terraform, address)| format!("{terraform} -> {address}")).collect(),
        ),
        ("Taken over already", mapping.recorded.iter().map(|(address, terraform)| format!("{terraform} -> {address}")).collect()),
        ("Stays with Terraform", mapping.left.iter().map(|(terraform, why)| format!("{terraform}: {why}")).collect()),
        ("Only in the spec; the next apply creates", mapping.missing.iter().map(ToString::to_string).collect()),
    ])
}

/// Returns the failure of an import; an ID or address that names nothing is wrong input.
fn not_imported(error: Error, interrupt: &CancellationToken) -> Failure {
    let is_missing = error.class == ErrorClass::NotFound;
    match stopped(error, interrupt) {
        failure if is_missing => {
            Failure { exit: Exit::BadInput, message: format!("{}; nothing was changed", failure.message), ..failure }
        }
        failure => failure,
    }
}

/// The properties that name the parent of a resource, which its ID begins with.
const PARENTS: [&str; 6] = ["instance_id", "zone_id", "domain", "rest_api_id", "function_name", "bucket"];

/// Returns the id under which a resource is recorded. One in a Connect instance is recorded as `INSTANCE/ID`.
fn identified(written: &str, wanted: &Value) -> deployer_engine::Result<PhysicalId> {
    let is_connect = written.starts_with("arn:aws") && written.contains(":connect:");
    let own = if is_connect { written.rsplit('/').next().unwrap_or(written) } else { written };
    if let Some(instance) = written.split("instance/").nth(1).filter(|_| is_connect) {
        require_parent(written, instance.split('/').next().unwrap_or(instance), "instance_id", wanted)?;
    }
    let given = own.split_once('/').map(|(parent, _)| parent).filter(|parent| !parent.is_empty() && !own.starts_with("arn:"));
    if let (Some(given), Some(name)) = (given, PARENTS.into_iter().find(|name| wanted[*name].is_string())) {
        require_parent(written, given, name, wanted)?;
    }
    Ok(match wanted["instance_id"].as_str().filter(|_| given.is_none() && !is_phone_number(wanted)) {
        Some(instance) => PhysicalId(format!("{instance}/{own}")),
        None => PhysicalId(own.to_owned()),
    })
}

/// Returns an error if the parent in an ID is not the one that the spec has in the property `name`.
fn require_parent(written: &str, given: &str, name: &str, wanted: &Value) -> deployer_engine::Result<()> {
    match wanted[name].as_str() {
        Some(parent) if parent != given => {
            let message = format!("{written} cannot be imported: its {name} is {given}, and in the spec it is {parent}");
            let help = format!("import one that belongs to {parent}, or change {name} in the spec to what the resource has");
            Err(Error::new(ErrorClass::Refused, message).with_help(help))
        }
        _ => Ok(()),
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

    #[test]
    fn ids_are_written_with_or_without_their_instance() {
        let queue = json!({"instance_id": "i-1", "name": "Support"});
        let id = |written: &str, wanted: &Value| identified(written, wanted).expect("an ID").to_string();
        for written in ["q-1", "i-1/q-1", "arn:aws:connect:us-east-1:111122223333:instance/i-1/queue/q-1"] {
            assert_eq!(id(written, &queue), "i-1/q-1", "{written}");
        }
        let bot = "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID";
        assert_eq!(id(bot, &json!({"instance_id": "i-1", "alias_arn": bot})), format!("i-1/{bot}"));
        let number = json!({"instance_id": "i-1", "country": "US"});
        assert_eq!(id("arn:aws:connect:us-east-1:111122223333:phone-number/n-1", &number), "n-1");
        assert_eq!(id("shop-dev-convert", &json!({"name": "shop-dev-convert"})), "shop-dev-convert");
        assert_eq!(id("/aws/lambda/shop-dev-convert", &json!({"name": "x"})), "/aws/lambda/shop-dev-convert");
        assert_eq!(id("Z1/example.com", &json!({"zone_id": "Z1"})), "Z1/example.com");
        let mapping = json!({"domain": "shop.example", "rest_api_id": "api-1"});
        assert_eq!(id("shop.example/(none)", &mapping), "shop.example/(none)");
    }

    #[test]
    fn another_parent_is_refused() {
        let queue = json!({"instance_id": "i-1", "name": "Support"});
        for (written, wanted, name) in [
            ("i-2/q-1", &queue, "instance_id"),
            ("arn:aws:connect:us-east-1:111122223333:instance/i-2/queue/q-1", &queue, "instance_id"),
            ("Z2/example.com", &json!({"zone_id": "Z1"}), "zone_id"),
            ("other/deployer-api", &json!({"function_name": "shop-dev-get"}), "function_name"),
        ] {
            let error = identified(written, wanted).expect_err("another parent");
            assert!(error.class == ErrorClass::Refused && error.message.contains(name), "{written}: {error}");
        }
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
