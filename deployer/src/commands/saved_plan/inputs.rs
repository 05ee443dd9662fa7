//! Digests of everything on this machine that a plan is made from.

use std::collections::BTreeMap;

use deployer_spec::PromptSource;
use serde_json::Value;

use super::sha256;
use crate::functions::BuildOutput;
use crate::project::Project;

/// Digests by what they are of: `spec config/dev.yaml`, `flow main (flows/main.json)`, `code of function get`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inputs(pub(super) BTreeMap<String, String>);

impl Inputs {
    /// Returns the digests of a project. `built` are its functions; `None` for a plan that needs none.
    pub(crate) fn of(project: &Project, built: Option<&BuildOutput>) -> Self {
        let mut all = BTreeMap::new();
        let spec = format!("spec config/{}.yaml", project.spec.environment);
        all.insert(spec, of_json(&project.resolved.to_json()));
        for (name, digest) in built.map(|built| project.digests(built)).unwrap_or_default() {
            all.insert(format!("code of function {name}"), digest);
        }
        for (reference, value) in &project.outputs {
            all.insert(format!("output {reference}"), sha256(value.as_bytes()));
        }
        let certificate = &project.certificate.contents;
        all.insert("certificate".to_owned(), of_json(&serde_json::json!([certificate.sha256, certificate.chain_sha256])));
        for (name, content) in &project.documents.contents {
            all.insert(format!("document {name}"), of_json(content));
        }
        if let Some(program) = &project.program {
            let parts = serde_json::json!([program.assembly.resources, program.assembly.overrides]);
            all.insert("resources and overrides of the program".to_owned(), of_json(&parts));
        }
        if let Some(connect) = &project.spec.connect {
            for (name, declared) in &connect.flows {
                let Some(file) = project.flows.get(name.as_str()) else { continue };
                all.insert(format!("flow {name} ({})", declared.file), of_json(file.flow.as_value()));
            }
            for (name, declared) in &connect.modules {
                let Some(file) = project.modules.get(name.as_str()) else { continue };
                all.insert(format!("module {name} ({})", declared.file), of_json(file.flow.as_value()));
            }
            for (name, prompt) in &connect.prompts {
                let (PromptSource::File(file), Some(digest)) = (&prompt.source, project.recordings.digests.get(name.as_str()))
                else {
                    continue;
                };
                all.insert(format!("recording {name} ({file})"), digest.clone());
            }
        }
        Self(all)
    }
}

fn of_json(value: &Value) -> String {
    sha256(value.to_string().as_bytes())
}
