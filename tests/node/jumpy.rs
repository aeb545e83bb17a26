//! A gateway whose connector falls over in the middle of a pair's step.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actors::{Discovered, Gateway, Transport};
use counterpart::gateway::Remotes;
use mapping::Profile;
use model::http::{Failure, Response};
use model::{ItemId, ItemKey, Side};
use sync::{
    Account, Connector, Conversation, Exchange, FeedPage, Finding, Obstacle, Outcome, Probe,
    ReadRequest, Reading, Signpost, Turn, Write,
};

/// Panics so many times when somebody asks for the address of a Jira issue with that key.
pub(crate) struct Jumpy {
    pub(crate) inner: Remotes,
    pub(crate) key: String,
    pub(crate) left: Arc<AtomicU32>,
}

impl Gateway for Jumpy {
    fn discover(
        &self,
        side: Side,
        profile: &Profile,
    ) -> Conversation<Result<Discovered, Obstacle>> {
        Box::new(Discovery {
            talk: self.inner.discover(side, profile),
            key: self.key.clone(),
            left: Arc::clone(&self.left),
        })
    }

    fn transport(&self, side: Side) -> Arc<dyn Transport> {
        self.inner.transport(side)
    }
}

struct Discovery {
    talk: Conversation<Result<Discovered, Obstacle>>,
    key: String,
    left: Arc<AtomicU32>,
}

impl Exchange for Discovery {
    type Output = Result<Discovered, Obstacle>;

    fn next(&mut self) -> Turn<Self::Output> {
        match self.talk.next() {
            Turn::Done(Ok(discovered)) => Turn::Done(Ok(Discovered {
                connector: Arc::new(Startled {
                    inner: discovered.connector,
                    key: self.key.clone(),
                    left: Arc::clone(&self.left),
                }),
                schema: discovered.schema,
            })),
            other => other,
        }
    }

    fn answer(&mut self, answer: Result<Response, Failure>) {
        self.talk.answer(answer);
    }
}

struct Startled {
    inner: Arc<dyn Connector>,
    key: String,
    left: Arc<AtomicU32>,
}

impl Connector for Startled {
    fn account(&self) -> Conversation<Result<Account, Obstacle>> {
        self.inner.account()
    }

    fn feed(&self, cursor: Option<&str>) -> Conversation<Result<FeedPage, Obstacle>> {
        self.inner.feed(cursor)
    }

    fn read(&self, items: &[ReadRequest]) -> Conversation<Result<Vec<Reading>, Obstacle>> {
        self.inner.read(items)
    }

    fn read_batch(&self) -> usize {
        self.inner.read_batch()
    }

    fn covered(&self, items: &[ItemId]) -> Conversation<Result<Vec<ItemId>, Obstacle>> {
        self.inner.covered(items)
    }

    fn write(&self, write: &Write) -> Conversation<Outcome> {
        self.inner.write(write)
    }

    fn probe(&self, probe: &Probe) -> Conversation<Finding> {
        self.inner.probe(probe)
    }

    fn browse_url(&self, key: &ItemKey, item: ItemId) -> String {
        let less = |left: u32| left.checked_sub(1);
        let due = key.as_str() == self.key
            && self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
                .is_ok();
        assert!(!due, "startled by {}", self.key);
        self.inner.browse_url(key, item)
    }

    fn signpost(&self, url: &str) -> Option<Signpost> {
        self.inner.signpost(url)
    }
}
