//! What a query means that names saved filters.

use super::{Resolve, Setting};
use crate::jira::filter;
use crate::jira::jql::history::Wanted;
use crate::jira::jql::parser::{Operand, Operator, parse};
use crate::jira::jql::test::{Attribute, Term, Test};

impl Setting<'_> {
    /// What saved filters say: one of them, or none.
    pub(super) fn saved(&self, name: &str, operator: Operator, operand: &Operand) -> Resolve<Test> {
        let negated = match operator {
            Operator::Equal | Operator::In => false,
            Operator::NotEqual | Operator::NotIn => true,
            _ => return self.discrete(name, Attribute::Filter, operator, operand),
        };
        let Wanted { terms, .. } = self.wanted(name, Attribute::Filter, operator, operand)?;
        let ids = terms.iter().filter_map(|term| match term {
            Term::Number(id) => Some(*id),
            Term::Text(_) => None,
        });
        let tests = ids.map(|id| self.within_filter(id, negated));
        let mut tests = tests.collect::<Resolve<Vec<Test>>>()?;
        Ok(match (tests.len(), tests.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                tests.extend(last);
                if negated {
                    Test::All(tests)
                } else {
                    Test::Any(tests)
                }
            }
        })
    }

    fn within_filter(&self, id: u64, negated: bool) -> Resolve<Test> {
        let filter = filter::found(self.store, id);
        let jql = filter.map(|it| it.jql).unwrap_or_default();
        let parsed = parse(&jql)?;
        let opened = self.store.filters.within(|| match &parsed.condition {
            Some(condition) => self.expression(condition, negated),
            // All issues satisfy a filter without a condition.
            None if negated => Ok(Test::Any(Vec::new())),
            None => Ok(Test::All(Vec::new())),
        });
        opened.unwrap_or_else(|| {
            Err("The query refers to too many filters, or to one that refers to itself.".to_owned())
        })
    }
}
