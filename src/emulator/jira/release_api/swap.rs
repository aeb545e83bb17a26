//! What stands in the place of a version that goes: removing, swapping and merging versions.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{of, require};
use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::event::Event;
use crate::jira::issue::Fields;
use crate::jira::part_api::{self, project_of};
use crate::jira::refusal::{Outcome, Refusal};
use crate::site::Response;

/// The version that a link such as `.../rest/api/3/version/10001` names.
pub(super) fn linked(cloud: &Cloud, call: &Call<'_>, link: &str) -> Result<u64, Refusal> {
    let id = link.rsplit('/').next().unwrap_or_default();
    of(cloud, call, id)
        .map(|it| it.id)
        .map_err(|_| Refusal::message(400, format!("The version '{link}' does not exist.")))
}

/// What stands in the place of a version that goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Swap {
    pub(super) fix: Option<u64>,
    pub(super) affected: Option<u64>,
}

impl Swap {
    pub(super) fn of_query(cloud: &Cloud, call: &Call<'_>) -> Result<Self, Refusal> {
        let named = |name: &str| {
            let link = call.request.query(name).filter(|it| !it.is_empty());
            link.map(|link| linked(cloud, call, link)).transpose()
        };
        Ok(Self {
            fix: named("moveFixIssuesTo")?,
            affected: named("moveAffectedIssuesTo")?,
        })
    }

    pub(super) fn of_body(cloud: &Cloud, call: &Call<'_>) -> Result<Self, Refusal> {
        let body = call.body()?;
        let named = |name: &str| match body.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(id) => linked(cloud, call, &id.to_string()).map(Some),
        };
        Ok(Self {
            fix: named("moveFixIssuesTo")?,
            affected: named("moveAffectedIssuesTo")?,
        })
    }
}

/// Puts another version, if any, where one stands that goes.
pub(super) fn swapped(versions: &mut BTreeSet<u64>, gone: u64, instead: Option<u64>) {
    if versions.remove(&gone) {
        versions.extend(instead);
    }
}

/// Takes a version away from the project and from all issues; another may take its place there.
pub(super) fn remove(cloud: &mut Cloud, call: &Call<'_>, id: &str, instead: Swap) -> Outcome {
    let version = of(cloud, call, id)?.clone();
    if let Some(project) = project_of(version.project) {
        require(cloud, call, project)?;
    }
    for other in [instead.fix, instead.affected].into_iter().flatten() {
        let fits = cloud.store.versions.get(other);
        if other == version.id || fits.is_none_or(|it| it.project != version.project) {
            let text = "The version to move issues to must be another one of the same project.";
            return Err(Refusal::message(400, text));
        }
    }
    let gone = version.id;
    let holds = |it: &Fields| it.fix_versions.contains(&gone) || it.versions.contains(&gone);
    part_api::change(cloud, call, holds, |draft| {
        swapped(&mut draft.fix_versions, gone, instead.fix);
        swapped(&mut draft.versions, gone, instead.affected);
    });
    cloud.store.versions.remove(gone);
    let merged = instead.fix.filter(|_| instead.fix == instead.affected);
    let merged = merged.and_then(|id| cloud.store.versions.get(id)).cloned();
    cloud.announce(
        call,
        &Event::Version("jira:version_deleted", &version, merged.as_ref()),
    );
    Ok(Response::empty(204))
}
