//! The condition of a query, before it is known which side of a link each part speaks of; and its
//! split into the parts of a link query, which AND alone may join.

use super::super::error::Refusal;
use super::{Condition, LinkTest};

/// Which item of a link a field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// No prefix: the only item, or the source of a link.
    Plain,
    /// `[Source].`
    Source,
    /// `[Target].`
    Target,
}

/// A condition as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Clause {
    /// Of an item.
    Item(Side, Condition),
    /// Of the link.
    Link(LinkTest),
    /// All hold.
    And(Vec<Clause>),
    /// One holds.
    Or(Vec<Clause>),
    /// It does not hold.
    Not(Box<Clause>),
}

/// The parts of a link query's condition.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) source: Option<Condition>,
    pub(super) target: Option<Condition>,
    pub(super) link: Option<LinkTest>,
}

/// What all of a clause speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Source,
    Target,
    Link,
}

impl Clause {
    pub(super) fn and(parts: Vec<Clause>) -> Self {
        single(parts).unwrap_or_else(Clause::And)
    }

    pub(super) fn or(parts: Vec<Clause>) -> Self {
        single(parts).unwrap_or_else(Clause::Or)
    }

    fn about(&self) -> Option<About> {
        match self {
            Clause::Item(Side::Plain | Side::Source, _) => Some(About::Source),
            Clause::Item(Side::Target, _) => Some(About::Target),
            Clause::Link(_) => Some(About::Link),
            Clause::Not(inner) => inner.about(),
            Clause::And(parts) | Clause::Or(parts) => {
                let first = parts.first()?.about()?;
                let same = parts.iter().all(|p| p.about() == Some(first));
                same.then_some(first)
            }
        }
    }
}

fn single(mut parts: Vec<Clause>) -> Result<Clause, Vec<Clause>> {
    if parts.len() == 1 {
        return parts.pop().ok_or(parts);
    }
    Err(parts)
}

/// The condition of a flat query.
pub(super) fn flat(clause: Clause) -> Result<Condition, Refusal> {
    let all = |parts: Vec<Clause>| parts.into_iter().map(flat).collect::<Result<Vec<_>, _>>();
    match clause {
        Clause::Item(Side::Plain, condition) => Ok(condition),
        Clause::Item(Side::Source | Side::Target, _) | Clause::Link(_) => Err(Refusal::Query(
            "Links can only be asked for FROM WorkItemLinks.".into(),
        )),
        Clause::And(parts) => all(parts).map(Condition::And),
        Clause::Or(parts) => all(parts).map(Condition::Or),
        Clause::Not(inner) => Ok(Condition::Not(Box::new(flat(*inner)?))),
    }
}

/// The parts of a link query, each in its bucket.
pub(super) fn links(clause: Clause) -> Result<Parts, Refusal> {
    let mut parts = Parts::default();
    let mut waiting = vec![clause];
    let (mut source, mut target, mut link) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(clause) = waiting.pop() {
        match (clause.about(), clause) {
            (None, Clause::And(inner)) => waiting.extend(inner.into_iter().rev()),
            (None, _) => {
                return Err(Refusal::Query(
                    "Conditions of the source, the target and the link can only be joined by AND."
                        .into(),
                ));
            }
            (Some(About::Source), clause) => source.push(item(clause)?),
            (Some(About::Target), clause) => target.push(item(clause)?),
            (Some(About::Link), clause) => link.push(test(clause)?),
        }
    }
    parts.source = joined(source, Condition::And);
    parts.target = joined(target, Condition::And);
    parts.link = joined(link, LinkTest::And);
    Ok(parts)
}

fn joined<T>(mut parts: Vec<T>, and: impl Fn(Vec<T>) -> T) -> Option<T> {
    if parts.len() > 1 {
        return Some(and(parts));
    }
    parts.pop()
}

fn item(clause: Clause) -> Result<Condition, Refusal> {
    let all = |parts: Vec<Clause>| parts.into_iter().map(item).collect::<Result<Vec<_>, _>>();
    match clause {
        Clause::Item(_, condition) => Ok(condition),
        Clause::And(parts) => all(parts).map(Condition::And),
        Clause::Or(parts) => all(parts).map(Condition::Or),
        Clause::Not(inner) => Ok(Condition::Not(Box::new(item(*inner)?))),
        Clause::Link(_) => Err(mixed()),
    }
}

fn test(clause: Clause) -> Result<LinkTest, Refusal> {
    let all = |parts: Vec<Clause>| parts.into_iter().map(test).collect::<Result<Vec<_>, _>>();
    match clause {
        Clause::Link(test) => Ok(test),
        Clause::And(parts) => all(parts).map(LinkTest::And),
        Clause::Or(parts) => all(parts).map(LinkTest::Or),
        Clause::Not(inner) => Ok(LinkTest::Not(Box::new(test(*inner)?))),
        Clause::Item(..) => Err(mixed()),
    }
}

fn mixed() -> Refusal {
    Refusal::Query("Conditions of items and of links cannot be mixed.".into())
}
