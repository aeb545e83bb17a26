//! The thread that takes all waiting commits into one transaction, for stores that do not do so themselves.

use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::rows::Row;
use crate::subject::OneWriter;

/// As many commits as share one transaction at most, like our own store.
const GROUP: usize = 4_096;

type Commit = (Vec<Row>, oneshot::Sender<()>);

/// A handle to the thread.
#[derive(Clone)]
pub(crate) struct Grouped(mpsc::Sender<Commit>);

impl Grouped {
    /// Starts the thread; it gives the store back when the last handle is gone.
    pub(crate) fn start<S: OneWriter>(mut store: S) -> (Grouped, JoinHandle<Result<S, String>>) {
        let (sender, mut receiver) = mpsc::channel::<Commit>(GROUP);
        let run = move || {
            let mut replies = Vec::new();
            while let Some(first) = receiver.blocking_recv() {
                let rest = std::iter::from_fn(|| receiver.try_recv().ok());
                let mut rows = Vec::new();
                for (change, reply) in std::iter::once(first).chain(rest).take(GROUP) {
                    rows.extend(change);
                    replies.push(reply);
                }
                store.commit(rows).map_err(|error| error.to_string())?;
                for reply in replies.drain(..) {
                    let reply: oneshot::Sender<()> = reply;
                    reply.send(()).ok();
                }
            }
            Ok(store)
        };
        (Grouped(sender), std::thread::spawn(run))
    }

    /// Waits until the rows are durable; false when the store failed.
    pub(crate) async fn commit(&self, rows: Vec<Row>) -> bool {
        let (reply, answer) = oneshot::channel();
        self.0.send((rows, reply)).await.is_ok() && answer.await.is_ok()
    }
}
