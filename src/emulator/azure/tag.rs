//! Tags of a project as things of their own (azure.md 8.4): read, renamed, deleted. Renaming and deleting reach every item
//! that has the tag, its past included, since an item only refers to tags; neither makes a revision.

use http::Method;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::limit;
use super::store::Tag;
use super::time;
use crate::site::Response;

impl Services {
    /// `GET tags[/{id or name}]`, `PATCH` and `DELETE tags/{id or name}`.
    ///
    /// # Errors
    /// Missing tags, names that are none or already taken.
    pub(crate) fn serve_tags(
        &mut self,
        call: &Call<'_>,
        wanted: Option<&str>,
    ) -> Result<Response, Refusal> {
        let json = match (&call.request.method, wanted) {
            (&Method::GET, None) => {
                let project = self.tag_project(call)?;
                let all = self.store.tags(project);
                let rows: Vec<Json> = all.map(|tag| self.tag_json(call, tag)).collect();
                Ok(json!({"count": rows.len(), "value": rows}))
            }
            (&Method::GET, Some(wanted)) => {
                let tag = self.tag(call, wanted)?;
                Ok(self.tag_json(call, tag))
            }
            (&Method::PATCH, Some(wanted)) => self.rename_tag(call, wanted),
            (&Method::DELETE, Some(wanted)) => {
                let project = self.tag_project(call)?;
                let name = self.tag(call, wanted)?.name.clone();
                self.store.replace_tag(project, &name, None, call.now);
                return Ok(Response::empty(204));
            }
            (method, _) => Err(Refusal::Method(method.to_string())),
        };
        json.map(|json| Response::json(200, &json))
    }

    fn tag_project(&self, call: &Call<'_>) -> Result<usize, Refusal> {
        call.project
            .ok_or(Refusal::ProjectNeeded("this resource belongs to one"))
    }

    fn tag(&self, call: &Call<'_>, wanted: &str) -> Result<&Tag, Refusal> {
        let project = self.tag_project(call)?;
        let mut all = self.store.tags(project);
        all.find(|t| t.name.to_lowercase() == wanted.to_lowercase() || t.id == wanted)
            .ok_or_else(|| Refusal::TagMissing(wanted.to_owned()))
    }

    fn tag_json(&self, call: &Call<'_>, tag: &Tag) -> Json {
        let project = call.project.and_then(|p| self.organization.project(p));
        let guid = project.map_or("", |p| p.guid);
        json!({
            "id": tag.id,
            "name": tag.name,
            "url": format!("{}/{guid}/_apis/wit/tags/{}", call.base, tag.id),
            "lastUpdated": time::text(tag.used_ms),
        })
    }

    fn rename_tag(&mut self, call: &Call<'_>, wanted: &str) -> Result<Json, Refusal> {
        let body = call.body()?;
        let name = body.get("name").and_then(Json::as_str).unwrap_or("").trim();
        let long = name.chars().count() > limit::TAG_CHARS;
        if name.is_empty() || long || name.contains([',', ';']) {
            return Err(Refusal::Invalid(format!("'{name}' is no name of a tag.")));
        }
        let project = self.tag_project(call)?;
        let old = self.tag(call, wanted)?.name.clone();
        let other = self.tag(call, name).ok().filter(|t| t.name != old);
        if other.is_some() {
            return Err(Refusal::TagExists(name.to_owned()));
        }
        self.store.replace_tag(project, &old, Some(name), call.now);
        let tag = self.tag(call, name)?;
        Ok(self.tag_json(call, tag))
    }
}
