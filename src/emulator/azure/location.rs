//! The location service: what `OPTIONS {organization}/_apis` and `resourceAreas` tell public
//! clients, which build their addresses from these templates (azure.md 1). The ids are those that
//! the clients look for.

mod around;
mod talk;

use serde_json::{Value as Json, json};

/// One resource: id, area, name, route template, highest resource version.
type Row = (&'static str, &'static str, &'static str, &'static str, u32);

const ROWS: [Row; 22] = [
    (
        "e81700f7-3be2-46de-8624-2eb35882fcaa",
        "Location",
        "ResourceAreas",
        "_apis/{resource}/{areaId}",
        1,
    ),
    (
        "00d9565f-ed9c-4a06-9a50-00e7896ccab4",
        "Location",
        "ConnectionData",
        "_apis/{resource}",
        1,
    ),
    (
        "603fe2ac-9723-48b9-88ad-09305aa6c6e1",
        "core",
        "projects",
        "_apis/{resource}/{*projectId}",
        4,
    ),
    (
        "62d3d110-0047-428c-ad3c-4fe872c91c74",
        "wit",
        "workItems",
        "{project}/_apis/{area}/{resource}/${type}",
        3,
    ),
    (
        "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b",
        "wit",
        "workItems",
        "{project}/_apis/{area}/{resource}/{id}",
        3,
    ),
    (
        "908509b6-4248-4475-a1cd-829139ba419f",
        "wit",
        "workItemsBatch",
        "{project}/_apis/{area}/{resource}",
        1,
    ),
    (
        "1a9c53f7-f243-4447-b110-35ef023636e4",
        "wit",
        "wiql",
        "{project}/{team}/_apis/{area}/{resource}",
        2,
    ),
    (
        "6570bf97-d02c-4a91-8d93-3abe9895b1a9",
        "wit",
        "updates",
        "{project}/_apis/{area}/workItems/{id}/{resource}/{updateNumber}",
        3,
    ),
    (
        "a00c85a5-80fa-4565-99c3-bcd2181434bb",
        "wit",
        "revisions",
        "{project}/_apis/{area}/workItems/{id}/{resource}/{revisionNumber}",
        3,
    ),
    (
        "608aac0a-32e1-4493-a863-b9cf4566d257",
        "wit",
        "comments",
        "{project}/_apis/{area}/workItems/{workItemId}/{resource}/{commentId}",
        4,
    ),
    (
        "49e03b34-3be0-42e3-8a5d-e8dfb88ac954",
        "wit",
        "commentsVersions",
        "{project}/_apis/{area}/workItems/{workItemId}/comments/{commentId}/versions/{version}",
        1,
    ),
    (
        "f828fe59-dd87-495d-a17c-7a8d6211ca6c",
        "wit",
        "workItemRevisions",
        "{project}/_apis/{area}/reporting/{resource}",
        2,
    ),
    (
        "b5b5b6d0-0308-40a1-b3f4-b9bb3c66878f",
        "wit",
        "workItemLinks",
        "{project}/_apis/{area}/reporting/{resource}",
        3,
    ),
    (
        "b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94",
        "wit",
        "fields",
        "{project}/_apis/{area}/{resource}/{fieldNameOrRefName}",
        3,
    ),
    (
        "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "wit",
        "workItemTypes",
        "{project}/_apis/{area}/{resource}/{type}",
        2,
    ),
    (
        "7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "wit",
        "workItemTypeStates",
        "{project}/_apis/{area}/workItemTypes/{type}/states",
        1,
    ),
    (
        "bd293ce5-3d25-4192-8e67-e8092e879efb",
        "wit",
        "workItemTypesField",
        "{project}/_apis/{area}/workItemTypes/{type}/fields/{field}",
        3,
    ),
    (
        "f5d33bc9-5b49-4a3c-a9bd-f3cd46dd2165",
        "wit",
        "workItemRelationTypes",
        "_apis/{area}/{resource}/{relation}",
        2,
    ),
    (
        "a70579d1-f53a-48ee-a5be-7be8659023b9",
        "wit",
        "classificationNodes",
        "{project}/_apis/{area}/{resource}",
        2,
    ),
    (
        "5a172953-1b41-49d3-840a-33f79c3ce89f",
        "wit",
        "classificationNodes",
        "{project}/_apis/{area}/{resource}/{structureGroup}/{*path}",
        2,
    ),
    (
        "bc15bc60-e7a8-43cb-ab01-2106be3983a1",
        "wit",
        "tags",
        "{project}/_apis/{area}/{resource}/{tagIdOrName}",
        1,
    ),
    (
        "b70d8d39-926c-465e-b927-b1bf0e5ca0e0",
        "wit",
        "recycleBin",
        "{project}/_apis/{area}/{resource}/{id}",
        2,
    ),
];

/// Areas: id and name.
const AREAS: [(&str, &str); 3] = [
    ("5264459e-e5e0-4bd8-b118-0985e68a4ec5", "wit"),
    ("79134c72-4a58-4b42-976c-04e7115f32bf", "core"),
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location"),
];

/// The answer to `OPTIONS {organization}/_apis[/{area}]`: the locations of one area or of all.
pub(crate) fn locations(area: Option<&str>) -> Json {
    let all = ROWS.iter().chain(&talk::ROWS).chain(around::ROWS);
    let wanted = |row: &&Row| area.is_none_or(|area| row.1.eq_ignore_ascii_case(area));
    let rows: Vec<Json> = all.filter(wanted).map(location).collect();
    json!({"count": rows.len(), "value": rows})
}

fn location((id, area, name, template, version): &Row) -> Json {
    let previews = [
        "comments",
        "commentsVersions",
        "commentsReactions",
        "commentsReactionsUsers",
        "ConnectionData",
    ];
    let preview = previews.contains(name)
        || matches!(*area, "Graph" | "Profile")
        || *id == "7a4d9ee9-3433-4347-b47a-7a80f1cf307e";
    let released = if preview { "0.0" } else { "7.1" };
    json!({
        "id": id,
        "area": area,
        "resourceName": name,
        "routeTemplate": template,
        "resourceVersion": version,
        "minVersion": "1.0",
        "maxVersion": "7.2",
        "releasedVersion": released,
    })
}

/// All areas, or the one with this id or name.
pub(crate) fn areas(wanted: Option<&str>, base: &str) -> Option<Json> {
    let row = |(id, name): &(&str, &str)| json!({"id": id, "name": name, "locationUrl": format!("{base}/")});
    match wanted {
        None => {
            let rows: Vec<Json> = AREAS.iter().chain(around::AREAS).map(row).collect();
            Some(json!({"count": rows.len(), "value": rows}))
        }
        Some(wanted) => AREAS
            .iter()
            .chain(around::AREAS)
            .find(|(id, name)| id.eq_ignore_ascii_case(wanted) || name.eq_ignore_ascii_case(wanted))
            .map(row),
    }
}
