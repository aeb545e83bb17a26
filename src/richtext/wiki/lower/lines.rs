//! Lines: inlines brought into what a line of wiki markup can say.

use crate::block::{Block, MediaSingle, Placement};
use crate::inline::{
    CardTarget, Emoji, Image, ImageRef, ImageSource, Inline, MediaKind, Mention, Text,
};
use crate::loss::{Instead, LossKind, Losses};
use crate::lower::{as_glyphs, as_text};
use crate::mark::{Link, Mark};
use crate::normal;
use crate::wiki::{escape, image as images, line, link, smiley};

/// The line as markup can say it, in normal form.
pub(super) fn lower(inlines: &[Inline], losses: &mut Losses) -> Vec<Inline> {
    let mut shown = Vec::with_capacity(inlines.len());
    for inline in inlines {
        shown.extend(lower_inline(inline, losses));
    }
    let shown = normal::line(&shown);
    spaced(&shown, losses)
}

fn lower_inline(inline: &Inline, losses: &mut Losses) -> Option<Inline> {
    match inline {
        Inline::Text(run) => Some(text(run, losses)),
        Inline::Mention(person) => Some(mention(person, losses)),
        Inline::Emoji(shown) => Some(emoji(shown, losses)),
        Inline::Card(target) => Some(card(target, losses)),
        Inline::Image(shown) if is_file(shown) => Some(match file(shown, losses) {
            Some(file) => Inline::Image(file),
            None => placeholder(shown, losses),
        }),
        Inline::Image(shown) => Some(image(shown, losses).map_or_else(Inline::text, Inline::Image)),
        Inline::Anchor(name) if is_anchor(name) => Some(inline.clone()),
        Inline::HardBreak
        | Inline::Date(_)
        | Inline::Status(_)
        | Inline::Placeholder(_)
        | Inline::Anchor(_)
        | Inline::Extension(_)
        | Inline::Unknown(_) => as_text(inline, losses),
    }
}

fn is_anchor(name: &str) -> bool {
    !name.is_empty() && !name.contains(['{', '}', '|', '\n', '\\'])
}

fn text(run: &Text, losses: &mut Losses) -> Inline {
    let mut marks = Vec::with_capacity(run.marks.len());
    for mark in &run.marks {
        match mark {
            Mark::Annotation(_) | Mark::Unknown(_) | Mark::Background(_) => {
                losses.add(LossKind::Mark, Instead::Plain);
            }
            Mark::Link(link) => marks.extend(linked(link, losses).map(Mark::Link)),
            Mark::Strong
            | Mark::Em
            | Mark::Underline
            | Mark::Strike
            | Mark::Sub
            | Mark::Sup
            | Mark::Color(_)
            | Mark::Code => marks.push(mark.clone()),
        }
    }
    Inline::marked(run.text.clone(), marks)
}

/// A link as it can be written; `None`, with a loss, when it leads nowhere that markup knows.
fn linked(link: &Link, losses: &mut Losses) -> Option<Link> {
    let href = address(&link.href, false, losses)?;
    let title = link.title.as_deref().map(|title| {
        let words: Vec<&str> = title.split_whitespace().collect();
        words.join(" ")
    });
    let title = title.filter(|title| !title.is_empty() && link::view(title).is_none());
    if title != link.title {
        losses.add(LossKind::LinkDetail, Instead::Plain);
    }
    Some(Link { href, title })
}

/// An address as it can stand in markup.
fn address(url: &str, image: bool, losses: &mut Losses) -> Option<String> {
    let printable = link::printable(url, image);
    match link::target(&printable) {
        Some(target) => {
            if target != url {
                losses.add(LossKind::LinkDetail, Instead::Plain);
            }
            Some(target)
        }
        None => {
            losses.add(LossKind::LinkDetail, Instead::Text);
            None
        }
    }
}

/// A mention by its identity alone: Jira shows the name.
fn mention(person: &Mention, losses: &mut Losses) -> Inline {
    if person.access_level.is_some() || person.user_type.is_some() {
        losses.add(LossKind::Attribute, Instead::Plain);
    }
    if !link::is_mentionable(&person.id) {
        losses.add(LossKind::Mention, Instead::Text);
        return Inline::text(person.shown());
    }
    Inline::Mention(Box::new(Mention {
        id: person.id.clone(),
        ..Mention::default()
    }))
}

/// An emoji as its sign or its characters, which is no loss, or as its name.
fn emoji(shown: &Emoji, losses: &mut Losses) -> Inline {
    let same = smiley::same(shown).map(Box::new);
    same.map_or_else(|| as_glyphs(shown, losses), Inline::Emoji)
}

/// A card by its address, or the text that stands in where it has none.
pub(super) fn card(target: &CardTarget, losses: &mut Losses) -> Inline {
    let url = target.url().and_then(|url| address(url, false, losses));
    match (url, target) {
        (Some(url), CardTarget::Url(_)) => Inline::Card(CardTarget::Url(url)),
        (Some(url), CardTarget::Data(_)) => {
            losses.add(LossKind::Card, Instead::Plain);
            Inline::Card(CardTarget::Url(url))
        }
        (None, _) => {
            losses.add(LossKind::Card, Instead::Placeholder);
            Inline::text("[unsupported: card]")
        }
    }
}

fn is_file(image: &Image) -> bool {
    line::is_file(&Inline::Image(image.clone()))
}

fn placeholder(image: &Image, losses: &mut Losses) -> Inline {
    losses.add(LossKind::Image, Instead::Placeholder);
    Inline::text(image.reference.placeholder())
}

/// A file shown by its name; `None` when it has none that can stand in brackets.
pub(super) fn file(image: &Image, losses: &mut Losses) -> Option<Image> {
    let ImageSource::Attachment(name) = &image.reference.source else {
        return None;
    };
    if !link::is_name(name) {
        return None;
    }
    let reference = &image.reference;
    let alt = plain_label(reference.alt.as_deref());
    let sized = reference.width.or(reference.height).is_some();
    if alt != reference.alt || sized || image.link.is_some() || image.border.is_some() {
        losses.add(LossKind::MediaLayout, Instead::Plain);
    }
    Some(Image {
        reference: Box::new(ImageRef {
            source: reference.source.clone(),
            kind: MediaKind::File,
            alt,
            width: None,
            height: None,
        }),
        link: None,
        border: None,
    })
}

/// A text as it can stand before the bar of a file, on one line and without white space around it.
fn plain_label(alt: Option<&str>) -> Option<String> {
    let words = alt?.replace(['\n', '\t'], " ");
    let label = words.trim().to_owned();
    Some(label).filter(|label| !label.is_empty())
}

/// An image as markup shows it, or the text that stands in for one that has no address and no name.
pub(super) fn image(image: &Image, losses: &mut Losses) -> Result<Image, String> {
    let reference = &image.reference;
    let source = match &reference.source {
        ImageSource::Url(url) => address(url, true, losses),
        ImageSource::Attachment(name) if link::is_name(name) => Some(name.clone()),
        ImageSource::Attachment(_) | ImageSource::File { .. } => None,
    };
    let source = source.and_then(|name| images::source(&name));
    let Some(source) = source else {
        losses.add(LossKind::Image, Instead::Placeholder);
        return Err(reference.placeholder());
    };
    if image.border.is_some() {
        losses.add(LossKind::MediaLayout, Instead::Plain);
    }
    let alt = reference.alt.as_deref().map(|alt| alt.replace('\n', " "));
    if alt != reference.alt {
        losses.add(LossKind::Whitespace, Instead::Plain);
    }
    let link = image.link.as_deref();
    Ok(Image {
        reference: Box::new(ImageRef {
            kind: match source {
                ImageSource::Attachment(_) => MediaKind::Image,
                _ => MediaKind::File,
            },
            source,
            alt: alt.filter(|alt| !alt.is_empty()),
            width: reference.width,
            height: reference.height,
        }),
        link: link.and_then(|link| address(link, false, losses)),
        border: None,
    })
}

/// The marks of an inline, which what is no text has not.
fn marks(inline: Option<&Inline>) -> &[Mark] {
    match inline {
        Some(Inline::Text(run)) => &run.marks,
        _ => &[],
    }
}

fn common(one: &[Mark], other: &[Mark]) -> usize {
    let both = one.iter().zip(other);
    both.take_while(|(one, other)| one == other).count()
}

/// A part of a line: spaces at the ends of runs are told from what they surround.
enum Part<'a> {
    Spaces(&'a str, &'a [Mark]),
    Other(Inline),
}

/// Spaces where symbols would not pair around them lose those marks, and spaces at the ends of lines go: nobody sees either.
fn spaced(inlines: &[Inline], losses: &mut Losses) -> Vec<Inline> {
    let parts = parts(inlines);
    let mut out: Vec<Inline> = Vec::with_capacity(parts.len());
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        if let Part::Other(inline) = part {
            match inline {
                Inline::Text(run) => normal::push_text(&mut out, &run.text, &run.marks),
                other => out.push(other.clone()),
            }
            at += 1;
            continue;
        }
        let from = at;
        while matches!(parts.get(at), Some(Part::Spaces(..))) {
            at += 1;
        }
        let zone = parts.get(from..at).unwrap_or_default();
        let after = match parts.get(at) {
            Some(Part::Other(inline)) => Some(inline),
            _ => None,
        };
        let before = match from.checked_sub(1).and_then(|before| parts.get(before)) {
            Some(Part::Other(inline)) => Some(inline),
            _ => None,
        };
        push_spaces(&mut out, zone, before, after, losses);
    }
    out
}

fn parts(inlines: &[Inline]) -> Vec<Part<'_>> {
    let mut parts = Vec::with_capacity(inlines.len());
    for inline in inlines {
        let Inline::Text(run) = inline else {
            parts.push(Part::Other(inline.clone()));
            continue;
        };
        let behind = run.text.trim_start_matches(escape::is_space);
        let core = behind.trim_end_matches(escape::is_space);
        let (head, _) = run.text.split_at(run.text.len() - behind.len());
        let (_, tail) = behind.split_at(core.len());
        if !head.is_empty() {
            parts.push(Part::Spaces(head, &run.marks));
        }
        if !core.is_empty() {
            parts.push(Part::Other(Inline::marked(core, run.marks.clone())));
        }
        if !tail.is_empty() {
            parts.push(Part::Spaces(tail, &run.marks));
        }
    }
    parts
}

/// Appends the spaces between two inlines under the marks that hold before, over and behind all of them.
fn push_spaces(
    out: &mut Vec<Inline>,
    zone: &[Part<'_>],
    before: Option<&Inline>,
    after: Option<&Inline>,
    losses: &mut Losses,
) {
    let is_end = |inline: Option<&Inline>| matches!(inline, None | Some(Inline::HardBreak));
    if is_end(before) || is_end(after) {
        return losses.add(LossKind::Whitespace, Instead::Nothing);
    }
    let around = marks(before);
    let mut kept = common(around, marks(after));
    for part in zone {
        if let Part::Spaces(_, own) = part {
            kept = kept.min(common(around, own));
        }
    }
    let around = around.get(..kept).unwrap_or_default().to_vec();
    for part in zone {
        if let Part::Spaces(text, own) = part {
            if own.len() > kept {
                losses.add(LossKind::Mark, Instead::Plain);
            }
            normal::push_text(out, text, &around);
        }
    }
}

/// Appends a paragraph, and the images that have a line of it for themselves as blocks.
pub(super) fn split(inlines: Vec<Inline>, out: &mut Vec<Block>, losses: &mut Losses) {
    let lines = printed(&inlines);
    if !lines.iter().any(|line| is_block(line)) {
        return out.push(Block::paragraph(inlines));
    }
    losses.add(LossKind::Structure, Instead::Blocks);
    let mut text: Vec<Inline> = Vec::new();
    let flush = |text: &mut Vec<Inline>, out: &mut Vec<Block>| {
        if !text.is_empty() {
            out.push(Block::paragraph(std::mem::take(text)));
        }
    };
    for line in lines {
        if is_block(line) {
            flush(&mut text, out);
            out.push(as_block(line));
            continue;
        }
        if !text.is_empty() {
            text.push(Inline::HardBreak);
        }
        text.extend_from_slice(line);
    }
    flush(&mut text, out);
}

fn is_block(line: &[Inline]) -> bool {
    let picture = matches!(line, [Inline::Image(_)]);
    picture || line::is_files(line)
}

fn as_block(line: &[Inline]) -> Block {
    if let [Inline::Image(image)] = line
        && !is_file(image)
    {
        return Block::Media(Box::new(MediaSingle {
            image: image.clone(),
            caption: None,
            placement: Placement::Center,
            width: None,
        }));
    }
    let files = line.iter().filter_map(|inline| match inline {
        Inline::Image(image) => Some(image.clone()),
        _ => None,
    });
    Block::MediaGroup(files.collect())
}

/// The lines of a paragraph as they are printed: a break within it ends a line, and further breaks before that one stand in
/// the line. Breaks at the beginning and at the end stand in the first and in the last line.
pub(in crate::wiki) fn printed(inlines: &[Inline]) -> Vec<&[Inline]> {
    let is_break = |inline: &Inline| *inline == Inline::HardBreak;
    let first = inlines.iter().position(|inline| !is_break(inline));
    let last = inlines.iter().rposition(|inline| !is_break(inline));
    let (Some(first), Some(last)) = (first, last) else {
        return vec![inlines];
    };
    let mut lines = Vec::new();
    let mut from = 0;
    for at in first..last {
        let here = inlines.get(at).is_some_and(is_break);
        let next = inlines.get(at + 1).is_some_and(is_break);
        if here && !next {
            lines.extend(inlines.get(from..at));
            from = at + 1;
        }
    }
    lines.extend(inlines.get(from..));
    lines
}
