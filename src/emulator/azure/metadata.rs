//! What the organisation is made of: projects, types, fields, relation types, nodes, tags, the
//! signed-in account.

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::feed::is_true;
use super::field;
use super::kind::{self, Type};
use super::location;
use super::node::{Project, Structure};
use super::relation;

fn rows(rows: Vec<Json>) -> Json {
    json!({"count": rows.len(), "value": rows})
}

impl Services {
    /// `GET connectionData`.
    pub(crate) fn connection(&self, call: &Call<'_>) -> Json {
        let account = self.organization.people.account(call.caller);
        let instance = self.organization.collection();
        json!({
            "authenticatedUser": account,
            "authorizedUser": account,
            "instanceId": instance,
            "deploymentId": instance,
            "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
                "defaultAccessMappingMoniker": "PublicAccessMapping",
                "lastChangeId": 1,
                "lastChangeId64": 1,
                "clientCacheFresh": false,
                "clientCacheTimeToLive": 3600,
            },
        })
    }

    /// `GET resourceAreas[/{id}]`.
    pub(crate) fn areas(call: &Call<'_>, id: Option<&str>) -> Json {
        location::areas(id, &call.base).unwrap_or(Json::Null)
    }

    /// `GET projects`.
    pub(crate) fn projects(&self, call: &Call<'_>) -> Json {
        let number = |name: &str, usual: usize| {
            call.request
                .query(name)
                .and_then(|text| text.parse().ok())
                .unwrap_or(usual)
        };
        let page = self
            .organization
            .projects
            .iter()
            .skip(number("$skip", 0))
            .take(number("$top", 100));
        rows(page.map(|p| p.json(&call.base)).collect())
    }

    /// `GET projects/{id}`.
    pub(crate) fn project(&self, call: &Call<'_>, name: &str) -> Result<Json, Refusal> {
        let index = self.organization.find(name)?;
        let capabilities = is_true(call.request.query("includeCapabilities"));
        let project = self.organization.project(index);
        let project = project.ok_or_else(|| Refusal::ProjectMissing(name.to_owned()))?;
        Ok(project.document(&call.base, capabilities))
    }

    /// The project of the path.
    fn here(&self, call: &Call<'_>) -> Result<&Project, Refusal> {
        let project = call.project.and_then(|p| self.organization.project(p));
        project.ok_or(Refusal::ProjectNeeded("this resource belongs to one"))
    }

    fn kind(&self, call: &Call<'_>, name: &str) -> Result<(&'static Type, &Project), Refusal> {
        let project = self.here(call)?;
        let missing = || Refusal::TypeMissing(name.to_owned(), project.name.to_owned());
        Ok((kind::find(name).ok_or_else(missing)?, project))
    }

    /// `GET workitemtypes`.
    pub(crate) fn types(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let project = self.here(call)?;
        Ok(rows(
            kind::all()
                .iter()
                .map(|t| t.json(&call.base, project))
                .collect(),
        ))
    }

    /// `GET workitemtypes/{type}`.
    pub(crate) fn one_type(&self, call: &Call<'_>, name: &str) -> Result<Json, Refusal> {
        let (kind, project) = self.kind(call, name)?;
        Ok(kind.json(&call.base, project))
    }

    /// `GET workitemtypes/{type}/states`.
    pub(crate) fn type_states(&self, call: &Call<'_>, name: &str) -> Result<Json, Refusal> {
        Ok(self.kind(call, name)?.0.states_document())
    }

    /// `GET workitemtypes/{type}/fields[/{field}]`.
    pub(crate) fn type_fields(
        &self,
        call: &Call<'_>,
        name: &str,
        wanted: Option<&str>,
    ) -> Result<Json, Refusal> {
        let (kind, _) = self.kind(call, name)?;
        let expand = call
            .request
            .query("$expand")
            .unwrap_or("none")
            .to_lowercase();
        let expand = matches!(expand.as_str(), "all" | "allowedvalues" | "dependentfields");
        let json = |f| kind.field_json(f, &call.base, expand, &self.organization.people);
        let Some(wanted) = wanted else {
            return Ok(rows(kind.field_list().map(json).collect()));
        };
        let found = field::by_any_name(wanted).filter(|f| kind.field_list().any(|own| own == *f));
        found.map(json).ok_or_else(|| missing_field(wanted))
    }

    /// `GET fields[/{field}]`.
    pub(crate) fn fields(call: &Call<'_>, wanted: Option<&str>) -> Result<Json, Refusal> {
        let Some(wanted) = wanted else {
            return Ok(rows(
                field::FIELDS.iter().map(|f| f.json(&call.base)).collect(),
            ));
        };
        let found = field::by_any_name(wanted).ok_or_else(|| missing_field(wanted))?;
        Ok(found.json(&call.base))
    }

    /// `GET workitemrelationtypes[/{name}]`.
    pub(crate) fn relation_types(call: &Call<'_>, wanted: Option<&str>) -> Result<Json, Refusal> {
        match wanted {
            None => Ok(rows(
                relation::all().iter().map(|k| k.json(&call.base)).collect(),
            )),
            Some(name) => Ok(relation::find(name)?.json(&call.base)),
        }
    }

    /// `GET classificationnodes`, with `ids` or without.
    pub(crate) fn roots(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let project = self.here(call)?;
        if let Some(ids) = call.request.query("ids").filter(|ids| !ids.is_empty()) {
            let ids: Vec<i64> = ids
                .split(',')
                .filter_map(|id| id.trim().parse().ok())
                .collect();
            return Ok(rows(project.nodes_by_id(&ids, &call.base)));
        }
        let depth = depth(call);
        let both = [Structure::Area, Structure::Iteration];
        Ok(rows(
            both.iter()
                .map(|s| project.root_json(*s, depth, &call.base))
                .collect(),
        ))
    }

    /// `GET classificationnodes/{structure}/{path}`.
    pub(crate) fn node(
        &self,
        call: &Call<'_>,
        structure: Structure,
        path: &str,
    ) -> Result<Json, Refusal> {
        let project = self.here(call)?;
        let whole = if path.is_empty() {
            project.name.to_owned()
        } else {
            format!("{}\\{path}", project.name)
        };
        let found = project.node(structure, &whole);
        let (node, spelled) = found.ok_or_else(|| Refusal::NodeMissing(path.to_owned()))?;
        Ok(project.node_json(structure, (node, &spelled), depth(call), &call.base))
    }
}

fn missing_field(name: &str) -> Refusal {
    Refusal::FieldMissing {
        name: name.to_owned(),
        status: 404,
    }
}

/// Levels below the asked node; bounded, since the trees are.
fn depth(call: &Call<'_>) -> usize {
    let asked = call
        .request
        .query("$depth")
        .and_then(|text| text.parse().ok());
    asked.unwrap_or(0usize).min(14)
}
