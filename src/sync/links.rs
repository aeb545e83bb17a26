//! Links within texts: a link to an item that has a twin leads to the twin on the other side.
//!
//! A text is carried with what is known at that moment. That a twin is found later changes no text: neither side changed,
//! and what counts as a change is the digest of each side's own text. The next edit of the text carries the new link.

use mapping::{Lead, Leads};
use model::{Both, Item, ItemId, ItemKey, Side};

use crate::context::Context;

/// What the texts of one pair may know of links.
pub(crate) struct Links<'a> {
    context: &'a Context<'a>,
    items: Both<Option<(&'a ItemKey, ItemId)>>,
}

impl<'a> Links<'a> {
    /// Those of a pair of which these items are known.
    pub(crate) fn of(context: &'a Context<'a>, items: &[&'a Item]) -> Links<'a> {
        let of_side = |side: Side| {
            let item = items.iter().find(|item| item.side == side);
            item.map(|item| (&item.key, item.id))
        };
        Links {
            context,
            items: Both::of(of_side),
        }
    }
}

impl Leads for Links<'_> {
    fn lead(&self, side: Side, url: &str) -> Option<Lead> {
        self.context.twins.lead(side, url)
    }

    fn home(&self, side: Side) -> Option<String> {
        let (key, item) = (*self.items.get(side))?;
        Some(self.context.addresses.browse(side, key, item))
    }
}
