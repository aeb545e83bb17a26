//! `[comments]`, `[attachments]`, `[links]` and `[deletions]`.

use model::{Both, Side, limit};

use super::reader::Section;
use super::words;
use crate::options::{Attachments, Comments, Deletion, Direction, Links};
use crate::table::Cell;

fn switch(section: Option<&Section<'_>>, direction: Direction) -> Option<Direction> {
    let told = section.and_then(|section| section.word("direction", &words::SWITCHES));
    told.unwrap_or(Some(direction))
}

/// Comments go the profile's way and name their author unless the profile says otherwise.
pub(super) fn comments(root: &Section<'_>, direction: Direction) -> Comments {
    let section = root.table("comments", "[comments]", Some(&words::COMMENTS));
    let author_line = section.and_then(|section| section.flag("author_line"));
    Comments {
        direction: switch(section.as_ref(), direction),
        author_line: author_line.unwrap_or(true),
    }
}

/// Attachments go the profile's way, of any size and type, unless the profile says otherwise.
pub(super) fn attachments(root: &Section<'_>, direction: Direction) -> Attachments {
    let section = root.table("attachments", "[attachments]", Some(&words::ATTACHMENTS));
    let types = section.and_then(|section| section.texts("types"));
    let types = types.unwrap_or_default();
    for word in &types {
        if !is_media_type(&word.text) {
            let what = format!("\"{}\" is no media type", word.text);
            root.source
                .fault(word.line, what, "write type/subtype, such as \"image/*\"");
        }
    }
    Attachments {
        direction: switch(section.as_ref(), direction),
        max_bytes: section.and_then(|section| section.count("max_bytes")),
        types: types.into_iter().map(|word| word.text).collect(),
    }
}

fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$&^_.+-*".contains(c))
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// Links go the profile's way, parents and children with them, within the profile's projects, unless it says otherwise.
pub(super) fn links(root: &Section<'_>, direction: Direction) -> Links {
    let section = root.table("links", "[links]", Some(&words::LINKS));
    let flag = |key: &str| section.and_then(|section| section.flag(key));
    let example = "[\"Blocks\", \"System.LinkTypes.Dependency\"]";
    let pairs = section.and_then(|section| section.pairs("types", example));
    let mut types = Vec::new();
    for (jira, azure, line) in pairs
        .unwrap_or_default()
        .into_iter()
        .take(limit::ROWS_PER_TABLE)
    {
        match (jira, azure) {
            (Cell::Text(jira), Cell::Text(azure)) => types.push(Both { jira, azure }),
            _ => root
                .source
                .fault(line, "a link type is a name", "write both names in quotes"),
        }
    }
    Links {
        direction: switch(section.as_ref(), direction),
        hierarchy: flag("hierarchy").unwrap_or(true),
        cross_project: flag("cross_project").unwrap_or(false),
        types,
    }
}

/// A deletion is noted on the other side unless the profile says otherwise.
pub(super) fn deletions(root: &Section<'_>) -> Both<Deletion> {
    let section = root.table("deletions", "[deletions]", Some(&words::DELETION));
    let told =
        |side: Side| section.and_then(|section| section.word(side.as_str(), &words::DELETIONS));
    Both::of(|side| told(side).unwrap_or_default())
}
