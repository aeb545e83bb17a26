//! Comments: each comment of a person gets one twin on the other side.

use std::collections::BTreeSet;

use mapping::Losses;
use model::{Both, Comment, CommentId, CommentMarker, Item, Problem, Side, limit, problem::Code};

use crate::effect::{BackLink, Body, Class, CommentRef, NewComment};
use crate::intent::Kind;
use crate::links::Links;
use crate::note::Note;
use crate::pair::Twin;
use crate::step::Work;

/// A comment that has no twin yet, with the twin's text.
pub(crate) struct Owed {
    /// The original.
    original: CommentRef,
    /// The twin.
    twin: NewComment,
    /// What the conversion could not carry.
    losses: Losses,
}

impl Work<'_> {
    /// The comments of that side that have no twin yet, with the twins' text, oldest first. What our own comments say of
    /// themselves is learned first: a twin that is there already is never made again.
    pub(crate) fn comments_owed(&mut self, items: Both<&Item>, from: Side) -> Vec<Owed> {
        self.learn_twins(items.get(from.other()));
        let direction = self.context.profile.comments.direction;
        let allowed = direction.is_some_and(|direction| direction.allows(from));
        if !allowed {
            return Vec::new();
        }
        let item = items.get(from);
        if items.get(from.other()).comments.is_none() && self.twins_unread(items, from) {
            self.unread |= !self.owed(item).is_empty();
            return Vec::new();
        }
        let far = items.get(from.other());
        let url = self.context.addresses.browse(from, &item.key, item.id);
        let links = Links::of(self.context, &[item, far]);
        let owed = self.owed(item);
        // One more than a plan carries, so that it is seen that there are more.
        owed.into_iter()
            .take(limit::EFFECTS_PER_PLAN + 1)
            .map(|comment| self.twin_of(comment, (item, far), &url, &links))
            .collect()
    }

    /// Whether the other side's comments were left out of its reading although we have not dealt with all of them: then a
    /// twin might be there, unseen.
    fn twins_unread(&self, items: Both<&Item>, from: Side) -> bool {
        let far = items.get(from.other());
        self.pair.known(from.other()) != Some(far.revision)
    }

    /// Believes the markers of our own comments.
    fn learn_twins(&mut self, item: &Item) {
        let ours = item
            .comments
            .iter()
            .flatten()
            .filter(|comment| comment.by_us);
        for comment in ours {
            let Some(CommentMarker {
                side,
                comment: original,
            }) = comment.marker
            else {
                continue;
            };
            let original = CommentRef { side, id: original };
            let named = matches!(self.pair.comments.get(&original), Some(Twin::Written(_)));
            if side == item.side.other() && !named {
                self.pair
                    .comments
                    .insert(original, Twin::Written(comment.id));
            }
        }
    }

    /// Something on the way has delivered a comment of ours twice, which nothing fences on Jira. Of a side whose comments were not
    /// read it is as it was.
    pub(crate) fn doubled_comments(&self, items: Both<&Item>) -> Vec<Problem> {
        let told = Side::BOTH.map(|side| Problem::new(Code::DuplicateComment).on(side));
        let sides = Side::BOTH.into_iter().zip(told);
        let doubled = sides.filter(|(side, problem)| match &items.get(*side).comments {
            Some(comments) => is_doubled(comments),
            None => self.pair.problems.contains(problem),
        });
        doubled.map(|(_, problem)| problem).collect()
    }

    fn owed<'a>(&self, item: &'a Item) -> Vec<&'a Comment> {
        let twins = self.twins_on(item.side);
        let all = item.comments.iter().flatten();
        all.filter(|comment| {
            let original = CommentRef {
                side: item.side,
                id: comment.id,
            };
            let carried = self.pair.comments.contains_key(&original);
            let muted = self.pair.muted.contains_key(&original);
            !is_twin(comment, &twins) && !comment.restricted && !carried && !muted
        })
        .collect()
    }

    /// The comments of a side of which we remember that they are twins. The account that wrote them may not be the one that
    /// we use today.
    pub(crate) fn twins_on(&self, side: Side) -> BTreeSet<CommentId> {
        let twins = self.pair.comments.iter();
        let twins = twins.filter(|(original, _)| original.side == side.other());
        let named = twins.filter_map(|(_, twin)| match twin {
            Twin::Written(id) => Some(*id),
            Twin::Unnamed | Twin::None => None,
        });
        named.collect()
    }

    fn twin_of(
        &self,
        comment: &Comment,
        (item, far): (&Item, &Item),
        url: &str,
        links: &Links<'_>,
    ) -> Owed {
        let from = item.side;
        let url = original_url(from, url, comment);
        let profile = self.context.profile;
        let (body, losses) = profile.carry_comment(from, comment, &url, links);
        let marker = CommentMarker {
            side: from,
            comment: comment.id,
        };
        Owed {
            original: CommentRef {
                side: from,
                id: comment.id,
            },
            twin: NewComment {
                item: far.id,
                project: far.project.clone(),
                body,
                marker,
            },
            losses,
        }
    }

    /// Tells that a comment is carried over.
    pub(crate) fn announce(&mut self, owed: Owed) -> (CommentRef, NewComment) {
        self.notes.push(Note::CommentPlanned {
            from: owed.original.side,
            comment: owed.original.id,
            losses: owed.losses,
        });
        (owed.original, owed.twin)
    }

    /// Plans the twins on Jira. Each is a create of its own and fragile (durability.md 3.3).
    pub(crate) fn write_jira_comments(&mut self, items: Both<&Item>) {
        for owed in self.comments_owed(items, Side::Azure) {
            if !self.has_room() {
                self.pair.owes = true;
                break;
            }
            let (original, comment) = self.announce(owed);
            let kind = Kind::Comment { original };
            self.intend(Side::Jira, Class::Fragile, kind, Body::Comment(comment));
        }
    }

    /// Leaves the link to the work item on the Jira issue, once. It upserts by its global id, so a repeat is harmless.
    pub(crate) fn link_back(&mut self, items: Both<&Item>) {
        if self.pair.linked_back || !self.has_room() {
            return;
        }
        let azure = items.azure;
        let link = BackLink {
            item: items.jira.id,
            to: Side::Azure,
            twin: azure.id,
            key: azure.key.clone(),
            url: self
                .context
                .addresses
                .browse(Side::Azure, &azure.key, azure.id),
        };
        self.intend(Side::Jira, Class::Natural, Kind::Link, Body::Link(link));
    }
}

/// Whether a comment is a twin, and so never carried: we wrote it, we remember that we did, or it says so itself.
pub(crate) fn is_twin(comment: &Comment, remembered: &BTreeSet<CommentId>) -> bool {
    comment.by_us || comment.marker.is_some() || remembered.contains(&comment.id)
}

/// Whether two of our own comments have one original.
fn is_doubled(comments: &[Comment]) -> bool {
    let mut originals = BTreeSet::new();
    let mut ours = comments.iter().filter(|comment| comment.by_us);
    ours.any(|comment| comment.marker.is_some_and(|one| !originals.insert(one)))
}

/// The address of a comment. On Jira the comment is named in the query; it is what marks the twin on Azure DevOps.
fn original_url(side: Side, item_url: &str, comment: &Comment) -> String {
    match side {
        Side::Jira => format!("{item_url}?focusedCommentId={}", comment.id.0),
        Side::Azure => format!("{item_url}#{}", comment.id.0),
    }
}
