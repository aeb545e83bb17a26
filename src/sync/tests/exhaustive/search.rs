//! The search: each state once, those first to which most can still happen, by one worker or by as many as the machine has cores.

use std::fmt::Write as _;
use std::sync::Arc;

use super::board::Board;
use super::circles::{self, Way};
use super::met::{Name, Noted};
use super::node::{Action, Fork, Move, Node};
use super::verdict;

/// The longest history; more means that something never comes to rest.
const DEEPEST: usize = 600;

/// Work for later that a worker puts up at once.
const AT_ONCE: usize = 1_000;

/// What a search came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// States that were looked at.
    pub(super) states: usize,
    /// Steps from a state to another one, known or new.
    pub(super) legs: usize,
    /// States in which nothing more happens by itself.
    pub(super) ends: usize,
    /// Legs of the longest history.
    pub(super) deepest: usize,
}

impl Tally {
    fn and(self, other: Tally) -> Tally {
        Tally {
            states: self.states + other.states,
            legs: self.legs + other.legs,
            ends: self.ends + other.ends,
            deepest: self.deepest.max(other.deepest),
        }
    }
}

/// How a state was reached: the moves that nobody had seen and the action that saw them, and what was before that.
struct Leg {
    moves: Vec<Move>,
    action: Action,
    before: History,
    /// How many legs that makes.
    length: usize,
}

type History = Option<Arc<Leg>>;

fn length(history: &History) -> usize {
    history.as_ref().map_or(0, |leg| leg.length)
}

/// The way to the state that is looked at; printed when something in it fails, and then the other workers end as well.
struct Path<'a> {
    board: &'a Board,
    history: History,
}

impl Drop for Path<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the history: {}", told(&self.history));
            self.board.end();
        }
    }
}

fn told(history: &History) -> String {
    let mut legs = Vec::new();
    let mut next = history.as_ref();
    while let Some(leg) = next {
        legs.push(leg);
        next = leg.before.as_ref();
    }
    let mut told = String::new();
    for leg in legs.into_iter().rev() {
        for one in &leg.moves {
            let _ = write!(told, "{one:?}, ");
        }
        let _ = write!(told, "{:?}; ", leg.action);
    }
    told
}

/// A state, and the ways on from it that are not gone yet.
struct Stop {
    place: u32,
    level: usize,
    history: History,
    forks: Vec<Fork>,
}

impl Stop {
    fn at(node: Node, (place, level): (u32, usize), history: History, board: &Board) -> Stop {
        let forks = node.forks(&|node, last| {
            let name = Name::of(node).moved(last);
            matches!(board.moved.note(name), Noted::New(_))
        });
        Stop {
            place,
            level,
            history,
            forks,
        }
    }

    /// The next way on, whether something was moved on it, and where it leads.
    fn pop(&mut self) -> Option<(Arc<Leg>, bool, Node)> {
        let fork = self.forks.last_mut()?;
        let action = fork.actions.pop()?;
        let (moves, mut next) = if fork.actions.is_empty() {
            let fork = self.forks.pop()?;
            (fork.moves, fork.node)
        } else {
            (fork.moves.clone(), fork.node.clone())
        };
        let is_moved = !moves.is_empty();
        next.go(action, is_moved);
        let leg = Leg {
            moves,
            action,
            before: self.history.clone(),
            length: length(&self.history) + 1,
        };
        Some((Arc::new(leg), is_moved, next))
    }
}

/// A state that is to be looked at later.
pub(super) struct Task {
    name: Name,
    place: u32,
    history: History,
    node: Node,
}

impl Task {
    pub(super) fn level(&self) -> usize {
        self.name.level()
    }
}

struct Worker<'a> {
    path: Path<'a>,
    stack: Vec<Stop>,
    tally: Tally,
    /// Ways between states of one level on which nothing was moved. What leads to another level, or to what was met when more
    /// could happen, rises or falls for good, so a circle shows among these. Only whether words are heard goes to and fro; but
    /// where none are, the readings show the present, and the next leg leads on.
    ways: Vec<Way>,
    /// What is to be looked at on other levels.
    later: Vec<Task>,
}

/// Looks at every state that can be reached.
pub(super) fn search(root: Node) -> Tally {
    search_and(root, |_| {})
}

/// The same, and shows each state that a step leads to, known or new.
pub(super) fn search_and(root: Node, meet: impl FnMut(&Node)) -> Tally {
    let board = begin(root);
    let (tally, ways) = Worker::at(&board).work(meet);
    end(&board, &ways);
    tally
}

/// The same by as many workers as there are cores. Which of two states of one name is met first is left to chance.
pub(super) fn search_together(root: Node) -> Tally {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let board = begin(root);
    let (mut tally, mut ways) = (Tally::default(), Vec::new());
    std::thread::scope(|scope| {
        let work = || Worker::at(&board).work(|_| {});
        let all: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for one in all {
            let (found, gone) = one.join().unwrap();
            tally = tally.and(found);
            ways.extend(gone);
        }
    });
    end(&board, &ways);
    tally
}

fn begin(root: Node) -> Board {
    let name = Name::of(&root);
    let board = Board::new(name.level());
    board.states.note(name);
    let first = Task {
        name,
        place: 0,
        history: None,
        node: root,
    };
    board.put(std::iter::once(first));
    board
}

fn end(board: &Board, ways: &[Way]) {
    let count = board.states.count();
    assert!(!circles::are_in(ways, count), "it runs in circles");
}

impl Worker<'_> {
    fn at(board: &Board) -> Worker<'_> {
        let history = None;
        Worker {
            path: Path { board, history },
            stack: Vec::new(),
            tally: Tally::default(),
            ways: Vec::new(),
            later: Vec::new(),
        }
    }

    fn work(mut self, mut meet: impl FnMut(&Node)) -> (Tally, Vec<Way>) {
        let board = self.path.board;
        while let Some(tasks) = board.take() {
            for task in tasks {
                self.follow(task, &mut meet);
            }
            board.put(self.later.drain(..));
            board.done();
        }
        (self.tally, self.ways)
    }

    /// Looks at a state and at all that follows from it and is not put off, unless it was met since when more could happen.
    fn follow(&mut self, task: Task, meet: &mut impl FnMut(&Node)) {
        let board = self.path.board;
        if board.states.is_outdone(task.name) {
            return;
        }
        let level = task.level();
        self.path.history = task.history;
        self.enter(task.node, (task.place, level));
        while let Some(stop) = self.stack.last_mut() {
            if board.is_ended() {
                return self.stack.clear();
            }
            if self.later.len() >= AT_ONCE {
                board.put(self.later.drain(..));
            }
            let (place, level) = (stop.place, stop.level);
            match stop.pop() {
                Some((leg, is_moved, next)) => {
                    self.path.history = Some(leg);
                    meet(&next);
                    let to = self.step(next, level);
                    self.ways
                        .extend(to.filter(|_| !is_moved).map(|to| (place, to)));
                }
                None => drop(self.stack.pop()),
            }
        }
    }

    /// Goes on to a state. Its place, if it is of the same level.
    fn step(&mut self, next: Node, from: usize) -> Option<u32> {
        self.tally.legs += 1;
        let board = self.path.board;
        let name = Name::of(&next);
        let (noted, level) = (board.states.note(name), name.level());
        match noted {
            Noted::New(place) if level == from || board.is_full() => {
                self.enter(next, (place, level));
            }
            Noted::New(place) => self.later.push(Task {
                name,
                place,
                history: self.path.history.clone(),
                node: next,
            }),
            Noted::Same(place) => {
                let turns = self.stack.iter().any(|stop| stop.place == place);
                assert!(!turns, "it runs in circles");
            }
            Noted::Covered => {}
        }
        let (Noted::New(place) | Noted::Same(place)) = noted else {
            return None;
        };
        (level == from).then_some(place)
    }

    fn enter(&mut self, node: Node, at: (u32, usize)) {
        let (board, history) = (self.path.board, self.path.history.clone());
        if let Some(less) = Name::without_past(&node) {
            board.states.note_too(less);
        }
        self.tally.states += 1;
        self.tally.ends += usize::from(node.is_quiet());
        self.tally.deepest = self.tally.deepest.max(length(&history));
        let wrong = verdict::faults(&node);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(length(&history) < DEEPEST, "it never comes to rest");
        self.stack.push(Stop::at(node, at, history, board));
    }
}
