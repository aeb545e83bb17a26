//! What may be done with a resource, for the `Allow` of a 405.

use super::place::{Part, Place};
use super::route::Resource;

/// Resources on which one can do something else than GET, by their templates.
const METHODS: &[(&str, &str)] = &[
    ("/_apis/projects/{id}", "GET, PATCH"),
    ("/_apis/wit/fields", "GET, POST"),
    ("/_apis/wit/fields/{field}", "GET, PATCH, DELETE"),
    (
        "/_apis/wit/classificationnodes/{structure}/{path}",
        "GET, POST, PATCH, DELETE",
    ),
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
    (
        "/_apis/wit/reporting/workitemrevisions/discussions",
        "GET, POST",
    ),
    ("/_apis/wit/$batch", "POST, PATCH"),
    ("/_apis/wit/workitemsdelete", "POST"),
    ("/_apis/wit/attachments", "POST"),
    ("/_apis/wit/attachments/{id}", "GET, PUT, DELETE"),
    ("/_apis/wit/tags/{tag}", "GET, PATCH, DELETE"),
    (
        "/_apis/wit/workitems/{id}/comments/{comment}/reactions/{type}",
        "PUT, DELETE",
    ),
    ("/_apis/hooks/publishers/{id}/inputvaluesquery", "POST"),
    ("/_apis/hooks/publishersquery", "POST"),
    ("/_apis/hooks/subscriptions", "GET, POST"),
    ("/_apis/hooks/subscriptions/{id}", "GET, PUT, DELETE"),
    ("/_apis/hooks/subscriptions/{id}/diagnostics", "GET, PUT"),
    ("/_apis/hooks/subscriptionsquery", "POST"),
    ("/_apis/hooks/notificationsquery", "POST"),
    ("/_apis/hooks/testnotifications", "POST"),
];

/// The methods of a resource.
pub(crate) fn methods(resource: &Resource) -> &'static str {
    if let Resource::Around(place) = resource {
        return around(place);
    }
    let template = resource.template();
    let found = METHODS.iter().find(|(known, _)| *known == template);
    found.map_or("GET", |(_, methods)| methods)
}

fn around(place: &Place) -> &'static str {
    match place {
        Place::Teams(_)
        | Place::Queries(None)
        | Place::TeamIterations(None)
        | Place::Processes(None)
        | Place::ProcessTypes(_)
        | Place::Lists(None) => "GET, POST",
        Place::Team(..) | Place::Processes(Some(_)) => "GET, PATCH, DELETE",
        Place::Queries(Some(_)) => "GET, POST, PATCH, DELETE",
        Place::StoredQuery(_) => "GET, HEAD",
        Place::TeamSettings | Place::TeamField => "GET, PATCH",
        Place::TeamIterations(Some(_)) => "GET, DELETE",
        Place::Lists(Some(_)) => "GET, PUT, DELETE",
        Place::ProcessType(_, _, part) => of_part(part),
        Place::QueriesBatch
        | Place::Migration
        | Place::Picker
        | Place::SubjectQuery
        | Place::SubjectLookup => "POST",
        _ => "GET",
    }
}

fn of_part(part: &Part) -> &'static str {
    match part {
        Part::Whole | Part::Fields(Some(_)) => "GET, PATCH, DELETE",
        Part::States(None) | Part::Fields(None) | Part::Rules(None) => "GET, POST",
        Part::States(Some(_)) => "GET, PATCH, PUT, DELETE",
        Part::Rules(Some(_)) => "GET, PUT, DELETE",
        Part::Layout | Part::Behaviors(_) => "GET",
    }
}
