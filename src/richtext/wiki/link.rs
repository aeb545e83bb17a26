//! Links: what stands between brackets, and which of it leads somewhere.

use crate::limit::MAX_URL_BYTES;
use crate::reference;

use super::escape;

/// What a pair of brackets says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bracket<'a> {
    /// `[^file.pdf]`: the name, and the text that is shown instead of it.
    Attachment(&'a str, Option<&'a str>),
    /// `[~name]`: the identity of a person.
    Mention(&'a str),
    /// `[text|url]` or `[url]`.
    Link {
        /// The text, with markup.
        label: Option<&'a str>,
        /// Where it leads.
        url: String,
        /// The text of its tooltip.
        title: Option<String>,
    },
    /// `[text|url|smart-link]` and its kin.
    Card(String, View),
}

/// How Jira Cloud shows a link that it turned into a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// Within the line.
    Inline,
    /// As a box.
    Block,
    /// With its content.
    Embed,
}

/// The schemes with which an address begins that is a link without brackets.
const BARE: [&str; 6] = [
    "https://", "http://", "ftps://", "ftp://", "irc://", "mailto:",
];

/// The signs that may stand in such an address beside letters and digits.
const BARE_SIGNS: &str = "_?!~^/\\#$%&'()*+,-.:;<=@";

/// What stands in brackets from the beginning of this text: no bracket, not empty, on one line.
pub(super) fn between(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']', '\n'])?;
    let (body, behind) = inner.split_at(end);
    (!body.is_empty() && behind.starts_with(']')).then_some(body)
}

/// Whether an address has a scheme or begins as a path or as an anchor does; a mere word leads nowhere.
pub(super) fn leads_somewhere(url: &str) -> bool {
    let scheme = url.split(['/', '?', '#']).next().unwrap_or_default();
    url.starts_with(['/', '#', '?']) && url.len() > 1 || scheme.contains(':')
}

/// An address to which a link may lead.
pub(super) fn target(url: &str) -> Option<String> {
    let url = escape::trim(url);
    reference::harmless(url).filter(|safe| leads_somewhere(safe) && safe == url)
}

/// Whether this is the address of a page as most are, which leads there and is printed as it is.
pub(super) fn is_simple(url: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@$&'()*+,;=%".contains(&byte);
    let known = url.starts_with("https://") || url.starts_with("http://");
    known && url.len() <= MAX_URL_BYTES && url.bytes().all(sign)
}

/// What these brackets say; `None` where they are only brackets.
pub(super) fn read(body: &str) -> Option<Bracket<'_>> {
    let body = escape::trim(body);
    if let Some(id) = body.strip_prefix('~') {
        return mention(id).map(Bracket::Mention);
    }
    let (label, rest) = label(body);
    let rest = escape::trim(rest);
    if let Some(name) = rest.strip_prefix('^') {
        let name = escape::trim(name);
        return is_name(name).then_some(Bracket::Attachment(name, label));
    }
    let (url, title) = match rest.split_once('|') {
        Some((url, title)) if label.is_some() => (url, Some(escape::trim(title))),
        _ => (rest, None),
    };
    let url = target(url)?;
    let view = title.and_then(view);
    if let Some(view) = view {
        return Some(Bracket::Card(url, view));
    }
    let title = title.map(escape::decode).filter(|title| !title.is_empty());
    Some(Bracket::Link { label, url, title })
}

/// How a card is shown, by the word in the place of a link's title.
pub(super) fn view(title: &str) -> Option<View> {
    match title {
        "smart-link" => Some(View::Inline),
        "smart-card" | "block-link" => Some(View::Block),
        "smart-embed" => Some(View::Embed),
        _ => None,
    }
}

/// The text before the bar, and what stands behind it. An image has bars of its own.
fn label(body: &str) -> (Option<&str>, &str) {
    let image = body.strip_prefix('!').and_then(|rest| rest.find("!|"));
    let bar = match image {
        Some(end) => Some(end + 2),
        None => body.find('|'),
    };
    match bar {
        Some(bar) => {
            let (label, rest) = body.split_at(bar);
            let label = Some(label).filter(|label| !escape::trim(label).is_empty());
            (label, rest.strip_prefix('|').unwrap_or(rest))
        }
        None => (None, body),
    }
}

/// Whether a name may stand in brackets.
pub(super) fn is_name(name: &str) -> bool {
    let signs = ['|', '[', ']', '{', '}', '^', '\\', '\n', '!'];
    !name.is_empty()
        && name.len() <= MAX_URL_BYTES
        && escape::trim(name) == name
        && !name.contains(signs)
}

/// The identity behind the `~`.
fn mention(id: &str) -> Option<&str> {
    let head = id.get(..ACCOUNT.len()).unwrap_or_default();
    let id = if head.eq_ignore_ascii_case(ACCOUNT) {
        id.get(ACCOUNT.len()..).unwrap_or_default()
    } else {
        id
    };
    let id = escape::trim(id);
    (!id.is_empty() && !id.contains('|')).then_some(id)
}

/// What stands before the identity of an account of Jira Cloud.
const ACCOUNT: &str = "accountid:";

/// Whether a mention of this identity can be written.
pub(super) fn is_mentionable(id: &str) -> bool {
    let signs = ['|', '[', ']', '{', '}', '\n'];
    !id.contains(signs) && id.len() <= MAX_URL_BYTES && mention(id) == Some(id)
}

/// The markup of a mention. An account of Jira Cloud is known by its form: 24 hexadecimal digits, or a number and a UUID.
pub(super) fn print_mention(id: &str) -> String {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let old = id.len() == 24 && hex(id);
    let new = id.split_once(':').is_some_and(|(number, uuid)| {
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        digits && uuid.len() == 36 && hex(&uuid.replace('-', ""))
    });
    let prefix = if old || new { ACCOUNT } else { "" };
    format!("[~{prefix}{id}]")
}

/// The address as it can stand between brackets and exclamation marks.
pub(super) fn printable(url: &str, image: bool) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        let ends = "|[]{}^\\".contains(c) || c.is_whitespace() || image && c == '!';
        let mut bytes = [0; 4];
        if ends {
            let bytes = c.encode_utf8(&mut bytes).bytes();
            bytes.for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// The scheme of an address without brackets at the beginning of a text.
pub(super) fn scheme(text: &str) -> Option<&'static str> {
    let begins = |scheme: &&&str| {
        let head = text.get(..scheme.len()).unwrap_or_default();
        head.eq_ignore_ascii_case(scheme)
    };
    BARE.iter().find(begins).copied()
}

/// All that looks like an address without brackets from the beginning of a text, and how much of it is one. Two backslashes
/// break the line behind it, and it ends before what `closes` says of a place in the text.
pub(super) fn bare(text: &str, closes: impl Fn(usize) -> bool) -> Option<(&str, &str)> {
    let scheme = scheme(text)?;
    let ends = |(at, c): &(usize, char)| {
        let known = c.is_ascii_alphanumeric() || BARE_SIGNS.contains(*c);
        let broken = *c == '\\' && text.as_bytes().get(at + 1) == Some(&b'\\');
        !known || broken || closes(*at)
    };
    let end = text.char_indices().find(ends).map(|(at, _)| at);
    let run = text.get(..end.unwrap_or(text.len()))?;
    let url = run.trim_end_matches(['.', ',', '>', ')', ']', ';', '}', '"', '\'', '!', '?']);
    (url.len() > scheme.len()).then_some((run, url))
}
