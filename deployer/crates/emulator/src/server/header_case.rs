//! Original spelling of a request's header names.
//!
//! The HTTP library lowercases them and does not expose the original; API Gateway passes names on as they were sent.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Maximum number of bytes recorded of a request: more than any head that API Gateway accepts (quotas page: 10,240 bytes).
const MOST: usize = 64 * 1024;

/// Header names of a request as they were written, by the lower-case name.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeaderCase(BTreeMap<String, String>);

impl HeaderCase {
    /// Returns the original spelling of this name, or the name itself.
    pub(crate) fn of<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }

    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let head = text.trim_start().lines().skip(1).take_while(|line| !line.is_empty());
        let names = head.filter_map(|line| line.split_once(':')).map(|(name, _)| (name.to_ascii_lowercase(), name.to_owned()));
        Self(names.collect())
    }
}

/// Bytes received on a connection since its last request was answered, up to the limit.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawHead(Arc<Mutex<Vec<u8>>>);

impl RawHead {
    /// Returns the spelling of the request that has been read completely, and starts recording the next. The spelling of a request that was
    /// sent before the previous response may be unknown.
    pub(crate) fn take(&self) -> HeaderCase {
        HeaderCase::read(&std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn note(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(&bytes[..room]);
    }
}

/// A stream that records what is read from it.
#[derive(Debug)]
pub(crate) struct RecordingStream<S> {
    stream: S,
    heard: RawHead,
}

impl<S> RecordingStream<S> {
    /// Returns the stream and the handle to what it records.
    pub(crate) fn new(stream: S) -> (Self, RawHead) {
        let heard = RawHead::default();
        (Self { stream, heard: heard.clone() }, heard)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RecordingStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.heard.note(&buffer.filled()[before..]);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RecordingStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
