//! Learning what a site has: the own account first, then the metadata of the profile's projects.

use std::collections::BTreeMap;
use std::sync::Arc;

use mapping::{FieldSchema, Permission, Profile};
use serde_json::Value as Json;
use sync::{Account, Conversation, Hindrance, Obstacle};

use crate::address::Address;
use crate::knowledge::{Category, Field, IssueType, Knowledge, Project, Status};
use crate::page::{self, Page};
use crate::refusal::fetch;
use crate::settings::Settings;
use crate::value::{self, Shape};
use crate::{time, wire};
use sync::script::{Script, Step};

const MYSELF: &str = "/rest/api/3/myself";
const SERVER: &str = "/rest/api/3/serverInfo";
const PERMISSIONS: &str = "/rest/api/3/mypermissions";
const PROJECT: &str = "/rest/api/3/project/{key}";
const STATUSES: &str = "/rest/api/3/project/{key}/statuses";
const TYPES: &str = "/rest/api/3/issue/createmeta/{project}/issuetypes";
const SCREEN: &str = "/rest/api/3/issue/createmeta/{project}/issuetypes/{type}";
const FIELDS: &str = "/rest/api/3/field";
const PRIORITIES: &str = "/rest/api/3/priority";

/// Entries that one list of metadata may have.
const ENTRIES: usize = 20_000;

/// Permissions and what they are needed for (jira.md 1).
const NEEDED: [(&str, &str); 7] = [
    ("BROWSE_PROJECTS", "reading issues"),
    ("CREATE_ISSUES", "creating the twins of work items"),
    ("EDIT_ISSUES", "carrying over changes of fields"),
    ("TRANSITION_ISSUES", "carrying over changes of state"),
    ("ASSIGN_ISSUES", "carrying over the assignee"),
    ("LINK_ISSUES", "leaving the link to the work item"),
    ("ADD_COMMENTS", "carrying over comments"),
];

/// Required fields that every create fills by itself, so that no rule has to.
const FILLED: [&str; 2] = ["issuetype", "project"];

/// Learns what the profile's site has. The first request asks who we are (jira.md 10): a credential that is not accepted
/// may otherwise look like a site without issues.
#[must_use]
pub fn discover(profile: &Profile) -> Conversation<Result<Knowledge, Obstacle>> {
    Script::boxed(learn(Arc::new(Settings::of(profile))))
}

/// Who we are, and the site's clock.
pub(crate) fn account(address: &Address) -> Step<Result<Account, Obstacle>> {
    identity(address).map_ok(|knowledge| Account {
        user: knowledge.account,
        server_time_ms: knowledge.server_time_ms,
    })
}

/// Knowledge in the making.
type Learning = Step<Result<Knowledge, Obstacle>>;

pub(crate) fn learn(settings: Arc<Settings>) -> Learning {
    let keys: Vec<String> = settings.projects().into_iter().collect();
    identity(&settings.address).and_then(move |knowledge| {
        let fields = settings.clone();
        projects(settings, knowledge, keys.into_iter())
            .and_then(move |knowledge| all_fields(&fields, knowledge))
    })
}

fn identity(address: &Address) -> Learning {
    let server = address.get(SERVER, &[], &[]);
    fetch::<Json>(address.get(MYSELF, &[], &[])).and_then(|answer| {
        // An anonymous caller has no account (jira.md 10).
        let Some(user) = value::user(&answer).filter(|user| !user.id.is_empty()) else {
            return Step::Done(Err(Obstacle::Hindered(Hindrance::Credential)));
        };
        optional(fetch::<Json>(server)).and_then(move |info| {
            let mut knowledge = Knowledge::of_account(user);
            Step::Done(match info {
                Some(info) => knowledge.server(&info).map(|()| knowledge),
                None => Ok(knowledge),
            })
        })
    })
}

impl Knowledge {
    fn server(&mut self, info: &Json) -> Result<(), Obstacle> {
        if wire::text(info, "deploymentType").is_some_and(|kind| kind != "Cloud") {
            let what = "it is not Jira Cloud";
            let route = SERVER;
            return Err(Obstacle::Unreadable { route, what });
        }
        let now = wire::text(info, "serverTime").and_then(time::moment);
        self.server_time_ms = now.map(|moment| moment.0);
        self.site = wire::text(info, "baseUrl").and_then(web_address);
        Ok(())
    }
}

/// An address that a browser may be sent to, without a slash at its end.
fn web_address(text: &str) -> Option<String> {
    let address = url::Url::parse(text).ok()?;
    let web = ["http", "https"].contains(&address.scheme()) && address.has_host();
    web.then(|| text.trim_end_matches('/').to_owned())
}

/// What a site need not tell: a refusal leaves it unknown, anything that hinders remains an obstacle.
fn optional<T: 'static>(step: Step<Result<T, Obstacle>>) -> Step<Result<Option<T>, Obstacle>> {
    step.then(|result| {
        Step::Done(match result {
            Ok(value) => Ok(Some(value)),
            Err(Obstacle::Unknown { .. } | Obstacle::Forbidden { .. }) => Ok(None),
            Err(Obstacle::Refused { status, .. }) if status < 500 => Ok(None),
            Err(obstacle) => Err(obstacle),
        })
    })
}

fn projects(
    settings: Arc<Settings>,
    knowledge: Knowledge,
    mut keys: std::vec::IntoIter<String>,
) -> Learning {
    let Some(key) = keys.next() else {
        return Step::Done(Ok(knowledge));
    };
    let request = settings.address.get(PROJECT, &[&key], &[]);
    fetch::<Json>(request).then(move |answer| match answer {
        Ok(answer) => {
            let serves = wire::text(&answer, "projectTypeKey") == Some("service_desk");
            project(settings.clone(), knowledge, key, serves)
                .and_then(move |knowledge| projects(settings, knowledge, keys))
        }
        // Not there, or not for us: the schema leaves it out, and checking the profile says so.
        Err(Obstacle::Unknown { .. } | Obstacle::Forbidden { .. }) => {
            projects(settings, knowledge, keys)
        }
        Err(obstacle) => Step::Done(Err(obstacle)),
    })
}

fn project(
    settings: Arc<Settings>,
    mut knowledge: Knowledge,
    key: String,
    serves: bool,
) -> Learning {
    permissions(&settings, &key).and_then(move |found| {
        grant(&mut knowledge.permissions, found);
        issue_types(settings, key.clone()).map_ok(move |types| {
            knowledge.projects.insert(key, Project { types, serves });
            knowledge
        })
    })
}

fn permissions(settings: &Settings, key: &str) -> Step<Result<Vec<Permission>, Obstacle>> {
    let names: Vec<&str> = NEEDED.iter().map(|(name, _)| *name).collect();
    let names = names.join(",");
    let query = [("projectKey", key), ("permissions", names.as_str())];
    let request = settings.address.get(PERMISSIONS, &[], &query);
    optional(fetch::<Json>(request)).map_ok(|answer| {
        let granted = answer.as_ref().and_then(|answer| answer.get("permissions"));
        let one = |(name, needed_for): (&str, &'static str)| {
            let have = granted?.get(name)?.get("havePermission")?.as_bool()?;
            Some(Permission {
                name: name.to_owned(),
                granted: have,
                needed_for,
            })
        };
        NEEDED.into_iter().filter_map(one).collect()
    })
}

/// A permission counts as granted when every project grants it.
fn grant(all: &mut Vec<Permission>, found: Vec<Permission>) {
    for permission in found {
        match all.iter_mut().find(|known| known.name == permission.name) {
            Some(known) => known.granted &= permission.granted,
            None => all.push(permission),
        }
    }
}

type Types = BTreeMap<String, IssueType>;

/// The project's types with their statuses, and the create screens of those that the profile maps.
fn issue_types(settings: Arc<Settings>, key: String) -> Step<Result<Types, Obstacle>> {
    let request = settings.address.get(STATUSES, &[&key], &[]);
    fetch::<Vec<Json>>(request).and_then(move |answer| {
        let mut types: Types = answer.iter().filter_map(issue_type).collect();
        creatable(&settings, &key).and_then(move |found| {
            for (name, id) in found {
                // The type that can be created is the one whose id a create has to name.
                types.entry(name).or_default().id = id;
            }
            let mapped = |name: &&String| settings.types.contains(*name);
            let names: Vec<String> = types.keys().filter(mapped).cloned().collect();
            screens(settings, key, types, names.into_iter())
        })
    })
}

fn issue_type(json: &Json) -> Option<(String, IssueType)> {
    let statuses = json.get("statuses").and_then(Json::as_array);
    let kind = IssueType {
        id: wire::text(json, "id")?.to_owned(),
        statuses: statuses.into_iter().flatten().filter_map(status).collect(),
        fields: BTreeMap::new(),
    };
    Some((wire::text(json, "name")?.to_owned(), kind))
}

fn status(json: &Json) -> Option<Status> {
    let category = json.get("statusCategory");
    Some(Status {
        id: wire::text(json, "id")?.to_owned(),
        name: wire::text(json, "name")?.to_owned(),
        category: Category::of(category.and_then(|json| wire::text(json, "key"))),
    })
}

/// A list in pages, from an address with these parts.
fn list(
    address: &Address,
    route: &'static str,
    parts: Vec<String>,
) -> Step<Result<Vec<Json>, Obstacle>> {
    let address = address.clone();
    let ask = move |start: usize| {
        let start = start.to_string();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        address.get(route, &parts, &[("startAt", &start), ("maxResults", "200")])
    };
    page::all(Box::new(ask), ENTRIES)
}

/// Names and ids of the types that can be created.
fn creatable(settings: &Settings, key: &str) -> Step<Result<Vec<(String, String)>, Obstacle>> {
    let answer = list(&settings.address, TYPES, vec![key.to_owned()]);
    optional(answer).map_ok(|entries| {
        let pair = |json: &Json| {
            let name = wire::text(json, "name")?.to_owned();
            Some((name, wire::text(json, "id")?.to_owned()))
        };
        let entries = entries.unwrap_or_default();
        entries.iter().filter_map(pair).collect()
    })
}

fn screens(
    settings: Arc<Settings>,
    key: String,
    mut types: Types,
    mut names: std::vec::IntoIter<String>,
) -> Step<Result<Types, Obstacle>> {
    let Some(name) = names.next() else {
        return Step::Done(Ok(types));
    };
    let Some(kind) = types.get(&name).map(|kind| kind.id.clone()) else {
        return screens(settings, key, types, names);
    };
    let answer = list(&settings.address, SCREEN, vec![key.clone(), kind]);
    optional(answer).and_then(move |entries| {
        let entries = entries.unwrap_or_default();
        if let Some(kind) = types.get_mut(&name) {
            kind.fields = entries.iter().filter_map(field).collect();
        }
        screens(settings, key, types, names)
    })
}

/// A field of a create screen (`fieldId`, `required`, ..) or of the site's list (`id`, ..).
fn field(json: &Json) -> Option<(String, Field)> {
    let id = ["fieldId", "id", "key"];
    let id = id.into_iter().find_map(|name| wire::text(json, name))?;
    let schema = json.get("schema").unwrap_or(&Json::Null);
    let known = || Shape::of_system(id).unwrap_or(Shape::Other);
    let shape = if schema.is_null() {
        known()
    } else {
        Shape::of(schema)
    };
    let flag = |name: &str| json.get(name).and_then(Json::as_bool).unwrap_or(false);
    let schema = FieldSchema {
        name: wire::text(json, "name").unwrap_or(id).to_owned(),
        kind: shape.kind(),
        required: flag("required"),
        has_default: flag("hasDefaultValue") || FILLED.contains(&id),
        default: json.get("defaultValue").and_then(name_of),
        read_only: is_read_only(id, json),
        allowed: allowed(json),
    };
    Some((id.to_owned(), Field { shape, schema }))
}

/// Fields that only Jira writes (jira.md 5.2), and those of a screen that take no operation.
fn is_read_only(id: &str, json: &Json) -> bool {
    const OWN: [&str; 16] = [
        "aggregateprogress",
        "aggregatetimeestimate",
        "aggregatetimeoriginalestimate",
        "aggregatetimespent",
        "created",
        "creator",
        "issuekey",
        "lastViewed",
        "progress",
        "resolutiondate",
        "statuscategorychangedate",
        "timespent",
        "updated",
        "votes",
        "watches",
        "workratio",
    ];
    let operations = json.get("operations").and_then(Json::as_array);
    OWN.contains(&id) || operations.is_some_and(Vec::is_empty)
}

/// The names of the values that a field may hold: `name` of system fields, `value` of options (jira.md 5.3).
fn allowed(json: &Json) -> Vec<String> {
    let values = json.get("allowedValues").and_then(Json::as_array);
    let values = values.into_iter().flatten();
    values.filter_map(name_of).take(ENTRIES).collect()
}

fn name_of(value: &Json) -> Option<String> {
    let name = wire::text(value, "name").or_else(|| wire::text(value, "value"));
    name.map(str::to_owned)
}

/// The site's fields, and its priorities as the values of `priority`.
fn all_fields(settings: &Settings, mut knowledge: Knowledge) -> Learning {
    let priorities = settings.address.get(PRIORITIES, &[], &[]);
    fetch::<Json>(settings.address.get(FIELDS, &[], &[])).and_then(|answer| {
        let Some(page) = Page::of(answer) else {
            let what = "it holds no list";
            return Step::Done(Err(Obstacle::Unreadable {
                route: FIELDS,
                what,
            }));
        };
        knowledge.fields = page.entries.iter().filter_map(field).collect();
        optional(fetch::<Json>(priorities)).map_ok(|answer| {
            let page = answer.and_then(Page::of);
            let entries = page.map(|page| page.entries).unwrap_or_default();
            let names = entries.iter().filter_map(|json| wire::text(json, "name"));
            if let Some(priority) = knowledge.fields.get_mut("priority") {
                priority.schema.allowed = names.map(str::to_owned).collect();
            }
            knowledge
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, json, page as html, settings, status};
    use mapping::Kind;
    use serde_json::json;
    use sync::script::Answer;

    fn drill() -> Drill<Result<Knowledge, Obstacle>> {
        Drill::new(learn(Arc::new(settings(None))))
    }

    fn myself() -> Answer {
        json(
            200,
            &json!({ "accountId": "712020:us", "displayName": "Sync", "active": true }),
        )
    }

    fn server() -> Answer {
        let body = json!({
            "baseUrl": "https://acme.atlassian.net",
            "deploymentType": "Cloud",
            "serverTime": "2026-08-24T11:11:52.944+0000",
        });
        json(200, &body)
    }

    fn granted(names: &[&str]) -> Answer {
        let mut permissions = serde_json::Map::new();
        for name in names {
            let have = json!({ "key": name, "havePermission": *name != "EDIT_ISSUES" });
            permissions.insert((*name).to_owned(), have);
        }
        json(200, &json!({ "permissions": permissions }))
    }

    fn statuses() -> Answer {
        let status = |id: &str, name: &str, category: &str| json!({ "id": id, "name": name, "statusCategory": { "key": category } });
        let statuses = [
            status("1", "To Do", "new"),
            status("2", "Doing", "indeterminate"),
            status("4", "Done", "done"),
        ];
        json(
            200,
            &json!([
                { "id": "10001", "name": "Story", "subtask": false, "statuses": statuses },
                { "id": "10002", "name": "Epic", "subtask": false, "statuses": [] },
            ]),
        )
    }

    fn screen() -> Answer {
        let fields = json!([
            {
                "fieldId": "summary",
                "name": "Summary",
                "required": true,
                "operations": ["set"],
                "schema": { "type": "string", "system": "summary" },
            },
            {
                "fieldId": "issuetype",
                "name": "Issue Type",
                "required": true,
                "schema": { "type": "issuetype", "system": "issuetype" },
            },
            {
                "fieldId": "customfield_10010",
                "name": "Severity",
                "required": true,
                "hasDefaultValue": true,
                "operations": ["set"],
                "allowedValues": [{ "value": "Low" }, { "value": "High" }],
                "schema": { "type": "option", "custom": "x:select", "customId": 10010 },
            },
        ]);
        json(
            200,
            &json!({ "fields": fields, "startAt": 0, "maxResults": 200, "total": 3 }),
        )
    }

    fn fields() -> Answer {
        json(
            200,
            &json!([
                { "id": "priority", "name": "Priority", "schema": { "type": "priority" } },
                { "id": "created", "name": "Created", "schema": { "type": "datetime" } },
                { "id": "thumbnail", "name": "Images" },
            ]),
        )
    }

    fn to_the_project(drill: &mut Drill<Result<Knowledge, Obstacle>>, project: Answer) {
        drill.answer("GET /rest/api/3/myself", myself());
        drill.answer("GET /rest/api/3/serverInfo", server());
        drill.answer("GET /rest/api/3/project/{key}", project);
    }

    fn learned() -> Knowledge {
        let mut drill = drill();
        to_the_project(
            &mut drill,
            json(200, &json!({ "id": "10000", "key": "WEB" })),
        );
        let names = ["BROWSE_PROJECTS", "EDIT_ISSUES"];
        drill.answer("GET /rest/api/3/mypermissions", granted(&names));
        drill.answer("GET /rest/api/3/project/{key}/statuses", statuses());
        let types = json!({ "issueTypes": [{ "id": "10001", "name": "Story" }], "total": 1 });
        drill.answer(&format!("GET {TYPES}"), json(200, &types));
        drill.answer(&format!("GET {SCREEN}"), screen());
        drill.answer("GET /rest/api/3/field", fields());
        let priorities = json!([{ "id": "1", "name": "Highest" }, { "id": "2", "name": "High" }]);
        drill.answer("GET /rest/api/3/priority", json(200, &priorities));
        assert!(
            drill
                .url(3)
                .contains("projectKey=WEB&permissions=BROWSE_PROJECTS%2C")
        );
        drill.end().expect("knowledge")
    }

    #[test]
    fn everything_a_profile_can_name_is_learned() {
        let knowledge = learned();
        assert_eq!(knowledge.account.id, "712020:us");
        assert_eq!(knowledge.server_time_ms, Some(1_787_569_912_944));
        let schema = knowledge.schema();
        let web = schema.projects.get("WEB").expect("the project");
        let story = web.types.get("Story").expect("the type");
        assert_eq!(story.states, ["To Do", "Doing", "Done"]);
        let severity = story.fields.get("customfield_10010").expect("the field");
        assert_eq!(severity.kind, Some(Kind::Choice));
        assert!(severity.required && severity.has_default && !severity.read_only);
        assert_eq!(severity.allowed, ["Low", "High"]);
        // What a create fills anyway is not for a rule to fill.
        assert!(
            story
                .fields
                .get("issuetype")
                .is_some_and(|field| field.has_default)
        );
        assert!(
            story
                .fields
                .get("summary")
                .is_some_and(|field| !field.has_default)
        );
        assert!(web.types.contains_key("Epic"));
        assert!(
            schema
                .fields
                .get("created")
                .is_some_and(|field| field.read_only)
        );
        let priority = schema.fields.get("priority").expect("the field");
        assert_eq!(priority.allowed, ["Highest", "High"]);
        assert_eq!(
            schema.fields.get("thumbnail").and_then(|field| field.kind),
            None
        );
        let permission = |name: &str| schema.permissions.iter().find(|p| p.name == name);
        assert!(permission("BROWSE_PROJECTS").is_some_and(|p| p.granted));
        assert!(permission("EDIT_ISSUES").is_some_and(|p| !p.granted));
        assert!(permission("ADD_COMMENTS").is_none());
    }

    #[test]
    fn a_project_that_is_not_there_is_absent() {
        let mut drill = drill();
        to_the_project(&mut drill, status(404));
        drill.answer("GET /rest/api/3/field", fields());
        drill.answer("GET /rest/api/3/priority", status(403));
        let schema = drill.end().expect("knowledge").schema();
        assert!(schema.projects.is_empty());
        assert!(schema.fields.contains_key("priority"));
    }

    #[test]
    fn a_bad_credential_is_seen_at_the_first_request() {
        let anonymous = json(200, &json!({ "displayName": "Anonymous" }));
        for answer in [status(401), html(200), status(302), anonymous] {
            let mut drill = drill();
            drill.answer("GET /rest/api/3/myself", answer);
            let hindered = Obstacle::Hindered(Hindrance::Credential);
            assert_eq!(drill.end().err(), Some(hindered));
        }
    }

    #[test]
    fn a_data_center_is_refused_with_a_reason() {
        let mut drill = drill();
        drill.answer("GET /rest/api/3/myself", myself());
        let server = json!({ "deploymentType": "Server" });
        drill.answer("GET /rest/api/3/serverInfo", json(200, &server));
        assert!(matches!(drill.end(), Err(Obstacle::Unreadable { .. })));
    }

    #[test]
    fn a_grant_holds_for_all_projects() {
        let one = |granted| Permission {
            name: "EDIT_ISSUES".to_owned(),
            granted,
            needed_for: "x",
        };
        let mut all = vec![one(true)];
        grant(&mut all, vec![one(false)]);
        grant(&mut all, vec![one(true)]);
        assert_eq!(all, [one(false)]);
    }

    #[test]
    fn only_web_addresses_are_shown_to_people() {
        assert_eq!(
            web_address("https://x.example/").as_deref(),
            Some("https://x.example")
        );
        assert_eq!(web_address("javascript:alert(1)"), None);
        assert_eq!(web_address("x"), None);
    }
}
