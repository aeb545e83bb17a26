//! Where the links of a text lead: what only whoever knows of other pairs can tell.

use model::{ItemKey, Side};

/// An item as people reach and call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its address in a browser.
    pub url: String,
    /// What a text calls it: `WEB-12`, `#4711`.
    pub label: String,
}

impl Place {
    /// The item of that key, at that address.
    #[must_use]
    pub fn of(side: Side, key: &ItemKey, url: String) -> Place {
        let label = match side {
            Side::Jira => key.as_str().to_owned(),
            Side::Azure => format!("#{key}"),
        };
        Place { url, label }
    }
}

/// Where a link to an item leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The item itself.
    pub item: Place,
    /// Its twin, where it is known to have one.
    pub twin: Option<Place>,
}

/// What is known of links. The same question has the same answer for as long as one text is carried.
pub trait Leads {
    /// What stands behind a URL in a text of that side. Nothing where it is not an item of that side, or says more than
    /// which item it is: a comment, a filter, a board.
    fn lead(&self, side: Side, url: &str) -> Option<Lead>;

    /// The address on that side of the item that the text belongs to.
    fn home(&self, side: Side) -> Option<String>;
}

/// Knows nothing, so every link stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nowhere;

impl Leads for Nowhere {
    fn lead(&self, _side: Side, _url: &str) -> Option<Lead> {
        None
    }

    fn home(&self, _side: Side) -> Option<String> {
        None
    }
}
