//! Calls as tests in Rust: phone a flow, expect what is heard, in an ordinary `cargo test`.
//!
//! A call runs in the crate's simulator, at once and without a network. A flow built in Rust can be called, and so can one from a file.
//!
//! ```
//! use deployer_flow::build::*;
//! use deployer_flow::flow;
//! use deployer_flow::testing::{Caller, TestInstance, assert_every_branch};
//! use serde_json::json;
//!
//! let flow = flow! {
//!     look_up: invoke(Function::named("customers")).seconds(3).then(greet).on_error(menu),
//!     greet: say(format!("Hello {}.", external("name"))).then(menu),
//!     menu: ask("For sales, press 1.").seconds(5).on("1", sales).timeout(bye).no_match(menu).on_error(bye),
//!     sales: set_queue(Queue::named("sales")).then(transfer_to_queue().at_capacity(bye).on_error(bye)).on_error(bye),
//!     bye: say("Goodbye.").then(disconnect()),
//! };
//! let shop = TestInstance::new().function("customers", json!({"name": "Ann"})).queue("sales");
//!
//! let sales = Caller::from("+12065550123")
//!     .on(&shop)
//!     .calls(&flow)
//!     .hears("Hello Ann.")
//!     .presses("7")
//!     .hears("press 1")
//!     .presses("1")
//!     .is_queued("sales");
//! let silent = Caller::withheld().on(&shop.clone().fails("Look up", "NoMatchingError")).calls(&flow);
//! let silent = silent.does_not_hear("Hello").hears("press 1").waits().hears("Goodbye").is_disconnected();
//!
//! let full = shop.clone().queue_with("sales", |queue| queue.full = true);
//! let full = Caller::from("+12065550123").on(&full).calls(&flow).presses("1").hears("Goodbye");
//! let failing = ["Menu", "Sales", "Transfer to queue"].map(|action| {
//!     Caller::from("+12065550123").on(&shop.clone().fails(action, "NoMatchingError")).calls(&flow)
//! });
//! let failing = failing.into_iter().enumerate().map(|(at, call)| if at == 0 { call } else { call.presses("1") });
//! let calls: Vec<_> = failing.chain([sales, silent, full]).collect();
//! assert_every_branch(&flow, &calls);
//! ```

pub use crate::interpret::ThirdParty;
pub use crate::scenario::contact_centre::{AsFlow, FunctionStub, TestInstance};
pub use crate::scenario::phone::{Caller, PhoneCall, assert_every_branch, coverage};
pub use crate::scenario::{Coverage, GivenQueue};
