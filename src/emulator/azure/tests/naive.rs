//! Queries asked of random small organisations, and of an evaluator that knows nothing of the real
//! one: it reads items through the API and compares JSON.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::super::time;
use super::*;

const DAY_MS: i64 = 86_400_000;
/// Alice's clock is an hour ahead of UTC.
const ZONE_MS: i64 = 3_600_000;

/// An item to create.
#[derive(Debug, Clone)]
struct Spec {
    kind: &'static str,
    title: &'static str,
    priority: i64,
    tags: Vec<&'static str>,
    web: bool,
    assignee: Option<&'static str>,
    activated: bool,
    pause_h: i64,
}

fn spec() -> impl Strategy<Value = Spec> {
    (
        prop::sample::select(vec!["Bug", "Task", "User Story"]),
        prop::sample::select(vec!["alpha", "Beta two", "beta", "gamma ray", "Zeta"]),
        1..5i64,
        prop::sample::subsequence(vec!["one", "two", "three"], 0..3),
        any::<bool>(),
        prop::option::of(prop::sample::select(vec!["alice", "bruno", "erik"])),
        any::<bool>(),
        0..40i64,
    )
        .prop_map(
            |(kind, title, priority, tags, web, assignee, activated, pause_h)| Spec {
                kind,
                title,
                priority,
                tags,
                web,
                assignee,
                activated,
                pause_h,
            },
        )
}

/// A condition as the test thinks of it.
#[derive(Debug, Clone)]
enum Want {
    And(Vec<Want>),
    Or(Vec<Want>),
    Not(Box<Want>),
    Id(&'static str, i64),
    Ids(Vec<i64>),
    Priority(&'static str, i64),
    Text(&'static str, &'static str, &'static str),
    Tag(&'static str),
    Untagged,
    UnderWeb,
    Area(&'static str),
    Person(&'static str),
    Nobody,
    EverState(&'static str),
    Created(&'static str, i64),
}

fn sign() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="])
}

fn leaf() -> impl Strategy<Value = Want> {
    prop_oneof![
        (sign(), 0..8i64).prop_map(|(s, n)| Want::Id(s, n)),
        prop::collection::vec(0..8i64, 1..4).prop_map(Want::Ids),
        (sign(), 1..5i64).prop_map(|(s, n)| Want::Priority(s, n)),
        (
            sign(),
            prop::sample::select(vec!["ALPHA", "beta", "Beta two", "m"])
        )
            .prop_map(|(s, t)| Want::Text("System.Title", s, t)),
        prop::sample::select(vec!["a", "BETA", "ray"]).prop_map(|t| Want::Text(
            "System.Title",
            "CONTAINS",
            t
        )),
        (
            prop::sample::select(vec!["=", "<>"]),
            prop::sample::select(vec!["New", "active", "Closed"])
        )
            .prop_map(|(s, t)| Want::Text("System.State", s, t)),
        (
            prop::sample::select(vec!["=", "<>"]),
            prop::sample::select(vec!["bug", "Task"])
        )
            .prop_map(|(s, t)| Want::Text("System.WorkItemType", s, t)),
        prop::sample::select(vec!["one", "TWO", "thre"]).prop_map(Want::Tag),
        Just(Want::Untagged),
        Just(Want::UnderWeb),
        prop::sample::select(vec!["Platform", "platform\\web"]).prop_map(Want::Area),
        prop::sample::select(vec!["alice", "bruno"]).prop_map(Want::Person),
        Just(Want::Nobody),
        prop::sample::select(vec!["New", "Active"]).prop_map(Want::EverState),
        (sign(), 0..6i64).prop_map(|(s, n)| Want::Created(s, n)),
    ]
}

fn want() -> impl Strategy<Value = Want> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Want::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Want::Or),
            inner.prop_map(|w| Want::Not(Box::new(w))),
        ]
    })
}

/// Midnight at the start of a numbered day of the test's calendar, in Alice's zone.
fn day(start: i64, number: i64) -> i64 {
    (start + ZONE_MS).div_euclid(DAY_MS) * DAY_MS - ZONE_MS + number * DAY_MS
}

impl Want {
    fn text(&self, start: i64) -> String {
        let join = |parts: &[Want], word: &str| {
            let parts: Vec<String> = parts
                .iter()
                .map(|p| format!("({})", p.text(start)))
                .collect();
            parts.join(word)
        };
        match self {
            Want::And(parts) => join(parts, " AND "),
            Want::Or(parts) => join(parts, " or "),
            Want::Not(inner) => format!("NOT ({})", inner.text(start)),
            Want::Id(sign, n) => format!("[System.Id] {sign} {n}"),
            Want::Ids(ids) => {
                let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
                format!("[ID] IN ({})", ids.join(", "))
            }
            Want::Priority(sign, n) => format!("[Microsoft.VSTS.Common.Priority] {sign} {n}"),
            Want::Text(field, sign, text) => format!("[{field}] {sign} '{text}'"),
            Want::Tag(tag) => format!("[System.Tags] CONTAINS '{tag}'"),
            Want::Untagged => "[System.Tags] IS EMPTY".to_owned(),
            Want::UnderWeb => "[System.AreaPath] UNDER 'Platform\\Web'".to_owned(),
            Want::Area(path) => format!("[System.AreaPath] = '{path}'"),
            Want::Person("alice") => "[System.AssignedTo] = @Me".to_owned(),
            Want::Person(who) => format!("[System.AssignedTo] = '{who}@acme.example'"),
            Want::Nobody => "[System.AssignedTo] = ''".to_owned(),
            Want::EverState(state) => format!("[System.State] WAS EVER '{state}'"),
            Want::Created(sign, number) => {
                let local = time::text(day(start, *number) + ZONE_MS);
                let date = local.split('T').next().unwrap().to_owned();
                format!("[System.CreatedDate] {sign} '{date}'")
            }
        }
    }

    fn holds(&self, item: &Seen, start: i64) -> bool {
        let text = |name: &str| item.fields[name].as_str().unwrap_or("").to_lowercase();
        match self {
            Want::And(parts) => parts.iter().all(|p| p.holds(item, start)),
            Want::Or(parts) => parts.iter().any(|p| p.holds(item, start)),
            Want::Not(inner) => !inner.holds(item, start),
            Want::Id(sign, n) => compares(item.id, sign, *n),
            Want::Ids(ids) => ids.contains(&item.id),
            Want::Priority(sign, n) => {
                let priority = item.fields["Microsoft.VSTS.Common.Priority"].as_i64();
                compares(priority.unwrap(), sign, *n)
            }
            Want::Text(field, "CONTAINS", part) => text(field).contains(&part.to_lowercase()),
            Want::Text(field, sign, other) => compares(text(field), sign, other.to_lowercase()),
            Want::Tag(tag) => text("System.Tags")
                .split("; ")
                .any(|t| t == tag.to_lowercase()),
            Want::Untagged => text("System.Tags").is_empty(),
            Want::UnderWeb => text("System.AreaPath") == "platform\\web",
            Want::Area(path) => text("System.AreaPath") == path.to_lowercase(),
            Want::Person(who) => {
                let name = item.fields["System.AssignedTo"]["uniqueName"].as_str();
                name == Some(format!("{who}@acme.example").as_str())
            }
            Want::Nobody => item.fields["System.AssignedTo"].is_null(),
            Want::EverState(state) => item.states.iter().any(|s| s == state),
            Want::Created(sign, number) => {
                let created = item.fields["System.CreatedDate"].as_str().unwrap();
                let created = time::parse(created).unwrap().0;
                let day_of = |ms: i64| (ms + ZONE_MS).div_euclid(DAY_MS);
                compares(day_of(created), sign, day_of(day(start, *number)))
            }
        }
    }
}

fn compares<T: PartialOrd>(left: T, sign: &str, right: T) -> bool {
    match sign {
        "=" => left == right,
        "<>" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        other => panic!("{other}"),
    }
}

/// An item as the API shows it.
struct Seen {
    id: i64,
    fields: Json,
    states: Vec<String>,
}

fn build(world: &mut World, specs: &[Spec]) -> Vec<Seen> {
    for spec in specs {
        world.now_ms += spec.pause_h * 3_600_000;
        let area = if spec.web {
            "Platform\\Web"
        } else {
            "Platform"
        };
        let mut fields = vec![
            ("System.Title", json!(spec.title)),
            ("Microsoft.VSTS.Common.Priority", json!(spec.priority)),
            ("System.AreaPath", json!(area)),
        ];
        if !spec.tags.is_empty() {
            fields.push(("System.Tags", json!(spec.tags.join("; "))));
        }
        if let Some(who) = spec.assignee {
            fields.push(("System.AssignedTo", json!(format!("{who}@acme.example"))));
        }
        let id = world.create(spec.kind, &fields);
        if spec.activated {
            world.set(id, &[("System.State", json!("Active"))]);
        }
    }
    let count = i64::try_from(specs.len()).unwrap();
    let seen = (1..=count).map(|id| {
        let fields = world.item(id)["fields"].clone();
        let revisions = world.get(&format!("/_apis/wit/workitems/{id}/revisions"));
        let revisions = revisions["value"].as_array().unwrap().iter();
        let states = revisions.map(|r| r["fields"]["System.State"].as_str().unwrap().to_owned());
        Seen {
            id,
            fields,
            states: states.collect(),
        }
    });
    seen.collect()
}

/// What rows are ordered by.
fn sort_key(item: &Seen, field: &str) -> (i64, String) {
    let value = &item.fields[field];
    match value.as_i64() {
        Some(number) => (number, String::new()),
        None => (0, value.as_str().unwrap_or("").to_lowercase()),
    }
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn queries_find_what_a_naive_reader_finds(
        specs in prop::collection::vec(spec(), 1..7),
        wants in prop::collection::vec(want(), 6),
        field in prop::sample::select(vec!["Microsoft.VSTS.Common.Priority", "System.Title"]),
        descending in any::<bool>(),
    ) {
        let mut world = World::new();
        let start = world.now_ms;
        let seen = build(&mut world, &specs);
        for want in &wants {
            let order = if descending { "DESC" } else { "ASC" };
            let query = format!(
                "SELECT [System.Id] FROM WorkItems WHERE {} ORDER BY [{field}] {order}",
                want.text(start)
            );
            let path = "/Platform/_apis/wit/wiql";
            let (status, body) = world.call(Method::POST, path, Some(json!({"query": query})));
            prop_assert_eq!(status, 200, "{}: {}", query, body);
            let found: Vec<i64> = body["workItems"].as_array().unwrap().iter()
                .map(|row| row["id"].as_i64().unwrap()).collect();
            let mut expected: Vec<&Seen> = seen.iter().filter(|s| want.holds(s, start)).collect();
            expected.sort_by(|a, b| {
                let order = sort_key(a, field).cmp(&sort_key(b, field));
                if descending { order.reverse() } else { order }.then(a.id.cmp(&b.id))
            });
            let expected: Vec<i64> = expected.iter().map(|s| s.id).collect();
            prop_assert_eq!(found, expected, "{}", query);
        }
    }
}
