//! The thread that writes the log's files.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use actors::Clock as _;
use model::{Millis, limit};

use super::files::Files;
use crate::clock::SystemClock;
use crate::exit::Error;

/// How often the thread looks whether a day is over while nothing is written.
const LOOK: Duration = Duration::from_secs(600);
/// How long the end waits for the last lines.
const PATIENCE: Duration = Duration::from_secs(2);

enum Letter {
    Line(String, Millis),
    /// Answer when everything before this is written.
    Flush(SyncSender<()>),
}

/// The thread that writes. What goes with it is waited for.
pub struct Scribe {
    page: Option<Page>,
}

/// The way to the thread.
#[derive(Clone)]
pub(super) struct Page {
    letters: SyncSender<Letter>,
    /// Lines that found no room in the queue.
    lost: Arc<AtomicU64>,
}

impl Page {
    /// Hands a line over. It never waits: without room the line is counted among the lost.
    pub(super) fn write(&self, line: String, now: Millis) {
        if self.letters.try_send(Letter::Line(line, now)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Scribe {
    /// Starts the thread, if there is a directory to write to.
    pub(super) fn begin(directory: Option<&Path>) -> Result<Scribe, Error> {
        let Some(directory) = directory else {
            return Ok(Scribe { page: None });
        };
        let failed = |error: std::io::Error| {
            Error::Usage(format!(
                "[node] log_directory = {:?}: {error}; name a directory that this user may write to",
                directory.display().to_string()
            ))
        };
        let files = Files::below(directory).map_err(failed)?;
        let (letters, received) = sync_channel(limit::LOG_QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let missed = Arc::clone(&lost);
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write(files, &received, &missed))
            .map_err(failed)?;
        let page = Page { letters, lost };
        Ok(Scribe { page: Some(page) })
    }

    pub(super) fn page(&self) -> Option<Page> {
        self.page.clone()
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        let Some(page) = &self.page else { return };
        let (written, wait) = sync_channel(1);
        if page.letters.try_send(Letter::Flush(written)).is_ok() {
            let _ = wait.recv_timeout(PATIENCE);
        }
    }
}

fn write(mut files: Files, received: &Receiver<Letter>, missed: &AtomicU64) {
    loop {
        match received.recv_timeout(LOOK) {
            Ok(Letter::Line(line, at)) => {
                files.miss(missed.swap(0, Ordering::Relaxed));
                files.write(&line, at);
            }
            Ok(Letter::Flush(written)) => drop(written.send(())),
            Err(RecvTimeoutError::Timeout) => files.tend(SystemClock.now()),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_when_the_scribe_has_gone() {
        let folder = tempfile::tempdir().unwrap();
        let scribe = Scribe::begin(Some(folder.path())).unwrap();
        let page = scribe.page().unwrap();
        for number in 0..1_000 {
            page.write(format!("{number}\n"), Millis(0));
        }
        drop(scribe);
        let path = folder.path().join("counterpart-1970-01-01.log");
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count(), 1_000);
    }

    #[test]
    fn a_queue_without_room_holds_nobody_up_and_is_counted() {
        let (letters, received) = sync_channel(2);
        let lost = Arc::new(AtomicU64::new(0));
        let page = Page { letters, lost };
        for _ in 0..5 {
            page.write("line\n".to_owned(), Millis(0));
        }
        assert_eq!(page.lost.load(Ordering::Relaxed), 3);
        drop(received);
    }
}
