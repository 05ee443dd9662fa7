//! `deployer flow import`: imports a console export, or a flow of an instance, as a portable file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_flow::legacy::{self, Conversion};
use deployer_flow::{Flow, ImportedFlow, import_flow_with_names};
use serde_json::{Value, json};

use super::{Output, count, errors, pull, read};
use crate::failure::{Exit, Failure};
use crate::project::unreadable;
use crate::report::Style;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A flow as the console exports it; one of the old designer is converted first.
    #[arg(value_name = "FILE", required_unless_present = "name", conflicts_with = "name")]
    file: Option<PathBuf>,
    /// A flow of the environment's instance, by its name in Connect, instead of a file. The instance is not changed.
    #[arg(long, value_name = "NAME", requires = "env")]
    name: Option<String>,
    /// The name is that of a flow module.
    #[arg(long, requires = "name")]
    module: bool,
    /// The environment whose instance has the flow.
    #[arg(long, value_name = "ENV", requires = "name")]
    env: Option<String>,
    /// Another instance of the environment's account and Region, by its ID.
    #[arg(long, value_name = "ID", requires = "name")]
    instance: Option<String>,
    /// Convert an export of the old designer even if some of its meaning is lost, with a warning for each part.
    #[arg(long, requires = "file")]
    lossy: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PullArgs {
    /// The flow's name in Connect.
    #[arg(value_name = "NAME")]
    name: String,
    /// The name is that of a flow module.
    #[arg(long)]
    module: bool,
    /// The environment whose instance has the flow.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Another instance of the environment's account and Region, by its ID.
    #[arg(long, value_name = "ID")]
    instance: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl From<PullArgs> for Args {
    fn from(PullArgs { name, module, env, instance, output }: PullArgs) -> Self {
        Self { file: None, name: Some(name), module, env: Some(env), instance, lossy: false, output }
    }
}

pub(super) async fn run(args: Args) -> Result<Exit, Failure> {
    let mut report = String::new();
    let (flow, conversion, known) = match (&args.file, &args.name, &args.env) {
        (Some(path), ..) => {
            let (flow, conversion) = from_file(path)?;
            (flow, conversion, BTreeMap::new())
        }
        (None, Some(name), Some(environment)) => {
            let wanted = pull::FlowSelector { environment, instance: args.instance.as_deref(), name, module: args.module };
            let pulled = pull::pull(&wanted).await?;
            report.push_str(&pulled.about);
            (pulled.flow, None, pulled.names)
        }
        _ => return Err(Failure::input("name a file, or a flow with --env and --name")),
    };
    let made = import_flow_with_names(&flow, &known);
    let faults = errors(&made.flow, None);
    let blocks = conversion.as_ref().map(|conversion| &conversion.blocks);
    let data =
        |flow| json!({"flow": flow, "resources": made.resources, "left": made.unresolved, "blocks": blocks, "errors": faults});
    if let (Some(conversion), Some(file)) = (&conversion, &args.file) {
        report.push_str(&super::convert::report(file, conversion, faults, args.lossy));
        if let Some(refusal) = super::convert::refusal(conversion, args.lossy) {
            args.output.refuse(&report, &data(Value::Null))?;
            return Err(refusal);
        }
    }
    report.push_str(&describe(&made, faults));
    args.output.deliver(&made.flow, &report, data(made.flow.as_value().clone()))?;
    Ok(Exit::Success)
}

fn from_file(path: &Path) -> Result<(Flow, Option<Conversion>), Failure> {
    let text = read(path)?;
    if let Ok(conversion) = legacy::convert(&text) {
        return Ok((conversion.flow.clone(), Some(conversion)));
    }
    let flow = Flow::parse(&text).map_err(|error| Failure::input(unreadable(path, &error)))?;
    Ok((flow, None))
}

fn describe(made: &ImportedFlow, faults: usize) -> String {
    let mut text = String::new();
    for resource in &made.resources {
        let places = count(resource.places, "place", "places");
        text.push_str(&format!(
            "{}  {} \"{}\", {places} {}\n",
            resource.reference,
            resource.kind,
            resource.name,
            Style::dim(&resource.arn)
        ));
    }
    for left in &made.unresolved {
        let line = format!("{}: left as it is: {}", left.path, left.why);
        text.push_str(&format!("{}\n  {}\n", Style::warning(&line), left.text));
    }
    let resources = count(made.resources.len(), "resource", "resources");
    let left = match made.unresolved.len() {
        0 => "none is left as an ARN or ID".to_owned(),
        number => format!("{} left as an ARN or ID", count(number, "reference is", "references are")),
    };
    text.push_str(&format!("{resources} referred to by name; {left}; the flow has {}\n", count(faults, "error", "errors")));
    text
}
