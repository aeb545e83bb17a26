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
        let tests = ids.map(|id| self.within_filter(id));
        let any = Test::Any(tests.collect::<Resolve<Vec<Test>>>()?);
        Ok(match (negated, any) {
            (true, any) => Test::Not(Box::new(any)),
            // So that a search sees what the only filter demands, and which indexes serve it.
            (false, Test::Any(mut tests)) if tests.len() == 1 => tests.remove(0),
            (false, any) => any,
        })
    }

    fn within_filter(&self, id: u64) -> Resolve<Test> {
        let filter = filter::found(self.store, id);
        let jql = filter.map(|it| it.jql).unwrap_or_default();
        let parsed = parse(&jql)?;
        let opened = self.store.filters.within(|| match &parsed.condition {
            Some(condition) => self.expression(condition, false),
            // All issues satisfy a filter without a condition.
            None => Ok(Test::All(Vec::new())),
        });
        opened.unwrap_or_else(|| {
            Err("The query refers to too many filters, or to one that refers to itself.".to_owned())
        })
    }
}
