//! Webhooks: a wake-up, never the truth. Deliveries are lost, doubled and out of order (azure.md 13.3), so all that is
//! taken from one is which item to look at.

use model::ItemId;
use serde_json::Value as Json;

/// Bytes of a delivery beyond which nobody looks into it. An item with all its long texts twice stays below.
const BODY_BYTES: usize = 8 * 1024 * 1024;

/// The work item that a delivery is about (azure.md 13.2); nothing when it is about something else or cannot be read.
///
/// The resource of `workitem.updated` is the update: its `id` is the number of the update and `workItemId` names the
/// item. In all other deliveries the resource is the item itself.
#[must_use]
pub fn hint(body: &[u8]) -> Option<ItemId> {
    if body.len() > BODY_BYTES {
        return None;
    }
    // Recordings begin with a byte order mark now and then.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let delivery: Json = serde_json::from_slice(body).ok()?;
    let event = delivery.get("eventType")?.as_str()?;
    let resource = delivery.get("resource")?;
    match event.strip_prefix("workitem.")? {
        "updated" => number(resource.get("workItemId")?),
        _ => number(resource.get("id")?),
    }
}

/// Real deliveries hold numbers, the documented samples texts in some places.
fn number(json: &Json) -> Option<ItemId> {
    let number = match json {
        Json::String(text) => text.parse().ok()?,
        _ => json.as_u64()?,
    };
    Some(ItemId(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Option<u64>) {
        assert_eq!(hint(body.as_bytes()), expected.map(ItemId), "{body}");
    }

    #[test]
    fn an_update_names_its_item_apart_from_itself() {
        let updated = r#"{ "eventType": "workitem.updated", "publisherId": "tfs", "message": null, "resource": {
            "id": 18, "workItemId": 30, "rev": 5, "revisedDate": "9999-01-01T00:00:00Z",
            "fields": { "System.Rev": { "oldValue": 4, "newValue": 5 } }, "revision": { "id": 30, "rev": 5 } } }"#;
        check(updated, Some(30));
        check(&format!("\u{feff}{updated}"), Some(30));
        check(
            r#"{ "eventType": "workitem.updated", "resource": { "id": 18 } }"#,
            None,
        );
    }

    #[test]
    fn all_other_deliveries_are_about_the_resource_itself() {
        for event in ["created", "deleted", "restored", "commented"] {
            check(
                &format!(
                    r#"{{ "eventType": "workitem.{event}", "resource": {{ "id": 30, "rev": 1 }} }}"#
                ),
                Some(30),
            );
        }
        check(
            r#"{ "eventType": "workitem.created", "resource": { "id": "30" } }"#,
            Some(30),
        );
    }

    #[test]
    fn anything_else_is_no_hint() {
        for body in [
            "",
            "[]",
            "{",
            r#"{ "eventType": "git.push", "resource": { "id": 30 } }"#,
            r#"{ "eventType": "workitem.created" }"#,
            r#"{ "eventType": "workitem.created", "resource": { "id": -1 } }"#,
            r#"{ "eventType": "workitem.created", "resource": { "id": 1.5 } }"#,
            r#"{ "resource": { "id": 30 } }"#,
        ] {
            check(body, None);
        }
        check(&"[".repeat(100_000), None);
        check(&" ".repeat(BODY_BYTES + 1), None);
    }
}
