//! Giving the names of a parsed query their meaning, and refusing those that have none.

use crate::jira::account::{User, Users, Zone};
use crate::jira::jql::parser::{Expression, Operand, Operator, parse};
use crate::jira::jql::test::{
    Attribute, Compare, Moment, Order, Row, Sort, Term, Test, Text, priority_rank, split_words,
};
use crate::jira::scheme::{self, CATEGORIES, PRIORITIES, RESOLUTIONS};
use crate::jira::store::Store;
use crate::jira::time;

/// A compiled query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    /// The condition; without it the query is unbounded.
    pub(crate) test: Option<Test>,
    /// The order.
    pub(crate) order: Order,
}

/// What names can mean at this moment, for this caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) store: &'a Store,
    pub(crate) users: &'a Users,
    pub(crate) user: &'a User,
    pub(crate) now_ms: i64,
}

type Resolve<T> = Result<T, String>;

/// The most fields of an order.
const ORDER_FIELDS_MAX: usize = 7;

/// Compiles a query; the error is the text of Jira's message.
pub(crate) fn compile(text: &str, setting: &Setting<'_>) -> Resolve<Query> {
    let parsed = parse(text)?;
    let test = parsed
        .condition
        .map(|it| setting.expression(&it, false))
        .transpose()?;
    if parsed.order.len() > ORDER_FIELDS_MAX {
        return Err(format!(
            "The ORDER BY clause may have at most {ORDER_FIELDS_MAX} fields."
        ));
    }
    let order = parsed
        .order
        .into_iter()
        .map(|(name, descending)| sort(&name, descending));
    Ok(Query {
        test,
        order: Order(order.collect::<Resolve<_>>()?),
    })
}

fn sort(name: &str, descending: Option<bool>) -> Resolve<(Sort, bool)> {
    let (sort, usual) = match name.to_ascii_lowercase().as_str() {
        "key" | "issuekey" | "issue" => (Sort::Key, false),
        "id" => (Sort::Id, false),
        "created" | "createddate" => (Sort::Created, true),
        "updated" | "updateddate" => (Sort::Updated, true),
        "priority" => (Sort::Priority, true),
        "status" => (Sort::Status, false),
        "summary" => (Sort::Summary, false),
        "issuetype" | "type" => (Sort::Type, false),
        "assignee" => (Sort::Assignee, false),
        "reporter" => (Sort::Reporter, false),
        "project" => (Sort::Project, false),
        "resolved" | "resolutiondate" => (Sort::Resolved, true),
        "due" | "duedate" => (Sort::Due, false),
        _ => return Err(format!("Not able to sort using field '{name}'.")),
    };
    Ok((sort, descending.unwrap_or(usual)))
}

enum Field {
    Discrete(Attribute),
    Moment(Moment),
    Text(Text),
}

fn field(name: &str) -> Resolve<Field> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "project" => Field::Discrete(Attribute::Project),
        "key" | "issuekey" | "issue" | "id" => Field::Discrete(Attribute::Issue),
        "issuetype" | "type" => Field::Discrete(Attribute::Type),
        "status" => Field::Discrete(Attribute::Status),
        "statuscategory" => Field::Discrete(Attribute::Category),
        "priority" => Field::Discrete(Attribute::Priority),
        "resolution" => Field::Discrete(Attribute::Resolution),
        "labels" => Field::Discrete(Attribute::Labels),
        "assignee" => Field::Discrete(Attribute::Assignee),
        "reporter" => Field::Discrete(Attribute::Reporter),
        "creator" => Field::Discrete(Attribute::Creator),
        "parent" => Field::Discrete(Attribute::Parent),
        "created" | "createddate" => Field::Moment(Moment::Created),
        "updated" | "updateddate" => Field::Moment(Moment::Updated),
        "resolved" | "resolutiondate" => Field::Moment(Moment::Resolved),
        "summary" => Field::Text(Text::Summary),
        "description" => Field::Text(Text::Description),
        "text" => Field::Text(Text::Both),
        _ => {
            return Err(format!(
                "Field '{name}' does not exist or you do not have permission to view it."
            ));
        }
    })
}

impl Setting<'_> {
    fn expression(&self, expression: &Expression, negated: bool) -> Resolve<Test> {
        let each = |parts: &[Expression]| {
            parts
                .iter()
                .map(|part| self.expression(part, negated))
                .collect::<Resolve<Vec<_>>>()
        };
        match expression {
            Expression::All(parts) if negated => each(parts).map(Test::Any),
            Expression::All(parts) => each(parts).map(Test::All),
            Expression::Any(parts) if negated => each(parts).map(Test::All),
            Expression::Any(parts) => each(parts).map(Test::Any),
            Expression::Not(inner) => self.expression(inner, !negated),
            Expression::Clause {
                field,
                operator,
                operand,
            } => {
                let operator = if negated {
                    opposite(*operator)
                } else {
                    *operator
                };
                self.clause(field, operator, operand)
            }
        }
    }

    fn clause(&self, name: &str, operator: Operator, operand: &Operand) -> Resolve<Test> {
        match field(name)? {
            Field::Discrete(attribute) => self.discrete(name, attribute, operator, operand),
            Field::Moment(moment) => self.moment(name, moment, operator, operand),
            Field::Text(text) => words(name, text, operator, operand),
        }
    }

    fn discrete(
        &self,
        name: &str,
        attribute: Attribute,
        operator: Operator,
        operand: &Operand,
    ) -> Resolve<Test> {
        match (operator, operand) {
            (Operator::Is | Operator::Equal, Operand::Empty) => Ok(Test::Empty(attribute, true)),
            (Operator::IsNot | Operator::NotEqual, Operand::Empty) => {
                Ok(Test::Empty(attribute, false))
            }
            (Operator::Equal, Operand::Text(_) | Operand::Function(..)) | (Operator::In, _) => {
                self.members(name, attribute, operand, true)
            }
            (Operator::NotEqual, Operand::Text(_) | Operand::Function(..))
            | (Operator::NotIn, _) => self.members(name, attribute, operand, false),
            _ => self.ranked(name, attribute, operator, operand),
        }
    }

    fn members(
        &self,
        name: &str,
        attribute: Attribute,
        operand: &Operand,
        wanted: bool,
    ) -> Resolve<Test> {
        let items = match operand {
            Operand::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut terms = Vec::new();
        let mut empty = false;
        for item in items {
            match item {
                Operand::Empty => empty = true,
                Operand::Text(it)
                    if attribute == Attribute::Resolution
                        && it.eq_ignore_ascii_case("unresolved") =>
                {
                    empty = true;
                }
                item => terms.push(self.term(name, attribute, item)?),
            }
        }
        Ok(match (wanted, empty) {
            (true, true) => Test::Any(vec![
                Test::Has(attribute, terms),
                Test::Empty(attribute, true),
            ]),
            (true, false) => Test::Has(attribute, terms),
            (false, _) if terms.is_empty() => Test::Empty(attribute, false),
            (false, _) => Test::HasNot(attribute, terms),
        })
    }

    fn ranked(
        &self,
        name: &str,
        attribute: Attribute,
        operator: Operator,
        operand: &Operand,
    ) -> Resolve<Test> {
        let (Some(compare), Operand::Text(text)) = (compare(operator), operand) else {
            return Err(unsupported(name, operator));
        };
        match (attribute, self.term(name, attribute, operand)?) {
            (Attribute::Issue, Term::Number(id)) => Ok(Test::Rank(Row::Id, compare, id)),
            (Attribute::Priority, Term::Text(id)) => {
                Ok(Test::Rank(Row::Priority, compare, priority_rank(&id)))
            }
            _ => {
                tracing::debug!(field = name, value = %text, "a field without an order was compared");
                Err(unsupported(name, operator))
            }
        }
    }

    fn term(&self, name: &str, attribute: Attribute, operand: &Operand) -> Resolve<Term> {
        let value = match operand {
            Operand::Text(text) => text,
            Operand::Function(function, arguments) => {
                return self.function(name, attribute, function, arguments);
            }
            _ => {
                return Err(format!(
                    "The field '{name}' does not take a list within a list."
                ));
            }
        };
        self.value(attribute, value)
            .ok_or_else(|| missing(name, attribute, value))
    }

    fn value(&self, attribute: Attribute, value: &str) -> Option<Term> {
        let text = |it: &str| Term::Text(it.to_owned());
        match attribute {
            Attribute::Project => {
                let by_name = || {
                    scheme::PROJECTS
                        .iter()
                        .find(|it| it.name.eq_ignore_ascii_case(value))
                };
                scheme::project_of(value)
                    .or_else(by_name)
                    .map(|it| Term::Number(it.id))
            }
            Attribute::Issue | Attribute::Parent => self.store.find(value).map(Term::Number),
            Attribute::Type => scheme::type_of(value).map(|it| text(it.id)),
            Attribute::Status => scheme::status_of(value).map(|it| text(it.id)),
            Attribute::Category => {
                let fits = |it: &&&scheme::Category| {
                    it.name.eq_ignore_ascii_case(value)
                        || it.key == value
                        || it.id.to_string() == value
                };
                CATEGORIES.iter().find(fits).map(|it| text(it.key))
            }
            Attribute::Priority => scheme::named(&PRIORITIES, value).map(|it| text(it.id)),
            Attribute::Resolution => scheme::named(&RESOLUTIONS, value).map(|it| text(it.id)),
            Attribute::Labels => Some(text(value)),
            Attribute::Assignee | Attribute::Reporter | Attribute::Creator => {
                self.users.of(value).map(|it| text(it.person.account_id))
            }
            Attribute::Description => None,
        }
    }

    fn function(
        &self,
        name: &str,
        attribute: Attribute,
        function: &str,
        arguments: &[String],
    ) -> Resolve<Term> {
        let takes_users = matches!(
            attribute,
            Attribute::Assignee | Attribute::Reporter | Attribute::Creator
        );
        match function.to_ascii_lowercase().as_str() {
            "currentuser" if takes_users && arguments.is_empty() => {
                Ok(Term::Text(self.user.person.account_id.to_owned()))
            }
            "currentuser" => Err(format!(
                "The function 'currentUser' cannot be used with the field '{name}'."
            )),
            _ => Err(format!(
                "Unable to find JQL function '{function}({})'.",
                arguments.join(", ")
            )),
        }
    }

    fn moment(
        &self,
        name: &str,
        moment: Moment,
        operator: Operator,
        operand: &Operand,
    ) -> Resolve<Test> {
        match (operator, operand) {
            (Operator::Is | Operator::Equal, Operand::Empty) => Ok(Test::NoTime(moment, true)),
            (Operator::IsNot | Operator::NotEqual, Operand::Empty) => {
                Ok(Test::NoTime(moment, false))
            }
            (Operator::Equal, _) => {
                let (from, to) = self.span(name, operand)?;
                Ok(Test::All(vec![
                    Test::Time(moment, Compare::GreaterEqual, from),
                    Test::Time(moment, Compare::Less, to),
                ]))
            }
            (Operator::NotEqual, _) => {
                let (from, to) = self.span(name, operand)?;
                Ok(Test::Any(vec![
                    Test::Time(moment, Compare::Less, from),
                    Test::Time(moment, Compare::GreaterEqual, to),
                ]))
            }
            _ => {
                let compare = compare(operator).ok_or_else(|| unsupported(name, operator))?;
                Ok(Test::Time(moment, compare, self.span(name, operand)?.0))
            }
        }
    }

    /// The moment that an operand names, and the end of what it names: a minute for a date.
    fn span(&self, name: &str, operand: &Operand) -> Resolve<(i64, i64)> {
        let exact = |at_ms: i64| (at_ms, at_ms.saturating_add(1));
        match operand {
            Operand::Text(text) => {
                let milliseconds = text.parse::<i64>().ok().map(exact);
                let date = || time::jql_date(text, self.zone()).map(|it| (it, it + 60_000));
                let relative =
                    || time::jql_span(text).map(|it| exact(self.now_ms.saturating_add(it)));
                milliseconds.or_else(date).or_else(relative).ok_or_else(|| {
                    format!("Date value '{text}' for field '{name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.")
                })
            }
            Operand::Function(function, arguments) => {
                self.moment_function(function, arguments).map(exact)
            }
            _ => Err(format!(
                "The field '{name}' does not take a list or an empty value here."
            )),
        }
    }

    fn zone(&self) -> Zone {
        self.user.zone
    }

    fn moment_function(&self, function: &str, arguments: &[String]) -> Resolve<i64> {
        let start = time::start_of_day(self.now_ms, self.zone());
        let shift = match arguments {
            [] => 0,
            [one] => day_shift(one).ok_or_else(|| {
                format!("The argument '{one}' of the function '{function}' is invalid.")
            })?,
            _ => {
                return Err(format!(
                    "The function '{function}' takes at most one argument."
                ));
            }
        };
        match function.to_ascii_lowercase().as_str() {
            "now" if arguments.is_empty() => Ok(self.now_ms),
            "now" => Err("The function 'now' takes no argument.".to_owned()),
            "startofday" => Ok(start + shift),
            "endofday" => Ok(start + time::DAY_MS - 1 + shift),
            _ => Err(format!(
                "Unable to find JQL function '{function}({})'.",
                arguments.join(", ")
            )),
        }
    }
}

/// The shift of a day function: `-1` is days, `-4h` names its unit.
fn day_shift(text: &str) -> Option<i64> {
    let days = text
        .parse::<i32>()
        .ok()
        .map(|days| i64::from(days) * time::DAY_MS);
    days.or_else(|| time::jql_span(text))
}

fn words(name: &str, text: Text, operator: Operator, operand: &Operand) -> Resolve<Test> {
    match (operator, operand) {
        (Operator::Like | Operator::NotLike, Operand::Text(value)) => {
            let words = split_words(value);
            if words.is_empty() {
                return Err(format!(
                    "The field '{name}' cannot be searched for an empty text."
                ));
            }
            Ok(Test::Words(text, words, operator == Operator::Like))
        }
        (Operator::Is | Operator::IsNot, Operand::Empty) if text != Text::Both => {
            let empty = operator == Operator::Is;
            match text {
                Text::Description => Ok(Test::Empty(Attribute::Description, empty)),
                // A summary is never empty.
                _ => Ok(if empty {
                    Test::Any(Vec::new())
                } else {
                    Test::All(Vec::new())
                }),
            }
        }
        _ => Err(unsupported(name, operator)),
    }
}

fn compare(operator: Operator) -> Option<Compare> {
    match operator {
        Operator::Less => Some(Compare::Less),
        Operator::LessEqual => Some(Compare::LessEqual),
        Operator::Greater => Some(Compare::Greater),
        Operator::GreaterEqual => Some(Compare::GreaterEqual),
        _ => None,
    }
}

fn opposite(operator: Operator) -> Operator {
    match operator {
        Operator::Equal => Operator::NotEqual,
        Operator::NotEqual => Operator::Equal,
        Operator::Less => Operator::GreaterEqual,
        Operator::LessEqual => Operator::Greater,
        Operator::Greater => Operator::LessEqual,
        Operator::GreaterEqual => Operator::Less,
        Operator::Like => Operator::NotLike,
        Operator::NotLike => Operator::Like,
        Operator::In => Operator::NotIn,
        Operator::NotIn => Operator::In,
        Operator::Is => Operator::IsNot,
        Operator::IsNot => Operator::Is,
    }
}

fn unsupported(name: &str, operator: Operator) -> String {
    format!(
        "The operator '{}' is not supported by the '{name}' field.",
        operator.written()
    )
}

fn missing(name: &str, attribute: Attribute, value: &str) -> String {
    match attribute {
        Attribute::Issue if value.bytes().all(|it| it.is_ascii_digit()) => {
            format!("A value with ID '{value}' does not exist for the field '{name}'.")
        }
        Attribute::Issue => {
            format!("An issue with key '{value}' does not exist for field '{name}'.")
        }
        _ => format!("The value '{value}' does not exist for the field '{name}'."),
    }
}
