//! Credentials that end: a running node tells of it in time, and takes it back when a later day was set.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actors::{Clock, Discovered, Expiry, Gateway, Running, Transport, Tuning};
use counterpart::gateway::Remotes;
use counterpart::query;
use mapping::Profile;
use model::{Millis, Side};
use sync::{Conversation, Obstacle};
use tests::simulated::{World, converge, kind, start_tuned, tenant, tenant_of, tuning};

const PATIENCE: Duration = Duration::from_secs(40);
const DAY_MS: i64 = 86_400_000;

/// A gateway whose Jira credential ends when the test says so.
struct Ending {
    inner: Remotes,
    end: Mutex<Expiry>,
}

impl Gateway for Ending {
    fn discover(
        &self,
        side: Side,
        profile: &Profile,
    ) -> Conversation<Result<Discovered, Obstacle>> {
        self.inner.discover(side, profile)
    }

    fn transport(&self, side: Side) -> Arc<dyn Transport> {
        self.inner.transport(side)
    }

    fn expiry(&self, side: Side) -> Expiry {
        match side {
            Side::Jira => self
                .end
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            Side::Azure => Expiry::Never,
        }
    }
}

impl Ending {
    fn set(&self, end: Expiry) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }
}

/// A clock that stands where it was put.
struct Put(Mutex<Millis>);

impl Clock for Put {
    fn now(&self) -> Millis {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The codes of the profile's open problems.
async fn open(running: &Running, world: &World) -> Vec<String> {
    let Some(store) = running.store(&tenant("acme")).await else {
        return Vec::new();
    };
    let rows = query::problems(&store, &world.profile.name, false).expect("readable");
    let code = |row: &serde_json::Value| row["code"].as_str().unwrap_or_default().to_owned();
    rows.iter().map(code).collect()
}

async fn become_open(running: &Running, world: &World, codes: &[&str]) {
    let since = std::time::Instant::now();
    loop {
        let found = open(running, world).await;
        if found == codes {
            return;
        }
        assert!(
            since.elapsed() < PATIENCE,
            "{found:?} is open, not {codes:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn begin(world: &World, data: &Path, clock: &Arc<Put>, gateway: &Arc<Ending>) -> Running {
    let way: Arc<dyn Gateway> = gateway.clone();
    let clock: Arc<dyn Clock> = clock.clone();
    let profile = world.setup_over(way);
    let tuning = Tuning {
        refresh_ms: 50,
        ..tuning()
    };
    start_tuned(clock, vec![tenant_of("acme", data, vec![profile])], tuning).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expiry_is_told_in_time_and_taken_back_when_a_later_day_is_set() {
    let world = World::new("expiry", 2, 5);
    let data = tempfile::tempdir().expect("a directory");
    let now = counterpart::clock::SystemClock.now();
    let clock = Arc::new(Put(Mutex::new(now)));
    let end = |days: i64| Expiry::At("jira-sync".to_owned(), now.plus(days * DAY_MS));
    let gateway = Arc::new(Ending {
        inner: world.gateway(&kind()),
        end: Mutex::new(end(30)),
    });
    let put = |days: i64| {
        *clock.0.lock().expect("nobody panicked") = now.plus(days * DAY_MS);
    };
    let running = begin(&world, data.path(), &clock, &gateway).await;
    converge(&running, &world, PATIENCE).await;
    become_open(&running, &world, &[]).await;
    put(17);
    become_open(&running, &world, &["credential-expires"]).await;
    put(30);
    become_open(&running, &world, &["credential-expired"]).await;
    running.stop().await.expect("it stops in order");

    // What was told before a start is no trouble of the connection, and nobody's knowing changes nothing.
    gateway.set(Expiry::Unknown);
    let running = begin(&world, data.path(), &clock, &gateway).await;
    converge(&running, &world, PATIENCE).await;
    become_open(&running, &world, &["credential-expired"]).await;
    gateway.set(end(365));
    become_open(&running, &world, &[]).await;
    running.stop().await.expect("it stops in order");
}
