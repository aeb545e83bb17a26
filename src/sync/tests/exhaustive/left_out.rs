//! What the search leaves out, looked at in worlds that are small enough: that states of one name lead to the same, and that
//! what is put off leads nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use super::fingerprint;
use super::heard::Heard;
use super::met::Name;
use super::node::{Action, Fork, Move, Node};
use super::verdict;

/// What the first state of each name leads to.
#[derive(Default)]
pub(super) struct Namesakes(BTreeMap<Name, Leads>);

/// Where a state leads, and what is wrong with it.
type Leads = (BTreeSet<Name>, Vec<String>);

impl Namesakes {
    /// A state that was met, for the first time or again. It must lead to just what the first one of its name leads to.
    pub(super) fn meet(&mut self, node: &Node) {
        let steps = node.clone().forks(&|_, _| true).into_iter().flat_map(steps);
        let leads: BTreeSet<Name> = steps.map(|(.., next)| Name::of(&next).plain()).collect();
        let leads = (leads, verdict::faults(node));
        let first = self.0.entry(Name::of(node).plain());
        let first = first.or_insert_with(|| leads.clone());
        if *first == leads {
            return;
        }
        let steps = node
            .clone()
            .forks(&|_, _| true)
            .into_iter()
            .flat_map(steps_named);
        let own = steps.filter(|(.., name)| !first.0.contains(name));
        let own: Vec<_> = own.map(|(moves, action, _)| (moves, action)).collect();
        panic!("another state of this name does not lead where these lead: {own:?}");
    }

    /// How many names were met.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

type Step = (Vec<Move>, Action, Node);

fn steps(fork: Fork) -> impl Iterator<Item = Step> {
    let Fork {
        moves,
        node,
        actions,
    } = fork;
    actions.into_iter().map(move |action| {
        let mut next = node.clone();
        next.go(action, !moves.is_empty());
        (moves.clone(), action, next)
    })
}

fn steps_named(fork: Fork) -> impl Iterator<Item = (Vec<Move>, Action, Name)> {
    steps(fork).map(|(moves, action, next)| (moves, action, Name::of(&next).plain()))
}

/// How many actions that are put off were compared with what comes instead of them.
#[derive(Debug, Default)]
pub(super) struct PutOff {
    pub(super) moves: usize,
    pub(super) crashes: usize,
    pub(super) words: usize,
    pub(super) overtaking: usize,
    pub(super) again: usize,
}

impl PutOff {
    /// Looks at everything that is put off in that state.
    pub(super) fn meet(&mut self, node: &Node) {
        for fork in node.clone().forks_of(&|_, action| action.is_word()) {
            for word in fork.actions.iter().copied() {
                self.word(&fork.node, word);
                self.again(&fork.node, word);
            }
        }
        if node.is_about_to_read() {
            self.reading(node);
        }
        for one in node.moves() {
            self.unseen(node, one);
        }
    }

    /// A move and an action that does not see it lead to the same in either order.
    fn unseen(&mut self, node: &Node, one: Move) {
        let mut moved = node.clone();
        moved.make(one);
        for action in moved.actions() {
            let sees = |node: &Node| node.is_seen_by(action, one.side());
            if !node.actions().contains(&action) || sees(node) || sees(&moved) {
                continue;
            }
            let (mut first, mut second) = (moved.clone(), node.clone());
            first.go(action, true);
            second.go(action, false);
            second.make(one);
            second.forget();
            assert_eq!(number(&first), number(&second), "{one:?} before {action:?}");
            self.moves += 1;
        }
    }

    /// A word that is put off, and whatever else may happen then, lead to the same in either order. What is left of the word
    /// when it comes second may be nothing.
    fn word(&mut self, node: &Node, word: Action) {
        if !node.is_put_off(word) || !node.commutes_with(word) {
            return;
        }
        for other in node.actions() {
            if node.is_put_off(other) && other.is_word() {
                continue;
            }
            let mut first = node.clone();
            first.go(word, false);
            if !first.actions().contains(&other) {
                let spent = matches!((word, other), (Action::Webhook(_), Action::Webhook(_)));
                assert!(spent, "{other:?} is not possible after {word:?}");
                continue;
            }
            first.go(other, false);
            let mut second = node.clone();
            second.go(other, false);
            if second.actions().contains(&word) {
                second.go(word, false);
            }
            let expected = number(&second);
            assert_eq!(number(&first), expected, "{word:?} before {other:?}");
            self.words += 1;
        }
    }

    /// A webhook whose word the feed has too leads to what the feed's leads to, but that the feed may then tell of it again, and
    /// there the webhook.
    fn again(&mut self, node: &Node, word: Action) {
        let Action::Webhook(side) = word else { return };
        if !node.is_put_off(word) || !node.is_told_by_feed(word) {
            return;
        }
        let (mut first, mut second) = (node.clone(), node.clone());
        first.go(word, false);
        second.go(Action::Feed(side), false);
        let may_tell_again = |node: &Node, word| node.actions().contains(&word);
        let again = may_tell_again(&first, Action::Feed(side));
        assert_eq!(again, may_tell_again(&second, word), "{word:?} again");
        first.world.remote(side).feed.clear();
        assert_eq!(number(&first), number(&second), "{word:?} by the feed");
        self.again += 1;
    }

    /// Before a reading: to die after it is to die now; and words that overtake it when something was moved before it lead to
    /// what they lead to when all that is moved after it.
    fn reading(&mut self, node: &Node) {
        let reads = |_: &Node, action| matches!(action, Action::Work | Action::Stale(_));
        for fork in node.clone().forks_of(&reads) {
            let Fork {
                moves,
                node: moved,
                actions,
            } = fork;
            for action in actions {
                let mut read = moved.clone();
                read.go(action, !moves.is_empty());
                self.crash(&moved, &read);
                self.overtaking(node, &moves, &read);
            }
        }
    }

    fn crash(&mut self, before: &Node, read: &Node) {
        if !read.actions().contains(&Action::Crash) || !read.is_put_off(Action::Crash) {
            return;
        }
        assert!(!before.is_put_off(Action::Crash));
        let (mut now, mut later) = (before.clone(), read.clone());
        now.go(Action::Crash, false);
        later.go(Action::Crash, false);
        assert_eq!(present(&later), present(&now), "to die after a reading");
        self.crashes += 1;
    }

    fn overtaking(&mut self, before: &Node, moves: &[Move], read: &Node) {
        for fork in read.clone().forks_of(&|_, action| action.is_word()) {
            for word in fork.actions.iter().copied() {
                let is_else = fork.node.commutes_with(word) || fork.node.is_told_by_feed(word);
                if !fork.node.is_put_off(word) || is_else {
                    continue;
                }
                let mut heard = fork.node.clone();
                heard.go(word, true);
                heard.go(Action::Work, false);
                let mut plain = before.clone();
                plain.go(Action::Work, false);
                for one in moves.iter().chain(&fork.moves) {
                    plain.make(*one);
                }
                assert!(plain.actions().contains(&word) && !plain.is_put_off(word));
                plain.go(word, true);
                assert_ne!(plain.heard(), Some(Heard::Fresh));
                plain.go(Action::Work, false);
                assert_eq!(present(&heard), present(&plain), "{moves:?}, {word:?}");
                self.overtaking += 1;
            }
        }
    }
}

/// The state alone, as it is for whoever may still hear of everything, and read as much of the past as may be read.
fn number(node: &Node) -> (u64, Vec<String>) {
    number_of(node, node.luck.kept())
}

/// The same for whoever cannot read the past.
fn present(node: &Node) -> (u64, Vec<String>) {
    number_of(node, 1)
}

fn number_of(node: &Node, kept: usize) -> (u64, Vec<String>) {
    let mut node = node.clone();
    node.is_deaf = false;
    (fingerprint::of(&node, kept).wished, verdict::faults(&node))
}
