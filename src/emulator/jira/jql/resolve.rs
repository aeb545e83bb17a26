//! Giving the names of a parsed query their meaning, and refusing those that have none.

mod saved;

use crate::jira::account::{User, Users};
use crate::jira::jql::field::{self, Clause, Meaning};
use crate::jira::jql::function;
use crate::jira::jql::history::{Changed, Scope, Wanted, Was};
use crate::jira::jql::look::version_place;
use crate::jira::jql::order::{Order, Sort};
use crate::jira::jql::parser::{Expression, Operand, Operator, Parsed, Predicate, parse};
use crate::jira::jql::test::{
    Attribute, Compare, Measure, Moment, Row, Term, Test, Text, priority_rank,
};
use crate::jira::jql::text::Words;
use crate::jira::jql::value;
use crate::jira::store::Store;

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

pub(crate) type Resolve<T> = Result<T, String>;

/// The most fields of an order.
const ORDER_FIELDS_MAX: usize = 7;

/// Compiles a query; the error is the text of Jira's message.
pub(crate) fn compile(text: &str, setting: &Setting<'_>) -> Resolve<Query> {
    resolve(&parse(text)?, setting)
}

/// Gives a parsed query its meaning.
pub(crate) fn resolve(parsed: &Parsed, setting: &Setting<'_>) -> Resolve<Query> {
    setting.store.filters.begin();
    let condition = parsed.condition.as_ref();
    let test = condition
        .map(|it| setting.expression(it, false))
        .transpose()?;
    if parsed.order.len() > ORDER_FIELDS_MAX {
        return Err(format!(
            "The ORDER BY clause may have at most {ORDER_FIELDS_MAX} fields."
        ));
    }
    let order = parsed
        .order
        .iter()
        .map(|(name, descending)| sort(name, *descending));
    Ok(Query {
        test,
        order: Order(order.collect::<Resolve<_>>()?),
    })
}

fn sort(name: &str, descending: Option<bool>) -> Resolve<(Sort, bool)> {
    let clause = field::named(name);
    let (sort, usual) = clause
        .and_then(|it| it.sort)
        .ok_or_else(|| format!("Not able to sort using field '{name}'."))?;
    Ok((sort, descending.unwrap_or(usual)))
}

fn known(name: &str) -> Resolve<Clause> {
    field::named(name).ok_or_else(|| {
        format!("Field '{name}' does not exist or you do not have permission to view it.")
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
                    operator.opposite()
                } else {
                    *operator
                };
                self.clause(field, operator, operand)
            }
            Expression::Was {
                field,
                negated: not,
                list,
                operand,
                predicates,
            } => {
                let attribute = with_history(field)?;
                let operator = if *list { Operator::In } else { Operator::Equal };
                Ok(Test::Was(Box::new(Was {
                    attribute,
                    wanted: self.wanted(field, attribute, operator, operand)?,
                    scope: self.scope(field, predicates)?,
                    expected: *not == negated,
                })))
            }
            Expression::Changed { field, predicates } => self.changed(field, predicates, !negated),
        }
    }

    fn clause(&self, name: &str, operator: Operator, operand: &Operand) -> Resolve<Test> {
        let clause = known(name)?;
        if !clause.operators().any(|it| it == operator) {
            return Err(unsupported(name, operator));
        }
        match clause.meaning {
            Meaning::Discrete(Attribute::Filter) => self.saved(name, operator, operand),
            Meaning::Discrete(attribute) => self.discrete(name, attribute, operator, operand),
            Meaning::Moment(moment) => self.moment(name, moment, operator, operand),
            Meaning::Measure(measure) => number(name, measure, operator, operand),
            Meaning::Text(text) => words(name, text, operator, operand),
            Meaning::Order => Err(unsupported(name, operator)),
        }
    }

    fn discrete(
        &self,
        name: &str,
        attribute: Attribute,
        operator: Operator,
        operand: &Operand,
    ) -> Resolve<Test> {
        if let Some(compare) = operator.compare() {
            return self.ranked(name, attribute, operator, compare, operand);
        }
        let (positive, shape) = match operator {
            Operator::Is | Operator::IsNot => {
                only_empty(name, operator, operand)?;
                return Ok(Test::Empty(attribute, operator == Operator::Is));
            }
            Operator::In => (true, Operator::In),
            Operator::NotIn => (false, Operator::NotIn),
            Operator::Equal => (true, Operator::Equal),
            _ => (false, Operator::NotEqual),
        };
        let Wanted { terms, empty } = self.wanted(name, attribute, shape, operand)?;
        Ok(match (positive, empty) {
            (true, true) => Test::Any(vec![
                Test::Has(attribute, terms),
                Test::Empty(attribute, true),
            ]),
            (true, false) => Test::Has(attribute, terms),
            (false, _) => Test::HasNot(attribute, terms),
        })
    }

    /// The values that an operand names; lists only where the operator takes them.
    fn wanted(
        &self,
        name: &str,
        attribute: Attribute,
        operator: Operator,
        operand: &Operand,
    ) -> Resolve<Wanted> {
        let takes_list = matches!(operator, Operator::In | Operator::NotIn);
        let is_list = match operand {
            Operand::List(_) => true,
            Operand::Function(function, arguments) => function::named(function, arguments)?.is_list,
            Operand::Text(_) | Operand::Empty => false,
        };
        if takes_list != is_list {
            // A function that gives one value may stand after either operator.
            let one = matches!(operand, Operand::Function(..)) && takes_list;
            if !one {
                let kind = if takes_list { "non-list" } else { "list" };
                return Err(format!(
                    "Operator '{}' does not support the {kind} value '{}' for field '{name}'.",
                    operator.written(),
                    written(operand)
                ));
            }
        }
        let items = match operand {
            Operand::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut wanted = Wanted {
            terms: Vec::new(),
            empty: false,
        };
        for item in items {
            self.add(name, attribute, item, &mut wanted)?;
        }
        Ok(wanted)
    }

    fn add(
        &self,
        name: &str,
        attribute: Attribute,
        item: &Operand,
        wanted: &mut Wanted,
    ) -> Resolve<()> {
        let unresolved =
            |it: &str| attribute == Attribute::Resolution && it.eq_ignore_ascii_case("unresolved");
        match item {
            Operand::Empty => wanted.empty = true,
            Operand::Text(it) if unresolved(it) => wanted.empty = true,
            Operand::Text(it) => wanted.terms.extend(value::of(self, name, attribute, it)?),
            Operand::Function(function, arguments) => {
                wanted
                    .terms
                    .extend(function::terms(self, name, attribute, function, arguments)?);
            }
            Operand::List(items) => {
                for item in items {
                    self.add(name, attribute, item, wanted)?;
                }
            }
        }
        Ok(())
    }

    fn ranked(
        &self,
        name: &str,
        attribute: Attribute,
        operator: Operator,
        compare: Compare,
        operand: &Operand,
    ) -> Resolve<Test> {
        let Wanted { terms, .. } = self.wanted(name, attribute, operator, operand)?;
        let version = |id: u64| version_place(self.store, id);
        let rank = |term: Term| match (attribute, term) {
            (Attribute::Issue, Term::Number(id)) => Some(Test::Rank(Row::Id, compare, id)),
            (Attribute::Priority, Term::Text(id)) => {
                Some(Test::Rank(Row::Priority, compare, priority_rank(&id)))
            }
            (Attribute::Fix, Term::Number(id)) => {
                version(id).map(|(project, at)| Test::Rank(Row::Fix(project), compare, at))
            }
            (Attribute::Affected, Term::Number(id)) => {
                version(id).map(|(project, at)| Test::Rank(Row::Affected(project), compare, at))
            }
            _ => None,
        };
        let tests: Option<Vec<Test>> = terms.into_iter().map(rank).collect();
        tests
            .filter(|it| !it.is_empty())
            .map(Test::Any)
            .ok_or_else(|| unsupported(name, operator))
    }

    fn moment(
        &self,
        name: &str,
        moment: Moment,
        operator: Operator,
        operand: &Operand,
    ) -> Resolve<Test> {
        let empty = matches!(operand, Operand::Empty);
        match operator {
            Operator::Is | Operator::IsNot => {
                only_empty(name, operator, operand)?;
                Ok(Test::NoTime(moment, operator == Operator::Is))
            }
            Operator::Equal if empty => Ok(Test::NoTime(moment, true)),
            Operator::NotEqual if empty => Ok(Test::NoTime(moment, false)),
            Operator::In | Operator::NotIn => {
                let wanted = operator == Operator::In;
                let Operand::List(items) = operand else {
                    return Err(format!(
                        "Operator '{}' does not support the non-list value '{}' for field '{name}'.",
                        operator.written(),
                        written(operand)
                    ));
                };
                let one = if wanted {
                    Operator::Equal
                } else {
                    Operator::NotEqual
                };
                let each: Resolve<Vec<Test>> = items
                    .iter()
                    .map(|item| self.moment(name, moment, one, item))
                    .collect();
                each.map(|it| if wanted { Test::Any(it) } else { Test::All(it) })
            }
            _ => {
                let (from, to) = self.span_of(name, moment, operand)?;
                Ok(match operator.compare() {
                    Some(compare) => Test::Time(moment, compare, from),
                    None if operator == Operator::Equal => Test::All(vec![
                        Test::Time(moment, Compare::GreaterEqual, from),
                        Test::Time(moment, Compare::Less, to),
                    ]),
                    None => Test::Any(vec![
                        Test::Time(moment, Compare::Less, from),
                        Test::Time(moment, Compare::GreaterEqual, to),
                    ]),
                })
            }
        }
    }

    fn changed(
        &self,
        name: &str,
        predicates: &[(Predicate, Operand)],
        expected: bool,
    ) -> Resolve<Test> {
        let attribute = with_history(name)?;
        let side = |wanted: Predicate| {
            let found = predicates
                .iter()
                .find(|(predicate, _)| *predicate == wanted);
            let operand = found.map(|(_, operand)| operand);
            operand
                .map(|operand| {
                    let list = matches!(operand, Operand::List(_));
                    let operator = if list { Operator::In } else { Operator::Equal };
                    self.wanted(name, attribute, operator, operand)
                })
                .transpose()
        };
        Ok(Test::Changed(Box::new(Changed {
            attribute,
            from: side(Predicate::From)?,
            to: side(Predicate::To)?,
            scope: self.scope_of(name, predicates)?,
            expected,
        })))
    }

    /// The scope of `was`, which takes neither `from` nor `to`.
    fn scope(&self, name: &str, predicates: &[(Predicate, Operand)]) -> Resolve<Scope> {
        let foreign = predicates
            .iter()
            .find(|(predicate, _)| matches!(predicate, Predicate::From | Predicate::To));
        if let Some((predicate, _)) = foreign {
            return Err(format!(
                "The predicate '{}' is not supported by the operator 'was' for the field '{name}'.",
                predicate.written()
            ));
        }
        self.scope_of(name, predicates)
    }

    fn scope_of(&self, name: &str, predicates: &[(Predicate, Operand)]) -> Resolve<Scope> {
        let mut scope = Scope::any();
        for (predicate, operand) in predicates {
            match (predicate, operand) {
                (Predicate::From | Predicate::To, _) => {}
                (Predicate::By, operand) => {
                    let list = matches!(operand, Operand::List(_));
                    let operator = if list { Operator::In } else { Operator::Equal };
                    let Wanted { terms, .. } =
                        self.wanted(name, Attribute::Creator, operator, operand)?;
                    let account = |term: Term| match term {
                        Term::Text(id) => Some(id),
                        Term::Number(_) => None,
                    };
                    scope.by = Some(terms.into_iter().filter_map(account).collect());
                }
                (Predicate::After, operand) => {
                    scope.from_ms = self.span(name, operand)?.1;
                }
                (Predicate::Before, operand) => {
                    scope.until_ms = self.span(name, operand)?.0;
                }
                (Predicate::On, operand) => {
                    let (from, _) = self.span(name, operand)?;
                    scope.from_ms = self.start_of_day(from);
                    scope.until_ms = scope.from_ms.saturating_add(crate::jira::time::DAY_MS);
                }
                (Predicate::During, Operand::List(items)) if items.len() == 2 => {
                    scope.from_ms = self.span(name, &items[0])?.0;
                    scope.until_ms = self.span(name, &items[1])?.1;
                }
                (Predicate::During, _) => {
                    return Err(format!(
                        "The predicate 'during' of the field '{name}' takes a list of two dates."
                    ));
                }
            }
        }
        Ok(scope)
    }
}

fn with_history(name: &str) -> Resolve<Attribute> {
    let clause = known(name)?;
    match clause.meaning {
        Meaning::Discrete(attribute) if clause.has_history() => Ok(attribute),
        _ => Err(format!(
            "History searches do not support the '{name}' field."
        )),
    }
}

fn only_empty(name: &str, operator: Operator, operand: &Operand) -> Resolve<()> {
    if matches!(operand, Operand::Empty) {
        return Ok(());
    }
    Err(format!(
        "Operator '{}' does not support the value '{}' for field '{name}'; only EMPTY and NULL can be used.",
        operator.written(),
        written(operand)
    ))
}

/// An operand as messages repeat it.
pub(crate) fn written(operand: &Operand) -> String {
    let list = |items: &[String]| items.join(", ");
    match operand {
        Operand::Text(text) => format!("\"{text}\""),
        Operand::Empty => "EMPTY".to_owned(),
        Operand::Function(name, arguments) => format!("{name}({})", list(arguments)),
        Operand::List(items) => {
            format!("({})", list(&items.iter().map(written).collect::<Vec<_>>()))
        }
    }
}

fn number(name: &str, measure: Measure, operator: Operator, operand: &Operand) -> Resolve<Test> {
    let parsed = |operand: &Operand| match operand {
        Operand::Text(text) => value::number(measure, text).ok_or_else(|| {
            format!("The value '{text}' is not a valid value for the field '{name}'.")
        }),
        other => Err(format!(
            "Operator '{}' does not support the value '{}' for field '{name}'.",
            operator.written(),
            written(other)
        )),
    };
    let equal = |number: f64| Test::Number(measure, Compare::Equal, number);
    let differs = |number: f64| {
        Test::Any(vec![
            Test::Number(measure, Compare::Less, number),
            Test::Number(measure, Compare::Greater, number),
        ])
    };
    match (operator, operand) {
        (Operator::Is | Operator::IsNot, operand) => {
            only_empty(name, operator, operand)?;
            Ok(Test::NoNumber(measure, operator == Operator::Is))
        }
        (Operator::Equal, Operand::Empty) => Ok(Test::NoNumber(measure, true)),
        (Operator::NotEqual, Operand::Empty) => Ok(Test::NoNumber(measure, false)),
        (Operator::Equal, operand) => parsed(operand).map(equal),
        (Operator::NotEqual, operand) => parsed(operand).map(differs),
        (Operator::In, Operand::List(items)) => {
            let each: Resolve<Vec<f64>> = items.iter().map(parsed).collect();
            Ok(Test::Any(each?.into_iter().map(equal).collect()))
        }
        (Operator::NotIn, Operand::List(items)) => {
            let each: Resolve<Vec<f64>> = items.iter().map(parsed).collect();
            Ok(Test::All(each?.into_iter().map(differs).collect()))
        }
        (operator, operand) => {
            let compare = operator.compare().ok_or_else(|| {
                format!(
                    "Operator '{}' does not support the non-list value '{}' for field '{name}'.",
                    operator.written(),
                    written(operand)
                )
            })?;
            parsed(operand).map(|number| Test::Number(measure, compare, number))
        }
    }
}

fn words(name: &str, text: Text, operator: Operator, operand: &Operand) -> Resolve<Test> {
    match (operator, operand) {
        (Operator::Like | Operator::NotLike, Operand::Text(value)) => {
            let words = Words::parse(name, value)?;
            Ok(Test::Words(text, words, operator == Operator::Like))
        }
        (Operator::Is | Operator::IsNot, operand) => {
            only_empty(name, operator, operand)?;
            Ok(Test::NoText(text, operator == Operator::Is))
        }
        (operator, operand) => Err(format!(
            "Operator '{}' does not support the value '{}' for field '{name}'.",
            operator.written(),
            written(operand)
        )),
    }
}

fn unsupported(name: &str, operator: Operator) -> String {
    format!(
        "The operator '{}' is not supported by the '{name}' field.",
        operator.written()
    )
}
