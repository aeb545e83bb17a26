//! What only queries of links say: link types and modes.

use super::super::error::Refusal;
use super::super::relation;
use super::lexer::{Placed, Token};
use super::parser::Parser;
use super::split::{self, Clause};
use super::{LinkTest, Links, Mode, Tree};

impl Parser<'_> {
    pub(super) fn mode(&mut self) -> Result<(Mode, Option<Tree>), Refusal> {
        self.expect_sign("(")?;
        let (mut mode, mut tree, mut children) = (None, false, false);
        loop {
            match self.next() {
                Some(Placed {
                    token: Token::Word(word),
                    ..
                }) => match word.to_lowercase().as_str() {
                    "mustcontain" if mode.is_none() => mode = Some(Mode::Matching),
                    "maycontain" if mode.is_none() => mode = Some(Mode::All),
                    "doesnotcontain" if mode.is_none() => mode = Some(Mode::Without),
                    "recursive" => tree = true,
                    "returnmatchingchildren" => children = true,
                    _ => return Err(Refusal::Query(format!("«{word}» is no mode."))),
                },
                token => return Err(self.unexpected("a mode", token)),
            }
            if !self.sign(",") {
                break;
            }
        }
        self.expect_sign(")")?;
        match (tree, children) {
            (false, true) => Err(Refusal::Query(
                "ReturnMatchingChildren needs Recursive.".into(),
            )),
            (false, false) => Ok((mode.unwrap_or(Mode::Matching), None)),
            (true, false) => Ok((mode.unwrap_or(Mode::All), Some(Tree::ParentFirst))),
            (true, true) => Ok((mode.unwrap_or(Mode::All), Some(Tree::ChildFirst))),
        }
    }

    pub(super) fn link_comparison(&mut self) -> Result<Clause, Refusal> {
        let not = self.take("not");
        if self.take("in") {
            self.expect_sign("(")?;
            let mut kinds = vec![self.link_kind()?];
            while self.sign(",") {
                kinds.push(self.link_kind()?);
            }
            self.expect_sign(")")?;
            return Ok(link_clause(not, kinds));
        }
        let not = if self.sign("=") {
            false
        } else if self.sign("<>") {
            true
        } else {
            return Err(self.unexpected("operator", self.tokens.first()));
        };
        let kind = self.link_kind()?;
        Ok(link_clause(not, vec![kind]))
    }

    fn link_kind(&mut self) -> Result<&'static relation::Kind, Refusal> {
        let Some(Placed {
            token: Token::Text(name),
            ..
        }) = self.next()
        else {
            return Err(self.unexpected("a link type", self.tokens.first()));
        };
        relation::find(name)
            .ok()
            .filter(|kind| kind.end != relation::End::Resource)
            .ok_or_else(|| {
                Refusal::Query(format!(
                    "The link type does not exist. The error is caused by «'{name}'»."
                ))
            })
    }
}

fn link_clause(not: bool, kinds: Vec<&'static relation::Kind>) -> Clause {
    let clause = Clause::Link(LinkTest::Is(kinds));
    if not {
        Clause::Not(Box::new(clause))
    } else {
        clause
    }
}

/// The parts of a link query; a tree needs one type of link that makes trees.
pub(super) fn links(
    clause: Option<Clause>,
    mode: Mode,
    tree: Option<Tree>,
) -> Result<Links, Refusal> {
    let parts = clause.map(split::links).transpose()?.unwrap_or_default();
    if tree.is_some() {
        let kinds = match &parts.link {
            Some(LinkTest::Is(kinds)) => kinds.as_slice(),
            _ => &[],
        };
        let grows = |k: &&relation::Kind| k.is_tree() && matches!(k.end, relation::End::Forward(_));
        if kinds.len() != 1 || !kinds.iter().all(grows) {
            return Err(Refusal::Query(
                "A recursive query needs exactly one link type of tree topology in forward \
                direction. The error is caused by «[System.Links.LinkType]»."
                    .into(),
            ));
        }
    }
    Ok(Links {
        source: parts.source,
        target: parts.target,
        link: parts.link,
        mode,
        tree,
    })
}
