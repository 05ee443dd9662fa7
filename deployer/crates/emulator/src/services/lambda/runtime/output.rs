//! Captured standard output and error of a function's process, with a size limit.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// Maximum captured output of one event, in bytes; the rest is read and dropped.
const MAX_OUTPUT: usize = 4 << 20;

#[derive(Debug, Default)]
struct CapturedOutput {
    bytes: Vec<u8>,
    dropped: u64,
}

impl CapturedOutput {
    fn take_in(&mut self, read: &[u8]) {
        let room = MAX_OUTPUT.saturating_sub(self.bytes.len()).min(read.len());
        self.bytes.extend_from_slice(&read[..room]);
        self.dropped += (read.len() - room) as u64;
    }
}

/// Reading end of a process's output pipe, which is read continuously so that the process never blocks.
pub(super) struct Output {
    kept: Arc<Mutex<CapturedOutput>>,
    /// The same end for immediate reads: the event loop may not have seen the latest data yet.
    #[cfg(unix)]
    pipe: io::PipeReader,
    #[cfg(unix)]
    reader: tokio::task::JoinHandle<()>,
}

#[cfg(unix)]
impl Drop for Output {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

#[cfg(unix)]
impl Output {
    /// Opens a pipe and returns its writing end.
    ///
    /// # Errors
    /// Returns the error of the operating system.
    pub(super) fn open() -> io::Result<(Self, io::PipeWriter)> {
        let (pipe, writer) = io::pipe()?;
        // Both ends are now non-blocking: both descriptors share one open file.
        let watched = tokio::net::unix::pipe::Receiver::from_owned_fd(pipe.try_clone()?.into())?;
        let kept = Arc::new(Mutex::new(CapturedOutput::default()));
        let reader = tokio::spawn({
            let kept = Arc::clone(&kept);
            async move {
                while watched.readable().await.is_ok() {
                    if read_available(|buffer| watched.try_read(buffer), &kept) == Available::EventOutcome {
                        break;
                    }
                    // Other tasks get their turn, however much is written.
                    tokio::task::yield_now().await;
                }
            }
        });
        Ok((Self { kept, pipe, reader }, writer))
    }

    /// Returns the output since the last call, with a line for the omitted bytes.
    pub(super) fn take(&self) -> String {
        read_available(|buffer| (&self.pipe).read(buffer), &self.kept);
        self.taken()
    }
}

/// Implementation for systems without non-blocking pipe reads: a thread reads, and ends with the process.
#[cfg(not(unix))]
impl Output {
    pub(super) fn open() -> io::Result<(Self, io::PipeWriter)> {
        let (mut pipe, writer) = io::pipe()?;
        let kept = Arc::new(Mutex::new(CapturedOutput::default()));
        let into = Arc::clone(&kept);
        std::thread::Builder::new().name("reads-output".into()).spawn(move || {
            let mut buffer = [0; 64 * 1024];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                into.lock().unwrap_or_else(PoisonError::into_inner).take_in(&buffer[..count]);
            }
        })?;
        Ok((Self { kept }, writer))
    }

    pub(super) fn take(&self) -> String {
        self.taken()
    }
}

impl Output {
    fn taken(&self) -> String {
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        let mut text = String::from_utf8_lossy(&kept.bytes).into_owned();
        if kept.dropped > 0 {
            text +=
                &format!("\n[{} bytes left out: the embedded AWS keeps {MAX_OUTPUT} bytes of an event's output]\n", kept.dropped);
        }
        text
    }
}

#[cfg(unix)]
#[derive(Debug, PartialEq, Eq)]
enum Available {
    Waits,
    EventOutcome,
}

/// Reads available data, at most a few times the capacity of a pipe: a process that never stops writing is read further later.
#[cfg(unix)]
fn read_available(read: impl Fn(&mut [u8]) -> io::Result<usize>, kept: &Mutex<CapturedOutput>) -> Available {
    let mut buffer = [0; 64 * 1024];
    for _ in 0..16 {
        // Locked before the read: two concurrent readers would change the order.
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        match read(&mut buffer) {
            Ok(0) => return Available::EventOutcome,
            Ok(count) => kept.take_in(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Available::Waits,
            Err(_) => return Available::EventOutcome,
        }
    }
    Available::Waits
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[cfg(unix)]
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn output_is_kept_up_to_its_bound() {
        let (output, mut writer) = Output::open().expect("a pipe");
        writer.write_all(b"first\n").expect("written");
        assert_eq!(output.take(), "first\n");
        // On another thread, like a process: the data exceeds the capacity of a pipe.
        let written = tokio::task::spawn_blocking(move || {
            writer.write_all(&vec![b'x'; MAX_OUTPUT + 5])?;
            Ok::<_, io::Error>(writer)
        });
        let _writer = written.await.expect("no panic").expect("written");
        let text = output.take();
        assert!(text.starts_with("xxx") && text.contains("\n[5 bytes left out"), "{}", &text[text.len() - 200..]);
        assert_eq!(output.take(), "", "what was taken is gone");
    }
}
