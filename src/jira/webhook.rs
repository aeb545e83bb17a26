//! What a webhook tells: that an issue may have changed. Nothing else of it is believed (jira.md 12.4).

use model::ItemId;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::wire::{self, Num};

#[derive(Deserialize)]
struct Delivery {
    #[serde(default)]
    issue: Json,
    #[serde(default)]
    comment: Json,
}

/// The issue that a webhook is about: `issue.id`, or for the comment events of Jira Server, which carry the comment
/// only, the id in `comment.self`. Nothing when it is about something else, or no webhook at all.
///
/// A delivery may be forged, late, doubled, or about a site that is not ours; so it is a reason to read, never a fact.
#[must_use]
pub fn hint(body: &[u8]) -> Option<ItemId> {
    let delivery: Delivery = serde_json::from_slice(body).ok()?;
    let of_issue = || {
        let id = delivery.issue.get("id")?.clone();
        serde_json::from_value::<Num>(id).ok().map(|num| num.0)
    };
    let of_comment = || wire::text(&delivery.comment, "self").and_then(issue_in);
    of_issue().or_else(of_comment).map(ItemId)
}

/// The id between `/issue/` and `/comment/` of a comment's address.
fn issue_in(address: &str) -> Option<u64> {
    let (before, _) = address.rsplit_once("/comment/")?;
    let (_, id) = before.rsplit_once("/issue/")?;
    id.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(body: &Json, expected: Option<u64>) {
        let got = hint(body.to_string().as_bytes());
        assert_eq!(got, expected.map(ItemId), "{body}");
    }

    #[test]
    fn issue_events_name_their_issue() {
        for event in [
            "jira:issue_created",
            "jira:issue_updated",
            "jira:issue_deleted",
        ] {
            let issue = json!({ "id": "10042", "key": "WEB-7", "fields": { "summary": "x" } });
            check(
                &json!({ "timestamp": 1, "webhookEvent": event, "issue": issue }),
                Some(10042),
            );
        }
        check(
            &json!({ "webhookEvent": "issue_property_set", "issue": { "id": 10042 } }),
            Some(10042),
        );
    }

    #[test]
    fn comment_events_of_the_cloud_carry_their_issue() {
        let comment = json!({ "self": "https://acme.atlassian.net/rest/api/2/issue/9/comment/3" });
        let body = json!({ "comment": comment, "issue": { "id": "10042", "key": "WEB-7" } });
        check(&body, Some(10042));
    }

    #[test]
    fn comment_events_of_a_server_name_it_in_their_address() {
        let with = |address: &str| json!({ "webhookEvent": "comment_created", "comment": { "self": address, "id": "3" } });
        check(
            &with("http://jira.acme.example:8080/rest/api/2/issue/10042/comment/3"),
            Some(10042),
        );
        check(
            &with("http://acme.example/issue/tracker/rest/api/2/issue/10042/comment/3"),
            Some(10042),
        );
        check(
            &with("http://acme.example/rest/api/2/issue/WEB-7/comment/3"),
            None,
        );
        check(&with("http://acme.example/rest/api/2/comment/3"), None);
    }

    #[test]
    fn anything_else_is_no_hint() {
        check(
            &json!({ "webhookEvent": "sprint_started", "sprint": { "id": 5 } }),
            None,
        );
        check(&json!({ "issue": { "id": "WEB-7" } }), None);
        check(&json!({ "issue": { "id": -4 } }), None);
        check(&json!([1, 2]), None);
        assert_eq!(hint(b""), None);
        assert_eq!(hint(b"\xff\xfe"), None);
        assert_eq!(hint(&b"[".repeat(100_000)), None);
    }
}
