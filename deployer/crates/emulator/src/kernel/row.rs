//! The row of an operation, whatever the state of its service.

use std::time::Duration;

/// The properties of an operation that routing, throttling, validation and tagging read.
#[derive(Debug)]
pub struct Row {
    /// Name as in the service's model: `CreateTable`.
    pub name: &'static str,
    /// Method and path pattern of a REST protocol, such as `GET /restapis/{restapi_id}`; empty if the request names the operation.
    pub route: &'static str,
    /// Whether the handler only reads; then it works on a copy of the committed state and waits for no write.
    pub reads: bool,
    /// Rate of the operation itself, if AWS publishes one.
    pub(crate) rate: Option<Rate>,
    /// Whether the operation draws from the bucket that the service's operations share.
    pub(crate) shares_rate: bool,
    /// Whether the body is a document or an event, not JSON of the protocol.
    pub(crate) raw_body: bool,
    /// Whether the operation only moves data, so that it cannot change tags.
    pub(crate) moves_data: bool,
}

/// Method, path pattern and constant query parameter of a route.
type RouteParts = (&'static str, &'static str, Option<(&'static str, &'static str)>);

impl Row {
    /// Splits the route; `None` if it has no route.
    pub(crate) fn route_parts(&self) -> Option<RouteParts> {
        let (method, rest) = self.route.split_once(' ')?;
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, query.split_once('=')));
        Some((method, path, query))
    }
}

/// A token bucket: one request for each `every`, and `burst` at once when it is full.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) every: Duration,
    pub(crate) burst: u32,
}

pub(crate) const fn per_second(calls: u32, burst: u32) -> Rate {
    Rate { every: Duration::from_micros(1_000_000 / calls as u64), burst }
}

pub(crate) const fn one_in(seconds: u64) -> Rate {
    Rate { every: Duration::from_secs(seconds), burst: 1 }
}
