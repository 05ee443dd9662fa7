//! Operations of a service: one row each, with the handler that serves it.

use super::others::OtherServices;
pub(crate) use super::row::{Rate, Row, one_in, per_second};
use crate::error::AwsError;
use crate::request::Request;
use crate::response::Response;

/// An operation of a service with state `S`.
pub(crate) struct Operation<S> {
    pub(crate) row: Row,
    pub(crate) handler: Handler<S>,
}

/// The function that serves an operation. The request carries its context: account, Region, time, ids.
pub(crate) enum Handler<S> {
    Read(fn(&S, &Request) -> Result<Response, AwsError>),
    Write(fn(&mut S, &Request) -> Result<Response, AwsError>),
    /// Handlers that ask other services.
    ReadWith(fn(&S, &Request, &dyn OtherServices) -> Result<Response, AwsError>),
    WriteWith(fn(&mut S, &Request, &dyn OtherServices) -> Result<Response, AwsError>),
}

impl<S> Handler<S> {
    /// Serves a request on the state, which only a writing handler changes.
    pub(crate) fn serve(
        &self,
        state: &mut impl std::ops::DerefMut<Target = S>,
        request: &Request,
        others: &dyn OtherServices,
    ) -> Result<Response, AwsError> {
        match self {
            Self::Read(handler) => handler(state, request),
            Self::Write(handler) => handler(state, request),
            Self::ReadWith(handler) => handler(state, request, others),
            Self::WriteWith(handler) => handler(state, request, others),
        }
    }
}

const fn operation<S>(name: &'static str, reads: bool, handler: Handler<S>) -> Operation<S> {
    let row = Row { name, route: "", reads, rate: None, shares_rate: true, raw_body: false, moves_data: false };
    Operation { row, handler }
}

/// Creates a row of an operation that only reads.
pub(crate) const fn read<S>(name: &'static str, handler: fn(&S, &Request) -> Result<Response, AwsError>) -> Operation<S> {
    operation(name, true, Handler::Read(handler))
}

/// Creates a row of an operation that changes the state.
pub(crate) const fn write<S>(name: &'static str, handler: fn(&mut S, &Request) -> Result<Response, AwsError>) -> Operation<S> {
    operation(name, false, Handler::Write(handler))
}

/// Creates a row of an operation that only reads and asks other services.
pub(crate) const fn read_with<S>(
    name: &'static str,
    handler: fn(&S, &Request, &dyn OtherServices) -> Result<Response, AwsError>,
) -> Operation<S> {
    operation(name, true, Handler::ReadWith(handler))
}

/// Creates a row of an operation that changes the state and asks other services.
pub(crate) const fn write_with<S>(
    name: &'static str,
    handler: fn(&mut S, &Request, &dyn OtherServices) -> Result<Response, AwsError>,
) -> Operation<S> {
    operation(name, false, Handler::WriteWith(handler))
}

impl<S> Operation<S> {
    /// Sets method and path pattern: `GET /restapis/{restapi_id}`. A parameter `{Name+}` takes the rest of the path.
    pub(crate) const fn at(mut self, route: &'static str) -> Self {
        self.row.route = route;
        self
    }

    /// Sets the rate of the operation itself.
    pub(crate) const fn rate(mut self, rate: Rate) -> Self {
        self.row.rate = Some(rate);
        self
    }

    /// Excludes the operation from the service's shared rate.
    pub(crate) const fn apart(mut self) -> Self {
        self.row.shares_rate = false;
        self
    }

    /// Declares that the body is not JSON of the protocol.
    pub(crate) const fn raw_body(mut self) -> Self {
        self.row.raw_body = true;
        self
    }

    /// Declares that the operation only moves data and cannot change tags.
    pub(crate) const fn moves_data(mut self) -> Self {
        self.row.moves_data = true;
        self
    }
}
