//! `deployer forget-caller`: deletes the data of one caller.

use deployer_engine::{Address, EventSink};
use serde_json::json;
use vanity::Number;

use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::runtime::Cloud;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// The caller's number in E.164, such as +18005550100.
    number: String,
    /// The table of callers; the only one of the spec unless given.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let number = Number::parse(&args.number).map_err(|error| Failure::input(format!("{}: {error}", args.number)))?;
    let project = Project::load_for_state(&args.target.env)?;
    let (name, key) = table(&project, args.table.as_deref())?;
    let cloud = Cloud::open(&project).await?;
    let engine = cloud.engine(&project, Default::default(), EventSink::ignore())?;
    let outputs = engine.state().await?.map(|state| state.outputs()).unwrap_or_default();
    let deployed = outputs.get(&Address::new("table", &name)).and_then(|table| table["name"].as_str());
    let deployed = deployed.ok_or_else(|| {
        Failure::input(format!("the table {name} of the environment {} is not deployed; nothing was changed", args.target.env))
            .help(format!("deployer apply --env {}", args.target.env))
    })?;
    let provider = cloud.provider(Default::default());
    let was_kept =
        deployer_aws::delete_item(&provider, deployed, (&key, number.as_str()), engine.clock.clone(), engine.random.clone())
            .await?;
    let masked = number.masked();
    match args.target.json {
        true => print(&format!("{:#}\n", json!({"table": deployed, "number": masked, "was_kept": was_kept})))?,
        false if was_kept => print(&format!("Deleted the records of {masked} from {deployed}.\n"))?,
        false => print(&format!("{deployed} has no records of {masked}.\n"))?,
    }
    if was_kept && project.spec.tables.iter().any(|(one, table)| one.as_str() == name && table.point_in_time_recovery) {
        eprintln!("note: point-in-time recovery can restore the item for 35 days; a restored table has it again.");
    }
    Ok(Exit::Success)
}

/// Returns the table's name in the spec, and its key.
fn table(project: &Project, wanted: Option<&str>) -> Result<(String, String), Failure> {
    let names: Vec<&str> = project.spec.tables.keys().map(|name| name.as_str()).collect();
    let name = match (wanted, names.as_slice()) {
        (Some(name), names) if names.contains(&name) => name,
        (None, [only]) => only,
        (Some(name), _) => {
            return Err(Failure::input(format!("the spec has no table {name}")).suggest(name, names.iter().copied()));
        }
        (None, []) => return Err(Failure::input("the spec has no tables").help("declare one under `tables`")),
        (None, names) => {
            let help = format!("choose one with --table: {}", names.join(", "));
            return Err(Failure::input("the spec has several tables").help(help));
        }
    };
    let found = project.spec.tables.iter().find(|(one, _)| one.as_str() == name).map(|(_, table)| &table.key);
    match found {
        Some(key) if key.sort.is_none() && key.partition.kind == deployer_spec::AttributeType::String => {
            Ok((name.to_owned(), key.partition.name.clone()))
        }
        _ => Err(Failure::input(format!("the key of the table {name} is not one text, so no item of it is a caller's"))
            .help("choose another table with --table")),
    }
}
