//! Two tenants on one node, so that it shows whom a trouble concerns and whom it does not.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use counterpart::command::emulate::{self, Emulators};
use counterpart::demo::remote::Address;
use emulator::Faults;
use model::Side;
use serde_json::{Value, json};
use tests::harness::{Plan, TENANT, World, pause};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::hand::{Couple, Hand, text};

/// How long each step of a recovery may take.
pub(crate) const STEP: Duration = Duration::from_secs(60);

/// A door before a remote that can be shut: what is behind it keeps its state, as a host does whose network is away.
pub(crate) struct Door {
    at: SocketAddr,
    to: SocketAddr,
    work: Option<JoinHandle<()>>,
}

impl Door {
    pub(crate) async fn before(root: &str) -> Door {
        let host = root.rsplit('/').next().unwrap_or_default();
        let to = host.parse().expect("the emulator's address");
        let mut door = Door {
            at: SocketAddr::from(([127, 0, 0, 1], 0)),
            to,
            work: None,
        };
        door.open().await;
        door
    }

    /// Opens the door, at the address where it was before.
    pub(crate) async fn open(&mut self) {
        let listener = TcpListener::bind(self.at)
            .await
            .expect("the address is free");
        self.at = listener.local_addr().expect("an address");
        let to = self.to;
        self.work = Some(tokio::spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((mut guest, _)) = listener.accept().await {
                guests.spawn(async move {
                    if let Ok(mut host) = TcpStream::connect(to).await {
                        let _ = tokio::io::copy_bidirectional(&mut guest, &mut host).await;
                    }
                });
            }
        }));
    }

    /// Shuts the door: open connections break, new ones are refused.
    pub(crate) async fn shut(&mut self) {
        if let Some(work) = self.work.take() {
            work.abort();
            let _ = work.await;
        }
    }
}

/// Two tenants on one node, each with remotes of its own.
pub(crate) struct Town {
    pub(crate) world: World,
    /// The remotes of the second tenant.
    beta: Emulators,
    /// The doors to the remotes of the first tenant.
    pub(crate) jira: Door,
    pub(crate) azure: Door,
    pub(crate) alice: Hand,
    pub(crate) bruno: Hand,
}

impl Town {
    /// Writes the configuration of both tenants; the node is not started yet.
    pub(crate) async fn found(seed: u64) -> Town {
        Town::of(Plan::new(0, seed)).await
    }

    /// The same, with another plan for the first tenant's remotes and the node.
    pub(crate) async fn of(plan: Plan) -> Town {
        let seed = plan.seed;
        let mut world = World::begin(plan).await;
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let beta = emulate::start(any, any, 0, 0, seed, &Faults::default())
            .await
            .expect("the second tenant's remotes start");
        let jira = Door::before(&world.addresses.jira.root).await;
        let azure = Door::before(&world.addresses.azure.root).await;
        let profile = fs::read_to_string(world.profile_path()).expect("the profile");
        let theirs = profile
            .replace(&world.addresses.jira.url, &beta.jira.url)
            .replace(&world.addresses.azure.url, &beta.azure.url);
        let folder = world.folder().join("profiles").join("beta");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("web.toml"), theirs).expect("the second profile");
        let (near, far) = (
            world.addresses.jira.root.clone(),
            world.addresses.azure.root.clone(),
        );
        world.rewrite_profile(|text| {
            text.replace(&near, &format!("http://{}", jira.at))
                .replace(&far, &format!("http://{}", azure.at))
        });
        let config = fs::read_to_string(world.config()).expect("the configuration");
        let more = config
            .split_once("[[credential]]")
            .map(|(_, tables)| format!("\n[[credential]]{tables}"))
            .unwrap_or_default()
            .replace(&format!("{TENANT:?}"), "\"beta\"")
            .replace(".token\"", ".beta\"");
        let config = config.replacen(
            "[[credential]]",
            "refusal_seconds = 3.0\n\n[[credential]]",
            1,
        );
        fs::write(world.config(), config + &more).expect("the configuration is written");
        for side in Side::BOTH {
            let path = world.folder().join(format!("{}.beta", side.as_str()));
            fs::write(path, world.tokens.get(side)).expect("the token is written");
        }
        let alice = Hand::at(&world.addresses.jira, "alice");
        let bruno = Hand::at(&world.addresses.azure, "bruno");
        Town {
            world,
            beta,
            jira,
            azure,
            alice,
            bruno,
        }
    }

    /// The open problems, or all, of the first tenant.
    pub(crate) async fn problems(&self, all: bool) -> Vec<Value> {
        let mut arguments = vec!["problems", "--tenant", TENANT];
        if all {
            arguments.push("--all");
        }
        let ran = self.world.run(&arguments).await;
        let list = ran.json()["problems"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let open = list.iter().any(|each| each["open"] == true);
        assert_eq!(ran.code, Some(i32::from(open)), "{ran:?}");
        list
    }

    /// Waits for exactly one open problem, sees that it stays the only one, and gives it.
    pub(crate) async fn the_problem(&self, code: &str) -> Value {
        self.world
            .until(&format!("a problem {code}"), STEP, || async {
                !self.problems(false).await.is_empty()
            })
            .await;
        pause(3_000).await;
        let open = self.problems(false).await;
        assert_eq!(open.len(), 1, "{open:#?}\n{}", self.world.tail());
        assert_eq!(open[0]["code"], code, "{open:#?}");
        assert!(!text(&open[0]["cure"]).is_empty(), "{open:#?}");
        assert_eq!(open[0]["profile"], "web-to-platform");
        open[0].clone()
    }

    pub(crate) async fn no_problem_is_left(&self) {
        self.world
            .until("the problem to be closed", STEP, || async {
                self.problems(false).await.is_empty()
            })
            .await;
    }

    /// The second tenant works as ever: a new issue gets its work item, and the tenant has no problem.
    pub(crate) async fn the_neighbour_is_well(&self, title: &str) {
        let address = |emulated: &emulate::Emulated| Address {
            url: emulated.url.clone(),
            root: emulated.running.url().to_owned(),
            project: emulated.project.clone(),
        };
        let places = [address(&self.beta.jira), address(&self.beta.azure)];
        let fields = json!({ "summary": title });
        let id = Hand::at(&places[0], "alice").issue("Story", fields).await;
        self.world
            .until("the neighbour's counterpart", STEP, || async {
                Couple::seek([&places[0], &places[1]], Side::Jira, &id)
                    .await
                    .is_some()
            })
            .await;
        let ran = self
            .world
            .run(&["problems", "--tenant", "beta", "--all"])
            .await;
        assert_eq!(ran.json()["problems"], json!([]), "{ran:?}");
    }

    pub(crate) async fn story(&self, title: &str) -> Couple {
        let id = self.alice.issue("Story", json!({ "summary": title })).await;
        Couple::of(&self.world, Side::Jira, &id).await
    }

    /// Changes the Jira site's screens as its administrator would.
    pub(crate) async fn screens(&self, change: Value) {
        let url = format!("{}/_emulator/screens", self.world.addresses.jira.root);
        let answer = reqwest::Client::new().post(url).json(&change).send().await;
        let status = answer.expect("the emulator answers").status();
        assert!(status.is_success(), "{status}");
    }

    pub(crate) async fn end(self) {
        self.world.end();
        self.beta.jira.running.stop().await;
        self.beta.azure.running.stop().await;
    }
}
