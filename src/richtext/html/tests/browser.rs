//! A browser, as far as safety goes: what it makes of the HTML that was written, and what it must never make.

use html5ever::{LocalName, local_name, ns};

use super::super::tree::{Id, Kind, Name, Tree};

/// The elements that are ever written.
const ELEMENTS: [&str; 28] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "u",
];

/// The schemes that are ever written.
const SCHEMES: [&str; 14] = [
    "ftp", "ftps", "http", "https", "irc", "ircs", "mailto", "msteams", "news", "sftp", "slack",
    "sms", "tel", "vstfs",
];

/// Asserts that a browser finds nothing but the writer's own elements and attributes, and nothing to run or to load from
/// anywhere but a page, and that this stays so when what it shows is copied and pasted.
#[track_caller]
pub(super) fn assert_safe(written: &str) {
    for within in [None, Some(local_name!("div")), Some(local_name!("body"))] {
        let first = shown(written, within.clone());
        let second = shown(&first, within);
        assert_eq!(first, second, "it changes when it is pasted: {written}");
    }
}

/// The page serialised as a browser does it, everything in it checked.
#[track_caller]
fn shown(text: &str, within: Option<LocalName>) -> String {
    let page = within.is_none();
    let tree = Tree::browsed(text, within);
    let mut out = String::new();
    let root = if page { 0 } else { tree.root() };
    for child in tree.children(root) {
        serialise(&tree, child, page, &mut out);
    }
    out
}

#[track_caller]
fn serialise(tree: &Tree, id: Id, page: bool, out: &mut String) {
    match tree.kind(id) {
        Kind::Text(text) => out.push_str(&escaped(text, false)),
        Kind::Element(name, _) if page && matches!(&*name.local, "html" | "head" | "body") => {
            assert!(attributes(tree, id).is_empty(), "{name:?} has attributes");
            for child in tree.children(id) {
                serialise(tree, child, page, out);
            }
        }
        Kind::Element(name, _) => element(tree, id, name, page, out),
        Kind::Fragment | Kind::Other => panic!("a comment, a doctype or a template was written"),
    }
}

#[track_caller]
fn element(tree: &Tree, id: Id, name: &Name, page: bool, out: &mut String) {
    assert_eq!(name.ns, ns!(html), "{name:?} is foreign");
    let tag = &*name.local;
    assert!(
        ELEMENTS.contains(&tag) || tag == "ul",
        "<{tag}> was written"
    );
    out.push_str(&format!("<{tag}"));
    for (name, value) in attributes(tree, id) {
        assert_attribute(tag, &name, &value);
        out.push_str(&format!(" {name}=\"{}\"", escaped(&value, true)));
    }
    out.push('>');
    if matches!(tag, "br" | "hr" | "img") {
        assert!(tree.children(id).next().is_none());
        return;
    }
    for child in tree.children(id) {
        serialise(tree, child, page, out);
    }
    out.push_str(&format!("</{tag}>"));
}

fn attributes(tree: &Tree, id: Id) -> Vec<(String, String)> {
    let Kind::Element(_, attrs) = tree.kind(id) else {
        return Vec::new();
    };
    let attrs = attrs.iter();
    attrs
        .map(|attr| (attr.name.local.to_string(), attr.value.to_string()))
        .collect()
}

#[track_caller]
fn assert_attribute(tag: &str, name: &str, value: &str) {
    let number = |value: &str| value.parse::<u32>().is_ok();
    let fine = match (tag, name) {
        ("a", "href") => is_harmless(value, &SCHEMES),
        ("a", "data-vss-mention") => value.starts_with("version:2.0,"),
        ("img", "src") => is_harmless(value, &["http", "https"]),
        ("img", "alt") => true,
        ("img", "width" | "height") | ("ol", "start") | ("td" | "th", "colspan" | "rowspan") => {
            number(value)
        }
        ("span" | "td" | "th" | "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6", "style") => {
            is_plain_style(value)
        }
        _ => false,
    };
    assert!(fine, "<{tag} {name}=\"{value}\"> was written");
}

/// Whether a URL leads to a page: what a browser drops of it is dropped first.
fn is_harmless(url: &str, schemes: &[&str]) -> bool {
    let edges = |c: char| c <= ' ';
    let seen: String = url
        .trim_matches(edges)
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let Some((head, _)) = seen.split_once(':') else {
        return true;
    };
    let is_scheme = head.starts_with(|c: char| c.is_ascii_alphabetic())
        && head
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    !is_scheme || schemes.contains(&head.to_ascii_lowercase().as_str())
}

fn is_plain_style(style: &str) -> bool {
    match style.split_once(':') {
        Some(("color" | "background-color", color)) => {
            color.strip_prefix('#').is_some_and(|digits| {
                digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
            })
        }
        Some(("text-align", side)) => matches!(side, "center" | "right"),
        _ => false,
    }
}

fn escaped(text: &str, attribute: bool) -> String {
    let text = text.replace('&', "&amp;").replace('\u{a0}', "&nbsp;");
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    if attribute {
        text.replace('"', "&quot;")
    } else {
        text
    }
}
