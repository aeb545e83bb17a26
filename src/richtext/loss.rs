//! Losses: what a conversion could not carry.

use crate::limit::MAX_LOSSES;

/// Something that a conversion could not carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Loss {
    /// What was lost.
    pub kind: LossKind,
    /// Where: a position and a kind for each level, such as `/2/table/0/row`. Never text of the document.
    pub path: String,
    /// What stands in its place.
    pub instead: Instead,
}

/// What was lost. Stores keep it by position: a new kind goes to the end.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// A live mention of a person.
    Mention,
    /// An image.
    Image,
    /// The title of a link or the like.
    LinkDetail,
    /// A URL whose scheme is not known to be harmless.
    UnsafeUrl,
    /// A mark over text.
    Mark,
    /// Alignment, indentation or size of a block.
    Style,
    /// Nesting that the target does not accept.
    Structure,
    /// A panel's box.
    Panel,
    /// That a section opens on a click.
    Expand,
    /// That an item is a task.
    Task,
    /// That an item is a decision.
    Decision,
    /// A link's card.
    Card,
    /// That a text is a date.
    Date,
    /// A status lozenge.
    Status,
    /// An emoji that is no Unicode character.
    Emoji,
    /// The language of code, or that it is wide.
    Code,
    /// Columns side by side.
    Layout,
    /// That a text is the caption of an image.
    Caption,
    /// Placement and width of an image.
    MediaLayout,
    /// Widths, numbering and the like of a table.
    TableLayout,
    /// White space that the target cannot hold.
    Whitespace,
    /// An anchor.
    Anchor,
    /// A template's prompt.
    Prompt,
    /// Something executable.
    Script,
    /// Something that is not known or cannot be written.
    Unsupported,
    /// An attribute that is not known.
    Attribute,
    /// Input that its own format does not allow.
    Malformed,
    /// Nesting beyond the bound.
    TooDeep,
    /// Size beyond the bound.
    TooLarge,
    /// More losses than are reported.
    More,
}

/// What stands in the place of something lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Instead {
    /// Nothing.
    Nothing,
    /// The same content without that property.
    Plain,
    /// Its text.
    Text,
    /// A link.
    Link,
    /// A list, a quote or other blocks with the same content.
    Blocks,
    /// A visible placeholder such as `[unsupported: extension]`.
    Placeholder,
}

impl LossKind {
    /// The name that output and counters use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LossKind::Mention => "mention",
            LossKind::Image => "image",
            LossKind::LinkDetail => "link-detail",
            LossKind::UnsafeUrl => "unsafe-url",
            LossKind::Mark => "mark",
            LossKind::Style => "style",
            LossKind::Structure => "structure",
            LossKind::Panel => "panel",
            LossKind::Expand => "expand",
            LossKind::Task => "task",
            LossKind::Decision => "decision",
            LossKind::Card => "card",
            LossKind::Date => "date",
            LossKind::Status => "status",
            LossKind::Emoji => "emoji",
            LossKind::Code => "code",
            LossKind::Layout => "layout",
            LossKind::Caption => "caption",
            LossKind::MediaLayout => "media-layout",
            LossKind::TableLayout => "table-layout",
            LossKind::Whitespace => "whitespace",
            LossKind::Anchor => "anchor",
            LossKind::Prompt => "prompt",
            LossKind::Script => "script",
            LossKind::Unsupported => "unsupported",
            LossKind::Attribute => "attribute",
            LossKind::Malformed => "malformed",
            LossKind::TooDeep => "too-deep",
            LossKind::TooLarge => "too-large",
            LossKind::More => "more",
        }
    }
}

impl Instead {
    /// The name that output uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Instead::Nothing => "nothing",
            Instead::Plain => "plain",
            Instead::Text => "text",
            Instead::Link => "link",
            Instead::Blocks => "blocks",
            Instead::Placeholder => "placeholder",
        }
    }
}

/// Collects losses under the path of where the conversion is.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    found: Vec<Loss>,
    trail: Vec<(usize, &'static str)>,
}

impl Losses {
    /// Steps into the child at this position.
    pub(crate) fn enter(&mut self, index: usize, name: &'static str) {
        self.trail.push((index, name));
    }

    /// Steps out again.
    pub(crate) fn leave(&mut self) {
        self.trail.pop();
    }

    /// Records a loss at the current place.
    pub(crate) fn add(&mut self, kind: LossKind, instead: Instead) {
        if self.found.len() > MAX_LOSSES {
            return;
        }
        if self.found.len() == MAX_LOSSES {
            return self.found.push(Loss {
                kind: LossKind::More,
                path: "/".to_owned(),
                instead: Instead::Nothing,
            });
        }
        let loss = Loss {
            kind,
            path: self.path(),
            instead,
        };
        // One paragraph may lose the same thing a hundred times; once says it.
        if self.found.last() != Some(&loss) {
            self.found.push(loss);
        }
    }

    fn path(&self) -> String {
        if self.trail.is_empty() {
            return "/".to_owned();
        }
        let steps = self.trail.iter();
        steps
            .map(|(index, name)| format!("/{index}/{name}"))
            .collect()
    }

    /// All that were recorded.
    pub(crate) fn done(self) -> Vec<Loss> {
        self.found
    }
}
