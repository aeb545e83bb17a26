//! Blocks: what stands below one another.

use serde_json::{Map, Value};

use crate::inline::{CardTarget, Image, Inline};
use crate::limit::MAX_NAME_CHARS;

/// One block of a document. The names are those of ADF (jira.md 13.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph of text.
    Paragraph(Paragraph),
    /// A heading of level 1 to 6.
    Heading(Heading),
    /// A bullet or numbered list.
    List(List),
    /// A list of tasks with a tick box each.
    TaskList(TaskList),
    /// A list of decisions.
    DecisionList(Vec<DecisionItem>),
    /// A block quote.
    Quote(Quote),
    /// A block of code.
    Code(CodeBlock),
    /// A coloured box with an icon.
    Panel(Panel),
    /// A section that opens on a click.
    Expand(Expand),
    /// A table.
    Table(Table),
    /// A horizontal line.
    Rule,
    /// One image or file shown as a block.
    Media(Box<MediaSingle>),
    /// Several files side by side.
    MediaGroup(Vec<Image>),
    /// A link shown as a card.
    Card(Box<Card>),
    /// Columns side by side.
    Layout(Layout),
    /// A macro or app content.
    Extension(Extension),
    /// Content that lives in another place and is shown here.
    Sync(Box<SyncBlock>),
    /// Something that no reader knows, kept as it came.
    Unknown(Unknown),
}

/// A paragraph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paragraph {
    /// Its content.
    pub inlines: Vec<Inline>,
    /// Alignment, indentation, size.
    pub style: BlockStyle,
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 1 (largest) to 6.
    pub level: u8,
    /// Its content.
    pub inlines: Vec<Inline>,
    /// Alignment and indentation.
    pub style: BlockStyle,
}

/// How a paragraph or heading is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockStyle {
    /// Where the lines are flushed.
    pub alignment: Alignment,
    /// Levels of indentation, 0 to 6.
    pub indentation: u8,
    /// Whether the text is set small.
    pub small: bool,
}

/// Where lines are flushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alignment {
    /// At the start of the line (left in English).
    #[default]
    Start,
    /// In the middle.
    Center,
    /// At the end of the line.
    End,
}

/// A bullet or numbered list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Bullets or numbers.
    pub kind: ListKind,
    /// The items.
    pub items: Vec<Item>,
}

/// Bullets or numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Bullets.
    Bullet,
    /// Numbers.
    Ordered {
        /// The number of the first item.
        start: u32,
    },
}

/// An item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Its blocks.
    pub blocks: Vec<Block>,
}

/// A list of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskList {
    /// Tasks and nested lists of tasks.
    pub entries: Vec<TaskEntry>,
    /// The remote's identity of this list; no meaning of its own.
    pub local_id: Option<String>,
}

/// What stands in a list of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEntry {
    /// A task.
    Item(TaskItem),
    /// A nested list.
    List(TaskList),
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskItem {
    /// Whether it is ticked.
    pub done: bool,
    /// What is to be done.
    pub content: TaskContent,
    /// The remote's identity of this task; no meaning of its own.
    pub local_id: Option<String>,
}

/// The content of a task: ADF knows `taskItem` with inlines and `blockTaskItem` with paragraphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskContent {
    /// One line.
    Inlines(Vec<Inline>),
    /// Paragraphs and extensions.
    Blocks(Vec<Block>),
}

/// A decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionItem {
    /// Its content.
    pub inlines: Vec<Inline>,
    /// ADF's free state, `DECIDED` in practice.
    pub state: String,
    /// The remote's identity of this decision; no meaning of its own.
    pub local_id: Option<String>,
}

/// A block quote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// The quoted blocks.
    pub blocks: Vec<Block>,
}

/// A block of code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeBlock {
    /// The language as the source names it.
    pub language: Option<String>,
    /// The code, lines separated by `\n`.
    pub text: String,
    /// Whether it is wider than the text.
    pub breakout: Option<Breakout>,
}

/// A block wider than the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breakout {
    /// As wide as the page rather than only wider than the text.
    pub full_width: bool,
    /// The width in pixels.
    pub width: Option<u32>,
}

/// A coloured box with an icon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// What it says.
    pub kind: PanelKind,
    /// A custom panel's icon, colour and the like.
    pub decoration: Box<Decoration>,
    /// Its title; wiki markup has one, ADF has not.
    pub title: String,
    /// Its content.
    pub blocks: Vec<Block>,
}

/// Icon and colour of a custom panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoration {
    /// The short name of the icon.
    pub icon: Option<String>,
    /// The identity of the icon.
    pub icon_id: Option<String>,
    /// The icon as text.
    pub icon_text: Option<String>,
    /// The colour of the box.
    pub color: Option<String>,
}

/// What a panel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelKind {
    /// Blue.
    Info,
    /// Purple.
    Note,
    /// A tip.
    Tip,
    /// Yellow.
    Warning,
    /// Red.
    Error,
    /// Green.
    Success,
    /// With a colour and an icon of its own.
    Custom,
}

/// A section that opens on a click.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expand {
    /// The line that is always seen; may be empty.
    pub title: String,
    /// What it hides.
    pub blocks: Vec<Block>,
    /// Whether it is wider than the text.
    pub breakout: Option<Breakout>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where it stands; `None` is the remote's default.
    pub placement: Option<Placement>,
    /// Its width in pixels.
    pub width: Option<u32>,
    /// Whether the first column numbers the rows.
    pub numbered: bool,
    /// Whether the columns keep their widths on narrow screens; `None` is the remote's default.
    pub fixed: Option<bool>,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The cells.
    pub cells: Vec<Cell>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Whether it is a header cell.
    pub header: bool,
    /// How many columns it covers, at least 1.
    pub colspan: u32,
    /// How many rows it covers, at least 1.
    pub rowspan: u32,
    /// The width of each covered column in pixels, or empty.
    pub widths: Vec<u32>,
    /// The colour behind it, as the source spells it.
    pub background: Option<String>,
    /// Where its content stands when the row is higher.
    pub valign: Option<VerticalAlign>,
    /// Its content.
    pub blocks: Vec<Block>,
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            header: false,
            colspan: 1,
            rowspan: 1,
            widths: Vec::new(),
            background: None,
            valign: None,
            blocks: Vec::new(),
        }
    }
}

/// Vertical position of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerticalAlign {
    /// At the top.
    Top,
    /// In the middle.
    Middle,
    /// At the bottom.
    Bottom,
}

/// Where a media, a table or an embedded card stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// In the middle, as wide as needed.
    #[default]
    Center,
    /// Wider than the text.
    Wide,
    /// As wide as the page.
    FullWidth,
    /// Text flows around it on the right.
    WrapLeft,
    /// Text flows around it on the left.
    WrapRight,
    /// At the start of the line.
    AlignStart,
    /// At the end of the line.
    AlignEnd,
}

/// One image or file shown as a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaSingle {
    /// What is shown.
    pub image: Image,
    /// The text below it; `None` without one.
    pub caption: Option<Vec<Inline>>,
    /// Where it stands.
    pub placement: Placement,
    /// How wide it is shown.
    pub width: Option<MediaWidth>,
}

/// How wide a media is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaWidth {
    /// Hundredths of a per cent of the text's width, 0 to 10,000.
    Percent(u32),
    /// Pixels.
    Pixels(u32),
}

/// A link shown as a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Where it leads.
    pub target: CardTarget,
    /// How it is shown.
    pub view: CardView,
}

/// How a card is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardView {
    /// As a box with title and summary (`blockCard`).
    Block,
    /// With its content (`embedCard`).
    Embed {
        /// Where it stands.
        placement: Placement,
        /// Hundredths of a per cent of the text's width.
        width: Option<u32>,
        /// Width and height of the original in pixels.
        original: Option<(u32, u32)>,
    },
    /// As a table of what a query finds (`blockCard` with a data source, kept as it came).
    Datasource {
        /// The ADF attribute `datasource`.
        source: Value,
        /// Where it stands.
        placement: Option<Placement>,
        /// The width in pixels.
        width: Option<u32>,
    },
}

/// Columns side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The columns.
    pub columns: Vec<Column>,
    /// Whether it is wider than the text.
    pub breakout: Option<Breakout>,
}

/// A column of a layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Hundredths of a per cent of the layout's width.
    pub width: u32,
    /// Where its content stands.
    pub valign: Option<VerticalAlign>,
    /// Its content.
    pub blocks: Vec<Block>,
}

/// A macro or app content. Attributes and marks are kept as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// ADF's attributes (`extensionType`, `extensionKey`, `parameters`, ...).
    pub attrs: Map<String, Value>,
    /// ADF's marks.
    pub marks: Vec<Value>,
    /// Its content, for a `bodiedExtension`.
    pub body: Option<Vec<Block>>,
}

/// Content that lives in another place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncBlock {
    /// The identity of the content.
    pub resource_id: String,
    /// The remote's identity of this block; no meaning of its own.
    pub local_id: Option<String>,
    /// A copy of the content, for a `bodiedSyncBlock`.
    pub body: Option<Vec<Block>>,
    /// Whether it is wider than the text.
    pub breakout: Option<Breakout>,
}

/// Something that no reader knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Its name in the source format, such as an ADF node type.
    pub kind: String,
    /// What it was.
    pub original: Original,
}

/// The original of something unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Original {
    /// An ADF node.
    Adf(Value),
    /// HTML source text. Never written out.
    Html(String),
    /// Wiki markup.
    Wiki(String),
    /// Markdown.
    Markdown(String),
    /// Not kept, because it was too deep.
    Gone,
}

impl Block {
    /// A paragraph of these inlines in the default style.
    pub fn paragraph(mut inlines: Vec<Inline>) -> Self {
        // Most paragraphs hold a single run, and what is read stays.
        inlines.shrink_to_fit();
        Block::Paragraph(Paragraph {
            inlines,
            style: BlockStyle::default(),
        })
    }

    /// The name of this block in a structural path.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Block::Paragraph(_) => "paragraph",
            Block::Heading(_) => "heading",
            Block::List(_) => "list",
            Block::TaskList(_) => "taskList",
            Block::DecisionList(_) => "decisionList",
            Block::Quote(_) => "quote",
            Block::Code(_) => "code",
            Block::Panel(_) => "panel",
            Block::Expand(_) => "expand",
            Block::Table(_) => "table",
            Block::Rule => "rule",
            Block::Media(_) => "media",
            Block::MediaGroup(_) => "mediaGroup",
            Block::Card(_) => "card",
            Block::Layout(_) => "layout",
            Block::Extension(_) => "extension",
            Block::Sync(_) => "sync",
            Block::Unknown(_) => "unknown",
        }
    }
}

impl Unknown {
    /// What is shown in its place. The name comes from outside, so only harmless characters of it are shown.
    pub(crate) fn placeholder(&self) -> String {
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
        let name: String = self
            .kind
            .chars()
            .filter(plain)
            .take(MAX_NAME_CHARS)
            .collect();
        let name = if name.is_empty() { "unknown" } else { &name };
        format!("[unsupported: {name}]")
    }
}

impl PanelKind {
    /// The title that stands for the kind where there are no panels.
    pub(crate) fn title(self) -> &'static str {
        match self {
            PanelKind::Info => "Info",
            PanelKind::Note => "Note",
            PanelKind::Tip => "Tip",
            PanelKind::Warning => "Warning",
            PanelKind::Error => "Error",
            PanelKind::Success => "Success",
            PanelKind::Custom => "Panel",
        }
    }
}
