//! Where the digest key is after everything that can happen to it, and that it is the same one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Millis, TenantName};

use super::*;
use crate::fsck::{Judge, Report, Severity};
use crate::lossy::LossyDisk;
use crate::vault::{self, MasterKey, MasterKeyId, Secret, SecretKind, Vault, VaultError};
use crate::{Batch, EngineKind, OpenError, Options, Store, Table, Threads};

const DIR: &str = "/data/acme";
const TENANT: &str = "acme";

/// The master keys that an opener has, the present one first.
#[derive(Clone)]
struct Ring(Vec<MasterKey>);

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ring")
    }
}

impl Masters for Ring {
    fn one_of(&self, wanted: &[MasterKeyId]) -> Result<MasterKey, NoMasterKey> {
        let mut keys = self.0.iter();
        let found = keys.find(|key| wanted.contains(&key.id())).cloned();
        found.ok_or_else(|| NoMasterKey("it is another master key's".to_owned()))
    }

    fn present(&self) -> Result<Vec<MasterKey>, NoMasterKey> {
        Ok(self.0.clone())
    }
}

fn master(number: u8) -> MasterKey {
    MasterKey::parse(&format!("{:064x}", 1_000 + u32::from(number))).unwrap()
}

fn sealing(numbers: &[u8]) -> Option<Sealing> {
    Some(Sealing {
        tenant: TenantName::new(TENANT).unwrap(),
        masters: Arc::new(Ring(numbers.iter().copied().map(master).collect())),
        now: Millis(1_700_000_000_000),
    })
}

fn try_open(disk: &LossyDisk, sealing: Option<Sealing>) -> Result<Store, OpenError> {
    let options = Options {
        segment_bytes: 4 << 10,
        chunk_bytes: 4 << 10,
        threads: Threads::Inline,
        sealing,
        ..Options::default()
    };
    let disk = Arc::new(disk.clone());
    Store::open_on(disk, EngineKind::Memory, Path::new(DIR), options)
}

/// One orderly life of the store, in which something is committed; gives its key.
fn live(disk: &LossyDisk, sealing: Option<Sealing>) -> Option<[u8; 32]> {
    let store = try_open(disk, sealing).ok()?;
    let key = *store.digest_key().expose();
    let mut batch = Batch::new();
    batch.put(Table::Pair, "a", "b");
    store.commit_blocking(batch).ok()?;
    store.close().ok()?;
    Some(key)
}

fn file() -> PathBuf {
    path(Path::new(DIR))
}

fn is_plain(disk: &LossyDisk) -> bool {
    disk.read(&file()).is_some()
}

/// The key that the vault holds, by that master key.
fn in_vault(disk: &LossyDisk, number: u8) -> Option<Vec<u8>> {
    let vault = Vault::open(disk, Path::new(DIR), TENANT, &master(number)).unwrap()?;
    let secret = vault.get(SecretKind::Digest, SEALED_NAME).unwrap()?;
    Some(secret.expose().to_vec())
}

/// All that is on the disk, locks aside.
fn everything(disk: &LossyDisk) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let paths = disk.paths().into_iter();
    let kept = paths.filter(|path| !path.to_string_lossy().ends_with("lock"));
    kept.map(|path| (path.clone(), disk.read(&path))).collect()
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

fn fsck(disk: &LossyDisk, sealing: Option<&Sealing>) -> Report {
    let dir = Path::new(DIR);
    crate::fsck::check(disk, EngineKind::Memory, dir, sealing, &mut Lenient).unwrap()
}

#[test]
fn a_new_store_with_a_master_key_has_its_key_in_the_vault_alone() {
    let disk = LossyDisk::new(1);
    let key = live(&disk, sealing(&[1])).unwrap();
    assert!(!is_plain(&disk));
    assert_eq!(in_vault(&disk, 1).unwrap(), key);
    assert_eq!(live(&disk, sealing(&[1])), Some(key));
}

#[test]
fn without_a_master_key_the_file_stays_whether_there_is_a_vault_or_not() {
    let disk = LossyDisk::new(1);
    let key = live(&disk, sealing(&[])).unwrap();
    assert!(is_plain(&disk) && disk.read(&vault::path(Path::new(DIR))).is_none());
    let old = master(9);
    let mut changing = Vault::change(&disk, Path::new(DIR), TENANT, &old).unwrap();
    let (kind, token) = (SecretKind::Credential, Secret::new(b"token".to_vec()));
    changing.set(kind, "jira", &token, Millis(1), None).unwrap();
    drop(changing);
    assert_eq!(live(&disk, sealing(&[])), Some(key));
    assert_eq!(live(&disk, None), Some(key));
    assert!(is_plain(&disk));
}

#[test]
fn a_key_in_a_file_is_sealed_at_the_first_open_with_a_master_key() {
    let disk = LossyDisk::new(1);
    let key = live(&disk, None).unwrap();
    assert!(is_plain(&disk));
    assert_eq!(live(&disk, sealing(&[1])), Some(key));
    assert!(!is_plain(&disk));
    assert_eq!(in_vault(&disk, 1).unwrap(), key);
    assert_eq!(live(&disk, sealing(&[1])), Some(key));
}

/// Cuts the power at every operation of a store's life and lets the next open, with the key, go on.
fn cut_everywhere(before: impl Fn(&LossyDisk) -> Option<[u8; 32]>) {
    let whole = LossyDisk::new(7);
    before(&whole);
    let begun = whole.operations();
    live(&whole, sealing(&[1])).unwrap();
    let operations = whole.operations();
    assert!(operations > begun + 10);
    for cut in begun + 1..=operations {
        for seed in 0..6 {
            let disk = LossyDisk::new(cut);
            let known = before(&disk);
            disk.cut_power_at(cut);
            let acknowledged = live(&disk, sealing(&[1]));
            let after = disk.crash(seed);
            let context = format!("cut {cut} seed {seed}");
            let plain = plain::load(&after, Path::new(DIR)).ok().flatten();
            let sealed = in_vault(&after, 1);
            for there in [
                plain.map(|key| key.expose().to_vec()),
                sealed.map(|key| key.as_slice().to_vec()),
            ] {
                assert!(
                    there.is_none_or(|key| known.is_none_or(|known| known == *key)),
                    "{context}: another key"
                );
            }
            let key = live(&after, sealing(&[1])).unwrap_or_else(|| panic!("{context}"));
            assert!(known.is_none_or(|known| known == key), "{context}");
            assert!(acknowledged.is_none_or(|first| first == key), "{context}");
            assert!(!is_plain(&after), "{context}");
            assert_eq!(in_vault(&after, 1).unwrap(), key, "{context}");
        }
    }
}

#[test]
fn a_power_cut_at_every_operation_of_the_move_keeps_the_key() {
    cut_everywhere(|disk| live(disk, None));
}

#[test]
fn a_power_cut_at_every_operation_of_the_first_life_leaves_one_key() {
    cut_everywhere(|_| None);
}

#[test]
fn a_wrong_or_missing_master_key_is_one_error_and_changes_nothing() {
    let disk = LossyDisk::new(1);
    let key = live(&disk, sealing(&[1])).unwrap();
    let before = everything(&disk);
    for wrong in [sealing(&[2]), sealing(&[]), None] {
        let error = try_open(&disk, wrong).unwrap_err();
        assert!(
            matches!(&error, OpenError::Key(KeyError::Sealed { .. })),
            "{error}"
        );
        assert!(error.to_string().contains("/data/acme/vault"), "{error}");
        assert_eq!(everything(&disk), before);
    }
    assert_eq!(live(&disk, sealing(&[2, 1])), Some(key));
}

#[test]
fn a_store_that_has_not_begun_gets_no_second_key_when_its_first_does_not_open() {
    let disk = LossyDisk::new(1);
    let key = DigestKey::random(&disk).unwrap();
    place(&disk, Path::new(DIR), sealing(&[1]).as_ref(), &key).unwrap();
    for wrong in [sealing(&[2]), sealing(&[]), None] {
        assert!(try_open(&disk, wrong).is_err());
        assert!(!is_plain(&disk));
    }
    assert_eq!(live(&disk, sealing(&[1])), Some(*key.expose()));
}

#[test]
fn a_vault_that_does_not_open_keeps_a_file_from_being_sealed_and_from_going() {
    let disk = LossyDisk::new(1);
    let key = live(&disk, None).unwrap();
    let other = master(2);
    let mut changing = Vault::change(&disk, Path::new(DIR), TENANT, &other).unwrap();
    let (kind, token) = (SecretKind::Credential, Secret::new(b"token".to_vec()));
    changing.set(kind, "jira", &token, Millis(1), None).unwrap();
    drop(changing);
    let error = try_open(&disk, sealing(&[1])).unwrap_err();
    assert!(
        matches!(&error, OpenError::Key(error @ KeyError::Unsealed { .. }) if error.may_pass()),
        "{error}"
    );
    assert!(is_plain(&disk));
    assert_eq!(live(&disk, None), Some(key));
    assert_eq!(live(&disk, sealing(&[2])), Some(key));
    assert!(!is_plain(&disk));
}

#[test]
fn a_key_whose_vault_is_gone_is_missing_and_no_new_one_is_made() {
    let disk = LossyDisk::new(1);
    live(&disk, sealing(&[1])).unwrap();
    crate::disk::Disk::remove(&disk, &vault::path(Path::new(DIR))).unwrap();
    for any in [sealing(&[1]), None] {
        let error = try_open(&disk, any).unwrap_err();
        assert!(
            matches!(error, OpenError::Key(KeyError::Missing(_))),
            "{error}"
        );
    }
    assert!(!is_plain(&disk));
    assert!(disk.read(&vault::path(Path::new(DIR))).is_none());
}

#[test]
fn another_stores_key_is_refused_before_it_is_sealed() {
    let other = LossyDisk::new(2);
    live(&other, None).unwrap();
    let disk = LossyDisk::new(1);
    let key = live(&disk, None).unwrap();
    let own = disk.read(&file()).unwrap();
    disk.write(&file(), &other.read(&file()).unwrap());
    let error = try_open(&disk, sealing(&[1])).unwrap_err();
    assert!(
        matches!(error, OpenError::Key(KeyError::Foreign(_))),
        "{error}"
    );
    assert!(is_plain(&disk));
    assert!(in_vault(&disk, 1).is_none());
    disk.write(&file(), &own);
    assert_eq!(live(&disk, sealing(&[1])), Some(key));
    disk.write(&file(), &other.read(&file()).unwrap());
    assert!(matches!(
        try_open(&disk, sealing(&[1])),
        Err(OpenError::Key(KeyError::Two(_)))
    ));
    assert!(is_plain(&disk) && in_vault(&disk, 1).is_some());
}

#[test]
fn a_rotation_of_either_key_seals_the_digest_key_anew_as_it_was() {
    let disk = LossyDisk::new(1);
    let key = live(&disk, sealing(&[1])).unwrap();
    let (old, new) = (master(1), master(2));
    let change = |master| Vault::change(&disk, Path::new(DIR), TENANT, master).unwrap();
    change(&old).rotate().unwrap();
    assert_eq!(live(&disk, sealing(&[1])), Some(key));
    assert!(change(&old).admit(&new).unwrap());
    assert_eq!(live(&disk, sealing(&[1])), Some(key));
    assert!(change(&new).dismiss_others().unwrap());
    assert_eq!(live(&disk, sealing(&[2])), Some(key));
    assert!(try_open(&disk, sealing(&[1])).is_err());
}

#[test]
fn a_vault_that_begins_while_the_master_key_is_changed_opens_by_both() {
    let disk = LossyDisk::new(1);
    let key = live(&disk, sealing(&[1, 2])).unwrap();
    for number in [1, 2] {
        assert_eq!(in_vault(&disk, number).unwrap(), key);
    }
}

#[test]
fn a_key_from_a_copy_is_placed_once_and_never_over_another() {
    for sealing in [None, sealing(&[1])] {
        let disk = LossyDisk::new(1);
        let dir = Path::new(DIR);
        crate::disk::Disk::create_dir(&disk, dir).unwrap();
        let key = DigestKey::random(&disk).unwrap();
        let other = DigestKey::random(&disk).unwrap();
        place(&disk, dir, sealing.as_ref(), &key).unwrap();
        let before = everything(&disk);
        place(&disk, dir, sealing.as_ref(), &key).unwrap();
        assert!(matches!(
            place(&disk, dir, sealing.as_ref(), &other),
            Err(KeyError::Two(_))
        ));
        assert_eq!(everything(&disk), before);
        assert_eq!(live(&disk, sealing), Some(*key.expose()));
    }
}

#[test]
fn a_check_verifies_a_sealed_key_and_says_when_it_could_not() {
    let disk = LossyDisk::new(1);
    live(&disk, sealing(&[1])).unwrap();
    let before = everything(&disk);
    let report = fsck(&disk, sealing(&[1]).as_ref());
    assert!(report.findings.is_empty() && !report.unopened, "{report:?}");
    for wrong in [sealing(&[2]), None] {
        let report = fsck(&disk, wrong.as_ref());
        assert!(report.unopened && report.ok(), "{report:?}");
        assert!(
            report.findings[0].what.contains("was not checked"),
            "{report:?}"
        );
    }
    assert_eq!(everything(&disk), before);

    let foreign = LossyDisk::new(2);
    live(&foreign, sealing(&[1])).unwrap();
    let vault = vault::path(Path::new(DIR));
    disk.write(&vault, &foreign.read(&vault).unwrap());
    let report = fsck(&disk, sealing(&[1]).as_ref());
    assert_eq!(report.findings[0].severity, Severity::Error, "{report:?}");
    assert!(matches!(
        try_open(&disk, sealing(&[1])),
        Err(OpenError::Key(KeyError::Foreign(_)))
    ));
}

#[test]
fn a_damaged_vault_is_damage_of_the_key() {
    let disk = LossyDisk::new(1);
    live(&disk, sealing(&[1])).unwrap();
    assert!(disk.flip_bit(&vault::path(Path::new(DIR)), 300));
    assert!(matches!(
        try_open(&disk, sealing(&[1])),
        Err(OpenError::Key(KeyError::Vault(VaultError::Damaged(_))))
    ));
    assert!(!fsck(&disk, sealing(&[1]).as_ref()).ok());
}

#[test]
fn the_bytes_of_a_vault_with_a_digest_key_are_frozen() {
    let disk = LossyDisk::new(1);
    live(&disk, sealing(&[1])).unwrap();
    let bytes = disk.read(&vault::path(Path::new(DIR))).unwrap();
    assert_eq!(&bytes[..10], b"CPVAULT\n\x02\x00");
    let entry = 8 + 2 + 8 + 8 + 2 + (8 + 12 + 48) + 2;
    assert_eq!(bytes[entry], 2);
    assert_eq!(&bytes[entry + 1..entry + 15], b"\x0a\x00\x00\x00digest-key");
}

#[test]
fn as_many_credentials_as_ever_go_beside_the_digest_key() {
    let disk = LossyDisk::new(1);
    live(&disk, sealing(&[1])).unwrap();
    let key = master(1);
    let mut changing = Vault::change(&disk, Path::new(DIR), TENANT, &key).unwrap();
    let (kind, token) = (SecretKind::Credential, Secret::new(b"t".to_vec()));
    let mut set = |name: usize| changing.set(kind, &format!("s{name}"), &token, Millis(1), None);
    for name in 0..crate::limit::SECRETS {
        set(name).unwrap();
    }
    assert!(matches!(set(9_999), Err(VaultError::Full)));
    drop(changing);
    assert!(live(&disk, sealing(&[1])).is_some());
}
