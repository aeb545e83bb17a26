//! Deliveries of webhooks and service hooks: each names its item.

use serde_json::Value;
use tests::environment;

use crate::talk::files;

/// Recordings with a comma before a closing bracket, as some are, made strict.
fn strict(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.char_indices() {
        let rest = text[at + c.len_utf8()..].trim_start();
        let is_trailing = c == ',' && rest.starts_with(['}', ']']);
        if !is_trailing {
            out.push(c);
        }
    }
    out
}

#[test]
fn every_recorded_delivery_of_azure_devops_names_its_work_item() {
    let Some(folder) =
        environment::fixtures().map(|all| all.join("ado-fixtures/unittests-function"))
    else {
        eprintln!("the recordings are not at hand; nothing is read");
        return;
    };
    let mut deliveries = 0;
    for (path, text) in files(&folder) {
        let text = strict(&text);
        let value: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        // One recording has its envelope in capitals, as no delivery has.
        if value["eventType"].is_null() {
            continue;
        }
        let expected = value["resource"]["workItemId"].as_u64();
        assert_eq!(
            azure::hint(text.as_bytes()).map(|item| item.0),
            expected,
            "{path:?}"
        );
        deliveries += 1;
    }
    eprintln!("{deliveries} deliveries");
    assert!(deliveries >= 2);
}

#[test]
fn every_recorded_delivery_of_jira_names_its_issue() {
    let Some(folder) = environment::fixtures().map(|all| all.join("mattermost-plugin-jira")) else {
        eprintln!("the recordings are not at hand; nothing is read");
        return;
    };
    let mut deliveries = 0;
    for (path, text) in files(&folder) {
        let value: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let own = value["issue"]["id"].as_str().and_then(|id| id.parse().ok());
        // A comment of a Server comes without its issue, whose number stands in the comment's address.
        let address = value["comment"]["self"].as_str().unwrap_or_default();
        let of_comment = || {
            let (_, rest) = address.split_once("/issue/")?;
            rest.split('/').next()?.parse::<u64>().ok()
        };
        let expected = own.or_else(of_comment);
        assert!(expected.is_some(), "{path:?} is about no issue");
        assert_eq!(
            jira::hint(text.as_bytes()).map(|item| item.0),
            expected,
            "{path:?}"
        );
        deliveries += 1;
    }
    eprintln!("{deliveries} deliveries");
    assert!(deliveries >= 50);
}
