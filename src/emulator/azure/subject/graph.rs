//! People and groups as Graph describes them.

use base64::Engine as _;
use serde_json::{Value as Json, json};

use super::{Subject, rows};
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::group::GroupOf;
use crate::azure::guid;
use crate::azure::trouble::Trouble;

impl Services {
    pub(super) fn graph_json(&self, call: &Call<'_>, subject: &Subject) -> Json {
        let base = &call.base;
        let links = |url: &str, descriptor: &str| {
            json!({
                "self": {"href": url},
                "memberships": {"href": format!("{base}/_apis/Graph/Memberships/{descriptor}")},
                "membershipState": {"href": format!("{base}/_apis/Graph/MembershipStates/{descriptor}")},
                "storageKey": {"href": format!("{base}/_apis/Graph/StorageKeys/{descriptor}")},
            })
        };
        match subject {
            Subject::Person(index) => {
                let Some(p) = self.organization.people.person(*index) else {
                    return Json::Null;
                };
                let descriptor = self.organization.people.descriptor(*index);
                let url = format!("{base}/_apis/Graph/Users/{descriptor}");
                json!({
                    "subjectKind": "user",
                    "metaType": "member",
                    "directoryAlias": p.handle,
                    "domain": "acme",
                    "principalName": p.email,
                    "mailAddress": p.email,
                    "origin": "aad",
                    "originId": guid::of(&["origin", p.guid]),
                    "displayName": p.display,
                    "_links": links(&url, &descriptor),
                    "url": url,
                    "descriptor": descriptor,
                })
            }
            Subject::Group(g) => {
                let descriptor = g.descriptor();
                let url = format!("{base}/_apis/Graph/Groups/{descriptor}");
                json!({
                    "subjectKind": "group",
                    "description": g.description,
                    "domain": self.domain(g),
                    "principalName": g.name,
                    "mailAddress": null,
                    "origin": "vsts",
                    "originId": g.id(),
                    "displayName": g.title,
                    "_links": links(&url, &descriptor),
                    "url": url,
                    "descriptor": descriptor,
                })
            }
        }
    }

    /// Whether a group belongs to the scope that a request names by the project's descriptor.
    pub(super) fn in_scope(&self, scope: Option<&str>, group: &GroupOf) -> bool {
        scope.is_none_or(|scope| scope_descriptor(&group.scope).eq_ignore_ascii_case(scope))
    }

    /// `GET graph/users[/{descriptor}]`.
    pub(crate) fn users(&self, call: &Call<'_>, one: Option<&str>) -> Result<Json, Refusal> {
        if let Some(descriptor) = one {
            return match self.needed(descriptor)? {
                subject @ Subject::Person(_) => Ok(self.graph_json(call, &subject)),
                Subject::Group(_) => Err(Trouble::Subject(descriptor.to_owned()).into()),
            };
        }
        let kinds = call.request.query("subjectTypes").unwrap_or("");
        let wanted = kinds.is_empty() || kinds.split(',').any(|k| k.eq_ignore_ascii_case("aad"));
        let people = 0..self.organization.people.len();
        let people = people.filter(|_| wanted).map(Subject::Person);
        Ok(rows(people.map(|s| self.graph_json(call, &s)).collect()))
    }

    /// `GET graph/groups[/{descriptor}]`.
    pub(crate) fn groups(&self, call: &Call<'_>, one: Option<&str>) -> Result<Json, Refusal> {
        if let Some(descriptor) = one {
            return match self.needed(descriptor)? {
                subject @ Subject::Group(_) => Ok(self.graph_json(call, &subject)),
                Subject::Person(_) => Err(Trouble::Subject(descriptor.to_owned()).into()),
            };
        }
        let scope = call.request.query("scopeDescriptor");
        let groups = self.organization.groups().into_iter();
        let groups = groups.filter(|g| self.in_scope(scope, g));
        let rows_of = groups.map(|g| self.graph_json(call, &Subject::Group(g)));
        Ok(rows(rows_of.collect()))
    }

    /// `GET graph/storagekeys/{descriptor}`.
    pub(crate) fn storage_key(&self, call: &Call<'_>, descriptor: &str) -> Result<Json, Refusal> {
        let value = match self.needed(descriptor)? {
            Subject::Person(index) => {
                let person = self.organization.people.person(index);
                person.map_or("", |p| p.guid).to_owned()
            }
            Subject::Group(group) => group.id(),
        };
        let url = format!("{}/_apis/Graph/StorageKeys/{descriptor}", call.base);
        Ok(json!({"value": value, "_links": {"self": {"href": url}}}))
    }

    fn membership_json(&self, call: &Call<'_>, member: &str, container: &str) -> Json {
        let base = &call.base;
        let url = format!("{base}/_apis/Graph/Memberships/{member}/{container}");
        json!({
            "containerDescriptor": container,
            "memberDescriptor": member,
            "_links": {"self": {"href": url}},
        })
    }

    /// `GET graph/memberships/{subject}?direction=up|down`.
    pub(crate) fn memberships(&self, call: &Call<'_>, subject: &str) -> Result<Json, Refusal> {
        let direction = call.request.query("direction").unwrap_or("up");
        let down = direction.eq_ignore_ascii_case("down");
        if !down && !direction.eq_ignore_ascii_case("up") {
            return Err(Trouble::Search(format!("direction '{direction}'.")).into());
        }
        let found = match (self.needed(subject)?, down) {
            (Subject::Person(index), false) => {
                let groups = self.groups_of(index).into_iter();
                groups
                    .map(|g| self.membership_json(call, subject, &g.descriptor()))
                    .collect()
            }
            (Subject::Group(group), true) => {
                let people = group.members.iter();
                let people = people.map(|m| self.organization.people.descriptor(*m));
                people
                    .map(|member| self.membership_json(call, &member, subject))
                    .collect()
            }
            (Subject::Person(_), true) | (Subject::Group(_), false) => Vec::new(),
        };
        Ok(rows(found))
    }

    /// `GET graph/memberships/{subject}/{container}`.
    pub(crate) fn membership(
        &self,
        call: &Call<'_>,
        subject: &str,
        container: &str,
    ) -> Result<Json, Refusal> {
        match (self.needed(subject)?, self.needed(container)?) {
            (Subject::Person(index), Subject::Group(group)) if group.members.contains(&index) => {
                Ok(self.membership_json(call, subject, container))
            }
            _ => Err(Trouble::Subject(subject.to_owned()).into()),
        }
    }

    /// `GET graph/membershipstates/{subject}`.
    pub(crate) fn membership_state(&self, call: &Call<'_>, subject: &str) -> Result<Json, Refusal> {
        self.needed(subject)?;
        let url = format!("{}/_apis/Graph/MembershipStates/{subject}", call.base);
        Ok(json!({"active": true, "_links": {"self": {"href": url}}}))
    }
}

/// The descriptor of a project or of the collection.
pub(super) fn scope_descriptor(id: &str) -> String {
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    format!("scp.{}", engine.encode(id))
}
