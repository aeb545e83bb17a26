//! JQL against a naive evaluator: random small sites, random queries, and for each the issues that a three-valued logic
//! over the issues' own documents selects. The evaluator shares nothing with the compiler but the documents of the API.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::options::Options;
use crate::people::sync_account;
use crate::recording;
use crate::site::{Moment, Request};

/// 2026-08-24T11:00:00Z, which is 04:00 where the searching account lives.
const BEGUN_MS: i64 = 1_787_569_200_000;
const MINUTE_MS: i64 = 60_000;

const TYPES: [&str; 3] = ["Task", "Bug", "Story"];
const PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];
const LABELS: [&str; 3] = ["red", "green", "blue"];
const WORDS: [&str; 4] = ["basket", "invoice", "login", "search"];
const PEOPLE: [&str; 2] = [
    "712020:0a1f7c52-6e0d-4b6e-9a43-1d2f5b7c9e01",
    "712020:1b2e8d63-7f1e-4c7f-8b54-2e3a6c8d0f02",
];
const STATUSES: [&str; 4] = ["To Do", "In Progress", "In Review", "Done"];
const STEPS: [&str; 3] = ["11", "21", "31"];
const VERSIONS: [&str; 2] = ["9.1", "9.2"];
const COMPONENTS: [&str; 2] = ["Alpha", "Beta"];
const DAYS: [&str; 3] = ["2026-08-20", "2026-08-25", "2026-09-01"];

/// An issue to make.
#[derive(Debug, Clone)]
struct Plan {
    kind: usize,
    priority: usize,
    labels: Vec<bool>,
    words: Vec<bool>,
    assignee: Option<usize>,
    steps: usize,
    fix: Vec<bool>,
    component: Option<usize>,
    due: Option<usize>,
    points: Option<u8>,
    sprint: bool,
}

fn plan() -> impl Strategy<Value = Plan> {
    let flags = |count| proptest::collection::vec(any::<bool>(), count);
    let first = (
        0..3_usize,
        0..5_usize,
        flags(3),
        flags(4),
        proptest::option::of(0..2_usize),
    );
    let second = (
        0..4_usize,
        flags(2),
        proptest::option::of(0..2_usize),
        proptest::option::of(0..3_usize),
        proptest::option::of(0..4_u8),
        any::<bool>(),
    );
    (first, second).prop_map(|(first, second)| {
        let (kind, priority, labels, words, assignee) = first;
        let (steps, fix, component, due, points, sprint) = second;
        Plan {
            kind,
            priority,
            labels,
            words,
            assignee,
            steps,
            fix,
            component,
            due,
            points,
            sprint,
        }
    })
}

/// A query as the test makes it.
#[derive(Debug, Clone)]
enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Not(Box<Query>),
    Leaf(Leaf),
}

/// A comparison.
#[derive(Debug, Clone)]
enum Leaf {
    /// A field of names, an operator, and values; several values are a list.
    Names(Names, bool, Vec<usize>),
    /// A field of names that is empty, or is not.
    Empty(Names, bool),
    Priority(&'static str, usize),
    Points(&'static str, u8),
    Due(&'static str, usize),
    Created(&'static str, u8),
    Key(&'static str, usize),
    Summary(bool, usize),
    Was(bool, Vec<usize>),
    Changed(Option<usize>, Option<usize>),
    Sprint(bool),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Names {
    Type,
    Status,
    Labels,
    Assignee,
    Fix,
    Component,
}

impl Names {
    fn values(self) -> &'static [&'static str] {
        match self {
            Self::Type => &TYPES,
            Self::Status => &STATUSES,
            Self::Labels => &LABELS,
            Self::Assignee => &PEOPLE,
            Self::Fix => &VERSIONS,
            Self::Component => &COMPONENTS,
        }
    }

    fn field(self) -> &'static str {
        match self {
            Self::Type => "issuetype",
            Self::Status => "status",
            Self::Labels => "labels",
            Self::Assignee => "assignee",
            Self::Fix => "fixVersion",
            Self::Component => "component",
        }
    }

    /// What an issue's document says.
    fn of(self, fields: &Value) -> Vec<String> {
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let named = |list: &Value| -> Vec<String> {
            let all = list.as_array().into_iter().flatten();
            all.filter_map(|it| text(&it["name"])).collect()
        };
        match self {
            Self::Type => text(&fields["issuetype"]["name"]).into_iter().collect(),
            Self::Status => text(&fields["status"]["name"]).into_iter().collect(),
            Self::Assignee => text(&fields["assignee"]["accountId"]).into_iter().collect(),
            Self::Labels => fields["labels"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(text)
                .collect(),
            Self::Fix => named(&fields["fixVersions"]),
            Self::Component => named(&fields["components"]),
        }
    }
}

fn names() -> impl Strategy<Value = Names> {
    prop_oneof![
        Just(Names::Type),
        Just(Names::Status),
        Just(Names::Labels),
        Just(Names::Assignee),
        Just(Names::Fix),
        Just(Names::Component),
    ]
}

fn relation() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("<"),
        Just("<="),
        Just(">"),
        Just(">="),
        Just("="),
        Just("!=")
    ]
}

fn leaf() -> impl Strategy<Value = Leaf> {
    let some = || proptest::collection::vec(0..8_usize, 1..3);
    prop_oneof![
        4 => (names(), any::<bool>(), some()).prop_map(|(names, yes, values)| Leaf::Names(names, yes, values)),
        1 => (names(), any::<bool>()).prop_map(|(names, yes)| Leaf::Empty(names, yes)),
        1 => (relation(), 0..5_usize).prop_map(|(sign, it)| Leaf::Priority(sign, it)),
        1 => (relation(), 0..4_u8).prop_map(|(sign, it)| Leaf::Points(sign, it)),
        1 => (relation(), 0..3_usize).prop_map(|(sign, it)| Leaf::Due(sign, it)),
        1 => (relation(), 0..30_u8).prop_map(|(sign, it)| Leaf::Created(sign, it)),
        1 => (relation(), 0..6_usize).prop_map(|(sign, it)| Leaf::Key(sign, it)),
        1 => (any::<bool>(), 0..4_usize).prop_map(|(yes, it)| Leaf::Summary(yes, it)),
        1 => (any::<bool>(), proptest::collection::vec(0..4_usize, 1..3)).prop_map(|(yes, it)| Leaf::Was(yes, it)),
        1 => (proptest::option::of(0..4_usize), proptest::option::of(0..4_usize)).prop_map(|(from, to)| Leaf::Changed(from, to)),
        1 => any::<bool>().prop_map(Leaf::Sprint),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let leaf = leaf().prop_map(Query::Leaf);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::All),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Query::Any),
            inner.prop_map(|it| Query::Not(Box::new(it))),
        ]
    })
}

fn chosen(values: &[&'static str], at: usize) -> &'static str {
    values[at % values.len()]
}

impl Query {
    fn text(&self, issues: usize) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(|it| it.text(issues)).collect();
            format!("({})", parts.join(word))
        };
        match self {
            Self::All(parts) => joined(parts, " AND "),
            Self::Any(parts) => joined(parts, " || "),
            Self::Not(inner) => format!("NOT ({})", inner.text(issues)),
            Self::Leaf(leaf) => leaf.text(issues),
        }
    }

    /// What the query says of an issue: true, false, or nothing where a field that it compares is empty.
    fn says(&self, issue: &Value, issues: usize) -> Option<bool> {
        let each = |parts: &[Self]| -> Vec<Option<bool>> {
            parts.iter().map(|it| it.says(issue, issues)).collect()
        };
        match self {
            Self::All(parts) => {
                let each = each(parts);
                if each.contains(&Some(false)) {
                    Some(false)
                } else if each.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            Self::Any(parts) => {
                let each = each(parts);
                if each.contains(&Some(true)) {
                    Some(true)
                } else if each.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Self::Not(inner) => inner.says(issue, issues).map(|it| !it),
            Self::Leaf(leaf) => leaf.says(issue, issues),
        }
    }
}

fn quoted(values: &[&str]) -> String {
    let all: Vec<String> = values.iter().map(|it| format!("\"{it}\"")).collect();
    all.join(", ")
}

fn holds<T: PartialOrd>(sign: &str, a: &T, b: &T) -> bool {
    match sign {
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        ">=" => a >= b,
        "=" => a == b,
        _ => a != b,
    }
}

/// The changes of an issue's status, by name.
fn moves(issue: &Value) -> Vec<(String, String)> {
    let histories = issue["changelog"]["histories"]
        .as_array()
        .into_iter()
        .flatten();
    let items = histories.flat_map(|it| it["items"].as_array().into_iter().flatten());
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    items
        .filter(|it| it["fieldId"] == "status")
        .map(|it| (text(&it["fromString"]), text(&it["toString"])))
        .collect()
}

impl Leaf {
    fn text(&self, issues: usize) -> String {
        match self {
            Self::Names(names, yes, values) => {
                let field = names.field();
                let values: Vec<&str> = values
                    .iter()
                    .map(|it| chosen(names.values(), *it))
                    .collect();
                match (yes, values.as_slice()) {
                    (true, [one]) => format!("{field} = \"{one}\""),
                    (false, [one]) => format!("{field} != \"{one}\""),
                    (true, many) => format!("{field} in ({})", quoted(many)),
                    (false, many) => format!("{field} NOT IN ({})", quoted(many)),
                }
            }
            Self::Empty(names, true) => format!("{} IS EMPTY", names.field()),
            Self::Empty(names, false) => format!("{} is not null", names.field()),
            Self::Priority(sign, it) => format!("priority {sign} {}", PRIORITIES[*it]),
            Self::Points(sign, it) => format!("cf[10016] {sign} {it}"),
            Self::Due(sign, it) => format!("due {sign} \"{}\"", DAYS[*it]),
            Self::Created(sign, it) => format!("created {sign} \"2026-08-24 04:{it:02}\""),
            Self::Key(sign, it) => format!("key {sign} WEB-{}", it % issues + 1),
            Self::Summary(true, it) => format!("summary ~ {}", WORDS[*it]),
            Self::Summary(false, it) => format!("summary !~ {}", WORDS[*it]),
            Self::Was(yes, values) => {
                let values: Vec<&str> = values.iter().map(|it| STATUSES[*it]).collect();
                let not = if *yes { "" } else { "NOT " };
                match values.as_slice() {
                    [one] => format!("status WAS {not}\"{one}\""),
                    many => format!("status WAS {not}IN ({})", quoted(many)),
                }
            }
            Self::Changed(from, to) => {
                let part = |word: &str, it: &Option<usize>| {
                    it.map(|it| format!(" {word} \"{}\"", STATUSES[it]))
                        .unwrap_or_default()
                };
                format!("status CHANGED{}{}", part("FROM", from), part("TO", to))
            }
            Self::Sprint(true) => "sprint in openSprints()".to_owned(),
            Self::Sprint(false) => "sprint not in openSprints()".to_owned(),
        }
    }

    fn says(&self, issue: &Value, issues: usize) -> Option<bool> {
        let fields = &issue["fields"];
        match self {
            Self::Names(names, yes, values) => {
                let has = names.of(fields);
                let values: Vec<&str> = values
                    .iter()
                    .map(|it| chosen(names.values(), *it))
                    .collect();
                let any = has.iter().any(|it| values.contains(&it.as_str()));
                (!has.is_empty()).then_some(any == *yes)
            }
            Self::Empty(names, yes) => Some(names.of(fields).is_empty() == *yes),
            Self::Priority(sign, it) => {
                let name = fields["priority"]["name"].as_str()?;
                let at = PRIORITIES.iter().position(|one| *one == name)?;
                // The highest is the greatest.
                Some(holds(sign, &(10 - at), &(10 - *it)))
            }
            Self::Points(sign, it) => {
                let points = fields["customfield_10016"].as_f64()?;
                Some(holds(sign, &points, &f64::from(*it)))
            }
            Self::Due(sign, it) => Some(holds(sign, &fields["duedate"].as_str()?, &DAYS[*it])),
            Self::Created(sign, it) => {
                // Issues are made at full minutes plus half of one; "=" names the whole minute.
                let minute: u8 = fields["created"].as_str()?.get(14..16)?.parse().ok()?;
                let made = f64::from(minute) + 0.5;
                let named = f64::from(*it);
                Some(match *sign {
                    "=" => minute == *it,
                    "!=" => minute != *it,
                    sign => holds(sign, &made, &named),
                })
            }
            Self::Key(sign, it) => {
                let number: usize = issue["key"].as_str()?.strip_prefix("WEB-")?.parse().ok()?;
                Some(holds(sign, &number, &(it % issues + 1)))
            }
            Self::Summary(yes, it) => {
                let summary = fields["summary"].as_str()?;
                Some(summary.split(' ').any(|one| one == WORDS[*it]) == *yes)
            }
            Self::Was(yes, values) => {
                let now = fields["status"]["name"].as_str()?.to_owned();
                let mut been: Vec<String> = vec![now];
                for (from, to) in moves(issue) {
                    been.extend([from, to]);
                }
                let any = values
                    .iter()
                    .any(|it| been.iter().any(|one| one == STATUSES[*it]));
                Some(any == *yes)
            }
            Self::Changed(from, to) => {
                let fits = |wanted: &Option<usize>, name: &str| {
                    wanted.is_none_or(|it| STATUSES[it] == name)
                };
                Some(
                    moves(issue)
                        .iter()
                        .any(|(a, b)| fits(from, a) && fits(to, b)),
                )
            }
            Self::Sprint(yes) => {
                let sprints = fields["customfield_10020"].as_array()?;
                Some(sprints.iter().any(|it| it["state"] == "active") == *yes)
            }
        }
    }
}

struct Site {
    cloud: Cloud,
    ledger: crate::Ledger,
    now_ms: i64,
}

impl Site {
    fn new() -> Self {
        let options = Options {
            search_lag_ms: (0, 0),
            write_limits: false,
            ..Options::default()
        };
        Self {
            cloud: Cloud::new(options),
            ledger: crate::Ledger::new(),
            now_ms: BEGUN_MS + MINUTE_MS / 2,
        }
    }

    fn call(&mut self, method: http::Method, path: &str, body: Option<&Value>) -> Value {
        let account = sync_account();
        let mut request = Request::new(method, path).with_basic(account.email, &account.token);
        if let Some(body) = body {
            request = request.with_json(body);
        }
        let mut moment = Moment {
            now_ms: self.now_ms,
            stale_search: false,
            origin: "http://x",
            media_origin: "http://media.invalid",
            ledger: &mut self.ledger,
        };
        let response = recording::asked(&mut self.cloud, &request, &mut moment);
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        assert!(response.status < 300, "{path} {body:?}: {answer}");
        answer
    }

    fn post(&mut self, path: &str, body: &Value) -> Value {
        self.call(http::Method::POST, path, Some(body))
    }

    fn fill(&mut self, plans: &[Plan]) {
        for name in VERSIONS {
            self.post(
                "/rest/api/3/version",
                &json!({"projectId": 10_000, "name": name}),
            );
        }
        for name in COMPONENTS {
            self.post(
                "/rest/api/3/component",
                &json!({"project": "WEB", "name": name}),
            );
        }
        let sprint = json!({"name": "S", "originBoardId": 1, "startDate": "2026-08-24T00:00:00Z", "endDate": "2026-08-31T00:00:00Z"});
        self.post("/rest/agile/1.0/sprint", &sprint);
        self.post("/rest/agile/1.0/sprint/1", &json!({"state": "active"}));
        for plan in plans {
            self.make(plan);
            self.now_ms += MINUTE_MS;
        }
    }

    fn make(&mut self, plan: &Plan) {
        let some = |names: &[&'static str], flags: &[bool]| -> Vec<&'static str> {
            let pairs = names.iter().zip(flags);
            pairs
                .filter(|(_, flag)| **flag)
                .map(|(name, _)| *name)
                .collect()
        };
        let named = |it: &&str| json!({"name": it});
        let mut fields = json!({
            "project": {"key": "WEB"},
            "issuetype": {"name": TYPES[plan.kind]},
            "priority": {"name": PRIORITIES[plan.priority]},
            "labels": some(&LABELS, &plan.labels),
            "summary": format!("about {}", some(&WORDS, &plan.words).join(" ")),
            "fixVersions": some(&VERSIONS, &plan.fix).iter().map(named).collect::<Vec<_>>(),
            "customfield_10016": plan.points,
        });
        if let Some(at) = plan.assignee {
            fields["assignee"] = json!({"accountId": PEOPLE[at]});
        }
        if let Some(at) = plan.component {
            fields["components"] = json!([{"name": COMPONENTS[at]}]);
        }
        if let Some(at) = plan.due {
            fields["duedate"] = json!(DAYS[at]);
        }
        if plan.sprint {
            fields["customfield_10020"] = json!(1);
        }
        let made = self.post("/rest/api/3/issue", &json!({"fields": fields}));
        let path = format!(
            "/rest/api/3/issue/{}/transitions",
            made["id"].as_str().expect("an id")
        );
        for step in &STEPS[..plan.steps] {
            self.post(&path, &json!({"transition": {"id": step}}));
        }
    }

    fn documents(&mut self, count: usize) -> Vec<Value> {
        let path = |number| format!("/rest/api/3/issue/WEB-{number}?expand=changelog");
        (1..=count)
            .map(|number| self.call(http::Method::GET, &path(number), None))
            .collect()
    }

    fn found(&mut self, jql: &str) -> Vec<String> {
        let body = json!({"jql": jql, "fields": ["key"], "maxResults": 100});
        let answer = self.post("/rest/api/3/search/jql", &body);
        let rows = answer["issues"].as_array().expect("rows");
        let keys = rows
            .iter()
            .filter_map(|it| it["key"].as_str().map(str::to_owned));
        keys.collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_the_naive_evaluator_finds(
        plans in proptest::collection::vec(plan(), 2..7),
        queries in proptest::collection::vec(query(), 1..8),
    ) {
        let mut site = Site::new();
        site.fill(&plans);
        let documents = site.documents(plans.len());
        for query in queries {
            let text = query.text(plans.len());
            let expected: Vec<String> = documents
                .iter()
                .filter(|it| query.says(it, plans.len()) == Some(true))
                .filter_map(|it| it["key"].as_str().map(str::to_owned))
                .collect();
            let found = site.found(&format!("{text} ORDER BY key ASC"));
            prop_assert_eq!(found, expected, "{}", text);
        }
    }
}
