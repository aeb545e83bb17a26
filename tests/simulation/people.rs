//! People at work on both sides, and what they wrote last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use counterpart::demo::compare;
use model::{Both, PairId, Side};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};
use sync::Command;

use crate::act::{Act, Deed};
use crate::aside::Aside;
use crate::swarm::Swarm;
use crate::world::{Inner, PROJECTS, World, origin};

/// Fields whose changes are followed, by their names in the remotes' neutral documents.
pub(crate) const FIELDS: [&str; 5] = ["title", "text", "priority", "tags", "state"];

/// A field of an item.
pub(crate) type Place = (Side, String, &'static str);
/// What people wrote last.
pub(crate) type Wishes = BTreeMap<Place, Value>;

/// What people ask of the node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    /// An order about a pair of the profile at that place.
    Order(usize, PairId, Command),
    /// A checkpoint of the store.
    Checkpoint,
}

/// People with a diary.
pub(crate) struct People {
    began: i64,
    diary: VecDeque<Act>,
    /// How likely an act that is not decided yet is an order, deletes an item, or moves one.
    likely: (f64, f64, f64),
    /// Where the choices of the present act come from.
    random: SmallRng,
    words: usize,
    /// What they ask of the node and have not been granted yet.
    pub(crate) asks: VecDeque<Ask>,
    /// What they wrote last.
    pub(crate) wishes: Wishes,
    /// Pairs that they set aside, and when.
    pub(crate) aside: Vec<Aside>,
    /// Pairs of which they deleted an item.
    pub(crate) broken: BTreeSet<PairId>,
    /// Items that they moved: each begins with a status of the other project's choice.
    moved: BTreeSet<(Side, String)>,
    /// Pairs of which they moved an item away, and on which side.
    pub(crate) away: BTreeSet<(PairId, Side)>,
    /// Items that they deleted.
    pub(crate) deleted: BTreeSet<(Side, String)>,
}

impl People {
    /// People who do that from then on.
    pub(crate) fn new(swarm: &Swarm, began: i64) -> People {
        People {
            began,
            diary: swarm.acts.iter().cloned().collect(),
            likely: (swarm.orders, swarm.deletes, swarm.moves),
            random: SmallRng::seed_from_u64(0),
            words: 0,
            asks: VecDeque::new(),
            wishes: Wishes::new(),
            aside: Vec::new(),
            broken: BTreeSet::new(),
            moved: BTreeSet::new(),
            away: BTreeSet::new(),
            deleted: BTreeSet::new(),
        }
    }

    /// When they act next.
    pub(crate) fn next(&self) -> Option<i64> {
        self.diary.front().map(|act| self.began + act.at_ms)
    }

    /// Does what is due. Says whether anything was.
    pub(crate) fn work(&mut self, world: &World) -> bool {
        let mut inner = world.lock();
        let now = inner.now();
        let mut worked = false;
        while self.next().is_some_and(|at| at <= now)
            && let Some(act) = self.diary.pop_front()
        {
            self.random = SmallRng::seed_from_u64(act.seed);
            self.words = 2 * act.number;
            self.act(world, &mut inner, act.deed);
            worked = true;
        }
        worked
    }

    /// One act. Of those that are not decided yet every fifth is two at once, on both items of a pair.
    fn act(&mut self, world: &World, inner: &mut Inner, deed: Deed) {
        let items = inner.items();
        let pairs = compare::pair_up(&items.jira, &items.azure);
        let deed = match deed {
            Deed::Any => self.choose(pairs.len()),
            decided => decided,
        };
        match deed {
            Deed::Any => {}
            Deed::Begin(side) => {
                let place = self.random.random_range(0..world.profiles.len());
                self.begin(inner, side, PROJECTS[place]);
            }
            Deed::Checkpoint => self.asks.push_back(Ask::Checkpoint),
            Deed::Order(at, command) => {
                let pair = pairs.get(at % pairs.len().max(1));
                let place = pair.and_then(|pair| world.place_of(pair));
                if let (Some(place), Some(pair)) = (place, pair.and_then(origin)) {
                    self.asks.push_back(Ask::Order(place, pair, command));
                }
            }
            Deed::Delete(at, side) => {
                if let Some(pair) = pairs.get(at % pairs.len().max(1)) {
                    self.delete(inner, pair, side);
                }
            }
            // Between the projects of two profiles a move would be one from pair to pair.
            Deed::Move(..) if world.profiles.len() > 1 => {}
            Deed::Move(at, side) => {
                let pair = &pairs[at % pairs.len()];
                self.relocate(inner, pair, side);
            }
            Deed::Edit(at, side, field) => {
                let pair = &pairs[at % pairs.len()];
                self.change(world, inner, pair, &[side], field);
            }
            Deed::Both(at, field) => {
                let pair = &pairs[at % pairs.len()];
                self.change(world, inner, pair, &Side::BOTH, field);
            }
        }
    }

    fn choose(&mut self, pairs: usize) -> Deed {
        let at = self.random.random_range(0..pairs + 1);
        let side = Side::BOTH[self.random.random_range(0..2)];
        let both = self.random.random_bool(0.2);
        let field = self.random.random_range(0..6);
        let order = self.random.random_bool(self.likely.0);
        let delete = self.random.random_bool(self.likely.1);
        let moves = self.random.random_bool(self.likely.2);
        let command = match self.random.random_range(0..9) {
            0..3 => Command::Park,
            3..6 => Command::Resume,
            6..8 => Command::Resync,
            _ => Command::Detach,
        };
        match (at < pairs, order, both) {
            (false, _, _) => Deed::Begin(side),
            (true, true, _) => Deed::Order(at, command),
            (true, false, _) if delete => Deed::Delete(at, side),
            (true, false, _) if moves => Deed::Move(at, side),
            (true, false, true) => Deed::Both(at, field),
            (true, false, false) => Deed::Edit(at, side, field),
        }
    }

    /// Changes a field of a pair on these sides.
    fn change(
        &mut self,
        world: &World,
        inner: &mut Inner,
        pair: &compare::Twins<'_>,
        sides: &[Side],
        field: usize,
    ) {
        let here = Both {
            jira: pair.jira,
            azure: pair.azure,
        };
        for side in sides {
            let Some(item) = *here.get(*side) else {
                continue;
            };
            let met = self.met(world, &here, *side, field);
            let changed = self.edit(inner, *side, item, field);
            if let Some((at, value)) = met.filter(|_| changed) {
                self.wishes.insert(at, value);
            }
        }
    }

    /// Deletes an item of a pair, on Azure DevOps into the recycle bin.
    fn delete(&mut self, inner: &mut Inner, pair: &compare::Twins<'_>, side: Side) {
        let item = match side {
            Side::Jira => pair.jira,
            Side::Azure => pair.azure,
        };
        let (Some(item), Some(id)) = (item, origin(pair)) else {
            return;
        };
        let item = id_of(item);
        let path = match side {
            Side::Jira => format!("/rest/api/3/issue/{item}"),
            Side::Azure => format!("/_apis/wit/workitems/{item}?api-version=7.1"),
        };
        let person = self.person();
        if inner
            .act(side, person, Method::DELETE, &path, &Value::Null)
            .is_some()
        {
            inner.tally.count("item deleted");
            self.broken.insert(id);
            self.deleted.insert((side, item));
        }
    }

    /// Moves an item of a pair to the other profile's project, or back.
    fn relocate(&mut self, inner: &mut Inner, pair: &compare::Twins<'_>, side: Side) {
        let item = match side {
            Side::Jira => pair.jira,
            Side::Azure => pair.azure,
        };
        let Some(item) = item else {
            return;
        };
        let (id, person) = (id_of(item), self.person());
        let [(jira, azure), (jira_other, azure_other)] = PROJECTS;
        let (away, done) = match side {
            Side::Jira => {
                let home = item["key"]
                    .as_str()
                    .is_some_and(|key| key.starts_with(jira));
                let target = if home { jira_other } else { jira };
                let path = format!("/rest/api/3/issue/{id}?fields=issuetype");
                let issue = inner.act(side, person, Method::GET, &path, &Value::Null);
                let kind = issue.map(|issue| issue["fields"]["issuetype"]["id"].clone());
                let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
                let body = json!({ "targetToSourcesMapping": { format!("{target},{kind}"): {
                    "issueIdsOrKeys": [id],
                    "inferClassificationDefaults": true,
                    "inferFieldDefaults": true,
                    "inferStatusDefaults": true,
                    "inferSubtaskTypeDefault": true,
                } } });
                let path = "/rest/api/3/bulk/issues/move";
                (home, inner.act(side, person, Method::POST, path, &body))
            }
            Side::Azure => {
                let path = format!("/_apis/wit/workitems/{id}?api-version=7.1");
                let there = inner.act(side, person, Method::GET, &path, &Value::Null);
                let home = there.is_some_and(|it| it["fields"]["System.TeamProject"] == azure);
                let target = if home { azure_other } else { azure };
                let set = |name: &str| json!({ "op": "add", "path": format!("/fields/System.{name}"), "value": target });
                let body = json!([set("TeamProject"), set("AreaPath"), set("IterationPath")]);
                (home, inner.act(side, person, Method::PATCH, &path, &body))
            }
        };
        if done.is_none() {
            return inner.tally.count("move refused");
        }
        inner.tally.count("item moved");
        let arrived = match side {
            Side::Jira => pair.jira,
            Side::Azure => pair.azure,
        };
        self.moved.extend(arrived.map(|item| (side, id_of(item))));
        // Where it arrives it begins with a status of that project's choice.
        for (side, item) in [(Side::Jira, pair.jira), (Side::Azure, pair.azure)] {
            let Some(id) = item.map(id_of) else { continue };
            if self.wishes.remove(&(side, id.clone(), "state")).is_some() {
                // What a person chose before the twin was moved may stand where nothing is carried from.
                self.moved.insert((side, id));
            }
        }
        let Some(pair) = origin(pair) else {
            return;
        };
        if away {
            self.away.insert((pair, side));
        } else {
            self.away.remove(&(pair, side));
        }
    }

    /// Whether an item's status may be the choice of a project that it was moved to, or of a person before its twin was.
    pub(crate) fn has_moved(&self, side: Side, id: &str) -> bool {
        self.moved.contains(&(side, id.to_owned()))
    }

    /// Pairs that need not be in step any more: given up, or an item is not where it was.
    pub(crate) fn left_out(&self) -> BTreeSet<PairId> {
        &self.detached() | &self.torn()
    }

    /// Pairs of which an item is deleted, or in a project that no profile names.
    pub(crate) fn torn(&self) -> BTreeSet<PairId> {
        let away = self.away.iter().map(|(pair, _)| *pair);
        self.broken.iter().copied().chain(away).collect()
    }

    /// The node has taken an order.
    pub(crate) fn granted(
        &mut self,
        inner: &mut Inner,
        (place, pair): (usize, PairId),
        command: Command,
    ) {
        let now = inner.now();
        let open = self.aside.iter_mut();
        let open = open.filter(|aside| aside.pair == pair && aside.until_ms.is_none());
        match command {
            Command::Park | Command::Detach => {
                let items = inner.items_of(pair);
                let for_good = command == Command::Detach;
                self.aside
                    .push(Aside::from((place, pair), items, now, for_good));
            }
            // A pair that was given up stays so.
            Command::Resume | Command::Resync => open
                .filter(|aside| !aside.for_good)
                .for_each(|aside| aside.until_ms = Some(now)),
        }
    }

    /// Pairs that were given up for good.
    fn detached(&self) -> BTreeSet<PairId> {
        let detached = self.aside.iter().filter(|aside| aside.for_good);
        detached.map(|aside| aside.pair).collect()
    }

    /// Whoever waits for a person does not wait any longer.
    pub(crate) fn resume_all(&mut self) {
        let waiting: BTreeSet<(usize, PairId)> = self
            .aside
            .iter()
            .filter(|aside| aside.until_ms.is_none())
            .map(|aside| (aside.place, aside.pair))
            .collect();
        let resumes = waiting
            .into_iter()
            .map(|(place, pair)| Ask::Order(place, pair, Command::Resume));
        self.asks.extend(resumes);
    }

    /// What has not come over yet when somebody changes the same on this side is a wish of the other side.
    ///
    /// So is the state of the original when its twin is moved for the first time. A new twin has a state of its remote's
    /// choice, and the node learns it by reading: who moves a twin before that moves it from nowhere, and the original wins.
    fn met(
        &self,
        world: &World,
        here: &Both<Option<&Value>>,
        side: Side,
        field: usize,
    ) -> Option<(Place, Value)> {
        let (jira, azure, name) = (here.jira?, here.azure?, FIELDS.get(field)?);
        let (this, other) = match side {
            Side::Jira => (jira, azure),
            Side::Azure => (azure, jira),
        };
        let at = |side: Side, item: &Value| (side, id_of(item), *name);
        let (mine, theirs) = (at(side, this), at(side.other(), other));
        let is_new = !self.wishes.contains_key(&mine) && !self.wishes.contains_key(&theirs);
        let is_twin = *name == "state" && !this["marker"].is_null();
        let met = is_new && (is_twin || waits(world, jira, azure, name));
        met.then(|| (theirs, other[*name].clone()))
    }

    fn word(&mut self, what: &str) -> String {
        self.words += 1;
        format!("{what} {}", self.words)
    }

    fn person(&mut self) -> usize {
        self.random.random_range(0..6)
    }

    /// A new item.
    fn begin(&mut self, inner: &mut Inner, side: Side, projects: (&str, &str)) {
        let (jira_project, azure_project) = projects;
        let (title, person) = (self.word("begun"), self.person());
        let kind = ["Task", "Bug"][self.random.random_range(0..2)];
        match side {
            Side::Jira => {
                let body = json!({ "fields": {
                    "project": { "key": jira_project },
                    "issuetype": { "name": kind },
                    "summary": title,
                } });
                inner.act(side, person, Method::POST, "/rest/api/3/issue", &body);
            }
            Side::Azure => {
                let path = format!("/{azure_project}/_apis/wit/workitems/${kind}?api-version=7.1");
                let body = json!([{ "op": "add", "path": "/fields/System.Title", "value": title }]);
                inner.act(side, person, Method::POST, &path, &body);
            }
        }
    }

    /// A change of one item; what it changed of the fields that are followed is what its writer wishes. Says
    /// whether there is such a change.
    fn edit(&mut self, inner: &mut Inner, side: Side, item: &Value, field: usize) -> bool {
        let id = id_of(item);
        let done = match side {
            Side::Jira => self.edit_issue(inner, &id, field),
            Side::Azure => self.edit_work_item(inner, &id, item, field),
        };
        let Some(name) = FIELDS.get(field).filter(|_| done) else {
            return false;
        };
        let items = inner.control(side, "items");
        let all = items["items"].as_array().into_iter().flatten();
        let after = all.into_iter().find(|other| other["id"] == item["id"]);
        let after = after.map(|after| &after[*name]);
        let Some(after) = after.filter(|after| **after != item[*name]) else {
            return false;
        };
        self.wishes.insert((side, id, name), after.clone());
        true
    }

    fn edit_issue(&mut self, inner: &mut Inner, id: &str, field: usize) -> bool {
        let (path, person) = (format!("/rest/api/3/issue/{id}"), self.person());
        let fields = match field {
            0 => json!({ "summary": self.word("title") }),
            1 => {
                let text = self.word("text");
                json!({ "description": self.document(inner, &text) })
            }
            2 => {
                let names = ["Highest", "High", "Medium", "Low"];
                json!({ "priority": { "name": names[self.random.random_range(0..names.len())] } })
            }
            3 => {
                let bits = self.random.random_range(0..16);
                json!({ "labels": chosen(bits) })
            }
            4 => return self.move_issue(inner, id),
            _ => {
                let text = self.word("comment");
                let body = json!({ "body": counterpart::demo::remote::paragraph(&text) });
                let path = format!("{path}/comment");
                return inner
                    .act(Side::Jira, person, Method::POST, &path, &body)
                    .is_some();
            }
        };
        let body = json!({ "fields": fields });
        inner
            .act(Side::Jira, person, Method::PUT, &path, &body)
            .is_some()
    }

    fn move_issue(&mut self, inner: &mut Inner, id: &str) -> bool {
        let (path, person) = (format!("/rest/api/3/issue/{id}/transitions"), self.person());
        let ways = inner.act(Side::Jira, person, Method::GET, &path, &Value::Null);
        let ways = ways.and_then(|ways| ways["transitions"].as_array().cloned());
        let Some(ways) = ways.filter(|ways| !ways.is_empty()) else {
            return false;
        };
        let way = &ways[self.random.random_range(0..ways.len())];
        let body = json!({ "transition": { "id": way["id"] } });
        inner
            .act(Side::Jira, person, Method::POST, &path, &body)
            .is_some()
    }

    /// The address of an item of that side: what people write leads to one of their items now and then.
    fn leads_to(&self, inner: &mut Inner, side: Side) -> Option<String> {
        let items = inner.control(side, "items");
        let items = items["items"].as_array()?;
        let item = items.get(self.words / 2 % items.len().max(1))?;
        let (url, key) = (inner.remotes.get(side).url(), item["key"].as_str()?);
        let page = match side {
            Side::Jira => "browse",
            Side::Azure => "_workitems/edit",
        };
        (self.words.is_multiple_of(3)).then(|| format!("{url}/{page}/{key}"))
    }

    fn document(&self, inner: &mut Inner, text: &str) -> Value {
        let mut document = counterpart::demo::remote::paragraph(text);
        if let Some(url) = self.leads_to(inner, Side::Jira) {
            let link = json!({ "type": "link", "attrs": { "href": url } });
            document["content"][0]["content"][0]["marks"] = json!([link]);
        }
        document
    }

    fn html(&self, inner: &mut Inner, words: &str) -> String {
        match self.leads_to(inner, Side::Azure) {
            Some(url) => format!("<div><a href=\"{url}\">{words}</a></div>"),
            None => format!("<div>{words}</div>"),
        }
    }

    fn edit_work_item(&mut self, inner: &mut Inner, id: &str, item: &Value, field: usize) -> bool {
        let (name, value): (_, Value) = match field {
            0 => ("System.Title", self.word("name").into()),
            1 => {
                let words = self.word("words");
                let html = self.html(inner, &words);
                // Bugs keep their description elsewhere.
                let bug = item["type"] == "Bug";
                let name = if bug {
                    "Microsoft.VSTS.TCM.ReproSteps"
                } else {
                    "System.Description"
                };
                (name, html.into())
            }
            2 => {
                let priority = self.random.random_range(1..=4);
                ("Microsoft.VSTS.Common.Priority", priority.into())
            }
            3 => {
                let bits = self.random.random_range(0..16);
                ("System.Tags", chosen(bits).join("; ").into())
            }
            4 => {
                let states: &[&str] = match item["type"].as_str() {
                    Some("Task") => &["New", "Active", "Closed"],
                    _ => &["New", "Active", "Resolved", "Closed"],
                };
                (
                    "System.State",
                    states[self.random.random_range(0..states.len())].into(),
                )
            }
            _ => (
                "System.History",
                format!("<div>{}</div>", self.word("remark")).into(),
            ),
        };
        let path = format!("/_apis/wit/workitems/{id}?api-version=7.1");
        let body = json!([{ "op": "add", "path": format!("/fields/{name}"), "value": value }]);
        let person = self.person();
        inner
            .act(Side::Azure, person, Method::PATCH, &path, &body)
            .is_some()
    }
}

fn id_of(item: &Value) -> String {
    let id = item["id"].as_str();
    id.expect("every item has an id").to_owned()
}

/// Whether a field of a pair has still to come over.
fn waits(world: &World, jira: &Value, azure: &Value, field: &str) -> bool {
    let listed = |item: &Value| json!({ "items": [item] });
    let ledgers = [json!({}), json!({})];
    let pair = (&listed(jira), &listed(azure));
    let compared = {
        let twins = compare::Twins {
            jira: Some(jira),
            azure: Some(azure),
        };
        compare::documents(pair, &ledgers, world.profile_of(&twins))
    };
    let waits = format!(": {field}");
    let mut told = compared.differences.iter();
    told.any(|told| told.ends_with(&waits))
}

/// The labels of which so many bits are set.
fn chosen(bits: u32) -> Vec<&'static str> {
    let names = ["amber", "blue", "cyan", "dun"];
    let chosen = names
        .iter()
        .enumerate()
        .filter(|(at, _)| bits >> at & 1 == 1);
    chosen.map(|(_, name)| *name).collect()
}
