//! The shape of the tree, held by tests: arrows between crates, pins, essays, bounds, and what may stand where.

#![expect(clippy::expect_used, reason = "the helpers of a test fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use model::problem::Code;
use tests::tree;

/// The arrows of the architecture: a crate and what it may use directly. What those use, it may use too.
const ARROWS: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("richtext", &["model"]),
    ("mapping", &["richtext"]),
    ("sync", &["mapping"]),
    ("jira", &["sync"]),
    ("azure", &["sync"]),
    ("storage", &["model"]),
    ("actors", &["sync", "storage"]),
    ("admin", &["model"]),
    ("emulator", &[]),
    (
        "counterpart",
        &["actors", "admin", "azure", "emulator", "jira"],
    ),
    ("tests", &["counterpart"]),
];

/// The crates that compute and do nothing else.
const PURE: [&str; 6] = ["model", "richtext", "mapping", "sync", "jira", "azure"];

/// What brings sockets, threads, clocks or randomness, and may not be below a pure crate, however deep.
const IMPURE: [&str; 18] = [
    "async-std",
    "chrono",
    "crossbeam-channel",
    "fastrand",
    "hyper",
    "hyper-util",
    "mio",
    "ractor",
    "rand",
    "rayon",
    "reqwest",
    "rustls",
    "sled",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
];

/// Crates whose bytes stay on disks: an update must be somebody's decision.
const PINNED: [&str; 2] = ["bincode", "sled"];

/// The whole top level, hidden files and build output aside.
const TOP_LEVEL: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "actors",
    "docs",
    "fuzz",
    "src",
    "storage",
    "tests",
];

/// Lines of text that a crate's essay has at least.
const ESSAY_LINES: usize = 8;

/// Fails with every finding at once.
fn none(findings: Vec<String>, rule: &str) {
    assert!(findings.is_empty(), "{rule}\n  {}", findings.join("\n  "));
}

/// The workspace as cargo sees it on this machine, without asking the network.
fn metadata() -> Metadata {
    let rustc = std::process::Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc runs");
    let version = String::from_utf8(rustc.stdout).expect("rustc speaks UTF-8");
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("rustc names its host");
    MetadataCommand::new()
        .manifest_path(tree::root().join("Cargo.toml"))
        .other_options(["--offline", "--filter-platform", host].map(str::to_owned))
        .exec()
        .expect("cargo metadata reads the workspace")
}

/// Everything a crate may use, by following the arrows.
fn reach(name: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut open = vec![name];
    while let Some(next) = open.pop() {
        let arrow = ARROWS.iter().find(|(crate_name, _)| *crate_name == next);
        for target in arrow.map_or(&[][..], |(_, targets)| targets) {
            if found.insert(*target) {
                open.push(target);
            }
        }
    }
    found
}

/// The names of everything below a crate by normal dependencies.
fn below(metadata: &Metadata, package: &Package) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("a resolved graph");
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let names: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.to_string()))
        .collect();
    let mut found = BTreeSet::new();
    let mut open = vec![&package.id];
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let is_normal = dependency
                .dep_kinds
                .iter()
                .any(|kind| kind.kind == DependencyKind::Normal);
            if is_normal && found.insert(names[&dependency.pkg].clone()) {
                open.push(&dependency.pkg);
            }
        }
    }
    found
}

#[test]
fn every_crate_has_its_arrow() {
    let metadata = metadata();
    let members: BTreeSet<String> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let known: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(
        members, known,
        "a new crate needs an arrow here and in docs/architecture.md"
    );
}

#[test]
fn no_crate_reaches_past_its_arrow() {
    let metadata = metadata();
    let members = metadata.workspace_packages();
    let ours: BTreeSet<&str> = members
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut findings = Vec::new();
    for package in &members {
        let allowed = reach(package.name.as_str());
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            if ours.contains(name) && !allowed.contains(name) {
                findings.push(format!(
                    "{} uses {name} ({})",
                    package.name, dependency.kind
                ));
            }
        }
    }
    none(
        findings,
        "dependencies against the arrows of the architecture:",
    );
}

#[test]
fn the_pure_crates_bring_no_sockets_clocks_or_randomness() {
    let metadata = metadata();
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        let found = below(&metadata, package);
        // A graph that shows nothing below anything would let every crate pass.
        assert!(package.name != "storage" || found.contains("sled"));
        if !PURE.contains(&package.name.as_str()) {
            continue;
        }
        let impure = IMPURE.iter().filter(|name| found.contains(**name));
        findings.extend(impure.map(|name| format!("{} brings {name}", package.name)));
    }
    none(
        findings,
        "pure crates compute only; give them the value instead:",
    );
}

#[test]
fn no_dependency_comes_from_a_git_repository() {
    let metadata = metadata();
    let mut findings: Vec<String> = metadata
        .packages
        .iter()
        .filter(|package| {
            let source = package.source.as_ref();
            source.is_some_and(|source| source.repr.starts_with("git+"))
        })
        .map(|package| package.name.to_string())
        .collect();
    for lock in ["Cargo.lock", "fuzz/Cargo.lock"] {
        let text = fs::read_to_string(tree::root().join(lock)).unwrap_or_default();
        if text.contains("\"git+") {
            findings.push(lock.to_owned());
        }
    }
    none(findings, "only released versions, no git dependencies:");
}

#[test]
fn what_decides_bytes_on_disk_is_pinned() {
    let metadata = metadata();
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        for dependency in &package.dependencies {
            let is_pinned = dependency.req.to_string().starts_with('=');
            if PINNED.contains(&dependency.name.as_str()) && !is_pinned {
                let (name, req) = (&dependency.name, &dependency.req);
                findings.push(format!("{}: {name} = \"{req}\"", package.name));
            }
        }
    }
    none(findings, "pin these with `=`:");
}

#[test]
fn every_crate_begins_with_its_essay() {
    let mut findings = Vec::new();
    for package in metadata().workspace_packages() {
        let library = package.targets.iter().find(|target| target.is_lib());
        let Some(library) = library else {
            findings.push(format!("{} has no lib.rs", package.name));
            continue;
        };
        let text = fs::read_to_string(&library.src_path).expect("a readable lib.rs");
        let essay: Vec<&str> = text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .collect();
        let lines = essay.iter().filter(|line| !line.trim().is_empty()).count();
        if lines < ESSAY_LINES {
            findings.push(format!("{}: {lines} lines", package.name));
        }
        if !essay
            .iter()
            .any(|line| line.contains("Architecture invariant:"))
        {
            findings.push(format!("{}: no \"Architecture invariant:\"", package.name));
        }
    }
    none(
        findings,
        "a crate's lib.rs begins with half a page that says what it is and what it must never do:",
    );
}

#[test]
fn every_manifest_takes_the_lints_of_the_workspace() {
    let mut findings = Vec::new();
    for package in metadata().workspace_packages() {
        let text = fs::read_to_string(&package.manifest_path).expect("a readable manifest");
        let table: toml::Table = text.parse().expect("a manifest is TOML");
        let lints = table.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            findings.push(package.name.to_string());
        }
    }
    none(findings, "add `[lints] workspace = true` to:");
}

#[test]
fn the_pure_crates_carry_the_lint_settings_that_keep_them_pure() {
    let read = |path: &Path| -> toml::Table {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        text.parse().expect("lint settings are TOML")
    };
    let common = read(&tree::root().join(".clippy.toml"));
    let first = read(&tree::root().join("src/model/.clippy.toml"));
    for name in PURE {
        let nested = read(&tree::root().join("src").join(name).join(".clippy.toml"));
        assert_eq!(
            nested, first,
            "src/{name}/.clippy.toml differs from src/model's"
        );
    }
    for (key, value) in &common {
        // A nested file replaces the root's, it does not add to it.
        assert_eq!(first.get(key), Some(value), "{key} as in the root's");
    }
    for key in ["disallowed-types", "disallowed-methods"] {
        assert!(first.contains_key(key), "{key} is what makes a crate pure");
    }
}

#[test]
fn no_file_is_named_mod() {
    let files = tree::files().expect("a readable tree");
    let findings = files
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "mod.rs"))
        .map(|path| tree::shown(path))
        .collect();
    none(
        findings,
        "name the file after its module, `foo.rs` beside `foo/`:",
    );
}

#[test]
fn nothing_is_left_for_later_in_the_sources() {
    // Taken apart, so that this file does not find itself.
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let calls = [["to", "do!("].concat(), ["unimpl", "emented!("].concat()];
    let mut findings = Vec::new();
    for (path, text) in tree::texts("rs").expect("a readable tree") {
        for (number, line) in text.lines().enumerate() {
            let comment = line.split_once("//").map_or("", |(_, comment)| {
                comment.trim_start_matches(['/', '!', ' '])
            });
            let is_marked = marks
                .iter()
                .any(|mark| comment.starts_with(mark) || comment.contains(&format!("{mark}:")));
            if is_marked || calls.iter().any(|call| line.contains(call)) {
                findings.push(format!("{}:{}", tree::shown(&path), number + 1));
            }
        }
    }
    none(
        findings,
        "do it, or describe what is missing where users read it:",
    );
}

#[test]
fn the_sources_name_no_machine_and_no_registry() {
    // Taken apart, so that this file does not find itself.
    let hosts = [
        ["crates", "io"].join("."),
        ["pypi", "org"].join("."),
        ["registry", "npmjs", "org"].join("."),
    ];
    let folder = ["/wo", "rk/"].concat();
    let mut findings = Vec::new();
    for path in tree::files().expect("a readable tree") {
        let is_lock = path.extension().is_some_and(|is| is == "lock");
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        if is_lock {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let names_host = hosts.iter().any(|host| line.contains(host.as_str()));
            if names_host || begins_a_path(line, &folder) {
                findings.push(format!("{}:{}", tree::shown(&path), number + 1));
            }
        }
    }
    none(
        findings,
        "the project speaks only of itself, not of where it was written:",
    );
}

/// Whether the folder stands there as the beginning of a path, not as a part of a longer one.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.}~".contains(c))
    })
}

#[test]
fn a_folder_is_told_from_a_part_of_an_address() {
    let check = |line: &str, expected| assert_eq!(begins_a_path(line, "/x/"), expected, "{line}");
    check("see /x/main", true);
    check("(\"/x/main\")", true);
    check("/x/main", true);
    check("_apis/x/items", false);
    check("https://example.com/x/", false);
    check("{base}/x/items", false);
}

#[test]
fn the_top_level_is_what_the_architecture_says() {
    let entries: BTreeSet<String> = fs::read_dir(tree::root())
        .expect("a readable root")
        .map(|entry| {
            let name = entry.expect("a readable entry").file_name();
            name.into_string().expect("a name in UTF-8")
        })
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    let wanted: BTreeSet<String> = TOP_LEVEL.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        entries, wanted,
        "left: what is there; right: what should be"
    );
}

#[test]
fn src_holds_crates_and_nothing_else() {
    let findings = fs::read_dir(tree::root().join("src"))
        .expect("a readable src")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| !path.join("Cargo.toml").is_file())
        .map(|path| tree::shown(&path))
        .collect();
    none(findings, "every entry of src is a crate:");
}

#[test]
fn the_product_logs_by_its_own_typed_macro_alone() {
    // The macro, and what makes lines of events.
    let allowed = [
        "src/model/log.rs",
        "src/counterpart/log.rs",
        "src/counterpart/log/",
        "src/counterpart/telemetry/",
    ];
    let (mut findings, mut met) = (Vec::new(), 0);
    for (path, text) in tree::texts("rs").expect("a readable tree") {
        let shown = tree::shown(&path);
        let is_ours = ["src/", "actors/", "storage/"]
            .iter()
            .any(|root| shown.starts_with(root));
        // The emulator is no part of a node, and what it says is treated as any library's.
        if !is_ours || shown.starts_with("src/emulator/") {
            continue;
        }
        let may = allowed.iter().any(|place| shown.starts_with(place));
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let code = code.replace("use tracing::Instrument as _;", "");
            met += usize::from(code.contains("model::log!("));
            if has_word(&code, "tracing") && !may {
                findings.push(format!("{shown}:{}", number + 1));
            }
        }
    }
    assert!(met > 20, "only {met} places that log were found");
    none(
        findings,
        "log by `model::log!`, which takes nothing that could be content:",
    );
}

#[test]
fn every_problem_is_in_the_catalogue_in_the_words_of_the_program() {
    let path = tree::root().join("docs/problems.md");
    let text = fs::read_to_string(path).expect("it is there");
    let sections: Vec<(&str, &str)> = text
        .split("\n## `")
        .skip(1)
        .map(|section| section.split_once('`').expect("a code"))
        .collect();
    let told: Vec<&str> = sections.iter().map(|(code, _)| *code).collect();
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(told, known, "left: docs/problems.md; right: the program");
    let mut findings = Vec::new();
    for (code, (_, section)) in Code::ALL.iter().zip(&sections) {
        let cure = format!("- What to do: {}\n", code.cure());
        let parts = [
            code.what(),
            cure.as_str(),
            "- Cause: ",
            "- The program: ",
            "- Closes: ",
        ];
        let missing = parts.iter().filter(|part| !section.contains(**part));
        findings.extend(missing.map(|part| format!("{code}: {part}")));
    }
    none(findings, "docs/problems.md lacks:");
}

#[test]
fn every_bound_is_documented_and_held_somewhere() {
    let sources = tree::texts("rs").expect("a readable tree");
    let mut findings = Vec::new();
    for (path, text) in &sources {
        if path.file_name().is_none_or(|name| name != "limit.rs") {
            continue;
        }
        for (name, is_documented) in constants(text) {
            let place = format!("{}: {name}", tree::shown(path));
            if !is_documented {
                findings.push(format!("{place} has no documentation"));
            }
            let is_used = sources
                .iter()
                .any(|(other, text)| other != path && has_word(text, name));
            if !is_used {
                findings.push(format!("{place} bounds nothing"));
            }
        }
    }
    none(
        findings,
        "a bound says what it bounds, and something obeys it:",
    );
}

/// The public constants of a file, each with whether a doc comment stands above it.
fn constants(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut above = "";
    for line in text.lines().map(str::trim_start) {
        let constant = line
            .strip_prefix("pub const ")
            .or_else(|| line.strip_prefix("pub(crate) const "))
            .and_then(|rest| rest.split(':').next());
        if let Some(name) = constant {
            found.push((name, above.starts_with("///")));
        }
        above = line;
    }
    found
}

/// Whether the text has this name as a whole word.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[test]
fn ci_runs_the_test_command_and_nothing_else() {
    let text = fs::read_to_string(tree::root().join(".ci/run")).expect(".ci/run is there");
    let commands: Vec<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("set "))
        .collect();
    assert_eq!(
        commands,
        ["exec \"$(dirname \"$0\")/../tests/run\""],
        ".ci/run calls tests/run"
    );
}

#[test]
fn every_deliberate_bug_has_its_place_and_a_test_that_is_there() {
    let table =
        fs::read_to_string(tree::root().join("tests/mutations/table.toml")).expect("it is there");
    let table: toml::Table = table.parse().expect("it is TOML");
    let bugs = table
        .get("mutation")
        .and_then(toml::Value::as_array)
        .expect("a list");
    assert!(bugs.len() >= 30, "only {}", bugs.len());
    let sources: Vec<String> = tree::texts("rs")
        .expect("readable")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let mut wrong = Vec::new();
    for bug in bugs {
        let part = |name| {
            bug.get(name)
                .and_then(toml::Value::as_str)
                .unwrap_or_default()
        };
        let file = fs::read_to_string(tree::root().join(part("file"))).unwrap_or_default();
        if file.matches(part("find")).count() != 1 {
            wrong.push(format!(
                "{}: its place is not in {} exactly once",
                part("what"),
                part("file")
            ));
        }
        let name = part("test").rsplit("::").next().unwrap_or_default();
        let head = format!("fn {name}(");
        if !sources.iter().any(|text| text.contains(&head)) {
            wrong.push(format!("{}: no test is called {name}", part("what")));
        }
    }
    none(wrong, "tests/mutations/table.toml is true to the code");
}

#[test]
fn every_field_of_the_log_is_in_the_policy() {
    let known = counterpart::policy::log_fields();
    let mut used = BTreeSet::new();
    let mut findings = Vec::new();
    for (path, text) in tree::texts("rs").expect("a readable tree") {
        let shown = tree::shown(&path);
        // What is logged there is a test's own, or the emulators', which no customer runs.
        let others = ["tests", "emulator", "benches"];
        if others.iter().any(|other| shown.contains(other)) {
            continue;
        }
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for field in events(product).into_iter().flat_map(fields) {
            if !known.contains(&field) {
                findings.push(format!("{shown}: {field}"));
            }
            used.insert(field.to_owned());
        }
    }
    none(findings, "src/counterpart/policy/logged.rs has no row for:");
    let idle = known.iter().filter(|field| !used.contains(**field));
    let idle = idle.map(|field| (*field).to_owned()).collect();
    none(
        idle,
        "src/counterpart/policy/logged.rs has a row that nothing logs:",
    );
}

/// What stands between the parentheses of each event and span.
fn events(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for head in ["model::log!(", "model::span!("] {
        for (at, _) in text.match_indices(head) {
            let rest = &text[at + head.len()..];
            let end = split(rest).0;
            found.push(&rest[..end]);
        }
    }
    found
}

/// Where the parenthesis that is open at the beginning is closed, and where the commas on its own level are.
fn split(text: &str) -> (usize, Vec<usize>) {
    let (mut depth, mut is_text, mut is_escaped) = (1_u32, false, false);
    let mut commas = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            _ if is_text => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 1 => commas.push(at),
            _ => {}
        }
        if depth == 0 {
            return (at, commas);
        }
    }
    (text.len(), commas)
}

/// The names of an event's fields: what stands before an equals sign, and what a span is told later.
fn fields(event: &str) -> Vec<&str> {
    let closed = format!("{event})");
    let (_, commas) = split(&closed);
    let mut begin = 0;
    let mut found = Vec::new();
    for end in commas.into_iter().chain([event.len()]) {
        let part = event.get(begin..end).unwrap_or_default().trim();
        begin = end + 1;
        let (part, later) = match part.rsplit_once("; ") {
            Some((before, later)) if !part.contains('"') => (before, Some(later)),
            _ => (part, None),
        };
        let name = part.split_once(" = ").map(|(name, _)| name);
        let name = name.filter(|_| !part.starts_with('"'));
        found.extend(name.into_iter().chain(later));
    }
    found
}

#[test]
fn the_fields_of_an_event_are_found() {
    let text = "model::log!(warn, \"it, (failed)\", tenant = self.name, count = f(a, b)); model::span!(\"x\", side = a; came);";
    let events = events(text);
    assert_eq!(fields(events[0]), ["tenant", "count"]);
    assert_eq!(fields(events[1]), ["side", "came"]);
}

#[test]
fn each_test_that_the_data_policy_names_is_there() {
    let text = fs::read_to_string(tree::root().join("docs/data-policy.md")).expect("it is there");
    let prose = text.split("<!-- begin").next().unwrap_or_default();
    let rows = prose.lines().filter(|line| line.starts_with('|'));
    let named: Vec<&str> = rows
        .filter_map(|row| row.trim_end_matches(" |").rsplit_once("| "))
        .filter_map(|(_, cell)| cell.strip_prefix('`')?.strip_suffix('`'))
        .collect();
    assert!(named.len() >= 6, "only {named:?}");
    let sources = tree::texts("rs").expect("a readable tree");
    let is_there = |name: &str| {
        let head = format!("fn {name}(");
        sources.iter().any(|(_, text)| text.contains(&head))
    };
    let missing = named.into_iter().filter(|name| !is_there(name));
    none(missing.map(str::to_owned).collect(), "no such test:");
}

#[test]
fn each_kind_of_loss_has_its_word_among_the_metrics() {
    use model::metric::Metric;
    use richtext::LossKind;
    let words = Metric::Losses.row().labels.last().expect("labels").words();
    for (place, word) in words.iter().enumerate() {
        let kind: LossKind = serde_json::from_value((*word).into()).expect("a kind");
        assert_eq!((kind.name(), kind as usize), (*word, place));
    }
    assert_eq!(
        words.len(),
        LossKind::More as usize + 1,
        "`More` is the last"
    );
}
