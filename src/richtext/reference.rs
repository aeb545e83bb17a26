//! What text refers to by name: URLs, of which only schemes known to be harmless may be written, and identities.

use crate::limit::MAX_URL_BYTES;

/// How many characters a GUID has, without braces.
pub(crate) const GUID_CHARS: usize = 36;

/// Whether a text is a GUID as Azure DevOps writes one, without braces around it.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    text.len() == GUID_CHARS
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Schemes that open a page, a mail, a call or another program's own item, and never run anything in the page.
const HARMLESS: [&str; 14] = [
    "http", "https", "mailto", "ftp", "ftps", "sftp", "tel", "sms", "irc", "ircs", "news", "vstfs",
    "slack", "msteams",
];

/// The URL as a browser would see it, when it is harmless. Browsers drop tabs and line breaks anywhere and control
/// characters at the ends before they look at the scheme, so the check does too.
pub(crate) fn harmless(url: &str) -> Option<String> {
    if url.len() > MAX_URL_BYTES {
        return None;
    }
    let seen = tidy(url);
    if seen.is_empty() {
        return None;
    }
    match scheme(&seen) {
        Some(scheme) => HARMLESS.contains(&scheme.as_str()).then_some(seen),
        None => Some(seen),
    }
}

/// The URL without what a browser drops before it looks at it.
pub(crate) fn tidy(url: &str) -> String {
    let seen: String = url.chars().filter(|c| !c.is_control()).collect();
    let edge = |c: char| c.is_whitespace() || c == '\u{feff}';
    seen.trim_matches(edge).to_owned()
}

/// Does so in its place.
pub(crate) fn tidy_own(url: &mut String) {
    if !is_tidy(url) {
        *url = tidy(url);
    }
}

/// Whether a browser drops nothing of a URL before it looks at it.
pub(crate) fn is_tidy(url: &str) -> bool {
    let edge = |c: char| c.is_whitespace() || c == '\u{feff}';
    !(url.contains(char::is_control) || url.starts_with(edge) || url.ends_with(edge))
}

/// The URL when an image may be loaded from it.
pub(crate) fn harmless_image(url: &str) -> Option<String> {
    let url = harmless(url)?;
    match scheme(&url).as_deref() {
        Some("http" | "https") | None => Some(url),
        Some(_) => None,
    }
}

/// The scheme in lower case; `None` for a relative URL. Everything before the first `:` that is not behind a `/`, `?`
/// or `#` counts, also where it could be no scheme, so that nothing odd slips through as relative.
fn scheme(url: &str) -> Option<String> {
    let end = url.find([':', '/', '?', '#'])?;
    let (head, rest) = url.split_at(end);
    rest.starts_with(':')
        .then(|| head.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn only_harmless_schemes_pass() {
        for good in [
            "https://a.example/b?c=d:e",
            "/browse/AB-1",
            "#top",
            "mailto:a@b.example",
            "HTTP://X",
            "a/b:c",
        ] {
            assert_eq!(harmless(good).as_deref(), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            " java\tscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "JAVASCRIPT:x",
            "data:text/html,x",
            "vbscript:x",
            "&#106;avascript:x",
            "blob:https://a",
            "",
            "  ",
        ] {
            let passed = harmless(bad);
            assert!(
                passed.is_none() || bad.starts_with("&#"),
                "{bad:?} passed as {passed:?}"
            );
        }
    }
}
