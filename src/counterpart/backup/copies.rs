//! Keeping the copies in the bucket as they should be: the key file first, then every backup that lies here, and none past its time.

use std::collections::{BTreeMap, BTreeSet};

use actors::Clock as _;
use model::Millis;
use storage::backup::{self, BackupId, Entry, Footer, Kept, State};
use storage::disk::{self, Disk as _, OsDisk};
use storage::limit::{BACKUP_KEYS, VAULT_BYTES};
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

fn listed(place: &Place, bytes: &[u8]) -> Result<Vec<Listed>, Error> {
    let listed = vault::list_of(bytes, place.tenant.as_str());
    listed.map_err(crate::master_key::told)
}

/// Whether a key file is a later state of another one: it has all of its keys, but those that a full file forgot because they
/// were older than any that it has.
fn follows_on(here: &[Listed], there: &[Listed]) -> bool {
    let is_here = |key: &&Listed| here.iter().any(|one| one.name == key.name);
    let mut lacking = there.iter().filter(|key| !is_here(key)).peekable();
    if lacking.peek().is_none() {
        return true;
    }
    let oldest = here.iter().map(|key| key.version).min();
    let is_full = here.len() >= BACKUP_KEYS;
    is_full
        && there.iter().any(|key| is_here(&key))
        && lacking.all(|key| Some(key.version) < oldest)
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
        let (here, there) = (listed(place, &here)?, listed(place, there)?);
        if !follows_on(&here, &there) {
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
    listed(place, &bytes)?;
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
    let list = kept(copies.iter().map(|(id, good)| (*id, *good)));
    let doubted: BTreeSet<BackupId> = kempt.failed.iter().map(|(id, _)| *id).collect();
    for id in superfluous(&list, &doubted, now, days) {
        match bucket.remove(id).await {
            Ok(()) => kempt.removed.push(id),
            Err(error) => kempt.failed.push((id, error)),
        }
    }
    Ok(kempt)
}

/// The copies that may go. One that seems bad and could not be looked at, or sent anew, may be the last good one, when it is the
/// backup here that rotted: it goes when a later one is known to be good.
fn superfluous(
    list: &[Kept],
    doubted: &BTreeSet<BackupId>,
    now: Millis,
    days: u32,
) -> BTreeSet<BackupId> {
    let last = backup::newest(list, now);
    let mut gone = backup::expired(list, now, days);
    gone.retain(|id| !doubted.contains(id) || Some(*id) < last);
    gone
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

#[cfg(test)]
mod tests {
    use storage::vault::SecretKind;

    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn keys(versions: impl IntoIterator<Item = u64>) -> Vec<Listed> {
        let key = |version: u64| Listed {
            kind: SecretKind::Backup,
            name: format!("key {version}"),
            version,
            set: Millis(0),
            expires: None,
        };
        versions.into_iter().map(key).collect()
    }

    #[test]
    fn keys_that_a_full_file_forgot_hold_up_no_copy_and_others_do() {
        let full = BACKUP_KEYS as u64;
        let check = |here: &[Listed], there: &[Listed], follows: bool| {
            assert_eq!(follows_on(here, there), follows, "{here:?} on {there:?}");
        };
        check(&keys(1..=3), &keys(1..=2), true);
        check(&keys(1..=2), &keys(1..=3), false);
        check(&keys(2..=full + 1), &keys(1..=full), true);
        check(&keys(1..=full), &keys(2..=full + 1), false);
        // A file that is not full forgets nothing, and one with no key in common is another one.
        check(&keys(2..=full), &keys(1..=full), false);
        check(&keys(full + 1..=2 * full), &keys(1..=full), false);
    }

    #[test]
    fn a_copy_that_cannot_be_looked_at_goes_when_a_later_one_is_known_to_be_good() {
        let id = |day: i64| BackupId::new(Millis(day * DAY_MS), 1).unwrap();
        let check = |good: &[i64], bad: &[i64], doubted: &[i64], gone: &[i64]| {
            let good = good.iter().map(|day| (id(*day), true));
            let list = kept(good.chain(bad.iter().map(|day| (id(*day), false))));
            let doubted = doubted.iter().map(|day| id(*day)).collect();
            let gone: BTreeSet<BackupId> = gone.iter().map(|day| id(*day)).collect();
            let found = superfluous(&list, &doubted, Millis(100 * DAY_MS), 30);
            assert_eq!(found, gone);
        };
        check(&[1, 2, 90], &[3], &[], &[1, 2, 3]);
        check(&[1, 2, 90], &[3], &[3], &[1, 2, 3]);
        check(&[1, 2], &[3], &[3], &[1]);
        check(&[1, 2], &[3], &[], &[1, 3]);
        check(&[], &[1, 3], &[1, 3], &[]);
    }
}
