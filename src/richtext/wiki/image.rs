//! Images: `!file.png|width=300,alt="x"!` and how they stand.

use crate::block::{MediaWidth, Placement};
use crate::inline::{Image, ImageRef, ImageSource, MediaKind};
use crate::limit::MAX_URL_BYTES;
use crate::loss::{Instead, LossKind, Losses};
use crate::reference;

use super::{escape, link};

/// The longest part behind the dot of a file's name that is still taken for a kind of file.
const MAX_EXTENSION: usize = 8;

/// An image as it stands in markup.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The image.
    pub(super) image: Image,
    /// Where it stands when it stands alone.
    pub(super) placement: Placement,
    /// How wide it is shown when it stands alone.
    pub(super) width: Option<MediaWidth>,
}

/// The places of `!` that may end an image, found once each.
#[derive(Debug, Default)]
pub(super) struct Ends {
    next: Option<usize>,
    none: bool,
}

impl Ends {
    /// The first place from here where an image may end: a `!` that stands for itself, with no word behind it.
    fn after(&mut self, text: &str, from: usize) -> Option<usize> {
        if self.none {
            return None;
        }
        if let Some(next) = self.next.filter(|next| *next >= from) {
            return Some(next);
        }
        let rest = text.get(from..).unwrap_or_default();
        let ends = |at: &usize| {
            let behind = text.get(at + 1..).unwrap_or_default();
            !behind.starts_with(escape::is_wordlike) && !escape::is_escaped(text, *at)
        };
        let found = rest.match_indices('!').map(|(at, _)| from + at).find(ends);
        self.next = found;
        self.none = found.is_none();
        found
    }
}

/// The image whose first `!` stands at this place: what stands between, when it names something that can be shown.
pub(super) fn at<'a>(text: &'a str, at: usize, ends: &mut Ends) -> Option<&'a str> {
    let before = text.get(..at)?.chars().next_back();
    if before.is_some_and(escape::is_wordlike) {
        return None;
    }
    let end = ends.after(text, at + 1)?;
    let content = text.get(at + 1..end)?;
    if content.len() > 2 * MAX_URL_BYTES || content.contains(['!', '\\', '[', ']', '{', '}']) {
        return None;
    }
    let name = content.split('|').next().unwrap_or_default();
    source(name).map(|_| content)
}

/// What a name shows.
pub(super) fn source(name: &str) -> Option<ImageSource> {
    if name.starts_with(escape::is_space) || name.len() > MAX_URL_BYTES {
        return None;
    }
    let name = escape::trim(name);
    if link::leads_somewhere(name) {
        let url = reference::harmless_image(name).filter(|url| url == name)?;
        return Some(ImageSource::Url(url));
    }
    is_file(name).then(|| ImageSource::Attachment(name.to_owned()))
}

/// Whether this is the name of a file. Somebody who shouts in exclamation marks shows no image.
fn is_file(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, kind)| {
        let short = (1..=MAX_EXTENSION).contains(&kind.len());
        !stem.is_empty() && short && kind.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// The image of what stands between the `!`.
pub(super) fn read(content: &str, losses: &mut Losses) -> Option<Shown> {
    let mut parts = content.split('|');
    let source = source(parts.next()?)?;
    let mut shown = Shown {
        image: Image {
            reference: Box::new(ImageRef {
                kind: match source {
                    ImageSource::Attachment(_) => MediaKind::Image,
                    _ => MediaKind::File,
                },
                source,
                alt: None,
                width: None,
                height: None,
            }),
            link: None,
            border: None,
        },
        placement: Placement::Center,
        width: None,
    };
    let mut seen = Vec::new();
    for attr in parts.next().unwrap_or_default().split(',') {
        let (key, value) = attr.split_once('=').unwrap_or((attr, ""));
        let key = escape::trim(key).to_ascii_lowercase();
        if key.is_empty() || seen.contains(&key) {
            continue;
        }
        attribute(&mut shown, &key, escape::trim(value), losses);
        // Only what is known is told apart; the rest means nothing, however often it stands there.
        if seen.len() < 8 {
            seen.push(key);
        }
    }
    if parts.next().is_some() {
        losses.add(LossKind::Attribute, Instead::Nothing);
    }
    Some(shown)
}

fn attribute(shown: &mut Shown, key: &str, value: &str, losses: &mut Losses) {
    let reference = &mut shown.image.reference;
    let unquoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match key {
        "alt" => reference.alt = Some(escape::decode(unquoted.unwrap_or(value))),
        "width" if value.ends_with('%') => {
            let whole = value.trim_end_matches('%').parse::<u32>().ok();
            shown.width = whole.map(|whole| MediaWidth::Percent(whole.min(100) * 100));
        }
        "width" => reference.width = pixels(value),
        "height" => reference.height = pixels(value),
        "align" => match value {
            "left" => shown.placement = Placement::WrapLeft,
            "right" => shown.placement = Placement::WrapRight,
            _ => {}
        },
        "href" => {
            let href = unquoted.unwrap_or(value);
            shown.image.link = link::target(href);
            if shown.image.link.is_none() {
                losses.add(LossKind::UnsafeUrl, Instead::Plain);
            }
        }
        "thumbnail" => losses.add(LossKind::MediaLayout, Instead::Plain),
        _ => losses.add(LossKind::Attribute, Instead::Plain),
    }
}

fn pixels(value: &str) -> Option<u32> {
    value.strip_suffix("px").unwrap_or(value).parse().ok()
}

/// The markup of an image.
pub(super) fn print(shown: &Shown) -> String {
    let reference = &shown.image.reference;
    let name = match &reference.source {
        ImageSource::Url(name) | ImageSource::Attachment(name) => name,
        ImageSource::File { id, .. } => id,
    };
    let mut attrs = Vec::new();
    match shown.width {
        Some(MediaWidth::Percent(hundredths)) => attrs.push(format!("width={}%", hundredths / 100)),
        Some(MediaWidth::Pixels(_)) | None => {}
    }
    attrs.extend(reference.width.map(|width| format!("width={width}")));
    attrs.extend(reference.height.map(|height| format!("height={height}")));
    match shown.placement {
        Placement::WrapLeft => attrs.push("align=left".to_owned()),
        Placement::WrapRight => attrs.push("align=right".to_owned()),
        _ => {}
    }
    if let Some(alt) = &reference.alt {
        attrs.push(format!("alt=\"{}\"", escape::encode(alt)));
    }
    let bar = if attrs.is_empty() { "" } else { "|" };
    let image = format!("!{name}{bar}{}!", attrs.join(","));
    match &shown.image.link {
        Some(url) => format!("[{image}|{url}]"),
        None => image,
    }
}
