//! Blocks of the old designer, and the builder of the actions that they become.

pub(crate) mod block;
pub(crate) mod builder;
pub(crate) mod note;
pub(crate) mod parts;
pub(crate) mod values;
