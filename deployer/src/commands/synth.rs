//! `deployer synth`: prints what the spec or its program declares.

use deployer_engine::{Expr, Graph};
use deployer_stack::assembly::VERSION;
use serde_json::{Map, Value, json};

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let project = Project::load(&args.env)?;
    let graph = project.graph_in(project.spec.provider.account().as_str(), project.spec.provider.region().as_str())?;
    let assembly = project.program.as_ref().map(|program| &program.assembly);
    let printed = json!({
        "version": VERSION,
        "spec": project.resolved.to_json(),
        "constructs": assembly.map(|assembly| &assembly.constructs),
        "findings": assembly.map(|assembly| &assembly.findings),
        "resources": resources(&graph),
    });
    print(&format!("{printed:#}\n")).map(|()| Exit::Success)
}

fn resources(graph: &Graph) -> Value {
    let resource = |(address, node): (&deployer_engine::Address, &deployer_engine::Node)| {
        let depends_on = graph.dependencies(address);
        let shown = json!({"type": node.type_name, "properties": shown(&node.properties), "depends_on": depends_on});
        (address.to_string(), shown)
    };
    Value::Object(graph.nodes.iter().map(resource).collect())
}

/// Returns properties as JSON, with references as text.
fn shown(expr: &Expr) -> Value {
    match expr {
        Expr::Value(value) => value.clone(),
        Expr::List(items) => items.iter().map(shown).collect(),
        Expr::Map(entries) => {
            Value::Object(entries.iter().map(|(key, entry)| (key.clone(), shown(entry))).collect::<Map<_, _>>())
        }
        Expr::Output(_) | Expr::Text(_) => Value::String(text(expr)),
    }
}

fn text(expr: &Expr) -> String {
    match expr {
        Expr::Output(reference) => format!("${{{}.{}}}", reference.address, reference.output),
        Expr::Text(parts) | Expr::List(parts) => parts.iter().map(text).collect(),
        Expr::Value(Value::String(text)) => text.clone(),
        other => shown(other).to_string(),
    }
}
