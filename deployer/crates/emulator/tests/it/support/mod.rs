//! Code that several tests share.

pub(crate) mod fresh;
pub(crate) mod function;
pub(crate) mod served;
pub(crate) mod wire;
