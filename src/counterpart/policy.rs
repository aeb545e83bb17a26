//! The data policy: what is configured, stored, logged, counted and sent, where, in which form, and for how long.
//!
//! The tables here are the policy. `counterpart policy` prints them, and `docs/data-policy.md` holds the same text. What the
//! program does is held to them by tests: every table of the store, every file that a run leaves behind, every metric and
//! every field of the log has its row.
//!
//! To add a row, add one line to the list of its table; then refresh the document as the failing test says.

mod configured;
mod counted;
mod logged;
mod moved;
mod stored;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde_json::{Value, json};

/// One table of the policy.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name in JSON.
    pub key: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What its columns are.
    pub head: &'static [&'static str],
    /// Its rows, each as long as its head.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    fn of<const N: usize>(
        key: &'static str,
        title: &'static str,
        head: &'static [&'static str; N],
        rows: &[[&str; N]],
    ) -> Table {
        let owned = |row: &[&str; N]| row.iter().map(|cell| (*cell).to_owned()).collect();
        Table {
            key,
            title,
            head,
            rows: rows.iter().map(owned).collect(),
        }
    }
}

/// Every table, in the order in which they are shown.
#[must_use]
pub fn tables() -> Vec<Table> {
    vec![
        configured::table(),
        stored::table(),
        configured::at_the_remotes(),
        logged::table(),
        counted::metrics(),
        counted::statistics(),
        stored::backups(),
        moved::table(),
    ]
}

/// The fields that an event of the log, or a span, may have.
#[must_use]
pub fn log_fields() -> Vec<&'static str> {
    logged::FIELDS.iter().map(|[name, ..]| *name).collect()
}

/// Whether the policy names that file, given as its path below the data directory, or a folder on the way to one.
#[must_use]
pub fn names(path: &Path, is_folder: bool) -> bool {
    let path = path.to_string_lossy();
    stored::places().any(|place| is_at(place, &path, is_folder))
}

/// Whether the policy names that table of the store.
#[must_use]
pub fn names_table(table: storage::Table) -> bool {
    let wanted = format!("table {table:?}");
    stored::STORED.iter().any(|row| row[1] == wanted)
}

/// Whether a path is at a place. `<word>` in a place stands for any part of a name; a place that ends with a slash covers what
/// is below it.
fn is_at(place: &str, path: &str, is_folder: bool) -> bool {
    let (place, is_deep) = match place.strip_suffix('/') {
        Some(folder) => (folder, true),
        None => (place, false),
    };
    let (mut wanted, mut found) = (place.split('/'), path.split('/'));
    for part in wanted.by_ref() {
        match found.next() {
            Some(name) if fits(part, name) => {}
            None => return is_folder,
            Some(_) => return false,
        }
    }
    is_deep || found.next().is_none()
}

fn fits(part: &str, name: &str) -> bool {
    let Some((before, rest)) = part.split_once('<') else {
        return part == name;
    };
    let after = rest.split_once('>').map_or("", |(_, after)| after);
    let inner = name
        .strip_prefix(before)
        .and_then(|name| name.strip_suffix(after));
    inner.is_some_and(|inner| !inner.is_empty())
}

/// The policy as one document.
#[must_use]
pub fn document() -> Value {
    let tables = tables().into_iter().map(|table| {
        let row = |row: &Vec<String>| -> Value {
            let cells = table.head.iter().zip(row);
            let cells = cells.map(|(head, cell)| ((*head).to_owned(), json!(cell)));
            Value::Object(cells.collect())
        };
        let rows: Vec<Value> = table.rows.iter().map(row).collect();
        json!({ "key": table.key, "title": table.title, "rows": rows })
    });
    json!({ "tables": tables.collect::<Vec<_>>() })
}

/// The tables as they stand in `docs/data-policy.md`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::new();
    for table in tables() {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        out.push_str(&format!("\n### {}\n\n", table.title));
        out.push_str(&line(table.head.iter().map(ToString::to_string).collect()));
        out.push_str(&format!("|{}\n", "---|".repeat(table.head.len())));
        for row in table.rows {
            out.push_str(&line(row));
        }
    }
    out
}

/// The tables for people at a terminal: each row as a block, since lines of a terminal are short.
#[must_use]
pub fn lines() -> Vec<String> {
    let mut out = Vec::new();
    for table in tables() {
        out.push(format!("{}\n", table.title.to_uppercase()));
        for row in &table.rows {
            let mut cells = table.head.iter().zip(row);
            if let Some((_, first)) = cells.next() {
                out.push(format!("- {first}"));
            }
            let cells = cells.filter(|(_, cell)| !cell.is_empty());
            out.extend(cells.map(|(head, cell)| format!("    {head}: {cell}")));
        }
        out.push(String::new());
    }
    out
}
