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
