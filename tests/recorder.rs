//! A recorder between the clients of an emulator and the emulator: it passes every byte on, breaks included, and shows each
//! exchange to the vendors' descriptions.
//!
//! An emulator tells its own address in its answers; here it becomes the recorder's, and back again in what clients send, so
//! that a client which follows links stays before the recorder. Control endpoints pass without being judged. While fault
//! rules are set, answers are not judged here, where nothing tells what a fault made of them; the emulator's own recordings
//! do (`tests/recordings.rs`).

#![expect(clippy::expect_used, reason = "the helpers of a test fail the test")]

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, LOCATION,
    TRANSFER_ENCODING, USER_AGENT,
};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use model::Side;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

use crate::descriptions::{Descriptions, Exchange, Verdict};
use crate::environment;

/// The descriptions, read once; nothing where they are not at hand.
pub static DESCRIPTIONS: LazyLock<Option<Arc<Descriptions>>> =
    LazyLock::new(|| environment::specs().map(|folder| Arc::new(Descriptions::load(&folder))));

/// What the beginning of our product's user agent is.
const PRODUCT: &str = "Counterpart/";

/// A recorder at work.
pub struct Recorder {
    /// `http://127.0.0.1:PORT`, where clients go instead of to the emulator.
    pub root: String,
    judging: Option<JoinHandle<Verdict>>,
    exchanges: Sender<Option<Exchange>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Recorder {
    /// Begins to record before the emulator at that root. Nothing when there are no descriptions to judge by.
    pub async fn begin(side: Side, upstream: &str) -> Option<Recorder> {
        let descriptions = Arc::clone(DESCRIPTIONS.as_ref()?);
        // A second installation is refused and harmless: the first one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (exchanges, received) = channel();
        let relay = Arc::new(Relay {
            side,
            own: address.to_string(),
            upstream: upstream.trim_start_matches("http://").to_owned(),
            exchanges: exchanges.clone(),
            is_faulty: AtomicBool::new(false),
            changes: AtomicU64::new(0),
            client: client(),
        });
        Some(Recorder {
            root: format!("http://{address}"),
            judging: Some(std::thread::spawn(move || judge(&descriptions, received))),
            exchanges,
            serving: tokio::spawn(serve(listener, relay)),
        })
    }

    /// Ends the recording and tells what was found.
    #[must_use]
    pub fn end(mut self) -> Verdict {
        self.serving.abort();
        // Connections that nobody closes would keep the judge waiting.
        let _ = self.exchanges.send(None);
        let judging = self.judging.take().expect("it ends once");
        judging.join().expect("the judge comes to a verdict")
    }
}

fn client() -> reqwest::Client {
    // No connection is kept: what a fault does to one must not become a retry on another.
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_gzip()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .build()
        .expect("a client")
}

fn judge(descriptions: &Descriptions, exchanges: Receiver<Option<Exchange>>) -> Verdict {
    let mut verdict = Verdict::default();
    for exchange in exchanges.iter().map_while(|exchange| exchange) {
        descriptions.judge(&exchange, &mut verdict);
    }
    verdict
}

async fn serve(listener: TcpListener, relay: Arc<Relay>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(connection(stream, Arc::clone(&relay)));
            }
        }
    }
}

async fn connection(stream: TcpStream, relay: Arc<Relay>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let relay = Arc::clone(&relay);
        async move { relay.pass(request).await }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // A connection that a fault breaks ends in an error, as it should.
    drop(served);
}

/// The connection ends without an answer, as the emulator's did.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection behind the recorder broke")
    }
}

impl std::error::Error for Broken {}

struct Relay {
    side: Side,
    own: String,
    upstream: String,
    exchanges: Sender<Option<Exchange>>,
    /// Whether fault rules are set, or are just being changed.
    is_faulty: AtomicBool,
    /// How often they were changed.
    changes: AtomicU64,
    client: reqwest::Client,
}

impl Relay {
    async fn pass(
        &self,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<Outgoing>, Broken> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
        let mut headers = head.headers.clone();
        for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        let body = rewritten(&headers, body, &self.own, &self.upstream);
        let is_change = head.uri.path() == "/_emulator/faults" && !body.is_empty();
        if is_change {
            // Already before the emulator hears of it: what it answers meanwhile is either with the old rules or the new.
            self.is_faulty.store(true, Ordering::SeqCst);
            self.changes.fetch_add(1, Ordering::SeqCst);
        }
        let before = self.calm();
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let answer = self
            .client
            .request(
                head.method.clone(),
                format!("http://{}{target}", self.upstream),
            )
            .headers(headers.clone())
            .body(body.clone())
            .send()
            .await
            .map_err(|_| Broken)?;
        let (answer, whole) = self.answer(answer).await;
        let Some(whole) = whole else {
            return Ok(answer);
        };
        if is_change {
            self.is_faulty.store(has_rules(&body), Ordering::SeqCst);
        } else if !head.uri.path().starts_with("/_emulator/")
            && before.is_some()
            && before == self.calm()
        {
            self.record(&head, &headers, body, &answer, whole);
        }
        Ok(answer)
    }

    /// The answer to pass on, and its body if it came whole.
    async fn answer(
        &self,
        mut answer: reqwest::Response,
    ) -> (hyper::Response<Outgoing>, Option<Bytes>) {
        let mut out = hyper::Response::builder().status(answer.status());
        let mut headers = answer.headers().clone();
        let promised = headers.remove(CONTENT_LENGTH);
        headers.remove(TRANSFER_ENCODING);
        headers.remove(CONNECTION);
        let mut parts = Vec::new();
        let is_whole = loop {
            match answer.chunk().await {
                Ok(Some(part)) => parts.extend_from_slice(&part),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        let body = rewritten(&headers, Bytes::from(parts), &self.upstream, &self.own);
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.map(|value| value.replace(&self.upstream, &self.own));
        if let Some(Ok(value)) = location.map(|value| HeaderValue::from_str(&value)) {
            headers.insert(LOCATION, value);
        }
        if let (false, Some(promised)) = (is_whole, promised) {
            headers.insert(CONTENT_LENGTH, promised);
        }
        if let Some(all) = out.headers_mut() {
            *all = headers;
        }
        let outgoing = Outgoing::new(body.clone(), is_whole);
        let out = out.body(outgoing).expect("an answer can be passed on");
        (out, is_whole.then_some(body))
    }

    /// The number of changes to the fault rules so far, while none are set. An exchange with the same number before and after
    /// it was not touched by any.
    fn calm(&self) -> Option<u64> {
        let changes = self.changes.load(Ordering::SeqCst);
        (!self.is_faulty.load(Ordering::SeqCst)).then_some(changes)
    }

    fn record(
        &self,
        head: &hyper::http::request::Parts,
        headers: &HeaderMap,
        request: Bytes,
        answer: &hyper::Response<Outgoing>,
        response: Bytes,
    ) {
        let query = head.uri.query().unwrap_or_default();
        let exchange = Exchange {
            side: self.side,
            by_product: text(headers, &USER_AGENT).starts_with(PRODUCT),
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            request_type: text(headers, &CONTENT_TYPE),
            request,
            status: answer.status().as_u16(),
            response_type: text(answer.headers(), &CONTENT_TYPE),
            response,
        };
        // Nobody listens any more when the recording has ended.
        let _ = self.exchanges.send(Some(exchange));
    }
}

/// Whether a request for other fault rules leaves any.
fn has_rules(body: &Bytes) -> bool {
    let asked: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let rules = asked["rules"].as_array();
    rules.is_some_and(|rules| !rules.is_empty())
}

fn text(headers: &HeaderMap, name: &hyper::header::HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// A text body with one address in place of the other; bytes of other kinds stay as they are.
fn rewritten(headers: &HeaderMap, body: Bytes, from: &str, to: &str) -> Bytes {
    let kind = text(headers, &CONTENT_TYPE);
    let is_text = kind.contains("json") || kind.starts_with("text/");
    match std::str::from_utf8(&body) {
        Ok(text) if is_text && text.contains(from) => Bytes::from(text.replace(from, to)),
        _ => body,
    }
}

/// A body in one piece, and after it either the end or a break of the connection.
struct Outgoing {
    first: Option<Bytes>,
    length: u64,
    then_break: Option<Pin<Box<Sleep>>>,
}

impl Outgoing {
    fn new(body: Bytes, is_whole: bool) -> Outgoing {
        // The pause lets the first part leave before the connection breaks.
        let pause = || Box::pin(tokio::time::sleep(Duration::from_millis(30)));
        Outgoing {
            length: u64::try_from(body.len()).unwrap_or(u64::MAX),
            first: Some(body).filter(|body| !body.is_empty()),
            then_break: (!is_whole).then(pause),
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        match &mut self.then_break {
            None => Poll::Ready(None),
            Some(pause) => pause.as_mut().poll(context).map(|()| Some(Err(Broken))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.then_break.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.then_break.is_some() {
            SizeHint::default()
        } else {
            SizeHint::with_exact(self.length)
        }
    }
}
