//! The simulated twin of the way out: both emulators without sockets, and a script that says what becomes of each request.

#![expect(clippy::expect_used, reason = "the helpers of a test fail the test")]

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actors::{Clock, Gateway, Later, ProfileSetup, Running, Setup, TenantSetup, Transport, Tuning};
use counterpart::clock::SystemClock;
use counterpart::demo::compare::{self, Comparison};
use counterpart::gateway::Remotes;
use emulator::{Answer, Credentials, Offline, Options, Site};
use mapping::Profile;
use model::http::{Failure, Request, Response};
use model::{Both, ItemId, Millis, Side, TenantName};
use serde_json::{Value, json};

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It is answered.
    Answer,
    /// It is applied, and no answer ever comes.
    ApplyAndHang,
    /// It never arrives, and no answer ever comes.
    Hang,
    /// It is applied, and the answer is lost.
    Lose,
    /// No connection is made.
    NotSend,
    /// It is answered with status 400, and not applied.
    Refuse,
    /// The remote asks to wait, and does not apply it.
    Throttle,
    /// The remote is busy, and does not apply it.
    Busy,
    /// The remote falls over it with status 500, and does not apply it.
    Fail,
    /// The way out itself falls over.
    Panic,
}

/// Says what becomes of a request.
pub type Script = Arc<dyn Fn(Side, &Request) -> Act + Send + Sync>;

/// Every request is answered.
#[must_use]
pub fn kind() -> Script {
    Arc::new(|_, _| Act::Answer)
}

/// Whether the request reads whole work items, and not only which of them are covered.
#[must_use]
pub fn is_reading_of_work_items(side: Side, request: &Request) -> bool {
    let batch = side == Side::Azure && request.url.contains("workitemsbatch");
    batch && request.body.windows(7).any(|part| part == b"$expand")
}

/// One emulated remote.
pub struct Remote {
    offline: Mutex<Offline>,
    origin: String,
    credentials: Credentials,
}

impl Remote {
    fn new(site: Box<dyn Site>, options: Options, origin: &str) -> Remote {
        Remote {
            credentials: site.sync_credentials(),
            offline: Mutex::new(Offline::new(site, options)),
            origin: origin.to_owned(),
        }
    }

    /// The address that a profile names.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.credentials.base_path)
    }

    fn lock(&self) -> MutexGuard<'_, Offline> {
        self.offline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn control(&self, what: &str) -> Value {
        let request = emulator::Request::new(reqwest::Method::GET, &format!("/_emulator/{what}"));
        let answer = self.lock().call(&request, now());
        let response = answer.response().expect("control endpoints answer");
        serde_json::from_slice(&response.body).expect("a JSON document")
    }

    /// Every write that it accepted.
    #[must_use]
    pub fn ledger(&self) -> Value {
        self.control("ledger")
    }

    /// A person's request; gives the answer's document, or null when it has none.
    pub fn act(&self, person: &str, method: &str, path: &str, body: &Value) -> Value {
        let method = method.parse().expect("a method");
        let path = format!("{}{path}", self.credentials.base_path);
        let patch = body.is_array();
        let mut request = emulator::Request::new(method, &path).with_json(body);
        if patch {
            request = request.with_header("content-type", "application/json-patch+json");
        }
        let people = emulator::people::people();
        let person = people.iter().find(|one| one.handle == person);
        let person = person.expect("a person of the sample");
        let request = request.with_basic(person.email, &person.token);
        let answer = self.lock().deliver(&request, now(), &self.origin).answer;
        let response = answer.response().expect("no fault is set");
        assert!(
            response.status < 300,
            "{}: {}",
            response.status,
            String::from_utf8_lossy(&response.body)
        );
        serde_json::from_slice(&response.body).unwrap_or_default()
    }

    /// Requests that reached it.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.lock().counts().total()
    }

    /// Items that the synchroniser created.
    #[must_use]
    pub fn creates(&self) -> usize {
        self.lock().ledger().creates().len()
    }
}

fn now() -> i64 {
    SystemClock.now().0
}

/// The way to one remote, by the script.
struct Wire {
    side: Side,
    remote: Arc<Remote>,
    script: Script,
}

impl Wire {
    async fn carry(&self, request: Request) -> Result<Response, Failure> {
        let act = (self.script)(self.side, &request);
        match act {
            Act::NotSend => return Err(Failure::NotSent),
            Act::Hang => std::future::pending().await,
            Act::Refuse => return Ok(bare(400, &[])),
            Act::Throttle => return Ok(bare(429, &[("retry-after", "0.01")])),
            Act::Busy => return Ok(bare(503, &[])),
            Act::Fail => return Ok(bare(500, &[])),
            Act::Panic => {
                #[expect(clippy::panic, reason = "that is what the script asks for")]
                {
                    panic!("the script says so")
                }
            }
            Act::Answer | Act::ApplyAndHang | Act::Lose => {}
        }
        let delivery = {
            let asked = self.translate(&request);
            let mut offline = self.remote.lock();
            offline.deliver(&asked, now(), &self.remote.origin)
        };
        tokio::time::sleep(Duration::from_millis(delivery.after_ms)).await;
        match (act, delivery.answer) {
            (Act::ApplyAndHang, _) => std::future::pending().await,
            (Act::Answer, Answer::Response(response)) => Ok(Response {
                status: response.status,
                headers: lower(response.headers),
                body: response.body.to_vec(),
            }),
            _ => Err(Failure::Lost),
        }
    }

    fn translate(&self, request: &Request) -> emulator::Request {
        translated(request, &self.remote.origin, &self.remote.credentials)
    }
}

/// A request of the node as it arrives at the remote with that address, in the name of its account for the synchroniser.
#[must_use]
pub fn translated(request: &Request, origin: &str, credentials: &Credentials) -> emulator::Request {
    let method = request.method.as_str().parse().expect("a method");
    let path = request.url.strip_prefix(origin);
    let path = path.expect("a request below the remote's address");
    let mut asked =
        emulator::Request::new(method, path).with_basic(&credentials.user, &credentials.token);
    for (name, value) in &request.headers {
        asked = asked.with_header(name, value);
    }
    asked = asked.with_header("user-agent", "Counterpart/simulated");
    asked.body = request.body.clone().into();
    asked
}

fn bare(status: u16, headers: &[(&str, &str)]) -> Response {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Response {
        status,
        headers: headers.iter().map(owned).collect(),
        body: Vec::new(),
    }
}

fn lower(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    headers.into_iter().map(lower).collect()
}

impl Transport for Wire {
    fn send(&self, request: Request) -> Later<'_, Result<Response, Failure>> {
        Box::pin(self.carry(request))
    }
}

/// Two remotes and a profile between them.
pub struct World {
    /// The remotes.
    pub remotes: Both<Arc<Remote>>,
    /// The profile.
    pub profile: Arc<Profile>,
}

impl World {
    /// A world with so many sample items on each side, and a profile of that name.
    #[must_use]
    pub fn new(name: &str, items: u32, seed: u64) -> World {
        let mut options = Options::live(items, seed);
        options.search_lag_ms = (0, 40);
        let jira = Box::new(emulator::jira::Cloud::new(options.clone()));
        let azure = Box::new(emulator::azure::Services::new(options.clone()));
        let remotes = Both {
            jira: Arc::new(Remote::new(jira, options.clone(), "http://127.0.0.1:81")),
            azure: Arc::new(Remote::new(azure, options, "http://127.0.0.1:82")),
        };
        let profile = Arc::new(profile(name, &remotes));
        World { remotes, profile }
    }

    /// The same remotes, and a profile of the same name whose scopes hold those Jira issues and those work items only.
    #[must_use]
    pub fn narrowed(&self, jql: &str, wiql: &str) -> World {
        let text = text(self.profile.name.as_str(), &self.remotes)
            .replace(
                "jira = { project = \"WEB\" }",
                &format!("jira = {{ project = \"WEB\", filter = {jql:?} }}"),
            )
            .replace(
                "azure = { project = \"Platform\" }",
                &format!("azure = {{ project = \"Platform\", filter = {wiql:?} }}"),
            );
        let profile = Profile::compile(&text, "the narrowed profile").expect("it compiles");
        assert_ne!(profile.fingerprint(), self.profile.fingerprint());
        World {
            remotes: self.remotes.clone(),
            profile: Arc::new(profile),
        }
    }

    /// The way to the remotes.
    #[must_use]
    pub fn gateway(&self, script: &Script) -> Remotes {
        let wire = |side: Side| -> Arc<dyn Transport> {
            Arc::new(Wire {
                side,
                remote: Arc::clone(self.remotes.get(side)),
                script: Arc::clone(script),
            })
        };
        Remotes::over(&self.profile, Both::of(wire))
    }

    /// What a node is given of this world.
    #[must_use]
    pub fn setup(&self, script: &Script) -> ProfileSetup {
        self.setup_over(Arc::new(self.gateway(script)))
    }

    /// The same over another gateway.
    #[must_use]
    pub fn setup_over(&self, gateway: Arc<dyn Gateway>) -> ProfileSetup {
        ProfileSetup {
            profile: Arc::clone(&self.profile),
            gateway,
        }
    }

    /// Both sides compared, by what the remotes themselves say.
    #[must_use]
    pub fn compare(&self) -> Comparison {
        let Both { jira, azure } = &self.remotes;
        let items = (jira.control("items"), azure.control("items"));
        let ledgers = [jira.control("ledger"), azure.control("ledger")];
        compare::documents((&items.0, &items.1), &ledgers, &self.profile)
    }

    /// The nth Jira issue.
    #[must_use]
    pub fn issue(&self, nth: usize) -> ItemId {
        let id = nth_of(&self.remotes.jira, nth);
        ItemId(id.parse().expect("a numeric id"))
    }

    /// A person gives the nth Jira issue another title.
    pub fn retitle(&self, nth: usize, title: &str) {
        let path = format!("/rest/api/3/issue/{}", nth_of(&self.remotes.jira, nth));
        let body = json!({ "fields": { "summary": title } });
        self.remotes.jira.act("alice", "PUT", &path, &body);
    }

    /// A person comments on the nth Jira issue.
    pub fn comment(&self, nth: usize, text: &str) {
        let id = nth_of(&self.remotes.jira, nth);
        let path = format!("/rest/api/3/issue/{id}/comment");
        let body = json!({ "body": counterpart::demo::remote::paragraph(text) });
        self.remotes.jira.act("chandra", "POST", &path, &body);
    }

    /// A person gives the nth work item another title.
    pub fn rename(&self, nth: usize, title: &str) {
        self.patch(nth, "System.Title", title);
    }

    /// A person comments on the nth work item.
    pub fn discuss(&self, nth: usize, text: &str) {
        self.patch(nth, "System.History", &format!("<div>{text}</div>"));
    }

    /// A person files a new Jira issue.
    pub fn file(&self, title: &str) {
        let body = json!({ "fields": {
            "project": { "key": "WEB" },
            "issuetype": { "name": "Task" },
            "summary": title,
        } });
        self.remotes
            .jira
            .act("dilek", "POST", "/rest/api/3/issue", &body);
    }

    /// A person opens a new work item.
    pub fn open(&self, title: &str) {
        let path = "/Platform/_apis/wit/workitems/$Task?api-version=7.1";
        let body = json!([{ "op": "add", "path": "/fields/System.Title", "value": title }]);
        self.remotes.azure.act("erik", "POST", path, &body);
    }

    /// A person begins or closes the nth work item.
    pub fn close(&self, nth: usize) {
        let items = self.remotes.azure.control("items");
        let state = &items["items"][nth % items["items"].as_array().map_or(1, Vec::len)]["state"];
        let next = if state == "New" { "Active" } else { "Closed" };
        self.patch(nth, "System.State", next);
    }

    fn patch(&self, nth: usize, field: &str, value: &str) {
        let id = nth_of(&self.remotes.azure, nth);
        let path = format!("/_apis/wit/workitems/{id}?api-version=7.1");
        let body = json!([{ "op": "add", "path": format!("/fields/{field}"), "value": value }]);
        self.remotes.azure.act("bruno", "PATCH", &path, &body);
    }
}

fn nth_of(remote: &Remote, nth: usize) -> String {
    let items = remote.control("items");
    let all = items["items"].as_array().cloned().unwrap_or_default();
    let id = all[nth % all.len()]["id"].as_str();
    id.expect("every item has an id").to_owned()
}

/// The sample profile, turned to these remotes, with the sample people as users.
fn profile(name: &str, remotes: &Both<Arc<Remote>>) -> Profile {
    Profile::compile(&text(name, remotes), "the simulated profile").expect("the sample compiles")
}

fn text(name: &str, remotes: &Both<Arc<Remote>>) -> String {
    profile_text(name, &Both::of(|side| remotes.get(side).url()))
}

/// The sample profile, turned to remotes at these addresses, with the sample people as users.
#[must_use]
pub fn profile_text(name: &str, urls: &Both<String>) -> String {
    let mut text = mapping::SAMPLE
        .replace("https://acme.atlassian.net", &urls.jira)
        .replace("https://dev.azure.com/acme", &urls.azure)
        .replace("\"web-to-platform\"", &format!("{name:?}"));
    for person in emulator::people::people() {
        let row = format!(
            "\n[[user]]\njira = {:?}\nazure = {:?}\n",
            person.account_id, person.email
        );
        text.push_str(&row);
    }
    text
}

/// A tenant's name.
#[must_use]
pub fn tenant(name: &str) -> TenantName {
    TenantName::new(name).expect("a sound name")
}

/// One tenant of a node, its store below `data`.
#[must_use]
pub fn tenant_of(name: &str, data: &Path, profiles: Vec<ProfileSetup>) -> TenantSetup {
    TenantSetup {
        name: tenant(name),
        directory: data.join(name),
        profiles,
    }
}

/// A clock that runs so many times as fast as the true one, for pauses of minutes.
pub struct Hurried {
    began: Instant,
    at: i64,
    times: u32,
}

impl Hurried {
    /// One that begins now.
    #[must_use]
    pub fn by(times: u32) -> Arc<dyn Clock> {
        Arc::new(Hurried {
            began: Instant::now(),
            at: now(),
            times,
        })
    }
}

impl Clock for Hurried {
    fn now(&self) -> Millis {
        let passed = self.began.elapsed() * self.times;
        Millis(self.at).plus(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Starts a node that polls quickly and probes soon.
pub async fn start(tenants: Vec<TenantSetup>) -> Running {
    start_by(Arc::new(SystemClock), tenants).await
}

/// The same by another clock.
pub async fn start_by(clock: Arc<dyn Clock>, tenants: Vec<TenantSetup>) -> Running {
    start_tuned(clock, tenants, tuning()).await
}

/// How these nodes go about their work.
#[must_use]
pub fn tuning() -> Tuning {
    let schedule = sync::Schedule {
        probes: vec![50, 150, 300],
        search: 500,
        ..sync::Schedule::default()
    };
    Tuning {
        poll_ms: 50,
        schedule,
        ..Tuning::default()
    }
}

/// Starts a node that goes about its work in another way.
pub async fn start_tuned(
    clock: Arc<dyn Clock>,
    tenants: Vec<TenantSetup>,
    tuning: Tuning,
) -> Running {
    let setup = Setup {
        tenants,
        clock,
        tuning,
    };
    actors::start(setup).await.expect("the node starts")
}

/// Starts a node with one tenant and one profile.
pub async fn start_one(world: &World, data: &Path, script: &Script) -> Running {
    start(vec![tenant_of("acme", data, vec![world.setup(script)])]).await
}

/// Waits until a condition of the node's status holds.
///
/// # Panics
/// When it does not within the time, with the last status.
pub async fn until(
    running: &Running,
    patience: Duration,
    holds: impl Fn(&actors::status::Node) -> bool,
) {
    let started = Instant::now();
    loop {
        let status = running.status().await;
        if holds(&status) {
            return;
        }
        assert!(
            started.elapsed() < patience,
            "waited in vain; the node: {status:#?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether nothing is left to do for any profile.
#[must_use]
pub fn is_idle(status: &actors::status::Node) -> bool {
    status.profiles().count() > 0 && status.profiles().all(|profile| profile.idle)
}

/// Waits until both sides are in step and nothing is left to do.
///
/// # Panics
/// When they are not within the time, with what differs.
pub async fn converge(running: &Running, world: &World, patience: Duration) -> Comparison {
    let started = Instant::now();
    loop {
        let name = &world.profile.name;
        let idle = |status: &actors::status::Node| {
            status
                .profiles()
                .any(|profile| profile.name == *name && profile.idle)
        };
        let left = patience.saturating_sub(started.elapsed());
        until(running, left, idle).await;
        let comparison = world.compare();
        if comparison.differences.is_empty() {
            assert_eq!(comparison.duplicates, 0, "something was created twice");
            return comparison;
        }
        assert!(
            started.elapsed() < patience,
            "not in step: {:?}",
            comparison.differences
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
