//! Learning what the remote has: ourselves, the profile's projects, their types and states, and the fields.

use std::collections::VecDeque;

use mapping::Profile;
use model::Side;
use serde_json::Value as Json;
use sync::Obstacle;

use crate::account;
use crate::address::{Address, VERSION, encode, get};
use crate::answer::{self, Fault};
use crate::knowledge::{Field, Knowledge, Project, Type, TypeField};
use crate::refusal::obstacle;
use crate::site::same_name;
use sync::script::{Answer, Step};

type Learned = Result<Knowledge, Obstacle>;

const PROJECT: &str = "/_apis/projects/{name}";
const TYPES: &str = "/{project}/_apis/wit/workitemtypes";
const TYPE_FIELDS: &str = "/{project}/_apis/wit/workitemtypes/{type}/fields";
const FIELDS: &str = "/_apis/wit/fields";

/// The conversation's own state.
struct Discovery {
    address: Address,
    projects: VecDeque<String>,
    /// Names of the types that the profile maps.
    mapped: Vec<String>,
    knowledge: Knowledge,
}

/// Learns everything; one request for us, one for all fields, two for each project and one for each of its mapped types.
pub(crate) fn begin(profile: &Profile) -> Step<Learned> {
    let address = Address::new(&profile.azure.url);
    let projects = profile.projects(Side::Azure).into_iter().collect();
    let mut mapped: Vec<String> = profile
        .types
        .iter()
        .map(|pair| pair.azure.clone())
        .collect();
    mapped.sort();
    mapped.dedup_by(|one, other| same_name(one, other));
    account::ask(&address.clone(), move |answer| match account::me(answer) {
        Ok(me) => {
            let knowledge = Knowledge::of(me);
            Discovery {
                address,
                projects,
                mapped,
                knowledge,
            }
            .next_project()
        }
        Err(obstacle) => Step::Done(Err(obstacle)),
    })
}

impl Discovery {
    fn next_project(mut self) -> Step<Learned> {
        let Some(name) = self.projects.pop_front() else {
            return self.all_fields();
        };
        let path = format!("projects/{}", encode(&name));
        let request = get(self.address.api(None, &path, VERSION, &[]), PROJECT);
        Step::ask(request, move |answer| match answer::json(answer) {
            Ok(_) => self.types(name),
            Err(Fault::Refused(404, _)) => self.next_project(),
            Err(fault) => failed(fault, PROJECT, &name),
        })
    }

    fn types(mut self, name: String) -> Step<Learned> {
        let url = self
            .address
            .api(Some(&name), "wit/workitemtypes", VERSION, &[]);
        Step::ask(get(url, TYPES), move |answer| {
            let types = match list(answer) {
                Ok(types) => types,
                Err(fault) => return failed(fault, TYPES, &name),
            };
            let types = types.iter().filter_map(Type::decode).collect();
            let project = Project { types };
            let mapped = project.types.keys().filter(|kind| self.is_mapped(kind));
            let mapped = mapped.cloned().collect();
            self.knowledge.projects.insert(name.clone(), project);
            self.next_type(name, mapped)
        })
    }

    fn is_mapped(&self, kind: &str) -> bool {
        self.mapped.iter().any(|mapped| same_name(mapped, kind))
    }

    fn next_type(mut self, project: String, mut kinds: VecDeque<String>) -> Step<Learned> {
        let Some(kind) = kinds.pop_front() else {
            return self.next_project();
        };
        let path = format!("wit/workitemtypes/{}/fields", encode(&kind));
        let query = [("$expand", "allowedValues")];
        let url = self.address.api(Some(&project), &path, VERSION, &query);
        Step::ask(get(url, TYPE_FIELDS), move |answer| {
            let fields = match list(answer) {
                Ok(fields) => fields,
                Err(fault) => return failed(fault, TYPE_FIELDS, &kind),
            };
            let known = self.knowledge.projects.get_mut(&project);
            if let Some(known) = known.and_then(|project| project.types.get_mut(&kind)) {
                known.fields = fields.iter().filter_map(TypeField::decode).collect();
            }
            self.next_type(project, kinds)
        })
    }

    fn all_fields(mut self) -> Step<Learned> {
        let url = self.address.api(None, "wit/fields", VERSION, &[]);
        Step::ask(get(url, FIELDS), move |answer| match list(answer) {
            Ok(fields) => {
                self.knowledge.fields = fields.iter().filter_map(Field::decode).collect();
                Step::Done(Ok(self.knowledge))
            }
            Err(fault) => failed(fault, FIELDS, "fields"),
        })
    }
}

/// The elements of `{"count", "value": []}`.
fn list(answer: Answer) -> Result<Vec<Json>, Fault> {
    match answer::json(answer)?.get_mut("value").map(Json::take) {
        Some(Json::Array(elements)) => Ok(elements),
        _ => Err(Fault::Unreadable("it holds no list")),
    }
}

fn failed(fault: Fault, route: &'static str, subject: &str) -> Step<Learned> {
    Step::Done(Err(obstacle(fault, route, subject)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::CONNECTION;
    use crate::sample::{lead, profile, reply};
    use model::http::Request;
    use serde_json::json as j;

    fn remote(request: &Request) -> Answer {
        let (status, body) = match request.route {
            CONNECTION => (
                200,
                j!({ "authenticatedUser": { "id": "1", "providerDisplayName": "Bot" } }),
            ),
            PROJECT => (200, j!({ "id": "2", "name": "Platform" })),
            TYPES => (
                200,
                j!({ "value": [
                { "name": "User Story", "states": [{ "name": "New" }], "transitions": { "": [{ "to": "New" }] } },
                { "name": "Epic", "states": [{ "name": "New" }] },
            ] }),
            ),
            TYPE_FIELDS => (
                200,
                j!({ "value": [
                { "referenceName": "System.Title", "name": "Title", "alwaysRequired": true, "allowedValues": [] },
            ] }),
            ),
            FIELDS => (
                200,
                j!({ "value": [
                { "referenceName": "System.Title", "name": "Title", "type": "string" },
            ] }),
            ),
            _ => (404, j!({})),
        };
        reply(status, &body)
    }

    #[test]
    fn projects_types_and_fields_are_learned() {
        let mut routes = Vec::new();
        let learned = lead(begin(&profile()), |request| {
            routes.push(request.route);
            remote(request)
        });
        let learned = learned.map(|knowledge| knowledge.schema());
        let project = learned
            .as_ref()
            .ok()
            .and_then(|s| s.projects.get("Platform"));
        let story = project.and_then(|project| project.types.get("User Story"));
        let title = story.and_then(|kind| kind.fields.get("System.Title"));
        assert_eq!(
            title.map(|field| (field.required, field.has_default)),
            Some((true, false))
        );
        assert_eq!(project.map(|project| project.types.len()), Some(2));
        assert_eq!(routes, [CONNECTION, PROJECT, TYPES, TYPE_FIELDS, FIELDS]);
    }

    #[test]
    fn a_project_that_is_not_there_is_absent() {
        let learned = lead(begin(&profile()), |request| match request.route {
            PROJECT => reply(404, &j!({ "message": "TF200016: no" })),
            _ => remote(request),
        });
        assert_eq!(learned.map(|knowledge| knowledge.projects.len()), Ok(0));
    }

    #[test]
    fn any_other_refusal_ends_it() {
        for (route, status, expected) in [
            (
                CONNECTION,
                401,
                Obstacle::Hindered(sync::Hindrance::Credential),
            ),
            (PROJECT, 403, Obstacle::Forbidden { code: None }),
            (
                FIELDS,
                500,
                Obstacle::Refused {
                    status: 500,
                    code: None,
                },
            ),
        ] {
            let learned = lead(begin(&profile()), |request| match request.route == route {
                true => reply(status, &j!({})),
                false => remote(request),
            });
            assert_eq!(learned.err(), Some(expected));
        }
    }

    #[test]
    fn an_answer_without_its_list_is_unreadable() {
        let learned = lead(begin(&profile()), |request| match request.route {
            TYPES => reply(200, &j!({ "value": "canary" })),
            _ => remote(request),
        });
        let expected = Obstacle::Unreadable {
            route: TYPES,
            what: "it holds no list",
        };
        assert_eq!(learned.err(), Some(expected));
    }
}
