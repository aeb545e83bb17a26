//! What the audit log keeps, and all that it finds.

use model::TenantName;

use super::*;
use crate::fsck::Severity;
use crate::lossy::LossyDisk;
use crate::vault::MasterKey;

const DATA: &str = "/data";
const SEGMENT: &str = "/data/node.audit/000001.jsonl";
const HEAD: &str = "/data/node.audit/head";
const NOW: Millis = Millis(1_764_435_600_123);

fn key(number: u8) -> AuditKey {
    let text = format!("{:064x}", 1_000 + u32::from(number));
    AuditKey::of(&MasterKey::parse(&text).unwrap())
}

fn audit(disk: &LossyDisk) -> Audit {
    Audit::at(Arc::new(disk.clone()), Path::new(DATA))
}

fn act(number: u64) -> Act {
    Act::new(model::told!("uid 991"), Action::SecretSet).about(model::told!("secret {}", number))
}

/// A log with so many entries.
fn log(entries: u64, key: Option<&AuditKey>) -> LossyDisk {
    let disk = LossyDisk::new(7);
    for number in 1..=entries {
        assert_eq!(audit(&disk).append(&act(number), NOW, key).unwrap(), number);
    }
    disk
}

fn report(disk: &LossyDisk, keys: &[AuditKey]) -> AuditReport {
    audit(disk).check(keys).unwrap().expect("it is there")
}

/// Whether the check says that something was changed, with the key and without.
fn is_found(disk: &LossyDisk) -> bool {
    !report(disk, &[key(1)]).ok() && !report(disk, &[]).ok()
}

fn lines(disk: &LossyDisk) -> Vec<String> {
    let text = String::from_utf8(disk.read(Path::new(SEGMENT)).unwrap()).unwrap();
    text.split_inclusive('\n').map(str::to_owned).collect()
}

#[test]
fn entries_come_back_as_they_were_told_and_the_chain_holds() {
    let disk = LossyDisk::new(7);
    let tenant = TenantName::new("acme").unwrap();
    let told = act(1).for_tenant(&tenant).begun();
    let begun = audit(&disk).append(&told, NOW, Some(&key(1))).unwrap();
    let told = told.ended(begun, false);
    audit(&disk)
        .append(&told, NOW.plus(5), Some(&key(1)))
        .unwrap();
    let entries = audit(&disk).last(10).unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (entry.n, entry.what.as_str(), entry.stage.as_str(), entry.of))
        .collect();
    assert_eq!(
        told,
        [
            (1, "secret-set", "begun", None),
            (2, "secret-set", "failed", Some(1))
        ]
    );
    let first = &entries[0];
    assert_eq!(first.at, NOW.0);
    assert_eq!(first.who, "uid 991");
    assert_eq!(first.tenant.as_deref(), Some("acme"));
    assert_eq!(first.subject.as_deref(), Some("secret 1"));
    let report = report(&disk, &[key(1)]);
    assert_eq!((report.entries, report.sealed, report.unproven), (2, 2, 0));
    assert_eq!(report.findings, []);
    assert_eq!(audit(&disk).last(1).unwrap(), entries[1..]);
}

#[test]
fn where_nothing_was_told_there_is_nothing_to_check() {
    assert_eq!(audit(&LossyDisk::new(1)).check(&[]).unwrap(), None);
    assert_eq!(audit(&LossyDisk::new(1)).last(5).unwrap(), []);
}

#[test]
fn every_flipped_bit_is_found() {
    for key in [None, Some(key(1))] {
        let disk = log(2, key.as_ref());
        for path in [SEGMENT, HEAD] {
            let bits = disk.read(Path::new(path)).unwrap().len() as u64 * 8;
            assert!(bits > 1_000);
            for bit in 0..bits {
                assert!(disk.flip_bit(Path::new(path), bit));
                assert!(is_found(&disk), "{path} bit {bit}");
                assert!(disk.flip_bit(Path::new(path), bit));
            }
        }
        assert!(report(&disk, &[]).ok());
    }
}

#[test]
fn every_cut_is_found() {
    let disk = log(4, Some(&key(1)));
    for path in [SEGMENT, HEAD] {
        let whole = disk.read(Path::new(path)).unwrap();
        for length in 0..whole.len() {
            disk.write(Path::new(path), &whole[..length]);
            assert!(is_found(&disk), "{path} cut to {length}");
        }
        disk.write(Path::new(path), &whole);
    }
    disk.write(Path::new(SEGMENT), b"");
    assert!(is_found(&disk));
}

#[test]
fn what_is_taken_out_put_in_or_moved_is_found() {
    let disk = log(5, None);
    let whole = lines(&disk);
    let check = |lines: Vec<&str>| {
        disk.write(Path::new(SEGMENT), lines.concat().as_bytes());
        assert!(is_found(&disk), "{lines:?}");
    };
    let all: Vec<&str> = whole.iter().map(String::as_str).collect();
    for at in 0..all.len() {
        let mut less = all.clone();
        less.remove(at);
        check(less);
        let mut twice = all.clone();
        twice.insert(at, all[at]);
        check(twice);
        let mut blank = all.clone();
        blank.insert(at, "\n");
        check(blank);
        if at > 0 {
            let mut moved = all.clone();
            moved.swap(at - 1, at);
            check(moved);
        }
    }
    disk.write(Path::new(SEGMENT), all.concat().as_bytes());
    assert!(report(&disk, &[]).ok());
}

#[test]
fn an_entry_of_another_chain_is_found() {
    let (disk, other) = (log(3, None), log(1, None));
    audit(&other).append(&act(7), NOW, None).unwrap();
    let (mut own, others) = (lines(&disk), lines(&other));
    own[1] = others[1].clone();
    disk.write(Path::new(SEGMENT), own.concat().as_bytes());
    let found = report(&disk, &[]).findings;
    assert_eq!(
        found[0].what,
        "entry 3 does not follow on the entry before it"
    );
}

#[test]
fn a_lost_head_is_found_and_told_for_ever() {
    let disk = log(3, None);
    let mut lost = disk.clone();
    Disk::remove(&lost, Path::new(HEAD)).unwrap();
    assert!(is_found(&lost));
    audit(&lost).append(&act(4), NOW, None).unwrap();
    lost = lost.kill();
    let report = report(&lost, &[]);
    assert!(
        report
            .findings
            .iter()
            .any(|found| found.what.contains("head was lost"))
    );
    let entries = audit(&lost).last(9).unwrap();
    assert_eq!(entries[3].what, "head-mended");
}

#[test]
fn entries_that_are_gone_stay_a_gap_when_the_log_goes_on() {
    let disk = log(5, Some(&key(1)));
    let kept: String = lines(&disk)[..3].concat();
    disk.write(Path::new(SEGMENT), kept.as_bytes());
    assert_eq!(audit(&disk).append(&act(6), NOW, Some(&key(1))).unwrap(), 6);
    let report = report(&disk, &[key(1)]);
    assert!(!report.ok());
    assert_eq!(report.findings[0].what, "entries 4 to 5 are missing");
}

/// Cuts the log off behind so many bytes of so many entries, as somebody does who writes into the directory.
fn cut(disk: &LossyDisk, entries: usize, more: usize) {
    let whole = lines(disk);
    let kept: String = whole[..entries].concat();
    let rest = whole.get(entries).map_or("", |line| &line[..more]);
    disk.write(Path::new(SEGMENT), format!("{kept}{rest}").as_bytes());
}

#[test]
fn a_tail_cut_off_with_its_head_is_an_error_before_and_after_the_next_entry() {
    for key in [None, Some(key(1))] {
        for (entries, more) in [(0, 0), (0, 9), (1, 0), (1, 9), (2, 0), (2, 9), (3, 0)] {
            let disk = log(4, key.as_ref());
            cut(&disk, entries, more);
            Disk::remove(&disk, Path::new(HEAD)).unwrap();
            assert!(is_found(&disk), "cut to {entries} and {more}");
            let all = disk.operations();
            audit(&disk).append(&act(9), NOW, key.as_ref()).unwrap();
            assert!(is_found(&disk), "cut to {entries} and {more}, went on");
            // Whatever cuts the power while the log goes on, it never looks as if nothing had been.
            for cut_at in 1..=disk.operations() - all {
                let disk = log(4, key.as_ref());
                cut(&disk, entries, more);
                Disk::remove(&disk, Path::new(HEAD)).unwrap();
                disk.sync_dir(Path::new("/data/node.audit")).unwrap();
                disk.cut_power_at(disk.operations() + cut_at);
                let _ = audit(&disk).append(&act(9), NOW, key.as_ref());
                let after = disk.crash(cut_at);
                audit(&after).append(&act(9), NOW, key.as_ref()).unwrap();
                let place = format!("cut to {entries} and {more}, power cut at {cut_at}");
                assert!(is_found(&after), "{place}");
            }
        }
    }
}

#[test]
fn a_tail_cut_off_behind_a_head_made_anew_is_found_before_and_after_the_next_entry() {
    for entries in 1..4 {
        // The forger knows how a head is made and has no key: level with the last entry, or one behind.
        for behind in [0, 1] {
            let disk = log(4, Some(&key(1)));
            cut(&disk, entries, 0);
            let at = entries - behind;
            let sum = audit(&log(at as u64, Some(&key(1)))).end(None).unwrap().sum;
            audit(&disk).put_head(at as u64, &sum, None).unwrap();
            let place = format!("cut to {entries}, head {behind} behind");
            assert!(is_found(&disk), "{place}");
            audit(&disk).append(&act(9), NOW, Some(&key(1))).unwrap();
            assert!(is_found(&disk), "{place}, went on");
        }
    }
}

#[test]
fn a_power_cut_while_the_master_key_comes_and_goes_never_looks_forged() {
    let keys = [None, Some(key(1)), None, None, Some(key(1)), None];
    let write = |disk: &LossyDisk| {
        for (key, number) in keys.iter().zip(1..) {
            audit(disk).append(&act(number), NOW, key.as_ref())?;
        }
        Ok::<(), AuditError>(())
    };
    let disk = LossyDisk::new(1);
    write(&disk).unwrap();
    let all = disk.operations();
    for first in 1..=all {
        let disk = LossyDisk::new(first);
        disk.cut_power_at(first);
        assert!(write(&disk).is_err());
        let after = disk.crash(first);
        // The entry that was cut short may be there, or not; whoever comes next has no key, and is cut short too.
        for second in 1..=20 {
            let disk = after.kill();
            disk.cut_power_at(disk.operations() + second);
            let _ = audit(&disk).append(&act(8), NOW, None);
            let disk = disk.crash(second);
            audit(&disk).append(&act(9), NOW, Some(&key(1))).unwrap();
            let report = report(&disk, &[key(1)]);
            assert!(report.ok(), "{first} {second}: {:?}", report.findings);
        }
    }
}

#[test]
fn entries_before_the_first_seal_are_named_and_not_vouched_for() {
    let disk = log(2, None);
    audit(&disk).append(&act(3), NOW, Some(&key(1))).unwrap();
    let report = report(&disk, &[key(1)]);
    assert_eq!((report.sealed, report.unsealed), (1, 2));
    let found: Vec<_> = report.findings.iter().map(|found| &found.what).collect();
    assert_eq!(
        found,
        ["entry 3 is the first with a seal, which does not vouch for those before it"]
    );
}

/// What somebody does who can write the files and knows how they are made, but has no key.
fn forged(disk: &LossyDisk) {
    Disk::remove(disk, Path::new(SEGMENT)).unwrap();
    Disk::remove(disk, Path::new(HEAD)).unwrap();
    for number in [1, 3] {
        audit(disk).append(&act(number), NOW, None).unwrap();
    }
}

#[test]
fn a_chain_made_anew_without_the_master_key_is_found_by_who_has_it() {
    let disk = log(3, Some(&key(1)));
    let sealed = lines(&disk);
    forged(&disk);
    // Without any seal there is nothing that a key could judge; fsck tells how many entries are sealed.
    assert_eq!(report(&disk, &[key(1)]).sealed, 0);
    // Behind the first true entry, the forger's head has no seal.
    let disk = log(1, Some(&key(1)));
    for number in [7, 8] {
        audit(&disk).append(&act(number), NOW, None).unwrap();
    }
    let report_of = report(&disk, &[key(1)]);
    assert!(
        report_of
            .findings
            .iter()
            .any(|found| found.what.contains("carries no seal"))
    );
    // An entry under another key that claims to be this one.
    let disk = log(2, Some(&key(2)));
    let renamed = lines(&disk).concat().replace(key(2).id(), key(1).id());
    assert!(renamed.contains(key(1).id()) && !sealed.is_empty());
    disk.write(Path::new(SEGMENT), renamed.as_bytes());
    assert!(is_found(&disk));
}

#[test]
fn a_seal_by_another_key_under_this_keys_name_is_found() {
    let disk = log(1, None);
    let entry = Entry {
        key: None,
        ..audit(&disk).last(1).unwrap().remove(0)
    };
    let bare = Entry {
        seal: None,
        sum: None,
        ..entry
    };
    let (line, _) = line::write(&bare, Some(&key(2).named(key(1).id()))).unwrap();
    disk.write(Path::new(SEGMENT), line.as_bytes());
    let found = report(&disk, &[key(1)]);
    assert!(
        found
            .findings
            .iter()
            .any(|found| found.what.contains("not sealed with the master key"))
    );
}

#[test]
fn what_a_key_that_nobody_knows_sealed_after_the_master_key_is_found() {
    let disk = log(2, Some(&key(1)));
    audit(&disk).append(&act(3), NOW, Some(&key(9))).unwrap();
    let found = report(&disk, &[key(1)]);
    let told: Vec<&str> = found
        .findings
        .iter()
        .map(|found| found.what.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "entry 3 is sealed with a key that is not known",
            "the head was not sealed with the master key"
        ]
    );
    assert!(!found.ok());
    // A head alone, made by who knows how: of the last entry, and of the one before it.
    let disk = log(3, Some(&key(1)));
    let lines = lines(&disk);
    for n in [3, 2] {
        let entry = line::read::<Entry>(lines[n - 1].trim_end().as_bytes());
        let head = Head::behind(n as u64, &entry.unwrap().sum);
        let (line, _) = line::write(&head, Some(&key(9))).unwrap();
        disk.write(Path::new(HEAD), line.as_bytes());
        let found = report(&disk, &[key(1)]);
        assert!(!found.ok(), "a head of {n}: {:?}", found.findings);
    }
}

#[test]
fn the_last_seal_vouches_for_what_former_keys_sealed() {
    let disk = log(3, Some(&key(1)));
    audit(&disk).append(&act(4), NOW, Some(&key(2))).unwrap();
    let report = report(&disk, &[key(2)]);
    assert_eq!((report.entries, report.sealed, report.unproven), (4, 1, 3));
    assert_eq!(report.findings, []);
}

#[test]
fn a_power_cut_at_every_operation_loses_no_acknowledged_entry() {
    let all = log(3, Some(&key(1))).operations();
    for cut in 1..=all {
        for seed in 0..8 {
            let disk = LossyDisk::new(cut);
            disk.cut_power_at(cut);
            let mut acknowledged = 0;
            for number in 1..=3 {
                match audit(&disk).append(&act(number), NOW, Some(&key(1))) {
                    Ok(number) => acknowledged = number,
                    Err(_) => break,
                }
            }
            let after = disk.crash(seed);
            let place = format!("cut {cut} seed {seed}");
            if let Some(report) = audit(&after).check(&[key(1)]).unwrap() {
                assert!(report.ok(), "{place}: {:?}", report.findings);
                assert!(report.entries >= acknowledged, "{place}");
            } else {
                assert_eq!(acknowledged, 0, "{place}");
            }
            // It goes on, and what the crash left is told, never mended in silence.
            let remnant = audit(&after).end(None).unwrap().torn;
            audit(&after).append(&act(9), NOW, Some(&key(1))).unwrap();
            let report = report(&after, &[key(1)]);
            assert!(report.ok(), "{place}: {:?}", report.findings);
            let told = |entry: &Entry| entry.what == "tail-mended";
            let mended = audit(&after).last(9).unwrap().iter().any(told);
            assert_eq!(mended, remnant > 0, "{place}");
            let noted = |found: &crate::Finding| found.severity == Severity::Note;
            assert_eq!(report.findings.iter().any(noted), remnant > 0, "{place}");
        }
    }
}

#[test]
fn a_power_cut_at_the_first_entry_under_a_new_key_leaves_a_log_that_is_sound() {
    let sound = log(3, Some(&key(1)));
    let whole = sound.kill();
    let begun = whole.operations();
    audit(&whole).append(&act(4), NOW, Some(&key(2))).unwrap();
    let steps = whole.operations() - begun;
    assert!(steps > 4, "{steps}");
    let mut behind = 0;
    for step in 1..=steps {
        for seed in 0..8 {
            let disk = sound.kill();
            disk.cut_power_at(disk.operations() + step);
            let _ = audit(&disk).append(&act(4), NOW, Some(&key(2)));
            let after = disk.crash(seed);
            let place = format!("step {step} seed {seed}");
            let found = report(&after, &[key(2)]);
            assert!(found.ok(), "{place}: {:?}", found.findings);
            let is_behind =
                |found: &crate::Finding| found.what.contains("the head knows of 3 entries");
            behind += u32::from(found.findings.iter().any(is_behind));
            audit(&after).append(&act(9), NOW, Some(&key(2))).unwrap();
            let found = report(&after, &[key(2)]);
            assert!(found.ok(), "{place}, later: {:?}", found.findings);
            let mended = |entry: &Entry| entry.what == "head-mended";
            assert!(
                !audit(&after).last(9).unwrap().iter().any(mended),
                "{place}"
            );
        }
    }
    assert!(behind > 0, "no cut fell between the entry and its head");
}

#[test]
fn a_key_that_is_a_former_one_by_now_seals_nothing() {
    let (former, present) = (key(1), key(2));
    let disk = log(2, Some(&former));
    let audit = audit(&disk);
    let under = |key: &AuditKey| audit.append_under(&act(9), Millis(9), key);
    assert_eq!(under(&former).unwrap(), 3);
    audit.append(&act(4), Millis(4), Some(&present)).unwrap();
    // A person without the master key may have come between.
    audit.append(&act(5), Millis(5), None).unwrap();
    let files = || [SEGMENT, HEAD].map(|path| disk.read(Path::new(path)));
    let before = files();
    assert!(matches!(under(&former), Err(AuditError::OtherKey)));
    assert_eq!(files(), before);
    assert_eq!(under(&present).unwrap(), 6);
    assert!(report(&disk, std::slice::from_ref(&present)).ok());
}

#[test]
fn a_head_that_fails_again_and_again_makes_no_innocent_log_look_forged() {
    for keys in [vec![], vec![key(1)]] {
        let sound = log(2, keys.first());
        let head = sound.read(Path::new(HEAD)).unwrap();
        audit(&sound).append(&act(3), NOW, keys.first()).unwrap();
        sound.write(Path::new(HEAD), &head);
        let whole = sound.kill();
        let begun = whole.operations();
        audit(&whole).append(&act(4), NOW, keys.first()).unwrap();
        for step in 1..=whole.operations() - begun {
            let disk = sound.kill();
            disk.cut_power_at(disk.operations() + step);
            let _ = audit(&disk).append(&act(4), NOW, keys.first());
            let killed = disk.kill();
            for number in 5..7 {
                let report = report(&killed, &keys);
                assert!(report.ok(), "step {step}: {:?}", report.findings);
                audit(&killed)
                    .append(&act(number), NOW, keys.first())
                    .unwrap();
            }
            assert!(report(&killed, &keys).ok(), "step {step}");
        }
    }
}

#[test]
fn an_entry_of_which_a_crash_took_the_line_feed_alone_is_whole() {
    let disk = log(2, Some(&key(1)));
    let head = disk.read(Path::new(HEAD)).unwrap();
    audit(&disk).append(&act(3), NOW, Some(&key(1))).unwrap();
    disk.write(Path::new(HEAD), &head);
    let mut open = disk.read(Path::new(SEGMENT)).unwrap();
    assert_eq!(open.pop(), Some(b'\n'));
    disk.write(Path::new(SEGMENT), &open);
    assert!(report(&disk, &[key(1)]).ok());
    assert_eq!(audit(&disk).append(&act(4), NOW, Some(&key(1))).unwrap(), 4);
    let report = report(&disk, &[key(1)]);
    assert_eq!((report.entries, report.findings), (4, Vec::new()));
}

#[test]
fn a_thousand_small_findings_do_not_hide_a_great_one() {
    // Each second entry carries no seal, which is a warning.
    let (mut text, mut sum, mut n) = (String::new(), Sum::default(), 0);
    while n < 2 * limit::FINDINGS as u64 + 10 {
        n += 1;
        let bare = Entry {
            n,
            at: NOW.0,
            who: "uid 991".to_owned(),
            what: "secret-set".to_owned(),
            stage: "done".to_owned(),
            of: None,
            tenant: None,
            subject: None,
            prev: line::hex(&sum),
            key: None,
            seal: None,
            sum: None,
        };
        let (line, next) = line::write(&bare, (n % 2 == 1).then_some(&key(1))).unwrap();
        text.push_str(&line);
        sum = next;
    }
    let disk = LossyDisk::new(7);
    disk.write(Path::new(SEGMENT), text.as_bytes());
    let with_head = |n| {
        let (line, _) = line::write(&Head::behind(n, &sum), None).unwrap();
        disk.write(Path::new(HEAD), line.as_bytes());
        report(&disk, &[key(1)])
    };
    let small = with_head(n);
    assert_eq!(small.findings.len(), limit::FINDINGS);
    assert!(small.ok());
    let great = with_head(n + 1);
    assert_eq!(great.findings.len(), limit::FINDINGS);
    assert!(!great.ok());
}

#[test]
fn a_full_disk_is_an_error_before_anything_is_changed() {
    let disk = log(2, None);
    disk.set_capacity(Some(0));
    assert!(matches!(
        audit(&disk).append(&act(3), NOW, None),
        Err(AuditError::Io { .. })
    ));
    disk.set_capacity(None);
    audit(&disk).append(&act(3), NOW, None).unwrap();
    assert!(report(&disk, &[]).ok());
}

#[test]
fn segments_follow_on_each_other_and_a_missing_one_is_found() {
    let disk = log(2, None);
    // As long as a segment may be, by lines that are none and were told of.
    let mut bytes = disk.read(Path::new(SEGMENT)).unwrap();
    bytes.resize(usize::try_from(limit::AUDIT_SEGMENT_BYTES).unwrap(), b'x');
    disk.write(Path::new(SEGMENT), &bytes);
    audit(&disk).append(&act(3), NOW, None).unwrap();
    audit(&disk).append(&act(4), NOW, None).unwrap();
    let second = Path::new("/data/node.audit/000002.jsonl");
    assert!(disk.read(second).is_some());
    let report_of = report(&disk, &[]);
    assert!(report_of.ok(), "{:?}", report_of.findings);
    assert_eq!(report_of.entries, 5);
    assert_eq!(audit(&disk).last(9).unwrap().len(), 5);
    let first = disk.read(Path::new(SEGMENT)).unwrap();
    Disk::remove(&disk, Path::new(SEGMENT)).unwrap();
    assert!(is_found(&disk));
    disk.write(Path::new(SEGMENT), &first);
    Disk::remove(&disk, second).unwrap();
    assert!(is_found(&disk));
}

#[test]
fn looking_back_begins_at_the_last_entry_and_reads_no_segment_more_than_it_needs() {
    let disk = log(2, None);
    let stopped = Act::new(model::told!("uid 991"), Action::NodeStopped);
    audit(&disk).append(&stopped, NOW, None).unwrap();
    let mut bytes = disk.read(Path::new(SEGMENT)).unwrap();
    bytes.resize(usize::try_from(limit::AUDIT_SEGMENT_BYTES).unwrap(), b'x');
    disk.write(Path::new(SEGMENT), &bytes);
    for number in [4, 5] {
        audit(&disk).append(&act(number), NOW, None).unwrap();
    }
    let look = |what, most| {
        let mut seen = Vec::new();
        let looked = audit(&disk).look_back(what, |entry| {
            seen.push(entry.n);
            match seen.len() < most {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
        looked.map(|()| seen)
    };
    assert_eq!(look(None, 9).unwrap(), [6, 5, 4, 3, 2, 1]);
    assert_eq!(look(Some(Action::SecretSet), 9).unwrap(), [6, 5, 2, 1]);
    assert_eq!(look(Some(Action::NodeStopped), 1).unwrap(), [3]);
    // A segment that is too long to be read stops only who looks further back than the one behind it.
    bytes.resize(2 * bytes.len(), b'x');
    disk.write(Path::new(SEGMENT), &bytes);
    assert_eq!(look(None, 2).unwrap(), [6, 5]);
    assert!(look(None, 4).is_err());
}

#[test]
fn several_who_append_at_once_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::at(Arc::new(disk::OsDisk), folder.path());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..10 {
                    audit.append(&act(number), NOW, None).unwrap();
                }
            });
        }
    });
    let report = audit.check(&[]).unwrap().unwrap();
    assert_eq!((report.entries, report.findings), (40, Vec::new()));
}

#[test]
fn every_code_is_one_word() {
    let codes: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
    let stages = Stage::ALL.iter().map(|stage| stage.as_str());
    for code in codes.iter().copied().chain(stages) {
        assert!(
            code.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{code}"
        );
    }
    let apart: std::collections::BTreeSet<_> = codes.iter().collect();
    assert_eq!(apart.len(), codes.len());
}
