//! The integration tests of the crate, in one executable: a module for each subject.

mod app;
mod beside;
mod circles;
mod commands;
mod composition;
mod everyday;
mod existing;
mod first_call;
mod flow_commands;
mod function_builds;
mod history;
mod import_circles;
mod imports;
mod languages;
mod on_instance;
mod one_build;
mod pictures;
mod plan_output;
mod prompts;
mod saved_plans;
mod state;
mod supply_chain;
mod support;
mod tidy;
mod vanity;
mod workflows;
