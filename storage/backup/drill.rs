//! The drill: a backup is worth what can be restored from it, so it is restored, checked and compared.

use std::path::Path;
use std::sync::Arc;

use model::Millis;

use super::manifest::Tables;
use super::{BackupError, KeyFile, Manifest, Restore};
use crate::disk::Disk;
use crate::engine::EngineKind;
use crate::fsck::{FsckError, Judge, Report, check};
use crate::limit;
use crate::store::{Options, Store};
use crate::table::{SYSTEM, Table};

/// What came of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drilled {
    /// What the backup says it holds.
    pub manifest: Manifest,
    /// What `fsck` found in the restored store.
    pub report: Report,
    /// Where the restored store is not what the backup says.
    pub differences: Vec<String>,
}

impl Drilled {
    /// Whether the backup is worth what it should be.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.report.ok() && !self.report.unseen && self.differences.is_empty()
    }
}

/// A drill to be held.
pub struct Rehearsal<'a> {
    /// The backup's file.
    pub backup: &'a Path,
    /// The tenant.
    pub tenant: &'a str,
    /// The keys.
    pub keys: &'a KeyFile,
    /// An empty directory, which is its caller's to remove.
    pub scratch: &'a Path,
    /// How the restored store is run.
    pub options: Options,
    /// When it is.
    pub now: Millis,
}

impl Rehearsal<'_> {
    /// Restores the backup, checks the store, opens it, and compares what it holds with the manifest.
    ///
    /// # Errors
    /// When the backup is damaged or does not open, or there is no room.
    pub fn run(
        &self,
        disk: &Arc<dyn Disk>,
        engine: EngineKind,
        judge: &mut dyn Judge,
    ) -> Result<Drilled, BackupError> {
        let scratch = self.scratch;
        let restore = Restore {
            backup: self.backup,
            tenant: self.tenant,
            keys: self.keys,
            store: scratch,
            sealing: self.options.sealing.as_ref(),
            profiles: None,
            now: self.now,
        };
        let restored = restore.run(disk)?;
        let fsck = |error: FsckError| BackupError::Fsck(Box::new(error));
        let report = check(
            &**disk,
            engine,
            scratch,
            self.options.sealing.as_ref(),
            judge,
        )
        .map_err(fsck)?;
        let opened = Store::open_on(Arc::clone(disk), engine, scratch, self.options.clone());
        let store = opened.map_err(|error| BackupError::Open(Box::new(error)))?;
        let differences = compare(&store, &restored.manifest, restored.incarnation);
        // What was opened for a look is thrown away; how it ends is nobody's concern.
        let _ = store.close();
        Ok(Drilled {
            manifest: restored.manifest,
            report,
            differences,
        })
    }
}

fn compare(store: &Store, manifest: &Manifest, incarnation: u64) -> Vec<String> {
    let mut found = Vec::new();
    if store.incarnation() <= incarnation {
        found.push("the incarnation did not rise".to_owned());
    }
    if store.installation() != manifest.installation {
        found.push("it is another installation".to_owned());
    }
    let mut held = Tables::new();
    for table in Table::ALL {
        if let Err(error) = count(store, table, &mut held) {
            found.push(format!("table {table:?} cannot be read: {error}"));
        }
    }
    let held = held.sums();
    for (claimed, held) in manifest.tables.iter().zip(&held) {
        // The store's own rows say how often it was opened.
        if claimed.table != SYSTEM && claimed != held {
            let table = Table::from_number(claimed.table);
            found.push(format!(
                "table {table:?} holds {} rows and the manifest says {}, or their digests differ",
                held.rows, claimed.rows
            ));
        }
    }
    found
}

fn count(store: &Store, table: Table, held: &mut Tables) -> Result<(), crate::ReadError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = store.scan(table, b"", after.as_deref(), limit::PAGE_ROWS)?;
        for (key, value) in &rows {
            held.row(table.number(), key, value);
        }
        match rows.into_iter().next_back() {
            Some((key, _)) => after = Some(key),
            None => return Ok(()),
        }
    }
}
