//! The imports between the files of a crate, read from their `use` declarations and paths.

mod circles;
mod modules;
mod paths;

pub(crate) use circles::circles;
pub(crate) use modules::Crate;
