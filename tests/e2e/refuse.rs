//! What is wrong with a profile, a configuration or a command is refused by name, place and remedy, with the contract's exit
//! codes.

use std::fs;
use std::path::PathBuf;

use tests::harness::{Ran, run};

/// Runs the binary without a world.
async fn command(arguments: &[&str]) -> Ran {
    let arguments = arguments.iter().map(|each| (*each).to_owned()).collect();
    run(&tests::binary::built(), arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_profile_is_refused_offline_by_file_line_and_remedy() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path: PathBuf = folder.path().join("web.toml");
    let check = |find: &'static str, put: &'static str, wanted: &'static [&'static str]| {
        let path = path.clone();
        async move {
            assert!(mapping::SAMPLE.contains(find), "{find}");
            let text = mapping::SAMPLE.replacen(find, put, 1);
            let line = 1 + mapping::SAMPLE
                .split_once(find)
                .map_or(0, |(before, _)| before.matches('\n').count());
            fs::write(&path, text).expect("the profile is written");
            let shown = path.display().to_string();
            let ran = command(&["profile", "check", &shown]).await;
            assert_eq!(ran.code, Some(2), "{put}: {ran:?}");
            assert!(
                ran.err.contains(&format!("{shown}:{line}")),
                "{put}: {line}: {}",
                ran.err
            );
            for word in wanted {
                assert!(ran.err.contains(word), "{put}: no {word:?} in {}", ran.err);
            }
        }
    };
    check(
        "conflict = \"latest\"",
        "conflict = \"lastest\"",
        &["lastest", "latest"],
    )
    .await;
    check(
        "otherwise = \"skip\"",
        "otherwice = \"skip\"",
        &["otherwice", "otherwise"],
    )
    .await;
    check("[\"Low\", 4]", "[\"Low\", {}]", &["value"]).await;
    check(
        "credential = \"jira-sync\"",
        "credential = 7",
        &["credential"],
    )
    .await;
    check(
        "name = \"web-to-platform\"",
        "name = ",
        &["not TOML", "syntax"],
    )
    .await;
    fs::write(&path, mapping::SAMPLE).expect("the profile is written");
    let ran = command(&["profile", "check", &path.display().to_string()]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_are_those_of_the_contract() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let there = |name: &str| folder.path().join(name).display().to_string();
    let none = there("none.toml");
    let check = |code: i32, arguments: Vec<String>, wanted: &'static str| async move {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = command(&arguments).await;
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        let told = format!("{}{}", ran.out, ran.err);
        assert!(
            told.contains(wanted),
            "{arguments:?}: no {wanted:?} in {told}"
        );
    };
    let owned = |list: &[&str]| {
        list.iter()
            .map(|each| (*each).to_owned())
            .collect::<Vec<_>>()
    };
    check(2, owned(&["sync", "--nonsense"]), "--nonsense").await;
    check(2, owned(&["nonsense"]), "nonsense").await;
    check(2, owned(&["sync", "--config", &none]), "--once").await;
    check(0, owned(&["problems", "--help"]), "Example:").await;
    for command in ["serve", "problems", "fsck"] {
        check(2, owned(&[command, "--config", &none]), "none.toml").await;
    }
    check(2, owned(&["profile", "check", &none]), "none.toml").await;
    check(
        2,
        owned(&["pair", "show", "WEB-1", "--config", &none]),
        "--config",
    )
    .await;
    fs::write(there("bad.toml"), "[node]\ndata = \"data\"\nlisten = 7\n").expect("a file");
    check(
        2,
        owned(&["serve", "--config", &there("bad.toml")]),
        "bad.toml:3",
    )
    .await;
    // A whole configuration whose remotes are not there.
    fs::create_dir_all(folder.path().join("profiles/acme")).expect("a folder");
    let profile = mapping::SAMPLE
        .replace("https://acme.atlassian.net", "http://127.0.0.1:9")
        .replace("https://dev.azure.com", "http://127.0.0.1:9");
    fs::write(there("profiles/acme/web.toml"), profile).expect("a file");
    let credential = |name: &str| {
        format!("[[credential]]\ntenant = \"acme\"\nname = {name:?}\nfile = \"token\"\n")
    };
    let node = "[node]\ndata = \"data\"\nlisten = \"127.0.0.1:0\"\n";
    let good = there("good.toml");
    fs::write(&good, format!("{node}{}", credential("jira-sync"))).expect("a file");
    check(2, owned(&["serve", "--config", &good]), "azure-sync").await;
    check(3, owned(&["problems", "--config", &good]), "azure-sync").await;
    let whole = format!(
        "{node}{}{}",
        credential("jira-sync"),
        credential("azure-sync")
    );
    fs::write(&good, whole).expect("a file");
    check(
        2,
        owned(&["profile", "check", "--online", "--config", &good]),
        "token",
    )
    .await;
    fs::write(there("token"), "any").expect("a file");
    check(
        3,
        owned(&["profile", "check", "--online", "--config", &good]),
        "Jira",
    )
    .await;
    // A data directory that is not there may be one that is not mounted.
    for command in ["problems", "fsck"] {
        check(3, owned(&[command, "--config", &good]), "no data").await;
    }
    fs::create_dir(there("data")).expect("a folder");
    check(0, owned(&["problems", "--config", &good]), "no problems").await;
    check(3, owned(&["fsck", "--config", &good]), "no tenant").await;
    check(
        2,
        owned(&["pair", "show", "WEB-1", "--config", &good]),
        "WEB-1",
    )
    .await;
}
