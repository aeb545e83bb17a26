//! The POSTs that look people up.

use serde_json::{Value as Json, json};

use super::{Subject, begins, rows};
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::guid;
use crate::azure::limit;
use crate::azure::place::Place;
use crate::azure::trouble::Trouble;

impl Services {
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
