//! Teams of projects, their members, and the properties of projects.

use http::Method;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::feed::is_true;
use super::identity::Who;
use super::limit;
use super::node::Project;
use super::node::edit::is_name;
use super::place::Place;
use super::team::Team;
use super::trouble::Trouble;
use crate::site::Response;

impl Services {
    /// Answers what is asked of teams.
    pub(crate) fn teams(&mut self, call: &Call<'_>, place: &Place) -> Result<Response, Refusal> {
        let ok = |json: Json| Response::json(200, &json);
        match (&call.request.method, place) {
            (&Method::GET, Place::AllTeams) => self.all_teams(call).map(ok),
            (&Method::GET, Place::Teams(project)) => self.teams_of(call, project).map(ok),
            (&Method::POST, Place::Teams(project)) => self.add_team(call, project),
            (&Method::GET, Place::Team(project, team)) => {
                let (project, team) = self.one_team(project, team)?;
                Ok(ok(self.team_json(call, project, team)))
            }
            (&Method::PATCH, Place::Team(project, team)) => self.edit_team(call, project, team),
            (&Method::DELETE, Place::Team(project, team)) => self.drop_team(call, project, team),
            (&Method::GET, Place::TeamMembers(project, team)) => {
                self.team_members(call, project, team).map(ok)
            }
            (&Method::GET, Place::Properties(project)) => self.properties(call, project).map(ok),
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    fn one_project(&self, name: &str) -> Result<(usize, &Project), Refusal> {
        let index = self.organization.find(name)?;
        let project = self.organization.project(index);
        let project = project.ok_or_else(|| Refusal::ProjectMissing(name.to_owned()))?;
        Ok((index, project))
    }

    fn one_team(&self, project: &str, team: &str) -> Result<(&Project, &Team), Refusal> {
        let (_, project) = self.one_project(project)?;
        let found = project.team(Some(team));
        let missing = || Trouble::TeamMissing(team.to_owned());
        Ok((project, found.ok_or_else(missing)?))
    }

    fn all_teams(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let projects = self.organization.projects.iter();
        let all = projects.flat_map(|p| p.teams.iter().map(move |t| (p, t)));
        self.team_page(call, all)
    }

    fn teams_of(&self, call: &Call<'_>, project: &str) -> Result<Json, Refusal> {
        let (_, project) = self.one_project(project)?;
        self.team_page(call, project.teams.iter().map(|t| (project, t)))
    }

    fn team_page<'a>(
        &'a self,
        call: &Call<'_>,
        teams: impl Iterator<Item = (&'a Project, &'a Team)>,
    ) -> Result<Json, Refusal> {
        let mine = is_true(call.request.query("$mine"));
        let (skip, top) = call.page(100)?;
        let rows: Vec<Json> = teams
            .filter(|(_, team)| !mine || team.members.contains(&call.caller))
            .skip(skip)
            .take(top)
            .map(|(project, team)| self.team_json(call, project, team))
            .collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    pub(crate) fn team_json(&self, call: &Call<'_>, project: &Project, team: &Team) -> Json {
        let base = &call.base;
        let url = format!("{base}/_apis/projects/{}/teams/{}", project.guid, team.id);
        let mut json = json!({
            "id": team.id,
            "name": team.name,
            "url": url,
            "description": team.description,
            "identityUrl": format!("{base}/_apis/Identities/{}", team.id),
            "projectName": project.name,
            "projectId": project.guid,
        });
        if is_true(call.request.query("$expandIdentity")) {
            json["identity"] = self.team_identity(project, team);
        }
        json
    }

    fn team_members(&self, call: &Call<'_>, project: &str, team: &str) -> Result<Json, Refusal> {
        let (_, team) = self.one_team(project, team)?;
        let (skip, top) = call.page(100)?;
        let people = &self.organization.people;
        let rows: Vec<Json> = team
            .members
            .iter()
            .skip(skip)
            .take(top)
            .map(|member| {
                let identity = people.reference(&Who::Member(*member), &call.base);
                let mut row = json!({"identity": identity});
                if team.admins.contains(member) {
                    row["isTeamAdmin"] = json!(true);
                }
                row
            })
            .collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    fn add_team(&mut self, call: &Call<'_>, project: &str) -> Result<Response, Refusal> {
        self.administers(call, "Edit project-level information")?;
        let body = call.body()?;
        let (index, found) = self.one_project(project)?;
        let name = team_name(&body, found, None)?;
        let name = name.ok_or_else(|| Trouble::TeamWrong("it has no name.".into()))?;
        if found.teams.len() >= limit::TEAMS {
            return Err(Trouble::Limit("teams", limit::TEAMS).into());
        }
        let id = self.organization.fresh_id("team");
        let Some(project) = self.organization.projects.get_mut(index) else {
            return Err(Refusal::ProjectMissing(project.to_owned()));
        };
        let mut team = Team::new(id.clone(), name, project);
        team.members = vec![call.caller];
        team.admins = vec![call.caller];
        if let Some(text) = body.get("description").and_then(Json::as_str) {
            text.clone_into(&mut team.description);
        }
        // A new team has no area of its own until one is chosen.
        team.areas.clear();
        project.teams.push(team);
        let guid = project.guid;
        let (project, team) = self.one_team(guid, &id)?;
        Ok(Response::json(200, &self.team_json(call, project, team)))
    }

    fn edit_team(
        &mut self,
        call: &Call<'_>,
        project: &str,
        team: &str,
    ) -> Result<Response, Refusal> {
        self.administers(call, "Edit project-level information")?;
        let body = call.body()?;
        let (found, old) = self.one_team(project, team)?;
        let (guid, id) = (found.guid, old.id.clone());
        let name = team_name(&body, found, Some(&id))?;
        let index = self.organization.find(guid)?;
        let slot = self
            .organization
            .projects
            .get_mut(index)
            .and_then(|p| p.team_mut(Some(&id)));
        if let Some(slot) = slot {
            if let Some(name) = name {
                slot.name = name;
            }
            if let Some(text) = body.get("description").and_then(Json::as_str) {
                text.clone_into(&mut slot.description);
            }
        }
        let (project, team) = self.one_team(guid, &id)?;
        Ok(Response::json(200, &self.team_json(call, project, team)))
    }

    fn drop_team(
        &mut self,
        call: &Call<'_>,
        project: &str,
        team: &str,
    ) -> Result<Response, Refusal> {
        self.administers(call, "Edit project-level information")?;
        let (found, old) = self.one_team(project, team)?;
        if found.team(None).is_some_and(|first| first.id == old.id) {
            let why = "it is the project's default team.";
            return Err(Trouble::TeamWrong(why.into()).into());
        }
        let (index, id) = (self.organization.find(found.guid)?, old.id.clone());
        if let Some(project) = self.organization.projects.get_mut(index) {
            project.teams.retain(|t| t.id != id);
        }
        Ok(Response::empty(204))
    }

    /// `PATCH projects/{id}`: another description, or another process of the same system process.
    pub(crate) fn change_project(
        &mut self,
        call: &Call<'_>,
        name: &str,
    ) -> Result<Response, Refusal> {
        if call.request.method != Method::PATCH {
            return Err(Refusal::Method(call.request.method.to_string()));
        }
        self.administers(call, "Edit project-level information")?;
        let body = call.body()?;
        let (index, project) = self.one_project(name)?;
        let guid = project.guid;
        let renames = body.get("name").and_then(Json::as_str);
        if renames.is_some_and(|new| new != project.name) {
            return Err(Refusal::Invalid("projects are not renamed here.".into()));
        }
        let template = body.pointer("/capabilities/processTemplate/templateTypeId");
        if let Some(process) = template.and_then(Json::as_str) {
            self.follow(guid, process)?;
        }
        let text = body.get("description").and_then(Json::as_str);
        if let (Some(text), Some(project)) = (text, self.organization.projects.get_mut(index)) {
            text.clone_into(&mut project.description);
        }
        let id = self.organization.fresh_id("operation");
        let url = format!("{}/_apis/operations/{id}", call.base);
        let operation = json!({"id": id, "status": "succeeded", "url": url});
        Ok(Response::json(202, &operation))
    }

    fn properties(&self, call: &Call<'_>, project: &str) -> Result<Json, Refusal> {
        let (_, project) = self.one_project(project)?;
        let process = self.organization.process(project.process);
        let name = process.map_or("", |p| p.name);
        let rows = [
            ("System.CurrentProcessTemplateId", project.process),
            ("System.OriginalProcessTemplateId", project.process),
            ("System.ProcessTemplateType", project.process),
            ("System.Process Template", name),
            ("System.SourceControlGitEnabled", "True"),
        ];
        let keys: Vec<&str> = call
            .request
            .query("keys")
            .map(|keys| keys.split(',').map(str::trim).collect())
            .unwrap_or_default();
        let rows: Vec<Json> = rows
            .iter()
            .filter(|(key, _)| keys.is_empty() || keys.contains(key))
            .map(|(key, value)| json!({"name": key, "value": value}))
            .collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }
}

/// The name that a body gives a team.
fn team_name(body: &Json, project: &Project, own: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(name) = body.get("name").and_then(Json::as_str) else {
        return Ok(None);
    };
    if !is_name(name) {
        return Err(Trouble::TeamWrong(format!("name '{name}' is not valid.")).into());
    }
    let mut others = project.teams.iter().filter(|t| Some(t.id.as_str()) != own);
    if others.any(|t| t.is_named(name)) {
        return Err(Trouble::Taken(name.to_owned()).into());
    }
    Ok(Some(name.to_owned()))
}
