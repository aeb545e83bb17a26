//! Moving an issue to a status, over others when no transition leads there directly (jira.md 6).
//!
//! Which transitions an issue has is known only where it stands, so the way is found by walking: read the status, learn
//! the transitions that leave it, move, read again. Of the statuses not seen yet the nearest to the target is tried
//! first, by status category and then by the site's order. What was learned is forgotten with the conversation. When the
//! target is not reached within [`HOPS`] moves the outcome is [`Refusal::NoTransition`]; the issue may then stand in
//! another status than before, as its next reading shows.

use std::collections::{BTreeMap, VecDeque};

use model::ItemId;
use model::http::{Method, Request};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync::{Obstacle, Outcome, Refusal, Transition};

use super::{applied, send};
use crate::address::writing;
use crate::issue::{Issue, fetch_issue};
use crate::knowledge::{Category, Status};
use crate::refusal::{fetch, unprepared, unsent};
use crate::settings::Shared;
use crate::wire;
use sync::script::Step;

const ROUTE: &str = "/rest/api/3/issue/{id}/transitions";

/// Moves that one conversation makes at most.
const HOPS: usize = 4;

/// Moves the issue and reads back where it stands.
pub(super) fn transition(context: &Shared, wanted: &Transition) -> Step<Outcome> {
    let walk = Walk {
        context: context.clone(),
        item: wanted.item,
        wanted: wanted.status.clone(),
        hops: 0,
        left: None,
        known: BTreeMap::new(),
        categories: BTreeMap::new(),
    };
    walk.look()
}

#[derive(Deserialize)]
struct Answer {
    transitions: Vec<Wire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    to: Json,
    #[serde(default)]
    has_screen: bool,
    #[serde(default = "available")]
    is_available: bool,
}

fn available() -> bool {
    true
}

/// A transition from a status that was seen.
#[derive(Clone)]
struct Edge {
    id: String,
    to: String,
}

struct Walk {
    context: Shared,
    item: ItemId,
    wanted: String,
    hops: usize,
    /// The status that the last move should have left.
    left: Option<String>,
    /// The transitions of the statuses seen so far, those without a screen first.
    known: BTreeMap<String, Vec<Edge>>,
    categories: BTreeMap<String, Category>,
}

/// Where the walk is to end, in the site's terms.
struct Goal {
    id: String,
    category: Category,
    order: Vec<String>,
}

fn nowhere() -> Step<Outcome> {
    Step::Done(Outcome::Refused(Refusal::NoTransition))
}

impl Walk {
    /// Reads where the issue stands.
    fn look(self) -> Step<Outcome> {
        fetch_issue(&self.context, self.item).then(move |issue| match issue {
            Ok(issue) => self.stand(issue),
            Err(obstacle) => Step::Done(self.lost(obstacle)),
        })
    }

    /// What a failed reading means: nothing before the first move; after it, nobody knows where the issue stands.
    fn lost(&self, obstacle: Obstacle) -> Outcome {
        if self.hops == 0 {
            return unsent(obstacle);
        }
        Outcome::Unknown
    }

    fn stand(mut self, issue: Issue) -> Step<Outcome> {
        let Some(goal) = self.goal(&issue) else {
            return Step::Done(unprepared(&self.wanted));
        };
        let Some((here, _)) = issue.status() else {
            return Step::Done(unprepared("status"));
        };
        if here == goal.id {
            return applied(&self.context, issue);
        }
        // A transition may answer success and not move (jira.md 6).
        if self.left.take().is_some_and(|left| left == here) || self.hops >= HOPS {
            return nowhere();
        }
        let here = here.to_owned();
        if self.known.contains_key(&here) {
            return self.go(&here, &goal);
        }
        self.learn(here, goal)
    }

    /// The wanted status as the issue's own type has it, or else some type of its project.
    fn goal(&self, issue: &Issue) -> Option<Goal> {
        let project = self.context.knowledge.project(issue.project()?)?;
        let own = issue.kind().and_then(|kind| project.issue_type(kind));
        let kinds = own.into_iter().chain(project.types.values());
        let mut found = kinds.filter_map(|kind| Some((kind.status(&self.wanted)?, kind)));
        let (status, kind) = found.next()?;
        let id = |status: &Status| status.id.clone();
        Some(Goal {
            id: status.id.clone(),
            category: status.category,
            order: kind.statuses.iter().map(id).collect(),
        })
    }

    /// Reads the transitions that leave this status.
    fn learn(mut self, here: String, goal: Goal) -> Step<Outcome> {
        let id = self.item.to_string();
        let request = self.context.address().get(ROUTE, &[&id], &[]);
        fetch::<Answer>(request).then(move |answer| match answer {
            Ok(answer) => {
                self.remember(&here, answer.transitions);
                self.go(&here, &goal)
            }
            Err(obstacle) => Step::Done(self.lost(obstacle)),
        })
    }

    fn remember(&mut self, here: &str, mut transitions: Vec<Wire>) {
        transitions.retain(|transition| transition.is_available);
        transitions.sort_by_key(|transition| transition.has_screen);
        let mut edges = Vec::new();
        for transition in transitions {
            let Some(to) = wire::text(&transition.to, "id").map(str::to_owned) else {
                continue;
            };
            let category = transition.to.get("statusCategory");
            let category = Category::of(category.and_then(|json| wire::text(json, "key")));
            self.categories.insert(to.clone(), category);
            let id = transition.id;
            edges.push(Edge { id, to });
        }
        self.known.insert(here.to_owned(), edges);
    }

    /// Makes the first move of the best way known.
    fn go(mut self, here: &str, goal: &Goal) -> Step<Outcome> {
        let Some(edge) = self.best(here, goal) else {
            return nowhere();
        };
        self.hops += 1;
        self.left = Some(here.to_owned());
        let context = self.context.clone();
        let request = self.request(&edge);
        send(&context, request, move |_| self.look())
    }

    fn request(&self, edge: &Edge) -> Request {
        let id = self.item.to_string();
        let body = json!({ "transition": { "id": edge.id } });
        let address = self.context.address();
        let post = address.send(Method::Post, ROUTE, &[&id], &[], &body);
        writing(post, self.item)
    }

    /// The first move towards the target, when a known way leads there; else towards the nearest status not seen yet
    /// from which one more move can be made.
    fn best(&self, here: &str, goal: &Goal) -> Option<Edge> {
        let left = HOPS.saturating_sub(self.hops);
        let ways = self.ways(here);
        let arrives = |way: &&Way| way.to == goal.id && way.moves <= left;
        if let Some(way) = ways.iter().find(arrives) {
            return Some(way.first.clone());
        }
        let unseen = |way: &&Way| !self.known.contains_key(&way.to) && way.moves < left;
        let nearest = ways
            .iter()
            .filter(unseen)
            .min_by_key(|way| (way.moves, self.distance(&way.to, goal)));
        nearest.map(|way| way.first.clone())
    }

    /// The shortest known ways from here to every status that known transitions lead to.
    fn ways(&self, here: &str) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        let mut queue: VecDeque<(String, usize, Option<Edge>)> = VecDeque::new();
        queue.push_back((here.to_owned(), 0, None));
        while let Some((at, moves, first)) = queue.pop_front() {
            for edge in self.known.get(&at).into_iter().flatten() {
                if edge.to == here || ways.iter().any(|way| way.to == edge.to) {
                    continue;
                }
                let way = Way {
                    to: edge.to.clone(),
                    moves: moves + 1,
                    first: first.clone().unwrap_or_else(|| edge.clone()),
                };
                queue.push_back((way.to.clone(), way.moves, Some(way.first.clone())));
                ways.push(way);
            }
        }
        ways
    }

    /// How far a status is from the target: in categories, then in places of the site's order.
    fn distance(&self, status: &str, goal: &Goal) -> (usize, usize) {
        let category = self.categories.get(status).copied();
        let category = category.unwrap_or(Category::Indeterminate);
        let place = |id: &str| goal.order.iter().position(|known| known == id);
        let places = match (place(status), place(&goal.id)) {
            (Some(one), Some(other)) => one.abs_diff(other),
            _ => goal.order.len(),
        };
        (category.rank().abs_diff(goal.category.rank()), places)
    }
}

/// A way over known transitions.
struct Way {
    to: String,
    moves: usize,
    first: Edge,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, context, issue, json as answer, status, workflow};
    use sync::Hindrance;

    const LOOK: &str = "GET /rest/api/3/issue/{id}";
    const LEARN: &str = "GET /rest/api/3/issue/{id}/transitions";
    const MOVE: &str = "POST /rest/api/3/issue/{id}/transitions";

    fn drill(wanted: &str) -> Drill<Outcome> {
        let transition = Transition {
            item: ItemId(12),
            status: wanted.to_owned(),
        };
        Drill::new(super::transition(&context(), &transition))
    }

    fn at(name: &str) -> sync::script::Answer {
        let mut json = issue(12, "WEB-12");
        let status = workflow()
            .into_iter()
            .find(|s| s.name == name)
            .expect("a status");
        json["fields"]["status"] = json!({ "id": status.id, "name": status.name });
        answer(200, &json)
    }

    /// Transitions as `id:status`, with a `*` behind those that have a screen.
    fn offers(list: &[&str]) -> sync::script::Answer {
        let one = |text: &&str| {
            let (id, name) = text
                .trim_end_matches('*')
                .split_once(':')
                .expect("id:status");
            let status = workflow()
                .into_iter()
                .find(|s| s.name == name)
                .expect("a status");
            let category = match status.category {
                Category::New => "new",
                Category::Indeterminate => "indeterminate",
                Category::Done => "done",
            };
            json!({
                "id": id,
                "name": "Go",
                "hasScreen": text.ends_with('*'),
                "to": { "id": status.id, "name": name, "statusCategory": { "key": category } },
            })
        };
        let transitions: Vec<Json> = list.iter().map(one).collect();
        answer(200, &json!({ "transitions": transitions }))
    }

    fn moved(outcome: &Outcome) -> Option<String> {
        let Outcome::Applied(receipt) = outcome else {
            return None;
        };
        let item = receipt.returned.as_ref()?;
        match item.field("status") {
            model::Value::Choice(name) => Some(name.clone()),
            _ => None,
        }
    }

    #[test]
    fn a_direct_transition_without_a_screen_is_preferred() {
        let mut drill = drill("In Progress");
        drill.answer(LOOK, at("To Do"));
        drill.answer(
            LEARN,
            offers(&["11:Done", "21:In Progress*", "31:In Progress"]),
        );
        drill.answer(MOVE, status(204));
        drill.answer(LOOK, at("In Progress"));
        assert_eq!(drill.body(2), json!({ "transition": { "id": "31" } }));
        assert_eq!(drill.writes(2), Some(12));
        assert_eq!(moved(&drill.end()).as_deref(), Some("In Progress"));
    }

    #[test]
    fn an_issue_that_is_there_already_is_not_moved() {
        let mut drill = drill("to do");
        drill.answer(LOOK, at("To Do"));
        assert_eq!(moved(&drill.end()).as_deref(), Some("To Do"));
    }

    #[test]
    fn the_way_leads_over_other_statuses() {
        let mut drill = drill("Done");
        drill.answer(LOOK, at("To Do"));
        drill.answer(LEARN, offers(&["11:In Progress"]));
        drill.answer(MOVE, status(204));
        drill.answer(LOOK, at("In Progress"));
        drill.answer(LEARN, offers(&["12:To Do", "13:In Review"]));
        drill.answer(MOVE, status(204));
        assert_eq!(drill.body(5), json!({ "transition": { "id": "13" } }));
        drill.answer(LOOK, at("In Review"));
        drill.answer(LEARN, offers(&["14:In Progress", "15:Done"]));
        drill.answer(MOVE, status(204));
        drill.answer(LOOK, at("Done"));
        assert_eq!(moved(&drill.end()).as_deref(), Some("Done"));
    }

    #[test]
    fn a_dead_end_is_left_again() {
        let mut drill = drill("Done");
        drill.answer(LOOK, at("To Do"));
        drill.answer(LEARN, offers(&["11:In Progress", "12:In Review"]));
        drill.answer(MOVE, status(204));
        assert_eq!(drill.body(2), json!({ "transition": { "id": "12" } }));
        drill.answer(LOOK, at("In Review"));
        drill.answer(LEARN, offers(&["13:To Do"]));
        drill.answer(MOVE, status(204));
        drill.answer(LOOK, at("To Do"));
        drill.answer(MOVE, status(204));
        assert_eq!(drill.body(7), json!({ "transition": { "id": "11" } }));
        drill.answer(LOOK, at("In Progress"));
        drill.answer(LEARN, offers(&["14:Done"]));
        drill.answer(MOVE, status(204));
        drill.answer(LOOK, at("Done"));
        assert_eq!(moved(&drill.end()).as_deref(), Some("Done"));
    }

    #[test]
    fn without_a_way_there_is_no_transition() {
        let mut drill = drill("Done");
        drill.answer(LOOK, at("To Do"));
        drill.answer(LEARN, offers(&[]));
        assert_eq!(drill.end(), Outcome::Refused(Refusal::NoTransition));
    }

    #[test]
    fn a_success_that_did_not_move_is_no_success() {
        let mut drill = drill("In Progress");
        drill.answer(LOOK, at("To Do"));
        drill.answer(LEARN, offers(&["11:In Progress"]));
        drill.answer(MOVE, status(204));
        drill.answer(LOOK, at("To Do"));
        assert_eq!(drill.end(), Outcome::Refused(Refusal::NoTransition));
    }

    #[test]
    fn the_four_outcomes_hold_for_a_move() {
        let cases = [
            (status(500), Outcome::Unknown),
            (status(401), Outcome::NotSent(Hindrance::Credential)),
            (status(409), Outcome::Refused(Refusal::Stale)),
        ];
        for (given, expected) in cases {
            let mut drill = drill("In Progress");
            drill.answer(LOOK, at("To Do"));
            drill.answer(LEARN, offers(&["11:In Progress"]));
            drill.answer(MOVE, given);
            assert_eq!(drill.end(), expected);
        }
    }

    #[test]
    fn a_move_that_cannot_be_read_back_is_unknown() {
        let mut late = drill("In Progress");
        late.answer(LOOK, at("To Do"));
        late.answer(LEARN, offers(&["11:In Progress"]));
        late.answer(MOVE, status(204));
        late.answer(LOOK, status(429));
        assert_eq!(late.end(), Outcome::Unknown);
        let mut early = drill("In Progress");
        early.answer(LOOK, status(404));
        assert_eq!(early.end(), Outcome::Refused(Refusal::Gone));
    }

    #[test]
    fn a_status_that_the_site_does_not_have_is_named() {
        let mut drill = drill("Shipped");
        drill.answer(LOOK, at("To Do"));
        assert_eq!(drill.end(), unprepared("Shipped"));
    }
}
