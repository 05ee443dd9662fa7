//! `deployer check`: the spec and its flows, without any cloud.

use serde_json::json;

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::{Project, show};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: super::Target,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let project = match Project::load(&args.target.env) {
        Ok(project) => project,
        Err(failure) if args.target.json => {
            print(&format!("{}\n", json!({"ok": false, "message": failure.message, "details": failure.details})))?;
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    let warnings: Vec<String> = project
        .flows
        .values()
        .chain(project.modules.values())
        .flat_map(|file| file.warnings.iter().map(|finding| show(&project.root.join(&file.path), &file.flow, finding)))
        .collect();
    if args.target.json {
        print(&format!("{}\n", json!({"ok": true, "warnings": warnings})))?;
    } else {
        let mut text: String = warnings.iter().map(|warning| format!("{warning}\n")).collect();
        text.push_str(&summary(&project));
        print(&text)?;
    }
    Ok(Exit::Success)
}

fn summary(project: &Project) -> String {
    let spec = &project.spec;
    let mut parts =
        vec![count(spec.tables.len(), "table"), count(spec.functions.len(), "function"), count(project.flows.len(), "flow")];
    if let Some(connect) = &spec.connect {
        let counts = [
            (connect.modules.len(), "module"),
            (connect.prompts.len(), "prompt"),
            (connect.queues.len(), "queue"),
            (connect.users.len(), "user"),
            (connect.phone_numbers.len(), "phone number"),
        ];
        parts.extend(counts.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| count(number, what)));
    }
    if let Some(api) = &spec.api {
        parts.push(count(api.routes.len(), "route"));
    }
    format!("{}: good ({})\n", project.spec_path.display(), parts.join(", "))
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
