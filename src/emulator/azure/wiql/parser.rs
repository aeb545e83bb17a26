//! Tokens to a query, by recursive descent with a bound on the depth. What real queries can say and
//! this does not understand (links, history) is refused by name, never read as something else.

use super::super::error::Refusal;
use super::super::field::{self, Field, Kind};
use super::super::limit;
use super::super::time;
use super::lexer::{self, Token};
use super::{Comparison, Condition, Operand, Query};

/// What macros stand for, and how exact dates are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    /// `@project`; absent in a query that is not below a project.
    pub(crate) project: Option<&'a str>,
    /// `@me`.
    pub(crate) caller: usize,
    /// Now, for `@today`.
    pub(crate) now: i64,
    /// `timePrecision=true`.
    pub(crate) precise: bool,
}

/// A query's text as a query.
///
/// # Errors
/// [`Refusal::Query`], [`Refusal::QueryField`] or [`Refusal::QueryPrecision`].
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
        tokens: &tokens,
        setting,
        depth: 0,
    };
    parser.query()
}

struct Parser<'a> {
    tokens: &'a [Token],
    setting: Setting<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn query(&mut self) -> Result<Query, Refusal> {
        self.expect("select")?;
        let columns = self.names()?;
        self.expect("from")?;
        self.source()?;
        let condition = if self.take("where") {
            Some(self.any()?)
        } else {
            None
        };
        let mut order = Vec::new();
        if self.take("order") {
            self.expect("by")?;
            order = self.order()?;
        }
        let as_of = if self.take("asof") {
            self.as_of()?
        } else {
            None
        };
        match self.tokens.first() {
            None => Ok(Query {
                columns,
                condition,
                order,
                as_of,
            }),
            Some(token) => Err(unexpected("the end", Some(token))),
        }
    }

    fn source(&mut self) -> Result<(), Refusal> {
        if self.take("workitemlinks") {
            return Err(Refusal::Query(
                "Queries of links are not emulated: query FROM WorkItems.".into(),
            ));
        }
        self.expect("workitems")
    }

    fn names(&mut self) -> Result<Vec<&'static Field>, Refusal> {
        let mut names = vec![self.field()?];
        while self.sign(",") {
            names.push(self.field()?);
        }
        Ok(names)
    }

    fn order(&mut self) -> Result<Vec<(&'static Field, bool)>, Refusal> {
        let mut order = Vec::new();
        loop {
            let f = self.field()?;
            let descending = self.take("desc");
            if !descending {
                self.take("asc");
            }
            order.push((f, descending));
            if !self.sign(",") {
                return Ok(order);
            }
        }
    }

    fn as_of(&mut self) -> Result<Option<i64>, Refusal> {
        match self.next() {
            Some(Token::Text(text)) => match time::parse(text) {
                Some((ms, _)) => Ok(Some(ms)),
                None => Err(Refusal::Query(format!("'{text}' is not a date."))),
            },
            token => Err(unexpected("a date", token)),
        }
    }

    fn any(&mut self) -> Result<Condition, Refusal> {
        let mut left = self.all()?;
        while self.take("or") {
            left = Condition::Or(Box::new(left), Box::new(self.all()?));
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<Condition, Refusal> {
        let mut left = self.one()?;
        while self.take("and") {
            left = Condition::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Condition, Refusal> {
        self.depth += 1;
        if self.depth > limit::QUERY_DEPTH {
            return Err(Refusal::Query("The conditions nest too deeply.".into()));
        }
        let condition = if self.take("not") {
            Condition::Not(Box::new(self.one()?))
        } else if self.sign("(") {
            let inner = self.any()?;
            self.expect_sign(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, Refusal> {
        let f = self.field()?;
        if self.take("is") {
            let not = self.take("not");
            self.expect("empty")?;
            return Ok(negate(not, Condition::Empty(f)));
        }
        let not = self.take("not");
        if self.take("in") {
            return Ok(negate(not, self.list(f)?));
        }
        let comparison = self.operator(not)?;
        let operand = self.operand(f)?;
        Ok(negate(not, Condition::Compare(f, comparison, operand)))
    }

    fn operator(&mut self, negated: bool) -> Result<Comparison, Refusal> {
        for word in ["ever", "was"] {
            if self.take(word) {
                return Err(Refusal::Query(
                    "Conditions on history (EVER, WAS EVER) are not emulated.".into(),
                ));
            }
        }
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
            (">=", Comparison::GreaterOrEqual),
            (">", Comparison::Greater),
            ("<=", Comparison::LessOrEqual),
            ("<", Comparison::Less),
        ] {
            if !negated && self.sign(sign) {
                return Ok(comparison);
            }
        }
        Err(unexpected("an operator", self.tokens.first()))
    }

    fn list(&mut self, f: &'static Field) -> Result<Condition, Refusal> {
        self.expect_sign("(")?;
        let mut operands = vec![self.operand(f)?];
        while self.sign(",") {
            operands.push(self.operand(f)?);
        }
        self.expect_sign(")")?;
        Ok(Condition::In(f, operands))
    }

    fn operand(&mut self, f: &'static Field) -> Result<Operand, Refusal> {
        let minus = self.sign("-");
        match self.next().cloned() {
            Some(Token::Number(n)) => Ok(Operand::Number(if minus { -n } else { n })),
            Some(Token::Text(text)) if !minus => self.literal(f, text),
            Some(Token::Macro(name)) if !minus => self.macro_value(&name),
            Some(Token::Name(name)) if !minus => named(&name).map(Operand::Field),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Ok(Operand::Flag(true)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => {
                Ok(Operand::Flag(false))
            }
            token => Err(unexpected("a value", token.as_ref())),
        }
    }

    fn literal(&self, f: &'static Field, text: String) -> Result<Operand, Refusal> {
        match f.kind {
            Kind::Time if !text.is_empty() => {
                let parsed = time::parse(&text);
                let (ms, timed) = parsed.ok_or_else(|| {
                    Refusal::Query(format!(
                        "The date '{text}' of field '{}' is not valid.",
                        f.reference
                    ))
                })?;
                if timed && !self.setting.precise {
                    return Err(Refusal::QueryPrecision(format!(
                        "[{}] '{text}'",
                        f.reference
                    )));
                }
                Ok(Operand::Time { ms, day: !timed })
            }
            Kind::Integer | Kind::Double => match text.trim().parse() {
                Ok(number) => Ok(Operand::Number(number)),
                Err(_) if text.is_empty() => Ok(Operand::Text(text)),
                Err(_) => Err(Refusal::Query(format!(
                    "The value '{text}' of field '{}' is not a number.",
                    f.reference
                ))),
            },
            _ => Ok(Operand::Text(text)),
        }
    }

    fn macro_value(&mut self, name: &str) -> Result<Operand, Refusal> {
        match name {
            "me" => Ok(Operand::Me(self.setting.caller)),
            "project" => match self.setting.project {
                Some(project) => Ok(Operand::Text(project.to_owned())),
                None => Err(Refusal::Query(
                    "@project has no meaning in a query of the whole organization.".into(),
                )),
            },
            "today" => {
                let days = self.offset()?;
                let ms = time::plus_days(time::day(self.setting.now), days);
                Ok(Operand::Time { ms, day: true })
            }
            other => Err(Refusal::Query(format!(
                "The macro @{other} is not emulated."
            ))),
        }
    }

    fn offset(&mut self) -> Result<i64, Refusal> {
        let sign = if self.sign("-") {
            -1
        } else if self.sign("+") {
            1
        } else {
            return Ok(0);
        };
        match self.next() {
            Some(Token::Number(days)) if days.fract() == 0.0 && *days < 100_000.0 => {
                let days = *days as i64;
                Ok(sign * days)
            }
            token => Err(unexpected("a number of days", token)),
        }
    }

    fn field(&mut self) -> Result<&'static Field, Refusal> {
        match self.next() {
            Some(Token::Name(name) | Token::Word(name)) => named(name),
            token => Err(unexpected("a field", token)),
        }
    }

    fn next(&mut self) -> Option<&Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let found =
            matches!(self.tokens.first(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        if found {
            self.next();
        }
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Sign(s)) if *s == sign);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), Refusal> {
        if self.take(word) {
            return Ok(());
        }
        Err(unexpected(&word.to_uppercase(), self.tokens.first()))
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.sign(sign) {
            return Ok(());
        }
        Err(unexpected(&format!("'{sign}'"), self.tokens.first()))
    }
}

fn named(name: &str) -> Result<&'static Field, Refusal> {
    field::by_any_name(name).ok_or_else(|| Refusal::QueryField(name.to_owned()))
}

fn negate(not: bool, condition: Condition) -> Condition {
    if not {
        Condition::Not(Box::new(condition))
    } else {
        condition
    }
}

fn unexpected(wanted: &str, found: Option<&Token>) -> Refusal {
    let found = match found {
        None => "the end of the query".to_owned(),
        Some(Token::Word(word)) => word.clone(),
        Some(Token::Name(name)) => format!("[{name}]"),
        Some(Token::Text(text)) => format!("'{text}'"),
        Some(Token::Number(number)) => number.to_string(),
        Some(Token::Macro(name)) => format!("@{name}"),
        Some(Token::Sign(sign)) => (*sign).to_owned(),
    };
    Refusal::Query(format!(
        "Expecting {wanted}. The error is caused by «{found}»."
    ))
}
