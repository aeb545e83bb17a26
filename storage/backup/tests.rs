//! What a backup gives back, and all that it refuses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Millis;

use super::*;
use crate::digest_key::tests::sealing;
use crate::disk::Disk;
use crate::lossy::LossyDisk;
use crate::vault::{MasterKey, Secret, SecretKind, Vault};
use crate::{Batch, EngineKind, Judge, OpenError, Options, Sealing, Store, Table, Threads};

const STORE: &str = "/data/acme";
const BACKUPS: &str = "/backups/acme";
const ELSEWHERE: &str = "/other/acme";
const PROFILE: &str = "/profiles/acme/web.toml";
const NOW: Millis = Millis(1_795_921_200_000);
const TOKEN: &[u8] = b"canary-token-7Zk";

fn master(number: u8) -> MasterKey {
    MasterKey::parse(&format!("{:064x}", 1_000 + u32::from(number))).unwrap()
}

fn options() -> Options {
    Options {
        threads: Threads::Inline,
        ..Options::default()
    }
}

fn open_in(disk: &LossyDisk, dir: &str) -> Result<Store, OpenError> {
    let disk = Arc::new(disk.clone());
    Store::open_on(disk, EngineKind::Memory, Path::new(dir), options())
}

fn put(store: &Store, table: Table, key: &str, value: &[u8]) {
    let mut batch = Batch::new();
    batch.put(table, key, value);
    store.commit_blocking(batch).unwrap();
}

/// A disk with a store of so many pairs, a vault and a profile.
fn tenant(pairs: u32) -> (LossyDisk, Store) {
    let disk = LossyDisk::new(5);
    let key = master(1);
    let mut vault = Vault::change(&disk, Path::new(STORE), "acme", &key).unwrap();
    let token = Secret::new(TOKEN.to_vec());
    vault
        .set(SecretKind::Credential, "jira-sync", &token, NOW, None)
        .unwrap();
    drop(vault);
    let store = open_in(&disk, STORE).unwrap();
    for number in 0..pairs {
        put(&store, Table::Pair, &format!("p{number}"), &[7; 40]);
    }
    put(&store, Table::Cursor, "jira", b"17");
    put(&store, Table::History, "line", b"what was done");
    disk.write(Path::new(PROFILE), b"name = \"web\"\n");
    (disk, store)
}

fn keys(disk: &LossyDisk) -> KeyFile {
    let (dir, key) = (Path::new(BACKUPS), master(1));
    if KeyFile::open(disk, dir, "acme", &key).unwrap().is_none() {
        drop(KeyFile::change(disk, dir, "acme", &key, NOW).unwrap());
    }
    KeyFile::open(disk, dir, "acme", &key).unwrap().unwrap()
}

fn back_up(disk: &LossyDisk, store: &Store) -> Result<Written, BackupError> {
    let keys = keys(disk);
    store.backup(&Order {
        tenant: "acme",
        dir: Path::new(BACKUPS),
        profiles: &[PathBuf::from(PROFILE)],
        program: "0.1.0",
        keys: &keys,
        now: NOW,
    })
}

fn restore_to(disk: &LossyDisk, backup: &Path, dir: &str) -> Result<Restored, BackupError> {
    restore_under(disk, backup, dir, None)
}

fn restore_under(
    disk: &LossyDisk,
    backup: &Path,
    dir: &str,
    sealing: Option<&Sealing>,
) -> Result<Restored, BackupError> {
    let keys = keys(disk);
    let on: Arc<dyn Disk> = Arc::new(disk.clone());
    let restore = Restore {
        backup,
        tenant: "acme",
        keys: &keys,
        store: Path::new(dir),
        sealing,
        profiles: Some(Path::new("/restored/acme")),
        now: NOW,
    };
    restore.run(&on)
}

fn rows(store: &Store) -> BTreeMap<(Table, Vec<u8>), Vec<u8>> {
    let mut rows = BTreeMap::new();
    for table in Table::ALL {
        let found = store.scan(table, b"", None, 10_000).unwrap();
        rows.extend(found.into_iter().map(|(key, value)| ((table, key), value)));
    }
    rows
}

struct Lenient;

impl Judge for Lenient {
    fn row(&mut self, _: Table, _: &[u8], _: Option<&[u8]>) -> Result<(), String> {
        Ok(())
    }

    fn end(&mut self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn a_restored_store_has_every_row_but_the_histories_and_lives_on_later() {
    let (disk, store) = tenant(300);
    let written = back_up(&disk, &store).unwrap();
    let mut expected = rows(&store);
    expected.retain(|(table, _), _| *table != Table::History);
    let restored = restore_to(&disk, &written.path, ELSEWHERE).unwrap();
    assert_eq!(restored.manifest, written.manifest);
    let again = open_in(&disk, ELSEWHERE).unwrap();
    assert_eq!(rows(&again), expected);
    assert_eq!(again.installation(), store.installation());
    assert_eq!(again.digest_key().expose(), store.digest_key().expose());
    assert!(again.incarnation() > store.incarnation() + crate::limit::RESTORE_JUMP);
    assert_eq!((store.restored(), again.restored()), (None, Some(NOW)));
    let vault = |dir: &str| disk.read(&crate::vault::path(Path::new(dir))).unwrap();
    assert_eq!(vault(ELSEWHERE), vault(STORE));
    let profile = Path::new("/restored/acme/web.toml");
    assert_eq!(disk.read(profile).unwrap(), b"name = \"web\"\n");
    assert_eq!(restored.profiles, [profile]);
}

#[test]
fn a_restored_store_is_sound_and_opens_again_and_again() {
    let (disk, store) = tenant(20);
    let written = back_up(&disk, &store).unwrap();
    restore_to(&disk, &written.path, ELSEWHERE).unwrap();
    let report = crate::fsck_on(&disk, EngineKind::Memory, Path::new(ELSEWHERE)).unwrap();
    assert!(report.ok(), "{report:?}");
    let first = open_in(&disk, ELSEWHERE).unwrap();
    let incarnation = first.incarnation();
    put(&first, Table::Pair, "later", b"row");
    drop(first);
    let second = open_in(&disk, ELSEWHERE).unwrap();
    assert_eq!(second.incarnation(), incarnation + 1);
    assert_eq!(second.get(Table::Pair, b"later").unwrap().unwrap(), b"row");
}

#[test]
fn what_was_committed_after_it_began_is_not_in_it_and_goes_on_unhindered() {
    let (disk, store) = tenant(10);
    let written = back_up(&disk, &store).unwrap();
    put(&store, Table::Pair, "later", b"row");
    store.checkpoint().unwrap();
    let later = back_up(&disk, &store).unwrap();
    assert!(later.manifest.lsn > written.manifest.lsn);
    assert_eq!(later.id, written.id.next());
    restore_to(&disk, &written.path, ELSEWHERE).unwrap();
    let again = open_in(&disk, ELSEWHERE).unwrap();
    assert_eq!(again.get(Table::Pair, b"later").unwrap(), None);
}

#[test]
fn neither_rows_nor_names_nor_secrets_can_be_read_in_the_file() {
    let (disk, store) = tenant(3);
    put(&store, Table::Problem, "canary-row", b"canary-value");
    let written = back_up(&disk, &store).unwrap();
    let bytes = disk.read(&written.path).unwrap();
    let key = *store.digest_key().expose();
    for word in [b"canary".as_slice(), TOKEN, b"jira-sync", b"web", &key] {
        assert!(!bytes.windows(word.len()).any(|part| part == word));
    }
}

#[test]
fn every_flipped_bit_is_found() {
    let (disk, store) = tenant(2);
    let written = back_up(&disk, &store).unwrap();
    let keys = keys(&disk);
    let check = |disk: &LossyDisk| verify(disk, &written.path, "acme", &keys);
    assert_eq!(check(&disk).unwrap(), written.manifest);
    assert!(is_whole(&disk, &written.path).is_ok());
    for bit in 0..written.bytes * 8 {
        assert!(disk.flip_bit(&written.path, bit));
        assert!(check(&disk).is_err(), "bit {bit}");
        assert!(is_whole(&disk, &written.path).is_err(), "bit {bit}");
        assert!(disk.flip_bit(&written.path, bit));
    }
    assert!(check(&disk).is_ok());
}

#[test]
fn every_cut_and_every_byte_too_many_is_found() {
    let (disk, store) = tenant(2);
    let written = back_up(&disk, &store).unwrap();
    let keys = keys(&disk);
    let bytes = disk.read(&written.path).unwrap();
    let found = |bytes: &[u8]| {
        disk.write(&written.path, bytes);
        let entry = examine(&disk, Path::new(BACKUPS), "acme", written.id).unwrap();
        (
            verify(&disk, &written.path, "acme", &keys).is_err(),
            entry.is_good(),
        )
    };
    for end in 0..bytes.len() {
        assert_eq!(found(&bytes[..end]), (true, false), "cut at {end}");
    }
    assert!(found(&[bytes.as_slice(), b"x"].concat()).0);
    assert_eq!(found(&bytes), (false, true));
}

/// Where each chunk begins and ends.
fn chunks(bytes: &[u8], header: usize) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = header;
    while at + FOOTER < bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 1..at + 5].try_into().unwrap()) as usize;
        found.push(at..at + 5 + length);
        at += 5 + length;
    }
    found
}

/// The file made of these parts, with a footer that is right.
fn made_of(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = parts.concat();
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(&bytes);
    let digest = super::manifest::digest_of(context);
    bytes.extend_from_slice(&Footer { digest }.encode());
    bytes
}

#[test]
fn chunks_that_are_moved_left_out_doubled_or_of_another_backup_are_found() {
    let (disk, store) = tenant(5);
    let one = back_up(&disk, &store).unwrap();
    let other = back_up(&disk, &store).unwrap();
    let keys = keys(&disk);
    let bytes = disk.read(&one.path).unwrap();
    let foreign = disk.read(&other.path).unwrap();
    let (_, header) = Header::parse(&bytes, &one.path).unwrap();
    let found = chunks(&bytes, header);
    assert!(found.len() >= 5, "{} chunks", found.len());
    let whole: Vec<&[u8]> = std::iter::once(&bytes[..header])
        .chain(found.iter().map(|range| &bytes[range.clone()]))
        .collect();
    let refused = |parts: &[&[u8]]| {
        disk.write(&one.path, &made_of(parts));
        assert!(is_whole(&disk, &one.path).is_ok());
        verify(&disk, &one.path, "acme", &keys).is_err()
    };
    assert!(!refused(&whole));
    for at in 1..whole.len() {
        let mut left_out = whole.clone();
        left_out.remove(at);
        assert!(refused(&left_out), "without chunk {at}");
        let mut doubled = whole.clone();
        doubled.insert(at, whole[at]);
        assert!(refused(&doubled), "chunk {at} twice");
        let mut swapped = whole.clone();
        let with = if at + 1 < whole.len() { at + 1 } else { 1 };
        swapped.swap(at, with);
        assert!(refused(&swapped), "chunks {at} and {with} swapped");
        let mut mixed = whole.clone();
        mixed[at] = &foreign[found[at - 1].clone()];
        assert!(refused(&mixed), "chunk {at} of the other backup");
    }
    let mut renamed = whole.clone();
    renamed[0] = &foreign[..header];
    assert!(refused(&renamed), "the other backup's header");
}

#[test]
fn a_backup_of_another_tenant_or_under_another_name_is_refused() {
    let (disk, store) = tenant(2);
    let written = back_up(&disk, &store).unwrap();
    let keys = keys(&disk);
    assert!(matches!(
        verify(&disk, &written.path, "other", &keys),
        Err(BackupError::Foreign { .. })
    ));
    let dir = Path::new("/backups/other");
    let key = master(1);
    drop(KeyFile::change(&disk, dir, "other", &key, NOW).unwrap());
    let theirs = KeyFile::open(&disk, dir, "other", &key).unwrap().unwrap();
    assert!(matches!(
        verify(&disk, &written.path, "acme", &theirs),
        Err(BackupError::NoKey { .. })
    ));
    let id = BackupId::new(NOW.plus(86_400_000), 1).unwrap();
    let bytes = disk.read(&written.path).unwrap();
    let renamed = path(Path::new(BACKUPS), id);
    disk.write(&renamed, &bytes);
    let entry = examine(&disk, Path::new(BACKUPS), "acme", id).unwrap();
    assert!(!entry.is_good(), "{entry:?}");
    for refused in [
        verify(&disk, &renamed, "acme", &keys).map(drop),
        restore_to(&disk, &renamed, ELSEWHERE).map(drop),
    ] {
        let refused = refused.unwrap_err();
        assert!(refused.is_damage(), "{refused}");
        assert!(refused.to_string().contains("another backup"), "{refused}");
    }
}

#[test]
fn one_that_cannot_be_read_hides_no_others() {
    let (disk, store) = tenant(2);
    let written = back_up(&disk, &store).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bytes = disk.read(&written.path).unwrap();
    std::fs::write(path(folder.path(), written.id), bytes).unwrap();
    // Nothing can be read of a directory, whoever tries.
    std::fs::create_dir(path(folder.path(), written.id.next())).unwrap();
    let found = catalogue(&crate::disk::OsDisk, folder.path(), "acme").unwrap();
    let good: Vec<bool> = found.iter().map(Entry::is_good).collect();
    assert_eq!(good, [true, false], "{found:?}");
}

#[test]
fn more_keys_than_a_file_holds_leave_the_newest_ones_whatever_the_clock_says() {
    for step in [1, 0, -1_000] {
        let (disk, store) = tenant(2);
        let (dir, key) = (Path::new(BACKUPS), master(1));
        let renew = |number: usize| {
            let now = NOW.plus(step * i64::try_from(number).unwrap());
            let mut changing = KeyFile::change(&disk, dir, "acme", &key, now).unwrap();
            changing.renew(now).unwrap();
        };
        let kept = crate::limit::BACKUP_KEYS;
        let mut made = Vec::new();
        let mut number = 0;
        while number < kept + 60 {
            if number % 70 == 60 {
                made.push(back_up(&disk, &store).unwrap());
            }
            renew(number);
            number += 1;
        }
        assert_eq!(key_names(&disk).len(), kept);
        let keys = keys(&disk);
        let newest = keys.newest().unwrap().0;
        renew(number);
        assert!(
            key_names(&disk).contains(&newest.to_string()),
            "clock {step}"
        );
        let keys = self::keys(&disk);
        assert_ne!(keys.newest().unwrap().0, newest, "clock {step}");
        let opens = |written: &Written| verify(&disk, &written.path, "acme", &keys).is_ok();
        // The key of the first one is gone, and those of the others are among the newest.
        let opened: Vec<bool> = made.iter().map(opens).collect();
        assert_eq!(opened, [false, true, true], "clock {step}");
    }
}

#[test]
fn without_its_key_file_a_backup_opens_for_nobody_and_no_new_key_takes_its_place() {
    let (disk, store) = tenant(2);
    back_up(&disk, &store).unwrap();
    disk.remove(&key_path(Path::new(BACKUPS))).unwrap();
    let key = master(1);
    let changed = KeyFile::change(&disk, Path::new(BACKUPS), "acme", &key, NOW);
    assert!(matches!(changed.err(), Some(BackupError::KeyMissing(_))));
}

#[test]
fn the_master_key_changes_in_two_steps_and_older_backups_open_all_the_while() {
    let (disk, store) = tenant(2);
    let (dir, old, new) = (Path::new(BACKUPS), master(1), master(2));
    let before = back_up(&disk, &store).unwrap();
    let opens = |written: &Written, master: &MasterKey| {
        let keys = KeyFile::open(&disk, dir, "acme", master);
        keys.is_ok_and(|keys| verify(&disk, &written.path, "acme", &keys.unwrap()).is_ok())
    };
    let mut changing = KeyFile::change(&disk, dir, "acme", &old, NOW).unwrap();
    assert!(changing.admit(&new).unwrap());
    assert!(!changing.admit(&new).unwrap());
    drop(changing);
    assert!(opens(&before, &old) && opens(&before, &new));
    let mut changing = KeyFile::change(&disk, dir, "acme", &new, NOW).unwrap();
    assert!(changing.dismiss_others(NOW).unwrap());
    assert!(!changing.dismiss_others(NOW).unwrap());
    drop(changing);
    assert!(!opens(&before, &old) && opens(&before, &new));
    // Whoever had the former master key has no key of the backups to come.
    let keys = KeyFile::open(&disk, dir, "acme", &new).unwrap().unwrap();
    let order = Order {
        tenant: "acme",
        dir,
        profiles: &[],
        program: "0.1.0",
        keys: &keys,
        now: NOW,
    };
    let after = store.backup(&order).unwrap();
    let key_of = |written: &Written| match examine(&disk, dir, "acme", written.id).unwrap().state {
        State::Whole { header, .. } => header.key,
        State::Damaged(why) => panic!("{why}"),
    };
    assert_ne!(key_of(&before), key_of(&after));
    assert!(opens(&after, &new));
}

fn key_names(disk: &LossyDisk) -> Vec<String> {
    let path = key_path(Path::new(BACKUPS));
    let listed = Vault::peek_at(disk, &path, "acme").unwrap().unwrap();
    listed.into_iter().map(|listed| listed.name).collect()
}

/// Cuts the power at every operation of a change of the key file, and does it again after that. What is sealed opens by the present
/// master key all the while, and whoever had the former key has none of the backups to come.
fn a_change_is_cut_everywhere(
    disk: &LossyDisk,
    work: impl Fn(&LossyDisk) -> Result<(), BackupError>,
) {
    let (dir, present) = (Path::new(BACKUPS), master(2));
    let whole = disk.kill();
    let begun = whole.operations();
    work(&whole).unwrap();
    let steps = whole.operations() - begun;
    assert!(steps > 8, "{steps}");
    let before = key_names(disk);
    for (step, seed) in (1..=steps).flat_map(|step| [(step, 1), (step, 2)]) {
        let cut = disk.kill();
        cut.cut_power_at(cut.operations() + step);
        let _ = work(&cut);
        let after = cut.crash(seed);
        for again in [false, true] {
            if again {
                work(&after).unwrap();
            }
            let keys = KeyFile::open(&after, dir, "acme", &present).unwrap();
            let keys = keys.expect("it is there");
            let found = catalogue(&after, dir, "acme").unwrap();
            assert_eq!(found.len(), 2);
            for entry in found {
                let verified = verify(&after, &entry.path, "acme", &keys);
                assert!(verified.is_ok(), "step {step}, again {again}: {verified:?}");
            }
        }
        let newest = KeyFile::open(&after, dir, "acme", &present)
            .unwrap()
            .unwrap();
        let newest = newest.newest().unwrap().0.to_string();
        assert!(!before.contains(&newest), "step {step}: no new key");
        assert!(KeyFile::open(&after, dir, "acme", &master(1)).is_err());
    }
}

#[test]
fn a_power_cut_at_every_operation_of_a_rotation_leaves_every_backup_open_and_the_next_one_ends_it()
{
    let (disk, store) = tenant(2);
    let dir = Path::new(BACKUPS);
    let change = |disk: &LossyDisk, key: &MasterKey, work: &dyn Fn(&mut Changing<'_>)| {
        work(&mut KeyFile::change(disk, dir, "acme", key, NOW).unwrap());
    };
    back_up(&disk, &store).unwrap();
    change(&disk, &master(1), &|keys| keys.renew(NOW).unwrap());
    back_up(&disk, &store).unwrap();
    change(&disk, &master(1), &|keys| {
        assert!(keys.admit(&master(2)).unwrap())
    });
    let finish = |disk: &LossyDisk| {
        let key = master(2);
        let mut keys = KeyFile::change(disk, dir, "acme", &key, NOW)?;
        keys.dismiss_others(NOW).map(drop)
    };
    a_change_is_cut_everywhere(&disk, finish);
    finish(&disk).unwrap();
    let rotate = |disk: &LossyDisk| {
        let key = master(2);
        KeyFile::change(disk, dir, "acme", &key, NOW)?.rotate(NOW)
    };
    a_change_is_cut_everywhere(&disk, rotate);
}

#[test]
fn a_power_cut_while_it_is_made_leaves_no_half_backup_and_no_backup_without_its_key() {
    let operations = |disk: &LossyDisk| disk.operations();
    let (disk, store) = tenant(3);
    let before = operations(&disk);
    back_up(&disk, &store).unwrap();
    let steps = operations(&disk) - before;
    assert!(steps > 10, "{steps}");
    let mut whole = 0;
    for step in 0..steps + 2 {
        let (disk, store) = tenant(3);
        disk.cut_power_at(before + step);
        let made =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| back_up(&disk, &store)));
        let crashed = disk.crash(step);
        let found = catalogue(&crashed, Path::new(BACKUPS), "acme").unwrap();
        for entry in &found {
            assert!(entry.is_good(), "step {step}: {entry:?}");
            let opened = KeyFile::open(&crashed, Path::new(BACKUPS), "acme", &master(1)).unwrap();
            let keys = opened.expect("its key is there");
            verify(&crashed, &entry.path, "acme", &keys).unwrap();
        }
        let acknowledged = matches!(made, Ok(Ok(_)));
        assert!(!acknowledged || found.len() == 1, "step {step}");
        whole += found.len();
        let reopened = open_in(&crashed, STORE).unwrap();
        assert!(reopened.get(Table::Pair, b"p2").unwrap().is_some());
        assert!(back_up(&crashed, &reopened).is_ok(), "step {step}");
    }
    assert!(whole > 0);
}

#[test]
fn a_power_cut_while_it_is_restored_leaves_no_store_or_the_whole_one() {
    let (disk, store) = tenant(8);
    let written = back_up(&disk, &store).unwrap();
    let mut expected = rows(&store);
    expected.retain(|(table, _), _| *table != Table::History);
    drop(store);
    let before = disk.operations();
    restore_to(&disk.kill(), &written.path, ELSEWHERE).unwrap();
    let counted = disk.kill();
    let begun = counted.operations();
    restore_to(&counted, &written.path, ELSEWHERE).unwrap();
    let steps = counted.operations() - begun;
    assert!(steps > 20, "{steps} from {before}");
    let (mut half, mut done, mut nothing) = (0, 0, 0);
    for step in 0..steps + 2 {
        let cut = disk.kill();
        cut.cut_power_at(cut.operations() + step);
        let ran = restore_to(&cut, &written.path, ELSEWHERE);
        let crashed = cut.crash(step);
        let left = crashed.kill();
        match open_in(&left, ELSEWHERE) {
            Err(OpenError::HalfRestored(_)) => half += 1,
            Ok(store) if rows(&store).is_empty() => nothing += 1,
            Ok(store) => {
                assert_eq!(rows(&store), expected, "step {step}");
                assert!(store.incarnation() > crate::limit::RESTORE_JUMP);
                done += 1;
            }
            Err(error) => panic!("step {step}: {error}"),
        }
        match restore_to(&crashed, &written.path, ELSEWHERE) {
            Ok(_) => {
                let store = open_in(&crashed, ELSEWHERE).unwrap();
                assert_eq!(rows(&store), expected, "step {step}");
            }
            // It was at its end; that nobody heard of it changes nothing.
            Err(BackupError::NotEmpty { .. }) => {
                let store = open_in(&crashed, ELSEWHERE).unwrap();
                assert_eq!(rows(&store), expected, "step {step}");
            }
            Err(error) => panic!("step {step}, again: {error} after {ran:?}"),
        }
    }
    assert!(
        half > 5 && done > 0 && nothing > 0,
        "{half} {done} {nothing}"
    );
}

#[test]
fn a_restore_takes_no_directory_in_which_something_is() {
    let (disk, store) = tenant(2);
    let written = back_up(&disk, &store).unwrap();
    let refused = restore_to(&disk, &written.path, STORE).unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty { .. }), "{refused}");
    assert!(refused.to_string().contains("vault"), "{refused}");
    let vault_only = "/third/acme";
    disk.write(&Path::new(vault_only).join("vault"), b"somebody's");
    let refused = restore_to(&disk, &written.path, vault_only).unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty { .. }), "{refused}");
}

#[test]
fn a_damaged_backup_leaves_a_directory_that_says_so_and_another_can_be_restored_into_it() {
    let (disk, store) = tenant(50);
    let bad = back_up(&disk, &store).unwrap();
    let good = back_up(&disk, &store).unwrap();
    disk.flip_bit(&bad.path, (bad.bytes - 200) * 8);
    let failed = restore_to(&disk, &bad.path, ELSEWHERE).unwrap_err();
    assert!(failed.is_damage(), "{failed}");
    assert!(matches!(
        open_in(&disk, ELSEWHERE).unwrap_err(),
        OpenError::HalfRestored(_)
    ));
    let report = crate::fsck_on(&disk, EngineKind::Memory, Path::new(ELSEWHERE)).unwrap();
    assert!(!report.ok());
    restore_to(&disk, &good.path, ELSEWHERE).unwrap();
    assert!(open_in(&disk, ELSEWHERE).is_ok());
}

#[test]
fn a_profile_that_somebody_wrote_since_is_left_and_told() {
    let (disk, store) = tenant(2);
    let written = back_up(&disk, &store).unwrap();
    let theirs = Path::new("/restored/acme/web.toml");
    disk.write(theirs, b"name = \"changed\"\n");
    let restored = restore_to(&disk, &written.path, ELSEWHERE).unwrap();
    assert_eq!(restored.left, [theirs]);
    assert_eq!(disk.read(theirs).unwrap(), b"name = \"changed\"\n");
}

#[test]
fn a_drill_finds_a_sound_backup_sound() {
    let (disk, store) = tenant(30);
    let written = back_up(&disk, &store).unwrap();
    let keys = keys(&disk);
    let on: Arc<dyn Disk> = Arc::new(disk.clone());
    let scratch = Path::new("/scratch");
    let rehearsal = Rehearsal {
        backup: &written.path,
        tenant: "acme",
        keys: &keys,
        scratch,
        options: options(),
        now: NOW,
    };
    let drilled = rehearsal
        .run(&on, EngineKind::Memory, &mut Lenient)
        .unwrap();
    assert!(drilled.ok(), "{drilled:?}");
    assert_eq!(drilled.manifest, written.manifest);
    assert_eq!(drilled.report.tables[&Table::Pair], 30);
}

#[test]
fn a_long_row_and_a_long_profile_have_room() {
    let (disk, store) = tenant(1);
    let long: Vec<u8> = (0..3_000_000u32).map(|at| (at * 7 % 251) as u8).collect();
    put(&store, Table::Pair, "long", &long);
    disk.write(Path::new(PROFILE), &long);
    let written = back_up(&disk, &store).unwrap();
    restore_to(&disk, &written.path, ELSEWHERE).unwrap();
    let again = open_in(&disk, ELSEWHERE).unwrap();
    assert_eq!(again.get(Table::Pair, b"long").unwrap().unwrap(), long);
    let profile = disk.read(Path::new("/restored/acme/web.toml")).unwrap();
    assert_eq!(profile, long);
}

#[test]
fn a_name_that_leads_elsewhere_is_no_profile() {
    for name in [
        "profiles/../web.toml",
        "profiles/.web.toml",
        "profiles/a/b.toml",
        "profiles/web.toml\n",
        "digest.key",
        "profiles/web",
    ] {
        assert!(!super::write::is_file_name(name), "{name}");
    }
    assert!(super::write::is_file_name("profiles/wéb 2.toml"));
}

#[test]
fn a_restored_store_has_its_digest_key_sealed_where_there_is_a_master_key() {
    let (disk, store) = tenant(3);
    let key = *store.digest_key().expose();
    let written = back_up(&disk, &store).unwrap();
    let open = |dir: &str, sealing: Option<Sealing>| {
        let on = Arc::new(disk.clone());
        let options = Options {
            sealing,
            ..options()
        };
        Store::open_on(on, EngineKind::Memory, Path::new(dir), options)
    };
    // The store was plain when it was backed up, and its vault is under the first master key.
    let present = sealing(&[1]);
    let restored = restore_under(&disk, &written.path, "/one", present.as_ref()).unwrap();
    assert_eq!(restored.vault_aside, None);
    assert!(disk.read(Path::new("/one/digest.key")).is_none());
    assert!(open("/one", None).is_err());
    let again = open("/one", present).unwrap();
    assert_eq!(*again.digest_key().expose(), key);

    // Under another master key the vault of its time does not open; the digest key is not lost with it.
    let other = sealing(&[2]);
    let restored = restore_under(&disk, &written.path, "/two", other.as_ref()).unwrap();
    let aside = restored.vault_aside.expect("it was set aside");
    assert!(disk.read(&aside).is_some());
    let again = open("/two", other).unwrap();
    assert_eq!(*again.digest_key().expose(), key);
}

#[test]
fn a_backup_that_finds_the_checkpoint_damaged_stops_the_store() {
    let (disk, store) = tenant(100);
    let lsn = store.checkpoint().unwrap();
    let path = crate::checkpoint::path(Path::new(STORE), lsn);
    disk.flip_bit(&path, disk.read(&path).unwrap().len() as u64 * 4);
    let refused = back_up(&disk, &store);
    assert!(matches!(refused, Err(BackupError::Copy(_))), "{refused:?}");
    let mut batch = Batch::new();
    batch.put(Table::Pair, "one more", "row");
    let stopped = store.commit_blocking(batch);
    assert!(
        matches!(stopped, Err(crate::CommitError::Poisoned(_))),
        "{stopped:?}"
    );
}
