//! JQL against one small site: what is found, and what is refused with which text.

use serde_json::json;

use crate::jira::Cloud;
use crate::options::Options;
use crate::people::{people, sync_account};
use crate::recording;
use crate::site::{Moment, Request};

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
        let response = recording::asked(&mut self.cloud, &request, &mut moment);
        (
            response.status,
            serde_json::from_slice(&response.body).unwrap_or_default(),
        )
    }

    /// The issues that a query finds, by the numbers of their keys.
    fn finds(&mut self, jql: &str, expected: &[u64]) {
        let (status, answer) = self.ask(jql);
        assert_eq!(status, 200, "{jql}: {answer}");
        let key = |row: &serde_json::Value| {
            row["key"]
                .as_str()
                .and_then(|it| it.strip_prefix("WEB-")?.parse().ok())
        };
        let rows = answer["issues"].as_array().expect("rows");
        let mut found: Vec<u64> = rows.iter().filter_map(key).collect();
        if !jql.to_lowercase().contains("order by") {
            found.sort_unstable();
        }
        assert_eq!(found, expected, "{jql}");
    }

    /// That a query is refused with a text.
    fn refuses(&mut self, jql: &str, text: &str) {
        let (status, answer) = self.ask(jql);
        assert_eq!(status, 400, "{jql}");
        let given = answer["errorMessages"][0].as_str().unwrap_or_default();
        assert!(given.contains(text), "{jql}: {given}");
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
    site.finds("project = WEB", &[1, 2, 3]);
    site.finds("project = \"Web Shop\" AND issuetype = Bug", &[3]);
    site.finds("project in (WEB, OPS) && type != Bug", &[1, 2]);
    site.finds("project = OPS", &[]);
    site.finds("key in (WEB-3, WEB-1)", &[1, 3]);
    site.finds("id = 10002 OR issuekey = 'WEB-3'", &[2, 3]);
    site.finds("key > WEB-1 AND key <= WEB-3", &[2, 3]);
    site.finds("status = \"In Progress\"", &[2]);
    site.finds("statusCategory = \"To Do\"", &[1, 3]);
    site.finds("NOT status = 'In Progress'", &[1, 3]);
    site.finds("priority = High", &[1]);
    site.finds("priority < Medium", &[3]);
    site.finds("labels = shared", &[1, 3]);
    site.finds("labels = shared AND NOT (labels = q3)", &[3]);
    site.finds("labels != shared", &[]);
    site.finds("labels is EMPTY", &[2]);
    site.finds("labels not in (q3)", &[3]);
    site.finds("assignee is not null", &[2]);
    site.finds(&format!("assignee = \"{ALICE}\""), &[2]);
    site.finds("reporter = currentUser()", &[1, 2, 3]);
    site.finds("creator in (currentUser())", &[1, 2, 3]);
    site.finds("parent = WEB-1", &[2]);
    site.finds("resolution = Unresolved", &[1, 2, 3]);
    site.finds("summary ~ \"basket\"", &[3]);
    site.finds("summary ~ 'bask*' OR description ~ later", &[2, 3]);
    site.finds("text ~ 'pay companies'", &[2]);
    site.finds("text !~ pay", &[1, 3]);
    site.finds("description is empty", &[1, 3]);
    site.finds("updated >= -40m", &[2, 3]);
    site.finds("created > \"-90m\"", &[2, 3]);
    site.finds(&format!("updated >= {}", NOW_MS - 1_800_000), &[2, 3]);
    site.finds(&format!("updated > {}", NOW_MS - 1_800_000), &[3]);
    site.finds("created <= now()", &[1, 2, 3]);
    site.finds("updated = 9223372036854775807", &[]);
    site.finds("resolved is empty AND updated is not empty", &[1, 2, 3]);
    site.finds("created < startOfDay()", &[]);
}

#[test]
fn queries_look_into_the_past_and_into_the_calendar() {
    let mut site = Site::new();
    site.finds("status was 'In Progress'", &[2]);
    site.finds("status was not 'In Progress'", &[1, 3]);
    site.finds("status was in ('In Progress', Done)", &[2]);
    site.finds("status was not in ('To Do', Done)", &[]);
    site.finds("NOT status was 'To Do'", &[]);
    site.finds("status was 'To Do' before -45m", &[1, 2]);
    site.finds("status was 'In Progress' before -45m", &[]);
    site.finds("status was 'To Do' after -20m", &[1, 3]);
    site.finds("status was 'In Progress' on startOfDay()", &[2]);
    site.finds("status was 'In Progress' during (-40m, -35m)", &[]);
    site.finds("status was 'In Progress' during (-40m, now())", &[2]);
    site.finds("status was 'In Progress' by currentUser()", &[2]);
    site.finds(&format!("status was 'In Progress' by '{ALICE}'"), &[]);
    site.finds("assignee was empty", &[1, 3]);
    site.finds("status changed", &[2]);
    site.finds("not status changed", &[1, 3]);
    site.finds("status changed from 'To Do' to 'In Progress'", &[2]);
    site.finds("status changed from 'In Progress'", &[]);
    site.finds("status changed to ('In Progress', Done) after -1h", &[2]);
    site.finds("status changed after -20m", &[]);
    site.finds("status changed by currentUser() before now()", &[2]);
    site.finds("resolution changed", &[]);
    site.finds("type in standardIssueTypes()", &[1, 2, 3]);
    site.finds("assignee in membersOf(site-admins)", &[2]);
    site.finds("assignee not in membersOf(\"developers\")", &[2]);
    site.finds("'Epic Link' = WEB-1", &[2]);
    site.finds("cf[10014] is empty", &[1, 3]);
    site.finds("issuekey in linkedIssues(WEB-1)", &[]);
    site.finds(
        "key in updatedBy(712020:0a1f7c52-6e0d-4b6e-9a43-1d2f5b7c9e01)",
        &[],
    );
    site.finds("key in issueHistory()", &[]);
    site.finds("hierarchyLevel = 1", &[1]);
    site.finds(
        "cf[10016] is EMPTY && votes = 0 & watchers >= 0",
        &[1, 2, 3],
    );
    site.finds("projectType = software", &[1, 2, 3]);
    site.finds("attachments is empty", &[1, 2, 3]);
    site.finds("summary ~ '\"by invoice\"'", &[2]);
    site.finds("summary ~ \"\\u0062asket\"", &[3]);
    site.finds("summary ~ 'pay -invoice'", &[]);
    site.finds("description !~ pay", &[]);
    site.finds("created in (-60m, -120m)", &[1, 2]);
    site.finds(
        "created >= startOfWeek() and created <= endOfYear()",
        &[1, 2, 3],
    );
    site.finds("created >= startOfMonth('+1M')", &[]);
    site.finds(
        "created > startOfYear(-1y) || created < startOfYear()",
        &[1, 2, 3],
    );
    site.finds("! (type = Bug) && project = 10000", &[1, 2]);
    site.finds("project = WEB ORDER BY rank", &[1, 2, 3]);
    site.finds("project = WEB ORDER BY Rank desc", &[3, 2, 1]);
    site.finds("project = WEB ORDER BY assignee, key desc", &[2, 3, 1]);
    site.finds(
        "created >= startOfDay(-1) ORDER BY created DESC",
        &[3, 2, 1],
    );
    site.finds("project = WEB ORDER BY priority DESC, key ASC", &[1, 2, 3]);
    site.finds("project = WEB order by updated asc, id asc", &[1, 2, 3]);
    site.finds(
        "(status = 'To Do' or status = 'In Progress') and type in (Epic, Story)",
        &[1, 2],
    );
}

#[test]
fn custom_fields_are_searched_by_name_and_by_number() {
    let mut site = Site::new();
    let fields = json!({
        "project": {"key": "WEB"}, "issuetype": {"name": "Task"}, "summary": "Custom",
        "customfield_10100": "Faster checkout", "customfield_10102": 2.5,
        "customfield_10103": {"value": "Major"}, "customfield_10104": [{"value": "Linux"}, {"value": "macOS"}],
        "customfield_10106": "2026-08-25", "customfield_10107": "2026-08-24T04:00:00.000-0700",
        "customfield_10108": ["Blue"], "customfield_10109": {"accountId": ALICE},
        "customfield_10105": {"value": "Shop", "child": {"value": "Cart"}},
    });
    let (status, body) = site.post("/rest/api/3/issue", &json!({"fields": fields}), NOW_MS);
    assert_eq!(status, 201, "{body}");
    let mut check = |jql: &str, expected: usize| {
        let (status, answer) = site.ask(jql);
        assert_eq!(status, 200, "{jql}: {answer}");
        assert_eq!(
            answer["issues"].as_array().map(Vec::len),
            Some(expected),
            "{jql}"
        );
    };
    check("Severity = Major", 1);
    check("cf[10103] in (Minor, major)", 1);
    check("severity != Major", 0);
    check("customfield_10103 is EMPTY", 3);
    check("Platforms = linux and Platforms = macOS", 1);
    check("Platforms = Windows", 0);
    check("Area = Cart or Area = Reports", 1);
    check("Effort > 2 and Effort <= 2.5", 1);
    check("\"Release note\" ~ checkout", 1);
    check("text ~ faster", 1);
    check("\"Planned start\" = 2026-08-25", 1);
    check("\"Planned start\" <= endOfDay()", 0);
    check("\"Deployed at\" = '2026-08-24 04:00'", 1);
    check("Teams = blue", 1);
    check(
        &format!("Reviewer = '{ALICE}' and Reviewer in membersOf(site-admins)"),
        1,
    );
    check("Reviewer = currentUser()", 0);
    check("Severity is empty ORDER BY Severity, cf[10102] desc", 3);
    let (status, answer) = site.ask("Severity = Odd");
    assert_eq!(
        (status, answer["errorMessages"][0].as_str()),
        (
            400,
            Some("The value 'Odd' does not exist for the field 'Severity'.")
        )
    );
}

#[test]
fn links_watchers_and_worklogs_are_searched() {
    let mut site = Site::new();
    let link = json!({"type": {"name": "Blocks"}, "inwardIssue": {"key": "WEB-1"}, "outwardIssue": {"key": "WEB-3"}});
    assert_eq!(site.post("/rest/api/3/issueLink", &link, NOW_MS).0, 201);
    let log = json!({"timeSpent": "2h", "started": "2026-08-24T08:00:00.000+0000"});
    assert_eq!(
        site.post("/rest/api/3/issue/WEB-2/worklog", &log, NOW_MS).0,
        201
    );
    assert_eq!(
        site.post("/rest/api/3/issue/WEB-3/watchers", &json!(ALICE), NOW_MS)
            .0,
        204
    );
    let mut check = |jql: &str, expected: &[&str]| {
        let (status, answer) = site.ask(&format!("{jql} ORDER BY key"));
        assert_eq!(status, 200, "{jql}: {answer}");
        let keys: Vec<&str> = answer["issues"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["key"].as_str())
            .collect();
        assert_eq!(keys, expected, "{jql}");
    };
    check("key in linkedIssues(WEB-1)", &["WEB-3"]);
    check("key in linkedIssues(WEB-1, blocks)", &["WEB-3"]);
    check("key in linkedIssues(WEB-1, 'is blocked by')", &[]);
    check("issueLinkType = blocks", &["WEB-1", "WEB-3"]);
    check("issueLinkType = 'is blocked by'", &["WEB-3"]);
    check("timespent = 2h", &["WEB-2"]);
    check(
        "worklogDate >= startOfDay() and worklogAuthor = currentUser()",
        &["WEB-2"],
    );
    check("worklogDate < 2026-08-24", &[]);
    check(&format!("watcher = '{ALICE}'"), &["WEB-3"]);
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
    site.refuses(
        "nonsense = 1",
        "Field 'nonsense' does not exist or you do not have permission to view it.",
    );
    site.refuses(
        "status = Sleeping",
        "The value 'Sleeping' does not exist for the field 'status'.",
    );
    site.refuses(
        "key = WEB-99",
        "An issue with key 'WEB-99' does not exist for field 'key'.",
    );
    site.refuses(
        "id = 99",
        "A value with ID '99' does not exist for the field 'id'.",
    );
    site.refuses(
        "assignee = alice",
        "The value 'alice' does not exist for the field 'assignee'.",
    );
    site.refuses(
        "status ~ Done",
        "The operator '~' is not supported by the 'status' field.",
    );
    site.refuses(
        "summary = x",
        "The operator '=' is not supported by the 'summary' field.",
    );
    site.refuses(
        "assignee = nobody()",
        "Unable to find JQL function 'nobody()'.",
    );
    site.refuses(
        "updated > sometime",
        "Date value 'sometime' for field 'updated' is invalid.",
    );
    site.refuses("project WEB", "Expecting operator");
    site.refuses(
        "project =",
        "Expecting either a value, list or function before the end",
    );
    site.refuses(
        "project = WEB status = Done",
        "Expecting either 'OR' or 'AND' but got 'status'",
    );
    site.refuses("project = WEB AND", "Expecting a field name");
    site.refuses("(project = WEB", "Expecting ')'");
    site.refuses("project = \"WEB", "has not been completed");
    site.refuses(
        "project = WEB ORDER BY odd",
        "Not able to sort using field 'odd'.",
    );
    site.refuses(
        "project = WEB order by id, key, status, created, updated, summary, priority, type",
        "at most 7",
    );
    site.refuses("project = W[B", "reserved JQL character");
}

#[test]
fn what_has_no_meaning_is_refused_with_jiras_text() {
    let mut site = Site::new();
    site.refuses(
        "project was WEB",
        "History searches do not support the 'project' field.",
    );
    site.refuses(
        "labels changed",
        "History searches do not support the 'labels' field.",
    );
    site.refuses(
        "status was Sleeping",
        "The value 'Sleeping' does not exist for the field 'status'.",
    );
    site.refuses(
        "status was Done to Done",
        "The predicate 'to' is not supported by the operator 'was'",
    );
    site.refuses(
        "status changed during 'yesterday'",
        "takes a list of two dates",
    );
    site.refuses(
        "status changed by nobody",
        "The value 'nobody' does not exist for the field 'status'.",
    );
    site.refuses(
        "status changed around now()",
        "Expecting either 'OR' or 'AND' but got 'around'",
    );
    site.refuses(
        "project = (WEB, OPS)",
        "Operator '=' does not support the list value '(\"WEB\", \"OPS\")' for field 'project'.",
    );
    site.refuses(
        "project in WEB",
        "Operator 'in' does not support the non-list value '\"WEB\"' for field 'project'.",
    );
    site.refuses(
        "sprint = openSprints()",
        "Operator '=' does not support the list value 'openSprints()' for field 'sprint'.",
    );
    site.refuses(
        "sprint in openSprints(1)",
        "Function 'openSprints' expected '0' arguments but received '1'.",
    );
    site.refuses(
        "project = currentUser()",
        "A value provided by the function 'currentUser' is invalid for the field 'project'.",
    );
    site.refuses(
        "assignee in membersOf(nobodies)",
        "the group does not exist",
    );
    site.refuses(
        "key in linkedIssues(WEB-99)",
        "Issue 'WEB-99' could not be found in function 'linkedIssues'.",
    );
    site.refuses(
        "fixVersion in unreleasedVersions(NOPE)",
        "Could not resolve the project 'NOPE' provided to function 'unreleasedVersions'.",
    );
}

#[test]
fn values_that_fit_no_operator_or_function_are_refused() {
    let mut site = Site::new();
    site.refuses(
        "created > startOfDay(1x)",
        "Duration for function 'startOfDay' should have the format (+/-)n(yMwdm)",
    );
    site.refuses(
        "created > currentUser()",
        "A value provided by the function 'currentUser' is invalid for the field 'created'.",
    );
    site.refuses("status is Done", "only EMPTY and NULL can be used");
    site.refuses(
        "summary ~ ''",
        "does not support searching for an empty string",
    );
    site.refuses(
        "summary ~ '*x'",
        "is not allowed to start with character '*'",
    );
    site.refuses(
        "filter = 99999",
        "The value '99999' does not exist for the field 'filter'.",
    );
    site.refuses(
        "rank > 1",
        "The operator '>' is not supported by the 'rank' field.",
    );
    site.refuses(
        "votes = many",
        "The value 'many' is not a valid value for the field 'votes'.",
    );
    site.refuses(
        "cf[999] = 1",
        "Field 'cf[999]' does not exist or you do not have permission to view it.",
    );
    site.refuses("issue.property[k].p = 1", "reserved JQL character");
    site.refuses("status = order", "'order' is a reserved JQL word.");
    site.refuses("select = 1", "'select' is a reserved JQL word.");
    site.refuses("summary ~ '\\u00zz'", "is an illegal JQL escape sequence");
    site.refuses(
        "project = WEB ORDER BY text",
        "Not able to sort using field 'text'.",
    );
    site.refuses(
        &format!("project in {}WEB", "(".repeat(1_000)),
        "nested too deeply",
    );
    site.refuses(&"(".repeat(100_000), "too long");
    site.refuses(&"(".repeat(1_000), "nested too deeply");
    site.refuses(
        &format!("{} project = WEB", "not ".repeat(1_000)),
        "nested too deeply",
    );
}

#[test]
fn there_are_as_many_zones_as_accounts() {
    let users = crate::jira::account::Users::new();
    assert_eq!(users.all().len(), people().len() + 4);
}

#[test]
fn calendar_functions_name_the_bounds_of_units_in_the_zone_of_the_account() {
    let site = Site::new();
    let account = sync_account();
    let users = crate::jira::account::Users::new();
    let user = users.of(account.account_id).expect("the account").clone();
    // 2026-08-24 is a Monday; 04:11 there.
    let check = |function: &str, expected: &str| {
        let setting = crate::jira::jql::Setting {
            store: &site.cloud.store,
            users: &users,
            user: &user,
            now_ms: NOW_MS,
        };
        let query = crate::jira::jql::compile(&format!("created > {function}"), &setting);
        let Some(crate::jira::jql::test::Test::Time(_, _, at_ms)) = query.expect(function).test
        else {
            panic!("{function}");
        };
        let local = jiff::Timestamp::from_millisecond(at_ms + user.zone.offset_ms).expect("a time");
        assert_eq!(
            local.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            expected,
            "{function}"
        );
    };
    check("startOfDay()", "2026-08-24 00:00:00.000");
    check("startOfDay(-1)", "2026-08-23 00:00:00.000");
    check("startOfDay(\"+2h\")", "2026-08-24 02:00:00.000");
    check("endOfDay()", "2026-08-24 23:59:59.999");
    check("startOfWeek()", "2026-08-23 00:00:00.000");
    check("endOfWeek(1)", "2026-09-05 23:59:59.999");
    check("startOfMonth(-1)", "2026-07-01 00:00:00.000");
    check("endOfMonth(\"-6M\")", "2026-02-28 23:59:59.999");
    check("startOfMonth(\"+14d\")", "2026-08-15 00:00:00.000");
    check("endOfYear()", "2026-12-31 23:59:59.999");
    check("startOfYear(\"-1y\")", "2025-01-01 00:00:00.000");
}

#[test]
fn a_parsed_query_is_shown_as_a_tree() {
    let mut site = Site::new();
    let queries = json!({"queries": [
        "project = WEB AND (status was in ('To Do', Done) before -1d OR labels is EMPTY) ORDER BY created DESC",
        "status = Sleeping",
        "status =",
        "assignee changed to currentUser()",
    ]});
    let (status, answer) = site.post("/rest/api/3/jql/parse?validation=strict", &queries, NOW_MS);
    assert_eq!(status, 200, "{answer}");
    let first = &answer["queries"][0]["structure"];
    assert_eq!(first["where"]["operator"], "and");
    assert_eq!(first["where"]["clauses"][0]["operand"]["value"], "WEB");
    let was = &first["where"]["clauses"][1]["clauses"][0];
    assert_eq!(was["operator"], "was in");
    assert_eq!(was["operand"]["encodedOperand"], "(\"To Do\", Done)");
    assert_eq!(was["predicates"][0]["operator"], "before");
    assert_eq!(
        first["where"]["clauses"][1]["clauses"][1]["operand"],
        json!({"keyword": "empty"})
    );
    assert_eq!(first["orderBy"]["fields"][0]["direction"], "desc");
    assert_eq!(
        answer["queries"][1]["errors"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(
        answer["queries"][2]["errors"].as_array().map(Vec::len),
        Some(1)
    );
    let changed = &answer["queries"][3]["structure"]["where"];
    assert_eq!(
        changed["predicates"][0]["operand"]["function"],
        "currentUser"
    );
    let (_, answer) = site.post("/rest/api/3/jql/parse?validation=warn", &queries, NOW_MS);
    assert_eq!(
        answer["queries"][1]["warnings"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(answer["queries"][1]["structure"]["where"]["operator"], "=");
    assert_eq!(
        site.post("/rest/api/3/jql/parse", &json!({"queries": []}), NOW_MS)
            .0,
        400
    );
}

#[test]
fn editors_of_queries_are_offered_every_field_function_and_value() {
    let mut site = Site::new();
    let (status, answer) = site.post(
        "/rest/api/3/jql/autocompletedata",
        &json!({"projectIds": [10000]}),
        NOW_MS,
    );
    assert_eq!(status, 200, "{answer}");
    let rows = answer["visibleFieldNames"]
        .as_array()
        .expect("fields")
        .clone();
    let row = |name: &str| {
        rows.iter()
            .find(|it| it["value"] == name)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(
        row("status")["operators"].as_array().map(Vec::len),
        Some(11)
    );
    assert_eq!(row("Sprint")["cfid"], "cf[10020]");
    assert_eq!(row("\"Story point estimate\"")["orderable"], "true");
    // Every field that is offered for searching is understood.
    for row in rows.iter().filter(|it| it["searchable"] == "true") {
        let name = row["value"].as_str().expect("a name");
        for operator in row["operators"].as_array().into_iter().flatten() {
            if operator == "is" {
                assert_eq!(site.ask(&format!("{name} is empty")).0, 200, "{name}");
            }
        }
    }
    let (_, answer) = site.post(
        "/rest/api/3/jql/autocompletedata",
        &json!({"projectIds": [1]}),
        NOW_MS,
    );
    assert!(answer["errorMessages"][0].is_string());
}
