//! Asking a remote without being able to write to it.
//!
//! Two locks on one door. [`Asks`] is a connector without its writes: whoever holds one cannot even make the conversation of
//! a write. [`Questions`] is a transport that lets out what certainly only asks, and refuses everything else before it
//! reaches a socket; so even a connector that wrote where it should read would write nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::http::{Failure, Method, Request, Response};
use model::{ItemId, ItemKey};
use sync::{
    Connector, Conversation, FeedPage, Finding, Obstacle, Probe, ReadRequest, Reading, Signpost,
};

use crate::port::{Later, Transport};

/// A connector that only asks.
pub struct Asks(Arc<dyn Connector>);

impl Asks {
    /// The asking part of a connector.
    #[must_use]
    pub fn of(connector: Arc<dyn Connector>) -> Asks {
        Asks(connector)
    }

    /// As [`Connector::feed`].
    #[must_use]
    pub fn feed(&self, cursor: Option<&str>) -> Conversation<Result<FeedPage, Obstacle>> {
        self.0.feed(cursor)
    }

    /// As [`Connector::read`].
    #[must_use]
    pub fn read(&self, items: &[ReadRequest]) -> Conversation<Result<Vec<Reading>, Obstacle>> {
        self.0.read(items)
    }

    /// As [`Connector::read_batch`].
    #[must_use]
    pub fn read_batch(&self) -> usize {
        self.0.read_batch().max(1)
    }

    /// As [`Connector::covered`].
    #[must_use]
    pub fn covered(&self, items: &[ItemId]) -> Conversation<Result<Vec<ItemId>, Obstacle>> {
        self.0.covered(items)
    }

    /// As [`Connector::probe`].
    #[must_use]
    pub fn probe(&self, probe: &Probe) -> Conversation<Finding> {
        self.0.probe(probe)
    }

    /// As [`Connector::browse_url`].
    #[must_use]
    pub fn browse_url(&self, key: &ItemKey, item: ItemId) -> String {
        self.0.browse_url(key, item)
    }

    /// As [`Connector::signpost`].
    #[must_use]
    pub fn signpost(&self, url: &str) -> Option<Signpost> {
        self.0.signpost(url)
    }
}

/// A transport that lets only questions out.
pub struct Questions {
    below: Arc<dyn Transport>,
    posts: &'static [&'static str],
    refused: AtomicU64,
}

impl Questions {
    /// The same transport for questions alone. `posts` are the routes whose POST only asks.
    #[must_use]
    pub fn over(below: Arc<dyn Transport>, posts: &'static [&'static str]) -> Questions {
        Questions {
            below,
            posts,
            refused: AtomicU64::new(0),
        }
    }

    /// Requests that were refused since they might have written.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether a request certainly only asks. A route is only a label, so the address has to be the route's own.
    fn is_question(&self, request: &Request) -> bool {
        let path = request.url.split(['?', '#']).next().unwrap_or_default();
        let asks = match request.method {
            Method::Get => true,
            Method::Post => {
                let known = |post: &&str| request.route == *post && path.ends_with(*post);
                self.posts.iter().any(known)
            }
            Method::Put | Method::Patch | Method::Delete | Method::Options => false,
        };
        asks && request.writes.is_none()
    }
}

impl Transport for Questions {
    fn send(&self, request: Request) -> Later<'_, Result<Response, Failure>> {
        if self.is_question(&request) {
            return self.below.send(request);
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        model::log!(
            error,
            "a request that might write was held back",
            method = request.method.as_str(),
            route = request.route
        );
        Box::pin(std::future::ready(Err(Failure::NotSent)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what reaches it.
    #[derive(Default)]
    struct Socket(AtomicU64);

    impl Transport for Socket {
        fn send(&self, _request: Request) -> Later<'_, Result<Response, Failure>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready(Err(Failure::Lost)))
        }
    }

    const POSTS: [&str; 1] = ["/rest/api/3/search/jql"];

    fn request(method: Method, path: &str, route: &'static str) -> Request {
        Request {
            method,
            url: format!("https://acme.example{path}"),
            route,
            headers: Vec::new(),
            body: Vec::new(),
            writes: None,
        }
    }

    #[tokio::test]
    async fn nothing_but_a_question_reaches_the_socket() {
        let issue = "/rest/api/3/issue";
        let writing = Request {
            writes: Some(7),
            ..request(Method::Get, issue, issue)
        };
        for (request, expected) in [
            (request(Method::Get, issue, issue), true),
            (request(Method::Post, POSTS[0], POSTS[0]), true),
            (
                request(Method::Post, "/rest/api/3/search/jql?a=b", POSTS[0]),
                true,
            ),
            (request(Method::Post, issue, issue), false),
            (request(Method::Post, issue, POSTS[0]), false),
            (request(Method::Post, POSTS[0], issue), false),
            (
                request(
                    Method::Post,
                    "/rest/api/3/issue?/rest/api/3/search/jql",
                    POSTS[0],
                ),
                false,
            ),
            (request(Method::Put, issue, issue), false),
            (request(Method::Patch, issue, issue), false),
            (request(Method::Delete, issue, issue), false),
            (request(Method::Put, POSTS[0], POSTS[0]), false),
            (writing, false),
        ] {
            let socket = Arc::new(Socket::default());
            let way = Questions::over(Arc::clone(&socket) as Arc<dyn Transport>, &POSTS);
            let named = format!("{request:?} {}", request.url);
            let answer = way.send(request).await;
            let reached = socket.0.load(Ordering::Relaxed);
            assert_eq!(reached == 1, expected, "{named}");
            assert_eq!(way.refused() == 0, expected, "{named}");
            let held = if expected {
                Failure::Lost
            } else {
                Failure::NotSent
            };
            assert_eq!(answer.err(), Some(held), "{named}");
        }
    }
}
