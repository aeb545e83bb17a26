//! Who may do what: the permissions of Jira, the roles that the site's accounts play, and the gate before every
//! operation. Without Browse projects an issue is simply not there; without a further permission the answer is 403.

use http::Method;
use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::account::User;
use crate::jira::call::Call;
use crate::jira::issue::Issue;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, Project};
use crate::site::Response;

/// A permission that some operation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    AddComments,
    AdministerProjects,
    AssignIssues,
    CreateAttachments,
    CreateIssues,
    DeleteIssues,
    EditIssues,
    LinkIssues,
    ManageSprints,
    ScheduleIssues,
    TransitionIssues,
    WorkOnIssues,
}

impl Permission {
    /// The status of the refusal: the API descriptions of comments and worklogs declare no 403.
    fn status(self) -> u16 {
        match self {
            Self::AddComments | Self::WorkOnIssues => 400,
            Self::AdministerProjects
            | Self::AssignIssues
            | Self::CreateAttachments
            | Self::CreateIssues
            | Self::DeleteIssues
            | Self::EditIssues
            | Self::LinkIssues
            | Self::ManageSprints
            | Self::ScheduleIssues
            | Self::TransitionIssues => 403,
        }
    }

    /// What the caller may not do, as the refusal says it.
    fn deed(self) -> &'static str {
        match self {
            Self::AddComments => "comment on this issue",
            Self::AdministerProjects => "administer this project",
            Self::AssignIssues => "assign issues in this project",
            Self::CreateAttachments => "create attachments for this issue",
            Self::CreateIssues => "create issues in this project",
            Self::DeleteIssues => "delete issues in this project",
            Self::EditIssues => "edit issues in this project",
            Self::LinkIssues => "link issues in this project",
            Self::ManageSprints => "manage the sprints of this board",
            Self::ScheduleIssues => "schedule issues in this project",
            Self::TransitionIssues => "transition issues in this project",
            Self::WorkOnIssues => "log work on this issue",
        }
    }
}

/// What an account is on the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Administers Jira and every project.
    SiteAdmin,
    /// Administers every project.
    ProjectAdmin,
    /// Does the work.
    Member,
    /// Sees everything and changes nothing.
    Reader,
    /// A member without the global permission Browse users and groups: user searches are empty, silently (jira.md 1).
    Secluded,
    /// A member of the first project who does not see the others.
    Guest,
}

/// All permissions that `mypermissions` knows: key, name, and whether it is a global one.
static KNOWN: [(&str, &str, bool); 41] = [
    ("ADD_COMMENTS", "Add Comments", false),
    ("ADMINISTER", "Administer Jira", true),
    ("ADMINISTER_PROJECTS", "Administer Projects", false),
    ("ASSIGNABLE_USER", "Assignable User", false),
    ("ASSIGN_ISSUES", "Assign Issues", false),
    ("BROWSE_PROJECTS", "Browse Projects", false),
    ("BULK_CHANGE", "Make bulk changes", true),
    ("CLOSE_ISSUES", "Close Issues", false),
    ("CREATE_ATTACHMENTS", "Create Attachments", false),
    ("CREATE_ISSUES", "Create Issues", false),
    ("CREATE_PROJECT", "Create team-managed projects", true),
    (
        "CREATE_SHARED_OBJECTS",
        "Share dashboards and filters",
        true,
    ),
    ("DELETE_ALL_ATTACHMENTS", "Delete All Attachments", false),
    ("DELETE_ALL_COMMENTS", "Delete All Comments", false),
    ("DELETE_ALL_WORKLOGS", "Delete All Worklogs", false),
    ("DELETE_ISSUES", "Delete Issues", false),
    ("DELETE_OWN_ATTACHMENTS", "Delete Own Attachments", false),
    ("DELETE_OWN_COMMENTS", "Delete Own Comments", false),
    ("DELETE_OWN_WORKLOGS", "Delete Own Worklogs", false),
    ("EDIT_ALL_COMMENTS", "Edit All Comments", false),
    ("EDIT_ALL_WORKLOGS", "Edit All Worklogs", false),
    ("EDIT_ISSUES", "Edit Issues", false),
    ("EDIT_OWN_COMMENTS", "Edit Own Comments", false),
    ("EDIT_OWN_WORKLOGS", "Edit Own Worklogs", false),
    ("LINK_ISSUES", "Link Issues", false),
    (
        "MANAGE_GROUP_FILTER_SUBSCRIPTIONS",
        "Manage group filter subscriptions",
        true,
    ),
    ("MANAGE_SPRINTS_PERMISSION", "Manage sprints", false),
    ("MANAGE_WATCHERS", "Manage Watchers", false),
    ("MODIFY_REPORTER", "Modify Reporter", false),
    ("MOVE_ISSUES", "Move Issues", false),
    ("RESOLVE_ISSUES", "Resolve Issues", false),
    ("SCHEDULE_ISSUES", "Schedule Issues", false),
    ("SET_ISSUE_SECURITY", "Set Issue Security", false),
    ("SYSTEM_ADMIN", "System Administrator", true),
    ("TRANSITION_ISSUES", "Transition Issues", false),
    (
        "UNARCHIVE_ISSUES",
        "Browse and Restore Archived Issues",
        false,
    ),
    ("USER_PICKER", "Browse users and groups", true),
    ("VIEW_DEV_TOOLS", "View development tools", false),
    ("VIEW_READONLY_WORKFLOW", "View read-only workflow", false),
    (
        "VIEW_VOTERS_AND_WATCHERS",
        "View Voters and Watchers",
        false,
    ),
    ("WORK_ON_ISSUES", "Work On Issues", false),
];

impl Role {
    fn holds(self, key: &str) -> bool {
        let administers = matches!(
            key,
            "ADMINISTER" | "SYSTEM_ADMIN" | "MANAGE_GROUP_FILTER_SUBSCRIPTIONS"
        );
        match self {
            Self::SiteAdmin => key != "SYSTEM_ADMIN",
            Self::ProjectAdmin => !administers,
            Self::Member | Self::Guest => !administers && key != "ADMINISTER_PROJECTS",
            Self::Secluded => !administers && key != "ADMINISTER_PROJECTS" && key != "USER_PICKER",
            Self::Reader => matches!(
                key,
                "BROWSE_PROJECTS"
                    | "USER_PICKER"
                    | "VIEW_READONLY_WORKFLOW"
                    | "VIEW_VOTERS_AND_WATCHERS"
            ),
        }
    }
}

fn key(permission: Permission) -> &'static str {
    match permission {
        Permission::AddComments => "ADD_COMMENTS",
        Permission::AdministerProjects => "ADMINISTER_PROJECTS",
        Permission::AssignIssues => "ASSIGN_ISSUES",
        Permission::CreateAttachments => "CREATE_ATTACHMENTS",
        Permission::CreateIssues => "CREATE_ISSUES",
        Permission::DeleteIssues => "DELETE_ISSUES",
        Permission::EditIssues => "EDIT_ISSUES",
        Permission::LinkIssues => "LINK_ISSUES",
        Permission::ManageSprints => "MANAGE_SPRINTS_PERMISSION",
        Permission::ScheduleIssues => "SCHEDULE_ISSUES",
        Permission::TransitionIssues => "TRANSITION_ISSUES",
        Permission::WorkOnIssues => "WORK_ON_ISSUES",
    }
}

impl User {
    /// Whether the user may browse a project.
    pub(crate) fn sees(&self, project: &Project) -> bool {
        self.role != Role::Guest || project.id == scheme::PROJECTS[0].id
    }

    /// Whether the user has a permission in a project.
    pub(crate) fn may(&self, project: &Project, permission: Permission) -> bool {
        self.sees(project) && self.role.holds(key(permission))
    }

    /// Whether the user may look up other users and groups.
    pub(crate) fn browses_users(&self) -> bool {
        self.role.holds("USER_PICKER")
    }
}

impl Cloud {
    /// An issue that the caller may see.
    pub(crate) fn seen_issue(&self, call: &Call<'_>, id_or_key: &str) -> Result<&Issue, Refusal> {
        let issue = self.issue(id_or_key)?;
        if call.user.sees(issue.fields.project) {
            Ok(issue)
        } else {
            Err(Refusal::no_issue())
        }
    }

    /// Refuses a caller who lacks a permission in a project.
    pub(crate) fn require(
        &self,
        call: &Call<'_>,
        project: &Project,
        permission: Permission,
    ) -> Result<(), Refusal> {
        if call.user.may(project, permission) {
            return Ok(());
        }
        let text = format!("You do not have permission to {}.", permission.deed());
        Err(Refusal::message(permission.status(), text))
    }
}

/// Lets a request through when its path names nothing that the caller may not see, and its method does nothing there
/// that the caller may not do.
pub(crate) fn admit(cloud: &Cloud, call: &Call<'_>, rest: &[&str]) -> Result<(), Refusal> {
    match rest {
        ["issue", "createmeta", project, ..] | ["project", project, ..] => {
            match scheme::project_of(project).filter(|it| !call.user.sees(it)) {
                Some(_) => Err(crate::jira::meta::no_project(project)),
                None => Ok(()),
            }
        }
        ["issue", id_or_key, below @ ..] => {
            let Ok(issue) = cloud.issue(id_or_key) else {
                // A word such as `bulkfetch`, or an issue that is not there: the operation knows.
                return Ok(());
            };
            let project = issue.fields.project;
            if !call.user.sees(project) {
                return Err(Refusal::no_issue());
            }
            asked_of(&call.request.method, below).map_or(Ok(()), |permission| {
                cloud.require(call, project, permission)
            })
        }
        _ => Ok(()),
    }
}

/// The permission that an operation below an issue needs; nothing for reads, and where the operation itself decides.
fn asked_of(method: &Method, below: &[&str]) -> Option<Permission> {
    if method == Method::GET {
        return None;
    }
    match below {
        [] if method == Method::DELETE => Some(Permission::DeleteIssues),
        [] | ["properties", ..] => Some(Permission::EditIssues),
        ["assignee"] => Some(Permission::AssignIssues),
        ["comment", ..] => Some(Permission::AddComments),
        ["remotelink", ..] => Some(Permission::LinkIssues),
        ["attachments"] => Some(Permission::CreateAttachments),
        ["worklog", ..] => Some(Permission::WorkOnIssues),
        _ => None,
    }
}

/// `GET /mypermissions?permissions=`: 400 without the parameter and on a key that does not exist.
pub(crate) fn mine(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let query = |name: &str| call.request.query(name).filter(|it| !it.is_empty());
    let asked = query("permissions")
        .ok_or_else(|| Refusal::message(400, "The 'permissions' query parameter is required."))?;
    let project = match (
        query("projectKey").or_else(|| query("projectId")),
        query("issueKey").or_else(|| query("issueId")),
    ) {
        (Some(name), _) => {
            let found = scheme::project_of(name).filter(|it| call.user.sees(it));
            Some(found.ok_or_else(|| crate::jira::meta::no_project(name))?)
        }
        (None, Some(issue)) => Some(cloud.seen_issue(call, issue)?.fields.project),
        (None, None) => None,
    };
    let mut held = Map::new();
    for key in asked.split(',').map(str::trim) {
        let Some((_, name, global)) = KNOWN.iter().find(|(known, ..)| *known == key) else {
            return Err(Refusal::message(
                400,
                format!("Unrecognized permission: {key}"),
            ));
        };
        let seen = *global || project.is_none_or(|it| call.user.sees(it));
        held.insert(
            key.to_owned(),
            json!({
                "id": key,
                "key": key,
                "name": name,
                "type": if *global { "GLOBAL" } else { "PROJECT" },
                "description": "",
                "havePermission": seen && call.user.role.holds(key),
            }),
        );
    }
    Ok(Response::json(200, &json!({"permissions": held})))
}

/// `GET /permissions`: all that there are.
pub(crate) fn all() -> Outcome {
    let row = |(key, name, global): &(&str, &str, bool)| {
        let kind = if *global { "GLOBAL" } else { "PROJECT" };
        (
            (*key).to_owned(),
            json!({"key": key, "name": name, "type": kind, "description": ""}),
        )
    };
    let rows: Map<String, Value> = KNOWN.iter().map(row).collect();
    Ok(Response::json(200, &json!({"permissions": rows})))
}
