//! Links in texts that lead people to an issue.

use model::ItemKey;
use sync::{Named, Signpost};
use url::Url;

/// What Jira's own button for copying a link puts behind it: where the link was copied, and nothing of where it leads.
const ORIGIN: &str = "atlOrigin";

/// The issue that a URL in a text leads to, on the site of that address.
pub(crate) fn read(site: &str, url: &str) -> Option<Signpost> {
    let root = Url::parse(&format!("{site}/")).ok()?;
    let rooted = url.starts_with('/') || Url::parse(url).is_ok();
    let url = rooted.then(|| root.join(url).ok()).flatten()?;
    let says_more = url.fragment().is_some() || url.query_pairs().any(|(name, _)| name != ORIGIN);
    if url.origin() != root.origin() || !url.username().is_empty() || says_more {
        return None;
    }
    let name = url.path().strip_prefix(root.path())?;
    let name = name.strip_prefix("browse/")?.trim_end_matches('/');
    let key = ItemKey::new(&name.to_uppercase())?;
    key.project().is_some().then(|| Signpost {
        url: format!("{site}/browse/{key}"),
        item: Named::Key(key),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://acme.atlassian.net";

    #[test]
    fn a_link_to_an_issue_is_known_however_it_is_written() {
        for url in [
            "https://acme.atlassian.net/browse/WEB-12",
            "https://acme.atlassian.net/browse/WEB-12/",
            "https://ACME.atlassian.net:443/browse/web-12",
            "https://acme.atlassian.net/browse/WEB-12?atlOrigin=eyJpIjoi",
            "/browse/WEB-12",
        ] {
            let found = read(SITE, url).unwrap_or_else(|| panic!("{url} leads nowhere"));
            let key = ItemKey::new("WEB-12").expect("a key");
            assert_eq!(found.item, Named::Key(key), "{url}");
            assert_eq!(found.url, "https://acme.atlassian.net/browse/WEB-12");
        }
        let below = read(
            "https://jira.example/j",
            "https://jira.example/j/browse/A_B-7",
        );
        assert_eq!(
            below.map(|found| found.url).as_deref(),
            Some("https://jira.example/j/browse/A_B-7")
        );
    }

    #[test]
    fn what_is_elsewhere_or_says_more_than_which_issue_is_left_alone() {
        for url in [
            "",
            "WEB-12",
            "browse/WEB-12",
            "#WEB-12",
            "https://other.atlassian.net/browse/WEB-12",
            "https://acme.atlassian.net.evil.example/browse/WEB-12",
            "https://acme.atlassian.net@evil.example/browse/WEB-12",
            "https://someone@acme.atlassian.net/browse/WEB-12",
            "http://acme.atlassian.net/browse/WEB-12",
            "https://acme.atlassian.net:8443/browse/WEB-12",
            "//other.example/browse/WEB-12",
            "https://acme.atlassian.net/browse/WEB",
            "https://acme.atlassian.net/browse/WEB-12/more",
            "https://acme.atlassian.net/browse/../admin",
            "https://acme.atlassian.net/browse/WEB-12?focusedCommentId=10023",
            "https://acme.atlassian.net/browse/WEB-12#comment-1",
            "https://acme.atlassian.net/jira/software/projects/WEB/boards/1?selectedIssue=WEB-12",
            "javascript:alert(1)",
        ] {
            assert_eq!(read(SITE, url), None, "{url}");
        }
        let beside = read("https://jira.example/j", "https://jira.example/browse/A-7");
        assert_eq!(beside, None);
    }
}
