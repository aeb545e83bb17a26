//! Inlines: what stands beside one another in a line.

use serde_json::{Map, Value};

use crate::block::Unknown;
use crate::mark::{Border, Mark};

/// One inline of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// A run of text.
    Text(Text),
    /// A forced line break.
    HardBreak,
    /// A mention of a person or group.
    Mention(Box<Mention>),
    /// An emoji.
    Emoji(Box<Emoji>),
    /// A date.
    Date(Date),
    /// A status lozenge.
    Status(Box<Status>),
    /// A link shown with the title of its target.
    Card(CardTarget),
    /// An image or file within the line.
    Image(Image),
    /// A prompt of a template.
    Placeholder(String),
    /// A target for links within the document.
    Anchor(String),
    /// A macro or app content within the line.
    Extension(InlineExtension),
    /// Something that no reader knows, kept as it came.
    Unknown(Box<Unknown>),
}

/// A run of text under the same marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The text; in normal form neither empty nor with a line break.
    pub text: String,
    /// Its marks, at most one of each kind, in any order.
    pub marks: Vec<Mark>,
}

/// A mention of a person or group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mention {
    /// The identity at the remote: a Jira account id, an Azure DevOps identity GUID.
    pub id: String,
    /// The name shown, without the `@`.
    pub name: String,
    /// Jira's access level, free text.
    pub access_level: Option<String>,
    /// Jira's kind of user.
    pub user_type: Option<UserType>,
}

/// Jira's kinds of mentioned users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserType {
    /// A person.
    Default,
    /// A group such as "all" or "here".
    Special,
    /// An app.
    App,
}

/// An emoji.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emoji {
    /// Its name, with colons: `:smile:`.
    pub short_name: String,
    /// The remote's identity.
    pub id: Option<String>,
    /// The Unicode characters, when there are any.
    pub text: Option<String>,
}

impl Emoji {
    /// The characters that show it as text does: none when all there is is a name, or something that a reader of text
    /// would not take as it stands.
    pub fn glyphs(&self) -> Option<&str> {
        self.text
            .as_deref()
            .filter(|text| !text.is_empty() && !text.starts_with(':'))
            .filter(|text| !text.contains(|c: char| c.is_whitespace() || c.is_control()))
    }
}

/// A date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Milliseconds since 1970-01-01 UTC, as ADF holds them.
    pub millis: i64,
}

/// A status lozenge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Its text.
    pub text: String,
    /// A colour name of ADF or `#rrggbb`.
    pub color: String,
    /// ADF's free attribute `style`.
    pub style: Option<String>,
}

/// Where a card leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardTarget {
    /// To a URL.
    Url(String),
    /// To what a JSON-LD object describes.
    Data(Value),
}

/// An image or file with what is laid over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What is shown.
    pub reference: Box<ImageRef>,
    /// Where a click leads.
    pub link: Option<String>,
    /// The frame.
    pub border: Option<Box<Border>>,
}

/// What an image shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRef {
    /// Where the bytes are.
    pub source: ImageSource,
    /// Shown as a picture or as a file.
    pub kind: MediaKind,
    /// The alternative text.
    pub alt: Option<String>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
}

/// Where the bytes of an image are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// At a URL.
    Url(String),
    /// In Atlassian's media service (jira.md 13.3).
    File {
        /// The media id, not the attachment id.
        id: String,
        /// The collection; empty for attachments of Jira.
        collection: String,
    },
    /// In the attachment of this name of the same item (wiki markup).
    Attachment(String),
}

/// How a media is shown within a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MediaKind {
    /// As the remote sees fit; a file.
    #[default]
    File,
    /// As a picture within the line.
    Image,
    /// As a link.
    Link,
}

/// A macro or app content within the line. Attributes and marks are kept as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InlineExtension {
    /// ADF's attributes.
    pub attrs: Map<String, Value>,
    /// ADF's marks.
    pub marks: Vec<Value>,
}

impl Inline {
    /// Text without marks.
    pub fn text(text: impl Into<String>) -> Self {
        Inline::marked(text, Vec::new())
    }

    /// Text under marks.
    pub fn marked(text: impl Into<String>, marks: Vec<Mark>) -> Self {
        Inline::Text(Text {
            text: text.into(),
            marks,
        })
    }

    /// Whether nothing of it would be seen.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Inline::Text(run) => run
                .text
                .chars()
                .all(|c| c.is_whitespace() || c == '\u{200b}'),
            Inline::HardBreak | Inline::Anchor(_) => true,
            _ => false,
        }
    }
}

impl CardTarget {
    /// The URL, also where it stands within the data.
    pub(crate) fn url(&self) -> Option<&str> {
        match self {
            CardTarget::Url(url) => Some(url),
            CardTarget::Data(data) => data.get("url").and_then(Value::as_str),
        }
    }
}

impl Mention {
    /// The text that is shown for it: `@` and the name, or the id where there is no name.
    pub fn shown(&self) -> String {
        let name = if self.name.is_empty() {
            &self.id
        } else {
            &self.name
        };
        format!("@{name}")
    }
}

impl ImageRef {
    /// The text that stands in for an image that cannot be shown. It is one line with plain spaces, whatever its alternative
    /// text holds, so that every format can say it.
    pub fn placeholder(&self) -> String {
        let named = match &self.source {
            ImageSource::Attachment(name) => Some(name.as_str()),
            ImageSource::Url(_) | ImageSource::File { .. } => None,
        };
        let alt = self.alt.as_deref();
        let shown = alt.filter(|alt| !alt.trim().is_empty()).or(named);
        let words: Vec<&str> = shown.unwrap_or_default().split_whitespace().collect();
        if words.is_empty() {
            "[image]".to_owned()
        } else {
            format!("[image: {}]", words.join(" "))
        }
    }
}

impl Date {
    /// The day in UTC, as `YYYY-MM-DD`.
    pub fn shown(self) -> String {
        let (year, month, day) = civil(self.millis.div_euclid(86_400_000));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// The proleptic Gregorian date of a day counted from 1970-01-01. Years are counted from March, so that the leap
/// day ends the year, in eras of 400 years (146,097 days).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn a_date_is_shown_as_its_day_in_utc() {
        for (millis, shown) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400_000, "2000-02-29"),
            (1_582_152_000_000, "2020-02-19"),
            (4_107_542_400_000, "2100-03-01"),
        ] {
            assert_eq!(Date { millis }.shown(), shown);
        }
    }
}
