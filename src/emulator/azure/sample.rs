//! Sample items: stories, bugs and tasks with rich texts, tags, people and comments, whose states
//! were reached through revisions that are recorded like any other write. The same seed gives the
//! same organisation.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Services;
use super::comment::{self, Comment, Version};
use super::draft::{Desk, Draft};
use super::error::Refusal;
use super::field;
use super::identity::Who;
use super::item::Revision;
use super::kind::Type;
use super::patch::{Mode, Operation};
use super::reaction::Reactions;
use super::store::Commit;
use crate::limit::SAMPLE_ITEMS_MAX;
use crate::people::people;

/// The position of the project that holds the sample.
const MAIN: usize = 0;
/// How long before the start the first sample item was made.
const SPAN_MS: i64 = 90 * 86_400_000;
/// Between the last possible sample write and the start.
const QUIET_MS: i64 = 60_000;

const WHAT: [&str; 20] = [
    "Checkout",
    "Search results",
    "Order export",
    "Password reset",
    "Invoice PDF",
    "Product images",
    "Newsletter signup",
    "Price import",
    "Stock level",
    "Gift cards",
    "Address form",
    "Session timeout",
    "Shipping label",
    "Returns page",
    "Login screen",
    "Category filter",
    "Basket total",
    "Tax calculation",
    "Audit log",
    "Health probe",
];
const TROUBLE: [&str; 10] = [
    "fails for guests",
    "is slow with more than 500 rows",
    "loses umlauts (ä, ö, ü) in e-mails",
    "shows the wrong currency",
    "times out behind the proxy",
    "duplicates the last entry",
    "ignores the time zone",
    "breaks on small screens",
    "returns 500 for \"quoted\" names",
    "misses the <b> & entity cases",
];
const WISH: [&str; 10] = [
    "remembers the last choice",
    "works with the keyboard alone",
    "can be scheduled at night",
    "explains why it was refused",
    "supports partial deliveries",
    "offers a dark theme",
    "shows progress",
    "is available in Japanese (日本語)",
    "sends a summary every Monday",
    "keeps drafts for 30 days",
];
const CHORE: [&str; 8] = [
    "write the migration",
    "add metrics",
    "review with support",
    "update the runbook",
    "remove the old endpoint",
    "raise the test coverage",
    "renew the certificate",
    "measure under load",
];
const TAGS: [&str; 9] = [
    "shared",
    "backend",
    "frontend",
    "customer",
    "quick win",
    "security",
    "performance",
    "ux",
    "release-2026.3",
];
const REMARKS: [&str; 8] = [
    "I can reproduce this on the test system.",
    "Waiting for <b>finance</b> to confirm the rounding.",
    "See <a href=\"https://wiki.acme.example/runbooks/checkout?page=2&amp;v=3\">the runbook</a>, \
    section 4.",
    "Done on my side, please have a look.",
    "<p>Two cases are left:</p><ul><li>empty basket</li><li>expired voucher</li></ul>",
    "This also affects the partner shop &mdash; raising the priority.",
    "<p>Fix is in <code>PriceList::round</code>.</p>",
    "Talked to the customer, they can wait until Friday.",
];

/// A source of choices: splitmix64, so that a seed means the same on every machine.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let sides = u64::try_from(sides.max(1)).unwrap_or(1);
        usize::try_from((z ^ (z >> 31)) % sides).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.roll(from.len());
        from.get(at).copied().unwrap_or("")
    }

    fn moment(&mut self, after: i64, within: i64) -> i64 {
        let room = usize::try_from(within.max(1)).unwrap_or(1);
        after + 1 + i64::try_from(self.roll(room)).unwrap_or(0)
    }
}

/// One write of the sample's history.
#[derive(Debug)]
struct Step {
    at_ms: i64,
    /// The item, counted from 1 in the order of creation.
    id: i64,
    by: usize,
    act: Act,
}

/// What a write of the sample's history does.
#[derive(Debug)]
enum Act {
    /// Makes an item of a type, with its values and its long text as the service stores it.
    Begin(&'static str, Changes, (&'static str, Arc<str>)),
    /// Sets values.
    Change(Changes),
    /// Says something.
    Say(&'static str),
}

type Changes = Vec<(&'static str, Json)>;

/// Texts as the service stores them, by what was written: people repeat themselves, and cleaning a
/// text is most of the work of a write.
#[derive(Debug, Default)]
struct Cleaned(BTreeMap<String, Arc<str>>);

impl Cleaned {
    fn of(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let stored = comment::stored(text, false);
        self.0.insert(text.to_owned(), Arc::clone(&stored));
        stored
    }
}

impl Services {
    /// Puts the sample items in, oldest write first, so that the feed is in the order of time.
    pub(crate) fn fill(&mut self) {
        let mut dice = Dice(self.options.seed);
        let items = i64::from(self.options.items.min(SAMPLE_ITEMS_MAX));
        let first = self.options.start_ms - SPAN_MS;
        let gap = (SPAN_MS / 3 * 2) / items.max(1);
        let mut steps = Vec::new();
        let mut cleaned = Cleaned::default();
        for id in 1..=items {
            self.plan(&mut dice, id, first + gap * id, &mut cleaned, &mut steps);
        }
        steps.sort_by_key(|step| (step.at_ms, step.id));
        self.store.rest_index();
        for step in steps {
            let done = self.take(step, &mut cleaned);
            debug_assert!(done.is_ok(), "a sample item breaks a rule: {done:?}");
        }
        self.store.index_all();
        self.store.compact();
    }

    fn plan(
        &self,
        dice: &mut Dice,
        id: i64,
        at_ms: i64,
        cleaned: &mut Cleaned,
        steps: &mut Vec<Step>,
    ) {
        let people = people().len();
        let name = match dice.roll(10) {
            0..5 => "User Story",
            5..8 => "Bug",
            _ => "Task",
        };
        let Some(kind) = self.organization.kind(MAIN, name) else {
            return;
        };
        let by = dice.roll(people);
        let act = self.beginning(dice, kind, people, cleaned);
        steps.push(Step { at_ms, id, by, act });
        let room = (self.options.start_ms - QUIET_MS - at_ms) / 8;
        let mut last = at_ms;
        for act in later(dice, kind) {
            last = dice.moment(last, room);
            let by = dice.roll(people);
            steps.push(Step {
                at_ms: last,
                id,
                by,
                act,
            });
        }
    }

    fn beginning(&self, dice: &mut Dice, kind: &Type, people: usize, cleaned: &mut Cleaned) -> Act {
        let text = if kind.name == "Bug" {
            field::REPRO
        } else {
            field::DESCRIPTION
        };
        let mut changes = vec![(field::TITLE, json!(title(dice, kind.name)))];
        let description = self.description(dice, cleaned);
        changes.push((field::PRIORITY, json!(dice.roll(4) + 1)));
        let area = dice.pick(&["Platform", "Platform\\Web", "Platform\\Web"]);
        changes.push((field::AREA, json!(area)));
        let tags: Vec<&str> = (0..dice.roll(4)).map(|_| dice.pick(&TAGS)).collect();
        if !tags.is_empty() {
            changes.push((field::TAGS, json!(tags.join("; "))));
        }
        if dice.roll(4) > 0
            && let Some(person) = self.organization.people.person(dice.roll(people))
        {
            changes.push((field::ASSIGNED, json!(person.email)));
        }
        if kind.name == "User Story" {
            changes.push((field::POINTS, json!([1, 2, 3, 5, 8].get(dice.roll(5)))));
        }
        Act::Begin(kind.name, changes, (text, description))
    }

    /// A description as the service stores it: block by block, as each block is an element of its
    /// own.
    fn description(&self, dice: &mut Dice, cleaned: &mut Cleaned) -> Arc<str> {
        let first = format!("<p>{} {}.</p>", dice.pick(&WHAT), dice.pick(&WISH));
        let mut html = cleaned.of(&first).to_string();
        for _ in 0..=dice.roll(4) {
            html.push_str(&cleaned.of(&self.block(dice)));
        }
        Arc::from(html)
    }

    fn block(&self, dice: &mut Dice) -> String {
        let (what, trouble, wish) = (dice.pick(&WHAT), dice.pick(&TROUBLE), dice.pick(&WISH));
        let trouble = trouble
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        match dice.roll(8) {
            0 => format!(
                "<h2>Context</h2><p>{what} <b>{trouble}</b>, as <i>two</i> customers say.</p>"
            ),
            1 => format!(
                "<ul><li>{what}</li><li>{trouble}<ul><li>since \
                Tuesday</li></ul></li><li>{wish}</li></ul>"
            ),
            2 => format!(
                "<ol><li>Open {what}</li><li>Press <b>Save</b></li><li>It {trouble}</li></ol>"
            ),
            3 => format!(
                "<p>Details: <a href=\"https://wiki.acme.example/{}/{}\">{what}</a></p>",
                what.to_lowercase().replace(' ', "-"),
                dice.roll(900) + 100
            ),
            4 => format!(
                "<pre><code>fn check(id: u64) -&gt; bool {{\n    id % {} == 0\n}}\n</code></pre>",
                dice.roll(9) + 2
            ),
            5 => format!(
                "<table><tbody><tr><th>Case</th><th>Result</th></tr><tr><td>{what}</td><td>{trouble}</td></tr></tbody></table>"
            ),
            6 => self.mention(dice, what),
            _ => format!(
                "<blockquote><p>{wish}</p></blockquote><p><s>dropped</s> <u>kept</u><br>next \
                line</p>"
            ),
        }
    }

    fn mention(&self, dice: &mut Dice, what: &str) -> String {
        let people = people().len();
        let person = self.organization.people.person(dice.roll(people));
        person.map_or_else(String::new, |person| {
            format!(
                "<p><a href=\"#\" data-vss-mention=\"version:2.0,{}\">@{}</a> knows {what}.</p>",
                person.guid, person.display
            )
        })
    }

    fn take(&mut self, step: Step, cleaned: &mut Cleaned) -> Result<(), Refusal> {
        let desk = Desk {
            store: &self.store,
            organization: &self.organization,
            files: &self.files,
            caller: step.by,
            now: step.at_ms,
            bypass: false,
        };
        let (mut draft, changes) = match step.act {
            Act::Begin(name, changes, (field, text)) => {
                let kind = self.organization.kind(MAIN, name);
                let kind = kind.ok_or(Refusal::ItemMissing(step.id))?;
                let mut draft = Draft::create(desk, MAIN, kind);
                draft.give(field, text);
                (draft, changes)
            }
            Act::Change(changes) => (Draft::update(desk, self.store.live(step.id)?)?, changes),
            Act::Say(text) => return self.say(&step, cleaned.of(text)),
        };
        for (reference, value) in changes {
            if let Some(field) = field::by_reference(reference) {
                draft.apply(Operation::Set(field, Mode::Add, value))?;
            }
        }
        let commit = draft.finish()?;
        if !commit.is_empty() {
            self.commit(commit);
        }
        Ok(())
    }

    /// A comment: the newest revision again, with what was said.
    fn say(&mut self, step: &Step, text: Arc<str>) -> Result<(), Refusal> {
        let item = self.store.live(step.id)?;
        let latest = item.latest().ok_or(Refusal::ItemMissing(step.id))?;
        let by = Who::Member(step.by);
        let at_ms = step.at_ms.max(latest.changed_ms + 1);
        let revision = Revision {
            changed_ms: at_ms,
            changed_by: by.clone(),
            author: step.by,
            comment: None,
            ..latest.clone()
        };
        let version = Version {
            text,
            markdown: false,
            by: by.clone(),
            at_ms,
            deleted: false,
        };
        self.store.commit(Commit {
            id: step.id,
            by: by.clone(),
            at_ms,
            revision: Some(revision),
            comment: Some(Comment {
                id: 0,
                by,
                created_ms: at_ms,
                versions: vec![version],
                reactions: Reactions::default(),
            }),
            added: Vec::new(),
            removed: Vec::new(),
            updated: Vec::new(),
        });
        Ok(())
    }
}

fn title(dice: &mut Dice, kind: &str) -> String {
    let what = dice.pick(&WHAT);
    match kind {
        "Bug" => format!("{what} {}", dice.pick(&TROUBLE)),
        "Task" => format!("{what}: {}", dice.pick(&CHORE)),
        _ => format!("{what} {}", dice.pick(&WISH)),
    }
}

/// What happens to an item after its creation: steps of its workflow, comments between them, a late
/// edit.
fn later(dice: &mut Dice, kind: &Type) -> Vec<Act> {
    let states = ["Active", "Resolved", "Closed"];
    let reached = dice.roll(states.len() + 2).saturating_sub(1);
    let mut steps = Vec::new();
    for state in states
        .iter()
        .take(reached)
        .filter(|s| kind.state(s).is_some())
    {
        steps.push(Act::Change(vec![(field::STATE, json!(state))]));
    }
    for _ in 0..dice.roll(4) {
        let at = dice.roll(steps.len() + 1);
        steps.insert(at, Act::Say(dice.pick(&REMARKS)));
    }
    if dice.roll(5) == 0 {
        steps.push(Act::Change(vec![(
            field::PRIORITY,
            json!(dice.roll(4) + 1),
        )]));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::super::html;
    use super::*;
    use crate::options::Options;

    #[test]
    fn a_description_cleaned_by_blocks_is_as_if_cleaned_whole() {
        let services = Services::new(Options::default());
        let mut dice = Dice(5);
        for _ in 0..200 {
            let block = services.block(&mut dice);
            let both = format!("<p>Begin</p>{block}");
            let apart = format!("<p>Begin</p>{}", html::sanitise(&block));
            assert_eq!(apart, html::sanitise(&both));
        }
    }
}
