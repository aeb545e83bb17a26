//! What happens on the site, for those who want to hear of it (jira.md 12.3, 12.4).
//!
//! An operation that changed something says so with [`Cloud::announce`], after the change and before a removal. The bodies
//! are those of version 2 of the API: long texts are plain.

use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::changelog;
use crate::jira::comment;
use crate::jira::issue::{Change, Comment, History, Issue};
use crate::jira::planning::Sprint;
use crate::jira::version::Version;
use crate::jira::view::{Selection, View};
use crate::jira::webhook::{Flow, Heard};
use crate::jira::{release, release_api};

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event<'a> {
    /// An issue came to be.
    IssueCreated(u64),
    /// An issue changed as the latest entry of its changelog says.
    IssueUpdated(u64),
    /// An issue is about to be removed.
    IssueDeleted(u64),
    /// `comment_created`, `comment_updated` or `comment_deleted`.
    Comment(&'static str, u64, &'a Comment),
    /// `issue_property_set` or `issue_property_deleted`, with the key and the value.
    Property(&'static str, u64, &'a str, &'a Value),
    /// Anything else below an issue, with the name of the member and its document in version 2:
    /// `("worklog_created", issue, "worklog", document)`, `("attachment_deleted", issue, "attachment", document)`.
    Below(&'static str, u64, &'static str, &'a Value),
    /// `issuelink_created` or `issuelink_deleted`, with the document of jira.md 12.4. No query filters links.
    Link(&'static str, &'a Value),
    /// `sprint_created`, `sprint_updated`, `sprint_started`, `sprint_closed` or `sprint_deleted`, with what was before.
    Sprint(&'static str, &'a Sprint, Option<&'a Sprint>),
    /// `jira:version_created`, `..._updated`, `..._released`, `..._unreleased`, `..._moved` or `..._deleted`, with the
    /// version that a deleted one was merged into.
    Version(
        &'static str,
        &'a release::Version,
        Option<&'a release::Version>,
    ),
}

/// The names of all events that a webhook can listen to.
pub(crate) static NAMES: [&str; 30] = [
    "attachment_created",
    "attachment_deleted",
    "board_configuration_changed",
    "board_created",
    "board_deleted",
    "board_updated",
    "comment_created",
    "comment_deleted",
    "comment_updated",
    "issue_property_deleted",
    "issue_property_set",
    "issuelink_created",
    "issuelink_deleted",
    "jira:issue_created",
    "jira:issue_deleted",
    "jira:issue_updated",
    "jira:version_created",
    "jira:version_deleted",
    "jira:version_moved",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_updated",
    "sprint_closed",
    "sprint_created",
    "sprint_deleted",
    "sprint_started",
    "sprint_updated",
    "worklog_created",
    "worklog_deleted",
    "worklog_updated",
];

impl Cloud {
    /// Tells everybody who listens what happened.
    pub(crate) fn announce(&mut self, call: &Call<'_>, event: &Event<'_>) {
        if self.webhooks.is_empty() {
            return;
        }
        let Some(heard) = self.heard(call, event) else {
            return;
        };
        self.tell(call, heard);
        // One comment is both an event of its own and an update of its issue.
        if let Event::Comment(name, issue, comment) = event {
            let kind = match *name {
                "comment_created" => "issue_commented",
                "comment_updated" => "issue_comment_edited",
                _ => "issue_comment_deleted",
            };
            if let Some(heard) = self.heard_of_comment(call, *issue, comment, kind) {
                self.tell(call, heard);
            }
        }
    }

    fn tell(&mut self, call: &Call<'_>, heard: Heard) {
        let path = &call.request.path;
        let flow = if path.contains("/bulk") || path.contains("/issue/properties") {
            Flow::Secondary
        } else {
            Flow::Primary
        };
        let wanted = self.listening(call, &heard);
        self.webhooks.tell(&wanted, &heard, flow, call.now_ms);
    }

    /// The webhooks that listen to an event: by name, and by their query where it concerns an issue.
    fn listening(&self, call: &Call<'_>, heard: &Heard) -> Vec<u64> {
        let fits = |jql: &str, by: &str| {
            let Some(issue) = heard.issue.and_then(|id| self.store.get(id)) else {
                return true;
            };
            let user = self.users.of(by).unwrap_or(call.user);
            let call = Call { user, ..*call };
            let query = crate::jira::jql::compile(jql, &self.setting(&call));
            query.is_ok_and(|query| {
                query
                    .test
                    .is_none_or(|test| test.holds(&issue.fields, &self.store))
            })
        };
        self.webhooks.listening(heard.name, fits)
    }

    /// How the bodies of events show things: in version 2 of the API.
    pub(crate) fn second_version<'a>(&'a self, call: &Call<'a>) -> View<'a> {
        View {
            version: Version::Two,
            ..self.view(call)
        }
    }

    fn heard(&self, call: &Call<'_>, event: &Event<'_>) -> Option<Heard> {
        let view = self.second_version(call);
        let issue = |id: u64| self.store.get(id);
        let (name, id, mut body) = match event {
            Event::IssueCreated(id) => {
                let mut body = full(&view, call, issue(*id)?);
                body["issue_event_type_name"] = json!("issue_created");
                ("jira:issue_created", Some(*id), body)
            }
            Event::IssueUpdated(id) => {
                let issue = issue(*id)?;
                let mut body = full(&view, call, issue);
                if let Some(history) = issue.history.last() {
                    body["issue_event_type_name"] = json!(kind_of(&history.items));
                    body["changelog"] = changes(&view, history);
                }
                ("jira:issue_updated", Some(*id), body)
            }
            Event::IssueDeleted(id) => (
                "jira:issue_deleted",
                Some(*id),
                full(&view, call, issue(*id)?),
            ),
            Event::Comment(name, id, comment) => {
                let document = comment::document(&view, *id, comment, false);
                (
                    *name,
                    Some(*id),
                    json!({"comment": document, "issue": brief(&view, issue(*id)?)}),
                )
            }
            Event::Property(name, id, key, value) => {
                let property = json!({"key": key, "value": value});
                (
                    *name,
                    Some(*id),
                    json!({"property": property, "issue": brief(&view, issue(*id)?)}),
                )
            }
            Event::Below(name, id, member, document) => {
                let mut body = json!({"issue": brief(&view, issue(*id)?)});
                body[*member] = (*document).clone();
                (*name, Some(*id), body)
            }
            Event::Link(name, document) => (*name, None, json!({"issueLink": document})),
            Event::Sprint(name, sprint, before) => {
                let mut body = json!({"sprint": sprint.document(call.origin)});
                if let Some(before) = before {
                    body["oldValue"] = before.document(call.origin);
                }
                (*name, None, body)
            }
            Event::Version(name, version, merged_to) => {
                let mut body = json!({"version": release_api::full(&view, version, call.now_ms)});
                if let Some(other) = merged_to {
                    body["mergedTo"] = release_api::full(&view, other, call.now_ms);
                }
                (*name, None, body)
            }
        };
        body["timestamp"] = json!(call.now_ms);
        body["webhookEvent"] = json!(name);
        Some(self.with_variables(name, id, body))
    }

    /// The update of an issue that a comment is.
    fn heard_of_comment(
        &self,
        call: &Call<'_>,
        id: u64,
        comment: &Comment,
        kind: &str,
    ) -> Option<Heard> {
        let view = self.second_version(call);
        let mut body = full(&view, call, self.store.get(id)?);
        body["timestamp"] = json!(call.now_ms);
        body["webhookEvent"] = json!("jira:issue_updated");
        body["issue_event_type_name"] = json!(kind);
        body["comment"] = comment::document(&view, id, comment, false);
        Some(self.with_variables("jira:issue_updated", Some(id), body))
    }

    fn with_variables(&self, name: &'static str, issue: Option<u64>, body: Value) -> Heard {
        let fields = issue.and_then(|id| self.store.get(id)).map(|it| &it.fields);
        Heard {
            name,
            issue,
            key: fields.map(|it| it.key()).unwrap_or_default(),
            project: fields.map(|it| it.project.key).unwrap_or_default(),
            body,
        }
    }
}

/// An issue with everything, and who did it.
fn full(view: &View<'_>, call: &Call<'_>, issue: &Issue) -> Value {
    let selection = Selection::parse(["*all"], "*all");
    let document = view.issue(issue, &issue.fields, &selection);
    json!({"issue": document, "user": user(view, call.by())})
}

/// Users in webhooks have neither an e-mail address nor a locale nor groups.
fn user(view: &View<'_>, account_id: &str) -> Value {
    view.user(Some(account_id))
}

/// An issue as events below it show it.
fn brief(view: &View<'_>, issue: &Issue) -> Value {
    let names = [
        "summary",
        "issuetype",
        "project",
        "assignee",
        "priority",
        "status",
    ];
    let selection = Selection::parse(names, "summary");
    view.issue(issue, &issue.fields, &selection).into()
}

fn changes(view: &View<'_>, history: &History) -> Value {
    let mut document = changelog::entry(view, history);
    for item in document["items"].as_array_mut().into_iter().flatten() {
        if item["fieldId"] == "assignee" {
            item["tmpFromAccountId"] = item["from"].clone();
            item["tmpToAccountId"] = item["to"].clone();
        }
    }
    json!({"id": document["id"], "items": document["items"]})
}

/// The name that an update goes by (jira.md 12.4).
fn kind_of(changes: &[Change]) -> &'static str {
    let touches = |field: &str| changes.iter().any(|it| it.field_id == field);
    if touches("status") {
        "issue_generic"
    } else if touches("assignee") && changes.len() == 1 {
        "issue_assigned"
    } else if touches("project") {
        "issue_moved"
    } else {
        "issue_updated"
    }
}
