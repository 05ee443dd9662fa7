//! Constructs as references in flows that are built with [`deployer_flow::build`].

use deployer_flow::build::{self, Ref};

use crate::center::{Hours, Queue, User};
use crate::flow::{Flow, Module};
use crate::function::Function;
use crate::instance::{Bot, Prompt};

macro_rules! references {
    ($($construct:ident => $kind:ident),+ $(,)?) => {$(
        impl From<&$construct> for Ref<build::$kind> {
            fn from(construct: &$construct) -> Self {
                Ref::to(construct.arn().to_string())
            }
        }
    )+};
}

references! {
    Bot => Bot,
    Flow => Flow,
    Function => Function,
    Hours => Hours,
    Module => Module,
    Prompt => Prompt,
    Queue => Queue,
    User => Agent,
}
