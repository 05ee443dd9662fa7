//! References to constructs in flows that are written in Rust: `set_queue(&support)`.
//!
//! ```
//! use deployer_app::deployer_flow::build::*;
//! use deployer_app::deployer_flow::flow;
//! use deployer_app::{Function, Instance, Stack};
//!
//! fn greeting(instance: &Instance, lookup: &Function) {
//!     let hours = instance.hours("office", "Europe/Berlin").open_on_weekdays(["09:00-17:00"]);
//!     let support = instance.queue("support", &hours);
//!     instance.flow("main", flow! {
//!         look_up: invoke(lookup).seconds(3).then(open).on_error(open),
//!         open: check_hours().hours(&hours).open(queue).closed(bye).on_error(bye),
//!         queue: set_queue(&support).then(transfer_to_queue().at_capacity(bye).on_error(bye)).on_error(bye),
//!         bye: say(format!("Goodbye, {}.", external("name"))).then(disconnect()),
//!     });
//! }
//! ```

use deployer_flow::build::{self, Ref};

use crate::center::{Hours, Queue, User};
use crate::flow::{Flow, Module};
use crate::function::Function;
use crate::instance::{Bot, Prompt};

macro_rules! references {
    ($($construct:ident is $kind:ident),+ $(,)?) => {
        $(impl From<&$construct> for Ref<build::$kind> {
            fn from(construct: &$construct) -> Self {
                Self::to(construct.arn().to_string())
            }
        })+
    };
}

references!(
    Queue is Queue,
    Hours is Hours,
    Function is Function,
    Flow is Flow,
    Module is Module,
    Prompt is Prompt,
    Bot is Bot,
    User is Agent,
);
