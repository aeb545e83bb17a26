//! A parsed query as `POST /jql/parse` shows it, and that operation.

use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::jira::call::{Call, strings};
use crate::jira::jql::parser::{Expression, Operand, Parsed, Predicate, parse};
use crate::jira::jql::reserved::is_reserved;
use crate::jira::jql::resolve::resolve;
use crate::jira::refusal::{Outcome, Refusal};
use crate::limit;
use crate::site::Response;

/// `POST /jql/parse?validation=strict|warn|none`.
pub(crate) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let validation = match call.request.query("validation") {
        None => "strict",
        Some(known @ ("strict" | "warn" | "none")) => known,
        Some(other) => {
            return Err(Refusal::message(
                400,
                format!("The validation '{other}' is not one of strict, warn, none."),
            ));
        }
    };
    let body = call.body()?;
    let queries = strings(body.get("queries").filter(|it| it.is_array()))?;
    if queries.is_empty() || queries.len() > limit::JQL_QUERIES_MAX {
        let text = format!("queries takes 1 to {} queries.", limit::JQL_QUERIES_MAX);
        return Err(Refusal::message(400, text));
    }
    let setting = cloud.setting(call);
    let one = |query: &String| {
        let mut document = json!({"query": query});
        let parsed = match parse(query) {
            Ok(parsed) => parsed,
            Err(text) => {
                document["errors"] = json!([text]);
                return document;
            }
        };
        let fault = resolve(&parsed, &setting).err();
        match (fault, validation) {
            (Some(text), "strict") => {
                document["errors"] = json!([text]);
                return document;
            }
            (Some(text), "warn") => document["warnings"] = json!([text]),
            _ => {}
        }
        document["structure"] = structure(&parsed);
        document
    };
    let rows: Vec<Value> = queries.iter().map(one).collect();
    Ok(Response::json(200, &json!({"queries": rows})))
}

fn structure(parsed: &Parsed) -> Value {
    let mut document = json!({});
    if let Some(condition) = &parsed.condition {
        document["where"] = clause(condition);
    }
    if !parsed.order.is_empty() {
        let element = |(name, descending): &(String, Option<bool>)| {
            let mut element = json!({"field": field(name)});
            if let Some(descending) = descending {
                element["direction"] = json!(if *descending { "desc" } else { "asc" });
            }
            element
        };
        let fields: Vec<Value> = parsed.order.iter().map(element).collect();
        document["orderBy"] = json!({"fields": fields});
    }
    document
}

fn clause(expression: &Expression) -> Value {
    let compound = |operator: &str, parts: &[Expression]| {
        let clauses: Vec<Value> = parts.iter().map(clause).collect();
        json!({"clauses": clauses, "operator": operator})
    };
    match expression {
        Expression::All(parts) => compound("and", parts),
        Expression::Any(parts) => compound("or", parts),
        Expression::Not(inner) => compound("not", std::slice::from_ref(inner)),
        Expression::Clause {
            field: name,
            operator,
            operand: value,
        } => {
            json!({"field": field(name), "operator": operator.written(), "operand": operand(value)})
        }
        Expression::Was {
            field: name,
            negated,
            list,
            operand: value,
            predicates: all,
        } => {
            let operator = match (negated, list) {
                (false, false) => "was",
                (true, false) => "was not",
                (false, true) => "was in",
                (true, true) => "was not in",
            };
            json!({"field": field(name), "operator": operator, "operand": operand(value), "predicates": predicates(all)})
        }
        Expression::Changed {
            field: name,
            predicates: all,
        } => json!({"field": field(name), "operator": "changed", "predicates": predicates(all)}),
    }
}

fn predicates(all: &[(Predicate, Operand)]) -> Value {
    let row = |(predicate, value): &(Predicate, Operand)| json!({"operator": predicate.written(), "operand": operand(value)});
    all.iter().map(row).collect()
}

fn field(name: &str) -> Value {
    json!({"name": name, "encodedName": encoded(name)})
}

fn operand(operand: &Operand) -> Value {
    match operand {
        Operand::Text(text) => json!({"value": text, "encodedValue": encoded(text)}),
        Operand::Empty => json!({"keyword": "empty"}),
        Operand::Function(name, arguments) => {
            let written: Vec<String> = arguments.iter().map(|it| encoded(it)).collect();
            json!({
                "function": name,
                "arguments": arguments,
                "encodedOperand": format!("{name}({})", written.join(", ")),
            })
        }
        Operand::List(items) => {
            let values: Vec<Value> = items.iter().map(self::operand).collect();
            json!({"values": values, "encodedOperand": list(items)})
        }
    }
}

fn list(items: &[Operand]) -> String {
    let one = |item: &Operand| match item {
        Operand::Text(text) => encoded(text),
        Operand::Empty => "EMPTY".to_owned(),
        Operand::Function(name, arguments) => {
            let written: Vec<String> = arguments.iter().map(|it| encoded(it)).collect();
            format!("{name}({})", written.join(", "))
        }
        Operand::List(items) => list(items),
    };
    format!("({})", items.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// A name or value as a query can hold it: in quotation marks where it needs them.
pub(crate) fn encoded(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .chars()
            .all(|it| it.is_alphanumeric() || "-_.".contains(it));
    if plain && !is_reserved(text) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
