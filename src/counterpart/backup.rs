//! Backups of the tenants: made on order and by schedule, tried out, kept for a while, and copied to a bucket.
//!
//! What a backup is, the store knows ([`storage::backup`]). Here is where backups lie ([`place`]), when one is due
//! ([`schedule`]), what is remembered of them ([`record`]), their copies elsewhere ([`bucket`], [`copies`]), and the task of a running
//! node that does all this by itself ([`keeper`]).

pub mod bucket;
pub mod copies;
pub mod keeper;
pub mod place;
pub mod record;
pub mod schedule;
pub mod settings;

use serde_json::{Value, json};
use storage::backup::{Manifest, Written};

/// What is told of a backup that was made.
pub(crate) fn made_row(written: &Written) -> Value {
    let mut row = manifest_row(&written.manifest);
    row["file"] = written.path.display().to_string().into();
    row["bytes"] = written.bytes.into();
    row
}

/// What is told of what a backup holds: counts, and no content.
pub(crate) fn manifest_row(manifest: &Manifest) -> Value {
    let table = |sum: &storage::backup::TableSum| {
        let table = storage::Table::from_number(sum.table);
        let name = table.map_or_else(
            || "system".to_owned(),
            |table| format!("{table:?}").to_lowercase(),
        );
        (
            name,
            json!({ "rows": sum.rows, "bytes": sum.bytes, "sha256": hex(&sum.digest) }),
        )
    };
    let tables: serde_json::Map<String, Value> = manifest.tables.iter().map(table).collect();
    let file = |sum: &storage::backup::FileSum| json!({ "name": sum.name, "bytes": sum.bytes, "sha256": hex(&sum.digest) });
    json!({
        "id": manifest.id,
        "created": manifest.created.0,
        "program": manifest.program,
        "lsn": manifest.lsn,
        "incarnation": manifest.incarnation,
        "rows": manifest.rows(),
        "content_bytes": manifest.bytes(),
        "tables": tables,
        "files": manifest.files.iter().map(file).collect::<Vec<_>>(),
    })
}

/// Bytes as people write them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
