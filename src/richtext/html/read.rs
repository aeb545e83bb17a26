//! Reading HTML: the parsed tree walked into blocks and lines.
//!
//! Elements fall into a few kinds: those that make a block, those that only end the line before and after them (`div`
//! and all its kin), those that lay marks over text, and those that are not text. Block elements may stand within inline
//! ones and the other way round, as editors write both, so one walk carries marks and alignment down through all.

use crate::block::{
    Alignment, Block, BlockStyle, Cell, CodeBlock, Heading, Item, List, ListKind, MediaSingle,
    Paragraph, Placement, Quote, Row, Table,
};
use crate::document::Document;
use crate::inline::{Image, ImageRef, ImageSource, Inline, MediaKind, Mention};
use crate::limit::{MAX_ELEMENT_DEPTH, MAX_NODES};
use crate::loss::{Instead, Loss, LossKind, Losses};
use crate::mark::{Color, Link, Mark};
use crate::{normal, reference};

use super::style::{self, Style};
use super::tree::{Id, Kind, Tree};

/// Reads HTML as a browser would. Never fails: what is not text or unknown is left out or becomes a placeholder, and
/// a loss says so.
pub fn read(text: &str) -> (Document, Vec<Loss>) {
    read_as(text, Origin::Stored)
}

/// Reads what the reader of Markdown rendered. It says more than HTML that Azure DevOps stores: the language of code is a
/// class, the title of a link is kept, and a tick box is an [`Inline::Placeholder`] of `x` or a space.
pub(crate) fn read_rendered(text: &str) -> (Document, Vec<Loss>) {
    read_as(text, Origin::Markdown)
}

/// Where HTML comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// From a field of Azure DevOps.
    Stored,
    /// From our own rendering of Markdown.
    Markdown,
}

fn read_as(text: &str, origin: Origin) -> (Document, Vec<Loss>) {
    let tree = Tree::parse(text);
    let mut reader = Reader {
        tree: &tree,
        origin,
        losses: Losses::default(),
        nodes: 0,
        depth: 0,
    };
    if tree.cut {
        reader.losses.add(LossKind::TooLarge, Instead::Nothing);
    }
    if tree.flattened {
        reader.losses.add(LossKind::TooDeep, Instead::Text);
    }
    let blocks = reader.blocks(tree.root(), &Context::default());
    let doc = normal::document(&Document { blocks }, &mut reader.losses);
    (doc, reader.losses.done())
}

/// The identity in a mention: without white space and the braces that some writers put around a GUID.
pub(super) fn mention_id(id: &str) -> String {
    let edge = |c: char| c.is_whitespace() || c.is_control() || c == '{' || c == '}';
    normal::clean(id.trim_matches(edge)).replace(['\n', '\t'], " ")
}

struct Reader<'a> {
    tree: &'a Tree,
    origin: Origin,
    losses: Losses,
    nodes: usize,
    depth: usize,
}

/// What elements around a text say of it.
#[derive(Clone, Default)]
struct Context {
    marks: Vec<Mark>,
    alignment: Alignment,
    preformatted: bool,
}

/// Blocks as they are found, and the line that is being filled.
#[derive(Default)]
struct Flow {
    blocks: Vec<Block>,
    line: Line,
    /// The line belongs to a heading, where an image stays within the line.
    heading: bool,
}

/// A line with white space collapsed.
#[derive(Default)]
struct Line {
    inlines: Vec<Inline>,
    /// A space that counts once something follows, under these marks.
    space: Option<Vec<Mark>>,
}

impl Line {
    fn text(&mut self, text: &str, context: &Context) {
        let mut visible = String::new();
        for c in normal::clean(text).chars() {
            match c {
                '\n' if context.preformatted => {
                    self.flush_text(&mut visible, &context.marks);
                    self.push(Inline::HardBreak);
                }
                ' ' | '\t' | '\n' if !context.preformatted => {
                    self.flush_text(&mut visible, &context.marks);
                    let starts = matches!(self.inlines.last(), None | Some(Inline::HardBreak));
                    if !starts && self.space.is_none() {
                        self.space = Some(context.marks.clone());
                    }
                }
                '\u{a0}' | '\t' => visible.push(' '),
                c => visible.push(c),
            }
        }
        self.flush_text(&mut visible, &context.marks);
    }

    fn flush_text(&mut self, text: &mut String, marks: &[Mark]) {
        if !text.is_empty() {
            self.settle();
            normal::push_text(&mut self.inlines, text, &normal::marks(marks));
            text.clear();
        }
    }

    /// Writes the space that was waiting for something to follow.
    fn settle(&mut self) {
        if let Some(marks) = self.space.take() {
            normal::push_text(&mut self.inlines, " ", &normal::marks(&marks));
        }
    }

    fn push(&mut self, inline: Inline) {
        match inline {
            Inline::HardBreak => self.space = None,
            _ => self.settle(),
        }
        self.inlines.push(inline);
    }

    /// The line, if there is one. One break at the end is not seen, and spaces alone are an empty line.
    fn take(&mut self) -> Option<Vec<Inline>> {
        self.space = None;
        let mut inlines = std::mem::take(&mut self.inlines);
        if inlines.is_empty() {
            return None;
        }
        if inlines.last() == Some(&Inline::HardBreak) {
            inlines.pop();
        }
        let blank = |inline: &Inline| matches!(inline, Inline::Text(run) if run.text.bytes().all(|b| b == b' '));
        if inlines.iter().all(blank) {
            inlines.clear();
        }
        Some(inlines)
    }
}

impl Flow {
    /// Ends the line: it becomes a paragraph, or an image where it holds nothing else.
    fn flush(&mut self, alignment: Alignment) {
        let Some(inlines) = self.line.take() else {
            return;
        };
        match inlines.as_slice() {
            [Inline::Image(image)] if !self.heading => {
                self.blocks.push(Block::Media(MediaSingle {
                    image: image.clone(),
                    caption: None,
                    placement: Placement::Center,
                    width: None,
                }));
            }
            _ => self.blocks.push(Block::Paragraph(Paragraph {
                inlines,
                style: BlockStyle {
                    alignment,
                    ..BlockStyle::default()
                },
            })),
        }
    }
}

impl Reader<'_> {
    /// The content of an element as blocks.
    fn blocks(&mut self, id: Id, context: &Context) -> Vec<Block> {
        let mut flow = Flow::default();
        self.children(id, context, &mut flow);
        flow.flush(context.alignment);
        flow.blocks
    }

    fn children(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        if self.depth > MAX_ELEMENT_DEPTH {
            self.losses.add(LossKind::TooDeep, Instead::Text);
            let text = self.text(id);
            return flow.line.text(&text, context);
        }
        self.depth += 1;
        let tree = self.tree;
        for (index, child) in tree.children(id).iter().enumerate() {
            self.nodes += 1;
            if self.nodes > MAX_NODES {
                self.losses.add(LossKind::TooLarge, Instead::Nothing);
                break;
            }
            match tree.kind(*child) {
                Kind::Text(text) => flow.line.text(text, context),
                Kind::Element(..) => {
                    self.losses.enter(index, "element");
                    self.element(*child, context, flow);
                    self.losses.leave();
                }
                Kind::Fragment | Kind::Other => {}
            }
        }
        self.depth -= 1;
    }

    fn element(&mut self, id: Id, outer: &Context, flow: &mut Flow) {
        let name = self.tree.name(id).unwrap_or_default();
        let own = Style::read(self.tree.attr(id, "style").unwrap_or_default());
        if own.hidden {
            return self.losses.add(LossKind::Unsupported, Instead::Nothing);
        }
        let mut context = self.context(id, name, own, outer);
        match name {
            "script" => self.losses.add(LossKind::Script, Instead::Nothing),
            "style" | "head" | "title" | "meta" | "link" | "base" | "template" | "noframes"
            | "noembed" | "col" | "colgroup" | "datalist" | "wbr" | "area" => {}
            "br" => flow.line.push(Inline::HardBreak),
            "img" => self.image(id, &context, flow),
            "input" => self.input(id, &context, flow),
            "a" if self.tree.attr(id, "data-vss-mention").is_some() => {
                self.mention(id, &context, flow);
            }
            "a" => {
                self.link(id, &mut context);
                self.children(id, &context, flow);
            }
            "hr" => self.one(flow, outer, |_| Some(Block::Rule)),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.heading(id, name, &context, flow, outer)
            }
            "pre" | "listing" | "xmp" | "plaintext" => {
                self.one(flow, outer, |reader| reader.code(id));
            }
            "blockquote" => self.one(flow, outer, |reader| {
                let blocks = reader.blocks(id, &context);
                (!blocks.is_empty()).then_some(Block::Quote(Quote { blocks }))
            }),
            "ul" | "ol" | "dir" | "menu" => {
                self.one(flow, outer, |reader| Some(reader.list(id, name, &context)))
            }
            "table" => self.table(id, &context, flow, outer),
            "iframe" | "video" | "audio" | "object" | "embed" | "canvas" | "applet" | "map"
            | "foreign" | "frameset" | "progress" | "meter" => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                let kind = if name == "foreign" { "drawing" } else { name };
                flow.line.text(&format!("[unsupported: {kind}]"), &context);
            }
            _ if is_division(name) => {
                flow.flush(outer.alignment);
                self.children(id, &context, flow);
                flow.flush(context.alignment);
            }
            _ => {
                if !is_plain_inline(name) {
                    self.losses.add(LossKind::Unsupported, Instead::Text);
                }
                self.children(id, &context, flow);
            }
        }
    }

    /// Ends the line and appends the block that is read.
    fn one(
        &mut self,
        flow: &mut Flow,
        outer: &Context,
        read: impl FnOnce(&mut Self) -> Option<Block>,
    ) {
        flow.flush(outer.alignment);
        flow.blocks.extend(read(self));
    }

    /// What holds within an element: what holds around it, its tag, its style.
    fn context(&self, id: Id, name: &str, own: Style, outer: &Context) -> Context {
        let mut context = outer.clone();
        let tag = tag_style(name, self.tree.attr(id, "color"));
        lay(&mut context.marks, Mark::Strong, own.strong.or(tag.strong));
        lay(&mut context.marks, Mark::Em, own.em.or(tag.em));
        lay_more(
            &mut context.marks,
            Mark::Underline,
            own.underline.or(tag.underline),
        );
        lay_more(&mut context.marks, Mark::Strike, own.strike.or(tag.strike));
        lay_more(&mut context.marks, Mark::Sub, own.sub.or(tag.sub));
        lay_more(&mut context.marks, Mark::Sup, own.sup.or(tag.sup));
        if let Some(color) = own.color.or(tag.color) {
            replace(&mut context.marks, Mark::Color(color));
        }
        let cell = matches!(name, "td" | "th" | "tr" | "table");
        if let Some(color) = own.background.or(tag.background).filter(|_| !cell) {
            replace(&mut context.marks, Mark::Background(color));
        }
        if matches!(name, "code" | "tt" | "kbd" | "samp") {
            replace(&mut context.marks, Mark::Code);
        }
        let aligned = self
            .tree
            .attr(id, "align")
            .filter(|_| name != "img" && name != "table");
        let by_tag = if name == "center" {
            Some(Alignment::Center)
        } else {
            None
        };
        let alignment = own
            .alignment
            .or(aligned.and_then(style::alignment))
            .or(by_tag);
        context.alignment = alignment.unwrap_or(outer.alignment);
        context.preformatted = outer.preformatted || own.preformatted;
        context
    }

    fn link(&mut self, id: Id, context: &mut Context) {
        let href = self.tree.attr(id, "href").unwrap_or_default();
        if href.trim().is_empty() {
            return;
        }
        match reference::harmless(href) {
            Some(href) => {
                let title = self.tree.attr(id, "title").map(normal::clean);
                let kept = |title: &String| self.origin == Origin::Markdown && !title.is_empty();
                let title = title.filter(kept);
                replace(&mut context.marks, Mark::Link(Link { href, title }));
            }
            None => self.losses.add(LossKind::UnsafeUrl, Instead::Text),
        }
    }

    fn mention(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        let value = self.tree.attr(id, "data-vss-mention").unwrap_or_default();
        let guid = mention_id(value.split_once(',').map_or(value, |(_, guid)| guid));
        let text = self.text(id);
        if guid.is_empty() {
            self.losses.add(LossKind::Malformed, Instead::Text);
            return flow.line.text(&text, context);
        }
        if !context.marks.is_empty() {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
        flow.line.push(Inline::Mention(Mention {
            id: guid,
            name: normal::name(&text),
            ..Mention::default()
        }));
    }

    fn image(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        let attr = |name| self.tree.attr(id, name);
        let alt = attr("alt").map(normal::clean).filter(|alt| !alt.is_empty());
        let url = attr("src").and_then(reference::harmless_image);
        let size = |name| attr(name).and_then(pixels);
        let image = ImageRef {
            source: ImageSource::Url(url.clone().unwrap_or_default()),
            kind: MediaKind::File,
            alt,
            width: size("width"),
            height: size("height"),
        };
        if url.is_none() {
            self.losses.add(LossKind::Image, Instead::Placeholder);
            return flow.line.text(&image.placeholder(), context);
        }
        flow.line.push(Inline::Image(Image {
            reference: image,
            link: context.marks.iter().find_map(|mark| match mark {
                Mark::Link(link) => Some(link.href.clone()),
                _ => None,
            }),
            border: None,
        }));
    }

    /// A tick box shows as one; other controls are not content.
    fn input(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        let kind = self.tree.attr(id, "type").unwrap_or_default();
        if !kind.eq_ignore_ascii_case("checkbox") {
            return self.losses.add(LossKind::Unsupported, Instead::Nothing);
        }
        let ticked = self.tree.attr(id, "checked").is_some();
        if self.origin == Origin::Markdown {
            let state = if ticked { "x" } else { " " };
            return flow.line.push(Inline::Placeholder(state.to_owned()));
        }
        self.losses.add(LossKind::Task, Instead::Text);
        flow.line.text(if ticked { "☑ " } else { "☐ " }, context);
    }

    fn heading(&mut self, id: Id, name: &str, context: &Context, flow: &mut Flow, outer: &Context) {
        flow.flush(outer.alignment);
        let mut inner = Flow {
            heading: true,
            ..Flow::default()
        };
        self.children(id, context, &mut inner);
        inner.flush(context.alignment);
        let mut lines = Vec::new();
        let mut others = Vec::new();
        let mut alignment = context.alignment;
        for block in inner.blocks {
            match block {
                Block::Paragraph(paragraph) => {
                    alignment = paragraph.style.alignment;
                    lines.push(paragraph.inlines);
                }
                other => others.push(other),
            }
        }
        if !others.is_empty() {
            self.losses.add(LossKind::Structure, Instead::Blocks);
        }
        if !lines.is_empty() {
            flow.blocks.push(Block::Heading(Heading {
                level: name
                    .bytes()
                    .last()
                    .map_or(1, |digit| digit.saturating_sub(b'0')),
                inlines: lines.join(&Inline::HardBreak),
                style: BlockStyle {
                    alignment,
                    ..BlockStyle::default()
                },
            }));
        }
        flow.blocks.append(&mut others);
    }

    fn code(&mut self, id: Id) -> Option<Block> {
        let text = normal::clean(&self.text(id)).replace('\u{a0}', " ");
        let text = text.strip_suffix('\n').unwrap_or(&text);
        (!text.is_empty()).then(|| {
            Block::Code(CodeBlock {
                language: self.language(id),
                text: text.to_owned(),
                breakout: None,
            })
        })
    }

    /// The language of rendered code: what follows `language-` in the class of the one element within it.
    fn language(&self, id: Id) -> Option<String> {
        let code = self.tree.children(id).first()?;
        let class = self.tree.attr(*code, "class")?;
        let language = class.strip_prefix("language-")?;
        (self.origin == Origin::Markdown).then(|| normal::clean(language))
    }

    /// A list. What stands between items, nested lists above all, belongs to the item before.
    fn list(&mut self, id: Id, name: &str, context: &Context) -> Block {
        let mut items: Vec<Item> = Vec::new();
        let tree = self.tree;
        for (index, child) in tree.children(id).iter().enumerate() {
            self.losses.enter(index, "item");
            if tree.name(*child) == Some("li") {
                let own = Style::read(tree.attr(*child, "style").unwrap_or_default());
                let inner = self.context(*child, "li", own, context);
                items.push(Item {
                    blocks: self.blocks(*child, &inner),
                });
            } else {
                let mut flow = Flow::default();
                self.stray(*child, context, &mut flow);
                match items.last_mut() {
                    Some(last) => last.blocks.append(&mut flow.blocks),
                    None if flow.blocks.is_empty() => {}
                    None => items.push(Item {
                        blocks: flow.blocks,
                    }),
                }
            }
            self.losses.leave();
        }
        let start = tree
            .attr(id, "start")
            .and_then(|start| start.trim().parse().ok())
            .unwrap_or(1);
        let kind = if name == "ol" {
            ListKind::Ordered { start }
        } else {
            ListKind::Bullet
        };
        Block::List(List { kind, items })
    }

    /// A node where only items or rows should stand.
    fn stray(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        self.nodes += 1;
        self.depth += 1;
        match self.tree.kind(id) {
            Kind::Text(text) => flow.line.text(text, context),
            Kind::Element(..) if self.depth <= MAX_ELEMENT_DEPTH => self.element(id, context, flow),
            _ => {}
        }
        self.depth -= 1;
        flow.flush(context.alignment);
    }

    fn table(&mut self, id: Id, context: &Context, flow: &mut Flow, outer: &Context) {
        flow.flush(outer.alignment);
        let mut rows = Vec::new();
        for part in self.tree.children(id) {
            match self.tree.name(*part) {
                Some("tr") => rows.push(*part),
                Some("thead" | "tbody" | "tfoot") => {
                    rows.extend_from_slice(self.tree.children(*part))
                }
                Some("caption") => {
                    self.losses.add(LossKind::Caption, Instead::Blocks);
                    let mut blocks = self.blocks(*part, context);
                    flow.blocks.append(&mut blocks);
                }
                _ => {}
            }
        }
        let rows = rows
            .into_iter()
            .filter(|row| self.tree.name(*row) == Some("tr"));
        let rows: Vec<Id> = rows.collect();
        let rows = rows.into_iter().map(|row| self.row(row, context)).collect();
        flow.blocks.push(Block::Table(Table {
            rows,
            ..Table::default()
        }));
    }

    fn row(&mut self, id: Id, outer: &Context) -> Row {
        let own = Style::read(self.tree.attr(id, "style").unwrap_or_default());
        let context = self.context(id, "tr", own, outer);
        let mut cells = Vec::new();
        for (index, cell) in self.tree.children(id).iter().enumerate() {
            if let Some(name @ ("td" | "th")) = self.tree.name(*cell) {
                self.losses.enter(index, "cell");
                cells.push(self.cell(*cell, name, &context));
                self.losses.leave();
            }
        }
        Row { cells }
    }

    fn cell(&mut self, id: Id, name: &str, outer: &Context) -> Cell {
        let attr = |name| self.tree.attr(id, name);
        let own = Style::read(attr("style").unwrap_or_default());
        let context = self.context(id, name, own, outer);
        let span = |name| {
            attr(name)
                .and_then(|span| span.trim().parse().ok())
                .unwrap_or(1)
        };
        let color: Option<Color> = own.background.or(attr("bgcolor").and_then(style::color));
        Cell {
            header: name == "th",
            colspan: span("colspan"),
            rowspan: span("rowspan"),
            background: color.map(|color| color.to_string()),
            blocks: self.blocks(id, &context),
            ..Cell::default()
        }
    }

    /// All text below an element, without recursion: breaks as line breaks, divisions on lines of their own.
    fn text(&self, id: Id) -> String {
        let mut out = String::new();
        let mut stack = vec![self.tree.children(id).iter()];
        while let Some(level) = stack.last_mut() {
            let Some(child) = level.next() else {
                stack.pop();
                continue;
            };
            match self.tree.kind(*child) {
                Kind::Text(text) => out.push_str(text),
                Kind::Element(..) => {
                    let name = self.tree.name(*child).unwrap_or_default();
                    if matches!(name, "script" | "style" | "title" | "template") {
                        continue;
                    }
                    let breaks = is_division(name) && !out.is_empty() && !out.ends_with('\n');
                    if name == "br" || breaks {
                        out.push('\n');
                    }
                    stack.push(self.tree.children(*child).iter());
                }
                Kind::Fragment | Kind::Other => {}
            }
        }
        out
    }
}

/// What a tag says by itself.
fn tag_style(name: &str, font_color: Option<&str>) -> Style {
    let mut style = Style::default();
    match name {
        "b" | "strong" => style.strong = Some(true),
        "i" | "em" | "cite" | "var" | "dfn" => style.em = Some(true),
        "u" | "ins" => style.underline = Some(true),
        "s" | "strike" | "del" => style.strike = Some(true),
        "sub" => style.sub = Some(true),
        "sup" => style.sup = Some(true),
        "mark" => style.background = Some(Color([0xff, 0xff, 0])),
        "font" => style.color = font_color.and_then(style::color),
        _ => {}
    }
    style
}

/// Sets or takes away a mark that an inner element can take away.
fn lay(marks: &mut Vec<Mark>, mark: Mark, said: Option<bool>) {
    match said {
        Some(true) => replace(marks, mark),
        Some(false) => marks.retain(|known| *known != mark),
        None => {}
    }
}

/// Sets a mark that an inner element cannot take away: decorations are drawn by the element that asked for them.
fn lay_more(marks: &mut Vec<Mark>, mark: Mark, said: Option<bool>) {
    if said == Some(true) {
        replace(marks, mark);
    }
}

fn replace(marks: &mut Vec<Mark>, mark: Mark) {
    marks.retain(|known| known.rank() != mark.rank());
    marks.push(mark);
}

/// A size in pixels: `200` or `200px`.
fn pixels(size: &str) -> Option<u32> {
    let size = size.trim();
    size.strip_suffix("px")
        .unwrap_or(size)
        .trim()
        .parse::<f64>()
        .ok()
        .and_then(|size| {
            (0.0..=100_000.0)
                .contains(&size)
                .then_some(size.round() as u32)
        })
}

/// Elements that only end the line before and after them.
fn is_division(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "html"
            | "body"
            | "section"
            | "article"
            | "aside"
            | "header"
            | "footer"
            | "main"
            | "nav"
            | "address"
            | "center"
            | "figure"
            | "figcaption"
            | "form"
            | "fieldset"
            | "legend"
            | "details"
            | "summary"
            | "dl"
            | "dt"
            | "dd"
            | "li"
            | "hgroup"
            | "dialog"
            | "search"
            | "noscript"
            | "tr"
            | "tbody"
            | "thead"
            | "tfoot"
            | "caption"
            | "td"
            | "th"
            | "optgroup"
            | "option"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "blockquote"
            | "ul"
            | "ol"
            | "pre"
            | "table"
            | "hr"
    )
}

/// Elements within a line that say nothing that is kept beyond their text, or whose marks are read elsewhere.
fn is_plain_inline(name: &str) -> bool {
    matches!(
        name,
        "span"
            | "b"
            | "strong"
            | "i"
            | "em"
            | "cite"
            | "var"
            | "dfn"
            | "u"
            | "ins"
            | "s"
            | "strike"
            | "del"
            | "sub"
            | "sup"
            | "mark"
            | "font"
            | "code"
            | "tt"
            | "kbd"
            | "samp"
            | "small"
            | "big"
            | "abbr"
            | "acronym"
            | "q"
            | "bdi"
            | "bdo"
            | "time"
            | "data"
            | "label"
            | "nobr"
            | "ruby"
            | "rt"
            | "rp"
            | "button"
            | "select"
            | "textarea"
            | "output"
            | "picture"
            | "source"
            | "track"
    ) || name.contains(':')
}
