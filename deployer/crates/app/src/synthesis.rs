//! From what constructs declared to the assembly: checks, the graph, and the aspects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deployer_engine::Graph;
use deployer_spec::{Loader, Place, ProgramSections, Spec};
use deployer_stack::assembly::{Assembly, AssemblyProblem, Severity};
use deployer_stack::{BuildInputs, Problem, from_spec};
use serde_json::{Value, json};

use crate::aspect::Resource;
use crate::stack::Stack;

/// Returns what was declared with the findings and overrides of the aspects. Aspects do not visit a stack with errors: the deployer reports
/// those.
pub(crate) fn assembly(stack: &Stack) -> Assembly {
    let mut assembly = stack.declared();
    for aspect in stack.aspects() {
        // Each aspect sees what the ones before it have changed.
        let Ok(graph) = graph(stack, &assembly) else { return assembly };
        for (address, node) in &graph.nodes {
            let mut resource = Resource::new(stack.request(), address, node, &assembly);
            aspect.visit(&mut resource);
            let (overrides, findings) = resource.into_parts();
            assembly.overrides.extend(overrides);
            assembly.findings.extend(findings);
        }
    }
    assembly
}

/// Returns the graph of a stack, without what is known only on the deployer's machine: digests of code, recordings and secrets.
pub(crate) fn graph(stack: &Stack, assembly: &Assembly) -> Result<Graph, String> {
    let errors: Vec<String> = assembly
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("{}: {}", finding.location, finding.message))
        .collect();
    if !errors.is_empty() {
        return Err(errors.join("\n"));
    }
    let spec = spec(stack, assembly)?;
    from_spec(&spec, &inputs(stack, assembly))
        .map_err(|problems| problems.iter().map(|problem| described(problem, assembly)).collect::<Vec<_>>().join("\n"))
}

fn spec(stack: &Stack, assembly: &Assembly) -> Result<Spec, String> {
    let request = stack.request();
    let aws = json!({"region": request.region, "account": request.account});
    let provider = if request.embedded { json!({"embedded": aws}) } else { json!({"aws": aws}) };
    let base = json!({
        "project": request.project,
        "environment": request.environment,
        "provider": provider,
        "state": {"directory": ".deployer/state"},
        "tags": request.tags,
    });
    let positions: BTreeMap<String, Place> = assembly
        .positions
        .iter()
        .map(|(path, at)| (path.clone(), Place { file: PathBuf::from(&at.file), line: at.line, column: at.column }))
        .collect();
    let program = ProgramSections { sections: &assembly.sections, positions: &positions, texts: &BTreeMap::new(), faults: &[] };
    let path = format!("config/{}.yaml", request.environment);
    let loaded =
        Loader::default().load_with_program(Path::new(&path), base.to_string().as_bytes(), &request.environment, &program);
    loaded.map(|loaded| loaded.spec).map_err(|faults| faults.to_string())
}

fn inputs(stack: &Stack, assembly: &Assembly) -> BuildInputs {
    let request = stack.request();
    let of = |section: &str| -> BTreeMap<String, Value> {
        let named =
            assembly.contents.iter().filter_map(|(name, content)| Some((name.strip_prefix(section)?.to_owned(), content)));
        named.map(|(key, content)| (key, content.clone())).collect()
    };
    let documents = ["views", "task_templates", "evaluation_forms", "rules"];
    let documents = documents.iter().flat_map(|section| {
        of(&format!("{section}/")).into_iter().map(move |(key, content)| (format!("{section}.{key}"), content))
    });
    BuildInputs {
        account: request.account.clone(),
        region: request.region.clone(),
        flows: of("flows/"),
        modules: of("modules/"),
        documents: documents.collect(),
        assembly: Some(Arc::new(assembly.clone())),
        ..BuildInputs::default()
    }
}

fn described(problem: &Problem, assembly: &Assembly) -> String {
    match problem {
        Problem::Undefined { flow, in_module, undefined } => {
            let section = if *in_module { "modules" } else { "flows" };
            let at = assembly.positions.get(&format!("connect.{section}.{flow}"));
            let at = at.map(|at| format!("{at}: ")).unwrap_or_default();
            format!("{at}{section}.{flow}: {}: ${{{}}} names nothing in the stack", undefined.pointer, undefined.reference)
        }
        Problem::Assembly(AssemblyProblem { message, location, .. }) => format!("{location}: {message}"),
        Problem::Lifecycle(fault) => format!("{}: {}", fault.path, fault.message),
    }
}
