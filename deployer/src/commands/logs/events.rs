//! Log events of several log groups in the order of their times, each once.

use std::collections::{HashMap, VecDeque};

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::{FilterLogEventsError, FilterLogEventsOutput};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use time::OffsetDateTime;

use crate::failure::{Failure, sdk_failure};

/// A log group to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogSource {
    /// The name shown before each event.
    pub(super) label: String,
    /// The name of the log group.
    pub(super) group: String,
}

/// One log event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogEvent {
    /// The label of its source.
    pub(super) label: String,
    /// The name of its log group.
    pub(super) group: String,
    pub(super) stream: String,
    /// ID, unique in the log group.
    pub(super) id: String,
    /// Milliseconds since 1970.
    pub(super) at: i64,
    pub(super) message: String,
}

/// How far before the newest event of a source the next poll begins, in milliseconds: streams of one group arrive independently, so that
/// an event may become visible after a newer one of another stream.
const OVERLAP: i64 = 60_000;

/// Reads sources again and again, and passes on each event once.
pub(super) struct Reader {
    client: Client,
    pattern: Option<String>,
    sources: Vec<Position>,
    missing: Vec<String>,
}

/// How far a source has been read.
struct Position {
    source: LogSource,
    /// Start of the next poll, in milliseconds since 1970.
    start: i64,
    /// Time of the newest event.
    newest: Option<i64>,
    /// IDs of the events since `start` that were passed on, with their times.
    seen: HashMap<String, i64>,
    is_missing: bool,
}

impl Reader {
    pub(super) fn new(client: Client, sources: Vec<LogSource>, since: OffsetDateTime, pattern: Option<String>) -> Self {
        let start = i64::try_from(since.unix_timestamp_nanos() / 1_000_000).unwrap_or_default().max(0);
        let position = |source| Position { source, start, newest: None, seen: HashMap::new(), is_missing: false };
        Self { client, pattern, sources: sources.into_iter().map(position).collect(), missing: Vec::new() }
    }

    /// Passes all events that are new since the last poll to `take`, oldest first, until it returns `false`; returns its last answer.
    pub(super) async fn poll(&mut self, take: &mut dyn FnMut(&LogEvent) -> Result<bool, Failure>) -> Result<bool, Failure> {
        let mut pages: Vec<Pages> = self.sources.iter().map(|position| self.open(position)).collect();
        loop {
            let mut next: Option<(usize, i64)> = None;
            for (index, pages) in pages.iter_mut().enumerate() {
                let at = pages.peek().await?;
                if let Some(at) = at.filter(|at| next.is_none_or(|(_, earliest)| *at < earliest)) {
                    next = Some((index, at));
                }
            }
            let Some(event) = next.and_then(|(index, _)| pages[index].events.pop_front().map(|event| (index, event))) else {
                break;
            };
            let (index, event) = event;
            if self.sources[index].is_new(&event) && !take(&event)? {
                return Ok(false);
            }
        }
        for (position, pages) in self.sources.iter_mut().zip(&pages) {
            if pages.is_missing && !position.is_missing {
                position.is_missing = true;
                self.missing.push(position.source.group.clone());
            }
            position.advance();
        }
        Ok(true)
    }

    /// Returns the log groups found missing since the last call.
    pub(super) fn take_missing(&mut self) -> Vec<String> {
        std::mem::take(&mut self.missing)
    }

    fn open(&self, position: &Position) -> Pages {
        let request = self.client.filter_log_events().log_group_name(&position.source.group).start_time(position.start);
        let pages = request.set_filter_pattern(self.pattern.clone()).into_paginator().send();
        Pages { source: position.source.clone(), pages: Some(pages), events: VecDeque::new(), is_missing: false }
    }
}

impl Position {
    /// Records an event, and returns whether it was not passed on before.
    fn is_new(&mut self, event: &LogEvent) -> bool {
        self.newest = self.newest.max(Some(event.at));
        self.seen.insert(event.id.clone(), event.at).is_none()
    }

    fn advance(&mut self) {
        let Some(newest) = self.newest else { return };
        self.start = self.start.max(newest - OVERLAP);
        self.seen.retain(|_, at| *at >= self.start);
    }
}

type Page = Result<FilterLogEventsOutput, SdkError<FilterLogEventsError, HttpResponse>>;

/// The pages of one source, which FilterLogEvents returns in ascending order of time (API reference).
struct Pages {
    source: LogSource,
    /// The rest of the pages; `None` after the last.
    pages: Option<PaginationStream<Page>>,
    events: VecDeque<LogEvent>,
    is_missing: bool,
}

impl Pages {
    /// Returns the time of the next event, and reads another page for it if necessary. Pages may be empty.
    async fn peek(&mut self) -> Result<Option<i64>, Failure> {
        while self.events.is_empty() {
            let Some(pages) = &mut self.pages else { return Ok(None) };
            match pages.next().await {
                Some(Ok(page)) => self.events.extend(page.events.unwrap_or_default().into_iter().map(|event| LogEvent {
                    label: self.source.label.clone(),
                    group: self.source.group.clone(),
                    stream: event.log_stream_name.unwrap_or_default(),
                    id: event.event_id.unwrap_or_default(),
                    at: event.timestamp.unwrap_or_default(),
                    message: event.message.unwrap_or_default(),
                })),
                Some(Err(error))
                    if error.as_service_error().is_some_and(FilterLogEventsError::is_resource_not_found_exception) =>
                {
                    self.is_missing = true;
                    self.pages = None;
                }
                Some(Err(error)) => return Err(sdk_failure("logs:FilterLogEvents", &error)),
                None => self.pages = None,
            }
        }
        Ok(self.events.front().map(|event| event.at))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_cloudwatchlogs::types::InputLogEvent;
    use deployer_emulator::{Emulator, Limits, Options, SystemClock};

    use super::*;

    fn client() -> Client {
        let (account, region) = ("111122223333".to_owned(), "us-east-1".to_owned());
        let (directory, clock, limits) = (None, Arc::new(SystemClock), Limits::default());
        let options = Options { directory, account, region, clock, speed: 1.0, seed: None, limits };
        let emulator = Emulator::open(options).expect("it opens");
        let credentials = Credentials::new("embedded", "embedded", None, None, "test");
        let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1"));
        let config = config.credentials_provider(SharedCredentialsProvider::new(credentials));
        Client::new(&config.http_client(deployer_emulator::server::sdk::http_client(emulator)).build())
    }

    async fn put(client: &Client, group: &str, stream: &str, events: impl IntoIterator<Item = (i64, String)>) {
        // Groups and streams that exist already are left alone.
        let _ = client.create_log_group().log_group_name(group).send().await;
        let _ = client.create_log_stream().log_group_name(group).log_stream_name(stream).send().await;
        let event = |(at, message)| InputLogEvent::builder().timestamp(at).message(message).build().expect("complete");
        let events = events.into_iter().map(event).collect();
        let put = client.put_log_events().log_group_name(group).log_stream_name(stream).set_log_events(Some(events));
        put.send().await.expect("put");
    }

    async fn new(reader: &mut Reader) -> Vec<(i64, String)> {
        let mut found = Vec::new();
        let mut take = |event: &LogEvent| {
            found.push((event.at, event.message.clone()));
            Ok(true)
        };
        assert!(reader.poll(&mut take).await.expect("read"));
        found
    }

    /// Three groups, of which one has several pages, one has its events in two streams and one does not exist.
    #[tokio::test]
    async fn each_event_is_read_once_in_order() {
        let client = client();
        let start = OffsetDateTime::now_utc() - time::Duration::minutes(5);
        let at = start.unix_timestamp() * 1000 + 1000;
        put(&client, "old", "a", [(at - 60_000, "too old".to_owned())]).await;
        for first in [0, 6_000] {
            put(&client, "one", "a", (first..first + 6_000).map(|n| (at + n, format!("one {n}")))).await;
        }
        put(&client, "two", "a", (0..6).map(|n| (at + 2_000 * n, format!("two {n}")))).await;
        put(&client, "two", "b", (0..6).map(|n| (at + 1_500 * n, format!("two b {n}")))).await;
        let source = |group: &str| LogSource { label: group.to_owned(), group: group.to_owned() };
        let sources = ["one", "two", "old", "none"].map(source).to_vec();
        let mut reader = Reader::new(client.clone(), sources, start, None);
        let found = new(&mut reader).await;
        assert_eq!(found.len(), 12_012);
        assert!(found.is_sorted_by_key(|(at, _)| *at));
        assert_eq!((reader.take_missing(), reader.take_missing()), (vec!["none".to_owned()], vec![]));

        assert_eq!(new(&mut reader).await, []);
        let (late, latest) = ((at + 100, "late".to_owned()), (at + 20_000, "latest".to_owned()));
        put(&client, "two", "c", [late.clone()]).await;
        put(&client, "none", "a", [latest.clone()]).await;
        assert_eq!(new(&mut reader).await, [late, latest]);
        assert_eq!(new(&mut reader).await, []);

        put(&client, "one", "b", [(at + 100, "ERROR here".to_owned())]).await;
        let mut reader = Reader::new(client, vec![source("one")], start, Some("ERROR".to_owned()));
        assert_eq!(new(&mut reader).await, [(at + 100, "ERROR here".to_owned())]);
    }
}
