//! What a closed store holds, decoded.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail the test"
)]

use std::fmt::Debug;
use std::path::Path;

use actors::stored::{
    CursorRow, HistoryRow, InboxRow, IndexRow, OrderRow, PairRow, ProblemRow, ProfileRow, TimerRow,
};
use storage::{Options, Record, Store, Table, decode, peek};
use sync::Note;

/// Every row of a store: its key, and its value as the program sees it. Opening the store raises its incarnation.
#[must_use]
pub fn all(directory: &Path) -> Vec<String> {
    all_with(directory, Options::default())
}

/// The same of a store whose digest key is sealed, with what opens it.
#[must_use]
pub fn all_with(directory: &Path, options: Options) -> Vec<String> {
    let store = Store::open(directory, options).expect("the store opens");
    let mut shown = Vec::new();
    for table in Table::ALL {
        for (key, value) in table_rows(&store, table) {
            let text = show(&value);
            shown.push(format!(
                "{table:?} {} {text}",
                String::from_utf8_lossy(&key)
            ));
        }
    }
    store.close().expect("the store closes");
    shown
}

/// How many times a history of any pair tells of something.
#[must_use]
pub fn noted(directory: &Path, is_it: impl Fn(&Note) -> bool) -> usize {
    let store = Store::open(directory, Options::default()).expect("the store opens");
    let rows = table_rows(&store, Table::History);
    store.close().expect("the store closes");
    let notes = rows
        .iter()
        .map(|(_, value)| decode::<HistoryRow>(value).expect("a row of the history"));
    notes.filter(|row| is_it(&row.note)).count()
}

fn table_rows(store: &Store, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    loop {
        let after = rows.last().map(|(key, _): &(Vec<u8>, Vec<u8>)| key.clone());
        let page = store
            .scan(table, &[], after.as_deref(), 1_000)
            .expect("the table can be read");
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

/// A value as the program sees it.
fn show(value: &[u8]) -> String {
    let (kind, version) = peek(value).expect("every value stands in an envelope");
    match kind {
        PairRow::KIND => debug::<PairRow>(value),
        HistoryRow::KIND => debug::<HistoryRow>(value),
        InboxRow::KIND => debug::<InboxRow>(value),
        CursorRow::KIND => debug::<CursorRow>(value),
        TimerRow::KIND => debug::<TimerRow>(value),
        ProblemRow::KIND => debug::<ProblemRow>(value),
        ProfileRow::KIND => debug::<ProfileRow>(value),
        IndexRow::KIND => debug::<IndexRow>(value),
        OrderRow::KIND => debug::<OrderRow>(value),
        _ => panic!(
            "nobody knows rows of kind {kind}, version {version}: teach rows.rs to show them"
        ),
    }
}

fn debug<R: Record + Debug>(value: &[u8]) -> String {
    let row = decode::<R>(value).expect("a row of its kind");
    format!("{row:?}")
}
