//! A query taken apart, as stored queries show it (`$expand=clauses`).

use serde_json::{Value as Json, json};

use super::super::field::Field;
use super::super::node::Organization;
use super::super::time;
use super::check::wire;
use super::{Comparison, Condition, LinkTest, Links, Mode, Operand, Query, Shape, Tree};

/// Adds columns, sort columns and clauses to a query's description.
pub(crate) fn describe(query: &Query, base: &str, organization: &Organization, json: &mut Json) {
    let scribe = Scribe { base, organization };
    json["columns"] = query
        .columns
        .iter()
        .map(|f| f.reference_json(base))
        .collect();
    if !query.order.is_empty() {
        let rows = query.order.iter();
        json["sortColumns"] = rows
            .map(|(f, down)| json!({"field": f.reference_json(base), "descending": down}))
            .collect();
    }
    match &query.shape {
        Shape::Flat(condition) => {
            json["filterOptions"] = json!("workItems");
            if let Some(condition) = condition {
                json["clauses"] = scribe.clause(condition, false);
            }
        }
        Shape::Links(links) => {
            json["filterOptions"] = json!(options(links));
            if let Some(tree) = links.tree {
                json["queryRecursionOption"] = json!(match tree {
                    Tree::ParentFirst => "parentFirst",
                    Tree::ChildFirst => "childFirst",
                });
            }
            for (key, condition) in [
                ("sourceClauses", &links.source),
                ("targetClauses", &links.target),
            ] {
                if let Some(condition) = condition {
                    json[key] = scribe.clause(condition, false);
                }
            }
            if let Some(test) = &links.link {
                json["linkClauses"] = scribe.test(test, false);
            }
        }
    }
}

fn options(links: &Links) -> &'static str {
    match (links.tree, links.mode) {
        (None, Mode::Matching) => "linksOneHopMustContain",
        (None, Mode::All) => "linksOneHopMayContain",
        (None, Mode::Without) => "linksOneHopDoesNotContain",
        (Some(_), Mode::Matching) => "linksRecursiveMustContain",
        (Some(_), Mode::All) => "linksRecursiveMayContain",
        (Some(_), Mode::Without) => "linksRecursiveDoesNotContain",
    }
}

struct Scribe<'a> {
    base: &'a str,
    organization: &'a Organization,
}

impl Scribe<'_> {
    fn clause(&self, condition: &Condition, not: bool) -> Json {
        match condition {
            Condition::And(parts) => self.group(if not { "or" } else { "and" }, parts, not),
            Condition::Or(parts) => self.group(if not { "and" } else { "or" }, parts, not),
            Condition::Not(inner) => self.clause(inner, !not),
            Condition::Compare(f, comparison, operand) => {
                let (name, title) = operator(*comparison, not);
                self.leaf(f, (name, title), operand)
            }
            Condition::In(f, operands) => {
                let values: Vec<String> = operands.iter().map(|o| self.value(o)).collect();
                let row = negated(not, ("In", "In"), ("NotIn", "Not In"));
                self.row(f, row, &values.join(","))
            }
            Condition::Group(f, group) => {
                let row = negated(not, ("InGroup", "In Group"), ("NotInGroup", "Not In Group"));
                self.row(f, row, &group.name)
            }
            Condition::Empty(f) => {
                let row = negated(not, ("IsEmpty", "Is Empty"), ("IsNotEmpty", "Is Not Empty"));
                self.row(f, row, "")
            }
            Condition::Ever(inner) => {
                let mut json = self.clause(inner, not);
                let row = negated(not, ("Ever", "Was Ever"), ("NotEver", "Was Never"));
                json["operator"] = operator_json(row);
                json
            }
        }
    }

    fn group(&self, word: &str, parts: &[Condition], not: bool) -> Json {
        let rows: Vec<Json> = parts.iter().map(|p| self.clause(p, not)).collect();
        json!({"logicalOperator": word, "clauses": rows})
    }

    fn leaf(&self, f: &Field, row: (&str, &str), operand: &Operand) -> Json {
        if let Operand::Field(other) = operand {
            let mut json = self.row(f, row, "");
            json["isFieldValue"] = json!(true);
            json["fieldValue"] = other.reference_json(self.base);
            return json;
        }
        self.row(f, row, &self.value(operand))
    }

    fn row(&self, f: &Field, row: (&str, &str), value: &str) -> Json {
        json!({
            "field": f.reference_json(self.base),
            "operator": operator_json(row),
            "value": value,
        })
    }

    fn value(&self, operand: &Operand) -> String {
        match operand {
            Operand::Text(text) => text.clone(),
            Operand::Number(number) => number.to_string(),
            Operand::Time(ms) => time::text(*ms),
            Operand::Person(Some(index), _) => {
                let who = super::super::identity::Who::Member(*index);
                self.organization.people.combined(&who)
            }
            Operand::Person(None, text) => text.clone(),
            Operand::Flag(flag) => flag.to_string(),
            Operand::Field(f) => format!("[{}]", f.reference),
            Operand::Nothing => String::new(),
        }
    }

    fn test(&self, test: &LinkTest, not: bool) -> Json {
        let group = |word: &str, parts: &[LinkTest]| {
            let rows: Vec<Json> = parts.iter().map(|p| self.test(p, not)).collect();
            json!({"logicalOperator": word, "clauses": rows})
        };
        match test {
            LinkTest::And(parts) => group(if not { "or" } else { "and" }, parts),
            LinkTest::Or(parts) => group(if not { "and" } else { "or" }, parts),
            LinkTest::Not(inner) => self.test(inner, !not),
            LinkTest::Is(kinds) => {
                let names: Vec<&str> = kinds.iter().map(|k| k.reference).collect();
                let row = match (names.len(), not) {
                    (1, false) => ("Equals", "="),
                    (1, true) => ("NotEquals", "<>"),
                    (_, false) => ("In", "In"),
                    (_, true) => ("NotIn", "Not In"),
                };
                json!({
                    "field": {
                        "referenceName": "System.Links.LinkType",
                        "name": "Link Type",
                        "url": format!("{}/_apis/wit/fields/System.Links.LinkType", self.base),
                    },
                    "operator": operator_json(row),
                    "value": names.join(","),
                })
            }
        }
    }
}

fn operator_json((reference, name): (&str, &str)) -> Json {
    json!({"referenceName": format!("SupportedOperations.{reference}"), "name": name})
}

fn negated<'a>(not: bool, yes: (&'a str, &'a str), no: (&'a str, &'a str)) -> (&'a str, &'a str) {
    if not { no } else { yes }
}

fn operator(comparison: Comparison, not: bool) -> (&'static str, &'static str) {
    use Comparison::{
        Contains, ContainsWords, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Under,
    };
    let name = wire(comparison);
    match (comparison, not) {
        (Equal, false) | (NotEqual, true) => ("Equals", "="),
        (NotEqual, false) | (Equal, true) => ("NotEquals", "<>"),
        (Greater, false) | (LessOrEqual, true) => ("GreaterThan", ">"),
        (GreaterOrEqual, false) | (Less, true) => ("GreaterThanEquals", ">="),
        (Less, false) | (GreaterOrEqual, true) => ("LessThan", "<"),
        (LessOrEqual, false) | (Greater, true) => ("LessThanEquals", "<="),
        (Contains, false) => ("Contains", name),
        (Contains, true) => ("NotContains", "Does Not Contain"),
        (ContainsWords, false) => ("ContainsWords", name),
        (ContainsWords, true) => ("NotContainsWords", "Does Not Contain Words"),
        (Under, false) => ("Under", "Under"),
        (Under, true) => ("NotUnder", "Not Under"),
    }
}
