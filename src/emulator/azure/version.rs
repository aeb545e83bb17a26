//! `api-version`: where it stands, and which versions a resource answers (azure.md 1).

use super::error::Refusal;
use super::route::Resource;
use crate::site::Request;

/// A version as a client asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    major: u32,
    minor: u32,
    preview: bool,
    resource: Option<u32>,
}

/// Refuses a version that the resource does not answer.
///
/// # Errors
/// A version out of range, a preview without its flag, a write without a version.
pub(crate) fn check(request: &Request, resource: &Resource) -> Result<(), Refusal> {
    let Some(text) = asked(request) else {
        return match request.method {
            http::Method::GET | http::Method::HEAD | http::Method::OPTIONS => Ok(()),
            _ => Err(Refusal::VersionMissing(request.method.to_string())),
        };
    };
    let version = parse(text).ok_or_else(|| Refusal::VersionForm(text.to_owned()))?;
    let newest = (version.major, version.minor);
    if !((1, 0)..=(7, 2)).contains(&newest) {
        return Err(Refusal::VersionRange(text.to_owned()));
    }
    let highest = highest_preview(resource, newest);
    if version.resource.is_some_and(|r| r == 0 || r > highest) {
        return Err(Refusal::VersionRange(text.to_owned()));
    }
    if !version.preview && (newest == (7, 2) || only_preview(resource)) {
        return Err(Refusal::VersionPreview(text.to_owned()));
    }
    Ok(())
}

/// Whether the request asks for this version or a newer one.
pub(crate) fn is_at_least(request: &Request, least: (u32, u32)) -> bool {
    let version = asked(request).and_then(parse);
    version.is_some_and(|v| (v.major, v.minor) >= least)
}

fn asked(request: &Request) -> Option<&str> {
    let in_query = request
        .query
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("api-version"));
    let text = in_query.map(|(_, value)| value.as_str()).or_else(|| {
        let parts = request.header("accept")?.split(';').map(str::trim);
        parts.filter_map(|p| p.strip_prefix("api-version=")).next()
    });
    text.map(str::trim).filter(|t| !t.is_empty())
}

fn parse(text: &str) -> Option<Version> {
    let (number, stage) = match text.split_once('-') {
        Some((number, stage)) => (number, Some(stage.to_lowercase())),
        None => (text, None),
    };
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let resource = match stage.as_deref() {
        None | Some("preview") => None,
        Some(stage) => Some(stage.strip_prefix("preview.")?.parse().ok()?),
    };
    Some(Version {
        major: major.parse().ok()?,
        minor: minor.parse().ok()?,
        preview: stage.is_some(),
        resource,
    })
}

fn only_preview(resource: &Resource) -> bool {
    if let Resource::Around(place) = resource {
        return place.only_preview();
    }
    matches!(
        resource,
        Resource::Comments(..)
            | Resource::Versions(..)
            | Resource::Reactions(..)
            | Resource::Connection
    )
}

/// The highest preview per resource (azure.md 1). Below 7.2 older numbers were never higher than
/// these.
pub(crate) fn highest_preview(resource: &Resource, version: (u32, u32)) -> u32 {
    match resource {
        Resource::Comments(..) if version >= (7, 1) => 4,
        Resource::Comments(..) => 3,
        Resource::Attachments(_) if version >= (7, 2) => 4,
        Resource::Attachments(_) => 3,
        Resource::Project(_) | Resource::Projects => 4,
        Resource::Items
        | Resource::Item(_)
        | Resource::New(_)
        | Resource::Updates(..)
        | Resource::Revisions(..)
        | Resource::Fields(_)
        | Resource::TypeFields(..)
        | Resource::LinkFeed => 3,
        Resource::RevisionFeed
        | Resource::Wiql
        | Resource::Types
        | Resource::Type(_)
        | Resource::Roots
        | Resource::Node(..)
        | Resource::RelationTypes(_)
        | Resource::Bin(_) => 2,
        Resource::Around(place) => place.highest_preview(),
        Resource::Locations
        | Resource::Areas(_)
        | Resource::Connection
        | Resource::TypeStates(_)
        | Resource::Tags(_)
        | Resource::Batch
        | Resource::DeleteMany
        | Resource::DiscussionFeed
        | Resource::Writes
        | Resource::Reactions(..)
        | Resource::Hook(_)
        | Resource::Versions(..) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_answers_its_versions_and_no_others() {
        let comments = Resource::Comments(1, None);
        for (resource, text, fits) in [
            (&Resource::Item(1), "7.1", true),
            (&Resource::Item(1), "5.0", true),
            (&Resource::Item(1), "7.2-preview.3", true),
            (&Resource::Item(1), "7.2-preview.4", false),
            (&Resource::Item(1), "7.2", false),
            (&Resource::Item(1), "8.0", false),
            (&Resource::Item(1), "0.9", false),
            (&Resource::Item(1), "seven", false),
            (&Resource::Batch, "7.2-preview.3", false),
            (&comments, "7.1-preview.4", true),
            (&comments, "7.0-preview.3", true),
            (&comments, "7.0-preview.4", false),
            (&comments, "7.1", false),
        ] {
            let request = Request::new(http::Method::GET, &format!("/x?api-version={text}"));
            assert_eq!(
                check(&request, resource).is_ok(),
                fits,
                "{resource:?} {text}"
            );
            let accept = format!("application/json;api-version={text}");
            let request = Request::new(http::Method::GET, "/x").with_header("accept", &accept);
            assert_eq!(
                check(&request, resource).is_ok(),
                fits,
                "{resource:?} {accept}"
            );
        }
        assert!(check(&Request::new(http::Method::GET, "/x"), &comments).is_ok());
        assert!(check(&Request::new(http::Method::PATCH, "/x"), &comments).is_err());
    }
}
