//! What may be subscribed to and who may be told: the publisher of work item events, the consumer that posts them.

use serde_json::{Value as Json, json};

use super::topic::{TOPICS, Topic};

/// The publisher.
pub(crate) fn publisher(base: &str) -> Json {
    let events: Vec<Json> = TOPICS.iter().map(|topic| topic.json(base)).collect();
    let input = |id: &str, name: &str| {
        json!({
            "id": id,
            "name": name,
            "description": format!("{name} to which events belong"),
            "inputMode": "none",
            "isConfidential": false,
            "useInDefaultDescription": false,
            "validation": {"dataType": "guid"},
        })
    };
    let url = format!("{base}/_apis/hooks/publishers/tfs");
    json!({
        "id": "tfs",
        "url": url,
        "name": "Azure DevOps Services",
        "description": "Publishes events of Azure DevOps Services",
        "serviceInstanceType": "00025394-6065-48ca-87d9-7f5672854ef7",
        "supportedEvents": events,
        "inputDescriptors": [input("projectId", "Project"), input("teamId", "Team")],
        "_links": {"self": {"href": url}},
    })
}

/// Event types of the publisher.
pub(crate) fn event_types(base: &str) -> Vec<Json> {
    TOPICS.iter().map(|topic| topic.json(base)).collect()
}

/// One event type.
pub(crate) fn event_type(id: &str, base: &str) -> Option<Json> {
    Topic::parse(id).map(|topic| topic.json(base))
}

/// The consumer.
pub(crate) fn consumer(base: &str) -> Json {
    let url = format!("{base}/_apis/hooks/consumers/webHooks");
    json!({
        "id": "webHooks",
        "url": url,
        "name": "Web Hooks",
        "description": "Posts events over HTTP",
        "authenticationType": "none",
        "inputDescriptors": [],
        "actions": [action(base)],
        "_links": {"self": {"href": url}},
    })
}

/// The consumer's one action.
pub(crate) fn action(base: &str) -> Json {
    let url = format!("{base}/_apis/hooks/consumers/webHooks/actions/httpRequest");
    json!({
        "id": "httpRequest",
        "consumerId": "webHooks",
        "url": url,
        "name": "Post via HTTP",
        "description": "Posts an event as JSON to an address",
        "supportedEventTypes": ["*"],
        "supportedResourceVersions": {},
        "allowResourceVersionOverride": true,
        "inputDescriptors": inputs(),
        "_links": {"self": {"href": url}},
    })
}

fn inputs() -> Vec<Json> {
    let words = ["text", "html", "markdown", "none"];
    let secret =
        json!({"dataType": "string", "pattern": "^[\\S]+$", "minLength": 1, "maxLength": 256});
    let text = json!({"dataType": "string"});
    vec![
        input(
            "url",
            "URL",
            "textBox",
            &json!({"dataType": "uri", "isRequired": true}),
        ),
        input("httpHeaders", "HTTP headers", "textArea", &text),
        input(
            "basicAuthUsername",
            "Basic authentication username",
            "textBox",
            &secret,
        ),
        input(
            "basicAuthPassword",
            "Basic authentication password",
            "passwordBox",
            &secret,
        ),
        choice(
            "resourceDetailsToSend",
            "Resource details to send",
            &["minimal", "none"],
        ),
        choice("messagesToSend", "Messages to send", &words),
        choice(
            "detailedMessagesToSend",
            "Detailed messages to send",
            &words,
        ),
        input(
            "acceptUntrustedCerts",
            "Accept untrusted certificates",
            "checkBox",
            &json!({"dataType": "boolean"}),
        ),
    ]
}

fn input(id: &str, name: &str, mode: &str, validation: &Json) -> Json {
    json!({
        "id": id,
        "name": name,
        "description": name,
        "inputMode": mode,
        "isConfidential": mode == "passwordBox",
        "useInDefaultDescription": false,
        "validation": validation,
    })
}

fn choice(id: &str, name: &str, words: &[&str]) -> Json {
    let mut json = input(id, name, "combo", &json!({"dataType": "string"}));
    let mut values = vec![json!({"value": "", "displayValue": "All"})];
    values.extend(words.iter().map(|w| json!({"value": w, "displayValue": w})));
    json["values"] = json!({
        "inputId": id,
        "defaultValue": "",
        "possibleValues": values,
        "isLimitedToPossibleValues": true,
    });
    json
}
