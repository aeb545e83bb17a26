//! Paths: `/{organization}[/{project}[/{team}]]/_apis/...` to the resource they name. Resource
//! names are read whatever their case, as the service does.

use super::error::Refusal;
use super::hook::HookPath;
use super::node::{ORGANIZATION, Structure};
use super::place::{self, Place};
use super::reaction::ReactionPath;
use crate::site::Request;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// `_apis` itself: OPTIONS lists every location.
    Locations,
    /// `_apis/resourceAreas[/{id}]`
    Areas(Option<String>),
    /// `_apis/connectionData`
    Connection,
    /// `_apis/projects`
    Projects,
    /// `_apis/projects/{id}`
    Project(String),
    /// `wit/workitemtypes`
    Types,
    /// `wit/workitemtypes/{type}`
    Type(String),
    /// `wit/workitemtypes/{type}/states`
    TypeStates(String),
    /// `wit/workitemtypes/{type}/fields[/{field}]`
    TypeFields(String, Option<String>),
    /// `wit/fields[/{field}]`
    Fields(Option<String>),
    /// `wit/workitemrelationtypes[/{name}]`
    RelationTypes(Option<String>),
    /// `wit/classificationnodes`
    Roots,
    /// `wit/classificationnodes/{structure}/{path}`
    Node(Structure, String),
    /// `wit/tags[/{id or name}]`
    Tags(Option<String>),
    /// `wit/wiql`
    Wiql,
    /// `wit/workitems`
    Items,
    /// `wit/workitems/{id}`
    Item(i64),
    /// `wit/workitems/${type}`
    New(String),
    /// `wit/workitemsbatch`
    Batch,
    /// `wit/workitems/{id}/updates[/{number}]`
    Updates(i64, Option<i64>),
    /// `wit/workitems/{id}/revisions[/{number}]`
    Revisions(i64, Option<i64>),
    /// `wit/workitems/{id}/comments[/{comment}]`
    Comments(i64, Option<i64>),
    /// `wit/workitems/{id}/comments/{comment}/versions[/{version}]`
    Versions(i64, i64, Option<i64>),
    /// `wit/recyclebin[/{id}]`
    Bin(Option<i64>),
    /// `wit/reporting/workitemrevisions`
    RevisionFeed,
    /// `wit/reporting/workitemlinks`
    LinkFeed,
    /// `wit/reporting/workitemrevisions/discussions`
    DiscussionFeed,
    /// `wit/$batch`
    Writes,
    /// `wit/workitemsdelete`
    DeleteMany,
    /// `wit/attachments[/{id}]`
    Attachments(Option<String>),
    /// `wit/workitems/{id}/comments/{comment}/reactions...`
    Reactions(i64, i64, ReactionPath),
    /// `hooks/...`
    Hook(HookPath),
    /// Something around the items.
    Around(Place),
}

/// A path understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// The project's name or id, if the path names one.
    pub(crate) project: Option<String>,
    pub(crate) resource: Resource,
}

/// Reads a request's path.
///
/// # Errors
/// [`Refusal::Route`] when nothing is served there.
pub(crate) fn parse(request: &Request) -> Result<Route, Refusal> {
    let unknown = || Refusal::Route(request.path.clone());
    let segments = request.segments();
    let at = segments
        .iter()
        .position(|s| s.eq_ignore_ascii_case("_apis"))
        .ok_or_else(unknown)?;
    let (scope, rest) = segments.split_at(at);
    let organization = scope
        .first()
        .is_some_and(|o| o.eq_ignore_ascii_case(ORGANIZATION));
    if !organization || scope.len() > 3 {
        return Err(unknown());
    }
    let rest: Vec<&str> = rest.iter().skip(1).map(String::as_str).collect();
    Ok(Route {
        project: scope.get(1).cloned(),
        resource: resource(&rest)
            .or_else(|| place::parse(&rest).map(Resource::Around))
            .ok_or_else(unknown)?,
    })
}

/// What an OPTIONS asks the locations of: an area, or all when the path ends with `_apis`; nothing
/// when the path is none of this organisation's.
pub(crate) fn area(request: &Request) -> Option<Option<String>> {
    let segments = request.segments();
    let at = segments
        .iter()
        .position(|s| s.eq_ignore_ascii_case("_apis"))?;
    let first = segments.first()?;
    first
        .eq_ignore_ascii_case(ORGANIZATION)
        .then(|| segments.get(at + 1).cloned())
}

fn resource(rest: &[&str]) -> Option<Resource> {
    let lower: Vec<String> = rest.iter().take(2).map(|s| s.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    match (lower.as_slice(), rest) {
        ([], _) => Some(Resource::Locations),
        (["resourceareas"], _) => Some(Resource::Areas(None)),
        (["resourceareas", _], [_, id]) => Some(Resource::Areas(Some((*id).to_owned()))),
        (["connectiondata"], _) => Some(Resource::Connection),
        (["projects"], _) => Some(Resource::Projects),
        (["projects", _], [_, id]) => Some(Resource::Project((*id).to_owned())),
        (["wit", name], [_, _, tail @ ..]) => tracking(name, tail),
        (["hooks", _], [_, tail @ ..]) => HookPath::parse(tail).map(Resource::Hook),
        _ => None,
    }
}

fn tracking(name: &str, tail: &[&str]) -> Option<Resource> {
    let own = |text: &str| text.to_owned();
    match (name, tail) {
        ("workitemtypes", _) => types(tail),
        ("fields", []) => Some(Resource::Fields(None)),
        ("fields", [field]) => Some(Resource::Fields(Some(own(field)))),
        ("workitemrelationtypes", []) => Some(Resource::RelationTypes(None)),
        ("workitemrelationtypes", [kind]) => Some(Resource::RelationTypes(Some(own(kind)))),
        ("classificationnodes", []) => Some(Resource::Roots),
        ("classificationnodes", [structure, path @ ..]) => Some(Resource::Node(
            Structure::parse(structure)?,
            path.join("\\").replace('/', "\\"),
        )),
        ("tags", []) => Some(Resource::Tags(None)),
        ("tags", [tag]) => Some(Resource::Tags(Some(own(tag)))),
        ("wiql", []) => Some(Resource::Wiql),
        ("workitemsbatch", []) => Some(Resource::Batch),
        ("$batch", []) => Some(Resource::Writes),
        ("workitemsdelete", []) => Some(Resource::DeleteMany),
        ("attachments", []) => Some(Resource::Attachments(None)),
        ("attachments", [id]) => Some(Resource::Attachments(Some(own(id)))),
        ("workitems", _) => items(tail),
        ("recyclebin", []) => Some(Resource::Bin(None)),
        ("recyclebin", [id]) => Some(Resource::Bin(Some(number(id)?))),
        ("reporting", [feed]) if feed.eq_ignore_ascii_case("workitemrevisions") => {
            Some(Resource::RevisionFeed)
        }
        ("reporting", [feed]) if feed.eq_ignore_ascii_case("workitemlinks") => {
            Some(Resource::LinkFeed)
        }
        ("reporting", [feed, part])
            if feed.eq_ignore_ascii_case("workitemrevisions")
                && part.eq_ignore_ascii_case("discussions") =>
        {
            Some(Resource::DiscussionFeed)
        }
        _ => None,
    }
}

fn types(tail: &[&str]) -> Option<Resource> {
    match tail {
        [] => Some(Resource::Types),
        [name] => Some(Resource::Type((*name).to_owned())),
        [name, list] if list.eq_ignore_ascii_case("states") => {
            Some(Resource::TypeStates((*name).to_owned()))
        }
        [name, list, field @ ..] if list.eq_ignore_ascii_case("fields") && field.len() < 2 => {
            let field = field.first().map(|f| (*f).to_owned());
            Some(Resource::TypeFields((*name).to_owned(), field))
        }
        _ => None,
    }
}

fn items(tail: &[&str]) -> Option<Resource> {
    let (first, rest) = match tail {
        [] => return Some(Resource::Items),
        [first, rest @ ..] => (first, rest),
    };
    if let Some(kind) = first.strip_prefix('$') {
        return rest.is_empty().then(|| Resource::New(kind.to_owned()));
    }
    let id = number(first)?;
    let part = rest.first().map(|p| p.to_lowercase());
    let numbers: Option<Vec<i64>> = rest.iter().skip(1).take(1).map(|n| number(n)).collect();
    let sub = numbers?.first().copied();
    match (part.as_deref(), rest.get(2), rest.get(3)) {
        (None, _, _) => Some(Resource::Item(id)),
        (Some("updates"), None, _) => Some(Resource::Updates(id, sub)),
        (Some("revisions"), None, _) => Some(Resource::Revisions(id, sub)),
        (Some("comments"), None, _) => Some(Resource::Comments(id, sub)),
        (Some("comments"), Some(word), _) if word.eq_ignore_ascii_case("reactions") => {
            let path = ReactionPath::parse(rest.get(3..)?)?;
            Some(Resource::Reactions(id, sub?, path))
        }
        (Some("comments"), Some(word), version) if word.eq_ignore_ascii_case("versions") => {
            let version = match version {
                Some(text) => Some(number(text)?),
                None => None,
            };
            Some(Resource::Versions(id, sub?, version))
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|n| *n >= 0)
}

impl Resource {
    /// A name for counting requests, without method and organisation.
    pub(crate) fn template(&self) -> &'static str {
        match self {
            Resource::Locations => "/_apis",
            Resource::Areas(None) => "/_apis/resourceAreas",
            Resource::Areas(Some(_)) => "/_apis/resourceAreas/{id}",
            Resource::Connection => "/_apis/connectionData",
            Resource::Projects => "/_apis/projects",
            Resource::Project(_) => "/_apis/projects/{id}",
            Resource::Types => "/_apis/wit/workitemtypes",
            Resource::Type(_) => "/_apis/wit/workitemtypes/{type}",
            Resource::TypeStates(_) => "/_apis/wit/workitemtypes/{type}/states",
            Resource::TypeFields(_, None) => "/_apis/wit/workitemtypes/{type}/fields",
            Resource::TypeFields(_, Some(_)) => "/_apis/wit/workitemtypes/{type}/fields/{field}",
            Resource::Fields(None) => "/_apis/wit/fields",
            Resource::Fields(Some(_)) => "/_apis/wit/fields/{field}",
            Resource::RelationTypes(None) => "/_apis/wit/workitemrelationtypes",
            Resource::RelationTypes(Some(_)) => "/_apis/wit/workitemrelationtypes/{name}",
            Resource::Roots => "/_apis/wit/classificationnodes",
            Resource::Node(..) => "/_apis/wit/classificationnodes/{structure}/{path}",
            Resource::Tags(None) => "/_apis/wit/tags",
            Resource::Tags(Some(_)) => "/_apis/wit/tags/{tag}",
            Resource::Wiql => "/_apis/wit/wiql",
            Resource::Items => "/_apis/wit/workitems",
            Resource::Item(_) => "/_apis/wit/workitems/{id}",
            Resource::New(_) => "/_apis/wit/workitems/${type}",
            Resource::Batch => "/_apis/wit/workitemsbatch",
            Resource::Updates(_, None) => "/_apis/wit/workitems/{id}/updates",
            Resource::Updates(_, Some(_)) => "/_apis/wit/workitems/{id}/updates/{number}",
            Resource::Revisions(_, None) => "/_apis/wit/workitems/{id}/revisions",
            Resource::Revisions(_, Some(_)) => "/_apis/wit/workitems/{id}/revisions/{rev}",
            Resource::Comments(_, None) => "/_apis/wit/workitems/{id}/comments",
            Resource::Comments(_, Some(_)) => "/_apis/wit/workitems/{id}/comments/{comment}",
            Resource::Versions(..) => "/_apis/wit/workitems/{id}/comments/{comment}/versions",
            Resource::Bin(None) => "/_apis/wit/recyclebin",
            Resource::Bin(Some(_)) => "/_apis/wit/recyclebin/{id}",
            Resource::RevisionFeed => "/_apis/wit/reporting/workitemrevisions",
            Resource::LinkFeed => "/_apis/wit/reporting/workitemlinks",
            Resource::DiscussionFeed => "/_apis/wit/reporting/workitemrevisions/discussions",
            Resource::Writes => "/_apis/wit/$batch",
            Resource::DeleteMany => "/_apis/wit/workitemsdelete",
            Resource::Attachments(None) => "/_apis/wit/attachments",
            Resource::Attachments(Some(_)) => "/_apis/wit/attachments/{id}",
            Resource::Reactions(_, _, path) => path.template(),
            Resource::Hook(path) => path.template(),
            Resource::Around(place) => place.template(),
        }
    }

    /// Whether a POST here only reads.
    pub(crate) fn posts_to_read(&self) -> bool {
        match self {
            Resource::Hook(path) => path.posts_to_read(),
            Resource::Around(place) => place.posts_to_read(),
            other => matches!(
                other,
                Resource::Wiql | Resource::Batch | Resource::RevisionFeed
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resources_whatever_their_case() {
        let check = |path: &str, project: Option<&str>, expected: Option<Resource>| {
            let parsed = parse(&Request::new(http::Method::GET, path)).ok();
            let expected = expected.map(|resource| Route {
                project: project.map(str::to_owned),
                resource,
            });
            assert_eq!(parsed, expected, "{path}");
        };
        check("/acme/_apis", None, Some(Resource::Locations));
        check(
            "/ACME/Platform/_apis/WIT/workItems/$User%20Story",
            Some("Platform"),
            Some(Resource::New("User Story".into())),
        );
        check(
            "/acme/Platform/Team%20A/_apis/wit/wiql",
            Some("Platform"),
            Some(Resource::Wiql),
        );
        check(
            "/acme/_apis/wit/workitems/7/comments/3/versions/2",
            None,
            Some(Resource::Versions(7, 3, Some(2))),
        );
        check(
            "/acme/_apis/wit/workitems/7/updates",
            None,
            Some(Resource::Updates(7, None)),
        );
        check(
            "/acme/p/_apis/wit/classificationnodes/areas/Web",
            Some("p"),
            Some(Resource::Node(Structure::Area, "Web".into())),
        );
        check(
            "/acme/_apis/wit/reporting/WorkItemRevisions",
            None,
            Some(Resource::RevisionFeed),
        );
        check("/acme/_apis/wit/workitems/seven", None, None);
        check("/other/_apis/wit/workitems/7", None, None);
        check("/acme/Platform", None, None);
    }
}
