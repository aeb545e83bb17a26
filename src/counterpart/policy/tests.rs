use std::collections::BTreeSet;
use std::path::Path;

use model::metric::Metric;

use super::*;

/// The document that people read.
const DOCUMENT: &str = include_str!("../../../docs/data-policy.md");
const BEGIN: &str = "<!-- begin of what `counterpart policy --markdown` prints -->\n";
const END: &str = "\n<!-- end of what `counterpart policy --markdown` prints -->";

#[test]
fn the_document_holds_the_tables_as_they_are() {
    let (_, rest) = DOCUMENT
        .split_once(BEGIN)
        .expect("the document has a begin");
    let (tables, _) = rest.split_once(END).expect("the document has an end");
    let now = markdown();
    let first = now
        .lines()
        .zip(tables.lines())
        .find(|(now, then)| now != then);
    assert!(
        tables == now,
        "docs/data-policy.md differs from the policy, first here: {first:#?}\n\
         Put what `counterpart policy --markdown` prints between its two marks:\n\
         tests/policy"
    );
}

#[test]
fn each_table_of_the_store_has_a_row() {
    for table in storage::Table::ALL {
        assert!(
            names_table(table),
            "{table:?} has no row in policy/stored.rs"
        );
    }
}

#[test]
fn each_row_of_the_store_names_a_table_that_is_there() {
    let known: BTreeSet<String> = storage::Table::ALL
        .iter()
        .map(|table| format!("table {table:?}"))
        .collect();
    for row in stored::STORED {
        let place = row[1];
        assert!(
            !place.starts_with("table ") || known.contains(place),
            "{place}"
        );
    }
}

#[test]
fn each_metric_has_its_row() {
    let table = counted::metrics();
    let names: Vec<&String> = table.rows.iter().map(|row| &row[0]).collect();
    assert_eq!(names.len(), Metric::ALL.len());
    assert!(names.contains(&&"`counterpart_effects_total`".to_owned()));
}

#[test]
fn rows_are_as_long_as_their_heads_and_break_no_table() {
    for table in tables() {
        assert!(!table.rows.is_empty(), "{}", table.key);
        for row in table.rows {
            assert_eq!(row.len(), table.head.len(), "{row:?}");
            assert!(
                row.iter().all(|cell| !cell.contains(['|', '\n'])),
                "{row:?}"
            );
        }
    }
}

#[test]
fn a_place_covers_its_files_and_nothing_else() {
    let named = |path: &str| names(Path::new(path), false);
    for path in [
        "node.json",
        "acme/vault",
        "acme/journal/00000000000000000001",
        "acme/state/blobs/17",
    ] {
        assert!(named(path), "{path}");
    }
    for folder in ["acme", "acme/journal", "acme/state/blobs"] {
        assert!(names(Path::new(folder), true), "{folder}");
    }
    for path in [
        "acme",
        "other.json",
        "acme/other",
        "acme/vault/more",
        "acme/journals/1",
    ] {
        assert!(!named(path), "{path}");
    }
}

#[test]
fn part_of_a_name_may_be_any_word() {
    assert!(is_at(
        "<tenant>/days-<month>.jsonl",
        "acme/days-2026-11.jsonl",
        false
    ));
    assert!(!is_at(
        "<tenant>/days-<month>.jsonl",
        "acme/days-.jsonl",
        false
    ));
    assert!(!is_at(
        "<tenant>/days-<month>.jsonl",
        "acme/days-2026-11.json",
        false
    ));
}

#[test]
fn json_has_every_row_by_the_names_of_the_columns() {
    let document = document();
    let tables = document["tables"].as_array().expect("a list");
    assert_eq!(tables.len(), super::tables().len());
    let stored = tables.iter().find(|table| table["key"] == "stored");
    let rows = stored.expect("what is stored")["rows"].as_array();
    let has = |row: &Value| row["where"] == "`<tenant>/digest.key`" && row["class"] == "**S**";
    assert!(rows.expect("rows").iter().any(has));
}
