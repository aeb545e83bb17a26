//! The way out: requests over HTTP with reqwest and rustls.
//!
//! It sends what it is given once: no retries, no redirects (an Authorization header must not travel to another host, and
//! a redirect on these interfaces means that we are signed out; azure.md 11.3), no cookies. The credential is read when a
//! request is sent, so that a replaced token is taken up without a restart.

use std::sync::Arc;
use std::time::Duration;

use actors::{Later, Transport};
use model::http::{Failure, Method, Request, Response};
use model::{Side, limit};
use reqwest::header::{AUTHORIZATION, HeaderValue};

use crate::config::{Credential, Proxy};
use crate::credential::Sealed;
use crate::exit::Error;

/// One connection's transport.
pub struct Http {
    client: reqwest::Client,
    base: String,
    side: Side,
    credential: Credential,
}

impl Http {
    /// A transport to that base address. Requests to other addresses are refused.
    ///
    /// # Errors
    /// When the machine has not what a connection needs, such as certificates of authorities.
    pub fn new(
        side: Side,
        base: &str,
        credential: Credential,
        proxy: Proxy,
    ) -> Result<Http, Error> {
        // A second installation in the same process is refused and harmless: the first one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let timeout =
            Duration::from_millis(u64::try_from(limit::REQUEST_TIMEOUT_MS).unwrap_or(60_000));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("Counterpart/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(timeout)
            .connect_timeout(Duration::from_secs(15))
            .pool_max_idle_per_host(limit::REQUESTS_IN_FLIGHT);
        if proxy == Proxy::None || !base.starts_with("https://") {
            // Through a proxy, a request over plain HTTP would show it the token.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| unprepared(base, &error))?;
        Ok(Http {
            client,
            base: format!("{}/", base.trim_end_matches('/')),
            side,
            credential,
        })
    }

    async fn carry(&self, request: Request) -> Result<Response, Failure> {
        // The address comes from the profile's base and our own routes; this is the second lock on the same door.
        if !request.url.starts_with(&self.base) {
            model::log!(
                error,
                "a request left the connection's base address",
                route = request.route
            );
            return Err(Failure::NotSent);
        }
        // Without a credential the remote could only say that it wants one.
        let Some(authorization) = self.authorization()? else {
            return Ok(unauthorized());
        };
        let mut outgoing = self
            .client
            .request(method(request.method), &request.url)
            .header(AUTHORIZATION, authorization);
        for (name, value) in &request.headers {
            outgoing = outgoing.header(*name, value);
        }
        if !request.body.is_empty() {
            outgoing = outgoing.body(request.body);
        }
        let answer = outgoing.send().await.map_err(|error| failure(&error))?;
        read(answer).await
    }

    /// What signs us in; nothing when the credential is not to be had. One that this machine does not let us read in this
    /// moment is no reason to tell somebody to put another one there.
    fn authorization(&self) -> Result<Option<HeaderValue>, Failure> {
        let unread = |error: &Error| {
            model::log!(
                error,
                "the credential cannot be read; `counterpart secret list` and `profile check --online` tell why",
                side = self.side,
                credential = self.credential.source,
                code = error.code()
            );
        };
        match self.credential.read().inspect_err(unread) {
            Ok(sealed) => Ok(self.header(&sealed)),
            Err(Error::Unreachable(_)) => Err(Failure::NotSent),
            Err(Error::Usage(_)) => Ok(None),
        }
    }

    fn header(&self, sealed: &Sealed) -> Option<HeaderValue> {
        let user = match self.side {
            Side::Jira => sealed.user.as_str(),
            // Azure DevOps takes any user name beside a personal access token (azure.md 11.1).
            Side::Azure => "",
        };
        let basic = basic(user, &sealed.token);
        let mut value = HeaderValue::from_str(&basic).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// The header's text, in memory of ours that is wiped.
fn basic(user: &str, token: &str) -> zeroize::Zeroizing<String> {
    use base64::Engine as _;
    let mut plain = zeroize::Zeroizing::new(String::with_capacity(user.len() + 1 + token.len()));
    plain.push_str(user);
    plain.push(':');
    plain.push_str(token);
    let length = plain.len().div_ceil(3) * 4;
    let mut text = zeroize::Zeroizing::new(String::with_capacity("Basic ".len() + length));
    text.push_str("Basic ");
    base64::engine::general_purpose::STANDARD.encode_string(plain.as_bytes(), &mut text);
    text
}

impl Transport for Http {
    fn send(&self, request: Request) -> Later<'_, Result<Response, Failure>> {
        Box::pin(self.carry(request))
    }
}

/// A client for the store of the backups at that address.
///
/// # Errors
/// When the machine has not what a connection needs, such as certificates of authorities.
pub(crate) fn to_bucket(base: &str, proxy: Proxy) -> Result<reqwest::Client, Error> {
    // A second installation in the same process is refused and harmless: the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("Counterpart/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // A part of a backup on a slow line.
        .timeout(Duration::from_secs(300))
        .connect_timeout(Duration::from_secs(15));
    if proxy == Proxy::None || !base.starts_with("https://") {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| unprepared(base, &error))
}

/// Shares a transport.
///
/// # Errors
/// As [`Http::new`].
pub fn shared(
    side: Side,
    base: &str,
    credential: Credential,
    proxy: Proxy,
) -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(Http::new(side, base, credential, proxy)?))
}

/// Nothing of this comes from a remote: the causes are the machine's.
fn unprepared(base: &str, error: &dyn std::error::Error) -> Error {
    let mut causes = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push_str(": ");
        causes.push_str(&cause.to_string());
        source = cause.source();
    }
    Error::Usage(format!(
        "{base}: cannot prepare the connection: {causes}; install the system's CA certificates (package ca-certificates)"
    ))
}

fn unauthorized() -> Response {
    Response {
        status: 401,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Options => reqwest::Method::OPTIONS,
    }
}

/// Only a connection that was never made is certainly not sent; everything else may have been processed.
fn failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        Failure::NotSent
    } else {
        Failure::Lost
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Response, Failure> {
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| Failure::Lost)? {
        if body.len() + chunk.len() > limit::RESPONSE_BYTES {
            return Err(Failure::Lost);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response {
        status,
        headers,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("builder error")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn what_keeps_a_connection_from_being_prepared_is_told_to_its_root() {
        let root = std::io::Error::other("no native root CA certificates found");
        let Error::Usage(text) = unprepared("https://acme.atlassian.net", &Outer(root)) else {
            panic!("it is a fault of the installation");
        };
        for part in [
            "https://acme.atlassian.net",
            "builder error",
            "no native root CA certificates found",
            "package ca-certificates",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
