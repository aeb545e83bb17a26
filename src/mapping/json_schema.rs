//! The JSON Schema of the profile file, for editors.

use serde_json::{Map, Value, json};

use crate::compile::words::{self, DIRECTIONS, POLICIES};
use crate::rule::Kind;

/// The JSON Schema (2020-12) of the profile file. It says what a file may look like; what a file must agree with itself in
/// (names that refer to each other, kinds of fields) only [`crate::Profile::compile`] can tell.
#[must_use]
pub fn schema_json() -> Value {
    let mut properties = head();
    properties.extend(tables());
    properties.extend(options());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Counterpart profile",
        "description": "What is kept in step between which projects, and how.",
        "type": "object",
        "properties": properties,
        "required": ["name", "jira", "azure", "scope", "type"],
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "pattern": "\\S", "description": description })
}

fn flag(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

fn one_of<'a>(words: impl Iterator<Item = &'a str>, description: &str) -> Value {
    let words: Vec<&str> = words.collect();
    json!({ "enum": words, "description": description })
}

fn table(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn rows(row: &Value, description: &str) -> Value {
    json!({ "type": "array", "items": row, "description": description })
}

fn plain() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

fn pair_of(cell: &Value) -> Value {
    json!({ "type": "array", "prefixItems": [cell, cell], "minItems": 2, "maxItems": 2 })
}

fn direction(description: &str) -> Value {
    one_of(DIRECTIONS.iter().map(|(word, _)| *word), description)
}

fn switch(description: &str) -> Value {
    one_of(words::SWITCHES.iter().map(|(word, _)| *word), description)
}

fn policy(description: &str) -> Value {
    one_of(POLICIES.iter().map(|(word, _)| *word), description)
}

/// Collects named parts.
fn object<const N: usize>(parts: [(&str, Value); N]) -> Map<String, Value> {
    parts
        .into_iter()
        .map(|(name, part)| (name.to_owned(), part))
        .collect()
}

fn head() -> Map<String, Value> {
    let remote = |url: &str| {
        let parts = json!({
            "url": { "type": "string", "pattern": "^https?://", "description": url },
            "credential": text("The name of the credential, never the secret itself."),
        });
        table(&parts, &["url", "credential"])
    };
    object([
        (
            "name",
            text("The profile's name: letters, digits, '-', '_' and '.'."),
        ),
        (
            "direction",
            direction("Which way things go; every rule may override it."),
        ),
        (
            "conflict",
            policy("Who wins when both sides changed one field; every rule may override it."),
        ),
        ("jira", remote("The root address of the Jira site.")),
        (
            "azure",
            remote("The address of the organisation or collection."),
        ),
    ])
}

fn tables() -> Map<String, Value> {
    let scope = json!({
        "jira": table(
            &json!({ "project": text("The project's key."), "filter": text("A JQL condition.") }),
            &["project"],
        ),
        "azure": table(
            &json!({
                "project": text("The project's name."),
                "area": text("The area path below which items are covered."),
                "filter": text("A WIQL condition."),
            }),
            &["project"],
        ),
    });
    let kind = json!({ "jira": text("An issue type."), "azure": text("A work item type.") });
    let state = json!({
        "jira": text("A status."),
        "azure": text("A state."),
        "type": text("The Jira type that the row is limited to."),
    });
    let user = json!({
        "jira": text("The account id on Cloud, the name on Data Center."),
        "azure": text("The unique name."),
        "azure_id": text("The id of the identity; with it, mentions of the person stay mentions and notify."),
    });
    let some = |row: &Value, description: &str| {
        let mut rows = rows(row, description);
        rows["minItems"] = json!(1);
        rows
    };
    object([
        (
            "scope",
            some(&table(&scope, &["jira", "azure"]), "The pairs of projects."),
        ),
        (
            "type",
            some(&table(&kind, &["jira", "azure"]), "The pairs of types."),
        ),
        ("field", rows(&field(), "The rules.")),
        (
            "state",
            rows(&table(&state, &["jira", "azure"]), "The pairs of states."),
        ),
        (
            "user",
            rows(&table(&user, &["jira", "azure"]), "The pairs of people."),
        ),
    ])
}

fn field() -> Value {
    let fixed = json!({ "jira": plain(), "azure": plain() });
    let mut fixed = table(&fixed, &[]);
    fixed["minProperties"] = json!(1);
    let kinds = Kind::WORDS
        .iter()
        .map(|(word, _)| *word)
        .filter(|word| *word != Kind::State.as_str());
    let parts = json!({
        "name": text("The rule's name; the Jira field's id when left out."),
        "jira": text("The Jira field's id."),
        "azure": text("The Azure DevOps field's reference name."),
        "kind": one_of(kinds, "What custom fields hold."),
        "types": { "type": "array", "items": text("A Jira type."), "minItems": 1 },
        "values": { "type": "array", "items": pair_of(&plain()), "minItems": 1 },
        "otherwise": { "oneOf": [{ "enum": ["skip", "error"] }, fixed] },
        "direction": direction("Which way the field goes."),
        "conflict": policy("Who wins when both sides changed the field."),
    });
    table(&parts, &["jira", "azure"])
}

fn options() -> Map<String, Value> {
    let comments = json!({
        "direction": switch("Which way comments go."),
        "author_line": flag("Whether the attribution line names the author."),
    });
    let attachments = json!({
        "direction": switch("Which way attachments go."),
        "max_bytes": { "type": "integer", "minimum": 1 },
        "types": { "type": "array", "items": { "type": "string", "pattern": "^[^/]+/[^/]+$" } },
    });
    let links = json!({
        "direction": switch("Which way links go."),
        "hierarchy": flag("Whether parents and children are kept in step."),
        "cross_project": flag("Whether links that leave the profile's projects are carried."),
        "types": { "type": "array", "items": pair_of(&text("A link type.")) },
    });
    let deletion = one_of(
        words::DELETIONS.iter().map(|(word, _)| *word),
        "What happens here when the twin was deleted.",
    );
    let deletions = json!({ "jira": deletion, "azure": deletion });
    object([
        ("comments", table(&comments, &[])),
        ("attachments", table(&attachments, &[])),
        ("links", table(&links, &[])),
        ("deletions", table(&deletions, &[])),
        (
            "example",
            rows(
                &example(),
                "Mapping tests: given one side, expect the other.",
            ),
        ),
    ])
}

fn example() -> Value {
    let values = json!({ "type": ["string", "number", "boolean", "array"], "items": plain() });
    let fields = json!({ "type": "object", "additionalProperties": values });
    let parts = json!({
        "name": text("What the example is called."),
        "from": { "enum": ["jira", "azure"], "description": "The side that is given." },
        "type": text("The Jira type of the pair."),
        "jira": fields,
        "azure": fields,
    });
    table(&parts, &["from", "type", "jira", "azure"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::words as keys;

    fn as_json(profile: &str) -> Value {
        let table: toml::Table = profile.parse().unwrap();
        serde_json::to_value(table).unwrap()
    }

    #[test]
    fn the_sample_fulfils_the_schema() {
        let validator = jsonschema::draft202012::new(&schema_json()).unwrap();
        let sample = as_json(crate::SAMPLE);
        let errors: Vec<String> = validator
            .iter_errors(&sample)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }

    #[test]
    fn what_the_schema_forbids_does_not_compile_either() {
        let validator = jsonschema::draft202012::new(&schema_json()).unwrap();
        for (from, to) in [
            ("direction = \"both\"", "direction = \"sideways\""),
            ("conflict = \"latest\"", "conflcit = \"latest\""),
            ("name = \"web-to-platform\"", ""),
            ("[\"Highest\", 1]", "[\"Highest\", 1, 2]"),
            ("otherwise = \"skip\"", "otherwise = {}"),
            ("author_line = true", "author_line = \"yes\""),
            ("credential = \"jira-sync\"", "secret = \"jira-sync\""),
            ("azure = \"System.Tags\"", "azure = 5"),
        ] {
            let broken = crate::SAMPLE.replacen(from, to, 1);
            assert_ne!(broken, crate::SAMPLE, "{from}");
            assert!(!validator.is_valid(&as_json(&broken)), "{to}");
            assert!(
                crate::Profile::compile(&broken, "broken.toml").is_err(),
                "{to}"
            );
        }
    }

    fn properties(schema: &Value, pointer: &str) -> Vec<String> {
        let found = schema.pointer(&format!("{pointer}/properties"));
        let names = found.and_then(Value::as_object).unwrap().keys();
        let mut names: Vec<String> = names.cloned().collect();
        names.sort();
        names
    }

    #[test]
    fn the_schema_and_the_reader_know_the_same_keys() {
        let schema = schema_json();
        let tables: [(&str, &[&str]); 14] = [
            ("", &keys::TOP),
            ("/properties/jira", &keys::REMOTE),
            ("/properties/azure", &keys::REMOTE),
            ("/properties/scope/items", &keys::SCOPE),
            ("/properties/scope/items/properties/jira", &keys::SCOPE_JIRA),
            (
                "/properties/scope/items/properties/azure",
                &keys::SCOPE_AZURE,
            ),
            ("/properties/type/items", &keys::TYPE),
            ("/properties/field/items", &keys::FIELD),
            ("/properties/state/items", &keys::STATE),
            ("/properties/user/items", &keys::USER),
            ("/properties/comments", &keys::COMMENTS),
            ("/properties/attachments", &keys::ATTACHMENTS),
            ("/properties/links", &keys::LINKS),
            ("/properties/example/items", &keys::EXAMPLE),
        ];
        for (pointer, known) in tables {
            let mut known: Vec<&str> = known.to_vec();
            known.sort_unstable();
            assert_eq!(properties(&schema, pointer), known, "{pointer}");
        }
    }
}
