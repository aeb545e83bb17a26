//! Creating a work item, its marker and the human's link in one request (durability.md 3.2, rule 7).

use std::sync::Arc;

use model::http::{Method, Request};
use sync::{Create, Outcome};

use crate::address::{VERSION, encode, send_patch};
use crate::answer;
use crate::patch::Patch;
use crate::refusal::outcome;
use crate::site::Site;
use crate::value;
use crate::write::{receipt, unprepared};
use sync::script::{Answer, Step};

const CREATE: &str = "/{project}/_apis/wit/workitems/${type}";

/// Creates a work item.
pub(crate) fn begin(site: Arc<Site>, create: &Create) -> Step<Outcome> {
    let Some(kind) = site.knowledge.type_name(&create.project, &create.kind) else {
        return unprepared(&format!("{}/{}", create.project, create.kind));
    };
    let patch = match patch(&site, create) {
        Ok(patch) => patch,
        Err(field) => return unprepared(field),
    };
    let request = request(&site, &create.project, kind, patch);
    Step::ask(request, move |answer| Step::Done(end(&site, answer)))
}

/// The document, or the field whose value cannot be written.
fn patch<'a>(site: &Site, create: &'a Create) -> Result<Patch, &'a str> {
    let mut patch = Patch::default();
    if let Some(area) = &create.area {
        patch.add("System.AreaPath", area.as_str().into());
    }
    for (field, content) in create.fields.iter().filter(|(_, value)| !value.is_empty()) {
        let form = site.knowledge.form(field);
        patch.add(field, value::encode(content, form).ok_or(field.as_str())?);
    }
    patch.hyperlink(&create.source.url, &create.marker.to_string());
    Ok(patch)
}

/// The `$` before the type is literal; without it the address is no resource at all (azure.md 5.1).
fn request(site: &Site, project: &str, kind: &str, patch: Patch) -> Request {
    let path = format!("wit/workitems/${}", encode(kind));
    let query = [("$expand", "all")];
    let url = site.address.api(Some(project), &path, VERSION, &query);
    send_patch(Method::Post, url, CREATE, &patch.into_json())
}

fn end(site: &Site, answer: Answer) -> Outcome {
    match answer::json(answer) {
        Ok(body) => receipt(site, &body).map_or(Outcome::Unknown, Outcome::Applied),
        Err(fault) => outcome(site, fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{body_of, lead, marker, reply, site, twin};
    use model::http::Failure;
    use model::{ItemId, ItemKey, Revision, Side, User, Value};
    use serde_json::{Value as Json, json};
    use sync::{BackLink, Hindrance, Refusal};

    fn create(kind: &str) -> Option<Create> {
        Some(Create {
            project: "Platform".into(),
            area: Some("Platform\\Web".into()),
            kind: kind.into(),
            fields: vec![
                ("System.Title".into(), Value::Text("Crash".into())),
                ("System.Description".into(), Value::Html("<p>x</p>".into())),
                (
                    "System.Tags".into(),
                    Value::Set(["b".into(), "a".into()].into()),
                ),
                (
                    "System.AssignedTo".into(),
                    Value::User(User {
                        id: "a@x".into(),
                        display: "A".into(),
                    }),
                ),
                (
                    "Microsoft.VSTS.Common.Priority".into(),
                    Value::Choice("2".into()),
                ),
                ("Custom.Empty".into(), Value::Empty),
            ],
            marker: marker(),
            source: BackLink {
                item: ItemId(10_012),
                to: Side::Jira,
                twin: ItemId(10_012),
                key: ItemKey::new("WEB-12")?,
                url: "https://acme.atlassian.net/browse/WEB-12".into(),
            },
        })
    }

    fn run(kind: &str, answer: &Answer) -> (Option<Outcome>, Vec<Request>) {
        let mut sent = Vec::new();
        let outcome = create(kind).map(|create| {
            lead(begin(Arc::new(site()), &create), |request| {
                sent.push(request.clone());
                answer.clone()
            })
        });
        (outcome, sent)
    }

    fn check(answer: &Answer, expected: &Outcome) {
        assert_eq!(run("User Story", answer).0.as_ref(), Some(expected));
    }

    #[test]
    fn everything_goes_in_one_request() {
        let (outcome, sent) = run("user story", &reply(200, &twin(77, 1)));
        let Some(Outcome::Applied(receipt)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(
            (receipt.item, receipt.revision),
            (Some(ItemId(77)), Some(Revision(1)))
        );
        let returned = receipt.returned.and_then(|item| item.marker);
        assert_eq!(returned, Some(marker()));
        let [request] = sent.as_slice() else {
            panic!("{sent:?}");
        };
        assert_eq!(
            request.url,
            "https://dev.azure.com/acme/Platform/_apis/wit/workitems/$User%20Story?api-version=7.1&$expand=all"
        );
        assert!(
            request
                .headers
                .contains(&("content-type", "application/json-patch+json".into()))
        );
        let add = |path: &str, value: Json| json!({ "op": "add", "path": path, "value": value });
        let expected = json!([
            add("/fields/System.AreaPath", json!("Platform\\Web")),
            add("/fields/System.Title", json!("Crash")),
            add("/fields/System.Description", json!("<p>x</p>")),
            add("/fields/System.Tags", json!("a; b")),
            add("/fields/System.AssignedTo", json!("a@x")),
            add("/fields/Microsoft.VSTS.Common.Priority", json!(2)),
            add(
                "/relations/-",
                json!({
                    "rel": "Hyperlink",
                    "url": "https://acme.atlassian.net/browse/WEB-12",
                    "attributes": { "comment": marker().to_string() },
                })
            ),
        ]);
        assert_eq!(body_of(request), expected);
    }

    #[test]
    fn a_type_that_is_not_there_is_not_sent() {
        let (outcome, sent) = run("Saga", &Err(Failure::Lost));
        let subject = String::from("Platform/Saga");
        assert_eq!(
            outcome,
            Some(Outcome::NotSent(Hindrance::Unprepared { subject }))
        );
        assert!(sent.is_empty());
    }

    #[test]
    fn an_answer_that_cannot_be_read_leaves_it_unknown() {
        check(&reply(200, &json!({})), &Outcome::Unknown);
        check(&reply(200, &json!("canary")), &Outcome::Unknown);
        check(&Err(Failure::Lost), &Outcome::Unknown);
        check(&reply(500, &json!({})), &Outcome::Unknown);
    }

    #[test]
    fn a_created_item_that_cannot_be_read_whole_was_still_created() {
        let (outcome, _) = run("User Story", &reply(200, &json!({ "id": 77, "rev": 1 })));
        let Some(Outcome::Applied(receipt)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((receipt.item, receipt.returned), (Some(ItemId(77)), None));
    }

    #[test]
    fn a_refused_field_is_named() {
        let body = json!({
            "message": "TF401320: Rule Error for field Title. Error code: Required.",
            "customProperties": { "RuleValidationErrors": [{ "fieldReferenceName": "System.Title" }] },
        });
        let refused = Refusal::Fields {
            fields: vec!["System.Title".into()],
            code: Some("TF401320".into()),
        };
        check(&reply(400, &body), &Outcome::Refused(refused));
    }
}
