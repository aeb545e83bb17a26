//! People at work: a seeded stream of edits on both sides, some of them on the same item at once.

use std::sync::Mutex;
use std::sync::PoisonError;

use futures::future::join;
use model::Both;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::Client;
use serde_json::{Value, json};

use super::remote::{Address, Seat, control, paragraph};
use crate::exit::Error;

/// The people of the sample data with a seat at each remote.
pub struct People {
    client: Client,
    jira: Vec<Seat>,
    azure: Vec<Seat>,
    addresses: Both<Address>,
    random: Mutex<SmallRng>,
}

/// An item and, once it has one, its twin.
struct Known {
    issue: Option<String>,
    work_item: Option<String>,
    task: bool,
}

impl People {
    /// Seats them.
    pub fn new(addresses: Both<Address>, seed: u64) -> Result<People, Error> {
        let client = Client::builder()
            .no_proxy()
            .build()
            .map_err(Error::unreachable)?;
        let everybody = emulator::people::people();
        let seats = |base: &str| -> Vec<Seat> {
            everybody
                .iter()
                .map(|person| Seat::new(&client, base, person.email, &person.token))
                .collect()
        };
        Ok(People {
            jira: seats(&addresses.jira.url),
            azure: seats(&addresses.azure.url),
            addresses,
            random: Mutex::new(SmallRng::seed_from_u64(seed)),
            client,
        })
    }

    /// Makes so many edits, spread over the time that the items take to be linked. Gives the number of those that were
    /// accepted.
    pub async fn work(&self, edits: u64, mut reached: impl FnMut(u64)) -> Result<u64, Error> {
        let mut accepted = 0;
        let mut known = self.look().await?;
        for edit in 0..edits {
            // Looking again shows the twins that have come meanwhile.
            if edit % 20 == 19 {
                known = self.look().await?;
            }
            if known.is_empty() {
                break;
            }
            let at = self.draw(known.len());
            accepted += self.edit(&known[at], edit).await?;
            reached(edit + 1);
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        Ok(accepted)
    }

    fn draw(&self, below: usize) -> usize {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        random.random_range(0..below.max(1))
    }

    /// Every fourth edit of a linked item is two at once, one on each side.
    async fn edit(&self, known: &Known, number: u64) -> Result<u64, Error> {
        let both = self.draw(4) == 0;
        match (&known.issue, &known.work_item) {
            (Some(issue), Some(work_item)) if both => {
                let one = self.edit_issue(issue, number);
                let other = self.edit_work_item(work_item, known.task, number);
                let (one, other) = join(one, other).await;
                Ok(u64::from(one?) + u64::from(other?))
            }
            (Some(issue), Some(work_item)) => match self.draw(2) {
                0 => self.edit_issue(issue, number).await.map(u64::from),
                _ => self
                    .edit_work_item(work_item, known.task, number)
                    .await
                    .map(u64::from),
            },
            (Some(issue), None) => self.edit_issue(issue, number).await.map(u64::from),
            (None, Some(work_item)) => self
                .edit_work_item(work_item, known.task, number)
                .await
                .map(u64::from),
            (None, None) => Ok(0),
        }
    }

    async fn edit_issue(&self, id: &str, number: u64) -> Result<bool, Error> {
        let seat = &self.jira[self.draw(self.jira.len())];
        let text = |what: &str| format!("{what} {number} from Jira");
        let fields = |fields: Value| json!({ "fields": fields });
        match self.draw(7) {
            0 => {
                seat.edit_issue(id, &fields(json!({ "summary": text("Title") })))
                    .await
            }
            1 => {
                let body = fields(json!({ "description": paragraph(&text("Description")) }));
                seat.edit_issue(id, &body).await
            }
            2 => {
                let names = ["Highest", "High", "Medium", "Low", "Lowest"];
                let name = names[self.draw(names.len())];
                seat.edit_issue(id, &fields(json!({ "priority": { "name": name } })))
                    .await
            }
            3 => {
                let label = format!("jira-{}", self.draw(5));
                let operation = ["add", "remove"][self.draw(2)];
                seat.edit_issue(
                    id,
                    &json!({ "update": { "labels": [{ operation: label }] } }),
                )
                .await
            }
            4 => {
                let people = emulator::people::people();
                let person = people[self.draw(people.len())].account_id;
                seat.edit_issue(id, &fields(json!({ "assignee": { "accountId": person } })))
                    .await
            }
            5 => seat.move_issue(id, self.draw(3)).await,
            _ => seat.comment_issue(id, &text("Comment")).await,
        }
    }

    async fn edit_work_item(&self, id: &str, task: bool, number: u64) -> Result<bool, Error> {
        let seat = &self.azure[self.draw(self.azure.len())];
        let text = |what: &str| format!("{what} {number} from Azure DevOps");
        let set = |field: &str, value: Value| json!([{ "op": "add", "path": format!("/fields/{field}"), "value": value }]);
        match self.draw(6) {
            0 => {
                seat.patch(id, &set("System.Title", text("Title").into()))
                    .await
            }
            1 => {
                let priority = self.draw(4) + 1;
                seat.patch(id, &set("Microsoft.VSTS.Common.Priority", priority.into()))
                    .await
            }
            2 => {
                let tag = format!("azure-{}", self.draw(5));
                seat.patch(id, &set("System.Tags", tag.into())).await
            }
            3 => {
                let people = emulator::people::people();
                let person = people[self.draw(people.len())].email;
                seat.patch(id, &set("System.AssignedTo", person.into()))
                    .await
            }
            4 => {
                let states = ["New", "Active", "Closed", "Resolved"];
                let state = states[self.draw(if task { 3 } else { 4 })];
                seat.patch(id, &set("System.State", state.into())).await
            }
            _ => {
                seat.comment_work_item(&self.addresses.azure.project, id, &text("Comment"))
                    .await
            }
        }
    }

    /// Every item on both sides, twins together.
    async fn look(&self) -> Result<Vec<Known>, Error> {
        let jira = control(&self.client, &self.addresses.jira.root, "items").await?;
        let azure = control(&self.client, &self.addresses.azure.root, "items").await?;
        let pairs = super::compare::pair_up(&jira, &azure);
        let id =
            |item: Option<&Value>| item.and_then(|item| item["id"].as_str()).map(str::to_owned);
        let known = pairs.iter().map(|pair| Known {
            issue: id(pair.jira),
            work_item: id(pair.azure),
            task: [pair.jira, pair.azure]
                .into_iter()
                .flatten()
                .any(|item| item["type"] == "Task"),
        });
        Ok(known.collect())
    }
}
