//! The link that people follow to the twin: a remote link, upserted by its global id (jira.md 7.3).

use model::http::Method;
use serde_json::json;
use sync::{BackLink, Outcome, Receipt};

use super::send;
use crate::address::writing;
use crate::settings::Shared;
use sync::script::Step;

const ROUTE: &str = "/rest/api/3/issue/{id}/remotelink";

/// Bytes of a global id (jira.md 7.3).
const GLOBAL_ID: usize = 255;

/// The link's identity: a repeat with the same one replaces the link.
fn global_id(link: &BackLink) -> String {
    let full = format!("counterpart={}", link.url);
    if full.len() <= GLOBAL_ID {
        return full;
    }
    format!("counterpart={}:{}", link.to, link.twin)
}

/// Leaves the link, whole: what an upsert leaves out becomes empty (jira.md 7.3).
pub(super) fn link(context: &Shared, link: &BackLink) -> Step<Outcome> {
    let item = link.item;
    let id = item.to_string();
    let title = format!("{} {}", link.to.product(), link.key);
    let body = json!({
        "globalId": global_id(link),
        "application": { "type": "counterpart", "name": "Counterpart" },
        "relationship": "is kept in step with",
        "object": { "url": link.url, "title": title },
    });
    let post = context
        .address()
        .send(Method::Post, ROUTE, &[&id], &[], &body);
    send(context, writing(post, item), move |_| {
        Step::Done(Outcome::Applied(Receipt {
            item: Some(item),
            ..Receipt::default()
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, context, json as answer, status};
    use model::{ItemId, ItemKey, Side};

    fn to(url: &str) -> BackLink {
        BackLink {
            item: ItemId(12),
            to: Side::Azure,
            twin: ItemId(4711),
            key: ItemKey::new("4711").expect("a key"),
            url: url.to_owned(),
        }
    }

    #[test]
    fn a_link_is_named_by_its_global_id() {
        let url = "https://dev.azure.com/acme/Platform/_workitems/edit/4711";
        for code in [200, 201] {
            let mut drill = Drill::new(link(&context(), &to(url)));
            let made = json!({ "id": 10000, "self": "https://acme.atlassian.net/x" });
            drill.answer(
                "POST /rest/api/3/issue/{id}/remotelink",
                answer(code, &made),
            );
            let body = drill.body(0);
            assert_eq!(body["globalId"], json!(format!("counterpart={url}")));
            assert_eq!(body["application"]["name"], json!("Counterpart"));
            assert_eq!(
                body["object"],
                json!({ "url": url, "title": "Azure DevOps 4711" })
            );
            assert!(matches!(drill.end(), Outcome::Applied(_)));
        }
    }

    #[test]
    fn a_long_address_does_not_make_a_long_id() {
        let long = format!("https://dev.azure.com/{}", "x".repeat(300));
        assert_eq!(global_id(&to(&long)), "counterpart=azure:4711");
    }

    #[test]
    fn a_lost_answer_is_unknown() {
        let mut drill = Drill::new(link(&context(), &to("https://x")));
        drill.answer("POST /rest/api/3/issue/{id}/remotelink", status(500));
        assert_eq!(drill.end(), Outcome::Unknown);
    }
}
