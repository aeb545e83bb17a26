//! The port: every operation as a conversation.

use std::sync::Arc;

use mapping::Profile;
use model::{ItemId, ItemKey, limit};
use sync::{
    Account, Conversation, FeedPage, Finding, Obstacle, Outcome, Probe, ReadRequest, Reading,
    Signpost, Write,
};

use crate::knowledge::Knowledge;
use crate::site::Site;
use crate::{account, covered, discover as discovery, feed, probe, read, signpost, write};
use sync::script::Script;

/// One Azure DevOps organisation as one profile sees it. It is cheap to copy.
#[derive(Clone, Debug)]
pub struct Connector {
    site: Arc<Site>,
}

/// Learns what the organisation has: ourselves, the profile's projects, their types, states and fields.
#[must_use]
pub fn discover(profile: &Profile) -> Conversation<Result<Knowledge, Obstacle>> {
    Script::boxed(discovery::begin(profile))
}

impl Connector {
    /// A connector for that profile, with what [`discover`] learned.
    #[must_use]
    pub fn new(profile: &Profile, knowledge: Knowledge) -> Connector {
        Connector {
            site: Arc::new(Site::new(profile, knowledge)),
        }
    }

    fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site)
    }
}

impl sync::Connector for Connector {
    fn account(&self) -> Conversation<Result<Account, Obstacle>> {
        Script::boxed(account::begin(&self.site))
    }

    fn feed(&self, cursor: Option<&str>) -> Conversation<Result<FeedPage, Obstacle>> {
        Script::boxed(feed::begin(self.site(), cursor))
    }

    fn read(&self, items: &[ReadRequest]) -> Conversation<Result<Vec<Reading>, Obstacle>> {
        Script::boxed(read::begin(self.site(), items))
    }

    fn read_batch(&self) -> usize {
        limit::AZURE_READ_BATCH
    }

    fn covered(&self, items: &[ItemId]) -> Conversation<Result<Vec<ItemId>, Obstacle>> {
        Script::boxed(covered::begin(self.site(), items))
    }

    fn write(&self, write: &Write) -> Conversation<Outcome> {
        Script::boxed(write::begin(self.site(), write))
    }

    fn probe(&self, probe: &Probe) -> Conversation<Finding> {
        Script::boxed(probe::begin(self.site(), probe))
    }

    fn browse_url(&self, _key: &ItemKey, item: ItemId) -> String {
        self.site.address.browse(self.site.only_project(), item.0)
    }

    fn signpost(&self, url: &str) -> Option<Signpost> {
        signpost::read(&self.site, url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{profile, site};
    use sync::Connector as _;

    #[test]
    fn a_work_item_has_an_address_for_people() {
        let connector = Connector::new(&profile(), site().knowledge);
        let Some(key) = ItemKey::new("12") else {
            panic!("12 is a key");
        };
        assert_eq!(
            connector.browse_url(&key, ItemId(12)),
            "https://dev.azure.com/acme/Platform/_workitems/edit/12"
        );
        assert_eq!(connector.read_batch(), 200);
    }

    #[test]
    fn a_rule_decides_how_its_field_is_read() {
        let connector = Connector::new(&profile(), site().knowledge);
        let kinds = &connector.site.kinds;
        assert_eq!(kinds.get("System.State"), Some(&mapping::Kind::State));
        assert_eq!(kinds.get("System.Description"), Some(&mapping::Kind::Rich));
    }
}
