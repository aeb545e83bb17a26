//! Adding a comment by itself. The comments resource takes no precondition, so this write is fragile (azure.md 7).

use std::sync::Arc;

use model::ItemId;
use model::Value;
use model::http::Request;
use serde_json::{Value as Json, json};
use sync::{NewComment, Outcome, Receipt, Refusal};

use crate::address::{COMMENTS_VERSION, post};
use crate::answer;
use crate::comment::{COMMENTS, id_of};
use crate::covered::{projects, projects_request};
use crate::knowledge::Form;
use crate::refusal::{hindrance, outcome};
use crate::site::Site;
use crate::value;
use crate::write::unprepared;
use sync::script::{Answer, Step};

/// Adds a comment. Its address needs the project, which is looked up when the profile has several.
pub(crate) fn begin(site: Arc<Site>, comment: &NewComment) -> Step<Outcome> {
    let Some((format, text)) = text(&comment.body) else {
        return unprepared("System.History");
    };
    let item = comment.item;
    if let Some(project) = site.only_project() {
        let request = request(&site, project, item, format, &text);
        return Step::ask(request, move |answer| Step::Done(end(&site, item, answer)));
    }
    Step::ask(projects_request(&site, &[item.0]), move |answer| {
        match projects(answer) {
            Ok(projects) => match projects.get(&item.0) {
                Some(project) => {
                    let request = request(&site, project, item, format, &text);
                    Step::ask(request, move |answer| Step::Done(end(&site, item, answer)))
                }
                None => Step::Done(Outcome::Refused(Refusal::Gone)),
            },
            // Only a question was asked yet.
            Err(fault) => Step::Done(Outcome::NotSent(hindrance(&fault))),
        }
    })
}

/// The format's name and the text.
fn text(body: &Value) -> Option<(&'static str, Json)> {
    match body {
        Value::Markdown(text) => Some(("markdown", text.as_str().into())),
        Value::Text(_) | Value::Html(_) => Some(("html", value::encode(body, Form::Html)?)),
        _ => None,
    }
}

fn request(site: &Site, project: &str, item: ItemId, format: &str, text: &Json) -> Request {
    let path = format!("wit/workItems/{item}/comments");
    let query = [("format", format)];
    let url = site
        .address
        .api(Some(project), &path, COMMENTS_VERSION, &query);
    let mut request = post(url, COMMENTS, &json!({ "text": text }));
    request.writes = Some(item.0);
    request
}

fn end(site: &Site, item: ItemId, answer: Answer) -> Outcome {
    let id = match answer::json(answer) {
        Ok(body) => id_of(&body),
        Err(fault) => return outcome(site, fault),
    };
    match id {
        Some(comment) => Outcome::Applied(Receipt {
            item: Some(item),
            key: model::ItemKey::new(&item.to_string()),
            comment: Some(comment),
            ..Receipt::default()
        }),
        None => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::BATCH;
    use crate::sample::{body_of, comment, lead, reply, scope, site};
    use model::{CommentId, CommentMarker, Side};
    use sync::Hindrance;

    fn new_comment(body: Value) -> NewComment {
        let marker = CommentMarker {
            side: Side::Jira,
            comment: CommentId(1),
        };
        NewComment {
            item: ItemId(12),
            project: "Platform".to_owned(),
            body,
            marker,
        }
    }

    fn run(
        site: Site,
        body: Value,
        remote: impl Fn(&Request) -> Answer,
    ) -> (Outcome, Vec<(String, Json)>) {
        let mut sent = Vec::new();
        let outcome = lead(begin(Arc::new(site), &new_comment(body)), |request| {
            sent.push((request.url.clone(), body_of(request)));
            remote(request)
        });
        (outcome, sent)
    }

    fn applied(outcome: &Outcome) -> Option<CommentId> {
        match outcome {
            Outcome::Applied(receipt) => receipt.comment,
            _ => None,
        }
    }

    #[test]
    fn a_comment_is_posted_in_its_format() {
        for (body, format, text) in [
            (Value::Html("<p>x</p>".into()), "html", "<p>x</p>"),
            (Value::Text("a < b".into()), "html", "a &lt; b"),
            (Value::Markdown("**x**".into()), "markdown", "**x**"),
        ] {
            let answer = comment(50, "sync@acme.example", "x");
            let (outcome, sent) = run(site(), body, |_| reply(200, &answer));
            assert_eq!(applied(&outcome), Some(CommentId(50)));
            let url = format!(
                "https://dev.azure.com/acme/Platform/_apis/wit/workItems/12/comments?api-version=7.1-preview.4&format={format}"
            );
            assert_eq!(sent, [(url, json!({ "text": text }))]);
        }
    }

    #[test]
    fn the_project_is_looked_up_when_there_are_several() {
        let several = || {
            let mut site = site();
            site.scopes.push(scope("Other", None, None));
            site
        };
        let found = json!({ "value": [{ "id": 12, "fields": { "System.TeamProject": "Other" } }] });
        let body = || Value::Html("x".into());
        let (outcome, sent) = run(several(), body(), |request| match request.route {
            BATCH => reply(200, &found),
            _ => reply(200, &comment(50, "sync@acme.example", "x")),
        });
        assert_eq!(applied(&outcome), Some(CommentId(50)));
        assert!(
            sent.last()
                .is_some_and(|(url, _)| url.contains("/acme/Other/_apis/"))
        );
        let (outcome, _) = run(several(), body(), |_| {
            reply(200, &json!({ "value": [null] }))
        });
        assert_eq!(outcome, Outcome::Refused(Refusal::Gone));
        let (outcome, _) = run(several(), body(), |_| reply(500, &json!({})));
        assert_eq!(outcome, Outcome::NotSent(Hindrance::Unreachable));
    }

    #[test]
    fn an_answer_without_an_id_leaves_it_unknown() {
        let (outcome, _) = run(site(), Value::Html("x".into()), |_| reply(200, &json!({})));
        assert_eq!(outcome, Outcome::Unknown);
    }
}
