//! Queries of links: one hop, or along a whole tree.

use std::collections::{BTreeMap, BTreeSet};

use super::super::relation::Kind;
use super::{LinkTest, Links, Mode, Tree};

/// One row of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// Nothing for a row that stands for the source itself.
    pub(crate) link: Option<(&'static Kind, i64)>,
    pub(crate) target: i64,
}

impl LinkTest {
    /// Whether the test holds for a link of the type.
    pub(crate) fn holds(&self, kind: &'static Kind) -> bool {
        match self {
            LinkTest::And(parts) => parts.iter().all(|p| p.holds(kind)),
            LinkTest::Or(parts) => parts.iter().any(|p| p.holds(kind)),
            LinkTest::Not(inner) => !inner.holds(kind),
            LinkTest::Is(kinds) => kinds.contains(&kind),
        }
    }
}

/// What a walk asks of the items: links that pass the link test, to items that can be seen, in the
/// order of the query; and which of them match the target's condition.
pub(crate) trait Ground {
    /// The links of an item.
    fn links(&self, id: i64) -> Vec<(&'static Kind, i64)>;
    /// Whether the item matches the target's condition.
    fn is_target(&self, id: i64) -> bool;
}

/// The rows of a query of links, for its sources in their order.
pub(crate) fn rows(links: &Links, sources: &[i64], ground: &impl Ground) -> Vec<Row> {
    match links.tree {
        None => one_hop(links.mode, sources, ground),
        Some(tree) => whole_tree(links.mode, tree, sources, ground),
    }
}

fn one_hop(mode: Mode, sources: &[i64], ground: &impl Ground) -> Vec<Row> {
    let mut rows = Vec::new();
    for source in sources {
        let mut found = ground.links(*source);
        found.retain(|(_, target)| ground.is_target(*target));
        let shown = match mode {
            Mode::Matching => !found.is_empty(),
            Mode::All => true,
            Mode::Without => found.is_empty(),
        };
        if !shown {
            continue;
        }
        rows.push(Row {
            link: None,
            target: *source,
        });
        rows.extend(found.into_iter().map(|(kind, target)| Row {
            link: Some((kind, *source)),
            target,
        }));
    }
    rows
}

type Children = BTreeMap<i64, Vec<(&'static Kind, i64)>>;

/// Everything below the sources, whatever it matches, and an order in which children come before
/// their parents. Each item is visited once, so that even a circle ends.
fn below(sources: &[i64], ground: &impl Ground) -> (Children, Vec<i64>) {
    let mut children = Children::new();
    let mut order = Vec::new();
    let mut waiting: Vec<(i64, bool)> = sources.iter().rev().map(|id| (*id, false)).collect();
    while let Some((id, done)) = waiting.pop() {
        if done {
            order.push(id);
            continue;
        }
        if children.contains_key(&id) {
            continue;
        }
        let links = ground.links(id);
        waiting.push((id, true));
        waiting.extend(links.iter().rev().map(|(_, child)| (*child, false)));
        children.insert(id, links);
    }
    (children, order)
}

fn whole_tree(mode: Mode, tree: Tree, sources: &[i64], ground: &impl Ground) -> Vec<Row> {
    let (mut children, order) = below(sources, ground);
    let mut passes: BTreeSet<i64> = BTreeSet::new();
    for id in order {
        let leads = || {
            let below = children.get(&id).into_iter().flatten();
            below.into_iter().any(|(_, child)| passes.contains(child))
        };
        let pass = match tree {
            Tree::ParentFirst => ground.is_target(id),
            Tree::ChildFirst => ground.is_target(id) || leads(),
        };
        if pass {
            passes.insert(id);
        }
    }
    for links in children.values_mut() {
        links.retain(|(_, child)| passes.contains(child));
    }
    let roots = roots(sources, &children);
    let mut rows = Vec::new();
    for root in roots {
        let alone = children.get(&root).is_none_or(Vec::is_empty);
        match mode {
            Mode::Matching if alone => {}
            Mode::Without if !alone => {}
            Mode::Matching | Mode::All | Mode::Without => {
                branch(root, &children, &mut rows);
            }
        }
    }
    rows
}

/// The sources that are below no other source.
fn roots(sources: &[i64], children: &Children) -> Vec<i64> {
    let mut reached: BTreeSet<i64> = BTreeSet::new();
    let mut seen: BTreeSet<i64> = BTreeSet::new();
    let mut waiting: Vec<i64> = sources.to_vec();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        for (_, child) in children.get(&id).into_iter().flatten() {
            reached.insert(*child);
            waiting.push(*child);
        }
    }
    let top = |id: &&i64| !reached.contains(*id);
    sources.iter().filter(top).copied().collect()
}

fn branch(root: i64, children: &Children, rows: &mut Vec<Row>) {
    let mut waiting = vec![Row {
        link: None,
        target: root,
    }];
    while let Some(row) = waiting.pop() {
        rows.push(row);
        let below = children.get(&row.target).into_iter().flatten();
        waiting.extend(below.rev().map(|(kind, child)| Row {
            link: Some((kind, row.target)),
            target: *child,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::relation;
    use super::*;

    /// A forest: item, its children, whether it matches the target's condition.
    struct Forest(Vec<(i64, Vec<i64>, bool)>);

    impl Ground for Forest {
        fn links(&self, id: i64) -> Vec<(&'static Kind, i64)> {
            let kind = relation::find(relation::CHILD).unwrap();
            let row = self.0.iter().find(|row| row.0 == id);
            row.map(|row| row.1.iter().map(|c| (kind, *c)).collect())
                .unwrap_or_default()
        }

        fn is_target(&self, id: i64) -> bool {
            self.0.iter().any(|row| row.0 == id && row.2)
        }
    }

    #[test]
    fn modes_and_trees_show_what_they_say() {
        let forest = Forest(vec![
            (1, vec![2, 3], true),
            (2, vec![4], false),
            (3, vec![], true),
            (4, vec![], true),
            (5, vec![], true),
        ]);
        let check = |mode, tree, sources: &[i64], expected: &[i64]| {
            let links = Links {
                source: None,
                target: None,
                link: None,
                mode,
                tree,
            };
            let rows = rows(&links, sources, &forest);
            let targets: Vec<i64> = rows.iter().map(|r| r.target).collect();
            assert_eq!(targets, expected, "{mode:?} {tree:?} {sources:?}");
        };
        let (must, may, not) = (Mode::Matching, Mode::All, Mode::Without);
        check(must, None, &[1, 2, 5], &[1, 3, 2, 4]);
        check(may, None, &[1, 5], &[1, 3, 5]);
        check(not, None, &[1, 5], &[5]);
        check(may, Some(Tree::ParentFirst), &[1, 3, 5], &[1, 3, 5]);
        check(may, Some(Tree::ChildFirst), &[1, 4, 5], &[1, 2, 4, 3, 5]);
        check(must, Some(Tree::ParentFirst), &[1, 5], &[1, 3]);
        check(not, Some(Tree::ParentFirst), &[1, 5], &[5]);
    }

    #[test]
    fn a_circle_ends() {
        let circle = Forest(vec![(1, vec![2], true), (2, vec![1], true)]);
        let (children, order) = below(&[1], &circle);
        assert_eq!((children.len(), order.len()), (2, 2));
    }
}
