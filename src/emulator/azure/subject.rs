//! People and groups as the identity service and Graph describe them (azure.md 10.1). Both stand
//! under the organisation's own address here, where the resource areas lead the clients.

use base64::Engine as _;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::guid;
use super::limit;
use super::node::Project;
use super::permission::GroupOf;
use super::place::Place;
use super::team::Team;
use super::trouble::Trouble;
use crate::people::Person;

/// Somebody, or a group.
enum Subject {
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

    fn graph_json(&self, call: &Call<'_>, subject: &Subject) -> Json {
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
    fn in_scope(&self, scope: Option<&str>, group: &GroupOf) -> bool {
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

    /// `GET graph/descriptors/{storage key}`; a project's id has a descriptor of its own.
    pub(crate) fn descriptor(&self, call: &Call<'_>, key: &str) -> Result<Json, Refusal> {
        let value = match self.subject(key) {
            Some(Subject::Person(index)) => self.organization.people.descriptor(index),
            Some(Subject::Group(group)) => group.descriptor(),
            None => {
                let mut projects = self.organization.projects.iter();
                let project = projects.find(|p| p.guid.eq_ignore_ascii_case(key));
                let missing = || Trouble::Subject(key.to_owned());
                scope_descriptor(project.ok_or_else(missing)?.guid)
            }
        };
        let url = format!("{}/_apis/Graph/Descriptors/{key}", call.base);
        Ok(json!({"value": value, "_links": {"self": {"href": url}}}))
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

    /// The POSTs that look people up.
    pub(crate) fn search_people(&self, call: &Call<'_>, place: &Place) -> Result<Json, Refusal> {
        let body = call.body()?;
        match place {
            Place::SubjectLookup => self.lookup(call, &body),
            Place::Picker => self.pick(&body),
            _ => self.subject_query(call, &body),
        }
    }

    fn subject_query(&self, call: &Call<'_>, body: &Json) -> Result<Json, Refusal> {
        let text = body.get("query").and_then(Json::as_str).unwrap_or("");
        if text.trim().is_empty() {
            return Err(Trouble::Search("query is needed.".into()).into());
        }
        let kinds = body.get("subjectKind").and_then(Json::as_array);
        let wants = |kind: &str| {
            kinds.is_none_or(|kinds| {
                let mut names = kinds.iter().filter_map(Json::as_str);
                names.any(|own| own.eq_ignore_ascii_case(kind))
            })
        };
        let scope = body.get("scopeDescriptor").and_then(Json::as_str);
        let scope = scope.filter(|s| !s.is_empty());
        let found = self.matching_people(text).into_iter().filter(|s| match s {
            Subject::Person(_) => wants("user"),
            Subject::Group(g) => wants("group") && self.in_scope(scope, g),
        });
        Ok(rows(found.map(|s| self.graph_json(call, &s)).collect()))
    }

    /// Subjects whose name or address begins with the text.
    fn matching_people(&self, text: &str) -> Vec<Subject> {
        let text = text.trim().to_lowercase();
        let found = self.subjects().into_iter().filter(|subject| match subject {
            Subject::Person(index) => {
                let person = self.organization.people.person(*index);
                person.is_some_and(|p| begins(p.display, &text) || p.email.starts_with(&text))
            }
            Subject::Group(g) => begins(&g.title, &text) || g.name.to_lowercase() == text,
        });
        found.take(limit::SUBJECTS).collect()
    }

    fn lookup(&self, call: &Call<'_>, body: &Json) -> Result<Json, Refusal> {
        let keys = body.get("lookupKeys").and_then(Json::as_array);
        let keys = keys.ok_or_else(|| Trouble::Search("lookupKeys are needed.".into()))?;
        let mut found = serde_json::Map::new();
        for key in keys.iter().take(limit::SUBJECTS) {
            let key = key.get("descriptor").and_then(Json::as_str).unwrap_or("");
            if let Some(subject) = self.subject(key) {
                found.insert(key.to_owned(), self.graph_json(call, &subject));
            }
        }
        Ok(json!({"count": found.len(), "value": found}))
    }

    /// `POST IdentityPicker/Identities`, as the web's own pickers ask it.
    fn pick(&self, body: &Json) -> Result<Json, Refusal> {
        let text = body.get("query").and_then(Json::as_str).unwrap_or("");
        let kinds = body.get("identityTypes").and_then(Json::as_array);
        let groups = kinds.is_some_and(|kinds| kinds.iter().any(|k| k == "group"));
        let mut results = Vec::new();
        for token in text.split(';').map(str::trim).filter(|t| !t.is_empty()) {
            let found = self.matching_people(token).into_iter();
            let found = found.filter_map(|subject| self.picked(&subject, groups));
            results.push(json!({
                "queryToken": token,
                "identities": found.collect::<Vec<Json>>(),
                "pagingToken": "",
            }));
        }
        if results.is_empty() {
            return Err(Trouble::Search("query is needed.".into()).into());
        }
        Ok(json!({"results": results}))
    }

    fn picked(&self, subject: &Subject, groups: bool) -> Option<Json> {
        match subject {
            Subject::Person(index) => {
                let p = self.organization.people.person(*index)?;
                let origin = guid::of(&["origin", p.guid]);
                Some(json!({
                    "entityId": format!("vss.ds.v1.ims.user.{}", p.guid.replace('-', "")),
                    "entityType": "User",
                    "originDirectory": "aad",
                    "originId": origin,
                    "localDirectory": "vsd",
                    "localId": p.guid,
                    "displayName": p.display,
                    "scopeName": "acme",
                    "samAccountName": p.email,
                    "active": true,
                    "subjectDescriptor": self.organization.people.descriptor(*index),
                    "mail": p.email,
                    "signInAddress": p.email,
                }))
            }
            Subject::Group(g) => groups.then(|| {
                json!({
                    "entityId": format!("vss.ds.v1.ims.group.{}", g.id().replace('-', "")),
                    "entityType": "Group",
                    "originDirectory": "vsd",
                    "originId": g.id(),
                    "localDirectory": "vsd",
                    "localId": g.id(),
                    "displayName": g.name,
                    "scopeName": g.scope,
                    "active": true,
                    "subjectDescriptor": g.descriptor(),
                })
            }),
        }
    }
}

/// The descriptor of a project or of the collection.
fn scope_descriptor(id: &str) -> String {
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    format!("scp.{}", engine.encode(id))
}
