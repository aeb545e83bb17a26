//! Claims about faults and time that hold for both products.

use http::Method;
use serde_json::{Value, json};

use crate::fault::{Fault, Faults, Match, Rule};
use crate::offline::{Answer, Offline};
use crate::options::Options;
use crate::people;
use crate::site::{Request, Response, Site};
use crate::throttle::Flavor;

type Make = fn(Options) -> Box<dyn Site>;

fn jira(options: Options) -> Box<dyn Site> {
    Box::new(crate::jira::Cloud::new(options))
}

fn azure(options: Options) -> Box<dyn Site> {
    Box::new(crate::azure::Services::new(options))
}

fn bench(make: Make, items: u32, faults: Faults) -> (Offline, i64) {
    let options = Options {
        items,
        faults,
        ..Options::default()
    };
    let now_ms = options.start_ms;
    (Offline::new(make(options.clone()), options), now_ms)
}

impl Response {
    /// The body as JSON, null when it is none.
    pub(crate) fn json_body(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Step `number` of a working day on Jira.
fn jira_step(number: u64) -> Request {
    let key = format!("WEB-{}", number * 7 % 40 + 1);
    let text = json!({"type": "doc", "version": 1, "content": []});
    let (method, path, body) = match number % 6 {
        0 => (
            Method::POST,
            "issue".to_owned(),
            json!({
                "fields": {"project": {"key": "WEB"}, "issuetype": {"name": "Task"}, "summary": format!("s{number}")},
                "properties": [{"key": "counterpart", "value": number}],
            }),
        ),
        1 => (
            Method::PUT,
            format!("issue/{key}"),
            json!({"fields": {"summary": format!("e{number}")}}),
        ),
        2 => (
            Method::POST,
            format!("issue/{key}/comment"),
            json!({"body": text}),
        ),
        3 => (
            Method::POST,
            "search/jql".to_owned(),
            json!({"jql": "project = WEB ORDER BY updated DESC", "fields": ["summary"]}),
        ),
        4 => (
            Method::GET,
            format!("issue/{key}?expand=changelog"),
            Value::Null,
        ),
        _ => (
            Method::POST,
            format!("issue/{key}/transitions"),
            json!({"transition": {"id": "21"}}),
        ),
    };
    Request::new(method, &format!("/rest/api/3/{path}"))
        .with_json(&body)
        .with_basic("sync@acme.example", "sync-token")
}

/// Step `number` of a working day on Azure DevOps.
fn azure_step(number: u64) -> Request {
    let id = number * 7 % 40 + 1;
    let set = |field: &str, value: Value| json!([{"op": "add", "path": format!("/fields/{field}"), "value": value}]);
    let (method, path, body) = match number % 6 {
        0 => (
            Method::POST,
            "Platform/_apis/wit/workitems/$Bug".to_owned(),
            set("System.Title", json!(format!("t{number}"))),
        ),
        1 => (
            Method::PATCH,
            format!("_apis/wit/workitems/{id}"),
            set("System.Title", json!(format!("e{number}"))),
        ),
        2 => (
            Method::PATCH,
            format!("_apis/wit/workitems/{id}"),
            set("System.History", json!("said")),
        ),
        3 => (
            Method::POST,
            "_apis/wit/wiql".to_owned(),
            json!({"query": "SELECT [System.Id] FROM WorkItems WHERE [System.State] = 'New'"}),
        ),
        4 => (
            Method::GET,
            "_apis/wit/reporting/workitemrevisions".to_owned(),
            Value::Null,
        ),
        _ => (
            Method::PATCH,
            format!("_apis/wit/workitems/{id}"),
            set("System.State", json!("Active")),
        ),
    };
    let kind = match method {
        Method::PATCH => "application/json-patch+json",
        _ if path.contains('$') => "application/json-patch+json",
        _ => "application/json",
    };
    Request::new(method, &format!("/acme/{path}?api-version=7.1"))
        .with_json(&body)
        .with_header("content-type", kind)
        .with_basic("", "sync-token")
}

/// Everything that a client and the oracle see of a run.
fn run(make: Make, step: fn(u64) -> Request, seed: u64) -> Vec<String> {
    let mut faults = Faults::load("hostile").expect("built in");
    faults.seed = Some(seed);
    let (mut offline, start_ms) = bench(make, 40, faults);
    let mut seen = Vec::new();
    for number in 0..300 {
        let now_ms = start_ms + i64::try_from(number).expect("small") * 137;
        let delivery = offline.deliver(&step(number), now_ms, "http://127.0.0.1:1");
        seen.push(format!("{delivery:?}"));
    }
    offline.advance(start_ms + 1_000_000);
    for what in ["ledger", "items", "requests"] {
        let request = Request::new(Method::GET, &format!("/_emulator/{what}"));
        let answer = offline.call(&request, start_ms + 1_000_000);
        seen.push(format!("{answer:?}"));
    }
    seen
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let check = |make: Make, step: fn(u64) -> Request| {
        let one = run(make, step, 3);
        assert_eq!(one, run(make, step, 3));
        assert_ne!(one, run(make, step, 4));
        let closed = one.iter().filter(|it| it.contains("Closed")).count();
        assert!(closed > 5, "the faults struck only {closed} times");
    };
    check(jira, jira_step);
    check(azure, azure_step);
}

/// A request that both products answer with 200 when nothing goes wrong.
fn harmless(make: Make) -> Request {
    let account = people::sync_account();
    let site = make(Options::default());
    let path = match site.sync_credentials().base_path.as_str() {
        "" => "/rest/api/3/myself",
        _ => "/acme/_apis/projects?api-version=7.1",
    };
    Request::new(Method::GET, path).with_basic(account.email, &account.token)
}

fn throttled(make: Make, rule: Rule) -> Response {
    let (mut offline, now_ms) = bench(make, 0, Faults::of([rule]));
    let answer = offline.call(&harmless(make), now_ms);
    answer.response().expect("an answer")
}

fn rule(flavor: Flavor, without_retry_after: bool) -> Rule {
    Rule {
        flavor: Some(flavor),
        without_retry_after,
        ..Rule::always(Fault::Throttle429)
    }
}

#[test]
fn every_limiter_of_jira_speaks_in_its_own_way() {
    let check = |flavor: Flavor, reason: Option<&str>, waits: bool| {
        let answer = throttled(jira, rule(flavor, false));
        let told = (
            answer.status,
            answer.header("ratelimit-reason"),
            answer.header("retry-after").is_some(),
        );
        assert_eq!(told, (429, reason, waits), "{flavor:?}");
        let silent = throttled(jira, rule(flavor, true));
        assert_eq!(silent.header("retry-after"), None, "{flavor:?}");
    };
    check(Flavor::JiraBurst, Some("jira-burst-based"), true);
    check(
        Flavor::JiraQuotaGlobal,
        Some("jira-quota-global-based"),
        true,
    );
    check(
        Flavor::JiraQuotaTenant,
        Some("jira-quota-tenant-based"),
        true,
    );
    check(Flavor::JiraPerIssue, Some("jira-per-issue-on-write"), true);
    check(
        Flavor::JiraConcurrency,
        Some("jira-max-concurrent-threads"),
        true,
    );
    check(Flavor::JiraCost, Some("jira-cost-based"), true);
    check(Flavor::JiraGateway, None, false);
    let quota = throttled(jira, rule(Flavor::JiraQuotaGlobal, false));
    let limit = quota.header("ratelimit").expect("a structured header");
    assert!(limit.starts_with("\"global-app-quota\";r=0;t="), "{limit}");
    let reset = quota.header("x-ratelimit-reset").expect("a moment");
    assert!(reset.ends_with(":00Z"), "the top of an hour: {reset}");
}

#[test]
fn azure_refuses_with_tf400733_or_answers_late() {
    let refused = throttled(azure, rule(Flavor::AzureBlocked, false));
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("1"))
    );
    let message = refused.json_body()["message"].to_string();
    assert!(message.contains("TF400733"), "{message}");
    let good = throttled(azure, rule(Flavor::AzureDelayed, false));
    assert_eq!((good.status, good.header("retry-after")), (200, Some("1")));
    assert!(good.json_body()["count"].as_u64() > Some(0));
    assert!(good.header("x-ratelimit-delay").is_some());
    let silent = throttled(azure, rule(Flavor::AzureBlocked, true));
    assert_eq!((silent.status, silent.header("retry-after")), (429, None));
}

#[test]
fn a_limiter_of_the_other_product_never_speaks() {
    assert_eq!(throttled(azure, rule(Flavor::JiraBurst, false)).status, 200);
    assert_eq!(
        throttled(jira, rule(Flavor::AzureBlocked, false)).status,
        200
    );
    assert_eq!(
        throttled(jira, rule(Flavor::AzureDelayed, false)).status,
        200
    );
}

#[test]
fn a_rule_strikes_one_caller_and_leaves_the_others() {
    let mut of_sync = Rule::always(Fault::Dropped);
    of_sync.matches = Match {
        by: Some("sync".to_owned()),
        ..Match::default()
    };
    for make in [jira as Make, azure] {
        let (mut offline, now_ms) = bench(make, 0, Faults::of([of_sync.clone()]));
        let request = harmless(make);
        assert!(matches!(offline.call(&request, now_ms), Answer::Closed));
        let alice = request.with_basic("alice@acme.example", "alice-token");
        let answer = offline.call(&alice, now_ms).response();
        assert_eq!(answer.map(|it| it.status), Some(200));
    }
}

#[test]
fn what_cannot_wait_to_be_applied_late_is_answered() {
    let late = Rule::always(Fault::LateApply);
    let (mut offline, now_ms) = bench(jira, 0, Faults::of([late]));
    let large = Request {
        body: vec![b' '; crate::limit::LATE_APPLY_BYTES_MAX + 1].into(),
        ..jira_step(0)
    };
    let answer = offline.call(&large, now_ms).response();
    assert_eq!(answer.map(|it| it.status), Some(400));
    assert!(matches!(
        offline.call(&jira_step(0), now_ms),
        Answer::Closed
    ));
}

#[test]
fn items_come_in_pages() {
    for make in [jira as Make, azure] {
        let (mut offline, now_ms) = bench(make, 25, Faults::default());
        let mut get = |query: &str| {
            let request = Request::new(Method::GET, &format!("/_emulator/items{query}"));
            offline
                .call(&request, now_ms)
                .response()
                .expect("an answer")
        };
        let whole = get("").json_body();
        let whole = whole["items"].as_array().expect("items").clone();
        assert_eq!(whole.len(), 25);
        let mut paged = Vec::new();
        let mut query = "?limit=10".to_owned();
        loop {
            let page = get(&query).json_body();
            paged.extend(page["items"].as_array().expect("items").clone());
            let Some(next) = page["next"].as_str() else {
                break;
            };
            query = format!("?limit=10&after={next}");
        }
        assert_eq!(paged, whole);
        assert_eq!(get("?after=x").status, 400);
    }
}

#[test]
fn a_head_answers_as_a_get_does_without_a_body() {
    for make in [jira as Make, azure] {
        let (mut offline, now_ms) = bench(make, 0, Faults::default());
        let request = harmless(make);
        let got = offline
            .call(&request, now_ms)
            .response()
            .expect("an answer");
        let head = Request {
            method: Method::HEAD,
            ..request
        };
        let bare = offline.call(&head, now_ms).response().expect("an answer");
        assert_eq!((bare.status, bare.body.len()), (got.status, 0));
        let length = got.body.len().to_string();
        assert_eq!(bare.header("content-length"), Some(length.as_str()));
    }
}

#[test]
fn every_answer_has_a_name_by_which_support_finds_it() {
    for (make, header) in [(jira as Make, "X-AREQUESTID"), (azure, "ActivityId")] {
        let (mut offline, now_ms) = bench(make, 0, Faults::default());
        let request = harmless(make);
        let mut name = || {
            let answer = offline.call(&request, now_ms).response();
            let answer = answer.expect("an answer");
            answer.header(header).expect("a name").to_owned()
        };
        let (one, other) = (name(), name());
        assert_eq!(one.len(), 36, "{one}");
        assert_ne!(one, other);
    }
}

#[test]
fn a_method_that_a_resource_does_not_have_is_405_and_told_which_it_has() {
    let check = |make: Make, method: Method, path: &str, allowed: &str| {
        let (mut offline, now_ms) = bench(make, 1, Faults::default());
        let request = Request::new(method, path).with_basic("sync@acme.example", "sync-token");
        let answer = offline
            .call(&request, now_ms)
            .response()
            .expect("an answer");
        let told = (answer.status, answer.header("allow"));
        assert_eq!(told, (405, Some(allowed)), "{path}");
    };
    let patch = Method::PATCH;
    check(jira, patch.clone(), "/rest/api/3/search/jql", "GET, POST");
    check(jira, patch, "/rest/api/3/issue/WEB-1", "GET, PUT, DELETE");
    check(jira, Method::DELETE, "/rest/api/3/myself", "GET");
    let wit = "/acme/_apis/wit";
    let put = Method::PUT;
    check(
        azure,
        put.clone(),
        &format!("{wit}/workitems/1?api-version=7.1"),
        "GET, PATCH, DELETE",
    );
    check(azure, put, &format!("{wit}/wiql?api-version=7.1"), "POST");
}
