//! Looking for a comment that we may have written: a direct read of the item's comments, newest first.

use std::sync::Arc;

use model::{CommentMarker, ItemId};
use sync::{Finding, Receipt};

use crate::comment::{Listed, Listing, Order};
use crate::covered::{projects, projects_request};
use crate::site::Site;
use sync::script::Step;

/// Looks for the comment that carries the marker.
pub(crate) fn begin(site: Arc<Site>, item: ItemId, marker: CommentMarker) -> Step<Finding> {
    if let Some(project) = site.only_project().map(str::to_owned) {
        return list(site, project, item, marker);
    }
    Step::ask(projects_request(&site, &[item.0]), move |answer| {
        let project = projects(answer)
            .ok()
            .and_then(|mut found| found.remove(&item.0));
        match project {
            Some(project) => list(site, project, item, marker),
            None => Step::Done(Finding::Inconclusive),
        }
    })
}

fn list(site: Arc<Site>, project: String, item: ItemId, marker: CommentMarker) -> Step<Finding> {
    let listing = Listing::of(site, project, item, Order::NewestFirst).until(marker);
    listing.read(move |listed| Step::Done(end(item, marker, listed)))
}

fn end(item: ItemId, marker: CommentMarker, listed: Listed) -> Finding {
    let Ok(comments) = listed.comments else {
        return Finding::Inconclusive;
    };
    let ours = comments
        .iter()
        .find(|comment| comment.by_us && comment.marker == Some(marker));
    ours.map_or(Finding::Absent, |comment| {
        Finding::Found(Receipt {
            item: Some(item),
            comment: Some(comment.id),
            ..Receipt::default()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{comment, lead, reply, scope, site};
    use model::http::{Failure, Request};
    use model::{CommentId, Side};
    use serde_json::{Value as Json, json};
    use sync::script::Answer;

    const MARKER: CommentMarker = CommentMarker {
        side: Side::Jira,
        comment: CommentId(5),
    };

    fn ours(id: u64, of: u64) -> Json {
        let link = format!("<a href=\"https://x/browse/A-1?focusedCommentId={of}\">x</a>");
        comment(id, "sync@acme.example", &link)
    }

    fn probe(site: Site, remote: impl FnMut(&Request) -> Answer) -> Finding {
        lead(begin(Arc::new(site), ItemId(12), MARKER), remote)
    }

    fn found(finding: &Finding) -> Option<CommentId> {
        match finding {
            Finding::Found(receipt) => receipt.comment,
            _ => None,
        }
    }

    #[test]
    fn the_list_is_read_no_further_than_the_twin() {
        let mut pages = 0;
        let finding = probe(site(), |request| {
            pages += 1;
            assert!(request.url.contains("order=desc"), "{}", request.url);
            reply(
                200,
                &json!({ "comments": [ours(50, 5), ours(49, 4)], "continuationToken": "t" }),
            )
        });
        assert_eq!((found(&finding), pages), (Some(CommentId(50)), 1));
    }

    #[test]
    fn a_whole_list_without_it_says_absent() {
        let finding = probe(site(), |_| {
            reply(200, &json!({ "comments": [ours(49, 4)] }))
        });
        assert_eq!(finding, Finding::Absent);
    }

    #[test]
    fn whatever_fails_is_inconclusive() {
        for answer in [
            reply(404, &json!({})),
            reply(500, &json!({})),
            Err(Failure::NotSent),
            reply(200, &json!({})),
        ] {
            assert_eq!(probe(site(), |_| answer.clone()), Finding::Inconclusive);
            let mut several = site();
            several.scopes.push(scope("Other", None, None));
            assert_eq!(probe(several, |_| answer.clone()), Finding::Inconclusive);
        }
    }
}
