//! Lists that come in pages by offset.

use model::http::Request;
use model::limit;
use serde_json::Value as Json;
use sync::Obstacle;

use crate::refusal::fetch;
use sync::script::Step;

/// The names under which an answer may hold its list: editions of Jira differ (jira.md 5.3).
const LISTS: [&str; 6] = [
    "values",
    "issueTypes",
    "fields",
    "results",
    "createMetaIssueType",
    "comments",
];

/// One page.
pub(crate) struct Page {
    /// What it holds.
    pub(crate) entries: Vec<Json>,
    /// How many there are in all, when it says so.
    pub(crate) total: Option<usize>,
    /// Whether it calls itself the last one.
    pub(crate) last: Option<bool>,
}

impl Page {
    /// A bare list, or an object that holds one.
    pub(crate) fn of(answer: Json) -> Option<Page> {
        let mut object = match answer {
            Json::Array(entries) => {
                return Some(Page {
                    total: Some(entries.len()),
                    entries,
                    last: Some(true),
                });
            }
            Json::Object(object) => object,
            _ => return None,
        };
        let list = LISTS.iter().find_map(|name| match object.remove(*name) {
            Some(Json::Array(entries)) => Some(entries),
            _ => None,
        });
        let total = object.get("total").and_then(Json::as_u64);
        Some(Page {
            entries: list?,
            total: total.and_then(|total| total.try_into().ok()),
            last: object.get("isLast").and_then(Json::as_bool),
        })
    }

    /// Whether nothing follows when so many entries were read, this page's included.
    fn ends(&self, read: usize) -> bool {
        match (self.last, self.total) {
            (Some(true), _) => true,
            _ if self.entries.is_empty() => true,
            (_, Some(total)) => read >= total,
            (Some(false), None) => false,
            (None, None) => true,
        }
    }
}

/// How a list is asked for from an offset on.
pub(crate) type Ask = Box<dyn Fn(usize) -> Request + Send>;

/// Reads all pages; more than [`limit::LIST_PAGES`] pages or `most` entries are an endless list.
pub(crate) fn all(ask: Ask, most: usize) -> Step<Result<Vec<Json>, Obstacle>> {
    onward(ask, most, Vec::new(), 1)
}

fn onward(
    ask: Ask,
    most: usize,
    mut read: Vec<Json>,
    page: usize,
) -> Step<Result<Vec<Json>, Obstacle>> {
    let request = ask(read.len());
    let route = request.route;
    let fault = move |what| Step::Done(Err(Obstacle::Unreadable { route, what }));
    fetch::<Json>(request).and_then(move |answer| {
        let Some(mut got) = Page::of(answer) else {
            return fault("it holds no list");
        };
        let ends = got.ends(read.len() + got.entries.len());
        read.append(&mut got.entries);
        if read.len() > most || (page >= limit::LIST_PAGES && !ends) {
            return fault("the list does not end");
        }
        if ends {
            return Step::Done(Ok(read));
        }
        onward(ask, most, read, page + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::drill::{Drill, json};
    use serde_json::json;

    fn ask() -> Ask {
        Box::new(|start| {
            let start = start.to_string();
            Address::new("https://x").get("/list", &[], &[("startAt", &start)])
        })
    }

    fn check(answers: &[Json], expected: Option<usize>) {
        let mut drill = Drill::new(all(ask(), 5));
        for answer in answers {
            drill.answer("GET /list", json(200, answer));
        }
        let end = drill.end();
        assert_eq!(end.ok().map(|entries| entries.len()), expected);
    }

    #[test]
    fn a_list_ends_where_its_pages_say() {
        check(&[json!([1, 2])], Some(2));
        check(&[json!({ "values": [1], "isLast": true })], Some(1));
        check(&[json!({ "fields": [1], "total": 1 })], Some(1));
        check(&[json!({ "issueTypes": [1] })], Some(1));
        check(
            &[
                json!({ "results": [1, 2], "total": 3 }),
                json!({ "results": [3], "total": 3 }),
            ],
            Some(3),
        );
        check(
            &[
                json!({ "values": [1], "isLast": false }),
                json!({ "values": [], "isLast": false }),
            ],
            Some(1),
        );
        check(
            &[json!({ "values": [1, 2, 3, 4, 5, 6], "isLast": true })],
            None,
        );
        check(&[json!({ "values": 7 })], None);
        check(&[json!("text")], None);
    }
}
