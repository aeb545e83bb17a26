//! JQL against one small site: what is found, and what is refused with which text.

use serde_json::json;

use crate::jira::Cloud;
use crate::options::Options;
use crate::people::{people, sync_account};
use crate::site::{Moment, Request, Site as _};

/// 2026-08-24T11:11:52Z.
const NOW_MS: i64 = 1_787_569_912_000;

const ALICE: &str = "712020:0a1f7c52-6e0d-4b6e-9a43-1d2f5b7c9e01";

struct Site {
    cloud: Cloud,
    ledger: crate::Ledger,
}

impl Site {
    /// Three issues, made 1 h apart, the last one now; all of them settled in the index.
    fn new() -> Self {
        let options = Options {
            search_lag_ms: (0, 0),
            ..Options::default()
        };
        let mut site = Self {
            cloud: Cloud::new(options),
            ledger: crate::Ledger::new(),
        };
        let document = |text: &str| {
            let paragraph =
                json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
            json!({"type": "doc", "version": 1, "content": [paragraph]})
        };
        let epic = json!({"summary": "Checkout relaunch", "issuetype": {"name": "Epic"}, "labels": ["shared", "q3"], "priority": {"name": "High"}});
        let story = json!({"summary": "Pay by invoice", "issuetype": {"name": "Story"}, "parent": {"key": "WEB-1"}, "assignee": {"id": ALICE}, "description": document("Companies pay later")});
        let bug = json!({"summary": "Basket hangs", "issuetype": {"name": "Bug"}, "labels": ["Shared"], "priority": {"name": "Lowest"}});
        for (age_h, mut fields) in [(2, epic), (1, story), (0, bug)] {
            fields["project"] = json!({"key": "WEB"});
            let (status, body) = site.post(
                "/rest/api/3/issue",
                &json!({"fields": fields}),
                NOW_MS - age_h * 3_600_000,
            );
            assert_eq!(status, 201, "{body}");
        }
        let (status, _) = site.post(
            "/rest/api/3/issue/WEB-2/transitions",
            &json!({"transition": {"id": "11"}}),
            NOW_MS - 1_800_000,
        );
        assert_eq!(status, 204);
        site
    }

    fn post(
        &mut self,
        path: &str,
        body: &serde_json::Value,
        now_ms: i64,
    ) -> (u16, serde_json::Value) {
        let account = sync_account();
        let request = Request::new(http::Method::POST, path)
            .with_basic(account.email, &account.token)
            .with_json(body);
        let mut moment = Moment {
            now_ms,
            stale_search: false,
            origin: "http://x",
            media_origin: "http://media.invalid",
            ledger: &mut self.ledger,
        };
        let response = self.cloud.handle(&request, &mut moment);
        (
            response.status,
            serde_json::from_slice(&response.body).unwrap_or_default(),
        )
    }

    fn ask(&mut self, jql: &str) -> (u16, serde_json::Value) {
        self.post(
            "/rest/api/3/search/jql",
            &json!({"jql": jql, "fields": ["key"]}),
            NOW_MS,
        )
    }
}

#[test]
fn queries_find_what_they_say() {
    let mut site = Site::new();
    let mut check = |jql: &str, expected: &[u64]| {
        let (status, answer) = site.ask(jql);
        assert_eq!(status, 200, "{jql}: {answer}");
        let key = |row: &serde_json::Value| {
            row["key"]
                .as_str()
                .and_then(|it| it.strip_prefix("WEB-")?.parse().ok())
        };
        let mut found: Vec<u64> = answer["issues"]
            .as_array()
            .expect("rows")
            .iter()
            .filter_map(key)
            .collect();
        if !jql.to_lowercase().contains("order by") {
            found.sort_unstable();
        }
        assert_eq!(found, expected, "{jql}");
    };
    check("project = WEB", &[1, 2, 3]);
    check("project = \"Web Shop\" AND issuetype = Bug", &[3]);
    check("project in (WEB, OPS) && type != Bug", &[1, 2]);
    check("project = OPS", &[]);
    check("key in (WEB-3, WEB-1)", &[1, 3]);
    check("id = 10002 OR issuekey = 'WEB-3'", &[2, 3]);
    check("key > WEB-1 AND key <= WEB-3", &[2, 3]);
    check("status = \"In Progress\"", &[2]);
    check("statusCategory = \"To Do\"", &[1, 3]);
    check("NOT status = 'In Progress'", &[1, 3]);
    check("priority = High", &[1]);
    check("priority < Medium", &[3]);
    check("labels = shared", &[1, 3]);
    check("labels = shared AND NOT (labels = q3)", &[3]);
    check("labels != shared", &[]);
    check("labels is EMPTY", &[2]);
    check("labels not in (q3)", &[3]);
    check("assignee is not null", &[2]);
    check(&format!("assignee = \"{ALICE}\""), &[2]);
    check("reporter = currentUser()", &[1, 2, 3]);
    check("creator in (currentUser())", &[1, 2, 3]);
    check("parent = WEB-1", &[2]);
    check("resolution = Unresolved", &[1, 2, 3]);
    check("summary ~ \"basket\"", &[3]);
    check("summary ~ 'bask*' OR description ~ later", &[2, 3]);
    check("text ~ 'pay companies'", &[2]);
    check("text !~ pay", &[1, 3]);
    check("description is empty", &[1, 3]);
    check("updated >= -40m", &[2, 3]);
    check("created > \"-90m\"", &[2, 3]);
    check(&format!("updated >= {}", NOW_MS - 1_800_000), &[2, 3]);
    check(&format!("updated > {}", NOW_MS - 1_800_000), &[3]);
    check("created <= now()", &[1, 2, 3]);
    check("updated = 9223372036854775807", &[]);
    check("resolved is empty AND updated is not empty", &[1, 2, 3]);
    check("created < startOfDay()", &[]);
    check(
        "created >= startOfDay(-1) ORDER BY created DESC",
        &[3, 2, 1],
    );
    check("project = WEB ORDER BY priority DESC, key ASC", &[1, 2, 3]);
    check("project = WEB order by updated asc, id asc", &[1, 2, 3]);
    check(
        "(status = 'To Do' or status = 'In Progress') and type in (Epic, Story)",
        &[1, 2],
    );
}

#[test]
fn dates_have_minutes_in_the_zone_of_the_account() {
    let mut site = Site::new();
    // The synchroniser's account is 7 h behind UTC: WEB-3 was made at 04:11:52 there.
    let mut count = |jql: &str| site.ask(jql).1["issues"].as_array().map(Vec::len);
    assert_eq!(count("created >= '2026-08-24 04:11'"), Some(1));
    assert_eq!(count("created >= '2026/08/24 04:12'"), Some(0));
    assert_eq!(count("created >= '2026-08-24 11:11'"), Some(0));
    assert_eq!(count("created = '2026-08-24 04:11'"), Some(1));
    assert_eq!(count("created >= '2026-08-24'"), Some(3));
}

#[test]
fn what_is_not_understood_is_refused_with_jiras_text() {
    let mut site = Site::new();
    let mut check = |jql: &str, text: &str| {
        let (status, answer) = site.ask(jql);
        assert_eq!(status, 400, "{jql}");
        let given = answer["errorMessages"][0].as_str().unwrap_or_default();
        assert!(given.contains(text), "{jql}: {given}");
    };
    check(
        "nonsense = 1",
        "Field 'nonsense' does not exist or you do not have permission to view it.",
    );
    check(
        "status = Sleeping",
        "The value 'Sleeping' does not exist for the field 'status'.",
    );
    check(
        "key = WEB-99",
        "An issue with key 'WEB-99' does not exist for field 'key'.",
    );
    check(
        "id = 99",
        "A value with ID '99' does not exist for the field 'id'.",
    );
    check(
        "assignee = alice",
        "The value 'alice' does not exist for the field 'assignee'.",
    );
    check(
        "status ~ Done",
        "The operator '~' is not supported by the 'status' field.",
    );
    check(
        "summary = x",
        "The operator '=' is not supported by the 'summary' field.",
    );
    check(
        "assignee = nobody()",
        "Unable to find JQL function 'nobody()'.",
    );
    check(
        "updated > sometime",
        "Date value 'sometime' for field 'updated' is invalid.",
    );
    check("project WEB", "Expecting operator");
    check(
        "project =",
        "Expecting either a value, list or function before the end",
    );
    check(
        "project = WEB status = Done",
        "Expecting either 'OR' or 'AND' but got 'status'",
    );
    check("project = WEB AND", "Expecting a field name");
    check("(project = WEB", "Expecting ')'");
    check("project = \"WEB", "has not been completed");
    check(
        "project = WEB ORDER BY odd",
        "Not able to sort using field 'odd'.",
    );
    check(
        "project = WEB order by id, key, status, created, updated, summary, priority, type",
        "at most 7",
    );
    check("project = W[B", "reserved JQL character");
    check("status was Done", "Expecting operator");
    check(&"(".repeat(100_000), "too long");
    check(&"(".repeat(1_000), "nested too deeply");
    check(
        &format!("{} project = WEB", "not ".repeat(1_000)),
        "nested too deeply",
    );
}

#[test]
fn there_are_as_many_zones_as_accounts() {
    let users = crate::jira::account::Users::new();
    assert_eq!(users.all().len(), people().len() + 1);
}
