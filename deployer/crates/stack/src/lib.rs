//! From a spec to the engine's graph of resources. Nothing here makes a call, reads a file or reads the clock.
//!
//! [`from_spec`] lowers a spec, whether a file or a program declares it: a [`Stack`] collects resources; its constructs add theirs and
//! return handles whose methods connect them (`table.grant_read_write(&function)`). What users write are the constructs of the crate
//! `deployer-app`, which declare entries of a spec. [`assembly`] is what passes between their programs and the deployer.
//!
//! ```
//! use deployer_stack::{Function, FunctionProps, Settings, Stack, Table, TableProps};
//!
//! let stack = Stack::new(Settings::new("vanity", "dev", "111122223333", "us-east-1"));
//! let numbers = Table::new(&stack, "numbers", TableProps::keyed_by("id"));
//! let convert = Function::new(&stack, "convert", FunctionProps::with_code("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
//! convert.environment("TABLE_NAME", numbers.name());
//! numbers.grant_read_write(&convert);
//! let graph = stack.synthesize();
//! assert_eq!(graph.nodes.len(), 4); // table, log group, role, function
//! ```
//!
//! What does not fit together does not compile: here a flow is to get the calls, and a queue is given.
//!
//! ```compile_fail,E0308
//! # use deployer_engine::Address;
//! # use deployer_resources::{ConnectContactFlow, ConnectPhoneNumber, ConnectQueue, Handle};
//! # fn route(instance: &deployer_stack::Instance, number: &Handle<ConnectPhoneNumber>) {
//! let queue = Handle::<ConnectQueue>::at(Address::new("queue", "support"));
//! instance.route_to_flow("main", number, queue.id(), []);
//! # }
//! ```

pub mod assembly;
pub mod bootstrap;
mod constructs;
mod content;
mod from_spec;
mod lifecycle;
mod policy;
mod settings;
mod stack;

pub use constructs::api::{Api, ApiKey, ApiProps, Throttling};
pub use constructs::connect::{Flow, FlowProps, Instance, InstanceProps, PromptProps, Recording};
pub use constructs::contact_center::{
    HoursProps, ModuleProps, NamedResource, PhoneNumberProps, QueueProps, RoutingProfileProps, UserProps,
};
pub use constructs::domain::{Certificate, CertificateFromFiles, Domain};
pub use constructs::function::{Architecture, FunctionProps};
pub use constructs::function_handle::Function;
pub use constructs::table::{Encryption, Index, KeyType, Projection, Table, TableProps};
pub use constructs::transfer::{QuickConnectProps, SecurityProfileProps, TransferTo, VocabularyProps};
pub use constructs::workspace::{AgentStatusProps, DocumentProps, HoursOverrideProps, PredefinedAttributeProps};
pub use content::{UndefinedReference, with_references};
pub use deployer_resources::{Auth, ExistingInstance, Handle, InstanceSection, NamedInInstance, Prop, StorageTarget};
pub use from_spec::{BuildInputs, Problem, from_spec, meant, reference_in};
pub use lifecycle::{address_of, entry_of};
pub use settings::Settings;
pub use stack::Stack;
