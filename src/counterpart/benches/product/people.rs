//! People at work: one edit for each pair, in turns on this side and on that, as fast as the remotes take them.

use counterpart::command::emulate::Emulators;
use counterpart::demo::compare::pair_up;
use counterpart::demo::remote::{Seat, control, paragraph};
use serde_json::{Value, json};

use crate::stage::Outcome;

/// Editors at work at once on each side.
const EDITORS: usize = 3;

/// A pair's items by their ids.
#[derive(Clone)]
pub(crate) struct Ids {
    issue: String,
    work_item: String,
}

/// All pairs that there are.
pub(crate) async fn pairs(emulators: &Emulators) -> Outcome<Vec<Ids>> {
    let client = reqwest::Client::new();
    let jira = control(&client, emulators.jira.running.url(), "items").await?;
    let azure = control(&client, emulators.azure.running.url(), "items").await?;
    let id = |item: Option<&Value>| Some(item?["id"].as_str()?.to_owned());
    let twins = pair_up(&jira, &azure);
    let both = twins.iter().filter_map(|pair| {
        Some(Ids {
            issue: id(pair.jira)?,
            work_item: id(pair.azure)?,
        })
    });
    Ok(both.collect())
}

/// Makes an edit on each pair, every second one on Jira. Gives how many were accepted.
pub(crate) async fn edit_all(emulators: &Emulators, pairs: &[Ids]) -> Outcome<usize> {
    let client = reqwest::Client::new();
    let people = emulator::people::people();
    let seat = |url: &str, editor: usize| {
        let person = people.get(editor % people.len()).ok_or("no people")?;
        Ok::<_, &str>(Seat::new(&client, url, person.email, &person.token))
    };
    let mut tasks = tokio::task::JoinSet::new();
    for editor in 0..EDITORS {
        let jira = seat(&emulators.jira.url, editor)?;
        let azure = seat(&emulators.azure.url, editor + EDITORS)?;
        let project = emulators.azure.project.clone();
        let share = |odd: usize| -> Vec<(usize, Ids)> {
            let numbered = pairs.iter().cloned().enumerate();
            numbered
                .filter(|(number, _)| number % 2 == odd && number / 2 % EDITORS == editor)
                .collect()
        };
        let (issues, work_items) = (share(0), share(1));
        tasks.spawn(async move {
            let mut accepted = 0;
            for (number, ids) in issues {
                accepted += usize::from(on_jira(&jira, &ids.issue, number / 2).await?);
            }
            Outcome::Ok(accepted)
        });
        tasks.spawn(async move {
            let mut accepted = 0;
            for (number, ids) in work_items {
                let done = on_azure(&azure, &project, &ids.work_item, number / 2).await?;
                accepted += usize::from(done);
            }
            Outcome::Ok(accepted)
        });
    }
    let mut accepted = 0;
    while let Some(ended) = tasks.join_next().await {
        accepted += ended??;
    }
    Ok(accepted)
}

/// Comments on both items of each pair.
pub(crate) async fn comment_all(emulators: &Emulators, pairs: &[Ids]) -> Outcome<()> {
    let client = reqwest::Client::new();
    let people = emulator::people::people();
    let person = people.first().ok_or("no people")?;
    let jira = Seat::new(&client, &emulators.jira.url, person.email, &person.token);
    let azure = Seat::new(&client, &emulators.azure.url, person.email, &person.token);
    for ids in pairs {
        jira.comment_issue(&ids.issue, "Seen from Jira").await?;
        let project = &emulators.azure.project;
        azure
            .comment_work_item(project, &ids.work_item, "Seen from Azure DevOps")
            .await?;
    }
    Ok(())
}

async fn on_jira(seat: &Seat, id: &str, number: usize) -> Outcome<bool> {
    let text = |what: &str| format!("{what} {number} from Jira");
    let fields = |fields: Value| json!({ "fields": fields });
    let done = match number % 7 {
        0 => {
            let body = fields(json!({ "summary": text("Title") }));
            seat.edit_issue(id, &body).await?
        }
        1 => {
            let body = fields(json!({ "description": paragraph(&text("Description")) }));
            seat.edit_issue(id, &body).await?
        }
        2 => {
            let name = ["High", "Medium", "Low"].get(number % 3).copied();
            let body = fields(json!({ "priority": { "name": name } }));
            seat.edit_issue(id, &body).await?
        }
        3 => {
            let body = json!({ "update": { "labels": [{ "add": "from-jira" }] } });
            seat.edit_issue(id, &body).await?
        }
        4 => {
            let people = emulator::people::people();
            let person = people
                .get(number % people.len())
                .map(|each| each.account_id);
            let body = fields(json!({ "assignee": { "accountId": person } }));
            seat.edit_issue(id, &body).await?
        }
        5 => seat.move_issue(id, number).await?,
        _ => seat.comment_issue(id, &text("Comment")).await?,
    };
    Ok(done)
}

async fn on_azure(seat: &Seat, project: &str, id: &str, number: usize) -> Outcome<bool> {
    let text = |what: &str| format!("{what} {number} from Azure DevOps");
    let set = |field: &str, value: Value| json!([{ "op": "add", "path": format!("/fields/{field}"), "value": value }]);
    let done = match number % 7 {
        0 => {
            seat.patch(id, &set("System.Title", text("Title").into()))
                .await?
        }
        // Not the description: where it stands depends on the type of the work item.
        1 => {
            let title = format!("{} again", text("Title"));
            seat.patch(id, &set("System.Title", title.into())).await?
        }
        2 => {
            let priority = set("Microsoft.VSTS.Common.Priority", (number % 3 + 1).into());
            seat.patch(id, &priority).await?
        }
        3 => {
            seat.patch(id, &set("System.Tags", "from-azure".into()))
                .await?
        }
        4 => {
            let people = emulator::people::people();
            let person = people.get(number % people.len()).map(|each| each.email);
            seat.patch(id, &set("System.AssignedTo", person.into()))
                .await?
        }
        5 => {
            let state = if number.is_multiple_of(2) {
                "Active"
            } else {
                "Closed"
            };
            seat.patch(id, &set("System.State", state.into())).await?
        }
        _ => {
            seat.comment_work_item(project, id, &text("Comment"))
                .await?
        }
    };
    Ok(done)
}
