//! Kinds: the types of nodes and marks that a reader of ADF tells apart.

/// What a node or a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Doc,
    Paragraph,
    Heading,
    BulletList,
    OrderedList,
    ListItem,
    TaskList,
    TaskItem,
    BlockTaskItem,
    DecisionList,
    DecisionItem,
    Blockquote,
    CodeBlock,
    Panel,
    Expand,
    NestedExpand,
    Table,
    TableRow,
    TableCell,
    TableHeader,
    Rule,
    MediaSingle,
    MediaGroup,
    Media,
    Caption,
    BlockCard,
    EmbedCard,
    LayoutSection,
    LayoutColumn,
    Extension,
    BodiedExtension,
    SyncBlock,
    BodiedSyncBlock,
    Text,
    HardBreak,
    Mention,
    Emoji,
    Date,
    Status,
    InlineCard,
    MediaInline,
    Placeholder,
    InlineExtension,
    Strong,
    Em,
    Underline,
    Strike,
    Code,
    Subsup,
    Link,
    TextColor,
    BackgroundColor,
    Annotation,
    Alignment,
    Indentation,
    Breakout,
    Border,
    FontSize,
    DataConsumer,
    Fragment,
    /// Any other, or none.
    Other,
}

impl Kind {
    /// The kind of this name. The names that most nodes have come first.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "text" => Kind::Text,
            "paragraph" => Kind::Paragraph,
            "listItem" => Kind::ListItem,
            "tableCell" => Kind::TableCell,
            "strong" => Kind::Strong,
            "em" => Kind::Em,
            "code" => Kind::Code,
            "link" => Kind::Link,
            "bulletList" => Kind::BulletList,
            "orderedList" => Kind::OrderedList,
            "tableRow" => Kind::TableRow,
            "tableHeader" => Kind::TableHeader,
            "hardBreak" => Kind::HardBreak,
            "heading" => Kind::Heading,
            "mention" => Kind::Mention,
            "codeBlock" => Kind::CodeBlock,
            "blockquote" => Kind::Blockquote,
            "table" => Kind::Table,
            "doc" => Kind::Doc,
            "taskList" => Kind::TaskList,
            "taskItem" => Kind::TaskItem,
            "blockTaskItem" => Kind::BlockTaskItem,
            "decisionList" => Kind::DecisionList,
            "decisionItem" => Kind::DecisionItem,
            "panel" => Kind::Panel,
            "expand" => Kind::Expand,
            "nestedExpand" => Kind::NestedExpand,
            "rule" => Kind::Rule,
            "mediaSingle" => Kind::MediaSingle,
            "mediaGroup" => Kind::MediaGroup,
            "media" => Kind::Media,
            "caption" => Kind::Caption,
            "blockCard" => Kind::BlockCard,
            "embedCard" => Kind::EmbedCard,
            "layoutSection" => Kind::LayoutSection,
            "layoutColumn" => Kind::LayoutColumn,
            "extension" => Kind::Extension,
            "bodiedExtension" => Kind::BodiedExtension,
            "syncBlock" => Kind::SyncBlock,
            "bodiedSyncBlock" => Kind::BodiedSyncBlock,
            "emoji" => Kind::Emoji,
            "date" => Kind::Date,
            "status" => Kind::Status,
            "inlineCard" => Kind::InlineCard,
            "mediaInline" => Kind::MediaInline,
            "placeholder" => Kind::Placeholder,
            "inlineExtension" => Kind::InlineExtension,
            "underline" => Kind::Underline,
            "strike" => Kind::Strike,
            "subsup" => Kind::Subsup,
            "textColor" => Kind::TextColor,
            "backgroundColor" => Kind::BackgroundColor,
            "annotation" => Kind::Annotation,
            "alignment" => Kind::Alignment,
            "indentation" => Kind::Indentation,
            "breakout" => Kind::Breakout,
            "border" => Kind::Border,
            "fontSize" => Kind::FontSize,
            "dataConsumer" => Kind::DataConsumer,
            "fragment" => Kind::Fragment,
            _ => Kind::Other,
        }
    }

    /// Whether this stands in a line.
    pub(super) fn is_inline(self) -> bool {
        matches!(
            self,
            Kind::Text
                | Kind::HardBreak
                | Kind::Mention
                | Kind::Emoji
                | Kind::Date
                | Kind::Status
                | Kind::InlineCard
                | Kind::MediaInline
                | Kind::Placeholder
                | Kind::InlineExtension
        )
    }

    /// Whether this is a node that stands below others, or a part of one.
    pub(super) fn is_block(self) -> bool {
        self.path_name() != UNKNOWN && !self.is_inline()
    }

    /// Whether nodes of this kind have no content.
    pub(super) fn is_leaf(self) -> bool {
        self.is_inline()
            || matches!(
                self,
                Kind::Rule
                    | Kind::Media
                    | Kind::BlockCard
                    | Kind::EmbedCard
                    | Kind::Extension
                    | Kind::SyncBlock
            )
    }

    /// The type as it may stand in a path: only types of the schema, nothing of the input.
    pub(super) fn path_name(self) -> &'static str {
        match self {
            Kind::Paragraph => "paragraph",
            Kind::Heading => "heading",
            Kind::BulletList => "bulletList",
            Kind::OrderedList => "orderedList",
            Kind::ListItem => "listItem",
            Kind::TaskList => "taskList",
            Kind::TaskItem => "taskItem",
            Kind::BlockTaskItem => "blockTaskItem",
            Kind::DecisionList => "decisionList",
            Kind::DecisionItem => "decisionItem",
            Kind::Blockquote => "blockquote",
            Kind::CodeBlock => "codeBlock",
            Kind::Panel => "panel",
            Kind::Expand => "expand",
            Kind::NestedExpand => "nestedExpand",
            Kind::Table => "table",
            Kind::TableRow => "tableRow",
            Kind::TableCell => "tableCell",
            Kind::TableHeader => "tableHeader",
            Kind::Rule => "rule",
            Kind::MediaSingle => "mediaSingle",
            Kind::MediaGroup => "mediaGroup",
            Kind::Media => "media",
            Kind::BlockCard => "blockCard",
            Kind::EmbedCard => "embedCard",
            Kind::LayoutSection => "layoutSection",
            Kind::LayoutColumn => "layoutColumn",
            Kind::Extension => "extension",
            Kind::BodiedExtension => "bodiedExtension",
            Kind::SyncBlock => "syncBlock",
            Kind::BodiedSyncBlock => "bodiedSyncBlock",
            Kind::Text => "text",
            Kind::HardBreak => "hardBreak",
            Kind::Mention => "mention",
            Kind::Emoji => "emoji",
            Kind::Date => "date",
            Kind::Status => "status",
            Kind::Doc
            | Kind::Caption
            | Kind::InlineCard
            | Kind::MediaInline
            | Kind::Placeholder
            | Kind::InlineExtension
            | Kind::Strong
            | Kind::Em
            | Kind::Underline
            | Kind::Strike
            | Kind::Code
            | Kind::Subsup
            | Kind::Link
            | Kind::TextColor
            | Kind::BackgroundColor
            | Kind::Annotation
            | Kind::Alignment
            | Kind::Indentation
            | Kind::Breakout
            | Kind::Border
            | Kind::FontSize
            | Kind::DataConsumer
            | Kind::Fragment
            | Kind::Other => UNKNOWN,
        }
    }
}

/// What stands in a path for a type that is none of blocks.
const UNKNOWN: &str = "unknown";
