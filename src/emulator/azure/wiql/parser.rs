//! Tokens to a query, by recursive descent with a bound on the depth. What is not understood is
//! refused with the place where it stands, never read as something else.

use super::super::error::Refusal;
use super::super::field::Field;
use super::super::limit;
use super::super::node::Organization;
use super::super::team::Team;
use super::check;
use super::lexer::{self, Placed, Token};
use super::link;
use super::split::{self, Clause, Side};
use super::{Comparison, Condition, Mode, Query, Shape};

/// What macros stand for, and how exact dates are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) organization: &'a Organization,
    /// `@project`; absent in a query that is not below a project.
    pub(crate) project: Option<usize>,
    /// The team of the path.
    pub(crate) team: Option<&'a Team>,
    /// `@me`.
    pub(crate) caller: usize,
    /// Now, for `@today`.
    pub(crate) now: i64,
    /// Milliseconds by which the caller's clock is ahead of UTC.
    pub(crate) offset_ms: i64,
    /// `timePrecision=true`.
    pub(crate) precise: bool,
}

/// A query's text as a query.
///
/// # Errors
/// [`Refusal::Query`], [`Refusal::QueryField`], [`Refusal::QueryPath`] or
/// [`Refusal::QueryPrecision`].
pub(crate) fn parse(text: &str, setting: Setting<'_>) -> Result<Query, Refusal> {
    if text.chars().count() > limit::QUERY_CHARS {
        let why = format!(
            "The query text has more than {} characters.",
            limit::QUERY_CHARS
        );
        return Err(Refusal::Query(why));
    }
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser {
        text,
        tokens: &tokens,
        setting,
        depth: 0,
    };
    parser.query()
}

/// What a comparison speaks of.
#[derive(Debug, Clone, Copy)]
enum Subject {
    /// A field of the item on that side of the link.
    Item(Side, &'static Field),
    /// `[System.Links.LinkType]`.
    Link,
}

/// Reads one query.
pub(super) struct Parser<'a> {
    text: &'a str,
    pub(super) tokens: &'a [Placed],
    pub(super) setting: Setting<'a>,
    depth: usize,
}

const LINK_TYPE: [&str; 2] = ["System.Links.LinkType", "Link Type"];

impl<'a> Parser<'a> {
    fn query(&mut self) -> Result<Query, Refusal> {
        self.expect("select")?;
        let columns = self.columns()?;
        self.expect("from")?;
        let of_links = if self.take("workitemlinks") {
            true
        } else {
            self.expect("workitems")?;
            false
        };
        let clause = if self.take("where") {
            Some(self.any()?)
        } else {
            None
        };
        let mut order = Vec::new();
        let mut as_of = None;
        let mut mode = None;
        loop {
            if order.is_empty() && self.take("order") {
                self.expect("by")?;
                order = self.order()?;
            } else if as_of.is_none() && self.take("asof") {
                as_of = Some(self.as_of()?);
            } else if of_links && mode.is_none() && self.take("mode") {
                mode = Some(self.mode()?);
            } else {
                break;
            }
        }
        if let Some(token) = self.tokens.first() {
            return Err(self.unexpected("end of string", Some(token)));
        }
        let shape = if of_links {
            let (mode, tree) = mode.unwrap_or((Mode::Matching, None));
            Shape::Links(Box::new(link::links(clause, mode, tree)?))
        } else {
            Shape::Flat(clause.map(split::flat).transpose()?)
        };
        Ok(Query {
            columns,
            shape,
            order,
            as_of,
        })
    }

    fn columns(&mut self) -> Result<Vec<&'static Field>, Refusal> {
        let mut columns = Vec::new();
        loop {
            if let Subject::Item(_, f) = self.subject()? {
                columns.push(f);
            }
            if !self.sign(",") {
                return Ok(columns);
            }
        }
    }

    fn order(&mut self) -> Result<Vec<(&'static Field, bool)>, Refusal> {
        let mut order = Vec::new();
        loop {
            let subject = self.subject()?;
            let descending = self.take("desc");
            if !descending {
                self.take("asc");
            }
            if let Subject::Item(_, f) = subject {
                if f.kind.is_long() {
                    return Err(Refusal::Query(format!(
                        "The field cannot be sorted by. The error is caused by «[{}]».",
                        f.reference
                    )));
                }
                order.push((f, descending));
            }
            if !self.sign(",") {
                return Ok(order);
            }
        }
    }

    fn as_of(&mut self) -> Result<i64, Refusal> {
        match self.next() {
            Some(Placed {
                token: Token::Text(text),
                ..
            }) => self.moment(text).map(|(ms, _)| ms),
            Some(Placed {
                token: Token::Macro(name),
                ..
            }) => {
                let name = name.clone();
                self.time_macro(&name)?
                    .ok_or_else(|| Refusal::Query(format!("'@{name}' is not a date.")))
            }
            token => Err(self.unexpected("a date", token)),
        }
    }

    fn any(&mut self) -> Result<Clause, Refusal> {
        let mut parts = vec![self.all()?];
        while self.take("or") {
            parts.push(self.all()?);
        }
        Ok(Clause::or(parts))
    }

    fn all(&mut self) -> Result<Clause, Refusal> {
        let mut parts = vec![self.one()?];
        while self.take("and") {
            parts.push(self.one()?);
        }
        Ok(Clause::and(parts))
    }

    fn one(&mut self) -> Result<Clause, Refusal> {
        self.depth += 1;
        if self.depth > limit::QUERY_DEPTH {
            return Err(Refusal::Query("The conditions nest too deeply.".into()));
        }
        let clause = if self.take("not") {
            Clause::Not(Box::new(self.one()?))
        } else if self.take("ever") {
            self.ever()?
        } else if self.sign("(") {
            let inner = self.any()?;
            self.expect_sign(")")?;
            inner
        } else {
            self.comparison(false)?
        };
        self.depth -= 1;
        Ok(clause)
    }

    /// `EVER [field] = value`, with or without parentheses.
    fn ever(&mut self) -> Result<Clause, Refusal> {
        let inner = self.sign("(");
        let clause = self.comparison(true)?;
        if inner {
            self.expect_sign(")")?;
        }
        Ok(clause)
    }

    fn comparison(&mut self, ever: bool) -> Result<Clause, Refusal> {
        let (side, f) = match self.subject()? {
            Subject::Link => return self.link_comparison(),
            Subject::Item(side, f) => (side, f),
        };
        let (condition, not) = self.predicate(f, ever)?;
        let clause = Clause::Item(side, condition);
        Ok(if not {
            Clause::Not(Box::new(clause))
        } else {
            clause
        })
    }

    /// What follows a field, and whether it is negated.
    fn predicate(
        &mut self,
        f: &'static Field,
        mut ever: bool,
    ) -> Result<(Condition, bool), Refusal> {
        if self.take("is") {
            let not = self.take("not");
            self.expect("empty")?;
            check::empty(f)?;
            return Ok((Condition::Empty(f), not));
        }
        let mut not = self.take("not");
        let was = self.take("was");
        ever |= self.take("ever");
        if was && !ever {
            return Err(self.unexpected("EVER", self.tokens.first()));
        }
        not |= self.take("not");
        let wrap = |condition| {
            if ever {
                check::ever(f)?;
                return Ok(Condition::Ever(Box::new(condition)));
            }
            Ok::<Condition, Refusal>(condition)
        };
        if self.take("in") {
            let condition = if self.take("group") {
                self.group(f)?
            } else {
                self.list(f)?
            };
            return Ok((wrap(condition)?, not));
        }
        let comparison = self.operator(not, ever)?;
        check::operator(f, comparison)?;
        let condition = self.compared(f, comparison)?;
        Ok((wrap(condition)?, not))
    }

    fn operator(&mut self, negated: bool, ever: bool) -> Result<Comparison, Refusal> {
        if self.take("contains") {
            let words = self.take("words");
            return Ok(if words {
                Comparison::ContainsWords
            } else {
                Comparison::Contains
            });
        }
        if self.take("under") {
            return Ok(Comparison::Under);
        }
        for (sign, comparison) in [
            ("=", Comparison::Equal),
            ("<>", Comparison::NotEqual),
            ("!=", Comparison::NotEqual),
            (">=", Comparison::GreaterOrEqual),
            (">", Comparison::Greater),
            ("<=", Comparison::LessOrEqual),
            ("<", Comparison::Less),
        ] {
            if (!negated || ever) && self.sign(sign) {
                return Ok(comparison);
            }
        }
        let value = self.tokens.first().map(|p| &p.token);
        if ever
            && matches!(
                value,
                Some(Token::Text(_) | Token::Number(_) | Token::Macro(_))
            )
        {
            return Ok(Comparison::Equal);
        }
        Err(self.unexpected("operator", self.tokens.first()))
    }

    fn subject(&mut self) -> Result<Subject, Refusal> {
        let (mut name, mut placed) = self.name()?;
        let side = match name.to_lowercase().as_str() {
            "source" => Side::Source,
            "target" => Side::Target,
            _ => Side::Plain,
        };
        let mut side = side;
        if side != Side::Plain && self.sign(".") {
            (name, placed) = self.name()?;
        } else {
            side = Side::Plain;
        }
        if LINK_TYPE.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
            return Ok(Subject::Link);
        }
        let found = self.setting.organization.fields.by_any_name(&name);
        let unknown = || Refusal::QueryField(self.near(&placed));
        Ok(Subject::Item(side, found.ok_or_else(unknown)?))
    }

    fn name(&mut self) -> Result<(String, Placed), Refusal> {
        match self.next() {
            Some(placed) => match &placed.token {
                Token::Name(name) | Token::Word(name) => Ok((name.clone(), placed.clone())),
                _ => Err(self.unexpected("field name", Some(placed))),
            },
            None => Err(self.unexpected("field name", None)),
        }
    }

    /// A field in brackets, as an operand names it.
    pub(super) fn named(&self, name: &str) -> Result<&'static Field, Refusal> {
        let found = self.setting.organization.fields.by_any_name(name);
        found.ok_or_else(|| Refusal::QueryField(format!("[{name}]")))
    }

    pub(super) fn next(&mut self) -> Option<&'a Placed> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    pub(super) fn take(&mut self, word: &str) -> bool {
        let first = self.tokens.first().map(|p| &p.token);
        let found = matches!(first, Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        if found {
            self.next();
        }
        found
    }

    pub(super) fn sign(&mut self, sign: &str) -> bool {
        let first = self.tokens.first().map(|p| &p.token);
        let found = matches!(first, Some(Token::Sign(s)) if *s == sign);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn take_macro(&mut self, name: &str) -> bool {
        let first = self.tokens.first().map(|p| &p.token);
        let found = matches!(first, Some(Token::Macro(m)) if m == name);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), Refusal> {
        if self.take(word) {
            return Ok(());
        }
        Err(self.unexpected(&word.to_uppercase(), self.tokens.first()))
    }

    pub(super) fn expect_sign(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.sign(sign) {
            return Ok(());
        }
        Err(self.unexpected(&format!("'{sign}'"), self.tokens.first()))
    }

    /// The text from a token on, as messages show it.
    pub(super) fn near(&self, placed: &Placed) -> String {
        let rest = self.text.get(placed.at..).unwrap_or("");
        match &placed.token {
            Token::Name(name) => format!("[{name}]"),
            Token::Word(word) => word.clone(),
            Token::Text(_) | Token::Number(_) | Token::Macro(_) | Token::Sign(_) => {
                rest.chars().take(40).collect()
            }
        }
    }

    pub(super) fn unexpected(&self, wanted: &str, found: Option<&Placed>) -> Refusal {
        let Some(found) = found else {
            return Refusal::Query(format!(
                "Expecting {wanted}. The error is caused by «the end of the query»."
            ));
        };
        let rest = self.text.get(found.at..).unwrap_or("");
        let near: String = rest.chars().take(40).collect();
        Refusal::Query(format!(
            "Expecting {wanted} at position {}. The error is caused by «{near}».",
            found.at
        ))
    }
}
