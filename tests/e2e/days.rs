//! Working days of the four public clients, unmodified, over all areas of both products; and what the vendors' descriptions
//! say to every answer on the way.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tests::descriptions::{EXCEPTIONS, MENDS, Verdict};
use tests::harness::{Emulators, Plan, World};
use tests::{environment, tree};

/// Distinct operations that a day uses at least.
const CALLS_MIN: usize = 60;

/// A public client, by the folder of its day.
#[derive(Clone, Copy, Debug)]
enum Client {
    JiraPython,
    JiraNode,
    AzurePython,
    AzureNode,
}

impl Client {
    const ALL: [Client; 4] = [
        Client::JiraPython,
        Client::JiraNode,
        Client::AzurePython,
        Client::AzureNode,
    ];

    fn folder(self) -> &'static str {
        match self {
            Client::JiraPython => "jira_python",
            Client::JiraNode => "jira_node",
            Client::AzurePython => "azure_python",
            Client::AzureNode => "azure_node",
        }
    }

    fn side(self) -> &'static str {
        match self {
            Client::JiraPython | Client::JiraNode => "jira",
            Client::AzurePython | Client::AzureNode => "azure",
        }
    }

    fn command(self) -> Command {
        let clients = tree::root().join("tests/clients");
        let mut command = match self {
            Client::JiraPython | Client::AzurePython => {
                let mut command = Command::new(prepared(environment::python));
                command.args(["-m", self.folder()]);
                command.env("PYTHONDONTWRITEBYTECODE", "1");
                command.env("PYTHONWARNINGS", "ignore");
                command
            }
            Client::JiraNode | Client::AzureNode => {
                let mut command = Command::new("node");
                command.arg(format!("{}/main.js", self.folder()));
                command.env("NODE_PATH", prepared(environment::node_modules));
                command
            }
        };
        command.current_dir(clients);
        command
    }
}

/// What is installed for the clients. Where the tests run without `tests/run`, it is made as that would make it.
fn prepared<T>(find: impl Fn() -> Result<T, String>) -> T {
    static PREPARED: OnceLock<()> = OnceLock::new();
    find().unwrap_or_else(|_| {
        PREPARED.get_or_init(|| {
            let made = Command::new(tree::root().join("tests/run"))
                .arg("--prepare")
                .current_dir(tree::root())
                .status()
                .expect("tests/run starts");
            assert!(made.success(), "tests/run --prepare: {made}");
        });
        find().unwrap_or_else(|missing| panic!("{missing}"))
    })
}

/// How a day went.
#[derive(Debug)]
struct Done {
    /// What the script told; null when it did not come to its end.
    told: Value,
    /// What the script said about its failures.
    failures: String,
    /// The distinct operations that the emulator has answered.
    calls: BTreeSet<String>,
    /// What the descriptions say; nothing where they are not at hand.
    verdict: Option<Verdict>,
}

/// The day of a client. It is worked once, whoever asks for it.
fn day(client: Client) -> &'static Done {
    static DAYS: [OnceLock<Done>; 4] = [const { OnceLock::new() }; 4];
    DAYS[client as usize].get_or_init(|| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(work(client))
    })
}

async fn work(client: Client) -> Done {
    let emulators = Emulators::begin(&Plan::new(120, 5)).await;
    let first = emulators.first.to_string();
    let cache = tempfile::tempdir().expect("a temporary directory");
    let mut command = client.command();
    // The package keeps what it learns of an address on the disk; the next emulator at this address would inherit it.
    command.env("AZURE_DEVOPS_CACHE_DIR", cache.path());
    let output = tokio::task::spawn_blocking(move || run(command, &first))
        .await
        .expect("the script is waited for");
    let failures = match output.status.success() {
        true => String::new(),
        false => String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    let url = emulators.first[client.side()]["url"].as_str();
    let calls = calls(url.unwrap_or_default()).await;
    Done {
        told: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        failures,
        calls,
        verdict: emulators.end(),
    }
}

fn run(mut command: Command, first: &str) -> std::process::Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the script starts");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(first.as_bytes())
        .expect("the line is taken");
    drop(input);
    child.wait_with_output().expect("the script ends")
}

async fn calls(url: &str) -> BTreeSet<String> {
    let root: Vec<&str> = url.splitn(4, '/').take(3).collect();
    let answer = reqwest::get(format!("{}/_emulator/requests", root.join("/")));
    let answer = answer.await.expect("the emulator answers");
    let counts: Value = serde_json::from_slice(&answer.bytes().await.expect("a whole answer"))
        .expect("the counts are JSON");
    let rows = counts["endpoints"].as_array().cloned().unwrap_or_default();
    let name = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("method"), text("endpoint"))
    };
    rows.iter().map(name).collect()
}

/// A day is long enough, the script counts as the emulator does, and every answer is as described.
fn good_day(client: Client) {
    let done = day(client);
    let against = done
        .verdict
        .as_ref()
        .map(Verdict::lines)
        .unwrap_or_default();
    assert!(
        done.failures.is_empty() && against.is_empty(),
        "{client:?}\n{}\nagainst the vendors' descriptions:\n{against}",
        done.failures
    );
    let told: BTreeSet<String> = done.told["calls"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|call| call.as_str().map(str::to_owned))
        .collect();
    assert!(
        told.len() >= CALLS_MIN,
        "{client:?}: {} distinct calls",
        told.len()
    );
    assert_eq!(told, done.calls, "the script's count and the emulator's");
    if done.verdict.is_none() {
        eprintln!("{client:?}: the vendors' descriptions are not at hand; answers are not judged");
    }
}

#[test]
fn a_working_day_of_the_jira_package_for_python() {
    good_day(Client::JiraPython);
}

#[test]
fn a_working_day_of_the_jira_package_for_node() {
    good_day(Client::JiraNode);
}

#[test]
fn a_working_day_of_the_azure_devops_package_for_python() {
    good_day(Client::AzurePython);
}

#[test]
fn a_working_day_of_the_azure_devops_package_for_node() {
    good_day(Client::AzureNode);
}

/// Every exception from the descriptions, and every mend of them, is needed by something that a client or our own product
/// does.
#[test]
fn every_exception_from_the_descriptions_is_needed() {
    if environment::specs().is_none() {
        eprintln!("the vendors' descriptions are not at hand; their exceptions are not judged");
        return;
    }
    let mut all = product();
    for client in Client::ALL {
        all.add(day(client).verdict.clone().unwrap_or_default());
    }
    let idle: Vec<String> = EXCEPTIONS
        .iter()
        .enumerate()
        .filter(|(place, _)| !all.exceptions.contains(place))
        .map(|(_, exception)| format!("{} | {}", exception.operation, exception.what))
        .chain(
            MENDS
                .iter()
                .enumerate()
                .filter(|(place, _)| !all.mends.contains(place))
                .map(|(_, mend)| format!("{} {}", mend.definition, mend.member)),
        )
        .collect();
    assert!(
        idle.is_empty(),
        "nothing needs these:\n  {}",
        idle.join("\n  ")
    );
}

/// What our own product asks and hears while it brings both sides in step.
fn product() -> Verdict {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = World::begin(Plan::new(12, 61)).await;
        let checked = world.run(&["profile", "check", "--online"]).await;
        assert_eq!(checked.code, Some(0), "{checked:?}");
        let synced = world.run(&["sync", "--once"]).await;
        assert_eq!(synced.code, Some(0), "{synced:?}");
        world.verdict()
    })
}
