//! What may differ at the end of a history, and which problems may be open, and why: the profile says so, or a person has to
//! decide.

use actors::stored::ProblemRow;
use counterpart::demo::compare::{self, Twins};
use mapping::{Direction, Profile};
use model::problem::Code;
use model::{Both, Side};
use serde_json::Value;

use crate::people::{People, Place};
use crate::world::{World, origin};

/// What differs although nothing excuses it, and the problems that are open although nothing excuses them.
pub(crate) fn unexcused(world: &World, people: &People, open: &[ProblemRow]) -> Vec<String> {
    let (left_out, torn) = (people.left_out(), people.torn());
    let mut inner = world.lock();
    let differences = inner.compare(world, &left_out).differences;
    let items = inner.items();
    drop(inner);
    let pairs = compare::pair_up(&items.jira, &items.azure);
    let judge = Judge {
        profile: &world.profiles[0],
        people,
        open,
    };
    let excused = |told: &String| {
        let mut pairs = pairs.iter();
        pairs.any(|twins| judge.excuses(twins, told))
    };
    let mut wrong: Vec<String> = differences
        .iter()
        .filter(|told| !excused(told))
        .cloned()
        .collect();
    for row in open {
        let gone = row.pair.is_some_and(|pair| torn.contains(&pair));
        if !gone && !judge.waits_for_a_person(row, &pairs, &differences) {
            wrong.push(format!("a problem is open: {row:?}"));
        }
    }
    wrong
}

struct Judge<'a> {
    profile: &'a Profile,
    people: &'a People,
    open: &'a [ProblemRow],
}

impl Judge<'_> {
    /// Whether a difference of these two items is excused.
    fn excuses(&self, twins: &Twins<'_>, told: &str) -> bool {
        let Some(what) = told.strip_prefix(&format!("{}: ", name(twins))) else {
            return false;
        };
        self.waits(twins, what) || self.is_not_carried(twins, what)
    }

    /// Whether a person has to decide which value holds.
    fn waits(&self, twins: &Twins<'_>, what: &str) -> bool {
        let pair = origin(twins);
        let mut rows = self.open.iter();
        rows.any(|row| {
            row.problem.code == Code::ConflictManual
                && row.pair == pair
                && field(row) == Some(what)
                && self.both_wrote(twins, what)
        })
    }

    fn both_wrote(&self, twins: &Twins<'_>, what: &str) -> bool {
        let items = [(Side::Jira, twins.jira), (Side::Azure, twins.azure)];
        items
            .into_iter()
            .all(|(side, item)| self.wrote(side, item, what))
    }

    fn wrote(&self, side: Side, item: Option<&Value>, what: &str) -> bool {
        let id = item.and_then(|item| item["id"].as_str());
        let is_it =
            |(at, of, field): &&Place| *at == side && Some(of.as_str()) == id && *field == what;
        self.people.wishes.keys().any(|place| is_it(&place))
    }

    /// Whether it was done where nothing is carried from.
    fn is_not_carried(&self, twins: &Twins<'_>, what: &str) -> bool {
        let Some(far) = receiver(self.profile) else {
            return false;
        };
        let items = Both {
            jira: twins.jira,
            azure: twins.azure,
        };
        let (here, source) = (*items.get(far), *items.get(far.other()));
        if what == "has no counterpart" {
            return here.is_some() && source.is_none();
        }
        if what.starts_with("comment ") {
            let comments = here.and_then(|item| item["comments"].as_array());
            let mut comments = comments.into_iter().flatten();
            return comments.any(|comment| what == format!("comment {}", comment["id"]));
        }
        let id = here.and_then(|item| item["id"].as_str());
        let has_moved = id.is_some_and(|id| self.people.has_moved(far, id));
        self.wrote(far, here, what) || what == "state" && has_moved
    }

    /// Whether a problem is open because a person has to decide, and there is something to decide.
    fn waits_for_a_person(
        &self,
        row: &ProblemRow,
        pairs: &[Twins<'_>],
        differences: &[String],
    ) -> bool {
        let (Some(what), Code::ConflictManual) = (field(row), row.problem.code) else {
            return false;
        };
        let its = pairs.iter().filter(|twins| origin(twins) == row.pair);
        let mut told = its.map(|twins| format!("{}: {what}", name(twins)));
        told.any(|told| differences.contains(&told))
    }
}

/// The side that nothing is carried from.
pub(crate) fn receiver(profile: &Profile) -> Option<Side> {
    match profile.direction {
        Direction::Both => None,
        Direction::ToAzure => Some(Side::Azure),
        Direction::ToJira => Some(Side::Jira),
    }
}

/// The field of the remotes' neutral documents that a problem's rule is about.
fn field(row: &ProblemRow) -> Option<&'static str> {
    match row.problem.subject.as_deref()? {
        "summary" => Some("title"),
        "description" | "description-repro" => Some("text"),
        "priority" => Some("priority"),
        "labels" => Some("tags"),
        "status" => Some("state"),
        "assignee" => Some("assignee"),
        _ => None,
    }
}

/// The pair as a comparison calls it.
fn name(twins: &Twins<'_>) -> String {
    let keys = [twins.jira, twins.azure].into_iter().flatten();
    let keys = keys.filter_map(|item| item["key"].as_str());
    keys.collect::<Vec<_>>().join(" and ")
}
