//! Work that blocks its thread.

use storage::Threads;

/// Does work that blocks beside the runtime's workers, which it must not hold up; nothing when it panicked.
///
/// Where stores have no threads of their own the work is done within the call: that is how a simulation asks for the same
/// order of things each time.
pub(crate) async fn aside<T: Send + 'static>(
    threads: Threads,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    match threads {
        Threads::Background => tokio::task::spawn_blocking(work).await.ok(),
        Threads::Inline => Some(work()),
    }
}
