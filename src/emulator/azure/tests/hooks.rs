use super::*;
use crate::post::{Post, Posted};

const SUBSCRIPTIONS: &str = "/_apis/hooks/subscriptions";
const MINUTE_MS: i64 = 60_000;

fn terms(kind: &str) -> Json {
    json!({
        "publisherId": "tfs",
        "eventType": kind,
        "resourceVersion": "1.0",
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "publisherInputs": {"projectId": "6ce954b1-0000-4000-8000-000000000001"},
        "consumerInputs": {
            "url": "http://127.0.0.1:9/hook",
            "basicAuthUsername": "u",
            "basicAuthPassword": "p",
            "httpHeaders": "X-Sync-Secret:abc\nOther:v",
        },
    })
}

fn subscribe(world: &mut World, body: &Json) -> String {
    let (status, made) = world.call(Method::POST, SUBSCRIPTIONS, Some(body.clone()));
    assert_eq!(status, 200, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

/// A subscription to one kind of event with more of the publisher's inputs.
fn narrowed(kind: &str, name: &str, value: &str) -> Json {
    let mut body = terms(kind);
    body["publisherInputs"][name] = json!(value);
    body
}

fn due(world: &mut World) -> Vec<Post> {
    world.services.due_posts(world.now_ms, 100)
}

fn event(post: &Post) -> Json {
    serde_json::from_slice(&post.body).unwrap()
}

fn hear(world: &mut World, post: &Post, outcome: Posted) {
    world.services.posted(post.id, outcome, world.now_ms);
}

fn status(world: &mut World, id: &str) -> Json {
    world.get(&format!("{SUBSCRIPTIONS}/{id}"))
}

#[test]
fn every_event_reaches_its_subscription_in_its_shape() {
    let mut world = World::new();
    for kind in ["created", "updated", "deleted", "restored", "commented"] {
        subscribe(&mut world, &terms(&format!("workitem.{kind}")));
    }
    let id = world.story("one");
    let posts = due(&mut world);
    assert_eq!(posts.len(), 1);
    let created = event(&posts[0]);
    assert_eq!(created["eventType"], "workitem.created");
    assert_eq!(created["resource"]["id"], id);
    assert_eq!(
        created["resource"]["fields"]["System.CreatedBy"],
        "Alice Abara <alice@acme.example>"
    );
    let header = |name: &str| {
        let found = posts[0].headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("Authorization"), Some("Basic dTpw"));
    assert_eq!(header("X-Sync-Secret"), Some("abc"));
    assert_eq!(header("Other"), Some("v"));
    world.set(
        id,
        &[
            ("System.Title", json!("two")),
            ("System.History", json!("hello")),
        ],
    );
    let events: Vec<Json> = due(&mut world).iter().map(event).collect();
    assert_eq!(events.len(), 2, "a save with a comment is two events");
    let (updated, commented) = (&events[0], &events[1]);
    let resource = &updated["resource"];
    assert_eq!(
        (&resource["id"], &resource["workItemId"]),
        (&json!(2), &json!(id))
    );
    assert_eq!(resource["revisedDate"], "9999-01-01T00:00:00Z");
    assert_eq!(
        resource["fields"]["System.Title"],
        json!({"oldValue": "one", "newValue": "two"})
    );
    assert_eq!(resource["revision"]["rev"], 2);
    assert_eq!(
        resource["revisedBy"]["name"],
        "Alice Abara <alice@acme.example>"
    );
    assert_eq!(commented["eventType"], "workitem.commented");
    assert_eq!(
        commented["resource"]["fields"]["System.History"],
        "<div>hello</div>"
    );
    assert_eq!(commented["resource"]["commentVersionRef"]["version"], 1);
    let item = format!("/_apis/wit/workitems/{id}");
    world.call(Method::DELETE, &item, None);
    let bin = format!("/_apis/wit/recyclebin/{id}");
    world.call(Method::PATCH, &bin, Some(json!({"isDeleted": false})));
    let events: Vec<Json> = due(&mut world).iter().map(event).collect();
    let url = events[0]["resource"]["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/recyclebin/{id}")), "{url}");
    assert_eq!(events[1]["eventType"], "workitem.restored");
    let containers = &events[1]["resourceContainers"];
    assert_eq!(
        containers["project"]["id"],
        "6ce954b1-0000-4000-8000-000000000001"
    );
    assert!(containers["account"]["baseUrl"].is_string());
}

#[test]
fn the_version_decides_how_people_are_written() {
    for (version, expected) in [
        ("1.0", json!("Alice Abara <alice@acme.example>")),
        (
            "3.1-preview.3",
            json!({
                "name": "Alice Abara <alice@acme.example>",
                "displayName": "Alice Abara <alice@acme.example>",
                "uniqueName": "Alice Abara <alice@acme.example>",
            }),
        ),
    ] {
        let mut world = World::new();
        let mut body = terms("workitem.created");
        body["resourceVersion"] = json!(version);
        subscribe(&mut world, &body);
        world.story("t");
        let sent = event(&due(&mut world)[0]);
        assert_eq!(sent["resource"]["fields"]["System.CreatedBy"], expected);
    }
    let mut world = World::new();
    let mut body = terms("workitem.created");
    body["resourceVersion"] = json!("5.1-preview.3");
    subscribe(&mut world, &body);
    world.story("t");
    let sent = event(&due(&mut world)[0]);
    let who = &sent["resource"]["fields"]["System.CreatedBy"];
    assert_eq!(who["displayName"], "Alice Abara");
    assert_eq!(who["uniqueName"], "alice@acme.example");
}

#[test]
fn inputs_narrow_what_is_heard() {
    let mut world = World::new();
    for (kind, name, value) in [
        ("workitem.created", "workItemType", "Bug"),
        ("workitem.created", "areaPath", "Platform\\Web"),
        ("workitem.updated", "changedFields", "System.State"),
        ("workitem.commented", "commentPattern", "deploy"),
    ] {
        subscribe(&mut world, &narrowed(kind, name, value));
    }
    let mut elsewhere = terms("workitem.created");
    elsewhere["publisherInputs"]["projectId"] = json!("6ce954b1-0000-4000-8000-000000000002");
    subscribe(&mut world, &elsewhere);
    let story = world.story("s");
    assert_eq!(due(&mut world).len(), 0);
    let title = ("System.Title", json!("t"));
    world.create("Bug", std::slice::from_ref(&title));
    assert_eq!(due(&mut world).len(), 1);
    world.create(
        "Task",
        &[title, ("System.AreaPath", json!("Platform\\Web"))],
    );
    assert_eq!(due(&mut world).len(), 1);
    world.set(story, &[("System.Title", json!("u"))]);
    assert_eq!(due(&mut world).len(), 0);
    world.set(story, &[("System.State", json!("Active"))]);
    assert_eq!(due(&mut world).len(), 1);
    world.set(story, &[("System.History", json!("hello"))]);
    assert_eq!(due(&mut world).len(), 0);
    world.set(story, &[("System.History", json!("<b>Deploy</b> it"))]);
    assert_eq!(due(&mut world).len(), 1);
    let silent = format!("/_apis/wit/workitems/{story}?suppressNotifications=true");
    let state = sets("add", &[("System.State", json!("Resolved"))]);
    assert_eq!(world.call(Method::PATCH, &silent, Some(state)).0, 200);
    assert_eq!(due(&mut world).len(), 0);
}

#[test]
fn details_and_messages_are_sent_as_asked() {
    for (details, messages, check) in [
        (
            "minimal",
            "text",
            json!({"fields": false, "text": true, "html": false}),
        ),
        ("", "", json!({"fields": true, "text": true, "html": true})),
        (
            "none",
            "none",
            json!({"fields": false, "text": false, "html": false}),
        ),
    ] {
        let mut world = World::new();
        let mut body = terms("workitem.created");
        body["consumerInputs"]["resourceDetailsToSend"] = json!(details);
        body["consumerInputs"]["messagesToSend"] = json!(messages);
        subscribe(&mut world, &body);
        world.story("t");
        let sent = event(&due(&mut world)[0]);
        let found = json!({
            "fields": sent["resource"]["fields"].is_object(),
            "text": sent["message"]["text"].is_string(),
            "html": sent["message"]["html"].is_string(),
        });
        assert_eq!(found, check, "{details} {messages}");
    }
}

#[test]
fn a_passing_failure_is_retried_soon_and_a_success_ends_it() {
    let mut world = World::new();
    let id = subscribe(&mut world, &terms("workitem.created"));
    world.story("t");
    let mut posts = due(&mut world);
    for seconds in [1, 2, 4, 8] {
        hear(&mut world, &posts[0], Posted::Answered(503));
        world.now_ms += seconds * 1000 - 1;
        assert!(due(&mut world).is_empty(), "{seconds}");
        world.now_ms += 1;
        posts = due(&mut world);
        assert_eq!(posts.len(), 1, "{seconds}");
    }
    hear(&mut world, &posts[0], Posted::Answered(200));
    world.now_ms += 1_000_000;
    assert!(due(&mut world).is_empty());
    let history = world.get(&format!("{SUBSCRIPTIONS}/{id}/notifications"));
    let last = &history["value"][0];
    assert_eq!(
        (&last["status"], &last["result"]),
        (&json!("completed"), &json!("succeeded"))
    );
    assert_eq!(last["details"]["requestAttempts"], 5);
    let request = last["details"]["request"].as_str().unwrap();
    assert!(!request.contains("dTpw"), "no secret in the history");
}

#[test]
fn an_enduring_failure_is_a_probation_during_which_events_are_lost() {
    let mut world = World::new();
    let id = subscribe(&mut world, &terms("workitem.created"));
    world.story("first");
    let post = due(&mut world).remove(0);
    hear(&mut world, &post, Posted::Answered(500));
    assert_eq!(status(&mut world, &id)["status"], "onProbation");
    world.story("lost");
    assert!(due(&mut world).is_empty());
    world.now_ms += 20 * MINUTE_MS;
    let posts = due(&mut world);
    assert_eq!(
        event(&posts[0])["resource"]["fields"]["System.Title"],
        "first"
    );
    let during = status(&mut world, &id);
    assert_eq!(during["probationRetries"], 1);
    assert!(during["lastProbationRetryDate"].is_string());
    hear(&mut world, &posts[0], Posted::Answered(200));
    assert_eq!(status(&mut world, &id)["status"], "enabled");
    world.story("heard");
    assert_eq!(due(&mut world).len(), 1);
}

#[test]
fn seven_failures_disable_and_a_person_enables_again() {
    let mut world = World::new();
    let id = subscribe(&mut world, &terms("workitem.created"));
    world.story("first");
    let mut post = due(&mut world).remove(0);
    for minutes in [20, 40, 80, 160, 320, 640, 900] {
        hear(&mut world, &post, Posted::Answered(401));
        assert_eq!(status(&mut world, &id)["status"], "onProbation");
        world.now_ms += minutes * MINUTE_MS;
        post = due(&mut world).remove(0);
    }
    hear(&mut world, &post, Posted::Unanswered);
    assert_eq!(status(&mut world, &id)["status"], "disabledBySystem");
    world.story("lost");
    assert!(due(&mut world).is_empty());
    let mut again = status(&mut world, &id);
    assert_eq!(again["consumerInputs"]["basicAuthPassword"], "********");
    again["status"] = json!("enabled");
    let path = format!("{SUBSCRIPTIONS}/{id}");
    let (code, body) = world.call(Method::PUT, &path, Some(again));
    assert_eq!((code, &body["status"]), (200, &json!("enabled")));
    world.story("heard");
    let posts = due(&mut world);
    let kept = posts[0]
        .headers
        .iter()
        .any(|(_, value)| value == "Basic dTpw");
    assert!(kept, "a masked password means the stored one");
}

#[test]
fn a_receiver_that_is_gone_disables_at_once() {
    let mut world = World::new();
    let id = subscribe(&mut world, &terms("workitem.created"));
    world.story("t");
    world.story("waits");
    let posts = due(&mut world);
    hear(&mut world, &posts[0], Posted::Answered(410));
    assert_eq!(status(&mut world, &id)["status"], "disabledBySystem");
    hear(&mut world, &posts[1], Posted::Answered(503));
    world.now_ms += 10_000;
    assert!(
        due(&mut world).is_empty(),
        "nothing goes to who is disabled"
    );
    let path = format!("{SUBSCRIPTIONS}/{id}/notifications?result=failed&status=completed");
    assert_eq!(world.get(&path)["count"], 2);
}

#[test]
fn a_subscription_that_makes_no_sense_is_refused() {
    let mut world = World::new();
    let changed = |path: &str, value: Json| {
        let mut body = terms("workitem.commented");
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let mut pattern = terms("workitem.commented");
    pattern["publisherInputs"]["commentPattern"] = json!("a<b");
    let mut fields = terms("workitem.updated");
    fields["publisherInputs"]["changedFields"] = json!("Custom.None");
    for body in [
        changed("/publisherId", json!("git")),
        changed("/eventType", json!("workitem.exploded")),
        changed("/resourceVersion", json!("9.0")),
        changed("/consumerId", json!("slack")),
        changed("/consumerInputs/url", json!("ftp://x.example")),
        changed("/consumerInputs/url", json!("http://10.0.0.1/x")),
        changed("/consumerInputs/url", json!("http://hooks.example/x")),
        changed("/consumerInputs/httpHeaders", json!("no colon")),
        changed("/consumerInputs/basicAuthUsername", json!("a b")),
        changed("/consumerInputs", json!({})),
        changed("/publisherInputs", json!({"unknown": "x"})),
        pattern,
        fields,
    ] {
        let (status, answer) = world.call(Method::POST, SUBSCRIPTIONS, Some(body.clone()));
        assert_eq!(status, 400, "{body}");
        assert_eq!(answer["typeKey"], "SubscriptionInputException", "{answer}");
    }
    let elsewhere = changed("/publisherInputs/projectId", json!("nowhere"));
    assert_eq!(
        world.call(Method::POST, SUBSCRIPTIONS, Some(elsewhere)).0,
        404
    );
    assert_eq!(world.get(SUBSCRIPTIONS)["count"], 0);
}

#[test]
fn subscriptions_are_found_listed_and_deleted() {
    let mut world = World::new();
    let id = subscribe(&mut world, &terms("workitem.created"));
    subscribe(&mut world, &terms("workitem.updated"));
    assert_eq!(world.get(SUBSCRIPTIONS)["count"], 2);
    let list = world.get(&format!("{SUBSCRIPTIONS}?eventType=workitem.updated"));
    assert_eq!(list["count"], 1);
    let condition =
        json!({"inputId": "url", "operator": "equals", "inputValue": "http://127.0.0.1:9/hook"});
    let query = json!({
        "publisherId": "tfs",
        "eventType": "workitem.created",
        "consumerInputFilters": [{"conditions": [condition]}],
    });
    let (status, found) = world.call(Method::POST, "/_apis/hooks/subscriptionsquery", Some(query));
    assert_eq!(status, 200);
    assert_eq!(found["results"][0]["id"], id.as_str());
    assert!(found["results"][0]["publisherInputs"]["tfsSubscriptionId"].is_string());
    let traced = json!({"deliveryTracing": {"enabled": true}});
    let path = format!("{SUBSCRIPTIONS}/{id}/diagnostics");
    let (_, traces) = world.call(Method::PUT, &path, Some(traced));
    assert_eq!(traces["deliveryTracing"]["enabled"], true);
    assert_eq!(world.get(&path)["evaluationTracing"]["enabled"], false);
    world.story("t");
    let query = json!({"subscriptionIds": [id], "includeDetails": true});
    let (_, found) = world.call(Method::POST, "/_apis/hooks/notificationsquery", Some(query));
    assert_eq!(
        found["results"][0]["details"]["eventType"],
        "workitem.created"
    );
    assert_eq!(found["summary"][0]["results"][0]["notificationCount"], 1);
    let path = format!("{SUBSCRIPTIONS}/{id}");
    assert_eq!(world.call(Method::DELETE, &path, None).0, 204);
    assert_eq!(world.call(Method::GET, &path, None).0, 404);
    assert!(due(&mut world).is_empty(), "what waited for it is gone");
}

#[test]
fn a_test_is_sent_without_a_subscription() {
    let mut world = World::new();
    let id = world.story("real");
    let mut details = terms("workitem.updated");
    details["consumerInputs"]["url"] = json!("http://127.0.0.1:9/test");
    let body = Some(json!({"details": details}));
    let path = "/_apis/hooks/testnotifications?useRealData=true";
    let (status, made) = world.call(Method::POST, path, body.clone());
    assert_eq!((status, &made["status"]), (200, &json!("queued")), "{made}");
    let posts = due(&mut world);
    assert_eq!(posts[0].url, "http://127.0.0.1:9/test");
    assert_eq!(event(&posts[0])["resource"]["workItemId"], id);
    hear(&mut world, &posts[0], Posted::Answered(500));
    world.now_ms += 1_000_000_000;
    assert!(due(&mut world).is_empty(), "a test is not tried again");
    let path = format!(
        "{SUBSCRIPTIONS}/00000000-0000-0000-0000-000000000000/notifications/{}",
        made["id"]
    );
    assert_eq!(world.get(&path)["result"], "failed");
    let (_, canned) = world.call(Method::POST, "/_apis/hooks/testnotifications", body);
    assert_eq!(canned["details"]["event"]["resource"]["workItemId"], 1);
    assert_eq!(world.get(SUBSCRIPTIONS)["count"], 0);
}

#[test]
fn clients_find_what_may_be_subscribed_to() {
    let mut world = World::new();
    let publishers = world.get("/_apis/hooks/publishers");
    assert_eq!(
        publishers["value"][0]["supportedEvents"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    assert_eq!(
        world.get("/_apis/hooks/publishers/tfs/eventTypes")["count"],
        5
    );
    let kind = world.get("/_apis/hooks/publishers/tfs/eventTypes/workitem.updated");
    assert_eq!(kind["inputDescriptors"][2]["id"], "changedFields");
    let action = world.get("/_apis/hooks/consumers/webHooks/actions/httpRequest");
    assert_eq!(action["inputDescriptors"][3]["isConfidential"], true);
    for path in [
        "publishers/git",
        "consumers/slack",
        "publishers/tfs/eventTypes/x",
    ] {
        let path = format!("/_apis/hooks/{path}");
        assert_eq!(world.call(Method::GET, &path, None).0, 404, "{path}");
    }
    let ask = json!({
        "currentValues": {"projectId": "Platform"},
        "inputValues": [{"inputId": "areaPath"}, {"inputId": "workItemType"}],
    });
    let path = "/_apis/hooks/publishers/tfs/inputValuesQuery";
    let (status, found) = world.call(Method::POST, path, Some(ask));
    assert_eq!(status, 200);
    assert_eq!(
        found["inputValues"][0]["possibleValues"][2]["value"],
        "Platform\\Web"
    );
}

#[test]
fn an_organisation_has_so_many_subscriptions_and_no_more() {
    let mut world = World::new();
    for _ in 0..200 {
        subscribe(&mut world, &terms("workitem.created"));
    }
    let (status, _) = world.call(Method::POST, SUBSCRIPTIONS, Some(terms("workitem.created")));
    assert_eq!(status, 503);
    world.story("t");
    let posts = world.services.due_posts(world.now_ms, 150);
    assert_eq!(posts.len(), 150, "no more at once than the carrier takes");
    assert_eq!(due(&mut world).len(), 50);
    for post in &posts {
        hear(&mut world, post, Posted::Answered(200));
    }
    world.services.reset();
    assert_eq!(world.get(SUBSCRIPTIONS)["count"], 0);
}

#[test]
fn what_a_link_or_an_edit_of_a_comment_tells() {
    let mut world = World::new();
    let (parent, child) = (world.story("p"), world.story("c"));
    subscribe(
        &mut world,
        &narrowed("workitem.updated", "linksChanged", "true"),
    );
    world.set(child, &[("System.Title", json!("d"))]);
    assert!(due(&mut world).is_empty());
    world.link(child, "System.LinkTypes.Hierarchy-Reverse", parent);
    let posts = due(&mut world);
    assert_eq!(posts.len(), 1);
    let resource = event(&posts[0])["resource"].clone();
    assert_eq!(resource["workItemId"], child);
    assert_eq!(resource.get("fields"), None, "a link is no revision");
    let added = &resource["relations"]["added"][0];
    assert_eq!(added["rel"], "System.LinkTypes.Hierarchy-Reverse");
    assert!(resource["revision"]["relations"].is_array());
    subscribe(&mut world, &terms("workitem.commented"));
    let comments = format!("/Platform/_apis/wit/workItems/{child}/comments");
    let (_, made) = world.call(Method::POST, &comments, Some(json!({"text": "a"})));
    assert_eq!(due(&mut world).len(), 1);
    let comment = format!("{comments}/{}", made["id"]);
    world.call(Method::PATCH, &comment, Some(json!({"text": "b"})));
    world.call(Method::DELETE, &comment, None);
    assert!(due(&mut world).is_empty());
}
