//! Fields and the options of those that have some.

use serde_json::{Value, json};

use super::ok;
use crate::jira::Cloud;
use crate::jira::call::{Call, Page};
use crate::jira::option;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{FIELDS, Field, Screen};

/// A field's `schema`.
pub(crate) fn schema(field: &Field) -> Value {
    let mut schema = json!({"type": field.kind});
    if let Some(items) = field.items {
        schema["items"] = json!(items);
    }
    match field.custom {
        Some((custom, id)) => {
            schema["custom"] = json!(custom);
            schema["customId"] = json!(id);
        }
        None => schema["system"] = json!(field.id),
    }
    schema
}

fn field_document(field: &Field) -> Value {
    json!({
        "id": field.id,
        "key": field.id,
        "name": field.name,
        "custom": field.custom.is_some(),
        "orderable": field.screen != Screen::None,
        "navigable": field.id != "comment",
        "searchable": true,
        "clauseNames": [field.id],
        "schema": schema(field),
    })
}

/// `GET /field`.
pub(crate) fn fields() -> Outcome {
    ok(&FIELDS.iter().map(field_document).collect())
}

/// `GET /field/search`.
pub(crate) fn field_search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let page = Page::of(call, 50, 100);
    let query = call
        .request
        .query("query")
        .unwrap_or_default()
        .to_lowercase();
    let custom = call.request.query("type");
    let fits = |it: &&Field| {
        it.name.to_lowercase().contains(&query)
            && custom.is_none_or(|kind| (kind == "custom") == it.custom.is_some())
    };
    let found: Vec<&Field> = FIELDS.iter().filter(fits).collect();
    let row = |it: &&Field| json!({"id": it.id, "name": it.name, "schema": schema(it), "description": ""});
    let rows: Vec<Value> = page.cut(&found).iter().map(row).collect();
    Ok(page.document(
        &cloud.view(call).link("field/search"),
        "values",
        rows,
        found.len(),
    ))
}

/// `GET /customFieldOption/{id}`.
pub(crate) fn field_option(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let option = id.parse().ok().and_then(|id| cloud.store.options.get(id));
    let option = option.ok_or_else(|| Refusal::message(404, "The option was not found."))?;
    let mut document = option::brief(&cloud.view(call), option);
    if let Some(document) = document.as_object_mut() {
        document.remove("id");
    }
    ok(&document)
}
