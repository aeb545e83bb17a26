//! Carrying durable changes into the engine.

use std::collections::BTreeMap;

use crate::batch::RowKey;
use crate::engine::{Change, Engine, EngineError, Stamp};
use crate::lsn::Lsn;

/// Makes the rows so and moves the stamp to `last`, in one application. A row that is so already is left alone.
pub(crate) fn apply_rows(
    engine: &dyn Engine,
    stamp: &mut Stamp,
    rows: &BTreeMap<RowKey, Option<Vec<u8>>>,
    last: Lsn,
) -> Result<(), EngineError> {
    let mut next = Stamp {
        applied: last,
        tally: stamp.tally,
    };
    let mut changes = Vec::with_capacity(rows.len());
    for (row, new) in rows {
        let (old, new) = (engine.get(row)?, new.as_deref());
        if old.as_deref() != new {
            next.tally.change(row, old.as_deref(), new);
            changes.push(Change {
                row,
                old: old.map(|old| old.len()),
                new,
            });
        }
    }
    engine.apply(&changes, Some(&next))?;
    *stamp = next;
    Ok(())
}
