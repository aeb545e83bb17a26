//! Answers on their way out, piece by piece, so that a slow reader holds no more than it must.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::budget::{Budget, Loan};
use crate::limit;
use crate::site::Response;

/// The connection closes without an answer: a fault, not a failure.
#[derive(Debug, thiserror::Error)]
#[error("a fault closes the connection")]
pub(super) struct Close;

/// An answer that arrives whole.
pub(super) fn whole(
    response: Response,
    budget: &Arc<Budget>,
) -> Result<http::Response<Outgoing>, Close> {
    let (response, loan) = paid(response, budget);
    let body = Outgoing {
        rest: response.body.clone(),
        then_break: None,
        _loan: loan,
    };
    assemble(&response, body)
}

/// An answer that breaks off after the part of its body that it has.
pub(super) fn cut(
    response: Response,
    budget: &Arc<Budget>,
) -> Result<http::Response<Outgoing>, Close> {
    let (response, loan) = paid(response, budget);
    // The pause lets the first part leave before the connection breaks.
    let pause = Box::pin(tokio::time::sleep(Duration::from_millis(30)));
    let body = Outgoing {
        rest: response.body.clone(),
        then_break: Some(pause),
        _loan: loan,
    };
    assemble(&response, body)
}

/// The answer with the loan that pays for it, or a 503 when too much is held for slow readers.
fn paid(response: Response, budget: &Arc<Budget>) -> (Response, Loan) {
    let mut loan = budget.open();
    let bytes = response.body.len().saturating_sub(limit::BODY_FREE_BYTES);
    if loan.grow(bytes) {
        return (response, loan);
    }
    tracing::warn!(bytes, "an answer finds no room");
    let text = "<html><body>Service Unavailable</body></html>";
    let crowded = Response::html(503, text).with_header("Retry-After", "1");
    (crowded, loan)
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

/// An answer's body: its pieces, and after them either the end or a break of the connection.
#[derive(Debug)]
pub(super) struct Outgoing {
    rest: Bytes,
    then_break: Option<Pin<Box<Sleep>>>,
    _loan: Loan,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Close;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Close>>> {
        if !self.rest.is_empty() {
            let bytes = self.rest.len().min(limit::ANSWER_PIECE_BYTES);
            return Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(bytes)))));
        }
        match &mut self.then_break {
            None => Poll::Ready(None),
            Some(pause) => pause.as_mut().poll(context).map(|()| Some(Err(Close))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.then_break.is_none() && self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.then_break {
            None => SizeHint::with_exact(u64::try_from(self.rest.len()).unwrap_or(u64::MAX)),
            Some(_) => SizeHint::default(),
        }
    }
}
