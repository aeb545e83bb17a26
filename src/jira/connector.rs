//! The port: each method makes a conversation, and nothing happens until somebody carries it out.

use std::sync::Arc;

use mapping::Profile;
use model::{ItemId, ItemKey, limit};
use sync::{
    Account, Conversation, FeedPage, Finding, Obstacle, Outcome, Probe, ReadRequest, Reading,
    Signpost, Write,
};

use crate::knowledge::Knowledge;
use crate::settings::{Context, Settings, Shared};
use crate::{discover, feed, probe, read, scope, signpost, write};
use sync::script::Script;

/// Part of the address of the gateway that scoped tokens have to use (jira.md 1, 10). People cannot browse there.
const GATEWAY: &str = "/ex/jira/";

/// What Jira Cloud can do for the product.
pub struct Connector {
    context: Shared,
}

impl Connector {
    /// A connector for a profile's site, with what [`crate::discover()`] learned of it.
    #[must_use]
    pub fn new(profile: &Profile, knowledge: Knowledge) -> Connector {
        let settings = Settings::of(profile);
        Connector {
            context: Arc::new(Context {
                settings,
                knowledge,
            }),
        }
    }

    /// Where people browse.
    fn site(&self) -> &str {
        let base = self.context.address().base();
        let site = self.context.knowledge.site.as_deref();
        site.filter(|_| base.contains(GATEWAY)).unwrap_or(base)
    }
}

impl sync::Connector for Connector {
    fn account(&self) -> Conversation<Result<Account, Obstacle>> {
        Script::boxed(discover::account(self.context.address()))
    }

    fn feed(&self, cursor: Option<&str>) -> Conversation<Result<FeedPage, Obstacle>> {
        Script::boxed(feed::feed(&self.context, cursor))
    }

    fn read(&self, items: &[ReadRequest]) -> Conversation<Result<Vec<Reading>, Obstacle>> {
        Script::boxed(read::read(&self.context, items))
    }

    fn read_batch(&self) -> usize {
        limit::JIRA_READ_BATCH
    }

    fn covered(&self, items: &[ItemId]) -> Conversation<Result<Vec<ItemId>, Obstacle>> {
        Script::boxed(scope::covered(&self.context, items))
    }

    fn write(&self, write: &Write) -> Conversation<Outcome> {
        Script::boxed(write::write(&self.context, write))
    }

    fn probe(&self, probe: &Probe) -> Conversation<Finding> {
        Script::boxed(probe::probe(&self.context, probe))
    }

    fn browse_url(&self, key: &ItemKey, _item: ItemId) -> String {
        format!("{}/browse/{key}", self.site())
    }

    fn signpost(&self, url: &str) -> Option<Signpost> {
        signpost::read(self.site(), url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::drill::{knowledge, settings};
    use sync::Connector as _;

    fn check(base: &str, expected: &str) {
        let mut settings = settings(None);
        settings.address = Address::new(base);
        let mut knowledge = knowledge();
        knowledge.site = Some("https://acme.atlassian.net".to_owned());
        let context = Context {
            settings,
            knowledge,
        };
        let connector = Connector {
            context: Arc::new(context),
        };
        let key = ItemKey::new("WEB-12").expect("a key");
        assert_eq!(connector.browse_url(&key, ItemId(1)), expected);
    }

    #[test]
    fn people_browse_the_site_even_when_requests_take_the_gateway() {
        check(
            "https://jira.example/",
            "https://jira.example/browse/WEB-12",
        );
        let gateway = "https://api.atlassian.com/ex/jira/11223344";
        check(gateway, "https://acme.atlassian.net/browse/WEB-12");
    }
}
