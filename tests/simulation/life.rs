//! The lives of one node: begun, cut short, begun again on what the disk kept, and at the end left in peace.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actors::{ProfileSetup, Running, Setup, TenantSetup, Transport, Tuning};
use counterpart::gateway::Remotes;
use model::{Both, Side};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use storage::lossy::LossyDisk;
use storage::{EngineKind, Lsn, Store};
use tests::simulated::tenant;

use crate::people::{Ask, People};
use crate::rot::Rot;
use crate::swarm::{Disk, End, Life, Swarm};
use crate::tally::Tally;
use crate::verdict;
use crate::wire::Wire;
use crate::world::{Machine, World};

/// The tenant.
pub(crate) const TENANT: &str = "acme";
/// Its directory on the simulated disk.
pub(crate) const DIRECTORY: &str = "/data/acme";

/// A history that ended well.
pub(crate) struct History {
    /// The hash of its trace.
    pub(crate) hash: u64,
    /// What happened in it.
    pub(crate) tally: Tally,
    /// Milliseconds that it took.
    pub(crate) lasted_ms: i64,
    /// Points at which the power could have gone in its last life: operations of the disk, requests that left, answers that
    /// came.
    pub(crate) points: u64,
    /// The numbers of the node's requests that were there to change something.
    pub(crate) writes: Vec<u64>,
}

/// The history of a seed, and where its further choices come from.
pub(crate) fn drawn(seed: u64) -> (Swarm, SmallRng) {
    let mut random = SmallRng::seed_from_u64(seed);
    let swarm = Swarm::draw(&mut random);
    (swarm, random)
}

/// Lives through a history, or says what went wrong.
pub(crate) fn history(swarm: &Swarm, mut random: SmallRng) -> Result<History, String> {
    let world = World::new(swarm, &mut random);
    let began = world.now();
    let told = lives(swarm, &world, &mut random);
    let mut inner = world.lock();
    inner.tally.histories = 1;
    match told {
        Ok(points) => Ok(History {
            hash: inner.trace.hash(),
            tally: inner.tally.clone(),
            lasted_ms: inner.now() - began,
            points,
            writes: std::mem::take(&mut inner.writes),
        }),
        Err(told) => Err(format!("{told}\n{swarm:?}\n{}", inner.trace.tail())),
    }
}

fn lives(swarm: &Swarm, world: &Arc<World>, random: &mut SmallRng) -> Result<u64, String> {
    let mut people = People::new(swarm, world.now());
    let mut node = Node {
        swarm,
        world,
        disk: LossyDisk::new(random.random()),
        kept: Lsn::default(),
        random: SmallRng::seed_from_u64(random.random()),
    };
    for life in &swarm.lives {
        node.live(life, &mut people)?;
        let until = world.now() + life.gap_ms;
        while let Some(at) = people.next().filter(|at| *at < until) {
            world.lock().pass_until(at);
            people.work(world);
        }
        world.lock().pass_until(until);
    }
    node.rest(&mut people)?;
    let points = world.lock().points;
    Ok(node.disk.operations() + points)
}

/// A node between its lives.
pub(crate) struct Node<'a> {
    swarm: &'a Swarm,
    /// The world that it lives in.
    pub(crate) world: &'a Arc<World>,
    /// Its disk.
    pub(crate) disk: LossyDisk,
    /// The last commit that was acknowledged.
    kept: Lsn,
    random: SmallRng,
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

impl Node<'_> {
    fn setup(&self) -> Setup {
        let wire = |side: Side| -> Arc<dyn Transport> {
            Arc::new(Wire {
                side,
                world: Arc::clone(self.world),
            })
        };
        let profiles = self.world.profiles.iter().map(|profile| ProfileSetup {
            profile: Arc::clone(profile),
            gateway: Arc::new(Remotes::over(profile, Both::of(wire))),
        });
        Setup {
            tenants: vec![TenantSetup {
                name: tenant(TENANT),
                directory: DIRECTORY.into(),
                profiles: profiles.collect(),
            }],
            clock: Arc::new(Machine(Arc::clone(self.world))),
            tuning: Tuning {
                store: self.swarm.store.clone(),
                disk: Arc::new(self.disk.clone()),
                engine: EngineKind::Memory,
                refresh_ms: self.swarm.refresh_ms,
                ..Tuning::default()
            },
        }
    }

    /// Starts it, and looks whether it has kept what it acknowledged.
    async fn start(&self, sound: bool) -> Result<(Running, Option<Store>), String> {
        let running = actors::start(self.setup()).await;
        let running = running.map_err(|error| error.to_string())?;
        let store = running.store(&tenant(TENANT)).await;
        match &store {
            Some(store) if store.status().lsn <= self.kept => {
                return Err(format!(
                    "acknowledged commits up to {:?} are lost",
                    self.kept
                ));
            }
            None if sound => {
                let status = running.status().await;
                return Err(format!("its store does not open: {status:?}"));
            }
            Some(_) | None => {}
        }
        Ok((running, store))
    }

    /// Arms what the disk will do in this life.
    fn arm(&self, life: &Life) {
        match life.disk {
            Disk::Sound | Disk::Rot(_) => {}
            Disk::Cut(after) => {
                let at = self.disk.operations() + after;
                self.disk.cut_power_at(at);
                self.world.lock().power = Some((self.disk.clone(), at));
            }
            Disk::Sync(nth) => self.disk.fail_sync(nth),
            Disk::Full(more) => self.disk.set_capacity(Some(self.size() + more)),
        }
    }

    fn size(&self) -> u64 {
        let length =
            |path: &std::path::PathBuf| self.disk.read(path).map_or(0, |bytes| bytes.len());
        self.disk.paths().iter().map(length).sum::<usize>() as u64
    }

    fn count(&self, life: &Life) {
        let tally = &mut self.world.lock().tally;
        tally.count(match life.end {
            End::Power => "power cut",
            End::Kill => "killed",
            End::Stop => "stopped in order",
        });
        if life.skew_ms != 0 {
            tally.count("clock set");
        }
    }

    /// One life, to its end.
    fn live(&mut self, life: &Life, people: &mut People) -> Result<(), String> {
        self.arm(life);
        self.count(life);
        let rot = match life.disk {
            Disk::Rot(which) => Rot::begin(&self.disk, which),
            Disk::Sound | Disk::Cut(_) | Disk::Sync(_) | Disk::Full(_) => None,
        };
        let runtime = runtime();
        let lived: Result<_, String> = runtime.block_on(async {
            self.world.lock().begin(life.skew_ms, life.calm_ms);
            let (running, store) = self.start(life.disk == Disk::Sound).await?;
            if rot.is_some() {
                let found = store.is_none();
                let what = if found {
                    "damage found"
                } else {
                    "damage not met"
                };
                self.world.lock().tally.count(what);
                if found {
                    self.world.lock().end();
                    return Ok((Some((running, None)), None));
                }
            }
            self.days(life, people, (&running, store.as_ref())).await;
            let status = store.as_ref().map(Store::status);
            // A store that failed may have been opened again since.
            let later = running.store(&tenant(TENANT)).await;
            self.kept = self
                .kept
                .max(later.map_or(Lsn::default(), |store| store.status().lsn));
            if life.end == End::Stop {
                drop(store);
                // A stop that could not end in order leaves to the next start what a crash does.
                let _ = running.stop().await;
                self.world.lock().end();
                return Ok((None, status));
            }
            self.world.lock().end();
            Ok((Some((running, store)), status))
        });
        drop(runtime);
        let (left, status): (_, Option<storage::Status>) = lived?;
        drop(left);
        if let Some(rot) = rot {
            rot.end(&self.disk);
        }
        if let Some(status) = status {
            self.kept = self.kept.max(status.lsn);
            self.count_failure(life, &status);
        }
        self.after(life);
        Ok(())
    }

    fn count_failure(&self, life: &Life, status: &storage::Status) {
        if status.failure.is_none() {
            return;
        }
        let what = match life.disk {
            Disk::Sound | Disk::Rot(_) => "store failed on a sound disk",
            Disk::Cut(_) => "power cut at a disk operation",
            Disk::Sync(_) => "sync failed",
            Disk::Full(_) => "disk full",
        };
        self.world.lock().tally.count(what);
    }

    /// The disk as the next life finds it.
    fn after(&mut self, life: &Life) {
        self.disk.set_capacity(None);
        self.disk = match life.end {
            End::Power => self.disk.crash(self.random.random()),
            End::Kill | End::Stop => self.disk.kill(),
        };
    }

    /// People work while the node runs, until the life's time is over or the power goes.
    async fn days(
        &mut self,
        life: &Life,
        people: &mut People,
        (running, store): (&Running, Option<&Store>),
    ) {
        let end = self.world.now() + life.lasts_ms;
        loop {
            let now = self.world.now();
            if now >= end || self.world.lock().is_dark() {
                return;
            }
            let mut next = people.next().map_or(end, |at| at.min(end));
            if let Disk::Cut(_) = life.disk {
                next = next.min(now + 500);
            }
            let pause = u64::try_from(next - now).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if people.work(self.world) {
                self.wake(running);
            }
            self.ask(people, running, store).await;
        }
    }

    /// People ask something of the node. What it cannot grant now they ask again when it runs again.
    async fn ask(&mut self, people: &mut People, running: &Running, store: Option<&Store>) {
        while let Some(ask) = people.asks.pop_front() {
            let granted = match ask {
                Ask::Checkpoint => store.is_some_and(|store| store.checkpoint().is_ok()),
                Ask::Order(place, pair, command) => {
                    let name = &self.world.profiles[place].name;
                    let tenant = tenant(TENANT);
                    let order = running.order(&tenant, name, pair, command);
                    let granted = order.await.is_ok();
                    let mut inner = self.world.lock();
                    if granted {
                        people.granted(&mut inner, (place, pair), command);
                        inner.tally.count("order taken");
                    }
                    granted
                }
            };
            if !granted {
                return people.asks.push_front(ask);
            }
        }
    }

    /// What people did wakes the node now and then, as a webhook does.
    fn wake(&mut self, running: &Running) {
        if self.random.random_bool(self.swarm.wakes) {
            running.wake(&tenant(TENANT), None);
        }
    }

    /// The last life: people end their work, the faults end, and both sides come in step.
    fn rest(&mut self, people: &mut People) -> Result<(), String> {
        let runtime = runtime();
        let told = runtime.block_on(async {
            self.world.lock().begin(0, self.swarm.calm_ms);
            let (running, store) = self.start(true).await?;
            while let Some(at) = people.next() {
                let pause = u64::try_from(at - self.world.now()).unwrap_or(0);
                tokio::time::sleep(Duration::from_millis(pause)).await;
                if people.work(self.world) {
                    self.wake(&running);
                }
                self.ask(people, &running, store.as_ref()).await;
            }
            self.world.lock().mend();
            let store = store.ok_or("its store does not open")?;
            self.ask(people, &running, Some(&store)).await;
            people.resume_all();
            self.ask(people, &running, Some(&store)).await;
            if !people.asks.is_empty() {
                return Err(format!("it does not take {:?}", people.asks));
            }
            verdict::in_step(self.world, people, (&running, &store)).await?;
            verdict::kept(self.world, people)?;
            drop(store);
            running.stop().await.map_err(|error| error.to_string())
        });
        drop(runtime);
        told?;
        let report = storage::fsck_on(&self.disk, EngineKind::Memory, Path::new(DIRECTORY));
        let report = report.map_err(|error| error.to_string())?;
        if !report.ok() {
            return Err(format!("fsck: {:?}", report.findings));
        }
        verdict::ledgers(self.world, people)?;
        verdict::wishes(self.world, people)
    }
}
