//! Keeping the copies in the bucket as they should be: the key file first, then every backup that lies here, and none past its time.

use std::collections::{BTreeMap, BTreeSet};

use actors::Clock as _;
use model::Millis;
use storage::backup::{self, BackupId, Entry, Footer, Kept, State};
use storage::disk::{self, Disk as _, OsDisk};
use storage::limit::VAULT_BYTES;
use storage::vault::{self, Listed};

use super::bucket::{Bucket, Copied};
use super::place::Place;
use crate::clock::SystemClock;
use crate::exit::Error;

/// A copy, and whether it is whole as far as anybody can tell without its key.
pub struct Copy {
    /// Which one.
    pub copied: Copied,
    /// Whether it ends as it should, and as the backup here does.
    pub good: bool,
    /// Why its end could not be looked at.
    pub unread: Option<Error>,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Kempt {
    /// Backups that were copied.
    pub sent: Vec<BackupId>,
    /// Copies that were removed.
    pub removed: Vec<BackupId>,
    /// What failed for one of them, which held up no other.
    pub failed: Vec<(BackupId, Error)>,
}

impl Kempt {
    /// All that failed, as one error.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        let failed = self.failed.iter();
        let lines: Vec<String> = failed.map(|(id, error)| format!("{id}: {error}")).collect();
        (!lines.is_empty()).then(|| Error::Unreachable(lines.join("\n")))
    }
}

fn local_key(place: &Place) -> Result<Option<Vec<u8>>, Error> {
    let path = backup::key_path(&place.backups);
    match disk::read_all(&OsDisk, &path, VAULT_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Unreachable(format!("{}: {error}", path.display()))),
    }
}

fn names(place: &Place, bytes: &[u8]) -> Result<BTreeSet<String>, Error> {
    let listed = vault::list_of(bytes, place.tenant.as_str());
    let listed: Vec<Listed> = listed.map_err(crate::master_key::told)?;
    Ok(listed.into_iter().map(|listed| listed.name).collect())
}

/// Copies the key file, if the bucket has another one. One that holds keys which this one lacks is never overwritten.
///
/// # Errors
/// When the bucket cannot be asked, or has keys of its own.
pub async fn send_key(place: &Place, bucket: &Bucket) -> Result<(), Error> {
    let Some(here) = local_key(place)? else {
        return Ok(());
    };
    let there = bucket.key().await?;
    if there.as_ref() == Some(&here) {
        return Ok(());
    }
    if let Some(there) = &there {
        let (here, there) = (names(place, &here)?, names(place, there)?);
        if !there.is_subset(&here) {
            return Err(Error::Usage(format!(
                "the key file in the bucket holds keys that {} does not: it is not overwritten, for backups there would open no \
                 more; move the file here aside and run `counterpart backup restore --bucket`, or give this node another prefix",
                backup::key_path(&place.backups).display()
            )));
        }
    }
    bucket.put_key(here).await
}

/// Before a backup is made: where keys lie in the bucket and none here, no others are made in their place.
///
/// # Errors
/// When the bucket cannot be asked.
pub async fn keys_first(place: &Place) -> Result<(), Error> {
    if !place.has_no_keys() {
        return Ok(());
    }
    match place.bucket()? {
        Some(bucket) => fetch_key(place, &bucket).await,
        None => Ok(()),
    }
}

/// Fetches the key file where there is none here.
///
/// # Errors
/// When the bucket cannot be asked.
pub async fn fetch_key(place: &Place, bucket: &Bucket) -> Result<(), Error> {
    if local_key(place)?.is_some() {
        return Ok(());
    }
    let Some(bytes) = bucket.key().await? else {
        return Ok(());
    };
    names(place, &bytes)?;
    let path = backup::key_path(&place.backups);
    let failed = |error: std::io::Error| Error::Unreachable(format!("{}: {error}", path.display()));
    OsDisk.create_dir(&place.backups).map_err(failed)?;
    disk::replace(&OsDisk, &path, &bytes).map_err(failed)
}

/// The copies, each looked at: by the backup here where there is one, else by its end.
///
/// # Errors
/// When the bucket cannot be asked.
pub async fn list(bucket: &Bucket, here: &[Entry]) -> Result<Vec<Copy>, Error> {
    let mut copies = Vec::new();
    for copied in bucket.list().await? {
        let local = here.iter().find(|entry| entry.id == copied.id);
        let (good, unread) = match bucket.footer(copied).await {
            Ok(footer) => (is_good(copied, footer, local), None),
            Err(error) if bucket.was_reached() => (false, Some(error)),
            Err(error) => return Err(error),
        };
        copies.push(Copy {
            copied,
            good,
            unread,
        });
    }
    Ok(copies)
}

/// Whether a copy with that end is the backup that lies here; where none does, or a damaged one, whether it ends as any does.
fn is_good(copied: Copied, footer: Option<Footer>, here: Option<&Entry>) -> bool {
    let Some(footer) = footer else { return false };
    match here.map(|entry| (&entry.state, entry.bytes)) {
        Some((State::Whole { digest, .. }, bytes)) => {
            bytes == copied.bytes && *digest == footer.digest
        }
        Some((State::Damaged(_), _)) | None => true,
    }
}

/// Brings the bucket up to what lies here. What fails for one backup holds up no other, as long as the bucket answers.
///
/// # Errors
/// When the bucket cannot be asked, or refuses the key file.
pub async fn keep(place: &Place, bucket: &Bucket, days: u32, now: Millis) -> Result<Kempt, Error> {
    let here = place.list()?;
    let present: BTreeSet<BackupId> = here.iter().map(|entry| entry.id).collect();
    bucket.give_up(&place.backups, &present).await?;
    send_key(place, bucket).await?;
    let mut copies: BTreeMap<BackupId, bool> = BTreeMap::new();
    let mut kempt = Kempt::default();
    for copy in list(bucket, &here).await? {
        copies.insert(copy.copied.id, copy.good);
        let unread = copy.unread.map(|error| (copy.copied.id, error));
        kempt.failed.extend(unread);
    }
    let gone_soon = backup::expired(
        &kept(here.iter().map(|entry| (entry.id, entry.is_good()))),
        now,
        days,
    );
    for entry in here.iter().filter(|entry| entry.is_good()) {
        if copies.get(&entry.id) == Some(&true) {
            bucket.settle(&place.backups, entry.id)?;
            continue;
        }
        let is_unread = kempt.failed.iter().any(|(id, _)| *id == entry.id);
        if is_unread || gone_soon.contains(&entry.id) {
            continue;
        }
        match send(place, bucket, entry).await {
            Ok(()) => {
                copies.insert(entry.id, true);
                kempt.sent.push(entry.id);
            }
            Err(error) => {
                kempt.failed.push((entry.id, error));
                if !bucket.was_reached() {
                    return Ok(kempt);
                }
            }
        }
    }
    if !kempt.failed.is_empty() {
        // A copy that seems bad may be the last good one, when it is the backup here that rotted.
        return Ok(kempt);
    }
    let list = kept(copies.iter().map(|(id, good)| (*id, *good)));
    for id in backup::expired(&list, now, days) {
        match bucket.remove(id).await {
            Ok(()) => kempt.removed.push(id),
            Err(error) => kempt.failed.push((id, error)),
        }
    }
    Ok(kempt)
}

/// Sends a backup of which every byte is as it was written: what rotted here must not pass for a copy.
async fn send(place: &Place, bucket: &Bucket, entry: &Entry) -> Result<(), Error> {
    let (at, id) = (place.clone(), entry.id);
    let read = tokio::task::spawn_blocking(move || at.read_through(id)).await;
    let fault = |_| Error::unreachable("a fault in the program; the log tells where");
    read.map_err(fault)??;
    bucket.send(&place.backups, entry).await
}

fn kept(list: impl Iterator<Item = (BackupId, bool)>) -> Vec<Kept> {
    list.map(|(id, good)| Kept { id, good }).collect()
}

/// Fetches a backup and its keys from the bucket; `latest` is the newest that ends as it should.
///
/// # Errors
/// When there is none of that name, or it cannot be fetched whole.
pub async fn fetch(place: &Place, bucket: &Bucket, name: &str) -> Result<BackupId, Error> {
    let none = || {
        Error::Usage(format!(
            "tenant {} has no backup {name:?} in the bucket; `counterpart backup list` shows what there is",
            place.tenant
        ))
    };
    let copies = list(bucket, &[]).await?;
    let found = match BackupId::parse(name) {
        Some(id) => copies.iter().find(|copy| copy.copied.id == id),
        None if name == "latest" => {
            let kept = copies.iter().map(|copy| Kept {
                id: copy.copied.id,
                good: copy.good,
            });
            let newest = backup::newest(&kept.collect::<Vec<_>>(), SystemClock.now());
            copies.iter().find(|copy| Some(copy.copied.id) == newest)
        }
        None => None,
    };
    let copied = found.ok_or_else(none)?.copied;
    fetch_key(place, bucket).await?;
    let path = place.path(copied.id);
    let beside = bucket.fetch(&path, copied).await?;
    let put = place.is_sound(&beside, copied.id).and_then(|()| {
        let failed = |error| Error::Unreachable(format!("{}: {error}", path.display()));
        OsDisk.rename(&beside, &path).map_err(failed)?;
        OsDisk.sync_dir(&place.backups).map_err(failed)
    });
    if put.is_err() {
        // What lies here stays; the copy stays in the bucket.
        let _ = disk::discard(&OsDisk, &beside);
    }
    put.map(|()| copied.id)
}
