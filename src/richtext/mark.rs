//! Marks: what is laid over a run of text.

use std::fmt;

use crate::block::Unknown;

/// A mark over a run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A link.
    Link(Link),
    /// Bold.
    Strong,
    /// Italic.
    Em,
    /// Underlined.
    Underline,
    /// Struck through.
    Strike,
    /// Lowered.
    Sub,
    /// Raised.
    Sup,
    /// The colour of the letters.
    Color(Color),
    /// The colour behind the letters.
    Background(Color),
    /// Code. In ADF it goes with a link and an annotation only.
    Code,
    /// An inline comment's anchor.
    Annotation(String),
    /// Something that no reader knows.
    Unknown(Box<Unknown>),
}

/// A link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// The text of its tooltip.
    pub title: Option<String>,
}

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub [u8; 3]);

/// The frame of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Border {
    /// 1 to 3.
    pub size: u8,
    /// `#rrggbb` or `#rrggbbaa`.
    pub color: String,
}

impl Mark {
    /// A link without a title.
    pub fn link(href: impl Into<String>) -> Self {
        Mark::Link(Link {
            href: href.into(),
            title: None,
        })
    }

    /// The order of marks in normal form, outermost first. Marks of equal rank exclude each other.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Mark::Link(_) => 0,
            Mark::Strong => 1,
            Mark::Em => 2,
            Mark::Underline => 3,
            Mark::Strike => 4,
            Mark::Sub => 5,
            Mark::Sup => 6,
            Mark::Color(_) => 7,
            Mark::Background(_) => 8,
            Mark::Code => 9,
            Mark::Annotation(_) => 10,
            Mark::Unknown(_) => 11,
        }
    }
}

impl Color {
    /// Reads `#rrggbb`.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        Some(Color([red, green, blue]))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Color([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
