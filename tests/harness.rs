//! A world to test in: both remotes, a node between them as a process of its own, and people at work.
//!
//! [`World::begin`] starts the emulators in a process of their own and writes a node's configuration and profile below a
//! temporary directory. The node is the real binary: it is started, killed and terminated as an operator would. What a
//! test believes, it believes of the remotes (their items and their ledgers), never of the node.
//!
//! Every wait ends: with what was waited for, or with a failure that shows the differences, the doubled creates and the
//! end of the node's log.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail the test"
)]

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use admin::{Client as Console, Query, Token};
use counterpart::command::access::NodeFile;
use counterpart::demo::compare::{self, Comparison};
use counterpart::demo::people::People;
use counterpart::demo::remote::{Address, Seat, control};
use mapping::Profile;
use model::{Both, Side};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::binary;
use crate::descriptions::Verdict;
use crate::recorder::Recorder;

/// The tenant of every world.
pub const TENANT: &str = "acme";
/// The file of the profile below the tenant's folder.
pub const PROFILE: &str = "web.toml";
/// How long a process may take to come up.
const START: Duration = Duration::from_secs(30);
/// How long one command of the binary may take.
const COMMAND: Duration = Duration::from_secs(120);
/// Worlds at a time on each core. They wait most of the time, for polls and pauses; many more would slow each other down until
/// deadlines pass.
const WORLDS: usize = 2;

/// Room for as many worlds as the machine bears at a time.
static ROOM: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new(WORLDS * cores)
});

/// What a world begins with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Sample items on each side.
    pub items: u32,
    /// The seed of everything that looks random.
    pub seed: u64,
    /// The node's log filter.
    pub log: &'static str,
    /// Whether the node's log lies in the data directory, where nothing of the items may be.
    pub log_in_data: bool,
    /// What a shell does before it becomes the node: `ulimit -n 64`. Empty for nothing.
    pub before: &'static str,
    /// Whether what passes is held against the vendors' descriptions. A world that lives for hours does without.
    pub recorded: bool,
}

impl Plan {
    /// A world with so many sample items on each side.
    #[must_use]
    pub fn new(items: u32, seed: u64) -> Plan {
        Plan {
            items,
            seed,
            log: "info",
            log_in_data: false,
            before: "",
            recorded: true,
        }
    }
}

/// Both remotes and a node.
pub struct World {
    /// What it began with.
    pub plan: Plan,
    /// Where the remotes are met.
    pub addresses: Both<Address>,
    /// The node's tokens at the remotes.
    pub tokens: Both<String>,
    /// The profile that the node began with.
    pub profile: Profile,
    client: Client,
    binary: PathBuf,
    emulators: Process,
    recorders: Vec<Recorder>,
    node: Option<Process>,
    twin: Option<Process>,
    starts: u32,
    folder: TempDir,
    _room: SemaphorePermit<'static>,
}

/// A process that does not outlive its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl World {
    /// Starts the emulators and writes the configuration. The node is not started yet.
    pub async fn begin(plan: Plan) -> World {
        let room = ROOM.acquire().await.expect("the room is never closed");
        // A second installation is refused and harmless: the first one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a temporary directory");
        // A build that goes on meanwhile must not change the binary in the middle of a test.
        let binary = folder.path().join("counterpart");
        let built = binary::built();
        if fs::hard_link(&built, &binary).is_err() {
            fs::copy(&built, &binary).expect("the binary can be copied");
        }
        let (emulators, first) = emulate(&binary, folder.path(), &plan).await;
        let (first, recorders) = match plan.recorded {
            true => recorded(first).await,
            false => (first, Vec::new()),
        };
        let addresses = addresses(&first);
        let text = profile_text(&addresses);
        let token = |side: &str| first[side]["token"].as_str().unwrap_or_default().to_owned();
        let world = World {
            profile: Profile::compile(&text, PROFILE).expect("the sample profile compiles"),
            tokens: Both {
                jira: token("jira"),
                azure: token("azure"),
            },
            addresses,
            client: Client::new(),
            binary,
            emulators,
            recorders,
            node: None,
            twin: None,
            starts: 0,
            folder,
            plan,
            _room: room,
        };
        world.configure(&text, first["jira"]["user"].as_str().unwrap_or_default());
        world
    }

    fn configure(&self, profile: &str, user: &str) {
        let root = self.folder.path();
        fs::create_dir_all(self.profile_path().parent().expect("a folder"))
            .expect("the profile's folder");
        fs::create_dir_all(self.data()).expect("the data directory");
        fs::write(self.profile_path(), profile).expect("the profile is written");
        for side in Side::BOTH {
            self.write_token(side, self.tokens.get(side));
        }
        let text = format!(
            "[node]\ndata = \"data\"\nlisten = \"127.0.0.1:0\"\nlog = {log:?}\npoll_seconds = 0.2\n\
             probe_seconds = [1.0, 2.0, 3.0]\nsearch_seconds = 4.0\n\n\
             [[credential]]\ntenant = {TENANT:?}\nname = \"jira-sync\"\nuser = {user:?}\nfile = \"jira.token\"\n\n\
             [[credential]]\ntenant = {TENANT:?}\nname = \"azure-sync\"\nfile = \"azure.token\"\n",
            log = self.plan.log,
        );
        fs::write(root.join("counterpart.toml"), text).expect("the configuration is written");
    }

    /// The folder of the configuration. What lies in it beside [`World::data`] is the test's own.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("counterpart.toml")
    }

    /// The profile's file.
    #[must_use]
    pub fn profile_path(&self) -> PathBuf {
        self.folder
            .path()
            .join("profiles")
            .join(TENANT)
            .join(PROFILE)
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The tenant's store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.data().join(TENANT)
    }

    /// The node's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        let folder = if self.plan.log_in_data {
            self.data()
        } else {
            self.folder.path().to_owned()
        };
        folder.join("node.log")
    }

    /// Replaces the node's token at one remote; it is read anew with every request.
    pub fn write_token(&self, side: Side, token: &str) {
        let path = self.folder.path().join(format!("{}.token", side.as_str()));
        fs::write(path, token).expect("the token is written");
    }

    /// Rewrites the profile's file; the next start reads it.
    pub fn rewrite_profile(&mut self, change: impl FnOnce(String) -> String) {
        let path = self.profile_path();
        let text = change(fs::read_to_string(&path).expect("the profile is there"));
        if let Ok(profile) = Profile::compile(&text, PROFILE) {
            self.profile = profile;
        }
        fs::write(path, text).expect("the profile is written");
    }

    /// Starts the node and does not wait for it.
    pub fn spawn(&mut self) {
        assert!(self.node.is_none(), "the node runs already");
        self.starts += 1;
        let log = append(&self.log());
        let out = File::create(self.node_out()).expect("a file for the node's output");
        let child = self
            .launcher()
            .args(["serve", "--json", "--config"])
            .arg(self.config())
            .env("TMPDIR", self.temporary())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(log)
            .spawn()
            .expect("the node starts");
        self.node = Some(Process(child));
    }

    /// The binary, or a shell that becomes it.
    fn launcher(&self) -> Command {
        if self.plan.before.is_empty() {
            return Command::new(&self.binary);
        }
        let mut shell = Command::new("sh");
        let script = format!("{}; exec \"$0\" \"$@\"", self.plan.before);
        shell.arg("-c").arg(script).arg(&self.binary);
        shell
    }

    /// Starts a second node on a copy of the data directory, as it is in this moment.
    pub async fn start_twin(&mut self) {
        let folder = self.folder.path();
        let mut copy = Command::new("cp");
        copy.arg("-a").args([self.data(), folder.join("twin")]);
        assert!(copy.status().expect("cp runs").success(), "no copy");
        let config = fs::read_to_string(self.config()).expect("the configuration");
        let config = config.replace("data = \"data\"", "data = \"twin\"");
        fs::write(self.twin_config(), config).expect("the configuration is written");
        let out = folder.join("twin.out");
        let child = Command::new(&self.binary)
            .args(["serve", "--json", "--config"])
            .arg(self.twin_config())
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("a file for the node's output"))
            .stderr(append(&folder.join("twin.log")))
            .spawn()
            .expect("the second node starts");
        self.twin = Some(Process(child));
        let since = Instant::now();
        while first_line(&out).is_none() {
            assert!(since.elapsed() < START, "the second node does not come up");
            pause(20).await;
        }
    }

    fn twin_config(&self) -> PathBuf {
        self.folder.path().join("twin.toml")
    }

    /// Runs a command on the second node's configuration.
    pub async fn run_twin(&self, arguments: &[&str]) -> Ran {
        self.run_on(&self.twin_config(), arguments).await
    }

    /// Starts the node and waits until it says that it runs.
    pub async fn start(&mut self) {
        self.spawn();
        let since = Instant::now();
        while first_line(&self.node_out()).is_none() {
            if let Some(status) = self.ended() {
                panic!("the node ended at its start: {status}\n{}", self.tail());
            }
            assert!(
                since.elapsed() < START,
                "the node does not come up\n{}",
                self.tail()
            );
            pause(20).await;
        }
    }

    /// The node's directory for temporary files.
    #[must_use]
    pub fn temporary(&self) -> PathBuf {
        let path = self.folder.path().join("tmp");
        fs::create_dir_all(&path).expect("a directory for temporary files");
        path
    }

    /// What the node said on standard output, of all starts.
    #[must_use]
    pub fn said(&self) -> Vec<u8> {
        let outs =
            (1..=self.starts).map(|start| self.folder.path().join(format!("node-{start}.out")));
        outs.flat_map(|path| fs::read(path).unwrap_or_default())
            .collect()
    }

    fn node_out(&self) -> PathBuf {
        self.folder.path().join(format!("node-{}.out", self.starts))
    }

    /// The exit status of a node that ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let node = self.node.as_mut()?;
        let status = node.0.try_wait().expect("a child can be asked");
        if status.is_some() {
            self.node = None;
        }
        status
    }

    /// Kills the node (SIGKILL). Says whether it still ran.
    pub fn kill(&mut self) -> bool {
        let ran = self.ended().is_none() && self.node.is_some();
        drop(self.node.take());
        ran
    }

    /// The number of the node's process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.node.as_ref().expect("the node runs").0.id()
    }

    /// Sends the node a signal, by its name: `STOP`.
    pub fn signal(&self, name: &str) {
        let told = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.process())])
            .status()
            .expect("a shell");
        assert!(told.success(), "the node cannot be sent a signal");
    }

    /// Lets the node abort (SIGABRT) and waits for its end. Says whether it still ran.
    pub async fn abort(&mut self) -> bool {
        let ran = self.ended().is_none() && self.node.is_some();
        if ran {
            self.signal("ABRT");
            self.end_of_node().await;
        }
        ran
    }

    /// Asks the node to end (SIGTERM), waits for it, and gives its status and the time it took.
    pub async fn terminate(&mut self) -> (ExitStatus, Duration) {
        self.signal("TERM");
        self.end_of_node().await
    }

    async fn end_of_node(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return (status, since.elapsed());
            }
            assert!(
                since.elapsed() < START,
                "the node does not end\n{}",
                self.tail()
            );
            pause(10).await;
        }
    }

    /// Runs a command of the binary on this configuration, with `--json`, to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_on(&self.config(), arguments).await
    }

    /// The same on another configuration.
    pub async fn run_on(&self, config: &Path, arguments: &[&str]) -> Ran {
        let mut all: Vec<String> = arguments.iter().map(|each| (*each).to_owned()).collect();
        all.extend([
            "--json".to_owned(),
            "--config".to_owned(),
            config.display().to_string(),
        ]);
        run(&self.binary, all).await
    }

    /// Starts a command of the binary on this configuration and lets it run for so many milliseconds, then kills it. Gives its
    /// exit code when it was quicker.
    pub async fn run_briefly(&self, arguments: &[&str], milliseconds: u64) -> Option<i32> {
        let child = Command::new(&self.binary)
            .args(arguments)
            .arg("--config")
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts");
        let mut process = Process(child);
        pause(milliseconds).await;
        let ended = process.0.try_wait().expect("a child can be asked");
        ended.and_then(|status| status.code())
    }

    /// Adds lines to the configuration.
    pub fn configure_more(&self, lines: &str) {
        let mut text = fs::read_to_string(self.config()).expect("the configuration is there");
        text.push_str(lines);
        fs::write(self.config(), text).expect("the configuration is written");
    }

    /// Has the node make backups by itself. The day's moment of the schedule is hours away, whenever this runs: a test in the
    /// middle of which it came would see one backup more.
    pub fn keep_backups(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let minute = (now.expect("a clock").as_secs() / 60 + 12 * 60) % (24 * 60);
        let (hour, minute) = (minute / 60, minute % 60);
        self.configure_more(&format!("\n[backup]\nat = \"{hour:02}:{minute:02}\"\n"));
    }

    /// The same with a file on its standard input.
    pub async fn feed(&self, arguments: &[&str], input: &Path) -> Ran {
        let mut all: Vec<String> = arguments.iter().map(|each| (*each).to_owned()).collect();
        all.extend(["--config".to_owned(), self.config().display().to_string()]);
        run_on(&self.binary, all, Some(input)).await
    }

    /// Moves both credentials from their files into the tenant's vault, under a new master key, and takes them out of the
    /// configuration.
    pub async fn seal(&self) {
        self.write_master("master.key", &self.new_master().await);
        let text = fs::read_to_string(self.config()).expect("the configuration is there");
        let (node, credentials) = text
            .split_once("[[credential]]")
            .expect("it has credentials");
        let user = credentials
            .split('"')
            .find(|word| word.contains('@'))
            .unwrap_or_default()
            .to_owned();
        let sealed = format!("{node}[master_key]\nfile = \"master.key\"\n");
        fs::write(self.config(), sealed).expect("the configuration is written");
        for side in Side::BOTH {
            let file = self.folder().join(format!("{}.token", side.as_str()));
            let name = format!("{}-sync", side.as_str());
            let set = self
                .feed(&["secret", "set", &name, "--user", &user], &file)
                .await;
            assert_eq!(set.code, Some(0), "{}", set.err);
            fs::remove_file(file).expect("the file goes");
        }
    }

    /// A new master key, as the product makes it.
    pub async fn new_master(&self) -> String {
        let made = run(
            &self.binary,
            ["secret", "generate"].map(str::to_owned).into(),
        )
        .await;
        assert_eq!(made.code, Some(0), "{}", made.err);
        made.out
    }

    /// Writes a master key beside the configuration, for its owner alone.
    pub fn write_master(&self, name: &str, key: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder().join(name);
        fs::write(&path, key).expect("the key is written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("the mode is set");
    }

    /// The node's status, if it runs and answers.
    pub async fn status(&self) -> Option<Value> {
        let text = fs::read_to_string(NodeFile::path(&self.data())).ok()?;
        let file: NodeFile = serde_json::from_str(&text).ok()?;
        let address: SocketAddr = file.listen;
        let token = Token::new(&file.token).ok()?;
        Console::query(address, &token, &Query::Status).await.ok()
    }

    /// Whether the node says that nothing is left to do.
    pub async fn is_idle(&self) -> bool {
        let Some(status) = self.status().await else {
            return false;
        };
        let tenants = status["tenants"].as_array().cloned().unwrap_or_default();
        let mut profiles = tenants
            .iter()
            .flat_map(|tenant| tenant["profiles"].as_array().into_iter().flatten())
            .peekable();
        profiles.peek().is_some() && profiles.all(|profile| profile["idle"] == true)
    }

    /// What the two sides differ in now.
    pub async fn compare(&self) -> Comparison {
        compare::sides(&self.addresses, &self.profile)
            .await
            .unwrap_or_else(|error| panic!("the emulators do not answer: {error}"))
    }

    /// Waits until both sides are equal and the node has nothing left to do, at two looks a second apart.
    pub async fn in_step(&mut self, within: Duration) -> Comparison {
        let since = Instant::now();
        let mut well = 0;
        loop {
            if let Some(status) = self.ended() {
                panic!("the node ended: {status}\n{}", self.tail());
            }
            let idle = self.is_idle().await;
            let comparison = self.compare().await;
            well = if idle && comparison.differences.is_empty() {
                well + 1
            } else {
                0
            };
            if well == 2 {
                return comparison;
            }
            if since.elapsed() > within {
                self.out_of_step(idle, &comparison).await;
            }
            pause(1_000).await;
        }
    }

    async fn out_of_step(&self, idle: bool, comparison: &Comparison) -> ! {
        let shown: Vec<&String> = comparison.differences.iter().take(20).collect();
        let status = self.status().await.unwrap_or_default();
        let doubled = self.doubled().await;
        panic!(
            "not in step in time: seed {}, idle {idle}, {} differences, first {shown:#?}\ndoubled: {doubled:?}\n\
             status: {status:#}\n{}",
            self.plan.seed,
            comparison.differences.len(),
            self.tail()
        );
    }

    /// Waits until something holds.
    pub async fn until<F: Future<Output = bool>>(
        &self,
        what: &str,
        within: Duration,
        mut holds: impl FnMut() -> F,
    ) {
        let since = Instant::now();
        while !holds().await {
            if since.elapsed() > within {
                let status = self.status().await.unwrap_or_default();
                panic!("not in time: {what}\nstatus: {status:#}\n{}", self.tail());
            }
            pause(100).await;
        }
    }

    /// Every item of one side, as its emulator shows it.
    pub async fn items(&self, side: Side) -> Value {
        self.control(side, "items").await
    }

    /// The ledger of one side.
    pub async fn ledger(&self, side: Side) -> Value {
        self.control(side, "ledger").await
    }

    /// Reads a control endpoint of one side's emulator.
    pub async fn control(&self, side: Side, what: &str) -> Value {
        control(&self.client, &self.addresses.get(side).root, what)
            .await
            .unwrap_or_else(|error| panic!("the emulator of {side} does not answer: {error}"))
    }

    /// Sets the fault rules of one side; an empty list ends all faults.
    pub async fn fault(&self, side: Side, rules: Value) {
        let url = format!("{}/_emulator/faults", self.addresses.get(side).root);
        let body = json!({ "rules": rules, "seed": self.plan.seed });
        let answer = self.client.post(url).json(&body).send().await;
        let answer = answer.expect("the emulator answers");
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(
            status.is_success(),
            "fault rules are refused: {status} {text}"
        );
    }

    /// Sets the same fault rules on both sides.
    pub async fn fault_both(&self, rules: Value) {
        for side in Side::BOTH {
            self.fault(side, rules.clone()).await;
        }
    }

    /// Markers with more than one create or comment, with their numbers.
    pub async fn doubled(&self) -> BTreeMap<String, u64> {
        let mut doubled = BTreeMap::new();
        for side in Side::BOTH {
            let ledger = self.ledger(side).await;
            for kind in ["creates", "comments"] {
                for (marker, count) in counts(&ledger, kind) {
                    if count > 1 {
                        doubled.insert(format!("{side} {kind} {marker}"), count);
                    }
                }
            }
        }
        doubled
    }

    /// How many creates and comments with markers both ledgers hold.
    pub async fn marked(&self) -> (u64, u64) {
        let mut sums = (0, 0);
        for side in Side::BOTH {
            let ledger = self.ledger(side).await;
            sums.0 += counts(&ledger, "creates")
                .map(|(_, count)| count)
                .sum::<u64>();
            sums.1 += counts(&ledger, "comments")
                .map(|(_, count)| count)
                .sum::<u64>();
        }
        sums
    }

    /// A person's seat at one remote, by handle: `alice`.
    #[must_use]
    pub fn seat(&self, side: Side, handle: &str) -> Seat {
        let person = emulator::people::everybody()
            .into_iter()
            .find(|person| person.handle == handle)
            .unwrap_or_else(|| panic!("nobody is called {handle}"));
        let url = &self.addresses.get(side).url;
        Seat::new(&self.client, url, person.email, &person.token)
    }

    /// The sample people at work on both sides until they are told to rest.
    #[must_use]
    pub fn crowd(&self) -> Crowd {
        let people = People::new(self.addresses.clone(), self.plan.seed).expect("people can work");
        let rest = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&rest);
        let work = tokio::spawn(async move {
            let mut accepted = 0;
            while !told.load(Ordering::Relaxed) {
                accepted += people.work(20, |_| {}).await.expect("people can work");
            }
            accepted
        });
        Crowd { rest, work }
    }

    /// The end of the node's log.
    #[must_use]
    pub fn tail(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(40);
        format!(
            "the node's log ends:\n{}",
            lines.get(from..).unwrap_or_default().join("\n")
        )
    }

    /// The lines of the node's log that tell of something, as JSON.
    #[must_use]
    pub fn logged(&self, message: &str) -> Vec<Value> {
        let text = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&text)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["fields"]["message"] == message)
            .collect()
    }

    /// Ends the node without mercy and the emulators with it. What passed between them has to be what the vendors describe.
    pub fn end(self) {
        let verdict = self.verdict();
        assert!(
            verdict.violations.is_empty(),
            "against the vendors' descriptions:\n{}",
            verdict.lines()
        );
    }

    /// Ends the node and the emulators, and tells what the vendors' descriptions say to all that passed between them.
    #[must_use]
    pub fn verdict(mut self) -> Verdict {
        self.kill();
        drop(self.twin.take());
        let _ = self.emulators.0.kill();
        verdict(self.recorders)
    }
}

/// Both emulators in a process of their own, without a node.
pub struct Emulators {
    /// The first line that they told, with the recorders' addresses.
    pub first: Value,
    recorders: Vec<Recorder>,
    process: Process,
    _folder: TempDir,
}

impl Emulators {
    /// Starts them, with a recorder before each.
    pub async fn begin(plan: &Plan) -> Emulators {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let (process, first) = emulate(&binary::built(), folder.path(), plan).await;
        let (first, recorders) = recorded(first).await;
        Emulators {
            first,
            recorders,
            process,
            _folder: folder,
        }
    }

    /// Starts them with nothing before them.
    pub async fn bare(plan: &Plan) -> Emulators {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let (process, first) = emulate(&binary::built(), folder.path(), plan).await;
        Emulators {
            first,
            recorders: Vec::new(),
            process,
            _folder: folder,
        }
    }

    /// The memory that their process holds, in MiB.
    #[must_use]
    pub fn resident_mib(&self) -> u64 {
        let path = format!("/proc/{}/statm", self.process.0.id());
        let pages = fs::read_to_string(path).expect("the process's memory");
        let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        pages.map_or(0, |pages: u64| pages * 4 / 1_024)
    }

    /// Ends them, and tells what the vendors' descriptions say to all that passed; nothing where these are not at hand.
    #[must_use]
    pub fn end(mut self) -> Option<Verdict> {
        let _ = self.process.0.kill();
        let is_recorded = !self.recorders.is_empty();
        let verdict = verdict(self.recorders);
        is_recorded.then_some(verdict)
    }
}

fn verdict(recorders: Vec<Recorder>) -> Verdict {
    let mut verdict = Verdict::default();
    for recorder in recorders {
        verdict.add(recorder.end());
    }
    verdict
}

/// People at work in a task of their own.
pub struct Crowd {
    rest: Arc<AtomicBool>,
    work: tokio::task::JoinHandle<u64>,
}

impl Crowd {
    /// Tells them to rest and gives the number of edits that the remotes accepted.
    pub async fn rest(self) -> u64 {
        self.rest.store(true, Ordering::Relaxed);
        self.work.await.expect("the crowd ends well")
    }
}

/// What a command of the binary ended in.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; nothing when it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

/// Runs the binary with these arguments to its end.
pub async fn run(binary: &Path, arguments: Vec<String>) -> Ran {
    run_on(binary, arguments, None).await
}

async fn run_on(binary: &Path, arguments: Vec<String>, input: Option<&Path>) -> Ran {
    let named = arguments.join(" ");
    let input = input.map_or(Stdio::null(), |path| {
        File::open(path).expect("the input is there").into()
    });
    let mut command = Command::new(binary);
    command.args(arguments).stdin(input);
    let ended = tokio::task::spawn_blocking(move || command.output());
    let output: Output = tokio::time::timeout(COMMAND, ended)
        .await
        .unwrap_or_else(|_| panic!("counterpart {named} does not end"))
        .expect("the command is waited for")
        .expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// The counts per marker of a ledger: `creates` or `comments`.
pub fn counts<'a>(ledger: &'a Value, kind: &str) -> impl Iterator<Item = (&'a str, u64)> {
    let all = ledger[kind].as_object().into_iter().flatten();
    all.map(|(marker, count)| (marker.as_str(), count.as_u64().unwrap_or(0)))
}

/// Waits for so many milliseconds.
pub async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

async fn emulate(binary: &Path, folder: &Path, plan: &Plan) -> (Process, Value) {
    let path = folder.join("emulators.out");
    let out = File::create(&path).expect("a file for the emulators' output");
    let log = append(&folder.join("emulators.log"));
    let child = Command::new(binary)
        .args(["emulate", "--items", &plan.items.to_string()])
        .args(["--seed", &plan.seed.to_string()])
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(log)
        .spawn()
        .expect("the emulators start");
    let process = Process(child);
    let since = Instant::now();
    loop {
        if let Some(line) = first_line(&path) {
            let first = serde_json::from_str(&line).expect("the emulators' first line is JSON");
            return (process, first);
        }
        assert!(since.elapsed() < START, "the emulators do not come up");
        pause(20).await;
    }
}

/// Puts a recorder before each emulator, if there are descriptions to judge by, and its address into the first line.
async fn recorded(mut first: Value) -> (Value, Vec<Recorder>) {
    let mut recorders = Vec::new();
    for side in Side::BOTH {
        let place = &mut first[side.as_str()]["url"];
        let url = place.as_str().unwrap_or_default().to_owned();
        let root = root_of(&url);
        if let Some(recorder) = Recorder::begin(side, &root).await {
            *place = json!(url.replace(&root, &recorder.root));
            recorders.push(recorder);
        }
    }
    (first, recorders)
}

/// `scheme://host:port` of an address, whatever the product's base path is.
fn root_of(url: &str) -> String {
    let root: Vec<&str> = url.splitn(4, '/').take(3).collect();
    root.join("/")
}

fn addresses(first: &Value) -> Both<Address> {
    let address = |side: &str| {
        let text = |name: &str| first[side][name].as_str().unwrap_or_default().to_owned();
        let url = text("url");
        Address {
            root: root_of(&url),
            project: text("project"),
            url,
        }
    };
    Both {
        jira: address("jira"),
        azure: address("azure"),
    }
}

/// The sample profile, turned to the emulators, with the sample people as users.
fn profile_text(addresses: &Both<Address>) -> String {
    let mut text = mapping::SAMPLE
        .replace("https://acme.atlassian.net", &addresses.jira.url)
        .replace("https://dev.azure.com/acme", &addresses.azure.url);
    for person in emulator::people::people() {
        text.push_str(&format!(
            "\n[[user]]\njira = {:?}\nazure = {:?}\n",
            person.account_id, person.email
        ));
    }
    text
}

fn append(path: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("a file for a process's log")
}

/// The first whole line of a file.
fn first_line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.split_once('\n').map(|(line, _)| line.to_owned())
}
