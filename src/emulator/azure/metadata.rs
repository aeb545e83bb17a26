//! What the organisation is made of: projects, types, fields, relation types, nodes, tags, the
//! signed-in account.

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::feed::is_true;
use super::kind::Type;
use super::kind::json::Extras;
use super::location;
use super::node::{Project, Structure};
use super::relation;
use super::word;

fn rows(rows: Vec<Json>) -> Json {
    json!({"count": rows.len(), "value": rows})
}

/// The words of `$expand` where fields of a type are listed, in the order of the clients' enum.
const EXPANDS: [&str; 4] = ["none", "allowedValues", "dependentFields", "all"];

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
    pub(crate) fn projects(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let (skip, top) = call.page(100)?;
        let page = self.organization.projects.iter().skip(skip).take(top);
        Ok(rows(page.map(|p| p.json(&call.base)).collect()))
    }

    /// `GET projects/{id}`.
    pub(crate) fn project(&self, call: &Call<'_>, name: &str) -> Result<Json, Refusal> {
        let index = self.organization.find(name)?;
        let capabilities = is_true(call.request.query("includeCapabilities"));
        let project = self.organization.project(index);
        let project = project.ok_or_else(|| Refusal::ProjectMissing(name.to_owned()))?;
        Ok(project.document(&call.base, &self.organization, capabilities))
    }

    /// The project of the path.
    pub(crate) fn here(&self, call: &Call<'_>) -> Result<&Project, Refusal> {
        self.placed(call).map(|(_, project)| project)
    }

    /// The project of the path, with its position.
    pub(crate) fn placed(&self, call: &Call<'_>) -> Result<(usize, &Project), Refusal> {
        let found = call
            .project
            .and_then(|p| Some((p, self.organization.project(p)?)));
        found.ok_or(Refusal::ProjectNeeded("this resource belongs to one"))
    }

    fn kind(&self, call: &Call<'_>, name: &str) -> Result<(&Type, &Project), Refusal> {
        let (index, project) = self.placed(call)?;
        let missing = || Refusal::TypeMissing(name.to_owned(), project.name.to_owned());
        let kind = self.organization.kind(index, name);
        Ok((kind.ok_or_else(missing)?, project))
    }

    /// `GET workitemtypes`.
    pub(crate) fn types(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let (index, project) = self.placed(call)?;
        let kinds = self.organization.kinds(index).iter();
        let json = |t: &Type| t.json(&call.base, project, &self.organization.fields);
        Ok(rows(kinds.map(json).collect()))
    }

    /// `GET workitemtypes/{type}`.
    pub(crate) fn one_type(&self, call: &Call<'_>, name: &str) -> Result<Json, Refusal> {
        let (kind, project) = self.kind(call, name)?;
        Ok(kind.json(&call.base, project, &self.organization.fields))
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
        let expand = call.request.query("$expand").unwrap_or("");
        let extras = match word::of("$expand", expand, &EXPANDS)? {
            "allowedValues" => (true, false),
            "dependentFields" => (false, true),
            "all" => (true, true),
            _ => (false, false),
        };
        let extras = Extras {
            allowed: extras.0,
            dependent: extras.1,
        };
        let fields = &self.organization.fields;
        let json = |f| kind.field_json(f, &call.base, extras, &self.organization.people);
        let Some(wanted) = wanted else {
            return Ok(rows(kind.field_list(fields).map(json).collect()));
        };
        let found = fields
            .by_any_name(wanted)
            .filter(|f| kind.member(f.reference).is_some());
        found.map(json).ok_or_else(|| missing_field(wanted))
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
            return self.nodes_by_id(call, project, ids).map(rows);
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

pub(crate) fn missing_field(name: &str) -> Refusal {
    Refusal::FieldMissing {
        name: name.to_owned(),
        status: 404,
    }
}

/// Levels below the asked node; bounded, since the trees are.
pub(crate) fn depth(call: &Call<'_>) -> usize {
    let asked = call
        .request
        .query("$depth")
        .and_then(|text| text.parse().ok());
    asked.unwrap_or(0usize).min(14)
}
