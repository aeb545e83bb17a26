//! The other end: the command line asks a node that runs already.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::{Query, Refusal};
use crate::limit;
use crate::token::Token;

/// Asks a node over its endpoint. One question, one connection.
#[derive(Clone, Copy, Debug)]
pub struct Client;

/// Why a question to a node has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The token must not leave this machine without TLS.
    #[error("{0} is no loopback address; ask the node on the machine that it runs on")]
    NotLoopback(SocketAddr),
    /// Nobody listens there.
    #[error("no node answers at {address} ({kind}); start it with `counterpart serve`")]
    Unreachable {
        /// Where it was tried.
        address: SocketAddr,
        /// What the system said.
        kind: std::io::ErrorKind,
    },
    /// The node did not answer in time.
    #[error("the node at {0} did not answer in time; see its log")]
    Late(SocketAddr),
    /// The connection broke, or what listens there speaks no HTTP.
    #[error("what listens at {address} broke off: {source}")]
    Broken {
        /// Who.
        address: SocketAddr,
        /// What hyper says.
        source: hyper::Error,
    },
    /// The token is not the node's.
    #[error("the node at {0} does not accept the admin token; use the one of its configuration")]
    Token(SocketAddr),
    /// The node refuses, and says why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The answer is longer than [`limit::ANSWER_BYTES`].
    #[error("the answer is too long; ask for smaller pages")]
    TooLong,
    /// Something else listens there, or a node of another release.
    #[error(
        "what listens at {address} answered with HTTP {status} and no answer of a node; see the address"
    )]
    Strange {
        /// Who.
        address: SocketAddr,
        /// The answer's status.
        status: u16,
    },
}

impl Client {
    /// Asks a question or gives an order.
    ///
    /// # Errors
    /// When there is no node, it does not accept the token, or it refuses.
    pub async fn query(
        address: SocketAddr,
        token: &Token,
        query: &Query,
    ) -> Result<Value, ClientError> {
        let (method, target) = target(query);
        ask(address, token, method, &target).await
    }

    /// A link to the console that works once.
    ///
    /// # Errors
    /// When there is no node, or it does not accept the token.
    pub async fn console(address: SocketAddr, token: &Token) -> Result<String, ClientError> {
        let answer = ask(address, token, Method::POST, "/api/v1/tickets").await?;
        let path = answer.get("path").and_then(Value::as_str);
        path.map(|path| format!("http://{address}{path}"))
            .ok_or(ClientError::Strange {
                address,
                status: StatusCode::CREATED.as_u16(),
            })
    }
}

/// Method and target of a question.
fn target(query: &Query) -> (Method, String) {
    match query {
        Query::Status => (Method::GET, "/api/v1/status".to_owned()),
        Query::Pairs {
            tenant,
            profile,
            after,
            limit,
        } => {
            let mut target = format!("/api/v1/pairs?limit={limit}");
            add(&mut target, "tenant", tenant.as_deref());
            add(&mut target, "profile", profile.as_deref());
            add(&mut target, "after", after.as_deref());
            (Method::GET, target)
        }
        Query::Pair {
            id,
            tenant,
            profile,
        } => (
            Method::GET,
            one(id, "", tenant.as_deref(), profile.as_deref()),
        ),
        Query::Why {
            id,
            tenant,
            profile,
        } => (
            Method::GET,
            one(id, "/why", tenant.as_deref(), profile.as_deref()),
        ),
        Query::Problems { tenant, all } => {
            let mut target = format!("/api/v1/problems?all={all}");
            add(&mut target, "tenant", tenant.as_deref());
            (Method::GET, target)
        }
        Query::Backups => (Method::GET, "/api/v1/backups".to_owned()),
        Query::BackUp { tenant } => {
            let mut target = "/api/v1/backups?".to_owned();
            add(&mut target, "tenant", tenant.as_deref());
            (Method::POST, target)
        }
        Query::Extended { tenant, minutes } => {
            let tenant = utf8_percent_encode(tenant, NON_ALPHANUMERIC);
            let target = format!("/api/v1/tenants/{tenant}/extended?minutes={minutes}");
            (Method::POST, target)
        }
        Query::Order {
            id,
            tenant,
            profile,
            command,
        } => {
            let rest = format!("/{command}");
            let target = one(id, &rest, tenant.as_deref(), profile.as_deref());
            (Method::POST, target)
        }
    }
}

/// The target of a question about one pair.
fn one(id: &str, rest: &str, tenant: Option<&str>, profile: Option<&str>) -> String {
    let mut target = format!("/api/v1/pairs/{}{rest}?", encode(id));
    add(&mut target, "tenant", tenant);
    add(&mut target, "profile", profile);
    target
}

fn add(target: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        // Writing to a string cannot fail.
        let _written = write!(target, "&{name}={}", encode(value));
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

async fn ask(
    address: SocketAddr,
    token: &Token,
    method: Method,
    target: &str,
) -> Result<Value, ClientError> {
    if !address.ip().is_loopback() {
        return Err(ClientError::NotLoopback(address));
    }
    let time = Duration::from_millis(limit::CLIENT_MS);
    timeout(time, exchange(address, token, method, target))
        .await
        .unwrap_or(Err(ClientError::Late(address)))
}

async fn exchange(
    address: SocketAddr,
    token: &Token,
    method: Method,
    target: &str,
) -> Result<Value, ClientError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| ClientError::Unreachable {
            address,
            kind: error.kind(),
        })?;
    let broken = |source| ClientError::Broken { address, source };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let request = request(address, token, method, target)?;
    let asked = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        read(address, response).await
    };
    // The connection has to be driven while the answer is read, and needs nobody once it is.
    let mut connection = std::pin::pin!(connection);
    let mut asked = std::pin::pin!(asked);
    tokio::select! {
        answer = asked.as_mut() => answer,
        _ended = connection.as_mut() => asked.await,
    }
}

fn request(
    address: SocketAddr,
    token: &Token,
    method: Method,
    target: &str,
) -> Result<Request<Empty<Bytes>>, ClientError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_not_visible| ClientError::Token(address))?;
    bearer.set_sensitive(true);
    Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, address.to_string())
        .header(AUTHORIZATION, bearer)
        .header(CONTENT_LENGTH, 0)
        .body(Empty::new())
        .map_err(|_no_target| {
            Refusal::Invalid("the question cannot be written as a request".to_owned()).into()
        })
}

async fn read(
    address: SocketAddr,
    response: http::Response<Incoming>,
) -> Result<Value, ClientError> {
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED {
        return Err(ClientError::Token(address));
    }
    let strange = || ClientError::Strange {
        address,
        status: status.as_u16(),
    };
    let body = Limited::new(response.into_body(), limit::ANSWER_BYTES);
    let bytes = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(ClientError::TooLong),
        Err(_cut) => return Err(strange()),
    };
    let mut value: Value = serde_json::from_slice(&bytes).map_err(|_no_json| strange())?;
    if status.is_success() {
        return Ok(value);
    }
    let refusal = value.get_mut("error").map(Value::take).unwrap_or_default();
    match serde_json::from_value::<Refusal>(refusal) {
        Ok(refusal) => Err(refusal.into()),
        Err(_other) => Err(strange()),
    }
}
