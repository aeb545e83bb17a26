//! What may be done with a resource, for the `Allow` of a 405.

use super::route::Resource;

/// Resources on which one can do something else than GET, by their templates.
const METHODS: &[(&str, &str)] = &[
    ("/_apis/wit/wiql", "POST"),
    ("/_apis/wit/workitemsbatch", "POST"),
    ("/_apis/wit/workitems/{id}", "GET, PATCH, DELETE"),
    ("/_apis/wit/workitems/${type}", "GET, POST, PATCH"),
    ("/_apis/wit/workitems/{id}/comments", "GET, POST"),
    (
        "/_apis/wit/workitems/{id}/comments/{comment}",
        "GET, PATCH, DELETE",
    ),
    ("/_apis/wit/recyclebin/{id}", "GET, PATCH, DELETE"),
    ("/_apis/wit/reporting/workitemrevisions", "GET, POST"),
];

/// The methods of a resource.
pub(crate) fn methods(resource: &Resource) -> &'static str {
    let template = resource.template();
    let found = METHODS.iter().find(|(known, _)| *known == template);
    found.map_or("GET", |(_, methods)| methods)
}
