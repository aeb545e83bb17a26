//! Creating, editing, assigning and deleting issues (jira.md 5).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::{Call, object};
use crate::jira::changelog;
use crate::jira::draft::Judge;
use crate::jira::event::Event;
use crate::jira::issue::{Change, Fields, Issue, Tracking};
use crate::jira::permission::Permission;
use crate::jira::property;
use crate::jira::read;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::rider::Riders;
use crate::jira::scheme::{self, IssueType, Project, default_priority};
use crate::jira::transition;
use crate::jira::workflow;
use crate::ledger::Kind;
use crate::site::Response;

/// `POST /issue`.
pub(crate) fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let created = create_one(cloud, call, &body)?;
    Ok(Response::json(201, &created))
}

/// Creates the issue that a body describes, and gives the answer about it.
pub(crate) fn create_one(
    cloud: &mut Cloud,
    call: &Call<'_>,
    body: &Map<String, Value>,
) -> Result<Value, Refusal> {
    let fields = object(body, "fields")?;
    let update = object(body, "update")?;
    let properties = property::of_body(body.get("properties"))?;
    let (project, kind) = place(&fields)?;
    if !call.user.sees(project) {
        return Err(Refusal::field(
            "project",
            "Specify a valid project ID or key",
        ));
    }
    cloud.require(call, project, Permission::CreateIssues)?;
    let mut draft = blank(project, kind, call);
    let judge = cloud.judge(call, true);
    let mut errors = judge.apply(&mut draft, &fields, &update);
    if draft.summary.is_empty() && !errors.contains_key("summary") {
        errors.insert(
            "summary".to_owned(),
            "You must specify a summary of the issue.".to_owned(),
        );
    }
    if !errors.is_empty() {
        return Err(Refusal::fields(errors));
    }
    let riders = Riders::read(cloud, call, None, &update)?;
    let marker = properties.get("counterpart").map(Value::to_string);
    let id = enter(cloud, call, draft, properties);
    cloud.enter(call, Kind::Create, id, marker);
    cloud.announce(call, &Event::IssueCreated(id));
    riders.enter(cloud, call, id);
    answer_create(cloud, call, id, body)
}

fn place(fields: &Map<String, Value>) -> Result<(&'static Project, &'static IssueType), Refusal> {
    let mut errors = BTreeMap::new();
    let named = |name: &str, keys: [&str; 2]| {
        let value = fields.get(name)?;
        keys.iter()
            .find_map(|key| value.get(*key))
            .and_then(Value::as_str)
    };
    let project = named("project", ["id", "key"]).and_then(scheme::project_of);
    let kind = named("issuetype", ["id", "name"]).and_then(scheme::type_of);
    if project.is_none() {
        errors.insert(
            "project".to_owned(),
            "Specify a valid project ID or key".to_owned(),
        );
    }
    if kind.is_none() {
        let text = if fields.contains_key("issuetype") {
            "Specify a valid issue type"
        } else {
            "Specify an issue type"
        };
        errors.insert("issuetype".to_owned(), text.to_owned());
    }
    project.zip(kind).ok_or_else(|| Refusal::fields(errors))
}

fn blank(project: &'static Project, kind: &'static IssueType, call: &Call<'_>) -> Fields {
    Fields {
        id: 0,
        number: 0,
        project,
        kind,
        status: workflow::initial(project),
        summary: String::new(),
        description: None,
        priority: default_priority(),
        labels: BTreeSet::new(),
        assignee: None,
        reporter: Some(call.by()),
        creator: call.by(),
        parent: None,
        due: None,
        points: None,
        environment: None,
        components: BTreeSet::new(),
        fix_versions: BTreeSet::new(),
        versions: BTreeSet::new(),
        tracking: Tracking::default(),
        sprints: BTreeSet::new(),
        custom: BTreeMap::new(),
        created_ms: call.now_ms,
        updated_ms: call.now_ms,
        resolution: None,
        resolved_ms: None,
        category_changed_ms: call.now_ms,
        revision: 1,
    }
}

fn enter(
    cloud: &mut Cloud,
    call: &Call<'_>,
    mut draft: Fields,
    properties: BTreeMap<String, Value>,
) -> u64 {
    let (id, number) = cloud.store.name_issue(draft.project);
    draft.id = id;
    draft.number = number;
    let mut issue = Issue::new(draft);
    issue.properties = properties;
    issue.watchers.push(call.by());
    cloud.store.insert(issue, call.now_ms);
    id
}

fn answer_create(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id: u64,
    body: &Map<String, Value>,
) -> Result<Value, Refusal> {
    let transition = body.get("transition").map(|asked| {
        match transition::perform(cloud, call, id, asked, None) {
            Ok(()) => {
                json!({"status": 204, "errorCollection": {"errorMessages": [], "errors": {}}})
            }
            Err(refusal) => {
                let response = refusal.into_response();
                let errors: Value = serde_json::from_slice(&response.body).unwrap_or_default();
                json!({"status": response.status, "errorCollection": errors})
            }
        }
    });
    let issue = cloud.store.get(id).ok_or_else(Refusal::no_issue)?;
    let link = cloud.view(call).link(&format!("issue/{id}"));
    let mut answer = json!({"id": id.to_string(), "key": issue.fields.key(), "self": link});
    if let Some(transition) = transition {
        answer["transition"] = transition;
    }
    Ok(answer)
}

/// `PUT /issue/{id}`.
pub(crate) fn edit(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    for forbidden in ["overrideScreenSecurity", "overrideEditableFlag"] {
        if call.flag(forbidden) {
            let text = format!(
                "'{forbidden}' is for Connect and Forge apps with the permission to administer Jira."
            );
            return Err(Refusal::message(403, text));
        }
    }
    let body = call.body()?;
    let fields = object(&body, "fields")?;
    let update = object(&body, "update")?;
    let properties = property::of_body(body.get("properties"))?;
    let names_nothing = !body.contains_key("fields") && !body.contains_key("update");
    if names_nothing && properties.is_empty() {
        return Err(Refusal::message(
            400,
            "one of 'fields' or 'update' required",
        ));
    }
    let mut draft = (*cloud.issue(id_or_key)?.fields).clone();
    let judge = cloud.judge(call, false).at(id);
    let errors = judge.apply(&mut draft, &fields, &update);
    if !errors.is_empty() {
        return Err(Refusal::fields(errors));
    }
    let riders = Riders::read(cloud, call, Some(id), &update)?;
    commit(cloud, call, draft, body.get("historyMetadata"));
    if let Some(issue) = cloud.store.get_mut(id) {
        issue.properties.extend(properties);
    }
    cloud.enter(call, Kind::Edit, id, None);
    riders.enter(cloud, call, id);
    if call.flag("returnIssue") {
        return read::one(cloud, call, id_or_key);
    }
    Ok(Response::empty(204))
}

/// Stores a changed draft with its changelog entry; an edit that changes nothing leaves no trace.
pub(crate) fn commit(cloud: &mut Cloud, call: &Call<'_>, draft: Fields, metadata: Option<&Value>) {
    let Some(before) = cloud.store.get(draft.id) else {
        return;
    };
    let changes = changelog::diff(&before.fields, &draft, &cloud.users, &cloud.store);
    commit_with(cloud, call, draft, changes, metadata);
}

/// As [`commit`], with the changes that the entry is to name; without any, nothing happens.
pub(crate) fn commit_with(
    cloud: &mut Cloud,
    call: &Call<'_>,
    draft: Fields,
    changes: Vec<Change>,
    metadata: Option<&Value>,
) {
    if changes.is_empty() {
        return;
    }
    let id = draft.id;
    cloud
        .store
        .commit_changes(draft, call.by(), changes, metadata.cloned(), call.now_ms);
    cloud.announce(call, &Event::IssueUpdated(id));
}

/// `PUT /issue/{id}/assignee`.
pub(crate) fn assign(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let body = call.body()?;
    let assignee = match body.get("accountId") {
        Some(Value::Null) => None,
        // The default of the sample projects: nobody.
        Some(Value::String(account)) if account == "-1" => None,
        Some(Value::String(account)) => {
            let judged: Result<_, String> = Judge::account(&cloud.judge(call, false), account);
            Some(judged.map_err(|text| Refusal::field("assignee", text))?)
        }
        _ => {
            return Err(Refusal::message(
                400,
                "'accountId' must be the only user identifying query parameter in GDPR strict mode.",
            ));
        }
    };
    let mut draft = (*cloud.issue(id_or_key)?.fields).clone();
    draft.assignee = assignee;
    commit(cloud, call, draft, None);
    cloud.enter(call, Kind::Edit, id, None);
    Ok(Response::empty(204))
}

/// `DELETE /issue/{id}`.
pub(crate) fn delete(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let is_subtask = |id: &u64| {
        cloud
            .store
            .get(*id)
            .is_some_and(|it| it.fields.kind.is_subtask())
    };
    let subtasks: Vec<u64> = cloud
        .store
        .children(id)
        .iter()
        .copied()
        .filter(is_subtask)
        .collect();
    if !subtasks.is_empty() && !call.flag("deleteSubtasks") {
        let key = cloud.issue(id_or_key)?.fields.key();
        let text = format!(
            "The issue '{key}' has subtasks. You must specify the 'deleteSubtasks' parameter to delete this issue and all its subtasks."
        );
        return Err(Refusal::message(400, text));
    }
    for gone in subtasks.into_iter().chain([id]) {
        cloud.announce(call, &Event::IssueDeleted(gone));
        cloud.store.remove(gone, call.now_ms);
        cloud.enter(call, Kind::Delete, gone, None);
    }
    Ok(Response::empty(204))
}
