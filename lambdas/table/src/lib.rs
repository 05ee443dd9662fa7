//! The table that both functions share: `convert` saves callers, `get` reads them.
//!
//! One place knows the attributes of an item and the index, and one makes the client. [`Tracer`] tells X-Ray of a call to it.

mod client;
mod read;
mod save;
mod trace;
#[cfg(test)]
mod wire;

use std::time::Duration;

use aws_sdk_dynamodb::Client;

pub use read::Item;
pub use save::{Record, Saved};
pub use trace::{Span, Tracer};

/// The index that orders all callers by `updated_at`, and its one partition: a query of it needs no scan.
const INDEX: &str = "recent";
const FEED: &str = "callers";

/// A DynamoDB table with the key `id`.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table that `TABLE_NAME` names, in the region that Lambda names. Makes no request, and reads neither files nor network.
    ///
    /// A call to it gives up after `patience`, its repetitions included.
    ///
    /// # Errors
    /// When `TABLE_NAME` or the region is not set.
    pub fn from_environment(patience: Duration) -> Result<Self, String> {
        let name = client::variable("TABLE_NAME").ok_or("TABLE_NAME is not set; give the function the table's name")?;
        Ok(Self { client: client::from_environment(patience)?, name })
    }

    /// A table called `numbers` at the far end of a wire.
    #[cfg(test)]
    pub(crate) fn over(wire: &wire::Wire) -> Self {
        Self { client: wire::client(wire), name: "numbers".to_owned() }
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}
