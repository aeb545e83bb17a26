//! Reading a request whole: bounded in size, in time, and in what all of them hold together.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout_at};

use super::budget::{Budget, Loan};
use crate::limit;
use crate::site::{Request, Response};

/// How long the rest of a refused body is read.
const DRAIN: Duration = Duration::from_secs(5);

/// Why a body was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// It did not come in time: 408.
    Slow,
    /// It is too long: 413.
    Long,
    /// All requests together hold too much: 503.
    Crowded,
    /// It is not a body: 400.
    Broken,
}

impl Refused {
    fn response(self) -> Response {
        let page = |status, text: &str| {
            Response::html(status, &format!("<html><body>{text}</body></html>"))
                .with_header("Connection", "close")
        };
        match self {
            Self::Slow => page(408, "Request Timeout"),
            Self::Long => page(413, "Payload Too Large"),
            Self::Crowded => page(503, "Service Unavailable").with_header("Retry-After", "1"),
            Self::Broken => page(400, "Bad Request"),
        }
    }

    /// Whether the client may still be sending.
    fn is_half_read(self) -> bool {
        match self {
            Self::Long | Self::Crowded => true,
            Self::Slow | Self::Broken => false,
        }
    }
}

/// The request, with the loan that pays for its body; or what is answered instead.
pub(super) async fn read(
    request: http::Request<Incoming>,
    budget: &Arc<Budget>,
    patience: Duration,
) -> Result<(Request, Loan), Response> {
    let (head, mut body) = request.into_parts();
    let mut loan = budget.open();
    let waits = head
        .headers
        .get(http::header::EXPECT)
        .is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let collected = match body.size_hint().lower() {
        // A client that waits for "100 Continue" has not begun: it gets its answer at once.
        declared if is_long(declared) && waits => return Err(Refused::Long.response()),
        declared if is_long(declared) => Err(Refused::Long),
        _ => collect(&mut body, &mut loan, Instant::now() + patience).await,
    };
    let body = match collected {
        Ok(body) => body,
        Err(refused) => {
            drop(loan);
            if refused.is_half_read() {
                drain(&mut body).await;
            }
            return Err(refused.response());
        }
    };
    let query = head.uri.query().unwrap_or_default();
    let request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: head.headers,
        body,
    };
    Ok((request, loan))
}

fn is_long(bytes: u64) -> bool {
    usize::try_from(bytes).map_or(true, |bytes| bytes > limit::REQUEST_BODY_BYTES_MAX)
}

async fn collect(body: &mut Incoming, loan: &mut Loan, until: Instant) -> Result<Bytes, Refused> {
    let mut whole = BytesMut::new();
    loop {
        let frame = timeout_at(until, body.frame()).await;
        let frame = match frame.map_err(|_| Refused::Slow)? {
            None => return Ok(whole.freeze()),
            Some(frame) => frame.map_err(|_| Refused::Broken)?,
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let (before, after) = (whole.len(), whole.len() + data.len());
        if after > limit::REQUEST_BODY_BYTES_MAX {
            return Err(Refused::Long);
        }
        let paid = |bytes: usize| bytes.saturating_sub(limit::BODY_FREE_BYTES);
        if !loan.grow(paid(after) - paid(before)) {
            return Err(Refused::Crowded);
        }
        whole.extend_from_slice(&data);
    }
}

/// Reads on and keeps nothing, so that the client comes to reading its answer.
async fn drain(body: &mut Incoming) {
    let until = Instant::now() + DRAIN;
    let mut drained = 0;
    while let Ok(Some(Ok(frame))) = timeout_at(until, body.frame()).await {
        drained += frame.data_ref().map_or(0, Bytes::len);
        if drained > limit::BODY_DRAINED_BYTES_MAX {
            return;
        }
    }
}
