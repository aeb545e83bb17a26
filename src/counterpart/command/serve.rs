//! `counterpart serve`: a node until it is stopped.

pub(in crate::command) mod announcer;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actors::{Clock as _, Running};
use admin::{Answering, Backend, Measuring, Query, Readiness, Refusal, Token};
use model::{Side, TenantName};
use serde_json::{Value, json};
use storage::Store;
use storage::audit::{Act, Action};
use storage::disk::lacks_handles;
use sync::Command;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use announcer::Announcer;

use super::access::{self, Found, NodeFile, Refused};
use super::lock::Lock;
use super::{Out, complain, node, stop_signal};
use crate::auditor::Auditor;
use crate::backup::keeper::{self as backups, Shared};
use crate::cli;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::{Ending, Error};
use crate::extended::Extended;
use crate::log;
use crate::statistics::Keeper;
use crate::telemetry::{self, Exporter};

/// Where the administration endpoint listens unless the configuration says otherwise.
const LISTEN: &str = "127.0.0.1:7460";

/// Runs the command.
pub async fn run(arguments: &cli::Config, out: &Out) -> Result<Ending, Error> {
    let config = Arc::new(Config::load_lasting(&arguments.config)?);
    let _log = log::begin_traced(&config.log, config.telemetry.collector.is_some())?;
    let exporter = Exporter::new(&config)?;
    if !config.faults.is_empty() {
        // A fault quotes the profile, which may name people: it is told here and not logged.
        config.faults.iter().for_each(|fault| complain(fault));
        model::log!(
            error,
            "profiles, tenants or credentials have faults and are left out; `counterpart profile check` names them",
            faults = config.faults.len()
        );
    }
    let _lock = Lock::take(&config.data)?;
    // An address that cannot be had is found out before any work begins.
    let listener = listen(&config).await?;
    let extended = Arc::new(Extended::default());
    let auditor = Auditor::of(&config);
    auditor.try_tell(&began(&auditor));
    auditor.tell_profiles(&config);
    let running = Arc::new(node::start(&config, None, None, &extended).await?);
    let keeper = backups::Keeper::start(&config, Arc::clone(&running));
    let backups = keeper.shared();
    let console = Console::start(
        listener,
        Arc::clone(&config),
        Arc::clone(&running),
        Some(backups),
        extended,
    );
    let console = match console {
        Ok(console) => console,
        Err(error) => {
            keeper.stop().await;
            stop(running).await?;
            return Err(error);
        }
    };
    let document = json!({ "listen": console.listen.to_string(), "console": console.address() });
    out.print(&document, || {
        vec![format!("running; console: {}", console.address())]
    });
    let keeping = Keeper::new(&config, &running);
    let keeping = keeping.map(|keeper| Beside::begin(|stop| keeper.keep(running.clone(), stop)));
    let export =
        exporter.map(|exporter| Beside::begin(|stop| exporter.export(running.clone(), stop)));
    stop_signal().await;
    keeper.stop().await;
    console.stop(&config.data).await;
    for beside in [keeping, export].into_iter().flatten() {
        beside.stop().await;
    }
    stop(running).await?;
    auditor.try_tell(&auditor.act(Action::NodeStopped));
    Ok(Ending::Done)
}

fn began(auditor: &Auditor) -> Act {
    let release = model::told!("release {}", env!("CARGO_PKG_VERSION"));
    auditor.act(Action::NodeStarted).about(release)
}

/// How long the last words of a task beside the node are waited for when the node stops.
const LAST: Duration = Duration::from_secs(2);

/// A task beside the node that holds it until it is told to stop.
struct Beside {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Beside {
    fn begin<F>(work: impl FnOnce(oneshot::Receiver<()>) -> F) -> Beside
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(work(stopped));
        Beside { stop, task }
    }

    async fn stop(mut self) {
        let _ = self.stop.send(());
        if tokio::time::timeout(LAST, &mut self.task).await.is_err() {
            self.task.abort();
            let _ = self.task.await;
        }
    }
}

/// Stops a node that the console has let go of, when the orders that were given through it have come to their end.
pub async fn stop(mut running: Arc<Running>) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        running = match Arc::try_unwrap(running) {
            Ok(running) => return running.stop().await.map_err(Error::unreachable),
            Err(held) if begun.elapsed() < LAST => held,
            Err(_) => {
                return Err(Error::unreachable(
                    "the node is still being asked something; the next start recovers",
                ));
            }
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Listens where the administration endpoint is to be.
pub async fn listen(config: &Config) -> Result<TcpListener, Error> {
    let at = config
        .listen
        .map_or_else(|| LISTEN.to_owned(), |at| at.to_string());
    if config.listen.is_some_and(|at| !at.ip().is_loopback()) {
        return Err(Error::Usage(format!(
            "[node] listen = \"{at}\": the administration endpoint speaks plain HTTP and so listens on loopback addresses \
             only; write 127.0.0.1 with a port"
        )));
    }
    TcpListener::bind(&at).await.map_err(|error| {
        if lacks_handles(&error) {
            return Error::Unreachable(format!(
                "cannot listen on {at}: too many files are open; raise the limit of open files (LimitNOFILE of a systemd unit)"
            ));
        }
        Error::Usage(format!(
            "cannot listen on {at}: {error}; choose another address by [node] listen"
        ))
    })
}

/// The administration endpoint of a running node.
pub struct Console {
    listen: SocketAddr,
    ticket: String,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
    watch: tokio::task::JoinHandle<()>,
}

impl Console {
    /// Starts it and leaves its address and token in the data directory.
    pub fn start(
        listener: TcpListener,
        config: Arc<Config>,
        running: Arc<Running>,
        backups: Option<Arc<Shared>>,
        extended: Arc<Extended>,
    ) -> Result<Console, Error> {
        let listen = listener.local_addr().map_err(Error::unreachable)?;
        let token = Token::random().map_err(Error::unreachable)?;
        let ticket = token.ticket().to_owned();
        write_node_file(&config.data, listen, token.expose())?;
        let readiness = Arc::new(Mutex::new(Readiness::Waiting(
            "the node is starting".to_owned(),
        )));
        let announcer = Arc::new(Announcer::new(&config, &running, extended));
        let watch = tokio::spawn(keep_watch(
            Arc::clone(&config),
            Arc::clone(&running),
            Arc::clone(&readiness),
            Arc::clone(&announcer),
        ));
        let backend = Arc::new(Answers {
            auditor: Auditor::of(&config).at_endpoint(),
            config,
            running,
            readiness,
            backups,
            announcer,
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            if let Err(error) = admin::serve(listener, backend, token, stopped).await {
                model::log!(error, "the administration endpoint ended", error = error);
            }
        });
        Ok(Console {
            listen,
            ticket,
            stop,
            task,
            watch,
        })
    }

    /// The console's address, with a ticket that opens it once.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}/?token={}", self.listen, self.ticket)
    }

    /// Stops it and takes its file away.
    pub async fn stop(self, data: &Path) {
        self.watch.abort();
        let _ = self.watch.await;
        let _ = self.stop.send(());
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), self.task).await;
        let _ = std::fs::remove_file(NodeFile::path(data));
    }
}

fn write_node_file(data: &Path, listen: SocketAddr, token: &str) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = NodeFile::path(data);
    let failed = |error: std::io::Error| {
        let cure = match error.kind() {
            std::io::ErrorKind::StorageFull => "; free some space and start again",
            _ => "",
        };
        Error::Unreachable(format!("{}: {error}{cure}", path.display()))
    };
    let _ = std::fs::remove_file(&path);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    let text = json!(NodeFile {
        listen,
        token: token.to_owned()
    })
    .to_string();
    file.write_all(text.as_bytes()).map_err(failed)
}

/// Looks every now and then whether the node can do its work, for whoever asks.
async fn keep_watch(
    config: Arc<Config>,
    running: Arc<Running>,
    readiness: Arc<Mutex<Readiness>>,
    announcer: Arc<Announcer>,
) {
    loop {
        announcer.look(false).await;
        let now = readiness_of(&config, &running).await;
        *readiness.lock().unwrap_or_else(PoisonError::into_inner) = now;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn readiness_of(config: &Config, running: &Running) -> Readiness {
    let status = running.status().await;
    let failed = status
        .tenants
        .iter()
        .find(|tenant| tenant.failure.is_some());
    let stopped = status
        .tenants
        .iter()
        .flat_map(|tenant| &tenant.stopped)
        .next();
    let waiting = status.profiles().find(|profile| !profile.connected);
    let why = if !config.faults.is_empty() {
        "a profile has faults and is left out; `counterpart profile check` says which".to_owned()
    } else if let Some(tenant) = failed {
        format!("the store of tenant {} is not open", tenant.name)
    } else if let Some((profile, _)) = stopped {
        format!("profile {profile} failed too often and was stopped; the log says why")
    } else if let Some(profile) = waiting {
        format!(
            "profile {} has not met both of its remotes yet",
            profile.name
        )
    } else {
        return Readiness::Ready;
    };
    Readiness::Waiting(why)
}

/// Answers of a running node.
#[derive(Clone)]
struct Answers {
    auditor: Auditor,
    config: Arc<Config>,
    running: Arc<Running>,
    readiness: Arc<Mutex<Readiness>>,
    /// What keeps the backups; nothing where there are none.
    backups: Option<Arc<Shared>>,
    announcer: Arc<Announcer>,
}

impl Answers {
    async fn stores(&self) -> Vec<(TenantName, Store)> {
        let mut stores = Vec::new();
        for tenant in &self.config.tenants {
            if let Some(store) = self.running.store(&tenant.name).await {
                stores.push((tenant.name.clone(), store));
            }
        }
        stores
    }

    async fn ask(&self, question: Query) -> Result<Value, Refusal> {
        match &question {
            Query::Status => Ok(json!(self.running.status().await)),
            Query::Backups => Ok(self.backups()?.report()),
            Query::BackUp { .. } | Query::Order { .. } | Query::Extended { .. } => {
                // Whoever gave it may go away: an order comes to its end all the same, and its end is told.
                let answers = self.clone();
                let ended = tokio::spawn(async move { answers.carry_out(&question).await });
                let fault = |_| {
                    Refusal::Unavailable("a fault in the program; the log tells where".to_owned())
                };
                ended.await.map_err(fault)?
            }
            Query::Problems { tenant, .. } => {
                let mut answer = self.look_up(&question).await?;
                answer["stopped"] = json!(self.stopped(tenant.as_deref()).await);
                Ok(answer)
            }
            Query::Pairs { tenant, .. }
            | Query::Pair { tenant, .. }
            | Query::Why { tenant, .. } => {
                // Without its store a tenant would seem to have no pairs.
                if let Some(only) = tenant.as_deref()
                    && let Some(stopped) = self.stopped(Some(only)).await.first()
                {
                    return Err(Refusal::Unavailable(format!(
                        "tenant {only} does not run: {}",
                        stopped["error"].as_str().unwrap_or_default()
                    )));
                }
                self.look_up(&question).await
            }
        }
    }

    /// Does what a question orders; one that orders nothing is answered.
    async fn carry_out(&self, question: &Query) -> Result<Value, Refusal> {
        match question {
            Query::BackUp { tenant } => self.back_up(tenant.as_deref()).await,
            Query::Order {
                id,
                tenant,
                profile,
                command,
            } => self.order(id, tenant, profile, *command).await,
            Query::Extended { tenant, minutes } => self.extend(tenant, *minutes).await,
            Query::Status
            | Query::Backups
            | Query::Pairs { .. }
            | Query::Pair { .. }
            | Query::Why { .. }
            | Query::Problems { .. } => self.look_up(question).await,
        }
    }

    fn backups(&self) -> Result<&Shared, Refusal> {
        let none = || Refusal::Unavailable("this node makes no backups".to_owned());
        self.backups.as_deref().ok_or_else(none)
    }

    async fn look_up(&self, question: &Query) -> Result<Value, Refusal> {
        let stores = self.stores().await;
        access::answer(&self.config, &stores, question).map_err(refusal)
    }

    /// The tenants that do not run, or that one, and why: they have no store to find a problem in.
    async fn stopped(&self, only: Option<&str>) -> Vec<Value> {
        let status = self.running.status().await;
        let tenants = status.tenants.iter();
        let tenants = tenants.filter(|tenant| only.is_none_or(|only| only == tenant.name.as_str()));
        let told = tenants.filter_map(|tenant| {
            let why = tenant.failure.as_ref()?;
            Some(json!({ "tenant": tenant.name.as_str(), "error": why }))
        });
        told.collect()
    }

    /// Orders a backup of a tenant, or of all.
    async fn back_up(&self, tenant: Option<&str>) -> Result<Value, Refusal> {
        let backups = self.backups()?;
        let mut act = self.auditor.act(Action::BackupOrdered);
        let known = self.config.tenants.iter().map(|known| &known.name);
        if let Some(tenant) = known.into_iter().find(|name| Some(name.as_str()) == tenant) {
            act = act.for_tenant(tenant);
        }
        self.told(act, async { backups.order(tenant) }).await
    }

    /// Begins extended logging for a tenant, or ends it with no minutes.
    async fn extend(&self, tenant: &str, minutes: u32) -> Result<Value, Refusal> {
        let found = self.config.tenants.iter();
        let found = found
            .map(|each| &each.name)
            .find(|name| name.as_str() == tenant);
        let tenant = found
            .ok_or_else(|| Refusal::Unknown("the configuration has no such tenant".to_owned()))?;
        let what = match minutes {
            0 => Action::ExtendedOff,
            _ => Action::ExtendedOn,
        };
        let act = self.auditor.act(what).for_tenant(tenant);
        let act = act.about(model::told!("{} minutes", minutes));
        let until = SystemClock.now().plus(i64::from(minutes) * 60_000);
        let work = async {
            match minutes {
                0 => self.announcer.extended().end(tenant),
                _ => self.announcer.extended().begin(tenant, until),
            }
            self.announcer.look(true).await;
            Ok(())
        };
        let told = self.told(act, work).await;
        if told.is_err() && minutes == 0 {
            // It ends although that cannot be told: a full disk must not keep it on.
            self.announcer.extended().end(tenant);
        }
        told?;
        let until = (minutes > 0).then_some(until.0);
        Ok(json!({ "tenant": tenant.as_str(), "until": until }))
    }

    /// Tells the audit log that it begins, does it, and tells how it ended. What cannot be told is not done.
    async fn told<T>(
        &self,
        act: Act,
        work: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let act = act.begun();
        let number = self.tell(act.clone()).await?;
        let ended = work.await;
        // It is done by now, and that it began is told.
        let (auditor, act) = (self.auditor.clone(), act.ended(number, ended.is_ok()));
        let _ = tokio::task::spawn_blocking(move || auditor.try_tell(&act)).await;
        ended
    }

    /// Tells the audit log, which blocks.
    async fn tell(&self, act: Act) -> Result<u64, Refusal> {
        let auditor = self.auditor.clone();
        let told = tokio::task::spawn_blocking(move || auditor.tell(&act)).await;
        let told =
            told.map_err(|_| Refusal::Unavailable("the audit log was not told".to_owned()))?;
        told.map_err(|error| Refusal::Unavailable(error.to_string()))
    }

    async fn order(
        &self,
        id: &str,
        tenant: &Option<String>,
        profile: &Option<String>,
        command: admin::Command,
    ) -> Result<Value, Refusal> {
        let (command, action) = match command {
            admin::Command::Park => (Command::Park, Action::PairParked),
            admin::Command::Resume => (Command::Resume, Action::PairResumed),
            admin::Command::Resync => (Command::Resync, Action::PairResynced),
        };
        let stores = self.stores().await;
        let Found { place, row } =
            access::find(&self.config, &stores, id, tenant, profile).map_err(refusal)?;
        let pair = row.pair.id;
        let act = self.auditor.act(action).for_tenant(place.tenant);
        let act = act.about(model::told!("{} of {}", pair, place.profile));
        let work = async {
            let order = self
                .running
                .order(place.tenant, place.profile, pair, command);
            let taken = order.await;
            taken.map_err(|why| Refusal::Unavailable(why.to_string()))
        };
        self.told(act, work).await?;
        Ok(json!({
            "tenant": place.tenant.as_str(),
            "profile": place.profile.as_str(),
            "pair": pair.to_string(),
            "accepted": true,
        }))
    }
}

fn refusal(refused: Refused) -> Refusal {
    match refused {
        Refused::Wrong(what) => Refusal::Invalid(what),
        Refused::Unknown(what) => Refusal::Unknown(what),
        Refused::Failed(what) => Refusal::Unavailable(what),
    }
}

impl Backend for Answers {
    fn answer(&self, query: Query) -> Answering<'_> {
        Box::pin(self.ask(query))
    }

    fn measure(&self) -> Measuring<'_> {
        Box::pin(async {
            let mut samples = self.running.metrics().await;
            samples.extend(telemetry::meter().samples());
            if let (Some(backups), Some(_)) = (&self.backups, self.config.backup.schedule) {
                samples.extend(backups.samples(SystemClock.now()));
            }
            samples
        })
    }

    fn wake(&self, profile: &str, _side: Side) -> bool {
        let mut known = false;
        for tenant in &self.config.tenants {
            for each in tenant
                .profiles
                .iter()
                .filter(|each| each.name.as_str() == profile)
            {
                self.running.wake(&tenant.name, Some(&each.name));
                known = true;
            }
        }
        known
    }

    fn ready(&self) -> Readiness {
        self.readiness
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
