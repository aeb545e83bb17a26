//! What a rehearsal found: the plan, in names, ids and digests, and its hash.

use std::collections::{BTreeMap, BTreeSet};

use mapping::check::Gap;
use mapping::{Losses, Profile};
use model::{
    Both, CommentId, Digest, DigestKey, Item, ItemKey, PairId, Problem, ProfileName, RuleName,
    Side, Value,
};
use sync::intent::{Intent, Kind};
use sync::{Body, CommentRef, Note, Pair, Phase, Write};

use super::{Stage, twin};

/// What a sync of one profile would do. It holds names of fields, ids and digests, and no content.
#[derive(Debug)]
pub struct Plan {
    /// The profile.
    pub profile: ProfileName,
    /// Items that the feeds named, by side.
    pub named: Both<usize>,
    /// Readings of items, by side.
    pub read: Both<usize>,
    /// Requests sent, by side.
    pub requests: Both<u64>,
    /// Where the profile does not fit its remotes.
    pub gaps: Vec<Gap>,
    /// Pairs with something to do or something in the way, in the order of their identities.
    pub entries: Vec<Entry>,
    /// A digest of all this that changes when any planned value does.
    pub hash: String,
    fingerprint: String,
}

/// One pair: what would be done, and what stays.
#[derive(Debug)]
pub struct Entry {
    /// The pair.
    pub pair: PairId,
    /// Its items' keys; nothing for one that is not there yet.
    pub keys: Both<Option<ItemKey>>,
    /// Writes, in their order.
    pub deeds: Vec<Deed>,
    /// What the carried texts would lose.
    pub losses: Vec<Lost>,
    /// Conflicts that the policy decides.
    pub decided: Vec<Decided>,
    /// Whether its twin is there already, and was found by its marker.
    pub found: bool,
    /// What is wrong with it, and so what stays as it is.
    pub stays: BTreeSet<Problem>,
    /// Whether it waits as a whole.
    pub parked: bool,
    /// Whether it could not be planned to its end: something is in doubt, or an item could not be read.
    pub unsettled: bool,
    /// What both sides last agreed on.
    base: Vec<(RuleName, Both<Option<Digest>>)>,
}

/// One write.
#[derive(Debug)]
pub struct Deed {
    /// Where.
    pub side: Side,
    /// What.
    pub what: What,
    /// The fields that it sets.
    pub fields: Vec<Field>,
    /// The comment that it carries.
    pub comment: Option<CommentRef>,
    /// Whether it may not be wanted: it moves a new item from a status in which such items are only expected to begin, or it
    /// creates a twin that may be there already, as an item that could not be read.
    pub assumed: bool,
    body: Option<Digest>,
}

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It creates the twin.
    Create {
        /// In which project.
        project: String,
        /// Of which type.
        kind: String,
    },
    /// It changes fields, and may carry a comment along.
    Edit,
    /// It moves a Jira issue to another status.
    Transition,
    /// It adds a comment.
    Comment,
    /// It leaves the link that people follow.
    Link,
}

/// A field that is set.
#[derive(Debug)]
pub struct Field {
    /// The rule.
    pub rule: RuleName,
    /// The field's own id there.
    pub native: String,
    source: Digest,
    sent: Digest,
}

/// A loss.
#[derive(Debug)]
pub struct Lost {
    /// What loses it.
    pub of: Of,
    /// The side that gets less than there was.
    pub on: Side,
    /// What is lost.
    pub kind: &'static str,
    /// Where in the text.
    pub path: String,
    /// What stands in its place.
    pub instead: &'static str,
}

/// What is carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A field's text.
    Rule(RuleName),
    /// A comment.
    Comment(CommentId),
}

/// A conflict that the policy decides.
#[derive(Debug)]
pub struct Decided {
    /// The rule.
    pub rule: RuleName,
    /// The side whose value is kept.
    pub kept: Side,
    lost: Digest,
}

impl Plan {
    pub(super) fn of(profile: &Profile, gaps: Vec<Gap>) -> Plan {
        Plan {
            profile: profile.name.clone(),
            named: Both::default(),
            read: Both::default(),
            requests: Both::default(),
            gaps,
            entries: Vec::new(),
            hash: String::new(),
            fingerprint: profile.fingerprint().to_owned(),
        }
    }

    /// All writes.
    pub fn deeds(&self) -> impl Iterator<Item = &Deed> {
        self.entries.iter().flat_map(|entry| &entry.deeds)
    }

    /// How many losses there are of each kind.
    #[must_use]
    pub fn losses(&self) -> BTreeMap<&'static str, u64> {
        let mut kinds = BTreeMap::new();
        for lost in self.entries.iter().flat_map(|entry| &entry.losses) {
            *kinds.entry(lost.kind).or_default() += 1;
        }
        kinds
    }

    /// Marks every create on a side where an item could not be met: that item may be the twin.
    pub(super) fn doubt_creates(&mut self, unmet: &Both<bool>) {
        for entry in &mut self.entries {
            for deed in &mut entry.deeds {
                if matches!(deed.what, What::Create { .. }) && *unmet.get(deed.side) {
                    deed.assumed = true;
                    entry.unsettled = true;
                }
            }
        }
    }

    /// Takes the hash of what is there now.
    pub(super) fn close(&mut self) {
        let mut page = Page::default();
        page.put(self.profile.as_str());
        page.put(&self.fingerprint);
        page.put(&self.gaps.len().to_string());
        for gap in &self.gaps {
            page.put(&gap.severity.to_string());
            page.put(gap.side.map_or("", Side::as_str));
            page.put(&gap.what);
        }
        for entry in &self.entries {
            entry.write(&mut page);
        }
        self.hash = page.hash();
    }
}

impl Entry {
    pub(super) fn of(pair: &Pair) -> Entry {
        let key = |side: Side| pair.ends.get(side).as_ref().map(|end| end.key.clone());
        let base = pair.base.iter();
        Entry {
            pair: pair.id,
            keys: Both::of(key),
            deeds: Vec::new(),
            losses: Vec::new(),
            decided: Vec::new(),
            found: false,
            stays: BTreeSet::new(),
            parked: false,
            unsettled: false,
            base: base
                .map(|(rule, base)| (rule.clone(), base.value))
                .collect(),
        }
    }

    /// A pair that cannot be played.
    pub(super) fn left(pair: &Pair) -> Entry {
        let mut entry = Entry::of(pair);
        entry.stand(pair);
        entry.unsettled = true;
        entry
    }

    /// A pair that nobody would look at now; nothing when all is well with it.
    pub(super) fn of_stored(pair: &Pair) -> Option<Entry> {
        let mut entry = Entry::of(pair);
        entry.stand(pair);
        entry.is_worth_telling().then_some(entry)
    }

    /// An item was read. One that is only imagined has no key.
    pub(super) fn met(&mut self, item: &Item, imagined: bool) {
        if !imagined {
            *self.keys.get_mut(item.side) = Some(item.key.clone());
        }
    }

    /// Takes in how the pair stands at the end.
    pub(super) fn stand(&mut self, pair: &Pair) {
        self.stays.extend(pair.problems.iter().cloned());
        if let Phase::Parked(park) = &pair.phase {
            self.parked = true;
            self.stays.insert(park.problem.clone());
        }
    }

    pub(super) fn is_worth_telling(&self) -> bool {
        let does = !self.deeds.is_empty() || !self.decided.is_empty() || self.found;
        does || !self.stays.is_empty() || self.unsettled
    }

    pub(super) fn note(&mut self, note: &Note) {
        match note {
            Note::Carried {
                rule, from, losses, ..
            } => self.lose(Of::Rule(rule.clone()), *from, losses),
            Note::CommentPlanned {
                from,
                comment,
                losses,
            } => self.lose(Of::Comment(*comment), *from, losses),
            Note::Conflict { rule, kept, lost } => self.decided.push(Decided {
                rule: rule.clone(),
                kept: *kept,
                lost: *lost,
            }),
            Note::Linked { found, .. } => self.found |= *found,
            Note::CreatePlanned { .. }
            | Note::Written { .. }
            | Note::Agreed { .. }
            | Note::ConflictWaits { .. }
            | Note::CommentWritten { .. }
            | Note::Stale { .. }
            | Note::Doubtful { .. }
            | Note::Absent { .. }
            | Note::Problem(_)
            | Note::Healed
            | Note::Ordered { .. }
            | Note::Contradiction { .. }
            | Note::Overwritten { .. } => {}
        }
    }

    /// A text that is planned a second time takes the place of its first plan.
    fn lose(&mut self, of: Of, from: Side, losses: &Losses) {
        let on = from.other();
        self.losses.retain(|lost| (&lost.of, lost.on) != (&of, on));
        let places = losses.places().iter();
        self.losses.extend(places.map(|loss| Lost {
            of: of.clone(),
            on,
            kind: loss.kind.name(),
            path: loss.path.clone(),
            instead: loss.instead.name(),
        }));
    }

    pub(super) fn deed(&mut self, stage: &Stage, write: &Write, intent: &Intent, assumed: bool) {
        let side = write.side;
        let what = match &write.body {
            Body::Create(create) => What::Create {
                project: create.project.clone(),
                kind: create.kind.clone(),
            },
            Body::Edit(_) => What::Edit,
            Body::Transition(_) => What::Transition,
            Body::Comment(_) => What::Comment,
            Body::Link(_) => What::Link,
        };
        let comment = match &write.body {
            Body::Edit(edit) => edit.comment.as_ref(),
            Body::Comment(comment) => Some(comment),
            Body::Create(_) | Body::Transition(_) | Body::Link(_) => None,
        };
        let field = |planned: &sync::intent::Planned| Field {
            native: twin::native(stage, &planned.rule, side).unwrap_or_default(),
            rule: planned.rule.clone(),
            source: planned.source,
            sent: planned.sent,
        };
        let fields = match &intent.kind {
            Kind::Create { fields, .. } | Kind::Edit { fields, .. } => fields.as_slice(),
            Kind::Transition { field } => std::slice::from_ref(field),
            Kind::Comment { .. } | Kind::Link => &[],
        };
        self.deeds.push(Deed {
            side,
            what,
            fields: fields.iter().map(field).collect(),
            comment: intent.comment(),
            assumed,
            body: comment.map(|comment| stage.key.digest("comment", &bytes(&comment.body))),
        });
    }

    fn write(&self, page: &mut Page) {
        page.put(&self.pair.to_string());
        for side in Side::BOTH {
            page.put(self.keys.get(side).as_ref().map_or("", ItemKey::as_str));
        }
        for deed in &self.deeds {
            deed.write(page);
            for field in &deed.fields {
                let base = self.base.iter().find(|(rule, _)| *rule == field.rule);
                page.put(&format!("{base:?}"));
            }
        }
        for lost in &self.losses {
            page.put(&format!(
                "{:?}",
                (&lost.of, lost.on, lost.kind, &lost.path, lost.instead)
            ));
        }
        for decided in &self.decided {
            page.put(&format!(
                "{:?}",
                (&decided.rule, decided.kept, decided.lost)
            ));
        }
        page.put(&format!("{:?}", (self.found, self.parked, self.unsettled)));
        page.put(&format!("{:?}", self.stays));
    }
}

impl Deed {
    fn write(&self, page: &mut Page) {
        page.put(&format!(
            "{:?}",
            (self.side, &self.what, self.comment, self.body)
        ));
        for field in &self.fields {
            page.put(&field.native);
            page.put(&format!("{:?}", (&field.rule, field.source, field.sent)));
        }
    }
}

/// One hash for several plans; that of a single one is its own.
#[must_use]
pub fn hash_of(plans: &[&str]) -> String {
    if let [only] = plans {
        return (*only).to_owned();
    }
    let mut page = Page::default();
    plans.iter().for_each(|hash| page.put(hash));
    page.hash()
}

/// A comment's text as bytes, for its digest alone.
fn bytes(text: &Value) -> Vec<u8> {
    match text {
        Value::Text(text) | Value::Html(text) | Value::Markdown(text) | Value::Choice(text) => {
            text.as_bytes().to_vec()
        }
        Value::Adf(tree) => tree.to_string().into_bytes(),
        Value::Empty
        | Value::Number(_)
        | Value::User(_)
        | Value::Set(_)
        | Value::Moment(_)
        | Value::Flag(_) => Vec::new(),
    }
}

/// What a hash is taken of: each part with its length, so that no two plans make the same page.
#[derive(Default)]
struct Page(Vec<u8>);

impl Page {
    fn put(&mut self, part: &str) {
        self.0.extend((part.len() as u64).to_be_bytes());
        self.0.extend(part.as_bytes());
    }

    /// Four digests under a fixed key make 256 bits.
    fn hash(&self) -> String {
        let key = DigestKey::new([0x50; 32]);
        let part = |part: &str| format!("{:?}", key.digest(&format!("plan-1/{part}"), &self.0));
        ["a", "b", "c", "d"].map(part).concat()
    }
}

#[cfg(test)]
mod tests {
    use mapping::Severity;

    use super::*;

    #[test]
    fn a_hash_tells_one_set_of_gaps_from_another() {
        let profile = Profile::compile(mapping::SAMPLE, "web.toml").unwrap();
        let gap = |severity, side, what: &str| Gap {
            severity,
            file: "web.toml".into(),
            line: None,
            side: Some(side),
            what: what.into(),
            cure: "mend it".into(),
        };
        let hash = |gaps| {
            let mut plan = Plan::of(&profile, gaps);
            plan.close();
            plan.hash
        };
        let one = || gap(Severity::Error, Side::Jira, "no field");
        let hashes = BTreeSet::from([
            hash(vec![]),
            hash(vec![one()]),
            hash(vec![one(), one()]),
            hash(vec![gap(Severity::Warning, Side::Jira, "no field")]),
            hash(vec![gap(Severity::Error, Side::Azure, "no field")]),
            hash(vec![gap(Severity::Error, Side::Jira, "no type")]),
        ]);
        assert_eq!(hashes.len(), 6);
        assert_eq!(hash(vec![one()]), hash(vec![one()]));
    }
}
