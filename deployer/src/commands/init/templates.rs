//! The files of the templates, which are part of the program.

use super::Template;

/// A file of a project: its path, and its text with `{{name}}` in place of values.
type File = (&'static str, &'static str);

macro_rules! files {
    ($($path:literal: $source:literal,)+) => {
        &[$(($path, include_str!(concat!("../../../templates/", $source))),)+]
    };
}

const VANITY: &[File] = files! {
    "Cargo.toml": "vanity/Cargo.toml",
    "README.md": "vanity/README.md",
    "config/base.yaml": "vanity/config/base.yaml",
    "config/dev.yaml": "vanity/config/dev.yaml",
    "config/local.yaml": "vanity/config/local.yaml",
    "flows/main.json": "vanity/flows/main.json",
    "flows/tests/main.yaml": "vanity/flows/tests/main.yaml",
    "functions/convert/Cargo.toml": "vanity/functions/convert/Cargo.toml",
    "functions/convert/src/main.rs": "vanity/functions/convert/src/main.rs",
    "functions/convert/words.txt": "vanity/functions/convert/words.txt",
    ".github/workflows/pipeline.yml": "common/pipeline.yml",
    ".gitignore": "vanity/gitignore",
    ".pre-commit-config.yaml": "common/pre-commit-config.yaml",
};

const IVR: &[File] = files! {
    "README.md": "ivr/README.md",
    "config/base.yaml": "ivr/config/base.yaml",
    "config/dev.yaml": "ivr/config/dev.yaml",
    "config/local.yaml": "ivr/config/local.yaml",
    "flows/main.json": "ivr/flows/main.json",
    "flows/tests/main.yaml": "ivr/flows/tests/main.yaml",
    "functions/lookup/app.py": "ivr/functions/lookup/app.py",
    ".github/workflows/pipeline.yml": "common/pipeline.yml",
    ".gitignore": "ivr/gitignore",
    ".pre-commit-config.yaml": "common/pre-commit-config.yaml",
};

const FLOWS_ONLY: &[File] = files! {
    "README.md": "flows-only/README.md",
    "config/base.yaml": "flows-only/config/base.yaml",
    "config/dev.yaml": "flows-only/config/dev.yaml",
    "config/local.yaml": "flows-only/config/local.yaml",
    "flows/main.json": "flows-only/flows/main.json",
    "flows/tests/main.yaml": "flows-only/flows/tests/main.yaml",
    ".github/workflows/pipeline.yml": "common/pipeline.yml",
    ".gitignore": "flows-only/gitignore",
    ".pre-commit-config.yaml": "common/pre-commit-config.yaml",
};

/// Returns the step of the pipeline that builds functions, and the arguments with which it applies them, if they are compiled.
pub(super) fn build_step(template: Template) -> (&'static str, &'static str) {
    match template {
        Template::Vanity => (include_str!("../../../templates/vanity/pipeline-build.yml"), " --functions functions-built"),
        Template::Ivr | Template::FlowsOnly => ("", ""),
    }
}

/// Returns the files of a template.
pub(super) fn files(template: Template) -> impl Iterator<Item = File> {
    let files = match template {
        Template::Vanity => VANITY,
        Template::Ivr => IVR,
        Template::FlowsOnly => FLOWS_ONLY,
    };
    files.iter().copied()
}
