//! The grammar of JQL by recursive descent; nesting is bounded.

use crate::jira::jql::lexer::{Kind, Token, tokens};
use crate::jira::jql::reserved::is_reserved;
use crate::jira::jql::test::Compare;
use crate::limit;

/// A parsed query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// The condition; none when there is only an order.
    pub(crate) condition: Option<Expression>,
    /// Field names with `true` for descending.
    pub(crate) order: Vec<(String, Option<bool>)>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    /// All of them hold.
    All(Vec<Expression>),
    /// One of them holds.
    Any(Vec<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
    /// A field compared with an operand.
    Clause {
        /// The field as written.
        field: String,
        /// The operator.
        operator: Operator,
        /// What it is compared with.
        operand: Operand,
    },
    /// What a field once was, or was not.
    Was {
        /// The field as written.
        field: String,
        /// Whether it was not.
        negated: bool,
        /// Whether the operator takes a list.
        list: bool,
        /// What it was.
        operand: Operand,
        /// When, and by whom.
        predicates: Vec<(Predicate, Operand)>,
    },
    /// That a field changed.
    Changed {
        /// The field as written.
        field: String,
        /// From what, to what, when, and by whom.
        predicates: Vec<(Predicate, Operand)>,
    },
}

/// What narrows a search in an issue's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predicate {
    After,
    Before,
    By,
    During,
    From,
    On,
    To,
}

impl Predicate {
    /// As queries write it.
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::After => "after",
            Self::Before => "before",
            Self::By => "by",
            Self::During => "during",
            Self::From => "from",
            Self::On => "on",
            Self::To => "to",
        }
    }
}

const PREDICATES: [Predicate; 7] = [
    Predicate::After,
    Predicate::Before,
    Predicate::By,
    Predicate::During,
    Predicate::From,
    Predicate::On,
    Predicate::To,
];

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Like,
    NotLike,
    In,
    NotIn,
    Is,
    IsNot,
}

impl Operator {
    /// As messages name it.
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Like => "~",
            Self::NotLike => "!~",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
        }
    }

    /// The operator that says the contrary.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterEqual,
            Self::LessEqual => Self::Greater,
            Self::Greater => Self::LessEqual,
            Self::GreaterEqual => Self::Less,
            Self::Like => Self::NotLike,
            Self::NotLike => Self::Like,
            Self::In => Self::NotIn,
            Self::NotIn => Self::In,
            Self::Is => Self::IsNot,
            Self::IsNot => Self::Is,
        }
    }

    /// The comparison that it makes, when it makes one.
    pub(crate) fn compare(self) -> Option<Compare> {
        match self {
            Self::Less => Some(Compare::Less),
            Self::LessEqual => Some(Compare::LessEqual),
            Self::Greater => Some(Compare::Greater),
            Self::GreaterEqual => Some(Compare::GreaterEqual),
            Self::Equal
            | Self::NotEqual
            | Self::Like
            | Self::NotLike
            | Self::In
            | Self::NotIn
            | Self::Is
            | Self::IsNot => None,
        }
    }
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A word or a quoted text.
    Text(String),
    /// `EMPTY` or `NULL`.
    Empty,
    /// A function with its arguments.
    Function(String, Vec<String>),
    /// A list, which may lie in another one.
    List(Vec<Operand>),
}

struct Parser {
    tokens: std::vec::IntoIter<Token>,
    next: Option<Token>,
}

type Parse<T> = Result<T, String>;

/// Parses a query.
pub(crate) fn parse(text: &str) -> Parse<Parsed> {
    let mut tokens = tokens(text)?.into_iter();
    let next = tokens.next();
    let mut parser = Parser { tokens, next };
    let only_order = parser.next.is_none() || parser.sees_word("order");
    let condition = if only_order {
        None
    } else {
        Some(parser.any(limit::JQL_DEPTH_MAX)?)
    };
    let order = parser.order()?;
    match parser.next.take() {
        None => Ok(Parsed { condition, order }),
        Some(token) => Err(unexpected("either 'OR' or 'AND'", Some(&token))),
    }
}

fn unexpected(expected: &str, token: Option<&Token>) -> String {
    match token {
        None => {
            format!("Error in the JQL Query: Expecting {expected} before the end of the query.")
        }
        Some(token) => {
            let got = match &token.kind {
                Kind::Word(text) | Kind::Quoted(text) => text.as_str(),
                Kind::Sign(sign) => sign,
            };
            format!(
                "Error in the JQL Query: Expecting {expected} but got '{got}'. {}",
                token.place
            )
        }
    }
}

const OPERATORS: &str = "operator. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS', 'IS NOT', 'WAS', 'WAS NOT', 'WAS IN', 'WAS NOT IN' and 'CHANGED'";

impl Parser {
    fn advance(&mut self) -> Option<Token> {
        std::mem::replace(&mut self.next, self.tokens.next())
    }

    fn sees_word(&self, word: &str) -> bool {
        matches!(&self.next, Some(Token { kind: Kind::Word(it), .. }) if it.eq_ignore_ascii_case(word))
    }

    fn sees_sign(&self, signs: &[&str]) -> bool {
        matches!(&self.next, Some(Token { kind: Kind::Sign(it), .. }) if signs.contains(it))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there = self.sees_word(word);
        if there {
            self.advance();
        }
        there
    }

    fn take_sign(&mut self, signs: &[&str]) -> bool {
        let there = self.sees_sign(signs);
        if there {
            self.advance();
        }
        there
    }

    fn any(&mut self, depth: usize) -> Parse<Expression> {
        let mut parts = vec![self.all(depth)?];
        while self.take_word("or") || self.take_sign(&["||", "|"]) {
            parts.push(self.all(depth)?);
        }
        Ok(single(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Parse<Expression> {
        let mut parts = vec![self.unit(depth)?];
        while self.take_word("and") || self.take_sign(&["&&", "&"]) {
            parts.push(self.unit(depth)?);
        }
        Ok(single(parts, Expression::All))
    }

    fn unit(&mut self, depth: usize) -> Parse<Expression> {
        let depth = depth
            .checked_sub(1)
            .ok_or("The JQL query is nested too deeply.")?;
        if self.take_word("not") || self.take_sign(&["!"]) {
            return Ok(Expression::Not(Box::new(self.unit(depth)?)));
        }
        if self.take_sign(&["("]) {
            let inner = self.any(depth)?;
            return self.close().map(|()| inner);
        }
        self.clause()
    }

    fn close(&mut self) -> Parse<()> {
        if self.take_sign(&[")"]) {
            Ok(())
        } else {
            Err(unexpected("')'", self.next.as_ref()))
        }
    }

    fn clause(&mut self) -> Parse<Expression> {
        let field = self.name("a field name")?;
        if self.take_word("was") {
            return self.was(field);
        }
        if self.take_word("changed") {
            let predicates = self.predicates()?;
            return Ok(Expression::Changed { field, predicates });
        }
        let operator = self.operator()?;
        let operand = self.operand(limit::JQL_DEPTH_MAX)?;
        Ok(Expression::Clause {
            field,
            operator,
            operand,
        })
    }

    fn was(&mut self, field: String) -> Parse<Expression> {
        let negated = self.take_word("not");
        let list = self.take_word("in");
        let operand = self.operand(limit::JQL_DEPTH_MAX)?;
        Ok(Expression::Was {
            field,
            negated,
            list,
            operand,
            predicates: self.predicates()?,
        })
    }

    fn predicates(&mut self) -> Parse<Vec<(Predicate, Operand)>> {
        let mut predicates = Vec::new();
        while let Some(predicate) = PREDICATES
            .into_iter()
            .find(|it| self.sees_word(it.written()))
        {
            self.advance();
            predicates.push((predicate, self.operand(limit::JQL_DEPTH_MAX)?));
        }
        Ok(predicates)
    }

    fn name(&mut self, expected: &str) -> Parse<String> {
        match self.advance() {
            Some(Token {
                kind: Kind::Word(word),
                place,
            }) => unreserved(word, &place),
            Some(Token {
                kind: Kind::Quoted(text),
                ..
            }) => Ok(text),
            other => Err(unexpected(expected, other.as_ref())),
        }
    }

    fn operator(&mut self) -> Parse<Operator> {
        let token = self.advance();
        let sign = match &token {
            Some(Token {
                kind: Kind::Sign(sign),
                ..
            }) => match *sign {
                "=" => Some(Operator::Equal),
                "!=" => Some(Operator::NotEqual),
                "<" => Some(Operator::Less),
                "<=" => Some(Operator::LessEqual),
                ">" => Some(Operator::Greater),
                ">=" => Some(Operator::GreaterEqual),
                "~" => Some(Operator::Like),
                "!~" => Some(Operator::NotLike),
                _ => None,
            },
            Some(Token {
                kind: Kind::Word(word),
                ..
            }) => self.word_operator(&word.to_ascii_lowercase()),
            _ => None,
        };
        sign.ok_or_else(|| unexpected(OPERATORS, token.as_ref()))
    }

    fn word_operator(&mut self, word: &str) -> Option<Operator> {
        match word {
            "in" => Some(Operator::In),
            "not" => self.take_word("in").then_some(Operator::NotIn),
            "is" => Some(if self.take_word("not") {
                Operator::IsNot
            } else {
                Operator::Is
            }),
            _ => None,
        }
    }

    fn operand(&mut self, depth: usize) -> Parse<Operand> {
        if self.sees_sign(&["("]) {
            return self.list(depth);
        }
        let token = self.advance();
        match token {
            Some(Token {
                kind: Kind::Quoted(text),
                ..
            }) => Ok(Operand::Text(text)),
            Some(Token {
                kind: Kind::Word(word),
                place,
            }) => {
                if word.eq_ignore_ascii_case("empty") || word.eq_ignore_ascii_case("null") {
                    return Ok(Operand::Empty);
                }
                if self.take_sign(&["("]) {
                    return self
                        .arguments()
                        .map(|arguments| Operand::Function(word, arguments));
                }
                unreserved(word, &place).map(Operand::Text)
            }
            other => Err(unexpected(
                "either a value, list or function",
                other.as_ref(),
            )),
        }
    }

    fn arguments(&mut self) -> Parse<Vec<String>> {
        let mut arguments = Vec::new();
        if self.take_sign(&[")"]) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.name("an argument")?);
            if !self.take_sign(&[","]) {
                return self.close().map(|()| arguments);
            }
        }
    }

    fn list(&mut self, depth: usize) -> Parse<Operand> {
        let depth = depth
            .checked_sub(1)
            .ok_or("The JQL query is nested too deeply.")?;
        self.advance();
        let mut items = Vec::new();
        loop {
            items.push(self.operand(depth)?);
            if !self.take_sign(&[","]) {
                return self.close().map(|()| Operand::List(items));
            }
        }
    }

    fn order(&mut self) -> Parse<Vec<(String, Option<bool>)>> {
        let mut order = Vec::new();
        if !self.take_word("order") {
            return Ok(order);
        }
        if !self.take_word("by") {
            return Err(unexpected("'by'", self.next.as_ref()));
        }
        loop {
            let name = self.name("a field name")?;
            let descending = if self.take_word("desc") {
                Some(true)
            } else {
                self.take_word("asc").then_some(false)
            };
            order.push((name, descending));
            if !self.take_sign(&[","]) {
                return Ok(order);
            }
        }
    }
}

fn unreserved(word: String, place: &str) -> Parse<String> {
    if is_reserved(&word) {
        return Err(format!(
            "Error in the JQL Query: '{word}' is a reserved JQL word. You must surround it in quotation marks to use it in a query. {place}"
        ));
    }
    Ok(word)
}

fn single(
    mut parts: Vec<Expression>,
    many: impl FnOnce(Vec<Expression>) -> Expression,
) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}
