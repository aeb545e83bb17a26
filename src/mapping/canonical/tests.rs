//! Equal bytes mean equal values, and different bytes different ones.

use model::{Number, User};
use serde_json::json;

use super::*;
use crate::profile::Profile;

fn bytes(jira: &str, side: Side, value: &Value) -> Vec<u8> {
    let extra = "[[field]]\njira = \"duedate\"\nazure = \"Microsoft.VSTS.Scheduling.DueDate\"\n";
    let profile = Profile::compile(&format!("{}{extra}", crate::SAMPLE), "p.toml").unwrap();
    let rule = profile.rules.iter().find(|rule| rule.jira == jira).unwrap();
    rule.canonical(side, value)
}

fn set(names: &[&str]) -> Value {
    Value::Set(names.iter().map(|name| (*name).to_owned()).collect())
}

fn html(text: &str) -> Value {
    Value::Html(text.to_owned())
}

fn user(id: &str, display: &str) -> Value {
    Value::User(User {
        id: id.to_owned(),
        display: display.to_owned(),
    })
}

#[test]
fn spellings_of_one_value_have_the_same_bytes() {
    use Side::{Azure, Jira};
    let text = |text: &str| Value::Text(text.to_owned());
    let same = [
        ("summary", Jira, text("a title"), text(" a title\n")),
        ("summary", Jira, Value::Empty, text("")),
        ("labels", Jira, set(&["b", "A"]), set(&["a", "B"])),
        (
            "labels",
            Azure,
            set(&["needs review"]),
            set(&["Needs_Review "]),
        ),
        ("labels", Azure, set(&[]), Value::Empty),
        ("assignee", Azure, user("A@x", "A"), user("a@X", "Other")),
        (
            "description",
            Azure,
            html("<p>a</p>"),
            html("<div>a</div>\n"),
        ),
        ("description", Azure, html("<div><br></div>"), Value::Empty),
        (
            "description",
            Jira,
            Value::Adf(json!({ "type": "doc", "version": 1, "content": [] })),
            Value::Empty,
        ),
        (
            "duedate",
            Jira,
            Value::Moment(Millis(0)),
            Value::Moment(Millis(5)),
        ),
    ];
    for (index, (jira, side, one, other)) in same.iter().enumerate() {
        assert_eq!(
            bytes(jira, *side, one),
            bytes(jira, *side, other),
            "case {index}"
        );
    }
}

#[test]
fn different_values_have_different_bytes() {
    use Side::{Azure, Jira};
    let text = |text: &str| Value::Text(text.to_owned());
    let number = |text: &str| Value::Number(Number::parse(text).unwrap());
    let different = [
        ("summary", Jira, text("a title"), text("A title")),
        ("labels", Jira, set(&["a", "b"]), set(&["a b"])),
        ("labels", Jira, set(&["a"]), set(&[])),
        ("priority", Azure, number("1"), number("2")),
        ("priority", Azure, number("0"), Value::Empty),
        ("assignee", Jira, user("a", ""), user("b", "")),
        (
            "description",
            Azure,
            html("<p>a</p>"),
            html("<p><b>a</b></p>"),
        ),
        (
            "duedate",
            Azure,
            Value::Moment(Millis(0)),
            Value::Moment(Millis(5)),
        ),
        ("duedate", Jira, Value::Flag(false), Value::Empty),
    ];
    for (index, (jira, side, one, other)) in different.iter().enumerate() {
        assert_ne!(
            bytes(jira, *side, one),
            bytes(jira, *side, other),
            "case {index}"
        );
    }
}
