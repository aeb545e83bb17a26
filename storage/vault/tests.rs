//! What a vault gives back, and all that it refuses.

use std::path::Path;

use model::Millis;

use super::*;
use crate::lossy::LossyDisk;

const DIR: &str = "/data/acme";
const TENANT: &str = "acme";
const NOW: Millis = Millis(1_700_000_000_000);
const TOKEN: &[u8] = b"canary-token-7Zk";

fn master(number: u8) -> MasterKey {
    MasterKey::parse(&format!("{:064x}", 1_000 + u32::from(number))).unwrap()
}

fn secret(bytes: &[u8]) -> Secret {
    Secret::new(bytes.to_vec())
}

fn change<'a>(disk: &'a LossyDisk, master: &'a MasterKey) -> Result<Changing<'a>, VaultError> {
    Vault::change(disk, Path::new(DIR), TENANT, master)
}

fn open(disk: &LossyDisk, master: &MasterKey) -> Result<Vault, VaultError> {
    Vault::open(disk, Path::new(DIR), TENANT, master).map(|vault| vault.expect("it is there"))
}

fn value(vault: &Vault, name: &str) -> Option<Vec<u8>> {
    let found = vault.get(SecretKind::Credential, name).unwrap();
    found.map(|secret| secret.expose().to_vec())
}

/// A vault with two secrets.
fn sample() -> LossyDisk {
    let disk = LossyDisk::new(7);
    let master = master(1);
    let mut changing = change(&disk, &master).unwrap();
    for (name, bytes) in [("jira-sync", TOKEN), ("azure-sync", b"other".as_slice())] {
        let expires = Some(NOW.plus(1_000));
        changing
            .set(SecretKind::Credential, name, &secret(bytes), NOW, expires)
            .unwrap();
    }
    drop(changing);
    disk
}

fn bytes(disk: &LossyDisk) -> Vec<u8> {
    disk.read(&path(Path::new(DIR))).expect("it is there")
}

#[test]
fn a_secret_comes_back_and_its_list_shows_everything_but_the_value() {
    let disk = sample();
    let vault = open(&disk, &master(1)).unwrap();
    assert_eq!(value(&vault, "jira-sync").as_deref(), Some(TOKEN));
    assert_eq!(value(&vault, "nobody"), None);
    let names: Vec<String> = vault.list().map(|listed| listed.name).collect();
    assert_eq!(names, ["azure-sync", "jira-sync"]);
    let listed = vault.list().next().unwrap();
    assert_eq!((listed.set, listed.expires), (NOW, Some(NOW.plus(1_000))));
    assert!(!bytes(&disk).windows(TOKEN.len()).any(|part| part == TOKEN));
}

#[test]
fn names_are_told_without_a_key_and_damage_is_found() {
    let disk = sample();
    let peek = |disk: &LossyDisk, tenant| Vault::peek(disk, Path::new(DIR), tenant);
    let listed = peek(&disk, TENANT).unwrap().expect("it is there");
    assert_eq!(listed.len(), 2);
    assert!(matches!(
        peek(&disk, "other"),
        Err(VaultError::Foreign { .. })
    ));
    assert!(disk.flip_bit(&path(Path::new(DIR)), 300));
    assert!(matches!(peek(&disk, TENANT), Err(VaultError::Damaged(_))));
    assert!(peek(&LossyDisk::new(1), TENANT).unwrap().is_none());
}

#[test]
fn there_is_no_vault_before_the_first_secret() {
    let disk = LossyDisk::new(1);
    let none = Vault::open(&disk, Path::new(DIR), TENANT, &master(1)).unwrap();
    assert!(none.is_none());
    drop(change(&disk, &master(1)).unwrap());
    assert!(disk.read(&path(Path::new(DIR))).is_none());
}

#[test]
fn a_secret_is_replaced_and_removed() {
    let disk = sample();
    let key = master(1);
    let mut changing = change(&disk, &key).unwrap();
    let kind = SecretKind::Credential;
    changing
        .set(kind, "jira-sync", &secret(b"new"), NOW, None)
        .unwrap();
    assert!(changing.remove(kind, "azure-sync").unwrap());
    assert!(!changing.remove(kind, "azure-sync").unwrap());
    drop(changing);
    let vault = open(&disk, &key).unwrap();
    assert_eq!(
        value(&vault, "jira-sync").as_deref(),
        Some(b"new".as_slice())
    );
    assert_eq!(vault.list().count(), 1);
}

#[test]
fn every_flipped_bit_is_found() {
    let disk = sample();
    let path = path(Path::new(DIR));
    let length = bytes(&disk).len() as u64;
    for bit in 0..length * 8 {
        let damaged = disk.kill();
        assert!(damaged.flip_bit(&path, bit));
        let error = open(&damaged, &master(1)).err().expect("found");
        assert!(
            matches!(error, VaultError::Damaged(_)),
            "bit {bit}: {error}"
        );
    }
}

#[test]
fn every_cut_is_found() {
    let disk = sample();
    let whole = bytes(&disk);
    for length in 0..whole.len() {
        let damaged = disk.kill();
        damaged.write(&path(Path::new(DIR)), &whole[..length]);
        assert!(
            matches!(open(&damaged, &master(1)), Err(VaultError::Damaged(_))),
            "{length}"
        );
    }
}

/// Bytes with their checksum made right, as somebody would who wants them to look undamaged.
fn patched(mut bytes: Vec<u8>) -> Vec<u8> {
    let covered = bytes.len() - 4;
    let crc = crc32c::crc32c(&bytes[..covered]);
    bytes[covered..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn what_somebody_made_look_undamaged_is_found_too() {
    let disk = sample();
    let whole = bytes(&disk);
    for at in 10..whole.len() - 4 {
        let mut forged = whole.clone();
        forged[at] ^= 1;
        let damaged = disk.kill();
        damaged.write(&path(Path::new(DIR)), &patched(forged));
        assert!(open(&damaged, &master(1)).is_err(), "byte {at}");
    }
}

#[test]
fn another_tenants_vault_is_refused_by_name() {
    let disk = sample();
    let other = Path::new("/data/other");
    disk.write(&path(other), &bytes(&disk));
    let error = Vault::open(&disk, other, "other", &master(1))
        .err()
        .expect("refused");
    assert!(
        matches!(&error, VaultError::Foreign { owner, .. } if owner == TENANT),
        "{error}"
    );
}

/// A sealed secret opens as what it is, and not under one other word of its label.
#[test]
fn a_sealed_value_copied_elsewhere_does_not_open() {
    let disk = LossyDisk::new(3);
    let key = DataKey::random(&disk).unwrap();
    let label = |tenant, kind, name, version| Label {
        tenant,
        kind,
        name,
        version,
    };
    let home = label("acme", 1, "jira", 4);
    let sealed = key.seal(&disk, &home, &secret(TOKEN)).unwrap();
    assert!(key.open(&home, &sealed).is_some());
    let elsewhere = [
        label("acmf", 1, "jira", 4),
        label("acme", 2, "jira", 4),
        label("acme", 1, "jirb", 4),
        label("acme", 1, "jira", 5),
        label("acm", 1, "ejira", 4),
        label("acmej", 1, "ira", 4),
    ];
    for other in elsewhere {
        assert!(key.open(&other, &sealed).is_none());
    }
    let other = DataKey::random(&disk).unwrap();
    assert!(other.open(&home, &sealed).is_none());
}

#[test]
fn nonces_are_never_the_same() {
    let disk = LossyDisk::new(3);
    let key = DataKey::random(&disk).unwrap();
    let label = Label {
        tenant: "acme",
        kind: 1,
        name: "jira",
        version: 1,
    };
    let nonces: std::collections::BTreeSet<_> = (0..10_000)
        .map(|_| key.seal(&disk, &label, &secret(b"x")).unwrap().nonce)
        .collect();
    assert_eq!(nonces.len(), 10_000);
}

#[test]
fn a_wrong_master_key_is_told_by_both_names() {
    let disk = sample();
    let error = open(&disk, &master(2)).err().expect("refused").to_string();
    let [right, wrong] = [master(1), master(2)].map(|key| key.id().to_string());
    assert!(error.contains(&right) && error.contains(&wrong), "{error}");
    assert!(change(&disk, &master(2)).is_err());
}

#[test]
fn a_newer_format_is_not_called_damage() {
    let disk = sample();
    let mut newer = bytes(&disk);
    newer[8] = 3;
    disk.write(&path(Path::new(DIR)), &patched(newer));
    assert!(matches!(
        open(&disk, &master(1)),
        Err(VaultError::Newer { format: 3, .. })
    ));
}

#[test]
fn the_master_key_changes_without_a_moment_in_which_neither_opens() {
    let disk = sample();
    let (old, new) = (master(1), master(2));
    let mut changing = change(&disk, &old).unwrap();
    assert!(changing.admit(&new).unwrap());
    assert!(!changing.admit(&new).unwrap());
    assert!(matches!(
        changing.admit(&master(3)),
        Err(VaultError::TwoMasters(_))
    ));
    assert!(matches!(changing.rotate(), Err(VaultError::TwoMasters(_))));
    drop(changing);
    for key in [&old, &new] {
        assert_eq!(
            value(&open(&disk, key).unwrap(), "jira-sync").as_deref(),
            Some(TOKEN)
        );
    }
    let mut changing = change(&disk, &new).unwrap();
    let before = open(&disk, &new).unwrap();
    assert!(changing.dismiss_others().unwrap());
    assert!(!changing.dismiss_others().unwrap());
    drop(changing);
    assert!(open(&disk, &old).is_err());
    // Who had the former master key may have had the former data key.
    assert!(before.key.bytes() != open(&disk, &new).unwrap().key.bytes());
    assert_eq!(
        value(&open(&disk, &new).unwrap(), "jira-sync").as_deref(),
        Some(TOKEN)
    );
    assert_eq!(
        open(&disk, &new).unwrap().masters().collect::<Vec<_>>(),
        [new.id()]
    );
}

#[test]
fn a_rotated_data_key_seals_everything_anew() {
    let disk = sample();
    let key = master(1);
    let before = open(&disk, &key).unwrap();
    let mut changing = change(&disk, &key).unwrap();
    changing.rotate().unwrap();
    drop(changing);
    let after = open(&disk, &key).unwrap();
    assert_eq!(value(&after, "jira-sync").as_deref(), Some(TOKEN));
    assert!(before.key.bytes() != after.key.bytes());
    for entry in &after.content.entries {
        assert!(
            before
                .key
                .open(&after.label(entry), &entry.sealed)
                .is_none()
        );
    }
}

#[test]
fn two_cannot_change_one_vault_at_once() {
    let disk = sample();
    let key = master(1);
    let first = change(&disk, &key).unwrap();
    assert!(matches!(change(&disk, &key), Err(VaultError::Busy(_))));
    drop(first);
    assert!(change(&disk, &key).is_ok());
}

#[test]
fn bounds_are_told() {
    let disk = sample();
    let key = master(1);
    let mut changing = change(&disk, &key).unwrap();
    let mut set = |name: &str, length: usize| {
        let value = secret(&vec![1; length]);
        changing.set(SecretKind::Credential, name, &value, NOW, None)
    };
    for name in ["", "a\nb", "a b", "\u{1b}[31m", "ä"] {
        assert!(matches!(set(name, 1), Err(VaultError::Name)), "{name:?}");
    }
    assert!(matches!(
        set(&"n".repeat(limit::SECRET_NAME_BYTES + 1), 1),
        Err(VaultError::Name)
    ));
    assert!(matches!(
        set("long", limit::SECRET_BYTES + 1),
        Err(VaultError::TooLong)
    ));
    for number in 2..limit::SECRETS {
        set(&format!("s{number}"), 1).unwrap();
    }
    assert!(matches!(set("one-more", 1), Err(VaultError::Full)));
    assert_eq!(open(&disk, &key).unwrap().list().count(), limit::SECRETS);
}

/// Everything that changes a vault, in a row. Ends early when the power goes; gives how many were acknowledged.
fn run(disk: &LossyDisk) -> usize {
    let (old, new) = (master(1), master(2));
    let kind = SecretKind::Credential;
    let acts: [&dyn Fn() -> Result<(), VaultError>; 5] = [
        &|| change(disk, &old)?.set(kind, "one", &secret(TOKEN), NOW, None),
        &|| change(disk, &old)?.rotate(),
        &|| change(disk, &old)?.admit(&new).map(drop),
        &|| change(disk, &new)?.dismiss_others().map(drop),
        &|| change(disk, &new)?.set(kind, "two", &secret(TOKEN), NOW, None),
    ];
    acts.iter().take_while(|act| act().is_ok()).count()
}

#[test]
fn a_power_cut_at_every_operation_leaves_the_old_or_the_new_vault() {
    let whole = LossyDisk::new(0);
    assert_eq!(run(&whole), 5);
    let operations = whole.operations();
    assert!(operations > 20);
    for cut in 1..=operations {
        let disk = LossyDisk::new(cut);
        disk.cut_power_at(cut);
        let done = run(&disk);
        for seed in 0..6 {
            let after = disk.crash(seed);
            let opened =
                [master(1), master(2)].map(|key| Vault::open(&after, Path::new(DIR), TENANT, &key));
            let whole: Vec<&Vault> = opened
                .iter()
                .filter_map(|one| one.as_ref().ok()?.as_ref())
                .collect();
            let absent = opened.iter().all(|one| matches!(one, Ok(None)));
            assert!(
                !whole.is_empty() || (absent && done == 0),
                "cut {cut} seed {seed}"
            );
            let opens = opened.each_ref().map(|one| matches!(one, Ok(Some(_))));
            assert!(
                done != 3 || opens[1],
                "cut {cut} seed {seed}: the admitted key does not open"
            );
            assert!(
                done < 4 || opens == [false, true],
                "cut {cut} seed {seed}: {opens:?}"
            );
            for vault in whole {
                assert_eq!(
                    value(vault, "one").as_deref(),
                    Some(TOKEN),
                    "cut {cut} seed {seed}"
                );
                assert!(done < 5 || value(vault, "two").is_some());
            }
        }
    }
}

#[test]
fn only_hexadecimal_digits_make_a_master_key() {
    let whole = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
    assert!(MasterKey::parse(&format!(" {whole}\n")).is_ok());
    for wrong in [
        "",
        "abc",
        &whole[1..],
        &format!("{whole}0"),
        &whole.replace('0', "g"),
        &whole.replace('0', "é"),
    ] {
        assert!(
            matches!(MasterKey::parse(wrong), Err(MasterKeyError::Form)),
            "{wrong}"
        );
    }
    assert!(matches!(
        MasterKey::parse(&"0".repeat(64)),
        Err(MasterKeyError::Weak)
    ));
}

#[test]
fn a_generated_master_key_is_one() {
    let disk = LossyDisk::new(5);
    let text = MasterKey::generate(&disk).unwrap();
    assert!(MasterKey::parse(&text).is_ok());
    assert!(*text != *MasterKey::generate(&disk).unwrap());
}

/// The bytes on disk are frozen: a vault that this version wrote is read by every later one.
#[test]
fn the_bytes_of_a_vault_are_frozen() {
    let bytes = bytes(&sample());
    assert_eq!(&bytes[..10], b"CPVAULT\n\x01\x00");
    assert_eq!(&bytes[10..18], b"\x04\x00\x00\x00acme");
    assert_eq!(&bytes[18..26], 2u64.to_le_bytes());
    assert_eq!(
        bytes.len(),
        8 + 2
            + 8
            + 8
            + 2
            + (8 + 12 + 48)
            + 2
            + 2 * (1 + 4 + 8 + 8 + 8 + 12 + 4)
            + "jira-syncazure-sync".len()
            + TOKEN.len()
            + 5
            + 2 * 16
            + 32
            + 4
    );
}
