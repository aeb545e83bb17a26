//! Reading items whole.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use model::{Item, ItemId, limit};
use serde_json::{Value as Json, json};
use sync::{Hindrance, Obstacle, ReadRequest, Reading};

use crate::address::{VERSION, post};
use crate::answer::{self, Fault};
use crate::comment::{Listed, Listing, Order};
use crate::refusal::{hindrance, obstacle};
use crate::site::Site;
use crate::work_item::{self, WorkItem};
use sync::script::{Answer, Step};

type Readings = Result<Vec<Reading>, Obstacle>;

pub(crate) const BATCH: &str = "/_apis/wit/workitemsbatch";

/// Turns that a reading keeps in reserve when it decides whether another item's comments can still be listed: no list
/// takes more.
const RESERVE: usize = limit::COMMENTS_PER_ITEM / 100;

/// The conversation's own state.
struct Read {
    site: Arc<Site>,
    asked: Vec<ReadRequest>,
    batches: VecDeque<Vec<u64>>,
    /// Items whose comments are still to be read, and how many they say that there are.
    waiting: VecDeque<(Box<Item>, usize)>,
    done: BTreeMap<ItemId, Reading>,
    turns: usize,
}

/// Reads these items: one request for each batch, and further ones for each item that has comments and has moved on.
pub(crate) fn begin(site: Arc<Site>, asked: &[ReadRequest]) -> Step<Readings> {
    let ids: BTreeSet<u64> = asked.iter().map(|request| request.item.0).collect();
    let ids: Vec<u64> = ids.into_iter().collect();
    let batches = ids.chunks(limit::AZURE_READ_BATCH).map(<[u64]>::to_vec);
    Read {
        site,
        asked: asked.to_vec(),
        batches: batches.collect(),
        waiting: VecDeque::new(),
        done: BTreeMap::new(),
        turns: 0,
    }
    .next_batch()
}

/// The request for whole items. Without a `fields` filter the answer tells which texts are Markdown (azure.md 9).
pub(crate) fn whole(site: &Site, ids: &[u64]) -> model::http::Request {
    let body = json!({ "ids": ids, "$expand": "all", "errorPolicy": "omit" });
    post(
        site.address.api(None, "wit/workitemsbatch", VERSION, &[]),
        BATCH,
        &body,
    )
}

/// The elements of a batch's answer. What was left out may be missing or null (azure.md 4).
pub(crate) fn elements(answer: Answer) -> Result<Vec<Json>, Fault> {
    match answer::json(answer) {
        Ok(mut body) => match body.get_mut("value").map(Json::take) {
            Some(Json::Array(elements)) => Ok(elements
                .into_iter()
                .filter(|json| !json.is_null())
                .collect()),
            _ => Err(Fault::Unreadable("it holds no list")),
        },
        // Some versions answer so when nothing of the batch can be read.
        Err(Fault::Refused(404, complaint)) if complaint.is("TF401232") => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

impl Read {
    fn next_batch(mut self) -> Step<Readings> {
        let Some(ids) = self.batches.pop_front() else {
            return self.next_comments();
        };
        self.turns += 1;
        Step::ask(whole(&self.site, &ids), move |answer| {
            match elements(answer) {
                Ok(elements) => {
                    for json in &elements {
                        self.take(json, &ids);
                    }
                    self.next_batch()
                }
                Err(fault) => Step::Done(Err(obstacle(fault, BATCH, "work items"))),
            }
        })
    }

    fn take(&mut self, json: &Json, asked: &[u64]) {
        let Some((id, _)) = work_item::head(json).filter(|(id, _)| asked.contains(&id.0)) else {
            return;
        };
        let Some(WorkItem {
            mut item,
            comment_count,
        }) = work_item::decode(&self.site, json)
        else {
            let subject = String::from("a work item that cannot be read");
            let failed = Reading::Failed(Hindrance::Unprepared { subject });
            self.done.insert(id, failed);
            return;
        };
        if self.knows(&item) {
            self.done.insert(id, Reading::Present(Box::new(item)));
        } else if comment_count == Some(0) {
            item.comments = Some(Vec::new());
            self.done.insert(id, Reading::Present(Box::new(item)));
        } else {
            let count = comment_count.and_then(|count| usize::try_from(count).ok());
            self.waiting.push_back((Box::new(item), count.unwrap_or(0)));
        }
    }

    /// Whether every caller that asked for the item has processed this revision.
    fn knows(&self, item: &Item) -> bool {
        self.asked
            .iter()
            .filter(|request| request.item == item.id)
            .all(|request| request.known == Some(item.revision))
    }

    /// Whether a caller takes a list that is too short.
    fn is_resigned(&self, item: &Item) -> bool {
        let mut asked = self.asked.iter();
        asked.any(|request| request.item == item.id && request.resigned)
    }

    fn next_comments(mut self) -> Step<Readings> {
        let Some((item, count)) = self.waiting.pop_front() else {
            return self.end();
        };
        if self.turns + RESERVE > limit::EXCHANGE_TURNS {
            return self.give_up(&item, &Hindrance::Withheld);
        }
        let site = Arc::clone(&self.site);
        let listing = Listing::of(site, item.project.clone(), item.id, Order::OldestFirst);
        listing.read(move |listed| self.take_comments(item, count, listed))
    }

    /// One item's failure is its own, unless it is one that the next item would meet as well.
    fn take_comments(
        mut self,
        mut item: Box<Item>,
        count: usize,
        listed: Listed,
    ) -> Step<Readings> {
        self.turns += listed.requests;
        let id = item.id;
        let reading = match listed.comments {
            Ok(comments) => {
                // The list may lag behind the item. Then it is as good as not read.
                let short = listed.seen < count && !self.is_resigned(&item);
                item.comments = Some(comments).filter(|_| !short);
                Reading::Present(item)
            }
            Err(Fault::Refused(404, _)) => Reading::Missing,
            Err(
                fault @ (Fault::NotSent
                | Fault::Throttled { .. }
                | Fault::Busy { .. }
                | Fault::Credential
                | Fault::Foreign),
            ) => {
                return self.give_up(&item, &hindrance(&fault));
            }
            Err(fault) => Reading::Failed(hindrance(&fault)),
        };
        self.done.insert(id, reading);
        self.next_comments()
    }

    /// Ends with what there is; items whose comments were not read have failed.
    fn give_up(mut self, item: &Item, why: &Hindrance) -> Step<Readings> {
        let rest = self.waiting.drain(..).map(|(item, _)| item.id);
        let rest: Vec<ItemId> = rest.collect();
        for id in rest.into_iter().chain([item.id]) {
            self.done.insert(id, Reading::Failed(why.clone()));
        }
        self.end()
    }

    fn end(self) -> Step<Readings> {
        let reading = |request: &ReadRequest| {
            let reading = self.done.get(&request.item);
            reading.cloned().unwrap_or(Reading::Missing)
        };
        Step::Done(Ok(self.asked.iter().map(reading).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comment::COMMENTS;
    use crate::sample::{body_of, comment, lead, page, reply, site, story, twin};
    use model::Revision;
    use model::http::{Failure, Request};

    fn asked(ids: &[u64]) -> Vec<ReadRequest> {
        let ask = |&id| ReadRequest {
            item: ItemId(id),
            known: None,
            resigned: false,
        };
        ids.iter().map(ask).collect()
    }

    fn with_comments(mut json: Json, count: u64) -> Json {
        json["fields"]["System.CommentCount"] = json!(count);
        json
    }

    fn outline(readings: Readings) -> Vec<String> {
        let outline = |reading| match reading {
            Reading::Present(item) => {
                format!(
                    "{}:{:?}",
                    item.id,
                    item.comments.map(|comments| comments.len())
                )
            }
            Reading::Missing => "missing".into(),
            Reading::Failed(why) => format!("{why:?}"),
            Reading::NotAsked => "not asked".into(),
        };
        readings
            .unwrap_or_default()
            .into_iter()
            .map(outline)
            .collect()
    }

    fn read(asked: &[ReadRequest], remote: impl FnMut(&Request) -> Answer) -> Vec<String> {
        outline(lead(begin(Arc::new(site()), asked), remote))
    }

    #[test]
    fn answers_come_in_the_order_of_the_question() {
        let items = json!({ "value": [story(1, 1), null, twin(3, 1), story(9, 9), "canary"] });
        let seen = read(&asked(&[3, 2, 1, 3]), |_| reply(200, &items));
        assert_eq!(seen, ["3:Some(0)", "missing", "1:Some(0)", "3:Some(0)"]);
    }

    #[test]
    fn the_batch_asks_for_everything_and_lets_missing_items_be() {
        let mut bodies = Vec::new();
        let ids: Vec<u64> = (1..=201).collect();
        read(&asked(&ids), |request| {
            bodies.push(body_of(request));
            reply(200, &json!({ "value": [] }))
        });
        assert_eq!(bodies.len(), 2);
        assert_eq!(bodies[0]["ids"].as_array().map(Vec::len), Some(200));
        assert_eq!(
            bodies[1],
            json!({ "ids": [201], "$expand": "all", "errorPolicy": "omit" })
        );
    }

    #[test]
    fn comments_are_read_only_when_there_may_be_new_ones() {
        let items = json!({ "value": [with_comments(story(1, 4), 2), with_comments(story(2, 4), 1), story(3, 4)] });
        let mut question = asked(&[1, 2, 3]);
        question[0].known = Some(Revision(4));
        question[1].known = Some(Revision(3));
        let mut lists = 0;
        let seen = read(&question, |request| match request.route {
            COMMENTS => {
                lists += 1;
                reply(
                    200,
                    &json!({ "comments": [comment(5, "alice@acme.example", "x")] }),
                )
            }
            _ => reply(200, &items),
        });
        assert_eq!(seen, ["1:None", "2:Some(1)", "3:Some(0)"]);
        assert_eq!(lists, 1);
    }

    #[test]
    fn one_item_that_fails_does_not_take_the_others_with_it() {
        let items = [1, 2, 3].map(|id| with_comments(story(id, 4), 1));
        let items = json!({ "value": items });
        let check = |answer: &Answer, expected: [&str; 3]| {
            let seen = read(&asked(&[1, 2, 3]), |request| match request.route {
                COMMENTS if request.url.contains("/workItems/2/") => answer.clone(),
                COMMENTS => reply(
                    200,
                    &json!({ "comments": [comment(5, "alice@acme.example", "x")] }),
                ),
                _ => reply(200, &items),
            });
            assert_eq!(seen, expected);
        };
        check(
            &reply(404, &json!({})),
            ["1:Some(1)", "missing", "3:Some(1)"],
        );
        check(
            &reply(500, &json!({})),
            ["1:Some(1)", "Unreachable", "3:Some(1)"],
        );
        check(
            &Err(Failure::Lost),
            ["1:Some(1)", "Unreachable", "3:Some(1)"],
        );
        check(
            &page(203, "text/html", ""),
            ["1:Some(1)", "Credential", "Credential"],
        );
    }

    #[test]
    fn a_short_comment_list_is_read_again() {
        let items = json!({ "value": [with_comments(story(1, 4), 2)] });
        let one = comment(5, "alice@acme.example", "x");
        let mut deleted = comment(6, "alice@acme.example", "");
        deleted["isDeleted"] = json!(true);
        let list = |comments: &[&Json]| json!({ "comments": comments });
        let shown = |resigned: bool, list: &Json| {
            let mut question = asked(&[1]);
            question[0].resigned = resigned;
            read(&question, |request| match request.route {
                COMMENTS => {
                    assert!(request.url.contains("includeDeleted=true"));
                    reply(200, list)
                }
                _ => reply(200, &items),
            })
        };
        assert_eq!(shown(false, &list(&[&one])), ["1:None"]);
        assert_eq!(shown(true, &list(&[&one])), ["1:Some(1)"]);
        // Whether the count holds deleted comments is not documented, so they count for the list.
        assert_eq!(shown(false, &list(&[&one, &deleted])), ["1:Some(1)"]);
    }

    #[test]
    fn an_unreadable_item_is_failed_not_missing() {
        let items = json!({ "value": [{ "id": 1, "rev": 1, "fields": "canary" }] });
        let seen = read(&asked(&[1]), |_| reply(200, &items));
        assert_eq!(
            seen,
            ["Unprepared { subject: \"a work item that cannot be read\" }"]
        );
    }

    #[test]
    fn a_refused_batch_is_an_obstacle() {
        let check = |answer: &Answer, expected: &Obstacle| {
            let end = lead(begin(Arc::new(site()), &asked(&[1])), |_| answer.clone());
            assert_eq!(end.err().as_ref(), Some(expected));
        };
        check(&reply(403, &json!({})), &Obstacle::Forbidden { code: None });
        check(
            &Err(Failure::Lost),
            &Obstacle::Hindered(Hindrance::Unreachable),
        );
        check(
            &reply(200, &json!({})),
            &Obstacle::Unreadable {
                route: BATCH,
                what: "it holds no list",
            },
        );
    }

    #[test]
    fn a_batch_of_which_nothing_can_be_read_is_missing() {
        let seen = read(&asked(&[1]), |_| {
            reply(404, &json!({ "message": "TF401232: no" }))
        });
        assert_eq!(seen, ["missing"]);
    }
}
