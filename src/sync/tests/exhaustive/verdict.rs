//! What must hold of a state of the small world.

use std::collections::BTreeSet;

use model::Side;

use super::names::Names;
use super::node::Node;
use crate::tests::remote::text;
use crate::tests::world::TITLE;

/// What is wrong in this very state, whatever comes; and where nothing more happens by itself, what is not in step.
pub(super) fn faults(node: &Node) -> Vec<String> {
    let mut wrong = doubled(node);
    if node.is_quiet() {
        wrong.extend(node.world.faults_of(node.id));
        wrong.extend(open_problems(node));
        if node.is_asked() {
            wrong.extend(lost_titles(node));
        }
    }
    wrong
}

/// Nothing that was wrong on the way is still told of.
fn open_problems(node: &Node) -> Option<String> {
    let problems = &node.world.pairs.get(&node.id)?.problems;
    (!problems.is_empty()).then(|| format!("problems are open: {problems:?}"))
}

fn doubled(node: &Node) -> Vec<String> {
    let far = node.world.remotes.get(node.id.origin.other());
    let twins = far.marked(&node.world.marker(node.id)).len();
    let mut wrong = Vec::new();
    if twins > 1 {
        wrong.push(format!("{twins} items of one marker"));
    }
    for side in Side::BOTH {
        wrong.extend(doubled_comments(node, side));
    }
    wrong
}

fn doubled_comments(node: &Node, side: Side) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut met = BTreeSet::new();
    let items = node.world.remotes.get(side).items.values();
    for comment in items.flat_map(|item| item.comments.iter().flatten()) {
        if let Some(marker) = comment.marker.filter(|_| comment.by_us)
            && !met.insert((marker.side, marker.comment))
        {
            wrong.push(format!("two twins of {:?} on {side}", marker.comment));
        }
    }
    wrong
}

/// A title that only one side was given must be there; of two that both were given, one.
fn lost_titles(node: &Node) -> Option<String> {
    let wishes = node.wishes();
    let title = node.world.value(node.id, Side::Jira, TITLE);
    let given = |side: Side| {
        let last = wishes.get(side).map(|nth| Names::given(side, nth));
        last.map(|name| text(&name))
    };
    let mut given = Side::BOTH.into_iter().filter_map(given).peekable();
    given.peek()?;
    let held = given.any(|wish| *title == wish);
    (!held).then(|| "a person's title is lost".to_owned())
}
