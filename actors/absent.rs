//! The connector of a remote that was not met yet: whatever is asked of it, nobody can be reached.
//!
//! It lets pairs take in what needs no remote, a person's order above all, however long the first meeting takes.

use model::http::{Failure, Response};
use model::{ItemId, ItemKey};
use sync::{
    Account, Connector, Conversation, Exchange, FeedPage, Finding, Hindrance, Obstacle, Outcome,
    Probe, ReadRequest, Reading, Signpost, Turn, Write,
};

/// The connector.
pub(crate) struct Absent;

/// A conversation that is over before it begins.
struct Over<T>(fn() -> T);

impl<T> Exchange for Over<T> {
    type Output = T;

    fn next(&mut self) -> Turn<T> {
        Turn::Done((self.0)())
    }

    fn answer(&mut self, _answer: Result<Response, Failure>) {}
}

fn nobody<T>() -> Result<T, Obstacle> {
    Err(Obstacle::Hindered(Hindrance::Unreachable))
}

impl Connector for Absent {
    fn account(&self) -> Conversation<Result<Account, Obstacle>> {
        Box::new(Over(nobody))
    }

    fn feed(&self, _cursor: Option<&str>) -> Conversation<Result<FeedPage, Obstacle>> {
        Box::new(Over(nobody))
    }

    fn read(&self, _items: &[ReadRequest]) -> Conversation<Result<Vec<Reading>, Obstacle>> {
        Box::new(Over(nobody))
    }

    fn read_batch(&self) -> usize {
        1
    }

    fn covered(&self, _items: &[ItemId]) -> Conversation<Result<Vec<ItemId>, Obstacle>> {
        Box::new(Over(nobody))
    }

    fn write(&self, _write: &Write) -> Conversation<Outcome> {
        Box::new(Over(|| Outcome::NotSent(Hindrance::Unreachable)))
    }

    fn probe(&self, _probe: &Probe) -> Conversation<Finding> {
        Box::new(Over(|| Finding::Inconclusive))
    }

    fn browse_url(&self, _key: &ItemKey, _item: ItemId) -> String {
        String::new()
    }

    fn signpost(&self, _url: &str) -> Option<Signpost> {
        None
    }
}
