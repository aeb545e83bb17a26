//! The change feed: reporting revisions of the whole organisation (azure.md 3.1). A feed of one project would lose items
//! that move, so projects are told apart here.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::http::Request;
use model::{ItemId, Revision};
use serde_json::Value as Json;
use sync::{FeedChange, FeedPage, Obstacle};
use url::Url;

use crate::address::{VERSION, get};
use crate::answer::{self, Fault};
use crate::cursor::Cursor;
use crate::refusal::obstacle;
use crate::site::Site;
use crate::work_item;
use sync::script::Step;

type Page = Result<FeedPage, Obstacle>;

pub(crate) const REVISIONS: &str = "/_apis/wit/reporting/workitemrevisions";
const POSITION: &str = "the feed's saved position";

/// A page of the feed as it came.
pub(crate) struct Revisions {
    /// Its rows.
    pub(crate) rows: Vec<Json>,
    /// The position behind it; where the page began when the answer gave none.
    pub(crate) cursor: Cursor,
    /// Whether there is more at once.
    pub(crate) more: bool,
}

/// Reads the page behind a cursor.
pub(crate) fn begin(site: Arc<Site>, cursor: Option<&str>) -> Step<Page> {
    let Some(cursor) = cursor.map_or_else(|| Some(Cursor::default()), Cursor::parse) else {
        return Step::Done(Err(unknown_position()));
    };
    let request = request(&site, &cursor, "System.TeamProject", false);
    Step::ask(request, move |answer| {
        let page = answer::json(answer).and_then(|body| take(body, &cursor));
        Step::Done(match page {
            Ok(page) => Ok(changes(&site, &page)),
            Err(fault) if is_about_the_position(&fault, &cursor) => Err(unknown_position()),
            Err(fault) => Err(obstacle(fault, REVISIONS, "organisation")),
        })
    })
}

/// The request for a page of revisions with these fields.
pub(crate) fn request(site: &Site, cursor: &Cursor, fields: &str, identities: bool) -> Request {
    let mut query = vec![("fields", fields)];
    if identities {
        query.push(("includeIdentityRef", "true"));
    }
    if let Some(token) = &cursor.token {
        query.push(("continuationToken", token));
    }
    let path = "wit/reporting/workitemrevisions";
    get(site.address.api(None, path, VERSION, &query), REVISIONS)
}

/// Takes a page that began at `from`.
pub(crate) fn take(mut body: Json, from: &Cursor) -> Result<Revisions, Fault> {
    let Some(Json::Array(rows)) = body.get_mut("values").map(Json::take) else {
        return Err(Fault::Unreadable("it holds no revisions"));
    };
    let cursor = match token(&body) {
        Some(token) => {
            Cursor::at(&token).ok_or(Fault::Unreadable("its continuation token cannot be kept"))?
        }
        None => from.clone(),
    };
    let is_last = body.get("isLastBatch").and_then(Json::as_bool);
    let is_last = is_last.ok_or(Fault::Unreadable("it does not say whether it is the last"))?;
    Ok(Revisions {
        // A page that leads nowhere would be read for ever.
        more: !is_last && cursor != *from,
        rows,
        cursor,
    })
}

/// The token behind a page, from its own member or out of the next page's address.
fn token(body: &Json) -> Option<String> {
    let own = match body.get("continuationToken") {
        Some(Json::String(token)) => Some(token.clone()),
        Some(Json::Number(token)) => Some(token.to_string()),
        _ => None,
    };
    own.filter(|token| !token.is_empty()).or_else(|| {
        let next = Url::parse(body.get("nextLink")?.as_str()?).ok()?;
        let token = next
            .query_pairs()
            .find(|(name, _)| name == "continuationToken");
        token.map(|(_, token)| token.into_owned())
    })
}

/// The newest revision of each item of our projects.
fn changes(site: &Site, page: &Revisions) -> FeedPage {
    let mut newest: BTreeMap<ItemId, Revision> = BTreeMap::new();
    for row in page.rows.iter().filter(|row| concerns_us(site, row)) {
        if let Some((item, revision)) = work_item::head(row) {
            let known = newest.entry(item).or_insert(revision);
            *known = revision.max(*known);
        }
    }
    let change = |(item, revision)| FeedChange {
        item,
        revision,
        key: None,
    };
    FeedPage {
        changes: newest.into_iter().map(change).collect(),
        cursor: page.cursor.to_string(),
        more: page.more,
        restarted: false,
    }
}

/// A row that does not tell its project may be ours.
fn concerns_us(site: &Site, row: &Json) -> bool {
    let project = row
        .get("fields")
        .and_then(|fields| fields.get("System.TeamProject"));
    let project = project.and_then(Json::as_str);
    project.is_none_or(|project| site.covers_project(project))
}

/// The only thing in the request that can be wrong is the position, unless the service does not speak our version.
fn is_about_the_position(fault: &Fault, cursor: &Cursor) -> bool {
    let Fault::Refused(400, complaint) = fault else {
        return false;
    };
    cursor.token.is_some() && !complaint.is("VssVersionOutOfRangeException")
}

fn unknown_position() -> Obstacle {
    Obstacle::Unknown {
        subject: POSITION.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{lead, reply, site};
    use serde_json::json;

    fn row(id: u64, rev: u64, project: &str) -> Json {
        json!({ "id": id, "rev": rev, "fields": { "System.TeamProject": project } })
    }

    fn feed(cursor: Option<&str>, status: u16, body: &Json) -> (Page, String) {
        let mut url = String::new();
        let page = lead(begin(Arc::new(site()), cursor), |request| {
            url.clone_from(&request.url);
            reply(status, body)
        });
        (page, url)
    }

    #[test]
    fn a_page_gives_the_newest_revision_of_each_item_of_our_projects() {
        let body = json!({
            "values": [row(7, 2, "platform"), row(7, 4, "Platform"), row(7, 3, "Platform"), row(8, 1, "Other"),
                       json!({ "id": 9, "rev": 1 }), json!({ "id": "10" }), json!(null)],
            "continuationToken": "813;350;1",
            "isLastBatch": false,
        });
        let (page, url) = feed(None, 200, &body);
        let change = |id, rev| FeedChange {
            item: ItemId(id),
            revision: Revision(rev),
            key: None,
        };
        let expected = FeedPage {
            changes: vec![change(7, 4), change(9, 1)],
            cursor: "1:813;350;1".into(),
            more: true,
            restarted: false,
        };
        assert_eq!(page, Ok(expected));
        assert_eq!(
            url,
            "https://dev.azure.com/acme/_apis/wit/reporting/workitemrevisions\
             ?api-version=7.1&fields=System.TeamProject"
        );
    }

    #[test]
    fn the_last_pages_token_is_where_the_next_poll_begins() {
        let body = json!({ "values": [], "continuationToken": "9;9;9", "isLastBatch": true });
        let (page, url) = feed(Some("1:813;350;1"), 200, &body);
        assert!(url.ends_with("&continuationToken=813%3B350%3B1"), "{url}");
        assert_eq!(
            page.map(|page| (page.cursor, page.more)),
            Ok(("1:9;9;9".into(), false))
        );
    }

    #[test]
    fn a_page_that_leads_nowhere_is_the_last() {
        for body in [
            json!({ "values": [], "continuationToken": "1;1;1", "isLastBatch": false }),
            json!({ "values": [], "isLastBatch": false }),
        ] {
            let (page, _) = feed(Some("1:1;1;1"), 200, &body);
            assert_eq!(
                page.map(|page| (page.cursor, page.more)),
                Ok(("1:1;1;1".into(), false))
            );
        }
    }

    #[test]
    fn the_token_may_stand_in_the_next_address_only() {
        let next =
            "https://dev.azure.com/acme/_apis/wit/x?continuationToken=5%3B6%3B7&api-version=7.1";
        let (page, _) = feed(
            None,
            200,
            &json!({ "values": [], "nextLink": next, "isLastBatch": true }),
        );
        assert_eq!(page.map(|page| page.cursor), Ok("1:5;6;7".into()));
    }

    #[test]
    fn a_position_that_means_nothing_is_said_to_be_unknown() {
        let unknown = Err(unknown_position());
        assert_eq!(
            feed(Some("1:1;1;1"), 400, &json!({ "message": "bad token" })).0,
            unknown
        );
        let refused = feed(
            None,
            400,
            &json!({ "message": "TF51535: Cannot find field" }),
        )
        .0;
        assert_eq!(
            refused,
            Err(Obstacle::Refused {
                status: 400,
                code: Some("TF51535".into())
            })
        );
        let end = lead(begin(Arc::new(site()), Some("nonsense")), |_| {
            reply(500, &json!({}))
        });
        assert_eq!(end, unknown);
    }

    #[test]
    fn a_page_without_its_members_is_unreadable() {
        for body in [
            json!({}),
            json!({ "values": [] }),
            json!({ "values": [], "isLastBatch": true, "continuationToken": "x".repeat(600) }),
        ] {
            let (page, _) = feed(None, 200, &body);
            assert!(
                matches!(
                    page,
                    Err(Obstacle::Unreadable {
                        route: REVISIONS,
                        ..
                    })
                ),
                "{body}"
            );
        }
    }
}
