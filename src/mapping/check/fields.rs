//! Fields: that they exist, can be written, hold what the rules say, and that none that is required stays empty.

use model::{Number, Side};

use super::{Place, Report, places};
use crate::near;
use crate::rule::{Kind, Otherwise, Rule};
use crate::schema::{FieldSchema, Schema, TypeSchema};
use crate::system;

/// Required fields that the product fills without a rule: project, type and state of the new item, and what follows from
/// them.
const FILLED: [&str; 10] = [
    "project",
    "issuetype",
    "System.AreaId",
    "System.AreaPath",
    "System.IterationId",
    "System.IterationPath",
    "System.Reason",
    "System.State",
    "System.TeamProject",
    "System.WorkItemType",
];

pub(super) fn check(report: &mut Report<'_>, side: Side, schema: &Schema) {
    let profile = report.profile;
    let places = places(profile, side, schema);
    for rule in &profile.rules {
        let name = rule.field(side);
        let Some((_, field)) = schema
            .fields
            .iter()
            .find(|(id, _)| system::same_field(side, id, name))
        else {
            report_unknown(report, side, rule, schema);
            continue;
        };
        check_kind(report, side, rule, field);
        if rule.kind == Kind::State {
            continue;
        }
        check_places(report, side, rule, &places);
        check_values(report, side, rule, field, &places);
    }
    for place in &places {
        check_required(report, side, place);
    }
}

fn report_unknown(report: &mut Report<'_>, side: Side, rule: &Rule, schema: &Schema) {
    let name = rule.field(side);
    let titled = schema
        .fields
        .iter()
        .find(|(_, field)| field.name.to_lowercase() == name.to_lowercase());
    let cure = match titled {
        Some((id, _)) => format!("the field that people see as \"{name}\" is {id}"),
        None => near::advice(name, schema.fields.keys().map(String::as_str), || {
            "write the field's id, and check that the account may see it".to_owned()
        }),
    };
    let what = format!("{} has no field {name}", side.product());
    report.error(rule.line, side, what, cure);
}

/// A list of names may be kept as text, and a day as a point in time; anything else must be what the rule says.
fn check_kind(report: &mut Report<'_>, side: Side, rule: &Rule, field: &FieldSchema) {
    let expected = rule.kind_on(side);
    let name = rule.field(side);
    let product = side.product();
    let Some(found) = field.kind else {
        let what = format!("the {product} field {name} is of a kind that cannot be carried");
        report.error(rule.line, side, what, "remove the rule");
        return;
    };
    let near = matches!(
        (expected, found),
        (Kind::Text, Kind::Choice)
            | (Kind::Choice, Kind::Text)
            | (Kind::Date, Kind::Moment)
            | (Kind::Moment, Kind::Date)
            | (Kind::State, Kind::Choice | Kind::Text)
    );
    if expected != found && !near {
        let what = format!(
            "the {product} field {name} holds \"{found}\", the rule takes it for \"{expected}\""
        );
        report.error(
            rule.line,
            side,
            what,
            format!("set kind = \"{found}\" or map another field"),
        );
    }
}

/// The field can be set wherever the rule writes it.
fn check_places(report: &mut Report<'_>, side: Side, rule: &Rule, places: &[Place<'_>]) {
    if !rule.direction.writes(side) {
        return;
    }
    let name = rule.field(side);
    for place in places.iter().filter(|place| concerns(rule, place)) {
        let kind = place.pair.get(side);
        let project = place.project_name(side);
        match field_of(side, place.schema, name) {
            None => {
                let what = format!("{project} cannot set {name} on type {kind}");
                let cure =
                    "put the field on the type's form or screen, or limit the rule by `types`";
                report.error(rule.line, side, what, cure);
            }
            Some(field) if field.read_only => {
                let what = format!("{project} does not let {name} be written on type {kind}");
                report.error(rule.line, side, what, "give the rule a `direction`");
            }
            Some(_) => {}
        }
    }
}

/// Whether a rule applies to a type whose fields are known.
fn concerns(rule: &Rule, place: &Place<'_>) -> bool {
    !place.schema.fields.is_empty() && rule.applies_to(&place.pair.kinds())
}

fn field_of<'a>(side: Side, schema: &'a TypeSchema, name: &str) -> Option<&'a FieldSchema> {
    schema
        .fields
        .iter()
        .find(|(id, _)| system::same_field(side, id, name))
        .map(|(_, field)| field)
}

/// Values that the profile names are values that the field can hold, for every type that the rule applies to.
fn check_values(
    report: &mut Report<'_>,
    side: Side,
    rule: &Rule,
    field: &FieldSchema,
    places: &[Place<'_>],
) {
    let of_types = places
        .iter()
        .filter(|place| concerns(rule, place))
        .filter_map(|place| {
            Some((
                place.pair.get(side),
                field_of(side, place.schema, rule.field(side))?,
            ))
        });
    let mut lists: Vec<(Option<&str>, &FieldSchema)> =
        of_types.map(|(kind, field)| (Some(kind), field)).collect();
    if lists.is_empty() {
        lists.push((None, field));
    }
    for (key, line) in values(rule, side) {
        let refusing = lists
            .iter()
            .find(|(_, field)| !allows(rule.kind_on(side), field, key));
        let Some((kind, field)) = refusing else {
            continue;
        };
        let of_type = kind
            .map(|kind| format!(" for type {kind}"))
            .unwrap_or_default();
        let names = || field.allowed.iter().map(String::as_str);
        let cure = near::advice(key, names(), || format!("it has {}", near::listed(names())));
        let product = side.product();
        let what = format!(
            "the {product} field {} has no value \"{key}\"{of_type}",
            rule.field(side)
        );
        if rule.direction.writes(side) {
            report.error(line, side, what, cure);
        } else {
            report.warning(line, side, what, cure);
        }
    }
}

/// The values of that side that a rule names, with their lines.
fn values(rule: &Rule, side: Side) -> Vec<(&str, Option<usize>)> {
    let rows = rule.table.iter().flat_map(|table| &table.rows);
    let mut values: Vec<(&str, Option<usize>)> = rows
        .map(|row| (row.cells.get(side).key(), Some(row.line)))
        .collect();
    if let Otherwise::Value { jira, azure } = &rule.otherwise
        && rule.kind_on(side) != Kind::User
    {
        let fixed = match side {
            Side::Jira => jira,
            Side::Azure => azure,
        };
        values.extend(fixed.as_deref().map(|fixed| (fixed, rule.line)));
    }
    values
}

/// Names are compared with regard to case: a Jira option is (jira.md 9.2).
fn allows(kind: Kind, field: &FieldSchema, key: &str) -> bool {
    let same = |allowed: &String| match kind {
        Kind::Number => Number::parse(allowed).is_some_and(|number| number.as_str() == key),
        _ => allowed.trim() == key,
    };
    field.allowed.is_empty() || field.allowed.iter().any(same)
}

/// A new item must have every required field.
fn check_required(report: &mut Report<'_>, side: Side, place: &Place<'_>) {
    let profile = report.profile;
    if !profile.direction.writes(side) {
        return;
    }
    let kinds = place.pair.kinds();
    for (id, field) in &place.schema.fields {
        let filled = FILLED.iter().any(|name| system::same_field(side, name, id))
            || profile.rules_for(&kinds).any(|rule| {
                rule.direction.writes(side) && system::same_field(side, rule.field(side), id)
            });
        if !field.required || field.has_default || field.read_only || filled {
            continue;
        }
        let what = format!(
            "{} requires {id} (\"{}\") on type {}, and no rule fills it",
            place.project_name(side),
            field.name,
            place.pair.get(side)
        );
        let cure = "add a [[field]] for it, or give the field a default there";
        report.error(Some(place.pair.line), side, what, cure);
    }
}
