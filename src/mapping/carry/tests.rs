//! What a value becomes on the other side.

mod links;

use model::Millis;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::lead::Nowhere;

const TABLES: &str = r#"
name = "p"
[jira]
url = "https://jira.example"
credential = "j"
[azure]
url = "https://azure.example/c"
credential = "a"
[[scope]]
jira = { project = "WEB" }
azure = { project = "Platform" }
[[type]]
jira = "Story"
azure = "User Story"
[[type]]
jira = "Task"
azure = "Task"
[[field]]
jira = "priority"
azure = "Microsoft.VSTS.Common.Priority"
values = [["Highest", 1], ["High", 2], ["Medium", 3], ["Low", 4], ["Lowest", 4]]
[[field]]
name = "strict"
jira = "customfield_1"
azure = "Custom.Strict"
kind = "choice"
values = [["Red", "R"], ["Green", "G"], ["Blue", "B"]]
otherwise = "error"
[[field]]
name = "fixed"
jira = "customfield_2"
azure = "Custom.Fixed"
kind = "choice"
values = [["Yes", "Y"]]
otherwise = { azure = "N" }
[[field]]
name = "free"
jira = "customfield_3"
azure = "Custom.Free"
kind = "choice"
[[field]]
name = "points"
jira = "customfield_4"
azure = "Microsoft.VSTS.Scheduling.StoryPoints"
[[field]]
name = "flag"
jira = "customfield_5"
azure = "Custom.Flag"
kind = "flag"
[[field]]
name = "note"
jira = "customfield_6"
azure = "Custom.Note"
kind = "rich"
[[field]]
jira = "labels"
azure = "System.Tags"
values = [["front_end", "UI"]]
[[field]]
jira = "assignee"
azure = "System.AssignedTo"
[[field]]
jira = "reporter"
azure = "Custom.Reporter"
otherwise = { jira = "712020:bot" }
[[field]]
jira = "duedate"
azure = "Microsoft.VSTS.Scheduling.DueDate"
[[field]]
name = "seen"
jira = "customfield_7"
azure = "Microsoft.VSTS.Scheduling.StartDate"
[[state]]
type = "Task"
jira = "In Review"
azure = "Active"
[[state]]
jira = "In Progress"
azure = "Active"
[[state]]
jira = "In Review"
azure = "Resolved"
[[user]]
jira = "712020:a"
azure = "Alice@Acme.example"
azure_id = "8C8C7D32-6b1b-47f4-b2e9-30b477b5ab3d"
[[user]]
jira = "712020:a"
azure = "alice.old@acme.example"
"#;

fn profile() -> Profile {
    Profile::compile(TABLES, "p.toml").unwrap()
}

fn rule<'a>(profile: &'a Profile, name: &str) -> &'a Rule {
    profile
        .rules
        .iter()
        .find(|rule| rule.name.as_str() == name)
        .unwrap()
}

fn kinds(jira: &str) -> Both<String> {
    Both {
        jira: jira.to_owned(),
        azure: profile()
            .twin_kind(Side::Jira, jira)
            .unwrap_or("?")
            .to_owned(),
    }
}

fn carried(name: &str, from: Side, value: &Value) -> Carried {
    let profile = profile();
    profile.carry(
        rule(&profile, name),
        from,
        value,
        &Value::Empty,
        &kinds("Story"),
        &Nowhere,
    )
}

fn choice(name: &str) -> Value {
    Value::Choice(name.to_owned())
}

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).unwrap())
}

fn user(id: &str) -> Value {
    named(id)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn names(of: &[&str]) -> Value {
    Value::Set(of.iter().map(|name| (*name).to_owned()).collect())
}

/// `Value`'s `Debug` hides content, so a difference is told by the case's number.
fn check(cases: &[(&str, Side, Value, Carried)]) {
    for (index, (name, from, value, expected)) in cases.iter().enumerate() {
        let found = carried(name, *from, value);
        assert!(
            found == *expected,
            "case {index}: {name} from {from}: {found:?}, expected {expected:?}"
        );
    }
}

#[test]
fn tables_map_names_and_numbers_both_ways_and_the_first_row_wins() {
    use Side::{Azure, Jira};
    check(&[
        ("priority", Jira, choice("High"), exact(number("2"))),
        ("priority", Jira, choice(" high "), exact(number("2"))),
        ("priority", Jira, choice("Lowest"), exact(number("4"))),
        ("priority", Azure, number("4"), exact(choice("Low"))),
        ("priority", Azure, number("2.0"), exact(choice("High"))),
        ("priority", Azure, number("9"), Carried::Skip),
        ("priority", Jira, choice("Urgent"), Carried::Skip),
        (
            "strict",
            Jira,
            choice("Pink"),
            Carried::Error(Code::ValueUnmapped),
        ),
        ("fixed", Jira, choice("Maybe"), exact(choice("N"))),
        ("fixed", Azure, choice("Maybe"), Carried::Skip),
        ("free", Jira, choice("Anything"), exact(choice("Anything"))),
        ("points", Jira, number("3.50"), exact(number("3.5"))),
        ("flag", Azure, Value::Flag(true), exact(Value::Flag(true))),
    ]);
}

#[test]
fn states_follow_rows_of_the_type_first() {
    use Side::{Azure, Jira};
    let profile = profile();
    for (kind, from, state, expected) in [
        ("Story", Jira, "In Review", exact(choice("Resolved"))),
        ("Task", Jira, "In Review", exact(choice("Active"))),
        ("Story", Azure, "active", exact(choice("In Progress"))),
        ("Task", Azure, "Active", exact(choice("In Review"))),
        ("Task", Jira, "In Progress", exact(choice("Active"))),
        (
            "Story",
            Azure,
            "Removed",
            Carried::Error(Code::StateUnmapped),
        ),
    ] {
        let found = profile.carry(
            rule(&profile, "status"),
            from,
            &choice(state),
            &Value::Empty,
            &kinds(kind),
            &Nowhere,
        );
        assert!(found == expected, "{kind} {from} {state}: {found:?}");
    }
}

#[test]
fn people_are_mapped_by_rows() {
    use Side::{Azure, Jira};
    check(&[
        (
            "assignee",
            Jira,
            user("712020:a"),
            exact(user("Alice@Acme.example")),
        ),
        (
            "assignee",
            Azure,
            user("alice@ACME.example"),
            exact(user("712020:a")),
        ),
        (
            "assignee",
            Azure,
            user("alice.old@acme.example"),
            exact(user("712020:a")),
        ),
        ("assignee", Azure, user("bob@acme.example"), Carried::Skip),
        ("assignee", Jira, Value::Empty, exact(Value::Empty)),
        (
            "assignee",
            Jira,
            text("alice"),
            Carried::Error(Code::ProfileGap),
        ),
        (
            "reporter",
            Azure,
            user("bob@acme.example"),
            exact(user("712020:bot")),
        ),
        ("reporter", Jira, user("712020:b"), Carried::Skip),
    ]);
}

#[test]
fn a_title_is_one_line_of_255_characters_and_never_cleared() {
    use Side::{Azure, Jira};
    let longest = "x".repeat(255);
    let one_loss = Carried::Value {
        value: text("two lines"),
        losses: Losses::one_if(true, LossKind::Whitespace, Instead::Plain),
    };
    check(&[
        ("summary", Jira, text(" A title "), exact(text("A title"))),
        ("summary", Azure, text("two\r\nlines"), one_loss),
        ("summary", Azure, text(&longest), exact(text(&longest))),
        (
            "summary",
            Azure,
            text(&format!("{longest}x")),
            Carried::Error(Code::TooLong),
        ),
        (
            "summary",
            Azure,
            text(&"\u{1f600}".repeat(128)),
            Carried::Error(Code::TooLong),
        ),
        ("summary", Azure, text("  "), Carried::Skip),
        ("status", Azure, Value::Empty, Carried::Skip),
    ]);
}

#[test]
fn sets_are_spelled_for_their_side() {
    use Side::{Azure, Jira};
    check(&[
        (
            "labels",
            Azure,
            names(&["needs review", "a"]),
            exact(names(&["needs_review", "a"])),
        ),
        (
            "labels",
            Jira,
            names(&["a,b", "c;d"]),
            exact(names(&["a b", "c d"])),
        ),
        (
            "labels",
            Jira,
            names(&["front_end", "x"]),
            exact(names(&["UI", "x"])),
        ),
        (
            "labels",
            Azure,
            names(&["ui"]),
            exact(names(&["front_end"])),
        ),
        ("labels", Azure, names(&[]), exact(Value::Empty)),
        (
            "labels",
            Azure,
            names(&[&"x".repeat(256)]),
            Carried::Error(Code::TooLong),
        ),
        (
            "labels",
            Azure,
            number("1"),
            Carried::Error(Code::ProfileGap),
        ),
    ]);
}

#[test]
fn a_day_is_the_nearest_midnight() {
    use Side::{Azure, Jira};
    let hour = 3_600_000;
    let day = Millis(20_000 * 24 * hour);
    let moment = |millis: Millis| Value::Moment(millis);
    let rounded = Carried::Value {
        value: moment(day),
        losses: Losses::one_if(true, LossKind::Date, Instead::Plain),
    };
    check(&[
        ("duedate", Jira, moment(day), exact(moment(day))),
        (
            "duedate",
            Azure,
            moment(day.plus(-2 * hour)),
            rounded.clone(),
        ),
        ("duedate", Azure, moment(day.plus(8 * hour)), rounded),
        (
            "seen",
            Azure,
            moment(day.plus(8 * hour)),
            exact(moment(day.plus(8 * hour))),
        ),
        (
            "seen",
            Azure,
            text("today"),
            Carried::Error(Code::ProfileGap),
        ),
    ]);
}

fn paragraph(text: &str) -> Value {
    let text = json!([{ "type": "text", "text": text }]);
    Value::Adf(
        json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": text }] }),
    )
}

#[test]
fn rich_text_goes_from_adf_to_html_and_back() {
    let Carried::Value {
        value: Value::Html(html),
        losses,
    } = carried("note", Side::Jira, &paragraph("a < b"))
    else {
        panic!("a paragraph can be carried");
    };
    assert!(losses.is_empty(), "plain paragraphs lose nothing");
    assert!(html.contains("a &lt; b"), "{html}");
    let back = carried("note", Side::Azure, &Value::Html(html));
    assert!(back == exact(paragraph("a < b")), "{back:?}");
}

#[test]
fn rich_text_in_which_nothing_can_be_seen_is_empty() {
    let empty = Value::Html("<div><br></div>".to_owned());
    assert!(carried("note", Side::Azure, &empty) == exact(Value::Empty));
}

#[test]
fn markdown_is_read_as_what_it_means() {
    let markdown = Value::Markdown("one **two**".to_owned());
    let content = json!([
        { "type": "text", "text": "one " },
        { "type": "text", "text": "two", "marks": [{ "type": "strong" }] },
    ]);
    let tree = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": content }] });
    assert!(carried("note", Side::Azure, &markdown) == exact(Value::Adf(tree)));
}

#[test]
fn a_text_that_is_markdown_over_there_stays_markdown() {
    let held = Value::Markdown("before".to_owned());
    let profile = profile();
    let carried = profile.carry(
        rule(&profile, "note"),
        Side::Jira,
        &paragraph("a *b*"),
        &held,
        &kinds("Story"),
        &Nowhere,
    );
    let expected = Value::Markdown("a \\*b\\*".to_owned());
    assert!(carried == exact(expected), "{carried:?}");
}

#[test]
fn rich_text_longer_than_jira_takes_is_too_long() {
    let long = Value::Html(format!("<p>{}</p>", "x".repeat(limit::JIRA_TEXT)));
    assert!(carried("note", Side::Azure, &long) == Carried::Error(Code::TooLong));
}

#[test]
fn a_mention_of_a_person_whose_identities_are_known_stays_one() {
    let mention =
        json!({ "type": "mention", "attrs": { "id": "712020:a", "text": "@Alice Abara" } });
    let content = json!([{ "type": "paragraph", "content": [mention] }]);
    let tree = Value::Adf(json!({ "type": "doc", "version": 1, "content": content }));
    let over = carried("note", Side::Jira, &tree);
    let Carried::Value {
        value: Value::Html(html),
        losses,
    } = over
    else {
        panic!("a mention can be carried: {over:?}");
    };
    assert!(losses.is_empty(), "{losses}");
    let mention =
        "data-vss-mention=\"version:2.0,8C8C7D32-6b1b-47f4-b2e9-30b477b5ab3d\">@Alice Abara</a>";
    assert!(html.contains(mention), "{html}");
    // Azure DevOps and its editors write a GUID in either case, some with braces.
    let spelt = html
        .replace("8C8C7D32-6b1b", "{8c8c7d32-6B1B")
        .replace("5ab3d\"", "5ab3d}\"");
    let back = carried("note", Side::Azure, &Value::Html(spelt));
    assert!(back == exact(tree), "{back:?}");
}

#[test]
fn a_mention_of_anybody_else_becomes_a_plain_name() {
    let mention =
        json!({ "type": "mention", "attrs": { "id": "712020:z", "text": "@Alice Abara" } });
    let tree = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [mention] }] });
    let Carried::Value {
        value: Value::Html(html),
        losses,
    } = carried("note", Side::Jira, &Value::Adf(tree))
    else {
        panic!("a mention can be carried");
    };
    assert!(
        html.contains("Alice Abara") && !html.contains("712020"),
        "{html}"
    );
    assert_eq!(losses.to_string(), "1 mention");
}

/// Any value at all, also one that the remote's schema would not allow for the field.
fn any_value() -> impl Strategy<Value = Value> {
    let text = || "\\PC{0,12}|[a-zA-Z ,;_\\n]{0,300}";
    prop_oneof![
        Just(Value::Empty),
        text().prop_map(Value::Text),
        text().prop_map(Value::Html),
        text().prop_map(Value::Markdown),
        text().prop_map(Value::Choice),
        text().prop_map(|text| paragraph(&text)),
        Just(Value::Adf(json!({ "type": ["doc"], "content": 5 }))),
        any::<f64>().prop_map(|value| Number::new(value).map_or(Value::Empty, Value::Number)),
        text().prop_map(|id| named(&id)),
        proptest::collection::btree_set(text(), 0..4).prop_map(Value::Set),
        any::<i64>().prop_map(|millis| Value::Moment(Millis(millis))),
        any::<bool>().prop_map(Value::Flag),
    ]
}

fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Jira), Just(Side::Azure)]
}

proptest! {
    #[test]
    fn carrying_is_total_and_gives_what_the_other_field_holds(value in any_value(), from in sides()) {
        let profile = profile();
        for rule in &profile.rules {
            let _ = rule.canonical(from, &value);
            if let Carried::Value { value, .. } = profile.carry(rule, from, &value, &Value::Empty, &kinds("Story"), &Nowhere) {
                let fits = matches!(
                    (rule.kind_on(from.other()), &value),
                    (_, Value::Empty)
                        | (Kind::Text, Value::Text(_))
                        | (Kind::Rich, Value::Adf(_) | Value::Html(_))
                        | (Kind::Number, Value::Number(_))
                        | (Kind::Choice | Kind::State, Value::Choice(_))
                        | (Kind::User, Value::User(_))
                        | (Kind::Set, Value::Set(_))
                        | (Kind::Date | Kind::Moment, Value::Moment(_))
                        | (Kind::Flag, Value::Flag(_))
                );
                prop_assert!(fits, "{rule:?} gave {value:?}");
            }
        }
    }

    #[test]
    fn one_to_one_tables_carry_there_and_back(index in 0..3_usize, from in sides()) {
        let profile = profile();
        let rule = rule(&profile, "strict");
        let row = &rule.table.as_ref().unwrap().rows[index];
        let start = choice(row.cells.get(from).key());
        let Carried::Value { value, .. } = profile.carry(rule, from, &start, &Value::Empty, &kinds("Story"), &Nowhere) else {
            return Err(TestCaseError::fail("a row was not carried"));
        };
        let back = profile.carry(rule, from.other(), &value, &Value::Empty, &kinds("Story"), &Nowhere);
        prop_assert!(back == exact(start));
    }

    #[test]
    fn a_value_that_came_over_carries_back_to_what_its_source_carries_to(
        name in prop::sample::select(vec!["Highest", "High", "Medium", "Low", "Lowest"]),
    ) {
        // Many-to-one tables may change the source's name on the way back, never what the other side then holds.
        let profile = profile();
        let rule = rule(&profile, "priority");
        let over = |from, value: &Value| match profile.carry(rule, from, value, &Value::Empty, &kinds("Story"), &Nowhere) {
            Carried::Value { value, .. } => value,
            Carried::Skip | Carried::Error(_) => Value::Empty,
        };
        let azure = over(Side::Jira, &choice(name));
        let again = over(Side::Jira, &over(Side::Azure, &azure));
        prop_assert!(azure == again);
    }

    #[test]
    fn labels_and_tags_share_their_keys(tags in proptest::collection::btree_set("[a-zA-Z0-9_. -]{0,12}", 0..6)) {
        let profile = profile();
        let rule = rule(&profile, "labels");
        let azure = Value::Set(tags);
        let Carried::Value { value: jira, .. } = profile.carry(rule, Side::Azure, &azure, &Value::Empty, &kinds("Story"), &Nowhere) else {
            return Err(TestCaseError::fail("tags were not carried"));
        };
        let keys = |side, value: &Value| -> BTreeSet<String> { rule.elements(side, value).into_keys().collect() };
        prop_assert_eq!(keys(Side::Azure, &azure), keys(Side::Jira, &jira));
        prop_assert_eq!(rule.canonical(Side::Azure, &azure), rule.canonical(Side::Jira, &jira));
    }
}
