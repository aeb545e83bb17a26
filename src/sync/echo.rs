//! Echo: recognising our own writes when the feeds bring them back (design.md 6).

use mapping::Rule;
use model::{Digest, Item, Side};

use crate::Receipt;
use crate::comment::is_twin;
use crate::effect::CommentRef;
use crate::step::Work;

impl Work<'_> {
    /// Moves what was seen of an item up to the revision that our own write made, but only when nothing else can hide
    /// behind it.
    ///
    /// On Azure DevOps the patch was guarded by the revision before it, so the revision after it is ours and nobody
    /// else's. Jira has no guard: a person's edit may lie between our read and our write, and the one `updated` covers
    /// both. There the answer must show every other field and comment as we know it; if not, the echo is let in and read.
    pub(crate) fn echo(&mut self, side: Side, receipt: &Receipt) {
        let Some(revision) = receipt.revision else {
            return;
        };
        let clean = match side {
            Side::Azure => true,
            Side::Jira => receipt
                .returned
                .as_deref()
                .is_some_and(|item| self.is_known(item)),
        };
        if let (true, Some(end)) = (clean, self.pair.ends.get_mut(side)) {
            end.seen = end.seen.max(revision);
        }
    }

    /// Whether an item shows no field and no comment otherwise than we know it.
    fn is_known(&self, item: &Item) -> bool {
        self.is_as_known(item, |_| true, |_, _| false)
    }

    /// Whether an item shows nothing but what both sides agreed on, or what we sent there.
    pub(crate) fn is_ours(&self, item: &Item) -> bool {
        let side = item.side;
        let empty = |rule: &Rule| item.field(rule.field(side)).is_empty();
        let sent = |rule: &Rule, value| self.has_sent(&rule.name, side, value);
        self.is_as_known(item, empty, sent)
    }

    /// Whether every field and every comment is as we know it, and what was never agreed on, or is otherwise than that, as it
    /// should be.
    fn is_as_known(
        &self,
        item: &Item,
        new: impl Fn(&Rule) -> bool,
        other: impl Fn(&Rule, Digest) -> bool,
    ) -> bool {
        let fields = self.context.profile.rules.iter().all(|rule| {
            let Some(base) = self.pair.base.get(&rule.name) else {
                return new(rule);
            };
            let digest = self
                .context
                .digest(rule, item.side, item.field(rule.field(item.side)));
            *base.value.get(item.side) == Some(digest) || other(rule, digest)
        });
        let twins = self.twins_on(item.side);
        let comments = item.comments.as_ref().is_some_and(|comments| {
            comments.iter().all(|comment| {
                let original = CommentRef {
                    side: item.side,
                    id: comment.id,
                };
                is_twin(comment, &twins)
                    || comment.restricted
                    || self.pair.comments.contains_key(&original)
            })
        });
        fields && comments
    }
}
