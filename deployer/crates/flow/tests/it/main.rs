//! Integration tests of the crate, in one executable with a module for each subject.

mod builder;
mod built_flows;
mod calls;
mod declared_once;
mod every_branch;
mod findings;
mod layers;
mod legacy;
mod memory;
mod mutation_table;
mod outside;
mod portable;
mod properties;
mod published;
mod rust_calls;
mod scenarios;
mod simulator;
mod support;
mod to_rust;
mod vanity_flow;
mod written;
