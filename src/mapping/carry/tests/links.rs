//! Links between items, and images that only one side may load.

use serde_json::{Value as Json, json};

use super::*;
use crate::lead::{Lead, Leads, Place};

/// Two sites on which `WEB-n` and work item `100 n` are twins for n up to 5, and the text belongs to the first pair.
struct Five;

const JIRA: &str = "https://jira.example/browse/WEB-";
const AZURE: &str = "https://azure.example/c/_workitems/edit/";

fn place(side: Side, number: u64) -> Place {
    match side {
        Side::Jira => Place {
            url: format!("{JIRA}{number}"),
            label: format!("WEB-{number}"),
        },
        Side::Azure => Place {
            url: format!("{AZURE}{}", 100 * number),
            label: format!("#{}", 100 * number),
        },
    }
}

impl Leads for Five {
    fn lead(&self, side: Side, url: &str) -> Option<Lead> {
        let whole = format!("https://azure.example{url}");
        let url = if url.starts_with('/') { &whole } else { url };
        let number: u64 = match side {
            Side::Jira => url.strip_prefix(JIRA)?.parse().ok()?,
            Side::Azure => url.strip_prefix(AZURE)?.parse::<u64>().ok()? / 100,
        };
        Some(Lead {
            item: place(side, number),
            twin: (number <= 5).then(|| place(side.other(), number)),
        })
    }

    fn home(&self, side: Side) -> Option<String> {
        Some(place(side, 1).url)
    }
}

fn over(from: Side, value: &Value, held: &Value) -> (Value, Losses) {
    let profile = profile();
    let rule = rule(&profile, "note");
    match profile.carry(rule, from, value, held, &kinds("Story"), &Five) {
        Carried::Value { value, losses } => (value, losses),
        other => panic!("{other:?}"),
    }
}

fn html(text: &str) -> Value {
    Value::Html(text.to_owned())
}

fn adf(content: &Json) -> Value {
    Value::Adf(json!({ "type": "doc", "version": 1, "content": content }))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Adf(tree) => tree.to_string(),
        Value::Html(text) => text.clone(),
        other => panic!("{other:?} is no rich text"),
    }
}

fn canonical(side: Side, value: &Value) -> Vec<u8> {
    rule(&profile(), "note").canonical(side, value)
}

fn link(text: &str, url: &str) -> Json {
    json!({ "type": "text", "text": text, "marks": [{ "type": "link", "attrs": { "href": url } }] })
}

/// A document of one paragraph.
fn line(content: &Json) -> Value {
    adf(&json!([{ "type": "paragraph", "content": content }]))
}

fn anchor(url: &str, text: &str) -> String {
    format!("<a href=\"{url}\">{text}</a>")
}

/// Checks that a text of Jira is that text on Azure DevOps, and the other way round.
fn check_both(jira: Json, azure: &str) {
    let (jira, azure) = (line(&json!([jira])), format!("<p>{azure}</p>"));
    let (there, losses) = over(Side::Jira, &jira, &Value::Empty);
    assert_eq!((shown(&there), losses.total()), (azure.clone(), 0));
    let (back, losses) = over(Side::Azure, &html(&azure), &Value::Empty);
    assert_eq!((shown(&back), losses.total()), (shown(&jira), 0));
}

#[test]
fn a_link_to_an_item_leads_to_its_twin_and_back_again() {
    let (web, item) = (format!("{JIRA}2"), format!("{AZURE}200"));
    check_both(link("see there", &web), &anchor(&item, "see there"));
    check_both(link("WEB-2", &web), &anchor(&item, "#200"));
    check_both(link(&web, &web), &anchor(&item, &item));
}

#[test]
fn a_link_to_an_item_without_a_twin_and_any_other_link_stay() {
    for url in [format!("{JIRA}9"), "https://other.example/".to_owned()] {
        check_both(link("WEB-9", &url), &anchor(&url, "WEB-9"));
    }
    // One that holds only on the pages of its own side is at least made a whole address.
    let relative = html("<p><a href=\"/c/_workitems/edit/900\">#900</a></p>");
    let (value, _) = over(Side::Azure, &relative, &Value::Empty);
    let whole = line(&json!([link("#900", &format!("{AZURE}900"))]));
    assert_eq!(shown(&value), shown(&whole));
}

#[test]
fn a_link_to_an_item_of_the_other_side_is_left_alone_there() {
    let url = format!("{AZURE}200");
    let jira = line(&json!([link("#200", &url)]));
    let (value, _) = over(Side::Jira, &jira, &Value::Empty);
    assert_eq!(shown(&value), format!("<p>{}</p>", anchor(&url, "#200")));
}

#[test]
fn cards_and_mentions_of_work_items_are_links_too() {
    let (url, item) = (format!("{JIRA}3"), format!("{AZURE}300"));
    let card = |kind: &str| json!({ "type": kind, "attrs": { "url": url } });
    let inline = json!({ "type": "paragraph", "content": [card("inlineCard")] });
    let tree = adf(&json!([inline, card("blockCard")]));
    let (value, losses) = over(Side::Jira, &tree, &Value::Empty);
    let paragraph = format!("<p>{}</p>", anchor(&item, &item));
    assert_eq!(shown(&value), format!("{paragraph}{paragraph}"));
    assert_eq!(losses.to_string(), "2 card");
    let mention =
        format!("<div><a href=\"{item}\" data-vss-mention=\"version:1.0\">#300</a></div>");
    let (value, losses) = over(Side::Azure, &html(&mention), &Value::Empty);
    assert_eq!(shown(&value), shown(&line(&json!([link("WEB-3", &url)]))));
    assert!(losses.is_empty(), "{losses}");
}

#[test]
fn links_beyond_the_bound_stay_as_they_are() {
    let known = anchor(&format!("{AZURE}200"), "a");
    let others = 1..limit::LINKS_PER_TEXT;
    let others: String = others
        .map(|n| anchor(&format!("{AZURE}{}", 1_000 + n), "x"))
        .collect();
    let beyond = anchor(&format!("{AZURE}300"), "y");
    let text = format!("<p>{known}{others}{beyond}{known}</p>");
    let profile = profile();
    let references = references::References::new(&profile.users, Side::Azure, &Five, &Value::Empty);
    let (text, _) = richtext::html::write(&rich::read(&html(&text)).0, &references);
    assert_eq!(text.matches(&format!("{JIRA}2\"")).count(), 2);
    assert!(text.contains(&beyond), "it was not asked about");
}

const UPLOAD: &str = "https://azure.example/c/_apis/wit/attachments/1b2c?fileName=a.png";

fn upload() -> Value {
    html(&format!("<p><img src=\"{UPLOAD}\" alt=\"the plan\"></p>"))
}

fn media() -> Value {
    let file = json!({ "type": "file", "id": "7c1d", "collection": "", "alt": "a.png" });
    let content = json!([{ "type": "media", "attrs": file }]);
    let attrs = json!({ "layout": "center" });
    adf(&json!([{ "type": "mediaSingle", "attrs": attrs, "content": content }]))
}

#[test]
fn an_image_behind_a_login_becomes_a_link_to_it_with_its_alternative_text() {
    let (value, losses) = over(Side::Azure, &upload(), &Value::Empty);
    let expected = line(&json!([link("[image: the plan]", UPLOAD)]));
    assert_eq!(shown(&value), shown(&expected));
    assert_eq!(losses.to_string(), "1 image");
    assert_eq!(losses.places()[0].instead, Instead::Link);
    // One of Jira's has no address, and is to be seen at its issue.
    let (value, losses) = over(Side::Jira, &media(), &Value::Empty);
    let expected = anchor(&format!("{JIRA}1"), "[image: a.png]");
    assert_eq!(shown(&value), format!("<p>{expected}</p>"));
    assert_eq!(losses.to_string(), "1 image");
}

#[test]
fn an_image_that_anybody_may_load_stays_one() {
    let public = html("<p><img src=\"https://images.example/a.png\" alt=\"a\"></p>");
    let (value, losses) = over(Side::Azure, &public, &Value::Empty);
    assert!(losses.is_empty(), "{losses}");
    let (back, _) = over(Side::Jira, &value, &Value::Empty);
    assert_eq!(
        canonical(Side::Azure, &back),
        canonical(Side::Azure, &public)
    );
}

#[test]
fn an_image_that_is_there_comes_back_and_no_other_does() {
    for (side, held) in [(Side::Jira, media()), (Side::Azure, upload())] {
        let (sent, _) = over(side, &held, &Value::Empty);
        let (back, losses) = over(side.other(), &sent, &held);
        assert_eq!(canonical(side, &back), canonical(side, &held), "{side}");
        assert!(losses.is_empty(), "{losses}");
        let (bare, _) = over(side.other(), &sent, &Value::Empty);
        assert_ne!(canonical(side, &bare), canonical(side, &held), "{side}");
    }
    // Another image is not had by naming it.
    let asks = anchor(&format!("{JIRA}1"), "[image: b.png]");
    let (value, _) = over(Side::Azure, &html(&format!("<p>{asks}</p>")), &media());
    assert!(!shown(&value).contains("7c1d"));
}

#[test]
fn texts_that_differ_only_in_where_their_links_lead_are_alike() {
    let profile = profile();
    let alike = |jira: Json, azure: &str| {
        let (jira, azure) = (line(&json!([jira])), html(&format!("<div>{azure}</div>")));
        let value = Both {
            jira: &jira,
            azure: &azure,
        };
        profile.alike(rule(&profile, "note"), value, &Five)
    };
    let (web, item) = (format!("{JIRA}9"), format!("{AZURE}900"));
    assert!(alike(link("WEB-9", &web), &anchor(&item, "#900")));
    assert!(alike(link(&web, &web), &anchor(&web, &web)));
    assert!(alike(link("here", &web), &anchor(&item, "here")));
    assert!(!alike(link("here", &web), &anchor(&item, "there")));
    let elsewhere = anchor("https://other.example", "here");
    assert!(!alike(link("here", &web), &elsewhere));
    assert!(!alike(link("here", &web), "here"));
}
