//! `[[field]]`: the rules that the profile writes itself.

use std::collections::BTreeSet;

use model::{Both, RuleName, Side, limit};

use super::reader::{Section, Word};
use super::rows::{Seen, check_type};
use super::words::{self, DIRECTIONS, POLICIES};
use crate::near;
use crate::options::{Direction, Policy};
use crate::profile::TypePair;
use crate::rule::{Kind, Limit, Otherwise, Rule};
use crate::system;
use crate::table::{Cell, Row, Table};

const NO_EFFECT: &str = "remove the key";

/// Reads the rules in the file's order.
pub(super) fn rules(
    root: &Section<'_>,
    direction: Direction,
    conflict: Policy,
    types: &[TypePair],
) -> Vec<Rule> {
    root.tables(
        "field",
        "[[field]]",
        &words::FIELD,
        limit::RULES_PER_PROFILE,
    )
    .iter()
    .filter_map(|section| rule(section, direction, conflict, types))
    .collect()
}

fn rule(
    section: &Section<'_>,
    direction: Direction,
    conflict: Policy,
    types: &[TypePair],
) -> Option<Rule> {
    let direction = section.word("direction", &DIRECTIONS).unwrap_or(direction);
    let conflict = section.word("conflict", &POLICIES).unwrap_or(conflict);
    let limit = limit_of(section, types);
    let jira = section.required("jira", "priority");
    let azure = section.required("azure", "Microsoft.VSTS.Common.Priority");
    let fields = Both {
        jira: jira?,
        azure: azure?,
    };
    let name = name(section, &fields.jira);
    let kinds = kinds(section, &fields)?;
    check_writable(section, &fields, direction);
    let table = table(section, &kinds);
    let otherwise = otherwise(section, &kinds);
    check_fit(section, &fields, &kinds, table.is_some());
    Some(Rule {
        name: name?,
        jira: fields.jira.text,
        azure: canonical_name(&fields.azure.text),
        kind: kinds.jira,
        direction,
        conflict,
        kinds,
        table,
        otherwise,
        limit,
        line: Some(section.line),
    })
}

/// Reference names of Azure DevOps mean the same in any case; known ones get the spelling of the remote, as its answers
/// have it.
fn canonical_name(azure: &str) -> String {
    system::names(Side::Azure)
        .find(|known| system::same_field(Side::Azure, known, azure))
        .unwrap_or(azure)
        .to_owned()
}

/// The rule's name: given, or the Jira field's id.
fn name(section: &Section<'_>, jira: &Word) -> Option<RuleName> {
    let given = section.text("name");
    let missing = given.is_none() && section.has("name");
    let word = given.as_ref().unwrap_or(jira);
    match RuleName::new(&word.text) {
        Ok(name) if !missing => Some(name),
        Ok(_) => None,
        Err(error) => {
            let what = format!("\"{}\" is no name for a rule", word.text);
            section
                .source
                .fault(word.line, what, format!("give the rule a `name`: {error}"));
            None
        }
    }
}

fn limit_of(section: &Section<'_>, types: &[TypePair]) -> Limit {
    let Some(words) = section.texts("types") else {
        return Limit::All;
    };
    if words.is_empty() {
        let what = "`types` is empty, so the rule applies to nothing";
        section.source.fault(
            section.line_at("types"),
            what,
            "name Jira types or remove the key",
        );
    }
    let known = words
        .into_iter()
        .filter(|word| check_type(section.source, word, types));
    Limit::Jira(known.map(|word| word.text).collect::<BTreeSet<String>>())
}

/// What both fields hold: known of system fields, told by `kind` of custom ones.
fn kinds(section: &Section<'_>, fields: &Both<Word>) -> Option<Both<Kind>> {
    let told = section.word("kind", &Kind::WORDS);
    if section.has("kind") && told.is_none() {
        return None;
    }
    let known = Both::of(|side| {
        let name = &fields.get(side).text;
        system::field(side, name).map(|field| field.kind)
    });
    let carried_elsewhere = Side::BOTH
        .into_iter()
        .filter(|side| report_elsewhere(section, *side, fields.get(*side)))
        .count();
    if carried_elsewhere > 0 {
        return None;
    }
    check_told(section, fields, &known, told);
    let guess = told.or(known.jira).or(known.azure);
    let Some(guess) = guess else {
        report_unknown_kind(section, fields);
        return None;
    };
    Some(Both::of(|side| known.get(side).unwrap_or(guess)))
}

/// Notes a field that no rule can carry.
fn report_elsewhere(section: &Section<'_>, side: Side, field: &Word) -> bool {
    let state = match side {
        Side::Jira => system::JIRA_STATE,
        Side::Azure => system::AZURE_STATE,
    };
    let instead = if system::same_field(side, state, &field.text) {
        Some("remove this rule and map states by [[state]] rows")
    } else {
        system::elsewhere(side, &field.text)
    };
    let Some(instead) = instead else {
        return false;
    };
    let what = format!(
        "the {} field {} is not carried by a rule",
        side.product(),
        field.text
    );
    section.source.fault(field.line, what, instead);
    true
}

/// `kind` is for fields that the product does not know.
fn check_told(
    section: &Section<'_>,
    fields: &Both<Word>,
    known: &Both<Option<Kind>>,
    told: Option<Kind>,
) {
    let line = section.line_at("kind");
    match (told, known.jira, known.azure) {
        (Some(Kind::State), ..) => {
            let what = "a rule cannot have the kind \"state\"";
            section
                .source
                .fault(line, what, "map states by [[state]] rows");
        }
        (Some(told), Some(jira), Some(azure)) if told != jira && told != azure => {
            let what = format!(
                "`kind` is \"{told}\", but {} holds \"{jira}\" and {} \"{azure}\"",
                fields.jira.text, fields.azure.text
            );
            section.source.fault(line, what, NO_EFFECT);
        }
        _ => {}
    }
}

fn report_unknown_kind(section: &Section<'_>, fields: &Both<Word>) {
    let both = format!("{} and {}", fields.jira.text, fields.azure.text);
    let near = Side::BOTH
        .into_iter()
        .find_map(|side| near::nearest(&fields.get(side).text, system::names(side)));
    let words = || {
        Kind::WORDS
            .iter()
            .map(|(word, _)| *word)
            .filter(|word| *word != "state")
    };
    let cure = match near {
        Some(name) => format!("did you mean \"{name}\"? For a custom field add `kind`"),
        None => format!("add `kind`, one of {}", near::listed(words())),
    };
    let what = format!("it is not known what {both} hold");
    section.source.fault(fields.jira.line, what, cure);
}

fn check_writable(section: &Section<'_>, fields: &Both<Word>, direction: Direction) {
    for side in Side::BOTH {
        let field = fields.get(side);
        let known = system::field(side, &field.text);
        if !direction.writes(side) || known.is_none_or(|known| known.writable) {
            continue;
        }
        let only = match side {
            Side::Jira => "to-azure",
            Side::Azure => "to-jira",
        };
        let what = format!("{} is written by {} itself", field.text, side.product());
        section.source.fault(
            field.line,
            what,
            format!("add direction = \"{only}\" to the rule"),
        );
    }
}

/// A value that is compared by its text, and so can stand in a table.
fn is_plain(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Choice | Kind::Number | Kind::Flag)
}

/// Whether what one field holds can be said in the other.
fn check_fit(section: &Section<'_>, fields: &Both<Word>, kinds: &Both<Kind>, has_table: bool) {
    use Kind::{Choice, Date, Flag, Moment, Number, Rich, Text};
    let Both { jira, azure } = *kinds;
    let needs_table = matches!((jira, azure), (Choice, Number) | (Number, Choice))
        || (jira != azure && (jira == Flag || azure == Flag));
    let fits = jira == azure
        || (is_plain(jira) && is_plain(azure))
        || matches!(
            (jira, azure),
            (Rich, Text) | (Text, Rich) | (Date, Moment) | (Moment, Date)
        );
    let (one, other) = (&fields.jira.text, &fields.azure.text);
    if !fits {
        let what =
            format!("{one} holds \"{jira}\" and {other} \"{azure}\", which cannot be carried");
        section
            .source
            .fault(section.line, what, "map fields that hold the same");
    } else if needs_table && !has_table && !section.has("values") {
        let what = format!("{one} holds \"{jira}\" and {other} \"{azure}\"");
        let cure = "add `values`, such as values = [[\"High\", 2], [\"Low\", 4]]";
        section.source.fault(section.line, what, cure);
    }
}

fn table(section: &Section<'_>, kinds: &Both<Kind>) -> Option<Table> {
    let line = section.line_at("values");
    let pairs = section.pairs("values", "[\"High\", 2], [\"Low\", 4]")?;
    let tabular = Side::BOTH
        .into_iter()
        .all(|side| is_plain(*kinds.get(side)))
        || (kinds.jira == Kind::Set && kinds.azure == Kind::Set);
    if !tabular {
        let cure = match kinds.jira {
            Kind::User => "remove `values` and map people by [[user]] rows",
            _ => NO_EFFECT,
        };
        let what = format!(
            "a field that holds \"{}\" has no table of values",
            kinds.jira
        );
        section.source.fault(line, what, cure);
        return None;
    }
    if pairs.len() > limit::ROWS_PER_TABLE {
        let what = format!("`values` has more than {} rows", limit::ROWS_PER_TABLE);
        section.source.fault(line, what, "shorten the table");
    }
    if pairs.is_empty() && section.line_at("values") == line {
        section.source.fault(
            line,
            "`values` has no sound row",
            "add rows or remove the key",
        );
        return None;
    }
    Some(Table {
        rows: rows(section, kinds, pairs),
    })
}

fn rows(section: &Section<'_>, kinds: &Both<Kind>, pairs: Vec<(Cell, Cell, usize)>) -> Vec<Row> {
    let mut seen = Seen::default();
    let mut rows = Vec::with_capacity(pairs.len().min(limit::ROWS_PER_TABLE));
    for (jira, azure, line) in pairs.into_iter().take(limit::ROWS_PER_TABLE) {
        let cells = Both { jira, azure };
        for side in Side::BOTH {
            check_cell(section, side, *kinds.get(side), cells.get(side), line);
        }
        let keys = Both::of(|side| cells.get(side).key().to_owned());
        if kinds.jira == Kind::Set {
            seen.report_shared(section.source, &keys, line);
        } else {
            seen.report(section.source, "", &keys, line);
        }
        rows.push(Row { cells, line });
    }
    rows
}

fn check_cell(section: &Section<'_>, side: Side, kind: Kind, cell: &Cell, line: usize) {
    let sound = match kind {
        Kind::Number => matches!(cell, Cell::Number(_)),
        Kind::Flag => matches!(cell, Cell::Flag(_)),
        _ => !matches!(cell, Cell::Flag(_)),
    };
    if sound {
        return;
    }
    let product = side.product();
    let (what, cure) = match kind {
        Kind::Number => ("numbers", "write the number without quotes"),
        Kind::Flag => ("true or false", "write true or false without quotes"),
        _ => ("names", "write the name in quotes"),
    };
    let what = format!(
        "the {product} field holds {what}, and here is \"{}\"",
        cell.key()
    );
    section.source.fault(line, what, cure);
}

fn otherwise(section: &Section<'_>, kinds: &Both<Kind>) -> Otherwise {
    if !section.has("otherwise") {
        return Otherwise::Skip;
    }
    let line = section.line_at("otherwise");
    let plain = Side::BOTH
        .into_iter()
        .all(|side| is_plain(*kinds.get(side)));
    if !plain && kinds.jira != Kind::User {
        let what = format!("a field that holds \"{}\" has no `otherwise`", kinds.jira);
        section.source.fault(line, what, NO_EFFECT);
        return Otherwise::Skip;
    }
    if section.is_table("otherwise") {
        return fixed(section, kinds).unwrap_or_default();
    }
    let words = [("skip", Otherwise::Skip), ("error", Otherwise::Error)];
    let index = section.word("otherwise", &[("skip", 0), ("error", 1)]);
    let found = index.and_then(|index: usize| words.into_iter().nth(index));
    found.map(|(_, otherwise)| otherwise).unwrap_or_default()
}

/// `otherwise = { jira = X, azure = Y }`.
fn fixed(section: &Section<'_>, kinds: &Both<Kind>) -> Option<Otherwise> {
    let table = section.table(
        "otherwise",
        "`otherwise` of [[field]]",
        Some(&words::OTHERWISE),
    )?;
    let cells = Both::of(|side| table.value(side.as_str()));
    for side in Side::BOTH {
        if let Some(cell) = cells.get(side) {
            check_cell(section, side, *kinds.get(side), cell, table.line);
        }
    }
    if cells.jira.is_none() && cells.azure.is_none() {
        let cure =
            "write otherwise = { jira = \"...\", azure = \"...\" }, or \"skip\" or \"error\"";
        section
            .source
            .fault(table.line, "`otherwise` names no value", cure);
    }
    let key = |cell: Option<Cell>| cell.map(|cell| cell.key().to_owned());
    Some(Otherwise::Value {
        jira: key(cells.jira),
        azure: key(cells.azure),
    })
}
