//! Our own writes, when the feeds bring them back.

use model::Side;

use super::remote::text;
use super::world::{TITLE, World};
use crate::effect::Effect;

#[test]
fn an_answer_of_jira_that_shows_only_comments_dealt_with_is_not_read_again() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Azure, "has its twin there");
    world.comment(id, Side::Jira, "is carried");
    world.comment(id, Side::Jira, "stays where it is");
    let restricted = world.comments(id, Side::Jira).last_mut().unwrap();
    restricted.restricted = true;
    world.settle();
    world.edit(id, Side::Azure, TITLE, text("changed"));
    world.effects.clear();
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("changed"));
    let reads = world.effects.iter();
    let reads = reads.filter(|effect| matches!(effect, Effect::Read));
    assert_eq!(reads.count(), 1);
    let revision = world.item(id, Side::Jira).revision;
    assert!(world.pair(id).has_seen(Side::Jira, revision));
    world.assert_in_step(id);
}
