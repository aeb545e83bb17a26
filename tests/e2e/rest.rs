//! Nothing of the items is at rest: distinctive strings go through the product, and every byte that it leaves is searched.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use counterpart::config::Config;
use counterpart::demo::compare::pair_up;
use counterpart::demo::remote::paragraph;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use model::{Millis, Side, TenantName};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use serde_json::{Value, json};
use storage::disk::OsDisk;
use storage::vault::{MasterKey, Vault};
use storage::{Options, Sealing};
use tests::harness::{Plan, World, pause};
use tests::rows;

use crate::decoded;

/// What people write, and whether it can be carried over. The others cannot, so they end in problems.
const WRITTEN: [(&str, bool); 11] = [
    ("Quokkajirtitle71", true),
    ("Quokkajirtext72", true),
    ("Quokkajircomment73", true),
    ("quokkajirlabel74", true),
    ("Quokkaazutitle81", true),
    ("Quokkaazutext82", true),
    ("Quokkaazucomment83", true),
    ("quokkaazutag84", true),
    ("Quokkaconflict91", false),
    ("Quokkaverylong92", false),
    (REMOTE, false),
];

/// What the remotes say when they fail.
const REMOTE: &str = "Quokkaremotesays93";
/// What the program has at hand when it is at fault.
const PANIC: &str = "Quokkapanicking94";
/// Set for the process that is made to fail.
const FAILS: &str = "COUNTERPART_TEST_FAILS";

/// Strings that must not be found.
fn canaries(world: &World) -> Vec<String> {
    let mut all: Vec<String> = WRITTEN.iter().map(|(text, _)| (*text).to_owned()).collect();
    for person in emulator::people::everybody() {
        all.extend([person.display, person.email].map(str::to_owned));
        all.push(person.token.clone());
    }
    all.extend([world.tokens.jira.clone(), world.tokens.azure.clone()]);
    all.sort();
    all.dedup();
    all
}

/// The forms in which bytes could hold a text.
fn forms(text: &str) -> BTreeSet<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
    let every: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms: BTreeSet<(&'static str, Vec<u8>)> = [
        ("raw", bytes.to_vec()),
        ("lower case", text.to_lowercase().into_bytes()),
        ("upper case", text.to_uppercase().into_bytes()),
        ("UTF-16LE", wide(u16::to_le_bytes)),
        ("UTF-16BE", wide(u16::to_be_bytes)),
        ("hex", hex::encode(bytes).into_bytes()),
        ("HEX", hex::encode_upper(bytes).into_bytes()),
        (
            "percent",
            utf8_percent_encode(text, NON_ALPHANUMERIC)
                .to_string()
                .into_bytes(),
        ),
        ("percent, every byte", every.to_lowercase().into_bytes()),
        ("PERCENT, every byte", every.into_bytes()),
        ("form", text.replace(' ', "+").into_bytes()),
        ("JSON escapes", escaped(text).into_bytes()),
    ]
    .into();
    for (name, offset) in [
        ("base64, at 0", 0),
        ("base64, at 1", 1),
        ("base64, at 2", 2),
    ] {
        forms.insert((name, base64_core(&STANDARD, bytes, offset)));
        forms.insert((name, base64_core(&URL_SAFE, bytes, offset)));
    }
    forms
}

fn escaped(text: &str) -> String {
    let escape = |unit: char| match unit {
        ' '..='~' => unit.to_string(),
        _ => format!("\\u{:04x}", u32::from(unit)),
    };
    text.chars().map(escape).collect()
}

/// The characters that stand for the text alone, whatever stands before and behind it.
fn base64_core(engine: &impl base64::Engine, text: &[u8], offset: usize) -> Vec<u8> {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(text);
    let whole = bytes.len() * 8 / 6;
    let encoded = engine.encode(&bytes).into_bytes();
    let foreign = (offset * 8).div_ceil(6);
    encoded[foreign..whole].to_vec()
}

/// Looks for many patterns at once.
struct Search {
    patterns: Vec<(String, Vec<u8>)>,
    /// The patterns that begin with these two bytes.
    heads: Vec<Vec<usize>>,
}

impl Search {
    fn new(texts: &[String]) -> Search {
        let mut search = Search {
            patterns: Vec::new(),
            heads: vec![Vec::new(); 1 << 16],
        };
        for text in texts {
            for (form, bytes) in forms(text) {
                let at = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                search.heads[at].push(search.patterns.len());
                search.patterns.push((format!("{text} ({form})"), bytes));
            }
        }
        search
    }

    fn find(&self, haystack: &[u8]) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut head = 0_u16;
        for (end, byte) in haystack.iter().enumerate() {
            head = head << 8 | u16::from(*byte);
            for &at in &self.heads[usize::from(head)] {
                let (name, pattern) = &self.patterns[at];
                if end > 0 && haystack[end - 1..].starts_with(pattern) {
                    found.insert(name.as_str());
                }
            }
        }
        found
    }

    /// Findings in every file below a directory, and the number of bytes looked at.
    fn below(&self, directory: &Path) -> (BTreeSet<String>, u64) {
        let (mut found, mut size) = (BTreeSet::new(), 0);
        let mut open = vec![directory.to_owned()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                let entries = fs::read_dir(&path).expect("a directory can be read");
                open.extend(entries.map(|entry| entry.expect("an entry").path()));
                continue;
            }
            let bytes = fs::read(&path).expect("a file can be read");
            size += bytes.len() as u64;
            let named = self.find(path.to_string_lossy().as_bytes());
            let named = named.into_iter().map(str::to_owned);
            let all = self.within(&bytes).into_iter().chain(named);
            found.extend(all.map(|what| format!("{}: {what}", path.display())));
        }
        (found, size)
    }

    /// Findings in bytes, and in whatever they hold behind an encoding.
    fn within(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = self.find(bytes).into_iter().map(str::to_owned).collect();
        for (way, decoded) in decoded::all(bytes) {
            let here = self.find(&decoded);
            found.extend(here.into_iter().map(|what| format!("{what}{way}")));
        }
        found
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_items_is_at_rest() {
    let plan = Plan {
        log: "debug",
        log_in_data: true,
        ..Plan::new(12, 21)
    };
    let mut world = World::begin(plan).await;
    world.rewrite_profile(strict);
    log_to_files(&world);
    world.seal().await;
    let search = Search::new(&canaries(&world));
    world.fault_both(failing(0.02)).await;
    write(&world).await;
    for life in 0_u64..4 {
        world.start().await;
        pause(700 + life * 300).await;
        assert!(world.kill(), "the node ended by itself\n{}", world.tail());
        is_clean(&search, &world);
    }
    world.start().await;
    settle(&world).await;
    contradict(&world).await;
    order(&world).await;
    settle(&world).await;
    world.fault_both(json!([])).await;
    settle(&world).await;
    let told = problems(&world).await;
    for code in ["conflict-manual", "value-unmapped"] {
        assert!(told.contains(code), "no problem {code}: {told:?}");
    }
    is_clean(&search, &world);
    answers(
        &search,
        &world,
        &["pair list", "problems --all", "log audit", "secret list"],
    )
    .await;
    travelled(&world).await;
    backed_up(&search, &world).await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    answers(&search, &world, &["fsck", "pair list", "problems --all"]).await;
    let size = is_clean(&search, &world);
    assert!(size > 100_000, "only {size} bytes were searched");
    let rows = rows::all_with(&world.store(), opened(&world.config()));
    assert!(rows.len() > 100, "only {} rows", rows.len());
    for row in &rows {
        let found = search.within(row.as_bytes());
        assert!(found.is_empty(), "{found:?} in {row}");
    }
    unsealed(&search, &world);
    eprintln!(
        "{} patterns, {size} bytes, {} rows, problems {told:?}",
        search.patterns.len(),
        rows.len()
    );
    overheard(&search, &mut world).await;
    world.end();
}

/// A backup is sealed where it lies, and what it opens to holds no more than a store: it is restored to be looked through.
async fn backed_up(search: &Search, world: &World) {
    let made = world.run(&["backup", "create"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let backups = world.folder().join("backups");
    let (found, size) = search.below(&backups);
    assert!(found.is_empty(), "in backups: {found:#?}");
    assert!(size > 3_000, "only {size} bytes of backups");
    let again = world.folder().join("again");
    fs::create_dir_all(again.join("backups/acme")).expect("a folder");
    let config = again.join("counterpart.toml");
    fs::copy(world.config(), &config).expect("the configuration is copied");
    fs::copy(world.folder().join("master.key"), again.join("master.key")).expect("so is the key");
    for entry in fs::read_dir(backups.join("acme")).expect("the tenant has backups") {
        let path = entry.expect("an entry").path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            fs::copy(&path, again.join("backups/acme").join(name)).expect("a file is copied");
        }
    }
    let restored = world.run_on(&config, &["backup", "restore"]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let (found, _) = search.below(&again.join("data"));
    assert!(found.is_empty(), "restored: {found:#?}");
    let rows = rows::all_with(&again.join("data/acme"), opened(&config));
    assert!(rows.len() > 30, "only {} rows were restored", rows.len());
    for row in &rows {
        let found = search.within(row.as_bytes());
        assert!(found.is_empty(), "{found:?} in {row}");
    }
}

/// What opens the store, whose digest key is in the vault.
fn opened(config: &Path) -> Options {
    let config = Config::load_any(config).expect("the configuration is sound");
    let tenant = TenantName::new("acme").expect("it is a name");
    let (masters, now): (_, Millis) = (config.ring, Millis(0));
    Options {
        sealing: Some(Sealing {
            tenant,
            masters,
            now,
        }),
        ..Options::default()
    }
}

/// The log goes to files in the data directory, too.
fn log_to_files(world: &World) {
    let text = fs::read_to_string(world.config()).expect("the configuration is there");
    let text = text.replacen("[node]\n", "[node]\nlog_directory = \"data/log\"\n", 1);
    fs::write(world.config(), text).expect("the configuration is written");
}

/// The remotes fail, and quote what they should not.
fn failing(likelihood: f64) -> Value {
    let text = format!("the field System.Title of {REMOTE} is wrong");
    json!([{ "fault": "error_500", "p": likelihood, "text": text }])
}

/// What people order while the node works.
async fn order(world: &World) {
    let pairs = world.run(&["pair", "list"]).await.json();
    let pair = pairs["pairs"][0]["jira"]["key"]
        .as_str()
        .unwrap_or_default();
    for order in ["park", "resume", "resync"] {
        assert_eq!(world.run(&["pair", order, pair]).await.code, Some(0));
    }
    assert_eq!(world.run(&["secret", "rotate"]).await.code, Some(0));
}

/// What commands tell, which a shell may keep.
async fn answers(search: &Search, world: &World, commands: &[&str]) {
    for command in commands {
        let arguments: Vec<&str> = command.split(' ').collect();
        let ran = world.run(&arguments).await;
        let told = [ran.out, ran.err].concat();
        assert!(!told.is_empty(), "{command} says nothing");
        let found = search.within(told.as_bytes());
        assert!(found.is_empty(), "{command}: {found:?}");
    }
}

/// The vault is opened with the master key: it holds what signs in, as the data policy says, and nothing else.
fn unsealed(search: &Search, world: &World) {
    let key = fs::read_to_string(world.folder().join("master.key")).expect("there is a master key");
    let key = MasterKey::parse(&key).expect("it is one");
    let directory = world.store();
    let vault = Vault::open(&OsDisk, &directory, "acme", &key);
    let vault = vault.expect("it opens").expect("it is there");
    let config = fs::read_to_string(world.config()).expect("the configuration is there");
    assert!(!config.contains(&world.tokens.jira), "the token is sealed");
    let mut met = BTreeSet::new();
    for listed in vault.list() {
        let secret = vault.get(listed.kind, &listed.name).expect("it opens");
        let secret = secret.expect("it is there");
        met.extend(search.within(secret.expose()));
    }
    for token in [&world.tokens.jira, &world.tokens.azure] {
        let found = met.iter().any(|what| what.starts_with(token.as_str()));
        assert!(found, "the search does not see into the vault: {met:?}");
    }
    let written = |what: &&String| WRITTEN.iter().any(|(text, _)| what.starts_with(text));
    let found: Vec<_> = met.iter().filter(written).collect();
    assert!(found.is_empty(), "sealed: {found:?}");
}

/// The control on the living product: with extended logging the remotes' words are in the log, where the policy says so, and
/// the search finds them there.
async fn overheard(search: &Search, world: &mut World) {
    world.start().await;
    let on = ["log", "extended", "--tenant", "acme", "--for", "10m"];
    assert_eq!(world.run(&on).await.code, Some(0));
    world.fault_both(failing(0.5)).await;
    let is_heard = || async {
        let (found, _) = search.below(&world.data().join("log"));
        let is_it = |what: &String| what.contains(REMOTE);
        assert!(
            found.iter().all(is_it),
            "more than the remotes said: {found:?}"
        );
        !found.is_empty()
    };
    world
        .until(
            "the remotes' words are in the log",
            Duration::from_secs(60),
            is_heard,
        )
        .await;
    let (everywhere, _) = search.below(&world.data());
    let log = |what: &String| what.contains("/log/") || what.contains("node.log");
    assert!(everywhere.iter().all(log), "beside the log: {everywhere:?}");
}

/// A fault of the program quotes what it has at hand; what is told of it names the place alone.
#[test]
fn a_panic_prints_nothing_of_what_the_program_has_at_hand() {
    // The file itself may have been replaced by another build meanwhile.
    let ran = std::process::Command::new("/proc/self/exe")
        .args([
            "--exact",
            "rest::a_process_that_is_made_to_fail",
            "--ignored",
            "--nocapture",
        ])
        .env(FAILS, "1")
        .env("RUST_BACKTRACE", "full")
        .output()
        .expect("the process runs");
    let told = [ran.stdout, ran.stderr].concat();
    let text = String::from_utf8_lossy(&told);
    let faults = text.matches("a fault in the program at ").count();
    assert_eq!(faults, 3, "{text}");
    let found = Search::new(&[PANIC.to_owned()]).within(&told);
    assert!(found.is_empty(), "{found:?} in {text}");
}

#[test]
#[ignore = "a process of its own for the test above"]
fn a_process_that_is_made_to_fail() {
    if std::env::var_os(FAILS).is_none() {
        return;
    }
    counterpart::fault::watch();
    let _log = counterpart::log::begin(&counterpart::log::Settings::default()).expect("it begins");
    let held = format!("the title of an item: {PANIC}");
    let (first, second) = (held.clone(), held.clone());
    let ended = std::thread::spawn(move || panic!("{first}")).join();
    assert!(ended.is_err());
    let cut = std::thread::spawn(move || second[..second.len() + 1].len()).join();
    assert!(cut.is_err(), "the text is no longer than it is");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let failed: Result<(), String> = std::hint::black_box(Err(held));
    let task = runtime.spawn(async move { failed.expect("it failed") });
    assert!(runtime.block_on(task).is_err());
}

/// The positive control: whatever the form, and wherever it stands, it is found.
#[test]
fn the_search_finds_every_planted_form() {
    let texts = [
        "Quokkajirtitle71",
        "Erik Ekström",
        "alice@acme.example",
        "sync-token",
    ]
    .map(str::to_owned);
    let search = Search::new(&texts);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let deep = folder.path().join("journal");
    fs::create_dir(&deep).expect("a directory");
    for text in &texts {
        for (form, bytes) in forms(text) {
            let mut noise = vec![0xa5; 5_001];
            noise.extend_from_slice(&bytes);
            noise.extend_from_slice(&[0; 4_096]);
            fs::write(deep.join("000001"), noise).expect("a file");
            let (found, _) = search.below(folder.path());
            let wanted = format!("{text} ({form})");
            assert!(
                found.iter().any(|what| what.ends_with(&wanted)),
                "{wanted} is not found, only {found:?}"
            );
        }
        for (way, encoded) in packed(text) {
            let mut noise = b"noise 7\n".to_vec();
            noise.extend_from_slice(&encoded);
            noise.extend_from_slice(b"\nnoise");
            fs::write(deep.join("000001"), noise).expect("a file");
            let (found, _) = search.below(folder.path());
            let is_it = |what: &String| what.contains(text.as_str());
            assert!(
                found.iter().any(is_it),
                "{text} in {way} is not found, only {found:?}"
            );
        }
        for offset in 0..3 {
            let encoded = STANDARD.encode(format!("{}{text}, and on", "x".repeat(offset)));
            assert!(
                !search.find(encoded.as_bytes()).is_empty(),
                "{text} in {encoded}"
            );
        }
    }
    fs::write(deep.join("000001"), "nothing of the kind").expect("a file");
    assert!(search.below(folder.path()).0.is_empty());
}

/// A text as it may lie behind one encoding, or behind several.
fn packed(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let told = format!("{{\"title\":\"{text}\"}}");
    let wide: Vec<u8> = told.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gzip = |bytes: &[u8]| {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(bytes).expect("it is packed");
        out.finish().expect("it is packed")
    };
    let zlib = |bytes: &[u8]| {
        let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
        out.write_all(bytes).expect("it is packed");
        out.finish().expect("it is packed")
    };
    let percent = |bytes: &[u8]| percent_encode(bytes, NON_ALPHANUMERIC).to_string();
    let units = told.encode_utf16();
    let escapes: String = units.map(|unit| format!("\\u{unit:04X}")).collect();
    let entities: String = told
        .chars()
        .map(|c| format!("&#{};", u32::from(c)))
        .collect();
    let bytes = told.as_bytes();
    vec![
        ("gzip", gzip(bytes)),
        ("zlib", zlib(bytes)),
        ("UTF-16 in gzip", gzip(&wide)),
        ("gzip in gzip", gzip(&gzip(bytes))),
        ("gzip in base64", STANDARD.encode(gzip(bytes)).into_bytes()),
        (
            "zlib in base64url",
            URL_SAFE.encode(zlib(bytes)).into_bytes(),
        ),
        ("gzip in hex", hex::encode(gzip(bytes)).into_bytes()),
        ("UTF-16 in base64", STANDARD.encode(&wide).into_bytes()),
        ("UTF-16 in hex", hex::encode(&wide).into_bytes()),
        (
            "base64 in base64",
            STANDARD.encode(STANDARD.encode(bytes)).into_bytes(),
        ),
        (
            "base64 in hex",
            hex::encode(STANDARD.encode(bytes)).into_bytes(),
        ),
        (
            "hex in base64",
            STANDARD.encode(hex::encode(bytes)).into_bytes(),
        ),
        (
            "base64 in percent",
            percent(STANDARD.encode(bytes).as_bytes()).into_bytes(),
        ),
        (
            "percent in percent",
            percent(percent(bytes).as_bytes()).into_bytes(),
        ),
        ("escapes", escapes.into_bytes()),
        ("entities", entities.into_bytes()),
    ]
}

#[test]
fn the_search_finds_what_a_row_would_hold() {
    let search = Search::new(&["Quokkajirtitle71".to_owned()]);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let row = actors::stored::ProfileRow {
        fingerprint: "about Quokkajirtitle71".to_owned(),
    };
    let store = storage::Store::open(folder.path(), storage::Options::default()).expect("a store");
    let mut batch = storage::Batch::new();
    batch.put(
        storage::Table::Profile,
        "web",
        storage::encode(&row).expect("a row"),
    );
    store.commit_blocking(batch).expect("a commit");
    store.close().expect("the store closes");
    let shown = rows::all(folder.path());
    assert!(
        shown
            .iter()
            .any(|row| !search.find(row.as_bytes()).is_empty()),
        "{shown:?}"
    );
    assert!(
        !search.below(folder.path()).0.is_empty(),
        "the journal holds the row as it is"
    );
}

/// Looks through all that the node has written: data directory with log and audit log, temporary files, standard output.
fn is_clean(search: &Search, world: &World) -> u64 {
    let mut sum = 0;
    for directory in [world.data(), world.temporary()] {
        let (found, size) = search.below(&directory);
        assert!(found.is_empty(), "at rest: {found:#?}");
        sum += size;
    }
    let said = world.said();
    assert!(!said.is_empty(), "the node says where its console is");
    let found = search.within(&said);
    assert!(found.is_empty(), "said: {found:?}");
    sum
}

/// Conflicts wait for a person, values without a row are errors, and one person has no row.
fn strict(profile: String) -> String {
    let alice = &emulator::people::people()[0];
    let row = format!(
        "\n[[user]]\njira = {:?}\nazure = {:?}\n",
        alice.account_id, alice.email
    );
    assert!(profile.contains(&row), "alice has no row to take away");
    profile
        .replace(&row, "")
        .replace("conflict = \"latest\"", "conflict = \"manual\"")
        .replace("[\"Highest\", 1], ", "")
        .replace("otherwise = \"skip\"", "otherwise = \"error\"")
        .replace(
            "azure = \"System.AssignedTo\"",
            "azure = \"System.AssignedTo\"\notherwise = \"error\"",
        )
}

async fn ids(world: &World, side: Side) -> Vec<String> {
    let items = world.items(side).await;
    let list = items["items"].as_array().cloned().unwrap_or_default();
    list.iter()
        .filter_map(|item| item["id"].as_str())
        .map(str::to_owned)
        .collect()
}

fn set(field: &str, value: &str) -> Value {
    json!([{ "op": "add", "path": format!("/fields/{field}"), "value": value }])
}

/// Every item gets one canary; what cannot be carried over gets items of its own.
async fn write(world: &World) {
    let text = |at: usize| format!("{} and more", WRITTEN[at].0);
    let alice = world.seat(Side::Jira, "alice");
    let fields = |fields: Value| json!({ "fields": fields });
    for (nth, id) in ids(world, Side::Jira).await.iter().enumerate() {
        let done = match nth % 6 {
            0 => {
                alice
                    .edit_issue(id, &fields(json!({ "summary": text(0) })))
                    .await
            }
            1 => {
                alice
                    .edit_issue(id, &fields(json!({ "description": paragraph(&text(1)) })))
                    .await
            }
            2 => alice.comment_issue(id, &text(2)).await,
            3 => {
                alice
                    .edit_issue(
                        id,
                        &json!({ "update": { "labels": [{ "add": WRITTEN[3].0 }] } }),
                    )
                    .await
            }
            4 => {
                alice
                    .edit_issue(id, &fields(json!({ "priority": { "name": "Highest" } })))
                    .await
            }
            _ => {
                let account = emulator::people::people()[0].account_id;
                alice
                    .edit_issue(id, &fields(json!({ "assignee": { "accountId": account } })))
                    .await
            }
        };
        assert!(
            done.expect("the remote answers"),
            "edit {nth} of {id} on Jira is refused"
        );
    }
    let erik = world.seat(Side::Azure, "erik");
    for (nth, id) in ids(world, Side::Azure).await.iter().enumerate() {
        let done = match nth % 6 {
            0 => erik.patch(id, &set("System.Title", &text(4))).await,
            1 => {
                erik.patch(
                    id,
                    &set("System.Description", &format!("<p>{}</p>", text(5))),
                )
                .await
            }
            2 => {
                erik.comment_work_item(&world.addresses.azure.project, id, &text(6))
                    .await
            }
            3 => erik.patch(id, &set("System.Tags", WRITTEN[7].0)).await,
            4 => {
                let long = format!("<p>{} {}</p>", WRITTEN[9].0, "long ".repeat(9_000));
                erik.patch(id, &set("System.Description", &long)).await
            }
            _ => {
                erik.patch(id, &set("System.AssignedTo", "alice@acme.example"))
                    .await
            }
        };
        assert!(
            done.expect("the remote answers"),
            "edit {nth} of {id} on Azure DevOps is refused"
        );
    }
}

/// Both sides get different titles while the node cannot see it.
async fn contradict(world: &World) {
    let (jira, azure) = (
        world.items(Side::Jira).await,
        world.items(Side::Azure).await,
    );
    let pairs = pair_up(&jira, &azure);
    let linked = pairs.iter().filter_map(|twins| twins.jira.zip(twins.azure));
    let one = world.seat(Side::Jira, "dilek");
    let other = world.seat(Side::Azure, "fumiko");
    for (issue, work_item) in linked.take(6) {
        let title = |side: &str| format!("{} by {side}", WRITTEN[8].0);
        let summary = json!({ "fields": { "summary": title("Jira") } });
        let patch = set("System.Title", &title("Azure DevOps"));
        let left = one.edit_issue(issue["id"].as_str().unwrap_or_default(), &summary);
        let right = other.patch(work_item["id"].as_str().unwrap_or_default(), &patch);
        let (left, right) = tokio::join!(left, right);
        assert!(left.is_ok() && right.is_ok());
    }
}

/// Waits until the node says for three seconds on end that nothing is left to do.
async fn settle(world: &World) {
    let mut quiet = 0;
    for _ in 0..120 {
        quiet = if world.is_idle().await { quiet + 1 } else { 0 };
        if quiet == 6 {
            return;
        }
        pause(500).await;
    }
    let status = world.status().await.unwrap_or_default();
    panic!(
        "the node does not come to rest\nstatus: {status:#}\n{}",
        world.tail()
    );
}

/// The kinds of open problems.
async fn problems(world: &World) -> BTreeSet<String> {
    let ran = world.run(&["problems"]).await;
    let list = ran.json()["problems"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let codes = list.iter().filter_map(|problem| problem["code"].as_str());
    codes.map(str::to_owned).collect()
}

/// The canaries did pass through the node: each is on both sides.
async fn travelled(world: &World) {
    for side in Side::BOTH {
        let items = world.items(side).await.to_string();
        for (text, carried) in WRITTEN {
            assert!(!carried || items.contains(text), "{text} is not on {side}");
        }
    }
}
