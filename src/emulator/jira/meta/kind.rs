//! Issue types.

use super::{named_project, ok};
use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{IssueType, TYPES};

/// `GET /issuetype`.
pub(crate) fn issue_types(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    ok(&TYPES.iter().map(|it| view.issue_type(it)).collect())
}

/// `GET /issuetype/project?projectId=`.
pub(crate) fn issue_types_of_project(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let id = call.request.query("projectId").unwrap_or_default();
    if id.parse::<u64>().is_err() {
        return Err(Refusal::message(
            400,
            "The projectId query parameter must be a number.",
        ));
    }
    named_project(id)?;
    issue_types(cloud, call)
}

/// `GET /issuetype/{id}`.
pub(crate) fn issue_type(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let kind = TYPES.iter().find(|it| it.id == id);
    let kind = kind.ok_or_else(|| Refusal::message(404, "The issue type was not found."))?;
    ok(&cloud.view(call).issue_type(kind))
}

/// `GET /issuetype/{id}/alternatives`: the types of the same shape.
pub(crate) fn alternatives(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let kind = TYPES.iter().find(|it| it.id == id);
    let kind = kind.ok_or_else(|| Refusal::message(404, "The issue type was not found."))?;
    let fits = |it: &&IssueType| it.id != kind.id && it.is_subtask() == kind.is_subtask();
    let view = cloud.view(call);
    ok(&TYPES
        .iter()
        .filter(fits)
        .map(|it| view.issue_type(it))
        .collect())
}
