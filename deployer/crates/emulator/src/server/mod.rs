//! The two ways to send requests: a socket, and a client for the SDK that needs none.

mod admission;
pub mod api;
mod bare;
pub(crate) mod header_case;
pub mod listener;
pub mod page;
pub mod phone;
pub mod sdk;
pub mod signature;
pub(crate) mod socket;
