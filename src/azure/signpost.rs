//! Links in texts that lead people to a work item.

use model::ItemId;
use sync::{Named, Signpost};
use url::Url;

use crate::site::Site;

/// The host of all organisations, and what the former hosts of each organisation end with. Both still lead to the same
/// items (azure.md 1).
const HOST: &str = "dev.azure.com";
const FORMER: &str = ".visualstudio.com";

/// The work item that a URL in a text leads to. Ids count over the whole organisation, so the project in it says nothing.
pub(crate) fn read(site: &Site, url: &str) -> Option<Signpost> {
    let root = Url::parse(&format!("{}/", site.address.root())).ok()?;
    let rooted = url.starts_with('/') || Url::parse(url).is_ok();
    let url = rooted.then(|| root.join(url).ok()).flatten()?;
    if url.scheme() != root.scheme()
        || url.port_or_known_default() != root.port_or_known_default()
        || !url.username().is_empty()
        || url.fragment().is_some()
    {
        return None;
    }
    let (home, path) = (Way::of(&root)?, Way::of(&url)?);
    let rest = path.below(&home)?;
    let id = number(rest, &url)?;
    Some(Signpost {
        item: Named::Id(ItemId(id)),
        url: site.address.browse(site.only_project(), id),
    })
}

/// A host and the names of a path, in lower case: the service tells no cases apart.
struct Way {
    host: String,
    names: Vec<String>,
}

impl Way {
    fn of(url: &Url) -> Option<Way> {
        let host = url.host_str()?.to_lowercase();
        let names = url.path().to_lowercase();
        let mut names: Vec<String> = names
            .split('/')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        let Some(organisation) = host.strip_suffix(FORMER) else {
            return Some(Way { host, names });
        };
        if names
            .first()
            .is_some_and(|name| name == "defaultcollection")
        {
            names.remove(0);
        }
        names.insert(0, organisation.to_owned());
        Some(Way {
            host: HOST.to_owned(),
            names,
        })
    }

    /// What follows behind the root.
    fn below(&self, root: &Way) -> Option<&[String]> {
        let rest = self.names.strip_prefix(root.names.as_slice())?;
        (self.host == root.host).then_some(rest)
    }
}

/// The id in the rest of an address: a project and a team at most, then one of the pages of a work item, or the item itself
/// as programs read it.
fn number(rest: &[String], url: &Url) -> Option<u64> {
    let names: Vec<&str> = rest.iter().map(String::as_str).collect();
    let page = names.iter().position(|name| name.starts_with('_'))?;
    let mut query = url.query_pairs();
    let text = match names.get(page..)? {
        _ if page > 2 => return None,
        ["_workitems", "edit", id] if query.next().is_none() => (*id).to_owned(),
        ["_apis", "wit", "workitems", id] if query.all(|(name, _)| name == "api-version") => {
            (*id).to_owned()
        }
        ["_workitems"] | ["_workitems", "edit"] => only_id(url)?,
        _ => return None,
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|id| digits && *id > 0)
}

/// The id of the former form `?id=4711&_a=edit`.
fn only_id(url: &Url) -> Option<String> {
    let mut id = None;
    for (name, value) in url.query_pairs() {
        match &*name {
            "id" if id.is_none() => id = Some(value.into_owned()),
            "_a" if value == "edit" => {}
            _ => return None,
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::sample::site;

    #[test]
    fn a_link_to_a_work_item_is_known_however_it_is_written() {
        for url in [
            "https://dev.azure.com/acme/Platform/_workitems/edit/4711",
            "https://dev.azure.com/acme/Platform/_workitems/edit/4711/",
            "https://dev.azure.com/ACME/Plat%20form/A%20team/_workItems/Edit/4711",
            "https://dev.azure.com/acme/_workitems/edit/4711",
            "https://dev.azure.com/acme/Platform/_workitems?id=4711",
            "https://dev.azure.com/acme/Platform/_workitems/edit?id=4711&_a=edit",
            "https://dev.azure.com/acme/_apis/wit/workItems/4711",
            "https://dev.azure.com/acme/1b2c/_apis/wit/workItems/4711?api-version=7.1",
            "https://acme.visualstudio.com/Platform/_workitems/edit/4711",
            "https://acme.visualstudio.com/DefaultCollection/Platform/_workitems/edit/4711",
            "/acme/Platform/_workitems/edit/4711/",
        ] {
            let found = read(&site(), url).unwrap_or_else(|| panic!("{url} leads nowhere"));
            assert_eq!(found.item, Named::Id(ItemId(4711)), "{url}");
            let own = "https://dev.azure.com/acme/Platform/_workitems/edit/4711";
            assert_eq!(found.url, own, "{url}");
        }
        let mut former = site();
        former.address = Address::new("https://acme.visualstudio.com");
        let found = read(&former, "https://dev.azure.com/acme/_workitems/edit/5");
        assert_eq!(found.map(|found| found.item), Some(Named::Id(ItemId(5))));
    }

    #[test]
    fn what_is_elsewhere_or_says_more_than_which_work_item_is_left_alone() {
        for url in [
            "",
            "4711",
            "#4711",
            "x:/",
            "_workitems/edit/4711",
            "https://dev.azure.com/other/Platform/_workitems/edit/4711",
            "https://other.visualstudio.com/Platform/_workitems/edit/4711",
            "https://dev.azure.com.evil.example/acme/_workitems/edit/4711",
            "https://dev.azure.com@evil.example/acme/_workitems/edit/4711",
            "http://dev.azure.com/acme/_workitems/edit/4711",
            "//evil.example/acme/_workitems/edit/4711",
            "https://dev.azure.com/acme/Platform/_workitems/edit/4711#12",
            "https://dev.azure.com/acme/Platform/_workitems/edit/4711?fullScreen=true",
            "https://dev.azure.com/acme/Platform/_workitems/edit/4711/more",
            "https://dev.azure.com/acme/Platform/_workitems/edit/0",
            "https://dev.azure.com/acme/Platform/_workitems/edit/+5",
            "https://dev.azure.com/acme/Platform/_workitems/edit/99999999999999999999",
            "https://dev.azure.com/acme/Platform/_workitems/recentlyupdated/",
            "https://dev.azure.com/acme/Platform/_workitems?id=1&id=2",
            "https://dev.azure.com/acme/Platform/_boards/board/t/Team/Stories?workitem=4711",
            "https://dev.azure.com/acme/_apis/wit/workItems/4711/comments/3",
        ] {
            assert_eq!(read(&site(), url), None, "{url}");
        }
    }
}
