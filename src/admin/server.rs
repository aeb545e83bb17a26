//! The way of a request: accept, read within bounds, check who asks, answer.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::access::Access;
use crate::backend::{Backend, Query, Readiness};
use crate::host;
use crate::reply::{self, Reply};
use crate::route::{Lost, Route};
use crate::token::{Token, TokenError};
use crate::{console, limit, metrics, openapi};

/// Why the endpoint does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from outside, and there is no TLS.
    #[error(
        "the admin endpoint serves loopback addresses only, not {0}: HTTPS comes with the console's own issue; \
         listen on 127.0.0.1 or [::1], and put a proxy with TLS before it if others need it"
    )]
    NotLoopback(SocketAddr),
    /// The listener does not know its own address.
    #[error("the admin endpoint's listener does not work: {0}")]
    Listener(#[from] std::io::Error),
    /// There is no secret to protect the endpoint with.
    #[error(transparent)]
    Token(#[from] TokenError),
}

model::loggable!(ServeError);

/// Everything that a request needs.
struct Endpoint {
    backend: Arc<dyn Backend>,
    access: Access,
}

/// Serves a node's endpoint until `stop` is done. Requests under way then have [`limit::STOP_MS`] to finish.
///
/// # Errors
/// When the listener's address is not a loopback address, or the system gives no random bytes. Nothing ends it later:
/// when the system refuses connections for a while, it waits and goes on.
pub async fn serve(
    listener: TcpListener,
    backend: Arc<dyn Backend>,
    token: Token,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let access = Access::new(&token, address.port(), Instant::now())?;
    drop(token);
    let endpoint = Arc::new(Endpoint { backend, access });
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::select! {
        () = accept(&listener, &endpoint, &mut connections, &stopped) => {}
        () = stop => {}
    }
    drop(listener);
    stopping.send_replace(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    if timeout(Duration::from_millis(limit::STOP_MS), finished)
        .await
        .is_err()
    {
        connections.shutdown().await;
    }
    Ok(())
}

/// Takes connections for ever.
async fn accept(
    listener: &TcpListener,
    endpoint: &Arc<Endpoint>,
    connections: &mut JoinSet<()>,
    stopped: &watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(limit::CONNECTIONS));
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _peer)) => stream,
            Err(error) => {
                model::log!(
                    warn,
                    "the admin endpoint cannot accept a connection",
                    kind = error.kind()
                );
                sleep(Duration::from_millis(limit::ACCEPT_PAUSE_MS)).await;
                continue;
            }
        };
        let (endpoint, stopped) = (Arc::clone(endpoint), stopped.clone());
        connections.spawn(async move {
            talk(stream, endpoint, stopped).await;
            drop(place);
        });
    }
}

/// Serves one connection to its end, its time's end, or the endpoint's.
async fn talk(stream: TcpStream, endpoint: Arc<Endpoint>, mut stopped: watch::Receiver<bool>) {
    let service = service_fn(move |request| {
        let endpoint = Arc::clone(&endpoint);
        async move { Ok::<_, Infallible>(endpoint.respond(request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limit::HEAD_MS))
        .max_buf_size(limit::HEAD_BYTES)
        .max_headers(limit::HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let served = async {
        tokio::select! {
            _ended = connection.as_mut() => {}
            () = told(&mut stopped) => {
                connection.as_mut().graceful_shutdown();
                let _ended = connection.as_mut().await;
            }
        }
    };
    let _in_time = timeout(Duration::from_millis(limit::CONNECTION_MS), served).await;
}

/// Waits until the endpoint stops.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // A sender that is gone is a stop too.
    let _seen = stopped.wait_for(|stopped| *stopped).await;
}

/// What became of a body that is read and dropped.
enum Body {
    Read,
    TooLong,
    Broken,
}

impl Endpoint {
    /// Answers within the time for it.
    async fn respond(&self, request: Request<Incoming>) -> Reply {
        let time = Duration::from_millis(limit::REQUEST_MS);
        timeout(time, self.checked(request))
            .await
            .unwrap_or_else(|_elapsed| {
                let message = "the request took too long; try again";
                reply::error(StatusCode::SERVICE_UNAVAILABLE, "late", message)
            })
    }

    /// Checks everything that is the same for all routes.
    async fn checked(&self, request: Request<Incoming>) -> Reply {
        let (head, body) = request.into_parts();
        if let Err(strange) = host::check(&head.headers) {
            return reply::strange(strange);
        }
        let route = match find(&head.method, &head.uri) {
            Ok(route) => route,
            Err(lost) => return reply::lost(&lost),
        };
        let most = match route {
            Route::Hook { .. } => limit::HOOK_BYTES,
            _ => limit::BODY_BYTES,
        };
        match drain(body, most).await {
            Body::Read => self.routed(route, &head.headers).await,
            Body::TooLong => {
                let message = format!("the body has more than {most} bytes");
                reply::error(StatusCode::PAYLOAD_TOO_LARGE, "body", &message)
            }
            Body::Broken => {
                let message = "the body did not arrive whole";
                reply::error(StatusCode::BAD_REQUEST, "body", message)
            }
        }
    }

    async fn routed(&self, route: Route, headers: &HeaderMap) -> Reply {
        match route {
            Route::Health => reply::text(StatusCode::OK, "ok\n"),
            Route::Ready => self.ready(),
            Route::Hook { profile, side } => self.hook(&profile, side),
            Route::Style => reply::reply(StatusCode::OK, "text/css", console::STYLE),
            Route::Console { ticket } => self.console(ticket.as_deref(), headers).await,
            Route::Metrics | Route::OpenApi | Route::Ticket | Route::Api(_)
                if !self.access.has_token(headers) =>
            {
                reply::unauthorised()
            }
            Route::Metrics => self.metrics().await,
            Route::OpenApi => reply::json(StatusCode::OK, &openapi::document()),
            Route::Ticket => self.ticket(),
            Route::Api(query) => match self.backend.answer(query).await {
                Ok(value) => reply::json(StatusCode::OK, &value),
                Err(refusal) => reply::refusal(&refusal),
            },
        }
    }

    fn ready(&self) -> Reply {
        match self.backend.ready() {
            Readiness::Ready => reply::text(StatusCode::OK, "ready\n"),
            Readiness::Waiting(why) => {
                reply::text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"))
            }
        }
    }

    fn hook(&self, profile: &str, side: model::Side) -> Reply {
        if self.backend.wake(profile, side) {
            return reply::json(StatusCode::ACCEPTED, &json!({ "woken": true }));
        }
        let message = "no profile of that name runs here; see the address of the webhook";
        reply::error(StatusCode::NOT_FOUND, "unknown", message)
    }

    async fn metrics(&self) -> Reply {
        let samples = self.backend.measure().await;
        reply::reply(StatusCode::OK, metrics::KIND, metrics::text(&samples))
    }

    fn ticket(&self) -> Reply {
        match self.access.ticket(Instant::now()) {
            Ok(ticket) => {
                let path = format!("/?token={}", ticket.as_str());
                reply::json(StatusCode::CREATED, &json!({ "path": path }))
            }
            Err(error) => {
                let message = error.to_string();
                reply::error(StatusCode::SERVICE_UNAVAILABLE, "random", &message)
            }
        }
    }

    async fn console(&self, ticket: Option<&str>, headers: &HeaderMap) -> Reply {
        let now = Instant::now();
        let is_known = self.access.has_session(headers, now) || self.access.has_token(headers);
        match ticket.map(|ticket| self.access.exchange(ticket, now)) {
            Some(Some(cookie)) => reply::signed_in(&cookie),
            // Somebody reloads the link that let him in.
            Some(None) if is_known => self.page().await,
            None if is_known => self.page().await,
            Some(None) => reply::html(StatusCode::UNAUTHORIZED, console::used_up()),
            None => reply::html(StatusCode::UNAUTHORIZED, console::closed()),
        }
    }

    async fn page(&self) -> Reply {
        let all_open = Query::Problems {
            tenant: None,
            all: false,
        };
        let status = self.backend.answer(Query::Status).await;
        let problems = self.backend.answer(all_open).await;
        let page = console::page(&self.backend.ready(), status.as_ref(), problems.as_ref());
        reply::html(StatusCode::OK, page)
    }
}

/// The route of a target that is not too long.
fn find(method: &Method, uri: &Uri) -> Result<Route, Lost> {
    let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
    if target.len() > limit::TARGET_BYTES {
        return Err(Lost::TooLong);
    }
    Route::find(method, uri.path(), uri.query())
}

/// Reads a body to its end without keeping it.
async fn drain(body: Incoming, most: usize) -> Body {
    if body.size_hint().lower() > most as u64 {
        return Body::TooLong;
    }
    let mut body = Limited::new(body, most);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(_dropped) => {}
            Err(error) if error.is::<LengthLimitError>() => return Body::TooLong,
            Err(_cut) => return Body::Broken,
        }
    }
    Body::Read
}
