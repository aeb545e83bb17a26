//! What of the schema a document holds: the attributes and marks of each node.

use super::kind::Kind;

/// Attributes that name a node or one showing of it. An editor makes them anew, so they mean nothing.
pub(super) const IDENTITIES: [&str; 3] = ["localId", "occurrenceKey", "uniqueId"];

/// The attributes of a node or mark that the document holds; `None` where it holds all or knows nothing of it.
pub(super) fn attributes(kind: Kind) -> Option<&'static [&'static str]> {
    Some(match kind {
        Kind::Paragraph
        | Kind::BulletList
        | Kind::ListItem
        | Kind::TaskList
        | Kind::DecisionList
        | Kind::Blockquote
        | Kind::TableRow
        | Kind::Rule
        | Kind::MediaGroup
        | Kind::Caption
        | Kind::LayoutSection
        | Kind::Strong
        | Kind::Em
        | Kind::Underline
        | Kind::Strike
        | Kind::Code => &[],
        Kind::Heading | Kind::Indentation => &["level"],
        Kind::OrderedList => &["order"],
        Kind::TaskItem | Kind::BlockTaskItem | Kind::DecisionItem => &["state"],
        Kind::CodeBlock => &["language"],
        Kind::Panel => &[
            "panelType",
            "panelIcon",
            "panelIconId",
            "panelIconText",
            "panelColor",
        ],
        Kind::Expand | Kind::NestedExpand => &["title"],
        Kind::Table => &["displayMode", "isNumberColumnEnabled", "layout", "width"],
        Kind::TableCell | Kind::TableHeader => {
            &["colspan", "rowspan", "colwidth", "background", "valign"]
        }
        Kind::MediaSingle => &["layout", "width", "widthType"],
        Kind::Media | Kind::MediaInline => {
            &["type", "id", "collection", "alt", "width", "height", "url"]
        }
        Kind::BlockCard => &["url", "data", "datasource", "layout", "width"],
        Kind::EmbedCard => &["url", "layout", "width", "originalWidth", "originalHeight"],
        Kind::InlineCard => &["url", "data"],
        Kind::LayoutColumn => &["width", "valign"],
        Kind::SyncBlock | Kind::BodiedSyncBlock => &["resourceId"],
        Kind::Mention => &["id", "text", "accessLevel", "userType"],
        Kind::Emoji => &["shortName", "id", "text"],
        Kind::Date => &["timestamp"],
        Kind::Status => &["text", "color", "style"],
        Kind::Placeholder | Kind::HardBreak => &["text"],
        Kind::Link => &["href", "title"],
        Kind::Subsup => &["type"],
        Kind::TextColor | Kind::BackgroundColor => &["color"],
        Kind::Annotation => &["id", "annotationType"],
        Kind::Alignment => &["align"],
        Kind::Breakout => &["mode", "width"],
        Kind::Border => &["size", "color"],
        Kind::FontSize => &["fontSize"],
        Kind::Doc
        | Kind::Extension
        | Kind::BodiedExtension
        | Kind::InlineExtension
        | Kind::Text
        | Kind::DataConsumer
        | Kind::Fragment
        | Kind::Other => return None,
    })
}

/// The marks of a node that the document holds; `None` where it holds all, or where the reading of them says what is
/// lost.
pub(super) fn carried_marks(kind: Kind) -> Option<&'static [Kind]> {
    match kind {
        Kind::Paragraph
        | Kind::Heading
        | Kind::Text
        | Kind::Extension
        | Kind::BodiedExtension
        | Kind::InlineExtension => None,
        Kind::CodeBlock
        | Kind::Expand
        | Kind::NestedExpand
        | Kind::LayoutSection
        | Kind::SyncBlock
        | Kind::BodiedSyncBlock => Some(&[Kind::Breakout]),
        Kind::Media | Kind::MediaInline => Some(&[Kind::Link, Kind::Border]),
        Kind::MediaSingle => Some(&[Kind::Link]),
        _ => Some(&[]),
    }
}
