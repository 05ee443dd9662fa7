//! Flows written in Rust: a typed builder for every action type, generated from the declarations of [`crate::actions`].
//!
//! A flow reads like the call. Every action is returned by a function such as [`say`] or [`set_queue`] and has a method for each
//! parameter and each branch; [`flow!`](crate::flow!) gives labels to actions. An action that lacks a required branch or parameter is
//! of another type than a complete one, so that the flow does not compile.
//!
//! ```
//! use deployer_flow::build::*;
//! use deployer_flow::flow;
//!
//! let flow = flow! {
//!     greet: say("Welcome.").then(open).on_error(bye),
//!     open: check_hours().hours(Hours::named("office")).open(choose).closed(closed).on_error(bye),
//!     choose: ask("For sales, press 1. To hear this again, press 2.")
//!         .seconds(5)
//!         .on("1", sales)
//!         .on("2", choose)
//!         .timeout(choose)
//!         .no_match(choose)
//!         .on_error(bye),
//!     sales: set_queue(Queue::named("sales")).then(transfer_to_queue().at_capacity(bye).on_error(bye)).on_error(bye),
//!     closed: say(format!("We are closed, {}.", attribute("name"))).then(bye),
//!     bye: disconnect(),
//! };
//! assert_eq!(flow.check(), []);
//! let document: serde_json::Value = flow.into();
//! assert_eq!(document["StartAction"], "Greet");
//! ```
//!
//! # What does not compile
//!
//! A required branch is missing. The compiler's message is *the action lacks required branches or parameters: `Needs<AtCapacity,
//! Nothing>`*.
//!
//! ```compile_fail,E0277
//! # use deployer_flow::{build::*, flow};
//! let flow = flow! { start: transfer_to_queue().on_error(end), end: disconnect() };
//! ```
//!
//! A required parameter is missing: a menu needs `seconds`.
//!
//! ```compile_fail,E0277
//! # use deployer_flow::{build::*, flow};
//! let flow = flow! { start: ask("Press 1.").on("1", end).timeout(end).no_match(end).on_error(end), end: disconnect() };
//! ```
//!
//! A queue where hours belong:
//!
//! ```compile_fail,E0277
//! # use deployer_flow::{build::*, flow};
//! let flow = flow! {
//!     start: check_hours().hours(Queue::named("office")).open(end).closed(end).on_error(end),
//!     end: disconnect(),
//! };
//! ```
//!
//! A text where a number belongs:
//!
//! ```compile_fail,E0277
//! # use deployer_flow::{build::*, flow};
//! let flow = flow! {
//!     start: ask("Press 1.").seconds("five").on("1", end).timeout(end).no_match(end).on_error(end),
//!     end: disconnect(),
//! };
//! ```
//!
//! A branch that the action does not have, or that it has already:
//!
//! ```compile_fail,E0599
//! # use deployer_flow::{build::*, flow};
//! let flow = flow! { start: say("Hello.").then(end).at_capacity(end), end: disconnect() };
//! ```
//!
//! ```compile_fail,E0599
//! # use deployer_flow::{build::*, flow};
//! let flow = flow! { start: say("Hello.").then(end).then(end), end: disconnect() };
//! ```
//!
//! An error branch that exists only with another parameter:
//!
//! ```compile_fail,E0599
//! # use deployer_flow::{build::*, flow};
//! let flow = flow! { start: transfer_to_phone_number("+18005550100").on_call_failed(end).on_error(end), end: disconnect() };
//! ```
//!
//! What the types do not express, such as the range of a number, the checks report: [`NewFlow::check`], `deployer check`, and the plan.

mod actions;
mod attribute;
pub(crate) mod document;
mod draft;
mod macros;
mod module;
pub mod needs;
pub mod references;
pub mod shape;
pub mod values;

pub use actions::slots;
pub use actions::*;
pub use attribute::{Argument, Attribute, attribute, external, flow_attribute, jsonpath};
pub use document::NewFlow;
pub use draft::{Draft, IntoAction, IntoTarget, Label, Target, json_text, raw};
pub use module::module_settings;
pub use references::{
    Agent, Assistant, Bot, CaseTemplate, Flow, Function, Hours, Module, Prompt, Queue, QueueOrAgent, Ref, TaskTemplate, View,
};
pub use values::{
    Speech, Ssml, at_least, at_most, contains, ends_with, equals, greater_than, less_than, media, ssml, starts_with,
};

/// Declares a flow: actions with labels, the first of which is the start, or one action that contains all others.
///
/// Every label is a variable in all actions, so that branches lead forward and back; one that does not exist, or exists twice, does
/// not compile. The identifier of an action is its label in words (`say_goodbye` becomes `Say goodbye`), or what follows `as`.
///
/// ```
/// use deployer_flow::build::*;
/// use deployer_flow::flow;
///
/// let flow = flow! {
///     menu: ask("For sales, press 1.").seconds(5).on("1", sales).timeout(menu).no_match(menu).on_error(bye),
///     sales: set_queue(Queue::named("support")).then(enqueue).on_error(bye),
///     enqueue as "Transfer to sales": transfer_to_queue().at_capacity(bye).on_error(bye),
///     bye: say("Goodbye.").then(disconnect()),
/// };
/// assert_eq!(flow.check(), []);
/// ```
///
/// A label that is not there:
///
/// ```compile_fail,E0425
/// # use deployer_flow::{build::*, flow};
/// let flow = flow! { greet: say("Hello.").then(menu) };
/// ```
///
/// A label that is there twice:
///
/// ```compile_fail,E0428
/// # use deployer_flow::{build::*, flow};
/// let flow = flow! { bye: disconnect(), bye: disconnect() };
/// ```
#[macro_export]
macro_rules! flow {
    ($($label:ident $(as $identifier:literal)? : $action:expr),+ $(,)?) => {{
        #[allow(non_camel_case_types, dead_code)]
        enum LabelsOfFlow {
            $($label),+
        }
        $(
            #[allow(unused_variables)]
            let $label = $crate::flow!(@label $label $($identifier)?);
        )+
        $crate::build::NewFlow::new(::std::vec![$(($label, $crate::build::IntoAction::into_action($action))),+])
    }};
    (@label $label:ident) => {
        $crate::build::Label::new(::core::stringify!($label))
    };
    (@label $label:ident $identifier:literal) => {
        $crate::build::Label::identified(::core::stringify!($label), $identifier)
    };
    ($action:expr) => {
        $crate::build::NewFlow::starting_with($action)
    };
}
