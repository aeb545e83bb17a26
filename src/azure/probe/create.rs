//! Looking for an item that we may have created.
//!
//! The revisions feed is ordered and complete from a stored position on, but shows no relations. So it gives candidates,
//! items that we created, and a batch read of those shows their markers (durability.md 3.3). Without a position the
//! query "created by me" gives them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use model::{Marker, limit};
use serde_json::Value as Json;
use sync::{Finding, Floor, Receipt};

use crate::answer;
use crate::cursor::Cursor;
use crate::read::{elements, whole};
use crate::site::Site;
use crate::{feed, wiql, work_item};
use sync::script::Step;

/// Newest items of ours that a query is asked for.
const NEWEST: usize = limit::PROBE_PAGES * limit::AZURE_READ_BATCH;

/// The conversation's own state.
struct Search {
    site: Arc<Site>,
    marker: Marker,
    /// Whether the query is still to be asked.
    query: bool,
    pages: usize,
    candidates: BTreeSet<u64>,
    read: BTreeSet<u64>,
    /// What it ends in when nothing more is found.
    miss: Finding,
}

/// Looks for the item that carries the marker.
pub(crate) fn begin(site: Arc<Site>, marker: &Marker, floor: &Floor, query: bool) -> Step<Finding> {
    let search = Search {
        site,
        marker: marker.clone(),
        query,
        pages: 0,
        candidates: BTreeSet::new(),
        read: BTreeSet::new(),
        miss: Finding::Absent,
    };
    match position(floor) {
        Some(cursor) => search.next_page(cursor),
        None => search.ask_query(Finding::Absent),
    }
}

/// The floor's token is a cursor of our own feed; the service's own token is taken as well.
fn position(floor: &Floor) -> Option<Cursor> {
    let token = floor.token.as_deref()?;
    let cursor = Cursor::parse(token).or_else(|| Cursor::at(token))?;
    cursor.token.is_some().then_some(cursor)
}

impl Search {
    fn next_page(mut self, cursor: Cursor) -> Step<Finding> {
        if self.pages == limit::LIST_PAGES {
            self.miss = Finding::Inconclusive;
            return self.read_candidates();
        }
        self.pages += 1;
        let request = feed::request(&self.site, &cursor, "System.CreatedBy", true);
        Step::ask(request, move |answer| {
            match answer::json(answer).and_then(|body| feed::take(body, &cursor)) {
                Ok(page) => self.take_page(&page),
                Err(_) => self.missed(Finding::Inconclusive),
            }
        })
    }

    fn take_page(mut self, page: &feed::Revisions) -> Step<Finding> {
        for row in page.rows.iter().filter(|row| may_be_ours(&self.site, row)) {
            self.candidates.extend(row.get("id").and_then(Json::as_u64));
        }
        if page.more {
            self.next_page(page.cursor.clone())
        } else {
            self.read_candidates()
        }
    }

    /// Reads those candidates that were not read yet, newest first.
    fn read_candidates(mut self) -> Step<Finding> {
        let newest_first = self.candidates.iter().rev().copied();
        let fresh: Vec<u64> = newest_first.filter(|id| !self.read.contains(id)).collect();
        self.read.append(&mut self.candidates);
        let batches = fresh
            .chunks(limit::AZURE_READ_BATCH)
            .map(<[u64]>::to_vec)
            .collect();
        self.next_batch(batches)
    }

    fn next_batch(self, mut batches: VecDeque<Vec<u64>>) -> Step<Finding> {
        let Some(ids) = batches.pop_front() else {
            let miss = self.miss.clone();
            return self.missed(miss);
        };
        Step::ask(whole(&self.site, &ids), move |answer| {
            match elements(answer) {
                Ok(elements) => self.take_batch(&elements, &ids, batches),
                Err(_) => self.missed(Finding::Inconclusive),
            }
        })
    }

    fn take_batch(
        mut self,
        elements: &[Json],
        ids: &[u64],
        batches: VecDeque<Vec<u64>>,
    ) -> Step<Finding> {
        let mut unread: BTreeSet<u64> = ids.iter().copied().collect();
        for item in elements
            .iter()
            .filter_map(|json| work_item::decode(&self.site, json))
        {
            let item = item.item;
            unread.remove(&item.id.0);
            let marker = item.marker.as_ref();
            if marker.is_some_and(|found| found.names(&self.marker.profile, self.marker.source)) {
                return Step::Done(Finding::Found(Receipt {
                    item: Some(item.id),
                    key: Some(item.key.clone()),
                    revision: Some(item.revision),
                    returned: Some(Box::new(item)),
                    ..Receipt::default()
                }));
            }
        }
        // One that we created and cannot read may be the one.
        if !unread.is_empty() {
            self.miss = Finding::Inconclusive;
        }
        self.next_batch(batches)
    }

    /// Nothing was found so far; the query may still find it, but never tells that it is absent.
    fn missed(mut self, miss: Finding) -> Step<Finding> {
        if !self.query {
            return Step::Done(miss);
        }
        self.query = false;
        self.ask_query(miss)
    }

    /// Asks for what we created; `complete` is what a miss means when the list is whole.
    fn ask_query(mut self, complete: Finding) -> Step<Finding> {
        self.query = false;
        let request = wiql::request(&self.site, None, wiql::CREATED_BY_US, NEWEST);
        Step::ask(request, move |answer| match wiql::ids(answer) {
            Ok(ids) => {
                let is_whole = ids.len() < NEWEST;
                self.miss = match complete {
                    // Without a position only a whole list can tell; with one the feed has told already.
                    Finding::Absent if self.pages == 0 && !is_whole => Finding::Inconclusive,
                    other => other,
                };
                self.candidates = ids.into_iter().take(NEWEST).collect();
                self.read_candidates()
            }
            Err(_) => Step::Done(Finding::Inconclusive),
        })
    }
}

/// A row that does not tell who created the item may be ours.
fn may_be_ours(site: &Site, row: &Json) -> bool {
    match row.get("fields") {
        Some(fields) if fields.get("System.CreatedBy").is_some() => {
            work_item::is_ours(site, fields)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::REVISIONS;
    use crate::read::BATCH;
    use crate::sample::{body_of, lead, marker, reply, site, story, twin};
    use crate::wiql::WIQL;
    use model::http::{Failure, Request};
    use model::{ItemId, Side};
    use serde_json::json;
    use sync::script::Answer;
    use sync::{Probe, Target};

    fn probe(token: Option<&str>, search: bool, remote: impl FnMut(&Request) -> Answer) -> Finding {
        let probe = Probe {
            intent: 1,
            side: Side::Azure,
            target: Target::Create {
                marker: marker(),
                project: "Platform".into(),
                floor: Floor {
                    token: token.map(str::to_owned),
                    ..Floor::default()
                },
            },
            search,
        };
        lead(crate::probe::begin(Arc::new(site()), &probe), remote)
    }

    fn found(finding: &Finding) -> Option<ItemId> {
        match finding {
            Finding::Found(receipt) => receipt.item,
            _ => None,
        }
    }

    fn by(id: u64, who: &Json) -> Json {
        json!({ "id": id, "rev": 1, "fields": { "System.CreatedBy": who } })
    }

    fn page(rows: &[Json], token: &str, last: bool) -> Answer {
        reply(
            200,
            &json!({ "values": rows, "continuationToken": token, "isLastBatch": last }),
        )
    }

    #[test]
    fn the_feed_is_read_from_the_floor_to_its_end_and_then_the_candidates() {
        let us = json!({ "id": "1", "uniqueName": "Sync Bot <sync@acme.example>" });
        let mut asked = Vec::new();
        let finding = probe(Some("1:5;5;5"), false, |request| {
            asked.push(request.url.clone());
            match request.route {
                REVISIONS if request.url.ends_with("5%3B5%3B5") => page(
                    &[by(7, &us), by(8, &json!("Alice <alice@x>"))],
                    "6;6;6",
                    false,
                ),
                REVISIONS => page(&[by(9, &us)], "7;7;7", true),
                BATCH => {
                    assert_eq!(body_of(request)["ids"], json!([9, 7]));
                    reply(200, &json!({ "value": [story(9, 1), twin(7, 2)] }))
                }
                _ => reply(500, &json!({})),
            }
        });
        assert_eq!(found(&finding), Some(ItemId(7)));
        assert_eq!(asked.len(), 3);
        assert!(
            asked[0].contains("fields=System.CreatedBy&includeIdentityRef=true&continuationToken="),
            "{}",
            asked[0]
        );
    }

    #[test]
    fn what_the_feed_does_not_have_is_absent() {
        let finding = probe(Some("5;5;5"), false, |_| page(&[], "5;5;5", true));
        assert_eq!(finding, Finding::Absent);
        let us = json!("sync@acme.example");
        let finding = probe(Some("5;5;5"), false, |request| match request.route {
            REVISIONS => page(std::slice::from_ref(&by(9, &us)), "7;7;7", true),
            _ => reply(200, &json!({ "value": [story(9, 1)] })),
        });
        assert_eq!(finding, Finding::Absent);
    }

    #[test]
    fn a_marker_on_what_somebody_else_created_is_not_believed() {
        let mut impostor = twin(9, 1);
        impostor["fields"]["System.CreatedBy"] = json!("alice@acme.example");
        let finding = probe(Some("5;5;5"), false, |request| match request.route {
            REVISIONS => page(&[json!({ "id": 9, "rev": 1 })], "7;7;7", true),
            _ => reply(200, &json!({ "value": [impostor] })),
        });
        assert_eq!(finding, Finding::Absent);
    }

    #[test]
    fn whatever_fails_is_inconclusive() {
        let us = json!("sync@acme.example");
        for answer in [
            Err(Failure::Lost),
            reply(500, &json!({})),
            reply(401, &json!({})),
            reply(200, &json!({})),
        ] {
            let finding = probe(Some("5;5;5"), false, |_| answer.clone());
            assert_eq!(finding, Finding::Inconclusive);
            let finding = probe(Some("5;5;5"), false, |request| match request.route {
                REVISIONS => page(std::slice::from_ref(&by(9, &us)), "7;7;7", true),
                _ => answer.clone(),
            });
            assert_eq!(finding, Finding::Inconclusive);
            let finding = probe(None, false, |_| answer.clone());
            assert_eq!(finding, Finding::Inconclusive);
        }
    }

    #[test]
    fn a_candidate_that_cannot_be_read_is_inconclusive() {
        let us = json!("sync@acme.example");
        let finding = probe(Some("5;5;5"), false, |request| match request.route {
            REVISIONS => page(&[by(8, &us), by(9, &us)], "7;7;7", true),
            _ => reply(200, &json!({ "value": [story(8, 1), null] })),
        });
        assert_eq!(finding, Finding::Inconclusive);
    }

    #[test]
    fn without_a_floor_a_whole_list_of_ours_tells() {
        let list = |count: u64| json!({ "workItems": (1..=count).map(|id| json!({ "id": id })).collect::<Vec<_>>() });
        let run = |count: u64, twin_id: u64| {
            probe(None, false, |request| match request.route {
                WIQL => reply(200, &list(count)),
                _ => {
                    let ids = body_of(request)["ids"].take();
                    let ids = ids.as_array().cloned().unwrap_or_default();
                    let ids = ids.iter().filter_map(Json::as_u64);
                    let items: Vec<Json> = ids
                        .map(|id| {
                            if id == twin_id {
                                twin(id, 1)
                            } else {
                                story(id, 1)
                            }
                        })
                        .collect();
                    reply(200, &json!({ "value": items }))
                }
            })
        };
        assert_eq!(found(&run(5, 3)), Some(ItemId(3)));
        assert_eq!(run(5, 99), Finding::Absent);
        let most = u64::try_from(NEWEST).unwrap_or_default();
        assert_eq!(run(most, most + 1), Finding::Inconclusive);
    }

    #[test]
    fn the_query_may_only_find() {
        let run = |feed: Answer, query: Answer| {
            probe(Some("5;5;5"), true, |request| match request.route {
                REVISIONS => feed.clone(),
                WIQL => query.clone(),
                _ => reply(200, &json!({ "value": [twin(9, 1)] })),
            })
        };
        let empty = || page(&[], "5;5;5", true);
        let broken = || reply(500, &json!({}));
        let none = || reply(200, &json!({ "workItems": [] }));
        let one = || reply(200, &json!({ "workItems": [{ "id": 9 }] }));
        assert_eq!(found(&run(empty(), one())), Some(ItemId(9)));
        assert_eq!(found(&run(broken(), one())), Some(ItemId(9)));
        assert_eq!(run(broken(), none()), Finding::Inconclusive);
        assert_eq!(run(empty(), none()), Finding::Absent);
        assert_eq!(run(empty(), broken()), Finding::Inconclusive);
    }

    #[test]
    fn an_endless_feed_is_inconclusive() {
        let mut next = 0;
        let finding = probe(Some("5;5;5"), false, |_| {
            next += 1;
            page(&[], &format!("{next};1;1"), false)
        });
        assert_eq!(finding, Finding::Inconclusive);
        assert_eq!(next, limit::LIST_PAGES);
    }
}
