//! A site over HTTP/1.1.
//!
//! The shell only moves bytes: it reads a bounded body (`intake`), asks the site's [`Offline`]
//! under one lock, waits as long as the answer's delivery says, and writes or closes (`outgoing`).
//! It also carries what the site sends (`courier`). It decides nothing.
//!
//! Whatever clients do, a server's memory is bounded: connections are counted, heads are short,
//! bodies and unread answers are paid for out of a `budget`, and whoever is too slow is let go.

mod budget;
mod courier;
#[cfg(test)]
mod flood;
mod guard;
mod intake;
mod outgoing;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::clock::system_ms;
use crate::limit;
use crate::offline::{Answer, Delivery, Offline};
use crate::options::{Allowance, Options};
use crate::site::Site;
use budget::Budget;
use guard::Guarded;
use outgoing::{Close, Outgoing};

/// How many connections the system keeps ready for being accepted.
const BACKLOG: u32 = 4_096;

/// What a connection gets that is one too many.
const CROWDED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
                         Content-Length: 0\r\nConnection: close\r\n\r\n";

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Serves a site on an address; port 0 takes a free port.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn bind(
        address: SocketAddr,
        site: Box<dyn Site>,
        options: Options,
    ) -> std::io::Result<Running> {
        let listener = listen(address)?;
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        let media = if site.has_media_host() {
            Some(media_listener(address)?)
        } else {
            None
        };
        let allowance = options.allowance;
        let posts_at_once = options.posts_at_once.clamp(1, limit::POSTS_AT_ONCE_MAX);
        let handle = Handle {
            shared: Arc::new(Mutex::new(Offline::new(site, options))),
        };
        let (stop, stopped) = watch::channel(false);
        let courier = courier::run(
            handle.clone(),
            posts_at_once,
            Duration::from_millis(allowance.post_ms),
            stopped.clone(),
        );
        let bodies = Budget::new(allowance.bodies_bytes);
        let answers = Budget::new(allowance.answers_bytes);
        let room = Arc::new(Semaphore::new(connections_max(allowance.connections)));
        let accepting = |listener: TcpListener, url: String| Accepting {
            listener,
            desk: Arc::new(Desk {
                handle: handle.clone(),
                url,
                allowance,
                bodies: Arc::clone(&bodies),
                answers: Arc::clone(&answers),
            }),
            room: Arc::clone(&room),
            stopped: stopped.clone(),
        };
        let main = accepting(listener, url.clone());
        let beside = media.map(|(listener, origin)| {
            handle.with(|offline| offline.set_media_origin(origin.clone()));
            accepting(listener, origin)
        });
        Ok(Running {
            url,
            stop,
            courier: tokio::spawn(courier),
            task: tokio::spawn(run(main, beside)),
            handle,
        })
    }
}

/// The host of files is another port, which is another origin: clients must not take their
/// credentials there.
fn media_listener(beside: SocketAddr) -> std::io::Result<(TcpListener, String)> {
    let listener = listen(SocketAddr::new(beside.ip(), 0))?;
    let origin = format!("http://{}", listener.local_addr()?);
    Ok((listener, origin))
}

async fn run(main: Accepting, beside: Option<Accepting>) {
    match beside {
        Some(beside) => {
            tokio::join!(main.run(), beside.run());
        }
        None => main.run().await,
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Half of the files that the process may open, where the system tells.
fn connections_max(asked: usize) -> usize {
    open_files_max()
        .map_or(asked, |files| asked.min(files / 2))
        .max(1)
}

fn open_files_max() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|it| it.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// A server at work; dropping it stops it without grace.
#[derive(Debug)]
pub struct Running {
    url: String,
    stop: watch::Sender<bool>,
    courier: JoinHandle<()>,
    task: JoinHandle<()>,
    handle: Handle,
}

impl Running {
    /// The address that clients use, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Access to the site beside HTTP.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Accepts no more, lets requests under way finish for a moment, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // The task ends by itself after the grace; that it panicked changes nothing for us here.
        let _ended = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
        self.courier.abort();
    }
}

/// A server's site, for looking at it and steering it from the same process.
#[derive(Debug, Clone)]
pub struct Handle {
    shared: Arc<Mutex<Offline>>,
}

impl Handle {
    /// Runs `f` on the site; requests wait meanwhile.
    pub fn with<T>(&self, f: impl FnOnce(&mut Offline) -> T) -> T {
        f(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Offline> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all connections of a server share.
#[derive(Debug)]
struct Desk {
    handle: Handle,
    url: String,
    allowance: Allowance,
    bodies: Arc<Budget>,
    answers: Arc<Budget>,
}

struct Accepting {
    listener: TcpListener,
    desk: Arc<Desk>,
    room: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
}

impl Accepting {
    async fn run(mut self) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = self.stopped.changed() => break,
                Some(_) = connections.join_next() => {}
                accepted = accept(&self.listener, &self.room) => {
                    if let Some((stream, permit)) = accepted {
                        connections.spawn(serve(stream, permit, Arc::clone(&self.desk), self.stopped.clone()));
                    }
                }
            }
        }
        drop(self.listener);
        let grace = Duration::from_secs(limit::STOP_GRACE_S);
        let _timed_out = tokio::time::timeout(grace, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
    }
}

/// Serves one connection to its end.
async fn serve(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    desk: Arc<Desk>,
    mut stopped: watch::Receiver<bool>,
) {
    let allowance = desk.allowance;
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { answer(request, &desk).await }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(allowance.head_ms))
        .max_buf_size(limit::HEAD_BYTES_MAX)
        .max_headers(limit::HEADERS_MAX)
        .keep_alive(true);
    let patience = Duration::from_millis(allowance.answer_ms);
    let stream = TokioIo::new(Guarded::new(stream, patience));
    let connection = builder.serve_connection(stream, service);
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => log_end(ended),
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            log_end(connection.await);
        }
    }
    drop(permit);
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let stream = match listener.accept().await {
        Ok((stream, _)) => stream,
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            // Too many open files mend themselves only with time.
            tokio::time::sleep(Duration::from_millis(50)).await;
            return None;
        }
    };
    let Ok(permit) = Arc::clone(room).try_acquire_owned() else {
        turn_away(stream);
        return None;
    };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection keeps Nagle's delay");
    }
    Some((stream, permit))
}

/// Says at once that there is no room; nothing is waited for.
fn turn_away(stream: TcpStream) {
    let said = stream
        .into_std()
        .and_then(|mut stream| stream.write_all(CROWDED));
    tracing::debug!(?said, "a connection too many is turned away");
}

fn log_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer(
    request: http::Request<Incoming>,
    desk: &Desk,
) -> Result<http::Response<Outgoing>, Close> {
    let patience = Duration::from_millis(desk.allowance.body_ms);
    let (request, loan) = match intake::read(request, &desk.bodies, patience).await {
        Ok(read) => read,
        Err(response) => return outgoing::whole(response, &desk.answers),
    };
    let Delivery { answer, after_ms } = desk
        .handle
        .with(|offline| offline.deliver(&request, system_ms(), &desk.url));
    // The body is given back before anything is waited for.
    drop((request, loan));
    if after_ms > 0 {
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
    }
    match answer {
        Answer::Response(response) => outgoing::whole(response, &desk.answers),
        Answer::Truncated(response) => outgoing::cut(response, &desk.answers),
        Answer::Closed => Err(Close),
    }
}
