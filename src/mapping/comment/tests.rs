//! What a comment becomes on the other side.

use model::{CommentId, Millis, User, limit};
use serde_json::json;

use super::*;

const URL: &str = "https://acme.atlassian.net/browse/WEB-12?focusedCommentId=10023";

fn profile(author_line: bool) -> Profile {
    let line = format!("author_line = {author_line}");
    Profile::compile(
        &crate::SAMPLE.replace("author_line = true", &line),
        "p.toml",
    )
    .unwrap()
}

fn comment(display: &str, body: Value) -> Comment {
    Comment {
        id: CommentId(10_023),
        author: User {
            id: "712020:a".to_owned(),
            display: display.to_owned(),
        },
        created: Millis(0),
        body,
        by_us: false,
        restricted: false,
        marker: None,
    }
}

fn html(author_line: bool, display: &str, body: Value) -> (String, Losses) {
    let (value, losses) = profile(author_line).carry_comment(
        Side::Jira,
        &comment(display, body),
        URL,
        &crate::Nowhere,
    );
    let Value::Html(html) = value else {
        panic!("Azure DevOps gets HTML");
    };
    (html, losses)
}

fn said(text: &str) -> Value {
    let content = json!([{ "type": "text", "text": text, "marks": [{ "type": "link", "attrs": { "href": "https://other.example" } }] }]);
    Value::Adf(
        json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": content }] }),
    )
}

#[test]
fn the_first_link_leads_to_the_original() {
    for author_line in [true, false] {
        let (html, losses) = html(author_line, "Alice Abara", said("see there"));
        let first = html.split("href=\"").nth(1).unwrap_or_default();
        assert!(first.starts_with(URL), "{html}");
        assert_eq!(html.contains("Alice Abara"), author_line, "{html}");
        assert!(
            html.contains("commented in Jira") && html.contains("see there"),
            "{html}"
        );
        assert!(losses.is_empty(), "{losses}");
    }
}

#[test]
fn a_name_cannot_bring_markup_or_lines_of_its_own() {
    let (html, _) = html(
        true,
        "<a href=\"https://evil.example\">\nx</a>",
        said("text"),
    );
    let first = html.split("<a href=\"").nth(1).unwrap_or_default();
    assert!(first.starts_with(URL), "{html}");
    assert!(!html.contains("<a href=\"https://evil.example"), "{html}");
}

#[test]
fn a_comment_for_jira_is_a_document() {
    let body = Value::Html("<div>from <b>Azure</b></div>".to_owned());
    let (value, losses) = profile(true).carry_comment(
        Side::Azure,
        &comment("Bruno", body),
        "https://dev.azure.com/acme/1",
        &crate::Nowhere,
    );
    let Value::Adf(tree) = value else {
        panic!("Jira gets ADF");
    };
    assert_eq!(
        tree.pointer("/content/0/content/0/text"),
        Some(&json!("Bruno"))
    );
    assert_eq!(
        tree.pointer("/content/0/content/2/text"),
        Some(&json!("commented in Azure DevOps"))
    );
    assert_eq!(
        tree.pointer("/content/1/content/1/text"),
        Some(&json!("Azure"))
    );
    assert!(losses.is_empty(), "{losses}");
}

#[test]
fn a_comment_too_long_for_jira_is_cut_and_says_so() {
    for letter in ["x", "\u{1f600}", "\u{1}\"\\"] {
        let body = Value::Html(format!("<p>{}</p>", letter.repeat(limit::JIRA_TEXT)));
        let (value, losses) = profile(true).carry_comment(
            Side::Azure,
            &comment("Bruno", body),
            "https://dev.azure.com/acme/1",
            &crate::Nowhere,
        );
        let Value::Adf(tree) = value else {
            panic!("Jira gets ADF");
        };
        let text = tree.to_string();
        assert!(text.encode_utf16().count() <= limit::JIRA_TEXT);
        assert!(text.contains("too long"), "{text}");
        assert_eq!(losses.to_string(), "1 too-large");
    }
}

/// Takes every address of the original's site for an item with a twin, but for one that says more.
struct Everywhere;

impl Leads for Everywhere {
    fn lead(&self, side: Side, url: &str) -> Option<crate::Lead> {
        let place = |url: &str| crate::Place {
            url: url.to_owned(),
            label: String::new(),
        };
        (side == Side::Jira && !url.contains('?')).then(|| crate::Lead {
            item: place(url),
            twin: Some(place("https://twin.example")),
        })
    }

    fn home(&self, _side: Side) -> Option<String> {
        None
    }
}

#[test]
fn the_link_to_the_original_stays_while_the_body_leads_to_twins() {
    let (value, _) = profile(true).carry_comment(
        Side::Jira,
        &comment("Alice", said("there")),
        URL,
        &Everywhere,
    );
    let Value::Html(html) = value else {
        panic!("Azure DevOps gets HTML");
    };
    let links: Vec<&str> = html.split("href=\"").skip(1).collect();
    assert!(links[0].starts_with(URL), "{html}");
    assert!(links[1].starts_with("https://twin.example\""), "{html}");
}
