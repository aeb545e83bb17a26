//! Rendering: the parsed Markdown as HTML for the crate's own HTML reader.

use comrak::arena_tree::NodeEdge;
use comrak::nodes::{AstNode, ListType, NodeLink, NodeList, NodeValue, TableAlignment};

use crate::limit::{MAX_ELEMENTS, MAX_RENDERED_BYTES};
use crate::loss::{Instead, LossKind, Losses};

use super::raw;
use super::source::Source;
use super::write::language;

/// The HTML of a parsed text.
pub(super) fn html<'a>(root: &'a AstNode<'a>, source: &Source, losses: &mut Losses) -> String {
    let mut render = Render {
        source,
        losses,
        out: String::new(),
        images: 0,
        alt: String::new(),
        mentions: 0,
        tick: None,
        columns: Vec::new(),
        column: 0,
        header: false,
    };
    for (count, edge) in root.traverse().enumerate() {
        if count > MAX_ELEMENTS || render.out.len() > MAX_RENDERED_BYTES {
            render.losses.add(LossKind::TooLarge, Instead::Nothing);
            break;
        }
        match edge {
            NodeEdge::Start(node) => render.start(&node.data.borrow().value),
            NodeEdge::End(node) => render.end(&node.data.borrow().value),
        }
    }
    render.out
}

struct Render<'a> {
    source: &'a Source,
    losses: &'a mut Losses,
    out: String,
    /// How many images are open; within one, there is only alternative text.
    images: usize,
    alt: String,
    /// How many mentions are open; what stands within is their disguise.
    mentions: usize,
    /// The tick box that the next paragraph begins with.
    tick: Option<bool>,
    /// The alignments of the table that is open.
    columns: Vec<TableAlignment>,
    /// The cell that is next in the row.
    column: usize,
    /// Whether the row is the one of headers.
    header: bool,
}

impl Render<'_> {
    fn start(&mut self, value: &NodeValue) {
        if self.images > 0 {
            return self.within_image(value);
        }
        if self.mentions > 0 {
            return;
        }
        match value {
            NodeValue::BlockQuote => self.out.push_str("<blockquote>"),
            NodeValue::List(list) => self.list(list),
            NodeValue::Item(_) => self.out.push_str("<li>"),
            NodeValue::TaskItem(item) => {
                self.out.push_str("<li>");
                self.tick = Some(item.symbol.is_some());
            }
            NodeValue::CodeBlock(code) => self.code(&code.info, &code.literal),
            NodeValue::HtmlBlock(block) => {
                let text = self.source.restore(&block.literal);
                self.out.push_str(&raw::block(&text, self.losses));
            }
            NodeValue::Paragraph => {
                self.out.push_str("<p>");
                self.tick();
            }
            NodeValue::Heading(heading) => self.out.push_str(&format!("<h{}>", heading.level)),
            NodeValue::ThematicBreak => self.out.push_str("<hr>"),
            NodeValue::Table(table) => {
                self.columns.clone_from(&table.alignments);
                self.out.push_str("<table>");
            }
            NodeValue::TableRow(header) => {
                self.column = 0;
                self.header = *header;
                self.out.push_str("<tr>");
            }
            NodeValue::TableCell => self.cell(),
            _ => self.start_inline(value),
        }
    }

    fn start_inline(&mut self, value: &NodeValue) {
        match value {
            NodeValue::Text(text) => self.text(text),
            // Azure DevOps breaks the line where the text does.
            NodeValue::SoftBreak | NodeValue::LineBreak => self.out.push_str("<br>"),
            NodeValue::Code(code) => self.span(&code.literal),
            NodeValue::HtmlInline(tag) => {
                if let Some(tag) = raw::inline(tag, self.losses) {
                    let tag = self.source.restore(tag);
                    self.out.push_str(&tag);
                }
            }
            NodeValue::Emph => self.out.push_str("<i>"),
            NodeValue::Strong => self.out.push_str("<b>"),
            NodeValue::Strikethrough => self.out.push_str("<s>"),
            NodeValue::Link(link) => self.link(link),
            NodeValue::Image(_) => self.images = 1,
            _ => {}
        }
    }

    fn end(&mut self, value: &NodeValue) {
        match value {
            NodeValue::Image(link) => {
                self.images = self.images.saturating_sub(1);
                if self.images == 0 {
                    self.image(link);
                }
            }
            _ if self.images > 0 => {}
            NodeValue::Link(link) => self.link_end(link),
            NodeValue::BlockQuote => self.out.push_str("</blockquote>"),
            NodeValue::List(list) => self.out.push_str(match list.list_type {
                ListType::Bullet => "</ul>",
                ListType::Ordered => "</ol>",
            }),
            NodeValue::Item(_) | NodeValue::TaskItem(_) => self.out.push_str("</li>"),
            NodeValue::Paragraph => self.out.push_str("</p>"),
            NodeValue::Heading(heading) => self.out.push_str(&format!("</h{}>", heading.level)),
            NodeValue::Table(_) => self.out.push_str("</table>"),
            NodeValue::TableRow(_) => self.out.push_str("</tr>"),
            NodeValue::TableCell => self
                .out
                .push_str(if self.header { "</th>" } else { "</td>" }),
            NodeValue::Emph => self.out.push_str("</i>"),
            NodeValue::Strong => self.out.push_str("</b>"),
            NodeValue::Strikethrough => self.out.push_str("</s>"),
            _ => {}
        }
    }

    fn within_image(&mut self, value: &NodeValue) {
        match value {
            NodeValue::Image(_) => self.images += 1,
            NodeValue::Text(text) => self.alt.push_str(text),
            NodeValue::Code(code) => self.alt.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => self.alt.push(' '),
            NodeValue::Link(link) if self.source.mentioned(&link.url).is_some() => {
                self.losses.add(LossKind::Mention, Instead::Text);
            }
            _ => {}
        }
    }

    fn list(&mut self, list: &NodeList) {
        match list.list_type {
            ListType::Bullet => self.out.push_str("<ul>"),
            ListType::Ordered => self.out.push_str(&format!("<ol start=\"{}\">", list.start)),
        }
    }

    fn tick(&mut self) {
        match self.tick.take() {
            Some(true) => self.out.push_str("<input type=\"checkbox\" checked>"),
            Some(false) => self.out.push_str("<input type=\"checkbox\">"),
            None => {}
        }
    }

    fn code(&mut self, info: &str, literal: &str) {
        self.out.push_str("<pre><code");
        let info = self.source.restore(info);
        let mut words = info.split_whitespace();
        let named = words.next().unwrap_or_default();
        let known = language(named);
        if let Some(language) = known {
            self.attribute("class", &format!("language-{language}"));
        }
        if words.next().is_some() || known.is_none() && !named.is_empty() {
            self.losses.add(LossKind::Code, Instead::Plain);
        }
        self.out.push('>');
        self.text(literal);
        self.out.push_str("</code></pre>");
    }

    /// Code within a line. Its spaces are all seen.
    fn span(&mut self, literal: &str) {
        self.out.push_str("<code>");
        let literal = self.source.restore(literal);
        for c in literal.chars() {
            match c {
                ' ' | '\t' | '\n' => self.out.push_str("&nbsp;"),
                c => escape(&mut self.out, c),
            }
        }
        self.out.push_str("</code>");
    }

    fn link(&mut self, link: &NodeLink) {
        if let Some(guid) = self.source.mentioned(&link.url) {
            self.mentions += 1;
            self.out.push_str("<a");
            self.attribute("data-vss-mention", &format!("version:2.0,{guid}"));
            return self.out.push_str("></a>");
        }
        // Only an image has a size, so this is no link.
        if self.source.size(&link.title).is_some() {
            return self.out.push('[');
        }
        self.out.push_str("<a");
        self.attribute("href", &link.url);
        if !link.title.is_empty() {
            self.attribute("title", &link.title);
        }
        self.out.push('>');
    }

    fn link_end(&mut self, link: &NodeLink) {
        if self.source.mentioned(&link.url).is_some() {
            self.mentions = self.mentions.saturating_sub(1);
        } else if self.source.size(&link.title).is_some() {
            self.text(&format!("]({} ({}))", link.url, link.title));
        } else {
            self.out.push_str("</a>");
        }
    }

    fn image(&mut self, link: &NodeLink) {
        let alt = std::mem::take(&mut self.alt);
        self.out.push_str("<img");
        self.attribute("src", &link.url);
        self.attribute("alt", &alt);
        match self.source.size(&link.title) {
            Some(size) => {
                for (name, pixels) in [("width", size.width), ("height", size.height)] {
                    if let Some(pixels) = pixels {
                        self.attribute(name, &pixels.to_string());
                    }
                }
            }
            None if link.title.is_empty() => {}
            None => self.losses.add(LossKind::LinkDetail, Instead::Plain),
        }
        self.out.push('>');
    }

    fn cell(&mut self) {
        self.out.push_str(if self.header { "<th" } else { "<td" });
        let alignment = self.columns.get(self.column).copied();
        self.column += 1;
        match alignment.unwrap_or(TableAlignment::None) {
            TableAlignment::Center => self.attribute("align", "center"),
            TableAlignment::Right => self.attribute("align", "right"),
            TableAlignment::None | TableAlignment::Left => {}
        }
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.text(value);
        self.out.push('"');
    }

    fn text(&mut self, text: &str) {
        let text = self.source.restore(text);
        for c in text.chars() {
            escape(&mut self.out, c);
        }
    }
}

/// A character as it stands in text and in the value of an attribute.
pub(super) fn escape(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
}
