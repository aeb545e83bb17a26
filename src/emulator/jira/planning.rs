//! What teams plan with: boards, sprints and the one order in which all issues stand (jira.md 9.3).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::jira::scheme::{PROJECTS, Project};

/// The field that holds an issue's sprints, and the one that holds its rank.
pub(crate) const SPRINT: &str = "customfield_10020";
pub(crate) const RANK: &str = "customfield_10019";

/// Whether a board plans in sprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Scrum,
    Kanban,
}

impl Style {
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::Scrum => "scrum",
            Self::Kanban => "kanban",
        }
    }
}

/// A board over one project's issues.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) style: Style,
    pub(crate) project: &'static Project,
}

/// Where a sprint stands; it only ever goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Future,
    Active,
    Closed,
}

impl State {
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::Future => "future",
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = [Self::Future, Self::Active, Self::Closed];
        all.into_iter().find(|it| it.written() == text)
    }
}

/// A sprint. It belongs to a board, and can hold the issues of any project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sprint {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) goal: Option<String>,
    pub(crate) board: u64,
    pub(crate) created_ms: i64,
    pub(crate) start_ms: Option<i64>,
    pub(crate) end_ms: Option<i64>,
    pub(crate) complete_ms: Option<i64>,
}

/// A moment as the Agile API writes it.
pub(crate) fn written(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

impl Sprint {
    /// The sprint as an issue's field shows it.
    pub(crate) fn brief(&self) -> Value {
        let mut document = json!({
            "id": self.id,
            "name": self.name,
            "state": self.state.written(),
            "boardId": self.board,
            "goal": self.goal.as_deref().unwrap_or_default(),
        });
        self.add_dates(&mut document);
        document
    }

    /// The sprint as the Agile API shows it.
    pub(crate) fn document(&self, origin: &str) -> Value {
        let mut document = json!({
            "id": self.id,
            "self": format!("{origin}/rest/agile/1.0/sprint/{}", self.id),
            "state": self.state.written(),
            "name": self.name,
            "createdDate": written(self.created_ms),
            "originBoardId": self.board,
            "goal": self.goal.as_deref().unwrap_or_default(),
        });
        self.add_dates(&mut document);
        document
    }

    fn add_dates(&self, document: &mut Value) {
        let dates = [
            ("startDate", self.start_ms),
            ("endDate", self.end_ms),
            ("completeDate", self.complete_ms),
        ];
        for (name, at_ms) in dates {
            if let Some(at_ms) = at_ms {
                document[name] = json!(written(at_ms));
            }
        }
    }
}

/// What a team noted about an epic beside the issue itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EpicNote {
    pub(crate) name: Option<String>,
    pub(crate) color: String,
    pub(crate) done: bool,
}

impl Default for EpicNote {
    fn default() -> Self {
        Self {
            name: None,
            color: "color_1".to_owned(),
            done: false,
        }
    }
}

/// All boards and sprints, and the ranks.
#[derive(Debug)]
pub(crate) struct Planning {
    pub(crate) boards: BTreeMap<u64, Board>,
    sprints: BTreeMap<u64, Sprint>,
    next_board: u64,
    next_sprint: u64,
    pub(crate) epics: BTreeMap<u64, EpicNote>,
    pub(crate) ranks: Ranks,
}

impl Default for Planning {
    /// One board for each project: the first plans in sprints, the others do not.
    fn default() -> Self {
        let mut planning = Self {
            boards: BTreeMap::new(),
            sprints: BTreeMap::new(),
            next_board: 1,
            next_sprint: 1,
            epics: BTreeMap::new(),
            ranks: Ranks::default(),
        };
        for (index, project) in PROJECTS.iter().enumerate() {
            let style = if index == 0 {
                Style::Scrum
            } else {
                Style::Kanban
            };
            planning.add_board(format!("{} board", project.key), style, project);
        }
        planning
    }
}

impl Planning {
    pub(crate) fn add_board(
        &mut self,
        name: String,
        style: Style,
        project: &'static Project,
    ) -> u64 {
        let id = self.next_board;
        self.next_board += 1;
        let board = Board {
            id,
            name,
            style,
            project,
        };
        self.boards.insert(id, board);
        id
    }

    /// All sprints, by ascending id.
    pub(crate) fn sprints(&self) -> impl Iterator<Item = &Sprint> {
        self.sprints.values()
    }

    pub(crate) fn sprint(&self, id: u64) -> Option<&Sprint> {
        self.sprints.get(&id)
    }

    /// Takes in a sprint, or replaces the one of its id.
    pub(crate) fn put_sprint(&mut self, sprint: Sprint) {
        self.sprints.insert(sprint.id, sprint);
    }

    pub(crate) fn remove_sprint(&mut self, id: u64) -> Option<Sprint> {
        self.sprints.remove(&id)
    }

    /// An id for a sprint.
    pub(crate) fn next_sprint(&mut self) -> u64 {
        let id = self.next_sprint;
        self.next_sprint += 1;
        id
    }

    /// Whether a sprint is closed; one that is gone counts so.
    pub(crate) fn is_closed(&self, id: u64) -> bool {
        self.sprint(id).is_none_or(|it| it.state == State::Closed)
    }
}

/// The one order of all issues. Places are far apart, so that an issue can move between two others without moving them;
/// where no place is left between, all are spread anew.
#[derive(Debug, Default)]
pub(crate) struct Ranks {
    places: BTreeMap<u64, u64>,
    issues: BTreeMap<u64, u64>,
}

/// How far apart the places of issues are at first.
const STEP: u64 = 1 << 24;

impl Ranks {
    /// Puts a new issue last.
    pub(crate) fn append(&mut self, issue: u64) {
        let last = self.issues.last_key_value().map_or(0, |(place, _)| *place);
        self.place(issue, last + STEP);
    }

    pub(crate) fn remove(&mut self, issue: u64) {
        if let Some(place) = self.places.remove(&issue) {
            self.issues.remove(&place);
        }
    }

    /// Moves an issue right before or right after another one.
    pub(crate) fn put(&mut self, issue: u64, beside: u64, after: bool) {
        if issue == beside || !self.places.contains_key(&beside) {
            return;
        }
        self.remove(issue);
        if self.gap(beside, after).is_none() {
            self.spread();
        }
        if let Some(place) = self.gap(beside, after) {
            self.place(issue, place);
        }
    }

    fn place(&mut self, issue: u64, place: u64) {
        self.places.insert(issue, place);
        self.issues.insert(place, issue);
    }

    /// A free place beside an issue.
    fn gap(&self, beside: u64, after: bool) -> Option<u64> {
        let at = *self.places.get(&beside)?;
        let (low, high) = if after {
            let next = self.issues.range(at + 1..).next();
            (at, next.map_or(at + 2 * STEP, |(place, _)| *place))
        } else {
            let before = self.issues.range(..at).next_back();
            (before.map_or(0, |(place, _)| *place), at)
        };
        let middle = low + (high - low) / 2;
        (middle > low && middle < high).then_some(middle)
    }

    fn spread(&mut self) {
        let order: Vec<u64> = self.issues.values().copied().collect();
        self.issues.clear();
        for issue in order {
            self.append(issue);
        }
    }

    /// Which of two issues stands first.
    pub(crate) fn compare(&self, a: u64, b: u64) -> Ordering {
        self.places.get(&a).cmp(&self.places.get(&b))
    }

    /// The rank as the field shows it: texts that sort as the issues do.
    pub(crate) fn written(&self, issue: u64) -> Option<String> {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut rest = *self.places.get(&issue)?;
        let mut digits = Vec::new();
        while rest > 0 || digits.len() < 12 {
            let digit = usize::try_from(rest % 36).unwrap_or(0);
            digits.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
            rest /= 36;
        }
        let text: String = digits.into_iter().rev().collect();
        Some(format!("0|{text}:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_move_between_others_as_often_as_anybody_likes() {
        let mut ranks = Ranks::default();
        for issue in 1..=4 {
            ranks.append(issue);
        }
        for turn in 0..200 {
            // Alternately, so that the gap is halved each time until it is used up.
            let (issue, beside) = if turn % 2 == 0 { (3, 1) } else { (4, 1) };
            ranks.put(issue, beside, true);
            assert!(ranks.compare(beside, issue).is_lt());
            assert!(ranks.compare(issue, 2).is_lt());
        }
        ranks.put(2, 1, false);
        let order: Vec<u64> = ranks.issues.values().copied().collect();
        assert_eq!(order, [2, 1, 4, 3]);
        let written: Vec<String> = order.iter().filter_map(|&it| ranks.written(it)).collect();
        assert!(written.is_sorted(), "{written:?}");
    }
}
