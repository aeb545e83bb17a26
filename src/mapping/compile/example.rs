//! `[[example]]`: the mapping tests written in the profile.

use std::collections::BTreeMap;

use model::{Both, Side, limit};

use super::reader::{Section, Word};
use super::rows::check_type;
use super::words;
use crate::options::Example;
use crate::profile::TypePair;
use crate::rule::Rule;
use crate::system;
use crate::table::Cell;

const SIDES: [(&str, Side); 2] = [("jira", Side::Jira), ("azure", Side::Azure)];

/// Reads the examples.
pub(super) fn examples(root: &Section<'_>, types: &[TypePair], rules: &[Rule]) -> Vec<Example> {
    root.tables(
        "example",
        "[[example]]",
        &words::EXAMPLE,
        limit::ROWS_PER_TABLE,
    )
    .iter()
    .filter_map(|section| example(section, types, rules))
    .collect()
}

fn example(section: &Section<'_>, types: &[TypePair], rules: &[Rule]) -> Option<Example> {
    let name = section.text("name").map(|word| word.text);
    if !section.has("from") {
        section.missing("from", "from = \"jira\" or from = \"azure\"");
    }
    let from = section.word("from", &SIDES);
    let kind = section.required("type", "Story");
    if let Some(kind) = &kind {
        check_type(section.source, kind, types);
    }
    let fields = Both::of(|side| fields(section, side, rules));
    Some(Example {
        line: section.line,
        name,
        from: from?,
        kind: kind?.text,
        fields,
    })
}

fn fields(section: &Section<'_>, side: Side, rules: &[Rule]) -> BTreeMap<String, Vec<Cell>> {
    let key = side.as_str();
    if !section.has(key) {
        section.missing(key, &format!("{key} = {{ ... }} with fields and values"));
    }
    let name = match side {
        Side::Jira => "`jira` of [[example]]",
        Side::Azure => "`azure` of [[example]]",
    };
    let Some(table) = section.table(key, name, None) else {
        return BTreeMap::new();
    };
    let mut fields = BTreeMap::new();
    for field in table.keys() {
        check_field(section, side, &field, rules);
        let values = table.values(&field.text);
        fields.insert(field.text, values);
    }
    fields
}

fn check_field(section: &Section<'_>, side: Side, field: &Word, rules: &[Rule]) {
    let names = || rules.iter().map(|rule| rule.field(side));
    if names().any(|name| system::same_field(side, name, &field.text)) {
        return;
    }
    let cure = section
        .source
        .advice(&field.text, names(), || "add a [[field]] for it".to_owned());
    let what = format!("no rule names the {} field {}", side.product(), field.text);
    section.source.fault(field.line, what, cure);
}
