//! Stacks as Rust programs, in the manner of the AWS CDK.
//!
//! A program declares the resources of a voice application with constructs, and the deployer runs it: `config/ENV.yaml` names it
//! (`app: { package: my-stack }`), and every command works on what it declares.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use deployer_app::{Api, Function, Instance, Table};
//!
//! fn main() -> ExitCode {
//!     deployer_app::app(|app| {
//!         let stack = app.stack();
//!         let keep_days: u32 = app.context("keep_days")?;
//!         let numbers = Table::keyed_by(stack, "numbers", "id").ttl("expires_at");
//!         let convert = Function::cargo(stack, "convert")
//!             .environment("TABLE_NAME", numbers.name())
//!             .environment("KEEP_DAYS", keep_days.to_string());
//!         numbers.grant_read_write(&convert);
//!         let instance = Instance::new(stack, &format!("vanity-{}", app.environment()));
//!         instance.associate(&convert);
//!         instance.flow_from_file("main", "flows/main.json");
//!         Api::new(stack).route("GET", "/numbers/{phone}", &convert);
//!         Ok(())
//!     })
//! }
//! ```
//!
//! - The lowest level is [`Stack::add`]: any resource type of [`resources`], with all of its properties.
//! - Constructs ([`Table`], [`Function`], [`Instance`], [`Api`] and what they return) declare entries of the spec, with its defaults and
//!   its checks, and connect them: `table.grant_read(&function)`. What is wrong points to the line of the program.
//! - [`Construct`] has the escape hatches, [`Aspect`]s visit everything.

mod api;
mod app;
mod aspect;
mod center;
mod entry;
mod flow;
mod function;
mod instance;
mod patterns;
pub mod references;
pub mod rules;
mod stack;
mod synthesis;
mod table;
mod text;

pub use api::{Api, Certificate};
pub use app::{App, AppError, ContextError, app};
pub use aspect::{Aspect, Resource};
pub use center::{Hours, PhoneNumber, Queue, QuickConnect, RoutingProfile, TransferTo, User};
pub use deployer_engine::{Address, Graph};
pub use deployer_flow;
pub use deployer_flow::{build, flow, testing};
pub use deployer_resources as resources;
pub use deployer_spec::{
    Architecture, Auth, Channel, Day, Encryption, FlowType, InstanceAttribute, Period, PhoneNumberType, StorageKind,
};
pub use deployer_stack::Settings;
pub use deployer_stack::assembly::{Assembly, Finding, Location, Request, Severity};
pub use entry::{Construct, Entry};
pub use flow::{Flow, Module};
pub use function::Function;
pub use instance::{Bot, Document, Instance, Prompt};
pub use patterns::{IvrWithCallback, IvrWithCallbackProps, VanityApplication, VanityApplicationProps};
pub use stack::Stack;
pub use table::{Index, KeyType, Table};
pub use text::Text;
