//! The outline of a document as our reader gives it.

use richtext::{
    Block, Card, CardTarget, CardView, Document, Image, ImageSource, Inline, ListKind, Mark,
    MediaKind, MediaSingle, MediaWidth, Panel, PanelKind, Placement, Table,
};

use crate::outline::{Marks, Outline, Text};

/// The outline of a document.
pub(crate) fn outline(document: &Document) -> String {
    Outline::of(|outline| blocks(outline, &document.blocks))
}

fn blocks(outline: &mut Outline, content: &[Block]) {
    for child in content {
        block(outline, child);
    }
}

/// Markup makes no other blocks than these.
fn block(outline: &mut Outline, block: &Block) {
    match block {
        Block::Paragraph(paragraph) => outline.text("paragraph", &text(&paragraph.inlines)),
        Block::Heading(heading) => {
            let words = format!("heading {}", heading.level);
            outline.text(&words, &text(&heading.inlines));
        }
        Block::List(list) => {
            let words = match list.kind {
                ListKind::Bullet => "bullets",
                ListKind::Ordered { .. } => "numbers",
            };
            outline.within(words, |outline| {
                for item in &list.items {
                    outline.within("item", |outline| blocks(outline, &item.blocks));
                }
            });
        }
        Block::Quote(quote) => outline.within("quote", |outline| blocks(outline, &quote.blocks)),
        Block::Panel(panel) => self::panel(outline, panel),
        Block::Code(code) => outline.code(code.language.as_deref().unwrap_or_default(), &code.text),
        Block::Table(table) => self::table(outline, table),
        Block::Rule => outline.line("rule"),
        Block::Media(media) => outline.line(&format!("picture {}", picture(media))),
        Block::MediaGroup(files) => {
            for file in files {
                outline.line(&format!("file {}", name(file)));
            }
        }
        Block::Card(card) => self::card(outline, card),
        other => outline.line(&format!("{other:?}")),
    }
}

/// The title of a box stands in it, in bold, as Atlassian's reader has it.
fn panel(outline: &mut Outline, panel: &Panel) {
    let kind = match panel.kind {
        PanelKind::Info => "info",
        PanelKind::Note => "note",
        PanelKind::Tip => "tip",
        PanelKind::Warning => "warning",
        PanelKind::Error => "error",
        PanelKind::Success => "success",
        PanelKind::Custom => "custom",
    };
    outline.within(&format!("panel {kind}"), |outline| {
        let title = Inline::marked(panel.title.clone(), vec![Mark::Strong]);
        outline.text("paragraph", &text(&[title]));
        blocks(outline, &panel.blocks);
    });
}

fn table(outline: &mut Outline, table: &Table) {
    outline.within("table", |outline| {
        for row in &table.rows {
            outline.within("row", |outline| {
                for cell in &row.cells {
                    let words = if cell.header { "header" } else { "cell" };
                    outline.within(words, |outline| blocks(outline, &cell.blocks));
                }
            });
        }
    });
}

fn card(outline: &mut Outline, card: &Card) {
    let words = match card.view {
        CardView::Block | CardView::Datasource { .. } => "blockCard",
        CardView::Embed { .. } => "embedCard",
    };
    outline.line(&format!("{words} {}", address(&card.target)));
}

fn address(target: &CardTarget) -> &str {
    match target {
        CardTarget::Url(url) => url,
        CardTarget::Data(_) => "data",
    }
}

fn name(image: &Image) -> &str {
    match &image.reference.source {
        ImageSource::Url(name) | ImageSource::Attachment(name) => name,
        ImageSource::File { id, .. } => id,
    }
}

fn picture(media: &MediaSingle) -> String {
    let mut words = name(&media.image).to_owned();
    if let Some(MediaWidth::Percent(hundredths)) = media.width {
        words.push_str(&format!(" {}%", f64::from(hundredths) / 100.0));
    }
    match media.placement {
        Placement::WrapLeft => words.push_str(" wrap-left"),
        Placement::WrapRight => words.push_str(" wrap-right"),
        _ => {}
    }
    if let Some(alt) = &media.image.reference.alt {
        words.push_str(&format!(" \"{alt}\""));
    }
    if let Some(link) = &media.image.link {
        words.push_str(&format!(" to {link}"));
    }
    words
}

fn text(inlines: &[Inline]) -> Text {
    let mut text = Text::default();
    for inline in inlines {
        push(&mut text, inline);
    }
    text
}

/// Markup makes no other inlines than these. An anchor shows nothing.
fn push(text: &mut Text, inline: &Inline) {
    let none = Marks::new();
    match inline {
        Inline::Text(run) => text.push(&run.text, &run.marks.iter().map(mark).collect()),
        Inline::HardBreak => text.line_break(),
        Inline::Mention(person) => text.push(&format!("‹@{}›", person.id), &none),
        Inline::Emoji(emoji) => text.push(emoji.text.as_deref().unwrap_or_default(), &none),
        Inline::Card(target) => text.push(&format!("‹card {}›", address(target)), &none),
        Inline::Image(image) => {
            let what = match (&image.reference.source, image.reference.kind) {
                (ImageSource::Attachment(_), MediaKind::File) => "file",
                _ => "picture",
            };
            text.push(&format!("‹{what} {}›", name(image)), &none);
        }
        Inline::Anchor(_) => {}
        other => text.push(&format!("‹{other:?}›"), &none),
    }
}

fn mark(mark: &Mark) -> String {
    match mark {
        Mark::Strong => "strong".to_owned(),
        Mark::Em => "em".to_owned(),
        Mark::Underline => "underline".to_owned(),
        Mark::Strike => "strike".to_owned(),
        Mark::Sub => "sub".to_owned(),
        Mark::Sup => "sup".to_owned(),
        Mark::Code => "code".to_owned(),
        Mark::Color(color) => color.to_string(),
        Mark::Link(link) => match &link.title {
            Some(title) => format!("{} \"{title}\"", link.href),
            None => link.href.clone(),
        },
        other => format!("{other:?}"),
    }
}
