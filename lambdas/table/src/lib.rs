//! The table that both functions share: `convert` saves callers, `get` reads them.
//!
//! This crate defines the attributes of an item and the index, and creates the client. [`Tracer`] reports calls to the table
//! to X-Ray.

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

/// Name of the index that sorts all callers by `updated_at`, with a single partition: a query of it needs no scan.
const INDEX: &str = "recent";
const FEED: &str = "callers";

/// Default number of days that a caller is kept after the last call, overridden by `KEEP_DAYS`.
const KEEP_DAYS: u64 = 30;

/// A DynamoDB table with the key `id`.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    /// Number of days that a caller is kept; 0 means indefinitely.
    keep_days: u64,
}

impl Table {
    /// Returns the table of `TABLE_NAME`, in the region of Lambda's environment. Makes no request, and reads neither files
    /// nor network.
    ///
    /// A call to the table times out after `timeout`, retries included. `KEEP_DAYS` is the number of days that a caller is
    /// kept after the last call (0: indefinitely); the default is 30.
    ///
    /// # Errors
    /// Fails if `TABLE_NAME` or the region is not set, or if `KEEP_DAYS` is not an integer of at most 36,500.
    pub fn from_environment(timeout: Duration) -> Result<Self, String> {
        let name = client::variable("TABLE_NAME").ok_or("TABLE_NAME is not set; give the function the table's name")?;
        let keep_days = match client::variable("KEEP_DAYS") {
            None => KEEP_DAYS,
            Some(days) => {
                days_of(&days).ok_or_else(|| format!("KEEP_DAYS is {days:?}; give a number of days from 0 to 36500"))?
            }
        };
        Ok(Self { client: client::from_environment(timeout)?, name, keep_days })
    }

    /// Returns a table called `numbers` on a fake DynamoDB.
    #[cfg(test)]
    pub(crate) fn over(wire: &wire::FakeDynamoDb) -> Self {
        Self { client: wire::client(wire), name: "numbers".to_owned(), keep_days: KEEP_DAYS }
    }

    /// Returns the table's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn days_of(text: &str) -> Option<u64> {
    text.parse().ok().filter(|days| *days <= 36_500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_a_whole_number_with_a_bound() {
        assert_eq!(["0", "30", "36500"].map(days_of), [Some(0), Some(30), Some(36_500)]);
        for wrong in ["", "-1", "1.5", "36501", "a month", "18446744073709551616"] {
            assert_eq!(days_of(wrong), None, "{wrong}");
        }
    }
}
