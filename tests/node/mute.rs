//! A node whose way out lets only questions through: the lock on which a dry run rests, tried with everything that writes.

use std::sync::Arc;
use std::time::Duration;

use actors::reads::Questions;
use actors::{Discovered, Gateway, Transport};
use mapping::Profile;
use model::{Both, Side};
use sync::{Conversation, Obstacle};
use tests::simulated::{World, converge, kind, start, start_one, tenant_of, until};

const PATIENCE: Duration = Duration::from_secs(40);

/// The gateway of a world, for questions alone.
struct Mute {
    below: counterpart::gateway::Remotes,
    ways: Both<Arc<Questions>>,
}

impl Mute {
    fn of(world: &World) -> Mute {
        let below = world.gateway(&kind());
        let posts = |side: Side| -> &'static [&'static str] {
            match side {
                Side::Jira => &jira::QUESTIONS,
                Side::Azure => &azure::QUESTIONS,
            }
        };
        let way = |side: Side| Arc::new(Questions::over(below.transport(side), posts(side)));
        Mute {
            ways: Both::of(way),
            below,
        }
    }
}

impl Gateway for Mute {
    fn discover(
        &self,
        side: Side,
        profile: &Profile,
    ) -> Conversation<Result<Discovered, Obstacle>> {
        self.below.discover(side, profile)
    }

    fn transport(&self, side: Side) -> Arc<dyn Transport> {
        Arc::clone(self.ways.get(side)) as Arc<dyn Transport>
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_node_behind_a_way_for_questions_reads_everything_and_writes_nothing() {
    let world = World::new("mute", 6, 8);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");

    // Something of every kind that writes: fields, comments and moves of linked items, and new ones on both sides.
    world.retitle(0, "Another title");
    world.comment(1, "A word");
    world.rename(2, "Another name");
    world.discuss(3, "An answer");
    world.close(4);
    world.file("A new task");
    world.open("Another new task");
    let ledgers = || (world.remotes.jira.ledger(), world.remotes.azure.ledger());
    let before = ledgers();
    let gateway = Arc::new(Mute::of(&world));
    let ways = gateway.ways.clone();
    let profile = world.setup_over(gateway);
    let running = start(vec![tenant_of("acme", data.path(), vec![profile])]).await;
    let all_tried =
        |_: &actors::status::Node| ways.jira.refused() >= 4 && ways.azure.refused() >= 3;
    until(&running, PATIENCE, all_tried).await;
    let status = running.status().await;
    assert!(
        status
            .profiles()
            .all(|profile| profile.connected && profile.open)
    );
    running.stop().await.expect("it stops in order");
    assert_eq!(ledgers(), before);
}
