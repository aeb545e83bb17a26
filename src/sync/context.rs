//! What a step may know besides the pair: the profile, the keys, and the moment's permissions.

use mapping::{Lead, Profile, Rule};
use model::{Digest, DigestKey, Installation, ItemId, ItemKey, RuleName, Side, Value, limit};

use crate::effect::Floor;

/// Addresses of items in a browser, which only connectors can make.
pub trait Addresses {
    /// The address of that item.
    fn browse(&self, side: Side, key: &ItemKey, item: ItemId) -> String;
}

/// Where the items that texts link to have their twins: what is known of the other pairs of the profile, and nothing else of
/// them. It is a picture of one moment: within a step the same question has the same answer.
pub trait Twins {
    /// What stands behind a URL in a text of that side, when that is an item of the profile's site there.
    fn lead(&self, side: Side, url: &str) -> Option<Lead>;
}

/// When doubtful effects are probed, in milliseconds after the latest moment at which their first byte can have left
/// (durability.md 3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Direct probes. The last one stands at the lateness bound: absent then is absent.
    pub probes: Vec<i64>,
    /// One more search by marker before a create is made again.
    pub search: i64,
    /// Milliseconds for which a field or comment that a remote refused is left out, unless it changes before.
    pub refusal: i64,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule {
            probes: limit::PROBE_AT_MS.to_vec(),
            search: limit::SEARCH_AT_MS,
            refusal: limit::REFUSED_MS,
        }
    }
}

/// What a step may know.
pub struct Context<'a> {
    /// The compiled profile.
    pub profile: &'a Profile,
    /// The tenant's digest key.
    pub key: &'a DigestKey,
    /// Who we are, for markers.
    pub installation: Installation,
    /// The incarnation under which effects leave.
    pub incarnation: u64,
    /// Whether creates are allowed yet: not before every item that carries a marker of ours has been met once after a
    /// loss of history (durability.md 3.2, rule 8).
    pub may_create: bool,
    /// Where a probe for an item created from now on would begin.
    pub floor: &'a Floor,
    /// Addresses for people.
    pub addresses: &'a dyn Addresses,
    /// Where links between items lead.
    pub twins: &'a dyn Twins,
    /// When doubts are probed.
    pub schedule: &'a Schedule,
}

impl Context<'_> {
    /// The rule of that name.
    pub(crate) fn rule(&self, name: &RuleName) -> Option<&Rule> {
        self.profile.rules.iter().find(|rule| rule.name == *name)
    }

    /// The digest of a rule's field on one side.
    pub(crate) fn digest(&self, rule: &Rule, side: Side, value: &Value) -> Digest {
        let domain = format!("{side}/{}", rule.name);
        self.key.digest(&domain, &rule.canonical(side, value))
    }

    /// The digest of a project's name, to find the project again in the profile without keeping its name.
    pub(crate) fn project(&self, name: &str) -> Digest {
        self.key.digest("project", name.as_bytes())
    }

    /// The digest of one element of a set, the same for both sides.
    pub(crate) fn element(&self, rule: &Rule, neutral: &str) -> Digest {
        self.key
            .digest(&format!("element/{}", rule.name), neutral.as_bytes())
    }
}
