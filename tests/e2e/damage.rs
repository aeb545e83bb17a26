//! Every file that the program writes, damaged while the node is stopped: what is the truth is refused and named, what follows
//! from it is made anew, and what only helps is done without. A tenant's vault has tests of its own (`vault.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use storage::{Options, Store};
use tests::harness::{TENANT, World};

use crate::town::{STEP, Town};

/// What a file of a data directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Nothing else knows what it holds.
    Truth,
    /// It follows from the truth.
    State,
    /// It says that the store was closed in order.
    Marker,
    /// It is worth nothing after a stop.
    Passing,
}

/// What the file of that path below the data directory is for. A file that nobody knows fails the test: somebody has to say
/// what its damage does.
fn meaning(path: &Path) -> Meaning {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    match (&*folder.to_string_lossy(), &*name) {
        ("journal", name) if name.ends_with(".seg") => Meaning::Truth,
        ("checkpoint", name) if name.ends_with(".ckpt") => Meaning::Truth,
        (_, "digest.key") => Meaning::Truth,
        _ if path.components().any(|part| part.as_os_str() == "state") => Meaning::State,
        (_, "clean") => Meaning::Marker,
        // A day of the statistics that cannot be read is left out. The audit log is damaged in `storage/audit`.
        ("statistics" | "node.audit", _) => Meaning::Passing,
        (_, "lock" | "node.lock" | "node.json") => Meaning::Passing,
        _ => panic!(
            "nobody knows what damage to {} does: teach this test",
            path.display()
        ),
    }
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// The bytes of a data directory, to be put back after each damage.
struct Copy(Vec<(PathBuf, Vec<u8>)>);

impl Copy {
    fn of(directory: &Path) -> Copy {
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).expect("a file");
            (path, bytes)
        };
        Copy(files(directory).into_iter().map(read).collect())
    }

    /// Puts everything back as it was.
    fn put_back(&self, directory: &Path) {
        for path in files(directory) {
            if !self.0.iter().any(|(known, _)| *known == path) {
                fs::remove_file(path).expect("a file since then goes");
            }
        }
        for (path, bytes) in &self.0 {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, bytes).expect("a file is put back");
        }
    }
}

/// Where bits are flipped: in the beginning, the middle and the end of what is used.
fn places(bytes: &[u8]) -> Vec<usize> {
    let used = bytes.iter().rposition(|byte| *byte != 0);
    let Some(last) = used else { return Vec::new() };
    let mut places = vec![last.min(3), last / 2, last];
    places.dedup();
    places
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("a file");
    bytes[at] ^= 0x10;
    fs::write(path, bytes).expect("the damage is done");
}

/// What `fsck` says: its exit code, and what it found in the first tenant's store.
async fn checked(world: &World) -> (Option<i32>, Vec<Value>) {
    let ran = world.run(&["fsck"]).await;
    let findings = ran.json()["tenants"][0]["findings"].as_array().cloned();
    (ran.code, findings.unwrap_or_default())
}

fn names(findings: &[Value], file: &str) -> bool {
    let says = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    findings
        .iter()
        .any(|finding| says(finding, "where").contains(file) && !says(finding, "cure").is_empty())
}

/// A stopped node of two tenants, whose first store has a checkpoint and a journal behind it.
async fn stopped() -> (Town, Copy) {
    let mut town = Town::found(91).await;
    town.world.start().await;
    for title in ["One", "Two", "Three"] {
        town.story(title).await;
    }
    town.world.in_step(STEP).await;
    town.world.terminate().await;
    let store = Store::open(&town.world.store(), Options::default()).expect("the store opens");
    store.checkpoint().expect("a checkpoint");
    store.close().expect("it closes");
    town.world.start().await;
    town.story("Behind the checkpoint").await;
    town.world.in_step(STEP).await;
    town.world.terminate().await;
    let copy = Copy::of(&town.world.data());
    (town, copy)
}

/// Whether the first tenant runs, or why it does not, once that is known.
async fn outcome(town: &Town) -> Option<String> {
    let mut last = Value::Null;
    for _ in 0..300 {
        let status = town.world.status().await.unwrap_or_default();
        let tenant = &status["tenants"][0];
        if let Some(failure) = tenant["failure"].as_str() {
            return Some(failure.to_owned());
        }
        if tenant["profiles"][0]["connected"] == true {
            return None;
        }
        last = status;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("neither runs nor fails: {last:#}\n{}", town.world.tail());
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_any_file_is_named_or_mended_and_never_believed() {
    let (mut town, copy) = stopped().await;
    let data = town.world.data();
    let kinds: Vec<_> = copy.0.iter().map(|(path, _)| meaning(path)).collect();
    for kind in [
        Meaning::Truth,
        Meaning::State,
        Meaning::Marker,
        Meaning::Passing,
    ] {
        assert!(kinds.contains(&kind), "no file is {kind:?}");
    }
    let (mut told, mut hit) = (0, 0);
    let store = town.world.store();
    for (path, bytes) in copy.0.iter().filter(|(path, _)| path.starts_with(&store)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let kind = meaning(path);
        for at in places(bytes) {
            copy.put_back(&data);
            flip(path, at);
            let (code, findings) = checked(&town.world).await;
            let context = format!("{} byte {at}: {findings:#?}", path.display());
            match kind {
                Meaning::Truth => {
                    assert_eq!(code, Some(1), "{context}");
                    assert!(names(&findings, &name), "{context}");
                }
                Meaning::Marker => {
                    assert_eq!(code, Some(0), "{context}");
                    assert!(names(&findings, &name), "{context}");
                }
                // A bit that the state does not use is found by nobody and missed by nobody.
                Meaning::State | Meaning::Passing => assert_eq!(code, Some(0), "{context}"),
            }
            told += 1;
        }
        if places(bytes).is_empty() {
            continue;
        }
        hit += 1;
        // The last of the damages, at a start.
        town.world.start().await;
        let failure = outcome(&town).await;
        match (kind, &failure) {
            (Meaning::Truth, Some(why)) => {
                assert!(why.contains(&store.display().to_string()), "{why}");
                let ran = town.world.run(&["problems"]).await;
                assert_eq!(ran.code, Some(1), "{ran:?}");
                assert_eq!(ran.json()["stopped"][0]["tenant"], TENANT, "{ran:?}");
                assert_eq!(ran.json()["stopped"][0]["error"], **why, "{ran:?}");
                let ran = town.world.run(&["pair", "list", "--tenant", TENANT]).await;
                assert_eq!(ran.code, Some(3), "{ran:?}");
            }
            (Meaning::State | Meaning::Marker | Meaning::Passing, None) => {}
            _ => panic!("{} ({kind:?}): {failure:?}", path.display()),
        }
        if kind == Meaning::Truth && name == "digest.key" {
            town.the_neighbour_is_well("Beside a damaged store").await;
        }
        if failure.is_none() {
            let ran = town.world.run(&["pair", "list", "--tenant", TENANT]).await;
            let pairs = ran.json()["pairs"].as_array().cloned().unwrap_or_default();
            let linked = pairs.iter().filter(|pair| pair["phase"] == "linked");
            assert_eq!((linked.count(), pairs.len()), (4, 4), "{ran:?}");
        }
        town.world.kill();
    }
    copy.put_back(&data);
    fs::write(data.join("node.json"), "{\"listen\":").expect("what a kill left");
    town.world.start().await;
    assert_eq!(outcome(&town).await, None);
    assert_eq!(town.world.in_step(STEP).await.pairs, 4);
    assert!(town.world.doubled().await.is_empty());
    assert_eq!(town.problems(false).await, Vec::<Value>::new());
    eprintln!("{told} flipped bits in {hit} files");
    town.end().await;
}
