//! The Amazon Connect Flow language, version 2019-10-30: parsing and writing flows, checking them as Connect does (and
//! further), finding symbolic references in them, and simulating calls to them.
//!
//! The crate does no I/O: it opens no file and no connection. A simulated call reaches the outside only through
//! [`interpret::Host`] and [`interpret::Caller`].
//!
//! Facts about the service are given with their source: the AWS pages on the Flow language, published records of real
//! `CreateContactFlow` calls, or the structure of published console exports.

pub mod actions;
pub mod build;
mod call;
pub mod check;
mod designer;
mod diff;
mod findings;
mod flow_type;
mod graph;
mod import;
pub mod interpret;
mod jsonpath;
pub mod legacy;
mod message;
mod model;
mod named;
mod path;
mod references;
mod resource_kind;
mod rules;
pub mod scenario;
mod source_map;
mod ssml;
pub mod testing;
pub mod to_rust;
mod wav;
pub mod yaml;

pub use check::{check, publish_errors};
pub use diff::{Difference, diff, normalized_content};
pub use findings::finding::Finding;
pub use findings::report::{Context, ResourceLookup};
pub use flow_type::FlowType;
pub use graph::{PAGE_WIDTH, mermaid, svg, svg_without_style};
pub use import::{ImportedFlow, Resource, Unresolved, arns, import_flow, import_flow_with_names};
pub use jsonpath::{JsonPath, NearMiss, Segment as JsonPathSegment, near_misses, occurrences};
pub use message::{Message, Severity};
pub use model::{
    Action, Branch, Condition, ErrorBranch, Flow, MAX_DOCUMENT_BYTES, MAX_DOCUMENT_VALUES, ParseError, is_equivalent,
};
pub use named::{SymbolicName, key_of, means_name};
pub use path::{Path, Step};
pub use references::{Reference, Segment, is_symbolic, references, references_in, segments};
pub use resource_kind::ResourceKind;
pub use source_map::{Position, SourceMap};
pub use ssml::{SsmlError, ssml_to_sentences, text_to_sentences};
pub use wav::{MAX_RECORDING_BYTES, RECORDING_HELP, Recording, parse_recording};
