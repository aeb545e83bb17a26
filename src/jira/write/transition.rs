//! Moving an issue to a status, over others when no transition leads there directly (jira.md 6).
//!
//! Which transitions an issue has is known only where it stands, so the way is found by walking: read the status and the
//! transitions that leave it, move, read again. Of the statuses not seen yet the nearest to the target is tried
//! first, by status category and then by the site's order, and one farther from the target than where the issue stands
//! only when there is no other. What was learned is forgotten with the conversation, which makes [`HOPS`] moves at most.
//! From where such a walk has ended the next conversation makes no move but one that leads to the target: it would lead
//! the issue to and fro.
//!
//! Before the first move whatever stands in the way is the outcome. After it the issue is not where it was, and an outcome
//! that says otherwise would let our own move pass for a person's: so the conversation ends in a receipt that shows where
//! the last move led and why it went no further, and in [`Outcome::Unknown`] only when that cannot be seen. What is shown
//! is the reading that followed that move. A later one might show what a person has done since.

use std::collections::{BTreeMap, VecDeque};

use model::http::{Method, Request};
use model::{ItemId, Revision};
use serde_json::json;
use sync::{Hindrance, Outcome, Receipt, Refusal, Stop, Transition};

use super::applied;
use crate::address::writing;
use crate::issue::{self, Issue, fetch_logged, fetch_standing};
use crate::knowledge::{Category, Status};
use crate::refusal::{self, unprepared, unsent};
use crate::settings::Shared;
use crate::wire;
use sync::script::Step;

const ROUTE: &str = "/rest/api/3/issue/{id}/transitions";

/// The field that a move sets.
const STATUS: &str = "status";

/// Moves that one conversation makes at most.
const HOPS: usize = 4;

/// Moves the issue and reads back where it stands.
pub(super) fn transition(context: &Shared, wanted: &Transition) -> Step<Outcome> {
    let walk = Walk {
        context: context.clone(),
        item: wanted.item,
        at: wanted.at,
        wanted: wanted.status.clone(),
        direct: wanted.direct,
        hops: 0,
        last: None,
        stood: None,
        known: BTreeMap::new(),
        categories: BTreeMap::new(),
    };
    walk.look()
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
    /// The revision that the plan was made on.
    at: Revision,
    wanted: String,
    /// Whether one move has to lead there.
    direct: bool,
    /// Moves that the site said it made.
    hops: usize,
    /// The last of them.
    last: Option<Hop>,
    /// The last reading and whose doing it shows, once a move was seen to have left its status.
    stood: Option<Stood>,
    /// The transitions of the statuses seen so far, those without a screen first.
    known: BTreeMap<String, Vec<Edge>>,
    categories: BTreeMap<String, Category>,
}

/// A move, by the ids of its statuses.
#[derive(Clone)]
struct Hop {
    from: String,
    to: String,
}

/// Where the issue stood after a move.
struct Stood {
    issue: Issue,
    /// Whether it is not where the move led: somebody has moved it since.
    strayed: bool,
}

/// Where the walk is to end, in the site's terms.
struct Goal {
    id: String,
    statuses: Vec<Status>,
}

fn nowhere() -> Outcome {
    Outcome::Refused(Refusal::NoTransition)
}

impl Walk {
    /// Reads where the issue stands.
    fn look(self) -> Step<Outcome> {
        fetch_standing(&self.context, self.item).then(move |issue| match issue {
            Ok(issue) => self.stand(issue),
            Err(obstacle) if self.hops == 0 => Step::Done(unsent(obstacle)),
            Err(_) => Step::Done(Outcome::Unknown),
        })
    }

    fn stand(mut self, mut issue: Issue) -> Step<Outcome> {
        let status = issue.status().map(|(id, _)| id.to_owned());
        let (Some(goal), Some(here)) = (self.goal(&issue), status) else {
            return Step::Done(self.lost());
        };
        let transitions = issue.transitions.take();
        // A transition may answer success and not move (jira.md 6).
        let idle = self.last.as_ref().is_some_and(|hop| hop.from == here);
        if here == goal.id {
            return self.told(issue, None);
        }
        if let Some(hop) = self.last.take().filter(|_| !idle || self.stood.is_some()) {
            let before = self.stood.take().is_some_and(|stood| stood.strayed);
            let strayed = if idle { before } else { hop.to != here };
            self.stood = Some(Stood { issue, strayed });
        }
        if idle || self.hops >= HOPS {
            // Somebody else moves it, or the remote says one thing and does another: that is no end of the ways.
            return self.halt(nowhere(), Stop::Astray);
        }
        let Some(transitions) = transitions else {
            // They were asked for.
            return self.halt(Outcome::NotSent(Hindrance::Unreachable), Stop::Interrupted);
        };
        self.remember(&here, transitions);
        self.go(here, &goal)
    }

    /// What a reading means that does not show a status known to the site.
    fn lost(&self) -> Outcome {
        if self.hops == 0 {
            return unprepared(&self.wanted);
        }
        Outcome::Unknown
    }

    /// Ends short of the target: as if nothing had been done when no move was made, else with where the last one led.
    fn halt(mut self, why: Outcome, stop: Stop) -> Step<Outcome> {
        let Some(stood) = self.stood.take() else {
            return Step::Done(why);
        };
        let strayed = stood.strayed;
        self.told(stood.issue, Some((stop, strayed)))
    }

    /// After a move of which nobody knows: reads once more, for it may have been made. What is neither before nor behind
    /// that move is somebody else's, and is left for the next reading of the issue to show.
    fn halt_unclear(mut self, hop: Hop) -> Step<Outcome> {
        let Some(before) = self.stood.take() else {
            return Step::Done(Outcome::Unknown);
        };
        fetch_logged(&self.context, self.item).then(move |issue| {
            let Ok(issue) = issue else {
                return Step::Done(Outcome::Unknown);
            };
            let Some((here, _)) = issue.status() else {
                return Step::Done(Outcome::Unknown);
            };
            let (moved, still) = (here == hop.to, here == hop.from);
            let strayed = before.strayed && still;
            if moved && self.goal(&issue).is_some_and(|goal| goal.id == hop.to) {
                return self.told(issue, None);
            }
            let shown = if moved || still { issue } else { before.issue };
            let stop = if moved {
                Stop::Interrupted
            } else {
                Stop::Unheard
            };
            self.told(shown, Some((stop, strayed)))
        })
    }

    /// A move was refused as if the issue could not be moved so from where it stands. What lies between may have sent the move
    /// twice, and only the second was answered: then the issue stands where the first has led, and the walk goes on.
    fn look_behind(mut self, hop: Hop, refused: Outcome) -> Step<Outcome> {
        fetch_standing(&self.context, self.item).then(move |issue| match issue {
            Ok(issue) if issue.status().is_some_and(|(here, _)| here == hop.to) => {
                self.hops += 1;
                self.last = Some(hop);
                self.stand(issue)
            }
            Ok(_) | Err(_) => self.halt(refused, Stop::Interrupted),
        })
    }

    /// The receipt of a walk that left the issue like this; with the reason when it ended on the way, and whether somebody
    /// had moved the issue to where it ended.
    fn told(self, issue: Issue, halt: Option<(Stop, bool)>) -> Step<Outcome> {
        let over = || {
            issue
                .changelog
                .is_overwritten(&self.context, STATUS, self.at)
        };
        let strayed = halt.is_some_and(|(_, strayed)| strayed);
        let lost = self.hops > 0 && (strayed || over());
        let overwritten: Vec<String> = lost.then(|| STATUS.to_owned()).into_iter().collect();
        let stopped = halt.map(|(stop, _)| stop);
        applied(&self.context, issue).then(move |outcome| {
            Step::Done(match outcome {
                Outcome::Applied(receipt) => Outcome::Applied(Receipt {
                    overwritten,
                    stopped,
                    ..receipt
                }),
                other => other,
            })
        })
    }

    /// The wanted status as the issue's own type has it, or else some type of its project.
    fn goal(&self, issue: &Issue) -> Option<Goal> {
        let project = self.context.knowledge.project(issue.project()?)?;
        let own = issue.kind().and_then(|kind| project.issue_type(kind));
        let kinds = own.into_iter().chain(project.types.values());
        let mut found = kinds.filter_map(|kind| Some((kind.status(&self.wanted)?, kind)));
        let (status, kind) = found.next()?;
        Some(Goal {
            id: status.id.clone(),
            statuses: kind.statuses.clone(),
        })
    }

    fn remember(&mut self, here: &str, mut transitions: Vec<issue::Transition>) {
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
    fn go(mut self, here: String, goal: &Goal) -> Step<Outcome> {
        let Some(edge) = self.best(&here, goal) else {
            // Where somebody else has put it, a way may lead on that has more moves than are left.
            let strayed = self.stood.as_ref().is_some_and(|stood| stood.strayed);
            let stop = if strayed { Stop::Astray } else { Stop::DeadEnd };
            return self.halt(nowhere(), stop);
        };
        let request = self.request(&edge);
        let hop = Hop {
            from: here,
            to: edge.to,
        };
        Step::ask(request, move |answer| {
            match refusal::writing(&self.context, answer) {
                Ok(_) => {
                    self.hops += 1;
                    self.last = Some(hop);
                    self.look()
                }
                Err(Outcome::Unknown) => self.halt_unclear(hop),
                Err(refused @ Outcome::Refused(Refusal::Fields { .. } | Refusal::Stale)) => {
                    self.look_behind(hop, refused)
                }
                Err(outcome) if outcome == nowhere() => self.halt(outcome, Stop::DeadEnd),
                Err(outcome) => self.halt(outcome, Stop::Interrupted),
            }
        })
    }

    fn request(&self, edge: &Edge) -> Request {
        let id = self.item.to_string();
        let body = json!({ "transition": { "id": edge.id } });
        let address = self.context.address();
        let post = address.send(Method::Post, ROUTE, &[&id], &[], &body);
        writing(post, self.item)
    }

    /// The first move towards the target, when a known way leads there; else towards the nearest status not seen yet
    /// from which one more move can be made, first among those that are no farther from the target than this one.
    fn best(&self, here: &str, goal: &Goal) -> Option<Edge> {
        let left = HOPS.saturating_sub(self.hops);
        let ways = self.ways(here);
        let arrives = |way: &&Way| way.to == goal.id && way.moves <= left;
        if let Some(way) = ways.iter().find(arrives) {
            return Some(way.first.clone());
        }
        if self.direct {
            return None;
        }
        let (around, _) = self.distance(here, goal);
        let unseen = |way: &&Way| !self.known.contains_key(&way.to) && way.moves < left;
        let nearest = ways.iter().filter(unseen).min_by_key(|way| {
            let (steps, places) = self.distance(&way.to, goal);
            (steps > around, way.moves, steps, places)
        });
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
        let place = |id: &str| goal.statuses.iter().position(|known| known.id == id);
        let places = match (place(status), place(&goal.id)) {
            (Some(one), Some(other)) => one.abs_diff(other),
            _ => goal.statuses.len(),
        };
        let (one, other) = (self.category(status, goal), self.category(&goal.id, goal));
        (one.rank().abs_diff(other.rank()), places)
    }

    /// As the project's statuses say, or else as the transition said that leads there.
    fn category(&self, status: &str, goal: &Goal) -> Category {
        let known = goal.statuses.iter().find(|known| known.id == status);
        let known = known.map(|known| known.category);
        let said = || self.categories.get(status).copied();
        known.or_else(said).unwrap_or(Category::Indeterminate)
    }
}

/// A way over known transitions.
struct Way {
    to: String,
    moves: usize,
    first: Edge,
}

#[cfg(test)]
mod tests;
