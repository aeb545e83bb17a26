//! What faults do to whole requests, and what the oracle sees of it.

use http::Method;
use serde_json::{Value, json};

use super::{Bench, issue, parsed};
use crate::fault::{Fault, OncePer, Rule};
use crate::offline::Answer;
use crate::site::Request;

fn create_with_marker(bench: &mut Bench, marker: u32) -> Answer {
    let mut body = issue(json!({}));
    body["properties"] = json!([{"key": "counterpart", "value": marker}]);
    bench.send(&Bench::request("POST", "3/issue", Some(&body)))
}

fn items(bench: &Bench) -> usize {
    bench.offline.site().items().len()
}

#[test]
fn a_lost_response_is_applied() {
    let mut bench = Bench::new(0);
    bench.faults([Rule {
        times: Some(1),
        ..Rule::always(Fault::LostResponse)
    }]);
    assert!(matches!(create_with_marker(&mut bench, 1), Answer::Closed));
    assert_eq!(items(&bench), 1);
    assert!(matches!(
        create_with_marker(&mut bench, 2),
        Answer::Response(_)
    ));
}

#[test]
fn a_response_is_lost_once_for_each_marker() {
    let mut bench = Bench::new(0);
    bench.faults([Rule {
        once_per: Some(OncePer::Marker),
        ..Rule::always(Fault::LostResponse)
    }]);
    assert!(matches!(create_with_marker(&mut bench, 1), Answer::Closed));
    assert!(matches!(
        create_with_marker(&mut bench, 1),
        Answer::Response(_)
    ));
    assert!(matches!(create_with_marker(&mut bench, 2), Answer::Closed));
    assert_eq!(
        bench.get("3/issue/WEB-1").0,
        200,
        "what enters no marker is answered"
    );
    assert_eq!(bench.offline.ledger().creates().get("1"), Some(&2));
}

#[test]
fn a_late_application_comes_after_the_client_gave_up() {
    let mut bench = Bench::new(0);
    bench.faults([Rule {
        delay_ms: Some(700),
        times: Some(1),
        ..Rule::always(Fault::LateApply)
    }]);
    assert!(matches!(create_with_marker(&mut bench, 1), Answer::Closed));
    bench.wait(699);
    bench.offline.advance(bench.now_ms);
    assert_eq!(items(&bench), 0);
    bench.wait(1);
    bench.offline.advance(bench.now_ms);
    assert_eq!(items(&bench), 1);
    assert_eq!(bench.offline.ledger().entries()[0].at_ms, bench.now_ms);
}

#[test]
fn what_is_dropped_or_refused_never_reaches_the_site() {
    let check = |fault: Fault, status: Option<u16>| {
        let mut bench = Bench::new(0);
        bench.faults([Rule::always(fault)]);
        let answer = create_with_marker(&mut bench, 1)
            .response()
            .map(|it| it.status);
        assert_eq!((answer, items(&bench)), (status, 0), "{}", fault.name());
    };
    check(Fault::Dropped, None);
    check(Fault::Error500, Some(500));
    check(Fault::Error503, Some(503));
    check(Fault::Throttle429, Some(429));
    check(Fault::SignInPage, Some(302));
}

#[test]
fn what_is_spoiled_was_applied() {
    let mut bench = Bench::new(0);
    bench.faults([
        Rule {
            times: Some(1),
            ..Rule::always(Fault::TruncatedBody)
        },
        Rule::always(Fault::GarbageBody),
    ]);
    let Answer::Truncated(head) = create_with_marker(&mut bench, 1) else {
        panic!("not truncated")
    };
    let promised: usize = head
        .header("content-length")
        .and_then(|it| it.parse().ok())
        .expect("a length");
    assert!(head.body.len() < promised);
    let garbage = create_with_marker(&mut bench, 2)
        .response()
        .expect("an answer");
    assert_eq!(
        (garbage.status, garbage.header("content-type")),
        (201, Some("application/json;charset=UTF-8"))
    );
    assert!(serde_json::from_slice::<Value>(&garbage.body).is_err());
    assert_eq!(items(&bench), 2);
}

#[test]
fn throttling_says_when_to_come_back() {
    let mut bench = Bench::new(0);
    bench.faults([Rule {
        retry_after_s: Some(7),
        ..Rule::always(Fault::Throttle429)
    }]);
    let refused = bench.response("GET", "3/myself", None);
    assert_eq!(refused.header("retry-after"), Some("7"));
    assert_eq!(refused.header("ratelimit-reason"), Some("jira-burst-based"));
}

#[test]
fn control_is_out_of_reach_of_faults_and_is_not_counted() {
    let mut bench = Bench::new(2);
    bench.faults([Rule::always(Fault::Dropped)]);
    assert!(matches!(
        bench.send(&Bench::request("GET", "3/myself", None)),
        Answer::Closed
    ));
    let control = |bench: &mut Bench, method: Method, path: &str, body: Value| {
        let request = Request::new(method, path).with_json(&body);
        parsed(&bench.send(&request).response().expect("an answer"))
    };
    let (_, requests) = control(&mut bench, Method::GET, "/_emulator/requests", Value::Null);
    assert_eq!(requests["total"], 1);
    assert_eq!(
        requests["endpoints"][0],
        json!({"endpoint": "/rest/api/3/myself", "method": "GET", "status": null, "count": 1})
    );
    let (status, _) = control(
        &mut bench,
        Method::POST,
        "/_emulator/faults",
        json!({"rules": []}),
    );
    assert_eq!(status, 200);
    bench.create(json!({}));
    let (_, ledger) = control(&mut bench, Method::GET, "/_emulator/ledger", Value::Null);
    assert_eq!(ledger["entries"][0]["kind"], "create");
    let (_, all) = control(&mut bench, Method::GET, "/_emulator/items", Value::Null);
    assert_eq!(all["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(bench.search("key = WEB-3"), [""; 0]);
    control(
        &mut bench,
        Method::POST,
        "/_emulator/clock",
        json!({"advance_ms": 2000}),
    );
    assert_eq!(bench.search("key = WEB-3"), ["WEB-3"]);
    assert_eq!(
        control(
            &mut bench,
            Method::POST,
            "/_emulator/clock",
            json!({"back": 1})
        )
        .0,
        400
    );
    assert_eq!(
        control(&mut bench, Method::POST, "/_emulator/reset", Value::Null).0,
        204
    );
    let (_, ledger) = control(&mut bench, Method::GET, "/_emulator/ledger", Value::Null);
    assert_eq!(ledger["entries"], json!([]));
    assert_eq!(items(&bench), 2);
    assert_eq!(
        control(&mut bench, Method::GET, "/_emulator/odd", Value::Null).0,
        404
    );
}

#[test]
fn the_same_seed_makes_the_same_site() {
    let told = |items| Bench::new(items).offline.site().items();
    assert_eq!(told(30), told(30));
}
