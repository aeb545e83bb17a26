//! Comments: the list of an item, and the link by which we know our own.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::http::Request;
use model::{Comment, CommentId, CommentMarker, ItemId, Side, User, Value, limit};
use serde_json::Value as Json;
use url::Url;

use crate::address::{COMMENTS_VERSION, encode, get};
use crate::answer::{self, Fault};
use crate::identity::Identity;
use crate::site::Site;
use crate::time;
use sync::script::Step;

pub(crate) const COMMENTS: &str = "/{project}/_apis/wit/workItems/{id}/comments";

/// Comments asked for on one page.
const PAGE: usize = 200;
/// Pages after which a list is longer than an item's comments may be; two for what a page may fall short.
const PAGES: usize = limit::COMMENTS_PER_ITEM / PAGE + 2;

/// From which end a list is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

/// A list that is being read.
pub(crate) struct Listing {
    site: Arc<Site>,
    project: String,
    item: ItemId,
    order: Order,
    /// Reading stops at the page that holds this one of ours.
    until: Option<CommentMarker>,
    pages: usize,
    /// Comments listed so far, deleted ones among them.
    seen: usize,
    found: BTreeMap<CommentId, Comment>,
}

/// What came of reading a list.
pub(crate) struct Listed {
    /// The comments, oldest first, or why there are none.
    pub(crate) comments: Result<Vec<Comment>, Fault>,
    /// How many requests it took.
    pub(crate) requests: usize,
    /// How many comments were listed, deleted ones among them.
    pub(crate) seen: usize,
}

impl Listing {
    /// A list of an item's comments.
    pub(crate) fn of(site: Arc<Site>, project: String, item: ItemId, order: Order) -> Listing {
        Listing {
            site,
            project,
            item,
            order,
            until: None,
            pages: 0,
            seen: 0,
            found: BTreeMap::new(),
        }
    }

    /// The same, read only as far as the page that holds the twin of that comment.
    pub(crate) fn until(mut self, marker: CommentMarker) -> Listing {
        self.until = Some(marker);
        self
    }

    /// Reads the list page by page and goes on with what came of it.
    pub(crate) fn read<T: 'static>(
        self,
        then: impl FnOnce(Listed) -> Step<T> + Send + 'static,
    ) -> Step<T> {
        self.page(None, then)
    }

    fn page<T: 'static>(
        mut self,
        token: Option<String>,
        then: impl FnOnce(Listed) -> Step<T> + Send + 'static,
    ) -> Step<T> {
        if self.pages == PAGES || self.found.len() > limit::COMMENTS_PER_ITEM {
            return then(self.ended(Err(Fault::Unreadable("an item has too many comments"))));
        }
        self.pages += 1;
        let request = self.request(token.as_deref());
        Step::ask(request, move |answer| {
            let taken = answer::json(answer).and_then(|body| self.take(&body));
            match taken {
                Ok(Some(next)) if !self.is_complete() => self.page(Some(next), then),
                Ok(_) => {
                    let comments = std::mem::take(&mut self.found).into_values().collect();
                    then(self.ended(Ok(comments)))
                }
                Err(fault) => then(self.ended(Err(fault))),
            }
        })
    }

    fn request(&self, token: Option<&str>) -> Request {
        let order = match self.order {
            Order::OldestFirst => "asc",
            Order::NewestFirst => "desc",
        };
        let mut request = page_request(&self.site, &self.project, self.item, order, PAGE, token);
        request.url.push_str("&includeDeleted=true");
        request
    }

    /// Takes a page and tells where the next one begins.
    fn take(&mut self, body: &Json) -> Result<Option<String>, Fault> {
        let listed = body.get("comments").and_then(Json::as_array);
        self.seen = self.seen.saturating_add(listed.map_or(0, Vec::len));
        for comment in comments_of(&self.site, body)? {
            self.found.insert(comment.id, comment);
        }
        let token = body.get("continuationToken").and_then(Json::as_str);
        Ok(token.filter(|token| !token.is_empty()).map(str::to_owned))
    }

    fn is_complete(&self) -> bool {
        let Some(marker) = self.until else {
            return false;
        };
        self.found
            .values()
            .any(|comment| comment.by_us && comment.marker == Some(marker))
    }

    fn ended(&self, comments: Result<Vec<Comment>, Fault>) -> Listed {
        Listed {
            comments,
            requests: self.pages,
            seen: self.seen,
        }
    }
}

/// The request for a page of comments.
pub(crate) fn page_request(
    site: &Site,
    project: &str,
    item: ItemId,
    order: &str,
    size: usize,
    token: Option<&str>,
) -> Request {
    let size = size.to_string();
    let mut query = vec![("$top", size.as_str()), ("order", order)];
    query.extend(token.map(|token| ("continuationToken", token)));
    let path = format!("wit/workItems/{}/comments", encode(&item.to_string()));
    get(
        site.address
            .api(Some(project), &path, COMMENTS_VERSION, &query),
        COMMENTS,
    )
}

/// The comments of a page but for deleted ones.
pub(crate) fn comments_of(site: &Site, body: &Json) -> Result<Vec<Comment>, Fault> {
    let list = body.get("comments").and_then(Json::as_array);
    let list = list.ok_or(Fault::Unreadable("it holds no comments"))?;
    list.iter()
        .filter(|json| json.get("isDeleted").and_then(Json::as_bool) != Some(true))
        .map(|json| decode(site, json).ok_or(Fault::Unreadable("a comment cannot be read")))
        .collect()
}

/// The comment's id: examples call it `commentId`, answers `id` (azure.md 7).
pub(crate) fn id_of(json: &Json) -> Option<CommentId> {
    let id = json.get("id").or_else(|| json.get("commentId"))?;
    id.as_u64().map(CommentId)
}

fn decode(site: &Site, json: &Json) -> Option<Comment> {
    let text = json.get("text").and_then(Json::as_str).unwrap_or_default();
    let format = json
        .get("format")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let body = if format.eq_ignore_ascii_case("markdown") {
        Value::Markdown(text.to_owned())
    } else {
        Value::Html(text.to_owned())
    };
    let author = json.get("createdBy").and_then(Identity::decode);
    let by_us = author.as_ref().is_some_and(|who| site.knowledge.me.is(who));
    let nobody = || User {
        id: String::new(),
        display: String::new(),
    };
    Some(Comment {
        id: id_of(json)?,
        author: author.and_then(|who| who.user()).unwrap_or_else(nobody),
        created: time::parse(json.get("createdDate")?.as_str()?)?,
        marker: marker(&body).filter(|_| by_us || is_attributed(&body)),
        body,
        by_us,
        restricted: false,
    })
}

/// What the first link of a comment says: the attribution line of a twin leads to the original, and its address names it
/// by `focusedCommentId`.
fn marker(body: &Value) -> Option<CommentMarker> {
    let address = match body {
        Value::Html(text) => first_href(text)?,
        Value::Markdown(text) => first_target(text)?,
        _ => return None,
    };
    let url = Url::parse(&address).ok()?;
    let (_, id) = url
        .query_pairs()
        .find(|(name, _)| name == "focusedCommentId")?;
    let is_issue = url.path_segments()?.any(|segment| segment == "browse");
    Some(CommentMarker {
        side: Side::Jira,
        comment: CommentId(id.parse().ok().filter(|_| is_issue)?),
    })
}

/// Whether the first link of a text is that of a twin's attribution line, word for word. So a twin shows that was written by
/// an account which is not ours any more, and a person may still begin a comment with a link to another.
fn is_attributed(body: &Value) -> bool {
    let words = format!("commented in {}", Side::Jira.product());
    let first = match body {
        Value::Html(text) => text
            .split_once("<a ")
            .and_then(|(_, rest)| rest.split_once('>')?.1.split_once("</a"))
            .map(|(text, _)| text),
        Value::Markdown(text) => text
            .split_once("](")
            .and_then(|(before, _)| Some(before.rsplit_once('[')?.1)),
        _ => None,
    };
    first.is_some_and(|text| text.trim() == words)
}

/// The address of the first link of HTML.
fn first_href(html: &str) -> Option<String> {
    html.split("<a").skip(1).find_map(|rest| {
        let (tag, _) = rest.split_once('>')?;
        let is_link = tag.starts_with(|c: char| c.is_ascii_whitespace());
        attribute(tag).filter(|_| is_link)
    })
}

/// The `href` among a tag's attributes, in either kind of quotes.
fn attribute(tag: &str) -> Option<String> {
    let (_, rest) = tag.split_once("href")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (address, _) = rest.get(1..)?.split_once(quote)?;
    Some(unescape(address))
}

/// The first link target of Markdown: `[text](address)`.
fn first_target(markdown: &str) -> Option<String> {
    let (_, rest) = markdown.split_once("](")?;
    let (address, _) = rest.split_once([')', ' ', '\n'])?;
    Some(unescape(
        address.trim_start_matches('<').trim_end_matches('>'),
    ))
}

fn unescape(text: &str) -> String {
    text.replace("&#38;", "&")
        .replace("&amp;", "&")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{comment, lead, reply, site};
    use serde_json::json;

    #[test]
    fn the_first_link_of_a_comment_names_its_original() {
        let html = |text: &str| Value::Html(text.to_owned());
        let markdown = |text: &str| Value::Markdown(text.to_owned());
        let link = "https://acme.atlassian.net/browse/WEB-12?focusedCommentId=10023";
        for (body, expected) in [
            (
                html(&format!("<div><a href=\"{link}\">Alice</a> wrote</div>")),
                Some(10023),
            ),
            (
                html(&format!(
                    "<a target=_blank href='{link}&amp;page=x#c'>Alice</a>"
                )),
                Some(10023),
            ),
            (
                markdown(&format!("[Alice in Jira]({link}): hello")),
                Some(10023),
            ),
            (markdown(&format!("[Alice]({link} \"title\")")), Some(10023)),
            (
                html(&format!(
                    "<a href=\"https://x.example/\">first</a> <a href=\"{link}\">second</a>"
                )),
                None,
            ),
            (
                html("<a href=\"https://x.example/?focusedCommentId=1\">elsewhere</a>"),
                None,
            ),
            (
                html("<a href=\"https://x.example/browse/A-1?focusedCommentId=one\">x</a>"),
                None,
            ),
            (
                html("<a href=\"javascript:focusedCommentId=1\">x</a>"),
                None,
            ),
            (
                html(&format!(
                    "<abbr href=\"https://y\">href</abbr> href <a name=\"b\">x</a> <a href=\"{link}\">x</a>"
                )),
                Some(10023),
            ),
            (html("<a href"), None),
            (html("<a href=\u{e9}\">"), None),
            (html("no link at all"), None),
            (Value::Empty, None),
        ] {
            let id = marker(&body).map(|marker| marker.comment.0);
            assert_eq!(id, expected);
        }
    }

    #[test]
    fn a_link_in_somebody_elses_comment_means_nothing() {
        let site = site();
        let body = json!({ "comments": [
            comment(1, "sync@acme.example", "<a href=\"https://x/browse/A-1?focusedCommentId=5\">x</a>"),
            comment(2, "alice@acme.example", "<a href=\"https://x/browse/A-1?focusedCommentId=5\">x</a>"),
        ] });
        let comments = comments_of(&site, &body).unwrap_or_default();
        let seen: Vec<_> = comments
            .iter()
            .map(|c| (c.by_us, c.marker.is_some()))
            .collect();
        assert_eq!(seen, [(true, true), (false, false)]);
    }

    #[test]
    fn a_twin_of_a_former_account_says_that_it_is_one() {
        let site = site();
        let link = "https://x/browse/A-1?focusedCommentId=5";
        let html = format!(
            "<p><strong>Alice</strong> <a href=\"{link}\">commented in Jira</a>:</p><p>x</p>"
        );
        let read = |json: Json| decode(&site, &json).expect("a comment");
        let twin = read(comment(1, "former@acme.example", &html));
        assert!(!twin.by_us && twin.marker.is_some());
        let mut markdown = comment(2, "former@acme.example", "");
        markdown["format"] = json!("markdown");
        markdown["text"] = json!(format!("**Alice** [commented in Jira]({link}):"));
        assert!(read(markdown).marker.is_some());
        let mentioned = format!("<p>as <a href=\"{link}\">Alice said</a></p>");
        assert!(
            read(comment(3, "bob@acme.example", &mentioned))
                .marker
                .is_none()
        );
    }

    fn listed(pages: Vec<Json>) -> (Result<Vec<u64>, Fault>, usize) {
        let mut pages = pages.into_iter();
        let listing = Listing::of(
            Arc::new(site()),
            "Platform".into(),
            ItemId(1),
            Order::OldestFirst,
        );
        let step = listing.read(|listed| Step::Done((listed.comments, listed.requests)));
        let (comments, requests) = lead(step, |_| match pages.next() {
            Some(page) => reply(200, &page),
            None => reply(404, &json!({})),
        });
        let ids = comments.map(|comments| comments.iter().map(|c| c.id.0).collect());
        (ids, requests)
    }

    #[test]
    fn pages_are_followed_and_deleted_comments_left_out() {
        let mut deleted = comment(2, "alice@acme.example", "");
        deleted["isDeleted"] = json!(true);
        let mut old_name = comment(4, "alice@acme.example", "");
        old_name["commentId"] = old_name["id"].take();
        if let Some(members) = old_name.as_object_mut() {
            members.remove("id");
        }
        let pages = vec![
            json!({ "comments": [comment(1, "alice@acme.example", "x"), deleted], "continuationToken": "t" }),
            json!({ "comments": [comment(1, "alice@acme.example", "x"), old_name] }),
        ];
        assert_eq!(listed(pages), (Ok(vec![1, 4]), 2));
    }

    #[test]
    fn an_endless_list_ends() {
        let page = json!({ "comments": [], "continuationToken": "t" });
        let (comments, requests) = listed(vec![page; PAGES + 5]);
        assert_eq!(
            comments,
            Err(Fault::Unreadable("an item has too many comments"))
        );
        assert_eq!(requests, PAGES);
    }

    #[test]
    fn a_comment_that_cannot_be_read_is_not_skipped() {
        let page = json!({ "comments": [{ "text": "x", "createdDate": "2020-01-01T00:00:00Z" }] });
        assert_eq!(
            listed(vec![page]).0,
            Err(Fault::Unreadable("a comment cannot be read"))
        );
    }
}
