//! From a write to the subscriptions that want to hear of it.

use serde_json::Value as Json;

use super::super::Services;
use super::super::call::Call;
use super::super::field;
use super::super::html;
use super::super::item::{Host, Item, People};
use super::super::relation::Relation;
use super::super::update::{self, Update};
use super::event::{self, Happening};
use super::subscription::{Status, Subscription, split};
use super::topic::Topic;

/// What filters look at.
#[derive(Debug)]
struct Fact<'a> {
    topic: Topic,
    item: &'a Item,
    /// Reference names of the changed fields.
    changed: Vec<String>,
    links: bool,
}

impl Fact<'_> {
    fn admits(&self, of: &Subscription, host: Host<'_>) -> bool {
        of.terms.topic == self.topic
            && of.status == Status::Enabled
            && of.number != super::TESTS
            && of.terms.publisher.iter().all(|(name, value)| {
                value.trim().is_empty() || self.passes(name, value.trim(), host)
            })
    }

    fn passes(&self, name: &str, value: &str, host: Host<'_>) -> bool {
        let view = self.item.view();
        let same = |left: &str, right: &str| left.to_lowercase() == right.to_lowercase();
        match name {
            "projectId" => {
                let project = self.item.latest().map(|r| r.project);
                host.organization.find(value).ok() == project
            }
            "areaPath" => {
                let area = view.text(field::AREA).to_lowercase();
                let wanted = value.to_lowercase();
                area == wanted || area.starts_with(&format!("{wanted}\\"))
            }
            "workItemType" => same(view.text(field::TYPE), value),
            "changedFields" => split(value)
                .filter_map(|name| host.organization.fields.by_any_name(name))
                .any(|f| self.changed.iter().any(|c| c == f.reference)),
            "linksChanged" => self.links || !value.eq_ignore_ascii_case("true"),
            "commentPattern" => {
                let said = self
                    .item
                    .comments
                    .last()
                    .map(super::super::comment::Comment::words);
                let said = said.map(|text| html::collapse(&text).to_lowercase());
                said.is_some_and(|text| text.contains(&value.to_lowercase()))
            }
            "tag" => {
                let mut tags = view.text(field::TAGS).split("; ");
                tags.any(|tag| same(tag, value))
            }
            _ => true,
        }
    }
}

impl Services {
    /// Tells every subscription that wants to hear of it what has just happened to an item.
    pub(crate) fn publish(&mut self, call: &Call<'_>, topic: Topic, id: i64) {
        if !self.hooks.listed().any(|s| s.terms.topic == topic) {
            return;
        }
        let event_id = self.hooks.event_id();
        let Some(item) = self.store.any(id) else {
            return;
        };
        let host = Host {
            base: &call.base,
            organization: &self.organization,
        };
        let fact = fact(topic, item, host);
        let what = Happening {
            topic,
            item,
            id: &event_id,
            now: call.now,
        };
        let mut bodies: Vec<(u64, Json)> = Vec::new();
        for subscription in self.hooks.subscriptions.values_mut() {
            if fact.admits(subscription, host) {
                let number = subscription.next_notification();
                bodies.push((
                    subscription.number,
                    event::body(subscription, number, what, host),
                ));
            }
        }
        for (number, body) in bodies {
            self.hooks.enqueue(number, &event_id, body, call.now);
        }
    }
}

fn fact<'a>(topic: Topic, item: &'a Item, host: Host<'_>) -> Fact<'a> {
    let last = item.updates.last();
    let update = (topic == Topic::Updated)
        .then(|| update::update_json(item, item.updates.len(), People::Combined, host))
        .flatten();
    let changed = update
        .as_ref()
        .and_then(|u| u.get("fields")?.as_object())
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default();
    let moved = |update: &Update| {
        let lists: [&Vec<Relation>; 2] = [&update.added, &update.removed];
        lists.iter().any(|list| !list.is_empty())
    };
    Fact {
        topic,
        item,
        changed,
        links: last.is_some_and(moved),
    }
}
