//! Settings of teams: iterations, areas, working days (`work/teamsettings`).

use http::Method;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::field;
use super::guid;
use super::kind::plan::{EPICS, FEATURES, REQUIREMENTS};
use super::limit;
use super::node::{Node, Project, Structure};
use super::place::Place;
use super::relation;
use super::team::{Bugs, Team, TeamArea};
use super::time;
use super::trouble::Trouble;
use crate::site::Response;

const DAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

impl Services {
    /// Answers what is asked of a team's settings.
    pub(crate) fn team_settings(
        &mut self,
        call: &Call<'_>,
        place: &Place,
    ) -> Result<Response, Refusal> {
        let ok = |json: Json| Response::json(200, &json);
        match (&call.request.method, place) {
            (&Method::GET, Place::TeamSettings) => self.settings(call).map(ok),
            (&Method::PATCH, Place::TeamSettings) => self.change_settings(call).map(ok),
            (&Method::GET, Place::TeamField) => self.team_field(call).map(ok),
            (&Method::PATCH, Place::TeamField) => self.change_areas(call).map(ok),
            (&Method::GET, Place::TeamIterations(None)) => self.team_iterations(call).map(ok),
            (&Method::POST, Place::TeamIterations(None)) => self.choose_iteration(call).map(ok),
            (&Method::GET, Place::TeamIterations(Some(id))) => {
                self.team_iteration(call, id).map(ok)
            }
            (&Method::DELETE, Place::TeamIterations(Some(id))) => self.drop_iteration(call, id),
            (&Method::GET, Place::IterationItems(id)) => self.iteration_items(call, id).map(ok),
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    /// The project and the team of the path; without a team the project's own.
    pub(crate) fn team_here(&self, call: &Call<'_>) -> Result<(&Project, &Team), Refusal> {
        let project = self.here(call)?;
        let name = call.team();
        let team = project.team(name.as_deref());
        let missing = || Trouble::TeamMissing(name.clone().unwrap_or_default());
        Ok((project, team.ok_or_else(missing)?))
    }

    fn team_mut(&mut self, call: &Call<'_>) -> Result<&mut Team, Refusal> {
        let name = call.team();
        let project = call
            .project
            .and_then(|p| self.organization.projects.get_mut(p));
        let project = project.ok_or(Refusal::ProjectNeeded("a team belongs to one"))?;
        let missing = || Trouble::TeamMissing(name.clone().unwrap_or_default());
        Ok(project.team_mut(name.as_deref()).ok_or_else(missing)?)
    }

    fn settings(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let (project, team) = self.team_here(call)?;
        let url = settings_url(call, project, team, "");
        let iteration = |id: i64| {
            let found = project.node_by(Structure::Iteration, |n| n.id == id);
            found.map(|(path, node)| iteration_json(call, project, team, (node, &path)))
        };
        let mut json = json!({
            "backlogIteration": iteration(team.backlog_iteration),
            "bugsBehavior": team.bugs.wire(),
            "workingDays": team.working_days,
            "backlogVisibilities": {EPICS: true, FEATURES: true, REQUIREMENTS: true},
            "url": url,
            "_links": {
                "self": {"href": url},
                "project": {"href": format!("{}/_apis/projects/{}", call.base, project.guid)},
                "team": {"href": team_url(call, project, team)},
                "teamIterations": {"href": settings_url(call, project, team, "/Iterations")},
                "teamFieldValues": {"href": settings_url(call, project, team, "/TeamFieldValues")},
            },
        });
        match team.default_iteration {
            Some(id) => json["defaultIteration"] = json!(iteration(id)),
            None => json["defaultIterationMacro"] = json!("@currentIteration"),
        }
        Ok(json)
    }

    fn change_settings(&mut self, call: &Call<'_>) -> Result<Json, Refusal> {
        let body = call.body()?;
        let project = self.here(call)?;
        let wrong = |why: String| Refusal::from(Trouble::TeamSetting(why));
        let node = |key: &str| match body.get(key).and_then(Json::as_str) {
            None => Ok(None),
            Some(id) => {
                let found = project.node_by(Structure::Iteration, |n| n.identifier() == id);
                let found = found.map(|(_, node)| Some(node.id));
                found.ok_or_else(|| wrong(format!("{key} '{id}' is no iteration.")))
            }
        };
        let (backlog, default) = (node("backlogIteration")?, node("defaultIteration")?);
        let bugs = match body.get("bugsBehavior").and_then(Json::as_str) {
            None => None,
            Some(text) => {
                let parsed = Bugs::parse(text);
                Some(parsed.ok_or_else(|| wrong(format!("bugsBehavior '{text}'.")))?)
            }
        };
        let days = match body.get("workingDays").and_then(Json::as_array) {
            None => None,
            Some(rows) => {
                let rows = rows.iter().map(|d| d.as_str().unwrap_or("").to_lowercase());
                let rows: Vec<String> = rows.collect();
                if rows.iter().any(|d| !DAYS.contains(&d.as_str())) || rows.len() > DAYS.len() {
                    return Err(wrong("workingDays names a day that is none.".into()));
                }
                Some(rows)
            }
        };
        let is_macro = body
            .get("defaultIterationMacro")
            .and_then(Json::as_str)
            .is_some_and(|m| m.eq_ignore_ascii_case("@currentIteration"));
        let team = self.team_mut(call)?;
        team.backlog_iteration = backlog.unwrap_or(team.backlog_iteration);
        team.default_iteration = if is_macro {
            None
        } else {
            default.or(team.default_iteration)
        };
        team.bugs = bugs.unwrap_or(team.bugs);
        if let Some(days) = days {
            team.working_days = days;
        }
        self.settings(call)
    }

    fn team_field(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let (project, team) = self.team_here(call)?;
        let url = settings_url(call, project, team, "/TeamFieldValues");
        let rows = team.areas.iter();
        let values: Vec<Json> = rows
            .map(|a| json!({"value": a.path, "includeChildren": a.with_children}))
            .collect();
        Ok(json!({
            "field": {
                "referenceName": field::AREA,
                "url": format!("{}/_apis/wit/fields/{}", call.base, field::AREA),
            },
            "defaultValue": team.areas.first().map(|a| a.path.as_str()),
            "values": values,
            "url": url,
            "_links": {"self": {"href": url}},
        }))
    }

    fn change_areas(&mut self, call: &Call<'_>) -> Result<Json, Refusal> {
        let body = call.body()?;
        let project = self.here(call)?;
        let wrong = |why: String| Refusal::from(Trouble::TeamSetting(why));
        let rows = body.get("values").and_then(Json::as_array);
        let rows = rows.filter(|rows| !rows.is_empty() && rows.len() <= limit::TEAM_AREAS);
        let rows = rows.ok_or_else(|| wrong("values must name the team's areas.".into()))?;
        let mut areas = Vec::new();
        for row in rows {
            let path = row.get("value").and_then(Json::as_str).unwrap_or("");
            let found = project.node(Structure::Area, path);
            let (_, path) = found.ok_or_else(|| wrong(format!("'{path}' is no area.")))?;
            let children = row.get("includeChildren").and_then(Json::as_bool);
            areas.push(TeamArea {
                path,
                with_children: children.unwrap_or(false),
            });
        }
        let default = body.get("defaultValue").and_then(Json::as_str);
        let at = default.map_or(Some(0), |default| {
            areas
                .iter()
                .position(|a| a.path.eq_ignore_ascii_case(default))
        });
        let at = at.ok_or_else(|| wrong("defaultValue is not among the values.".into()))?;
        areas.swap(0, at);
        self.team_mut(call)?.areas = areas;
        self.team_field(call)
    }

    fn team_iterations(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let (project, team) = self.team_here(call)?;
        let wanted = call.request.query("$timeframe").map(str::to_lowercase);
        if let Some(wanted) = wanted.as_deref().filter(|w| *w != "current") {
            let why = format!("$timeframe '{wanted}' is not supported.");
            return Err(Trouble::TeamSetting(why).into());
        }
        let rows: Vec<Json> = chosen(project, team)
            .into_iter()
            .filter(|(_, node)| wanted.is_none() || time_frame(node, call.now) == Some("current"))
            .map(|(path, node)| iteration_json(call, project, team, (node, &path)))
            .collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    fn chosen_iteration(&self, call: &Call<'_>, id: &str) -> Result<(String, &Node), Refusal> {
        let (project, team) = self.team_here(call)?;
        let mut all = chosen(project, team).into_iter();
        let found = all.find(|(_, node)| node.identifier().eq_ignore_ascii_case(id));
        let missing = || Trouble::TeamIteration(id.to_owned());
        Ok(found.ok_or_else(missing)?)
    }

    fn team_iteration(&self, call: &Call<'_>, id: &str) -> Result<Json, Refusal> {
        let (project, team) = self.team_here(call)?;
        let (path, node) = self.chosen_iteration(call, id)?;
        Ok(iteration_json(call, project, team, (node, &path)))
    }

    fn choose_iteration(&mut self, call: &Call<'_>) -> Result<Json, Refusal> {
        let body = call.body()?;
        let id = body.get("id").and_then(Json::as_str).unwrap_or("");
        let project = self.here(call)?;
        let wrong = || Trouble::TeamSetting(format!("'{id}' is no iteration of the project."));
        let known = Some(id).filter(|id| guid::is(id)).and_then(|id| {
            project.node_by(Structure::Iteration, |n| {
                n.identifier().eq_ignore_ascii_case(id)
            })
        });
        let number = known.map(|(_, node)| node.id).ok_or_else(wrong)?;
        let team = self.team_mut(call)?;
        if !team.iterations.contains(&number) {
            if team.iterations.len() >= limit::TEAM_ITERATIONS {
                return Err(Trouble::Limit("iterations", limit::TEAM_ITERATIONS).into());
            }
            team.iterations.push(number);
        }
        self.team_iteration(call, id)
    }

    fn drop_iteration(&mut self, call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
        let number = self.chosen_iteration(call, id)?.1.id;
        self.team_mut(call)?.iterations.retain(|own| *own != number);
        Ok(Response::empty(204))
    }

    /// The items of an iteration that are in the team's areas, each below its parent.
    fn iteration_items(&self, call: &Call<'_>, id: &str) -> Result<Json, Refusal> {
        let (project, team) = self.team_here(call)?;
        let (path, _) = self.chosen_iteration(call, id)?;
        let base = &call.base;
        let place = call.project.unwrap_or_default();
        let reference =
            |id: i64| json!({"id": id, "url": format!("{base}/_apis/wit/workItems/{id}")});
        let items = self.store.index.of_project(place).iter();
        let items = items.filter_map(|id| self.store.live(*id).ok());
        let own = items.filter(|item| {
            let text = |name| item.latest().map_or("", |r| r.fields.text(name));
            text(field::ITERATION) == path
                && team.owns_area(text(field::AREA))
                && !self.is_hidden(call, item)
        });
        let rows: Vec<Json> = own
            .take(limit::QUERY_ROWS)
            .map(|item| {
                let parent = item.parent();
                json!({
                    "rel": parent.map(|_| relation::CHILD),
                    "source": parent.map(reference),
                    "target": reference(item.id),
                })
            })
            .collect();
        let url = settings_url(call, project, team, &format!("/Iterations/{id}/workitems"));
        Ok(json!({
            "workItemRelations": rows,
            "url": url,
            "_links": {"self": {"href": url}},
        }))
    }
}

impl Team {
    /// Whether items with this area path are the team's.
    pub(crate) fn owns_area(&self, path: &str) -> bool {
        self.areas.iter().any(|area| {
            let rest = path.strip_prefix(area.path.as_str());
            rest.is_some_and(|r| r.is_empty() || area.with_children && r.starts_with('\\'))
        })
    }
}

/// The iterations that a team has chosen, by their dates.
fn chosen<'a>(project: &'a Project, team: &Team) -> Vec<(String, &'a Node)> {
    let mut all = Vec::new();
    project.iterations.all(project.name, &mut all);
    all.retain(|(_, node)| team.iterations.contains(&node.id));
    all.sort_by_key(|(path, node)| (node.dates.is_none(), node.dates, path.clone()));
    all
}

fn time_frame(node: &Node, now: i64) -> Option<&'static str> {
    let (start, finish) = node.dates?;
    let today = time::day(now);
    Some(if finish < today {
        "past"
    } else if start > today {
        "future"
    } else {
        "current"
    })
}

fn team_url(call: &Call<'_>, project: &Project, team: &Team) -> String {
    format!(
        "{}/_apis/projects/{}/teams/{}",
        call.base, project.guid, team.id
    )
}

pub(crate) fn settings_url(call: &Call<'_>, project: &Project, team: &Team, tail: &str) -> String {
    format!(
        "{}/{}/{}/_apis/work/TeamSettings{tail}",
        call.base, project.guid, team.id
    )
}

fn iteration_json(
    call: &Call<'_>,
    project: &Project,
    team: &Team,
    (node, path): (&Node, &str),
) -> Json {
    let id = node.identifier();
    let dates = node.dates;
    json!({
        "id": id,
        "name": node.name,
        "path": path,
        "attributes": {
            "startDate": dates.map(|d| time::text(d.0)),
            "finishDate": dates.map(|d| time::text(d.1)),
            "timeFrame": time_frame(node, call.now).unwrap_or("future"),
        },
        "url": settings_url(call, project, team, &format!("/Iterations/{id}")),
    })
}
