//! The API's description of itself, OpenAPI 3.1.

use serde_json::{Map, Value, json};

use crate::backend::Command;
use crate::limit;

/// The document at `/api/v1/openapi.json`. Every path is relative to the endpoint's address.
pub(crate) fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Counterpart, administration",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a running node says and does. Loopback addresses only.",
        },
        "security": [{ "bearer": [] }],
        "paths": paths(),
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Error": error() },
        },
    })
}

fn paths() -> Value {
    let mut paths = Map::new();
    let mut add = |path: &str, item: Value| paths.insert(path.to_owned(), item);
    add(
        "/healthz",
        json!({ "get": open("Whether the process is alive", &["200"]) }),
    );
    add(
        "/readyz",
        json!({ "get": open("Whether the node can do its work", &["200", "503"]) }),
    );
    add(
        "/metrics",
        json!({ "get": guarded("Numbers as Prometheus text", &[], &[]) }),
    );
    add(
        "/api/v1/openapi.json",
        json!({ "get": guarded("This document", &[], &[]) }),
    );
    add(
        "/api/v1/status",
        json!({ "get": guarded("All tenants and profiles in numbers", &[], &["503"]) }),
    );
    add(
        "/api/v1/pairs",
        json!({ "get": guarded("One page of pairs", &page(), &["400", "503"]) }),
    );
    let problems = [text("tenant"), switch("all")];
    add(
        "/api/v1/problems",
        json!({ "get": guarded("What a person should look at", &problems, &["400", "503"]) }),
    );
    let chosen = [text("tenant")];
    add(
        "/api/v1/backups",
        json!({
            "get": guarded("What the node knows of its backups", &[], &["503"]),
            "post": guarded("Make a backup of a tenant or of all", &chosen, &["400", "404", "503"]),
        }),
    );
    let one = [id(), text("tenant"), text("profile")];
    let codes = ["400", "404", "503"];
    add(
        "/api/v1/pairs/{id}",
        json!({ "get": guarded("One pair", &one, &codes) }),
    );
    add(
        "/api/v1/pairs/{id}/why",
        json!({ "get": guarded("What was done to a pair, and why", &one, &codes) }),
    );
    for command in Command::ALL {
        let (path, title) = order(command);
        add(
            &path,
            json!({ "post": guarded(title, &one, &["400", "404", "409", "503"]) }),
        );
    }
    let extended = [tenant(), minutes()];
    add(
        "/api/v1/tenants/{tenant}/extended",
        json!({ "post": guarded("Log what the remotes say when they refuse, for a while", &extended, &codes) }),
    );
    add("/api/v1/tickets", json!({ "post": ticket() }));
    add("/hooks/{profile}/{side}", json!({ "post": hook() }));
    Value::Object(paths)
}

fn tenant() -> Value {
    json!({ "name": "tenant", "in": "path", "required": true, "schema": { "type": "string" } })
}

fn minutes() -> Value {
    let range =
        json!({ "type": "integer", "minimum": 0, "maximum": model::limit::EXTENDED_MINUTES });
    json!({ "name": "minutes", "in": "query", "required": true, "schema": range })
}

fn order(command: Command) -> (String, &'static str) {
    let title = match command {
        Command::Park => "Leave a pair alone until it is resumed",
        Command::Resume => "Go on with a parked pair",
        Command::Resync => "Read both items of a pair again and compare them",
    };
    (format!("/api/v1/pairs/{{id}}/{command}"), title)
}

/// An operation that asks for no token.
fn open(title: &str, codes: &[&str]) -> Value {
    json!({ "summary": title, "security": [], "responses": responses(codes) })
}

/// An operation that asks for the token and answers 200 when all is well.
fn guarded(title: &str, parameters: &[Value], codes: &[&str]) -> Value {
    let mut all = vec!["200", "401"];
    all.extend_from_slice(codes);
    json!({ "summary": title, "parameters": parameters, "responses": responses(&all) })
}

fn ticket() -> Value {
    let title = "A link to the console that works once";
    json!({ "summary": title, "responses": responses(&["201", "401", "503"]) })
}

fn hook() -> Value {
    json!({
        "summary": "A remote says that there is something new; the body is dropped",
        "security": [],
        "parameters": [
            { "name": "profile", "in": "path", "required": true, "schema": { "type": "string" } },
            { "name": "side", "in": "path", "required": true, "schema": { "enum": ["jira", "azure"] } },
        ],
        "responses": responses(&["202", "404", "413"]),
    })
}

/// The body of every refusal.
fn error() -> Value {
    let text = json!({ "type": "string" });
    let inner = json!({
        "type": "object",
        "required": ["code", "message"],
        "properties": { "code": text, "message": text },
    });
    json!({ "type": "object", "required": ["error"], "properties": { "error": inner } })
}

fn responses(codes: &[&str]) -> Value {
    let answer = |code: &&str| {
        let error =
            json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } });
        let (text, body) = match *code {
            "200" => ("Done", None),
            "201" => ("Made", None),
            "202" => ("Heard", None),
            "400" => ("The request is wrong", Some(error)),
            "401" => ("The token is missing or wrong", Some(error)),
            "404" => ("There is no such thing", Some(error)),
            "409" => ("The order does not fit the pair's state", Some(error)),
            "413" => ("The body is too long", Some(error)),
            _ => ("Not now", Some(error)),
        };
        let mut value = json!({ "description": text });
        if let (Some(body), Some(object)) = (body, value.as_object_mut()) {
            object.insert("content".to_owned(), body);
        }
        ((*code).to_owned(), value)
    };
    Value::Object(codes.iter().map(answer).collect())
}

fn page() -> [Value; 4] {
    let size = json!({ "type": "integer", "minimum": 1, "maximum": limit::PAGE_MAX, "default": limit::PAGE });
    let size = json!({ "name": "limit", "in": "query", "schema": size });
    [text("tenant"), text("profile"), text("after"), size]
}

fn text(name: &str) -> Value {
    let schema = json!({ "type": "string", "maxLength": limit::PARAMETER_BYTES });
    json!({ "name": name, "in": "query", "schema": schema })
}

fn switch(name: &str) -> Value {
    json!({ "name": name, "in": "query", "schema": { "type": "boolean", "default": false } })
}

fn id() -> Value {
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": "The issue's key or the work item's number, such as WEB-12 or 4711",
        "schema": { "type": "string", "maxLength": model::limit::KEY_CHARS },
    })
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::route::Route;

    #[test]
    fn every_described_path_is_there_for_its_method() {
        let paths = paths();
        for (path, item) in paths.as_object().expect("paths") {
            let path = path
                .replace("{id}", "WEB-1")
                .replace("{profile}", "web")
                .replace("{tenant}", "acme")
                .replace("{side}", "jira");
            for (method, operation) in item.as_object().expect("methods") {
                let method: Method = method.to_uppercase().parse().expect("a method");
                let parameters = operation["parameters"].as_array();
                let asked = |given: &&Value| given["in"] == "query" && given["required"] == true;
                let asked = parameters.into_iter().flatten().filter(asked);
                let query: Vec<String> = asked
                    .map(|given| format!("{}=1", given["name"].as_str().expect("a name")))
                    .collect();
                let found = Route::find(&method, &path, Some(&query.join("&")));
                assert!(found.is_ok(), "{method} {path}: {found:?}");
            }
        }
    }
}
