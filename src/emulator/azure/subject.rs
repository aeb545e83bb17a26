//! People and groups as the identity service and Graph describe them (azure.md 10.1). Both stand
//! under the organisation's own address here, where the resource areas lead the clients.

mod graph;
mod search;

use base64::Engine as _;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::group::GroupOf;
use super::guid;
use super::limit;
use super::node::Project;
use super::team::Team;
use super::trouble::Trouble;
use crate::people::Person;

/// Somebody, or a group.
pub(crate) enum Subject {
    Person(usize),
    Group(GroupOf),
}

impl GroupOf {
    fn id(&self) -> String {
        guid::of(&["group", &self.name])
    }

    fn sid(&self) -> String {
        format!("S-1-9-1551374245-{}", self.id().replace('-', ""))
    }

    /// `vssgp.` and the encoded security id.
    fn descriptor(&self) -> String {
        let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
        format!("vssgp.{}", engine.encode(self.sid()))
    }

    fn legacy(&self) -> String {
        format!("Microsoft.TeamFoundation.Identity;{}", self.sid())
    }
}

fn legacy(person: &Person) -> String {
    format!(
        "Microsoft.IdentityModel.Claims.ClaimsIdentity;acme\\{}",
        person.email
    )
}

fn rows(rows: Vec<Json>) -> Json {
    json!({"count": rows.len(), "value": rows})
}

/// Whether a name begins with the text, in one of its words.
fn begins(name: &str, text: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with(text) || name.split(' ').any(|word| word.starts_with(text))
}

impl Services {
    fn subjects(&self) -> Vec<Subject> {
        let people = (0..self.organization.people.len()).map(Subject::Person);
        let groups = self.organization.groups().into_iter().map(Subject::Group);
        people.chain(groups).collect()
    }

    /// A subject by any of its ids and descriptors.
    fn subject(&self, key: &str) -> Option<Subject> {
        let same = |own: &str| own.eq_ignore_ascii_case(key);
        self.subjects().into_iter().find(|subject| match subject {
            Subject::Person(index) => self.organization.people.person(*index).is_some_and(|p| {
                same(p.guid)
                    || same(&self.organization.people.descriptor(*index))
                    || same(&legacy(p))
            }),
            Subject::Group(group) => {
                same(&group.id()) || same(&group.descriptor()) || same(&group.legacy())
            }
        })
    }

    fn needed(&self, key: &str) -> Result<Subject, Refusal> {
        let missing = || Trouble::Subject(key.to_owned());
        Ok(self.subject(key).ok_or_else(missing)?)
    }

    /// The descriptors of the groups that hold a person.
    fn groups_of(&self, person: usize) -> Vec<GroupOf> {
        let all = self.organization.groups().into_iter();
        all.filter(|g| g.members.contains(&person)).collect()
    }

    /// A team as an identity.
    pub(crate) fn team_identity(&self, project: &Project, team: &Team) -> Json {
        let name = format!("[{}]\\{}", project.name, team.name);
        let mut groups = self.organization.groups().into_iter();
        let group = groups.find(|g| g.name == name);
        let mut json = group.map_or(Json::Null, |g| self.identity_json(&Subject::Group(g), ""));
        json["id"] = json!(team.id);
        json
    }

    fn identity_json(&self, subject: &Subject, membership: &str) -> Json {
        let value = |text: &str| json!({"$type": "System.String", "$value": text});
        let mut json = match subject {
            Subject::Person(index) => {
                let Some(p) = self.organization.people.person(*index) else {
                    return Json::Null;
                };
                json!({
                    "id": p.guid,
                    "descriptor": legacy(p),
                    "subjectDescriptor": self.organization.people.descriptor(*index),
                    "providerDisplayName": p.display,
                    "isActive": true,
                    "isContainer": false,
                    "members": [],
                    "memberOf": [],
                    "memberIds": [],
                    "properties": {
                        "SchemaClassName": value("User"),
                        "Description": value(""),
                        "Domain": value("acme"),
                        "Account": value(p.email),
                        "DN": value(""),
                        "Mail": value(p.email),
                        "SpecialType": value("Generic"),
                    },
                    "resourceVersion": 2,
                    "metaTypeId": 0,
                })
            }
            Subject::Group(g) => json!({
                "id": g.id(),
                "descriptor": g.legacy(),
                "subjectDescriptor": g.descriptor(),
                "providerDisplayName": g.name,
                "isActive": true,
                "isContainer": true,
                "members": [],
                "memberOf": [],
                "memberIds": [],
                "properties": {
                    "SchemaClassName": value("Group"),
                    "Description": value(&g.description),
                    "Domain": value(&self.domain(g)),
                    "Account": value(&g.title),
                    "SpecialType": value("Generic"),
                },
                "resourceVersion": 2,
                "metaTypeId": 255,
            }),
        };
        if membership.is_empty() || membership.eq_ignore_ascii_case("none") {
            return json;
        }
        match subject {
            Subject::Person(index) => {
                let groups = self.groups_of(*index).into_iter();
                json["memberOf"] = groups.map(|g| json!(g.legacy())).collect();
            }
            Subject::Group(g) => {
                let people = g.members.iter();
                let people = people.filter_map(|m| self.organization.people.person(*m));
                let people: Vec<&Person> = people.collect();
                json["members"] = people.iter().map(|p| json!(legacy(p))).collect();
                json["memberIds"] = people.iter().map(|p| json!(p.guid)).collect();
            }
        }
        json
    }

    fn domain(&self, group: &GroupOf) -> String {
        if group.scope == self.organization.collection() {
            return format!("vstfs:///Framework/IdentityDomain/{}", group.scope);
        }
        format!("vstfs:///Classification/TeamProject/{}", group.scope)
    }

    /// `GET identities[/{id}]`: by ids, by descriptors, or by a search.
    pub(crate) fn identities(&self, call: &Call<'_>, one: Option<&str>) -> Result<Json, Refusal> {
        let query = |name: &str| call.request.query(name).filter(|t| !t.is_empty());
        let membership = query("queryMembership").unwrap_or("");
        if let Some(id) = one {
            return Ok(self.identity_json(&self.needed(id)?, membership));
        }
        for key in ["identityIds", "subjectDescriptors", "descriptors"] {
            let Some(list) = query(key) else {
                continue;
            };
            // An unknown id keeps its place with null: the answer is in the order of the question.
            let all = list.split(',').take(limit::SUBJECTS).map(str::trim);
            let found = all.map(|key| self.subject(key));
            return Ok(rows(
                found
                    .map(|s| s.map_or(Json::Null, |s| self.identity_json(&s, membership)))
                    .collect(),
            ));
        }
        let (Some(filter), Some(value)) = (query("searchFilter"), query("filterValue")) else {
            return Err(Trouble::Search(
                "searchFilter and filterValue, identityIds or descriptors are needed.".into(),
            )
            .into());
        };
        let text = value.to_lowercase();
        let known = [
            "general",
            "mailaddress",
            "accountname",
            "displayname",
            "localgroupname",
        ];
        let filter = filter.to_lowercase();
        if !known.contains(&filter.as_str()) {
            return Err(Trouble::Search(format!("searchFilter '{filter}' is not known.")).into());
        }
        let found = self.subjects().into_iter().filter(|subject| match subject {
            Subject::Person(index) => {
                let person = self.organization.people.person(*index);
                person.is_some_and(|p| match filter.as_str() {
                    "mailaddress" | "accountname" => p.email.eq_ignore_ascii_case(&text),
                    "displayname" => p.display.to_lowercase() == text,
                    "localgroupname" => false,
                    _ => p.email.eq_ignore_ascii_case(&text) || begins(p.display, &text),
                })
            }
            Subject::Group(g) => match filter.as_str() {
                "mailaddress" => false,
                "displayname" | "localgroupname" | "accountname" => {
                    g.name.to_lowercase() == text || g.title.to_lowercase() == text
                }
                _ => g.name.to_lowercase() == text || begins(&g.title, &text),
            },
        });
        Ok(rows(
            found
                .take(limit::SUBJECTS)
                .map(|s| self.identity_json(&s, membership))
                .collect(),
        ))
    }

    /// `GET graph/descriptors/{storage key}`; a project's id has a descriptor of its own.
    pub(crate) fn descriptor(&self, call: &Call<'_>, key: &str) -> Result<Json, Refusal> {
        let value = match self.subject(key) {
            Some(Subject::Person(index)) => self.organization.people.descriptor(index),
            Some(Subject::Group(group)) => group.descriptor(),
            None => {
                let mut projects = self.organization.projects.iter();
                let project = projects.find(|p| p.guid.eq_ignore_ascii_case(key));
                let missing = || Trouble::Subject(key.to_owned());
                graph::scope_descriptor(project.ok_or_else(missing)?.guid)
            }
        };
        let url = format!("{}/_apis/Graph/Descriptors/{key}", call.base);
        Ok(json!({"value": value, "_links": {"self": {"href": url}}}))
    }
}
