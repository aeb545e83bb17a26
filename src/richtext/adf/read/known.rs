//! What of the schema a document holds: the attributes and marks of each node.

/// Attributes that name a node or one showing of it. An editor makes them anew, so they mean nothing.
pub(super) const IDENTITIES: [&str; 3] = ["localId", "occurrenceKey", "uniqueId"];

/// The attributes of a node or mark that the document holds; `None` where it holds all or knows nothing of it.
pub(super) fn attributes(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "paragraph" | "bulletList" | "listItem" | "taskList" | "decisionList" | "blockquote"
        | "tableRow" | "rule" | "mediaGroup" | "caption" | "layoutSection" | "strong" | "em"
        | "underline" | "strike" | "code" => &[],
        "heading" | "indentation" => &["level"],
        "orderedList" => &["order"],
        "taskItem" | "blockTaskItem" | "decisionItem" => &["state"],
        "codeBlock" => &["language"],
        "panel" => &[
            "panelType",
            "panelIcon",
            "panelIconId",
            "panelIconText",
            "panelColor",
        ],
        "expand" | "nestedExpand" => &["title"],
        "table" => &["displayMode", "isNumberColumnEnabled", "layout", "width"],
        "tableCell" | "tableHeader" => &["colspan", "rowspan", "colwidth", "background", "valign"],
        "mediaSingle" => &["layout", "width", "widthType"],
        "media" | "mediaInline" => &["type", "id", "collection", "alt", "width", "height", "url"],
        "blockCard" => &["url", "data", "datasource", "layout", "width"],
        "embedCard" => &["url", "layout", "width", "originalWidth", "originalHeight"],
        "inlineCard" => &["url", "data"],
        "layoutColumn" => &["width", "valign"],
        "syncBlock" | "bodiedSyncBlock" => &["resourceId"],
        "mention" => &["id", "text", "accessLevel", "userType"],
        "emoji" => &["shortName", "id", "text"],
        "date" => &["timestamp"],
        "status" => &["text", "color", "style"],
        "placeholder" | "hardBreak" => &["text"],
        "link" => &["href", "title"],
        "subsup" => &["type"],
        "textColor" | "backgroundColor" => &["color"],
        "annotation" => &["id", "annotationType"],
        "alignment" => &["align"],
        "breakout" => &["mode", "width"],
        "border" => &["size", "color"],
        "fontSize" => &["fontSize"],
        _ => return None,
    })
}

/// The marks of a node that the document holds; `None` where it holds all, or where the reading of them says what is
/// lost.
pub(super) fn carried_marks(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "paragraph" | "heading" | "text" | "extension" | "bodiedExtension" | "inlineExtension" => {
            return None;
        }
        "codeBlock" | "expand" | "nestedExpand" | "layoutSection" | "syncBlock"
        | "bodiedSyncBlock" => &["breakout"],
        "media" | "mediaInline" => &["link", "border"],
        "mediaSingle" => &["link"],
        _ => &[],
    })
}
