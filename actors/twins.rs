//! Where the items that texts link to have their twins, from the profile's own rows.
//!
//! A look-up is made when a text is carried and asks for it, for few texts have links and few steps carry texts. What was
//! heard is kept for as long as the step lasts, so that within it the same question has the same answer, whatever other pairs
//! commit meanwhile.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mapping::{Lead, Place};
use model::{Side, limit};
use sync::pair::{End, Phase};
use sync::{Addresses, Named, Signpost, Twins};

use crate::ledger::{Ledger, LedgerError};

/// Both sites, as far as links to their items go.
pub(crate) trait Sites: Addresses {
    /// The item of that side that a URL leads to.
    fn signpost(&self, side: Side, url: &str) -> Option<Signpost>;
}

/// The look-ups of one step.
pub(crate) struct Lookup<'a> {
    ledger: &'a Ledger,
    sites: &'a dyn Sites,
    heard: RefCell<BTreeMap<(Side, Named), Option<Place>>>,
}

impl<'a> Lookup<'a> {
    /// Look-ups among the pairs of that ledger's profile.
    pub(crate) fn new(ledger: &'a Ledger, sites: &'a dyn Sites) -> Lookup<'a> {
        Lookup {
            ledger,
            sites,
            heard: RefCell::default(),
        }
    }

    fn twin(&self, side: Side, item: Named) -> Option<Place> {
        let mut heard = self.heard.borrow_mut();
        let full = heard.len() >= limit::LINKS_PER_STEP;
        let known = (side, item);
        if let Some(place) = heard.get(&known) {
            return place.clone();
        }
        if full {
            return None;
        }
        let found = self.end(side, &known.1).unwrap_or_else(|error| {
            // The link stays as it is, which is no reason to hold the text back.
            model::log!(error, "a link could not be looked up", error = error);
            None
        });
        let place = found.map(|end| {
            let far = side.other();
            Place::of(far, &end.key, self.sites.browse(far, &end.key, end.id))
        });
        heard.insert(known, place.clone());
        place
    }

    /// The other end of an item's pair. A pair that a person gave up joins its items no longer.
    fn end(&self, side: Side, item: &Named) -> Result<Option<End>, LedgerError> {
        let id = match item {
            Named::Id(id) => self.ledger.pair_of(side, *id)?,
            Named::Key(key) => self.ledger.pair_called(key)?,
        };
        let row = id.map(|id| self.ledger.pair(id)).transpose()?.flatten();
        let pair = row.map(|row| row.pair);
        let pair = pair.filter(|pair| pair.phase != Phase::Detached);
        Ok(pair.and_then(|pair| pair.ends.get(side.other()).clone()))
    }
}

impl Twins for Lookup<'_> {
    fn lead(&self, side: Side, url: &str) -> Option<Lead> {
        let Signpost { item, url } = self.sites.signpost(side, url)?;
        let label = match &item {
            Named::Id(id) => format!("#{id}"),
            Named::Key(key) => key.as_str().to_owned(),
        };
        Some(Lead {
            twin: self.twin(side, item),
            item: Place { url, label },
        })
    }
}

#[cfg(test)]
mod tests {
    use model::{ItemId, ItemKey, Millis, PairId, ProfileName, Revision};
    use storage::{Batch, Options, Store, Table, Threads, encode};
    use sync::Pair;

    use super::*;
    use crate::stored::{IndexRow, PairRow, key};

    /// Sites on which an address is the bare name of an item.
    struct Bare;

    impl Addresses for Bare {
        fn browse(&self, side: Side, key: &ItemKey, item: ItemId) -> String {
            format!("{side}:{key}:{item}")
        }
    }

    impl Sites for Bare {
        fn signpost(&self, side: Side, url: &str) -> Option<Signpost> {
            let item = match side {
                Side::Jira => Named::Key(ItemKey::new(url)?),
                Side::Azure => Named::Id(ItemId(url.parse().ok()?)),
            };
            let url = url.to_owned();
            Some(Signpost { item, url })
        }
    }

    fn put(store: &Store, profile: &ProfileName, phase: Phase) {
        let end = |id: u64, key: &str| {
            Some(End {
                id: ItemId(id),
                key: ItemKey::new(key).unwrap(),
                seen: Revision(1),
                written: Revision(0),
                said: Revision(0),
                touched: Millis(0),
            })
        };
        let id = PairId {
            origin: Side::Jira,
            item: ItemId(10_001),
        };
        let mut pair = Pair::new(id);
        pair.phase = phase;
        pair.ends.jira = end(10_001, "WEB-12");
        pair.ends.azure = end(4711, "4711");
        let index = encode(&IndexRow { pair: id }).unwrap();
        let item = key::item(profile, Side::Azure, ItemId(4711));
        let name = key::human(profile, &ItemKey::new("WEB-12").unwrap());
        let row = encode(&PairRow { pair, lines: 0 }).unwrap();
        let mut batch = Batch::new();
        batch.put(Table::Index, item, index.clone());
        batch.put(Table::Index, name, index);
        batch.put(Table::Pair, key::pair(profile, id), row);
        store.commit_blocking(batch).unwrap();
    }

    #[test]
    fn only_the_profiles_own_pairs_that_were_not_given_up_lead_to_a_twin() {
        let folder = std::env::temp_dir().join(format!("twins-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let options = Options {
            threads: Threads::Inline,
            ..Options::default()
        };
        let store = Store::open(&folder, options).unwrap();
        let names = ["web", "other", "given-up"];
        let [web, other, given_up] = names.map(|name| ProfileName::new(name).unwrap());
        put(&store, &web, Phase::Linked);
        put(&store, &given_up, Phase::Detached);
        let twin = |profile: &ProfileName, side: Side, url: &str| {
            let ledger = Ledger {
                store: store.clone(),
                profile: profile.clone(),
            };
            let lead = Lookup::new(&ledger, &Bare).lead(side, url).unwrap();
            (lead.item.label, lead.twin)
        };
        let place = |url: &str, label: &str| {
            Some(Place {
                url: url.to_owned(),
                label: label.to_owned(),
            })
        };
        let work_item = place("azure:4711:4711", "#4711");
        let issue = place("jira:WEB-12:10001", "WEB-12");
        let (jira, azure) = (Side::Jira, Side::Azure);
        assert_eq!(twin(&web, jira, "WEB-12"), ("WEB-12".to_owned(), work_item));
        assert_eq!(twin(&web, azure, "4711"), ("#4711".to_owned(), issue));
        assert_eq!(twin(&web, jira, "WEB-13").1, None);
        for profile in [&other, &given_up] {
            assert_eq!(twin(profile, jira, "WEB-12").1, None);
            assert_eq!(twin(profile, azure, "4711").1, None);
        }
        let _ = std::fs::remove_dir_all(&folder);
    }
}
