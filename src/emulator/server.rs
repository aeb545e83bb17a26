//! A site over HTTP/1.1.
//!
//! The shell only moves bytes: it reads a bounded body, asks the site's [`Offline`] under one
//! lock, waits as long as the answer's delivery says, and writes or closes. It decides nothing.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Sleep;

use crate::clock::system_ms;
use crate::limit;
use crate::offline::{Answer, Delivery, Offline};
use crate::options::Options;
use crate::site::{Request, Response, Site};

/// How often what a `late_apply` held back is looked at.
const LATE_TICK: Duration = Duration::from_millis(20);

/// How long a connection may stay idle, and how long a request's head or body may take.
const IDLE: Duration = Duration::from_secs(300);

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
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        let media = if site.has_media_host() {
            // Another port is another origin, to which clients must not take their credentials.
            let listener = TcpListener::bind(SocketAddr::new(address.ip(), 0)).await?;
            let url = format!("http://{}", listener.local_addr()?);
            Some((listener, url))
        } else {
            None
        };
        let shared = Arc::new(Mutex::new(Offline::new(site, options)));
        let (stop, stopped) = watch::channel(false);
        let room = Arc::new(Semaphore::new(limit::CONNECTIONS_MAX));
        let accepting = |listener: TcpListener, url: &str| Accepting {
            listener,
            handle: Handle {
                shared: Arc::clone(&shared),
            },
            url: Arc::from(url),
            room: Arc::clone(&room),
            stopped: stopped.clone(),
        };
        let main = accepting(listener, &url);
        let beside = media.map(|(listener, media_url)| {
            let accepting = accepting(listener, &media_url);
            accepting
                .handle
                .with(|offline| offline.set_media_origin(media_url));
            accepting
        });
        let task = tokio::spawn(async move {
            match beside {
                Some(beside) => {
                    tokio::join!(main.run(), beside.run());
                }
                None => main.run().await,
            }
        });
        Ok(Running {
            url,
            stop,
            task,
            handle: Handle { shared },
        })
    }
}

/// A server at work; dropping it stops it without grace.
#[derive(Debug)]
pub struct Running {
    url: String,
    stop: watch::Sender<bool>,
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

struct Accepting {
    listener: TcpListener,
    handle: Handle,
    url: Arc<str>,
    room: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
}

impl Accepting {
    async fn run(mut self) {
        let mut connections = JoinSet::new();
        let mut tick = tokio::time::interval(LATE_TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = self.stopped.changed() => break,
                _ = tick.tick() => self.handle.with(|offline| offline.advance(system_ms())),
                Some(_) = connections.join_next() => {}
                accepted = accept(&self.listener, &self.room) => {
                    if let Some((stream, permit)) = accepted {
                        let serving = self.serve(stream);
                        connections.spawn(async move {
                            serving.await;
                            drop(permit);
                        });
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

    fn serve(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + use<> {
        let handle = self.handle.clone();
        let url = Arc::clone(&self.url);
        let mut stopped = self.stopped.clone();
        async move {
            let service = service_fn(move |request| {
                let handle = handle.clone();
                let url = Arc::clone(&url);
                async move { answer(request, &handle, &url).await }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder
                .timer(TokioTimer::new())
                .header_read_timeout(IDLE)
                .keep_alive(true);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            tokio::select! {
                ended = connection.as_mut() => log_end(ended),
                _ = stopped.changed() => {
                    connection.as_mut().graceful_shutdown();
                    log_end(connection.await);
                }
            }
        }
    }
}

type Permit = tokio::sync::OwnedSemaphorePermit;

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, Permit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "the connection keeps Nagle's delay");
            }
            Some((stream, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(10)).await;
            None
        }
    }
}

fn log_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The connection closes without an answer: a fault, not a failure.
#[derive(Debug, thiserror::Error)]
#[error("a fault closes the connection")]
struct Close;

async fn answer(
    request: http::Request<Incoming>,
    handle: &Handle,
    url: &str,
) -> Result<http::Response<Outgoing>, Close> {
    let request = match read(request).await {
        Ok(request) => request,
        Err(response) => return whole(response),
    };
    let Delivery { answer, after_ms } =
        handle.with(|offline| offline.deliver(&request, system_ms(), url));
    if after_ms > 0 {
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
    }
    match answer {
        Answer::Response(response) => whole(response),
        Answer::Truncated(response) => cut(response),
        Answer::Closed => Err(Close),
    }
}

async fn read(request: http::Request<Incoming>) -> Result<Request, Response> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, limit::REQUEST_BODY_BYTES_MAX).collect();
    let Ok(body) = tokio::time::timeout(IDLE, body).await else {
        return Err(Response::html(
            408,
            "<html><body>Request Timeout</body></html>",
        ));
    };
    let body = match body {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(Response::html(
                413,
                "<html><body>Payload Too Large</body></html>",
            ));
        }
        Err(_) => return Err(Response::html(400, "<html><body>Bad Request</body></html>")),
    };
    let query = head.uri.query().unwrap_or_default();
    Ok(Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: head.headers,
        body,
    })
}

fn whole(response: Response) -> Result<http::Response<Outgoing>, Close> {
    let body = Outgoing {
        first: Some(response.body.clone()),
        then_break: None,
    };
    assemble(&response, body)
}

fn cut(response: Response) -> Result<http::Response<Outgoing>, Close> {
    // The pause lets the first part leave before the connection breaks.
    let pause = Box::pin(tokio::time::sleep(Duration::from_millis(30)));
    let body = Outgoing {
        first: Some(response.body.clone()),
        then_break: Some(pause),
    };
    assemble(&response, body)
}

fn assemble(response: &Response, body: Outgoing) -> Result<http::Response<Outgoing>, Close> {
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    builder.body(body).map_err(|error| {
        tracing::error!(%error, "a site made an answer that HTTP cannot carry");
        Close
    })
}

/// An answer's body: one piece, and after it either the end or a break of the connection.
struct Outgoing {
    first: Option<Bytes>,
    then_break: Option<Pin<Box<Sleep>>>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Close;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Close>>> {
        if let Some(first) = self.first.take().filter(|first| !first.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        match &mut self.then_break {
            None => Poll::Ready(None),
            Some(pause) => pause.as_mut().poll(context).map(|()| Some(Err(Close))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.then_break.is_none() && self.first.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match (&self.then_break, &self.first) {
            (None, first) => {
                let length = first.as_ref().map_or(0, Bytes::len);
                hyper::body::SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            (Some(_), _) => hyper::body::SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::fault::{Fault, Faults, Rule};
    use crate::jira::Cloud;

    async fn server() -> Running {
        let options = Options::live(3, 7);
        let site = Box::new(Cloud::new(options.clone()));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Server::bind(address, site, options)
            .await
            .expect("a free port")
    }

    fn get(path: &str) -> String {
        // alice@acme.example:alice-token
        let token = "YWxpY2VAYWNtZS5leGFtcGxlOmFsaWNlLXRva2Vu";
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n\r\n")
    }

    async fn connect(running: &Running) -> TcpStream {
        let address = running.url().trim_start_matches("http://");
        TcpStream::connect(address).await.expect("a connection")
    }

    /// One answer with a body of known length; fewer bytes when the connection closes before.
    async fn exchange(stream: &mut TcpStream, request: &str) -> String {
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        loop {
            let count = stream.read(&mut part).await.unwrap_or(0);
            answer.extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&answer).into_owned();
            if count == 0 || complete(&text) {
                return text;
            }
        }
    }

    fn complete(text: &str) -> bool {
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return false;
        };
        let length = head
            .lines()
            .find_map(|it| it.strip_prefix("content-length: "));
        length
            .and_then(|it| it.parse().ok())
            .is_some_and(|it: usize| body.len() >= it)
    }

    #[tokio::test]
    async fn a_connection_serves_many_requests_and_stopping_is_graceful() {
        let running = server().await;
        let mut stream = connect(&running).await;
        for _ in 0..3 {
            let answer = exchange(&mut stream, &get("/rest/api/3/myself")).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(answer.contains("Alice Abara"));
            assert!(
                answer.contains(running.url()),
                "links name the address that was used"
            );
        }
        assert_eq!(running.handle().with(|offline| offline.counts().total()), 3);
        let begun = std::time::Instant::now();
        running.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(2));
        assert_eq!(exchange(&mut stream, &get("/rest/api/3/myself")).await, "");
    }

    #[tokio::test]
    async fn a_fault_closes_the_connection_or_cuts_the_body() {
        let running = server().await;
        let set = |rule: Rule| {
            running
                .handle()
                .with(|offline| offline.set_faults(&Faults::of([rule])))
        };
        set(Rule::always(Fault::Dropped));
        let mut stream = connect(&running).await;
        assert_eq!(exchange(&mut stream, &get("/rest/api/3/myself")).await, "");
        set(Rule::always(Fault::TruncatedBody));
        let mut stream = connect(&running).await;
        let answer = exchange(&mut stream, &get("/rest/api/3/myself")).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && !complete(&answer),
            "{answer}"
        );
        let mut stream = connect(&running).await;
        let control = exchange(&mut stream, &get("/_emulator/requests")).await;
        assert!(control.contains("\"total\":2"), "{control}");
    }

    #[tokio::test]
    async fn files_come_from_another_port_with_the_token_alone() {
        let running = server().await;
        let body = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhello\r\n--XX--\r\n";
        let head = get("/rest/api/3/issue/WEB-1/attachments").replace("GET ", "POST ");
        let upload = format!(
            "{}X-Atlassian-Token: no-check\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: {}\r\n\r\n{body}",
            head.trim_end_matches("\r\n").to_owned() + "\r\n",
            body.len()
        );
        let mut stream = connect(&running).await;
        let answer = exchange(&mut stream, &upload).await;
        let after = answer
            .split_once("/attachment/content/")
            .expect("an address")
            .1;
        let id: String = after.chars().take_while(char::is_ascii_digit).collect();
        let path = format!("/rest/api/3/attachment/content/{id}");
        let answer = exchange(&mut stream, &get(&path)).await;
        let location = answer
            .lines()
            .find_map(|it| it.strip_prefix("location: "))
            .expect("an address");
        assert!(!location.starts_with(running.url()), "{location}");
        let rest = location.strip_prefix("http://").expect("an address");
        let (host, path) = rest.split_once('/').expect("a path");
        let mut media = TcpStream::connect(host).await.expect("a connection");
        let bare = format!("GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(exchange(&mut media, &bare).await.ends_with("\r\n\r\nhello"));
        let leaks = |running: &Running| running.handle().with(|it| it.credentials_leaked());
        assert_eq!(leaks(&running), 0);
        let careless = get(&format!("/{path}"));
        assert!(
            exchange(&mut media, &careless)
                .await
                .starts_with("HTTP/1.1 200")
        );
        assert_eq!(leaks(&running), 1);
        let control = exchange(&mut media, &get("/_emulator/ledger")).await;
        assert!(control.starts_with("HTTP/1.1 404"), "{control}");
        running.stop().await;
    }

    #[tokio::test]
    async fn what_is_applied_late_is_applied_without_a_further_request() {
        let running = server().await;
        let late = Rule {
            delay_ms: Some(50),
            ..Rule::always(Fault::LateApply)
        };
        running
            .handle()
            .with(|offline| offline.set_faults(&Faults::of([late])));
        let mut stream = connect(&running).await;
        let delete = get("/rest/api/3/issue/WEB-1").replace("GET ", "DELETE ");
        assert_eq!(exchange(&mut stream, &delete).await, "");
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let left = running
                .handle()
                .with(|offline| offline.site().items().len());
            if left == 2 {
                return;
            }
        }
        panic!("the late request was never applied");
    }
}
