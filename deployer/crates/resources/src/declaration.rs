//! Resources of a stack, and typed references to their outputs.

use std::fmt;
use std::marker::PhantomData;

use deployer_engine::{Address, Graph, ResourceDefinition};
use serde::Serialize;

use crate::property::{Prop, expression};

/// A resource type that a stack can declare.
pub trait Declare: ResourceDefinition {
    /// The type's properties, some of which may refer to outputs of other resources.
    type Declared: Serialize;
}

/// A resource of type `R` in a graph. Its methods refer to its outputs: a resource whose properties have such a reference waits for this
/// one.
pub struct Handle<R> {
    address: Address,
    resource: PhantomData<fn() -> R>,
}

impl<R> Handle<R> {
    /// Returns a handle to the resource at `address`, which must be of type `R`.
    pub fn at(address: Address) -> Self {
        Self { address, resource: PhantomData }
    }

    /// Returns the resource's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn output<K>(&self, name: &str) -> Prop<K> {
        Prop::of(deployer_engine::Expr::output(&self.address, name))
    }
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self::at(self.address.clone())
    }
}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.address)
    }
}

/// Adds the resource to the graph, or replaces the one at its address. It also waits for `after`.
pub fn declare<R: Declare>(
    graph: &mut Graph,
    address: Address,
    properties: &R::Declared,
    after: impl IntoIterator<Item = Address>,
) -> Handle<R> {
    graph.insert(address.clone(), R::TYPE, expression(properties), after);
    graph.mark_identity(&address, R::KEY.iter().copied().chain(R::PARENT));
    Handle::at(address)
}

/// Declares a resource type: how a stack declares its properties, and its outputs, as the struct that a provider returns and as methods of
/// [`Handle`] that refer to them. Each output has the type of its value and the [`Kind`](crate::Kind) of references to it.
macro_rules! resource {
    ($resource:ident, declared as $declared:ty, with $outputs:ident { $($(#[$doc:meta])* $output:ident: $value:ty as $kind:ty,)* }) => {
        #[doc = concat!("The resource type of [`", stringify!($outputs), "`].")]
        #[derive(Debug, Clone, Copy)]
        pub struct $resource;

        impl crate::Declare for $resource {
            type Declared = $declared;
        }

        #[doc = concat!("Outputs of [`", stringify!($resource), "`].")]
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $outputs {
            $($(#[$doc])* pub $output: $value,)*
        }

        impl crate::Handle<$resource> {
            $($(#[$doc])*
            pub fn $output(&self) -> crate::Prop<$kind> {
                self.output(stringify!($output))
            })*
        }
    };
}

pub(crate) use resource;
