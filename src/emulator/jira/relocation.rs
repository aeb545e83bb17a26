//! Moving issues to another project or type: the key changes, the id stays, and the old key goes on to lead to the issue
//! (jira.md 7.4).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::{Call, object, strings};
use crate::jira::changelog;
use crate::jira::issue::Fields;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, IssueType, Project};
use crate::jira::task::{self, Deed};
use crate::jira::workflow;
use crate::jira::write;
use crate::ledger::Kind;
use crate::limit;
use crate::site::Response;

/// Where issues go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    project: &'static Project,
    kind: &'static IssueType,
    parent: Option<u64>,
}

fn refused(text: impl Into<String>) -> Refusal {
    Refusal::message(400, text)
}

/// `POST /bulk/issues/move`: checks the order and lets a task carry it out.
pub(crate) fn submit(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    order(cloud, call).or_else(|refusal| Ok(refusal.into_listed()))
}

fn order(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mapping = object(&body, "targetToSourcesMapping")?;
    let mut mappings = mapping.iter();
    let (Some((target, given)), None) = (mappings.next(), mappings.next()) else {
        return Err(refused(
            "targetToSourcesMapping must have exactly one destination.",
        ));
    };
    let given = given.as_object().ok_or_else(Refusal::payload)?;
    let asked = destination(cloud, target)?;
    let named = strings(given.get("issueIdsOrKeys"))?;
    if named.is_empty() || named.len() > limit::ISSUES_PER_REQUEST_MAX {
        return Err(refused("issueIdsOrKeys takes 1 to 1000 issues."));
    }
    let mut issues: Vec<u64> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut unknown = 0;
    for id_or_key in &named {
        match cloud.store.find(id_or_key) {
            Some(id) if seen.insert(id) => issues.push(id),
            Some(_) => {}
            None => unknown += 1,
        }
    }
    check(cloud, given, asked, &issues)?;
    for &id in &issues {
        cloud.enter(call, Kind::Move, id, None);
    }
    let id = task::submit(cloud, call, Deed::Move(asked), issues, unknown)?;
    Ok(Response::json(201, &json!({"taskId": id.to_string()})))
}

/// Reads `PROJECT,TYPE[,PARENT]`.
fn destination(cloud: &Cloud, target: &str) -> Result<Move, Refusal> {
    let parts: Vec<&str> = target.split(',').map(str::trim).collect();
    let (project, kind, parent) = match parts[..] {
        [project, kind] => (project, kind, None),
        [project, kind, parent] => (project, kind, Some(parent)),
        _ => return Err(refused(format!("The destination '{target}' is not valid."))),
    };
    let project = scheme::project_of(project)
        .ok_or_else(|| refused(format!("The project '{project}' does not exist.")))?;
    let kind = scheme::TYPES
        .iter()
        .find(|it| it.id == kind)
        .ok_or_else(|| refused(format!("The issue type '{kind}' does not exist.")))?;
    let parent = match parent {
        None => None,
        Some(named) => Some(
            cloud
                .id(named)
                .map_err(|_| refused(format!("The parent issue '{named}' does not exist.")))?,
        ),
    };
    Ok(Move {
        project,
        kind,
        parent,
    })
}

fn check(
    cloud: &Cloud,
    given: &Map<String, Value>,
    asked: Move,
    issues: &[u64],
) -> Result<(), Refusal> {
    let parent = asked.parent.and_then(|id| cloud.store.get(id));
    match parent {
        None if asked.kind.is_subtask() => {
            return Err(refused(
                "A parent is required to move issues to a sub-task type.",
            ));
        }
        Some(parent) if parent.fields.kind.level != asked.kind.level + 1 => {
            return Err(refused(
                "The parent does not belong to the appropriate hierarchy.",
            ));
        }
        Some(parent) if asked.kind.is_subtask() && parent.fields.project != asked.project => {
            return Err(refused("A sub-task must be in the project of its parent."));
        }
        _ => {}
    }
    let flag = |name: &str| given.get(name).and_then(Value::as_bool) == Some(true);
    let misfit = |child: &u64| {
        let child = cloud.store.get(*child);
        child.is_some_and(|it| it.fields.kind.level + 1 != asked.kind.level)
    };
    for &id in issues {
        if cloud.store.children(id).iter().any(misfit) {
            return Err(refused(
                "An issue with children cannot become of a type of another level.",
            ));
        }
        if !subtasks(cloud, id).is_empty() && !flag("inferSubtaskTypeDefault") {
            return Err(refused(
                "inferSubtaskTypeDefault must be true to move issues with sub-tasks.",
            ));
        }
    }
    Ok(())
}

fn subtasks(cloud: &Cloud, id: u64) -> Vec<u64> {
    let is_subtask = |id: &u64| {
        let child = cloud.store.get(*id);
        child.is_some_and(|it| it.fields.kind.is_subtask())
    };
    let children = cloud.store.children(id).iter();
    children.copied().filter(is_subtask).collect()
}

/// Moves the issues that are still there, and gives the ids of those that were moved.
pub(crate) fn perform(
    cloud: &mut Cloud,
    call: &Call<'_>,
    asked: &Move,
    issues: &[u64],
) -> Vec<u64> {
    let mut moved = Vec::new();
    for &id in issues {
        let Some(mut draft) = cloud.store.get(id).map(|it| (*it.fields).clone()) else {
            continue;
        };
        draft.kind = asked.kind;
        if asked.parent.is_some() || !keeps_parent(cloud, &draft, asked.project) {
            draft.parent = asked.parent;
        }
        relocate(cloud, call, draft, asked.project);
        moved.push(id);
        for child in subtasks(cloud, id) {
            if let Some(draft) = cloud.store.get(child).map(|it| (*it.fields).clone()) {
                relocate(cloud, call, draft, asked.project);
            }
        }
    }
    moved
}

/// Whether the parent that an issue has still fits it where it goes.
fn keeps_parent(cloud: &Cloud, draft: &Fields, project: &Project) -> bool {
    let parent = draft.parent.and_then(|id| cloud.store.get(id));
    parent.is_none_or(|it| {
        it.fields.kind.level == draft.kind.level + 1
            && (!draft.kind.is_subtask() || it.fields.project == project)
    })
}

fn relocate(cloud: &mut Cloud, call: &Call<'_>, mut draft: Fields, project: &'static Project) {
    let Some(before) = cloud.store.get(draft.id).map(|it| it.fields.clone()) else {
        return;
    };
    let mut items = Vec::new();
    if draft.project != project {
        let side = |it: &Project| (Some(it.id.to_string()), Some(it.name.to_owned()));
        let (from, to) = (side(before.project), side(project));
        items.push(changelog::change("project", "project", from, to));
        let from = (None, Some(before.key()));
        cloud.store.renumber(&mut draft, project);
        let to = (None, Some(draft.key()));
        items.push(changelog::change("Key", "issuekey", from, to));
        // What the old project named is not there in the new one.
        draft.components.clear();
        draft.fix_versions.clear();
        draft.versions.clear();
        let there = workflow::statuses(project);
        if !there.iter().any(|it| it.id == draft.status.id) {
            draft.status = workflow::initial(project);
            draft.resolution = None;
            draft.resolved_ms = None;
            draft.category_changed_ms = call.now_ms;
        }
    }
    items.extend(changelog::diff(&before, &draft, &cloud.users, &cloud.store));
    write::commit_with(cloud, call, draft, items, None);
}
