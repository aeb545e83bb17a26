//! A comment for the other side.

use model::{Comment, Side, Value};
use richtext::{Block, Document, Inline, Instead, LossKind, Mark, Paragraph};

use crate::carry::rich::{self, Form};
use crate::lead::Leads;
use crate::losses::Losses;
use crate::profile::Profile;

/// Characters of an author's name that are shown.
const NAME_CHARS: usize = 100;
/// Characters of a comment's text that are carried when the whole is too long for the other side. Escapes and structure
/// can make a text several times longer, so this is far below the limit of either side.
const SHORT_CHARS: usize = 4_000;

impl Profile {
    /// A comment's text for the other side, in that side's form, and what was lost: an attribution line, then the body.
    ///
    /// The line names the author (unless `author_line = false`) and the product, and links to the original. The link is the
    /// first of the whole text, and always there: on Azure DevOps it is what tells the twin from any other comment. It names
    /// the comment and not just the item, so it is no link to a twin.
    ///
    /// A body too long for the other side is cut to its beginning in plain text and says so, which is a loss; a comment is
    /// never left out for its length.
    #[must_use]
    pub fn carry_comment(
        &self,
        from: Side,
        comment: &Comment,
        original_url: &str,
        leads: &dyn Leads,
    ) -> (Value, Losses) {
        let form = Form::of(from.other());
        let line = self.attribution(from, comment, original_url);
        let (mut document, lost_reading) = rich::read(&comment.body);
        let plain = document.plain_text();
        document.push_front(line.clone());
        if let Some((value, lost_writing)) =
            rich::write(&self.users, leads, form, &Value::Empty, &document)
        {
            return (value, lost_reading.and(&lost_writing));
        }
        let mut short = Document::from_plain(&shortened(&plain));
        short.push_front(line);
        let (value, _) =
            rich::write(&self.users, leads, form, &Value::Empty, &short).unwrap_or_default();
        let cut = Losses::one_if(true, LossKind::TooLarge, Instead::Text);
        (value, lost_reading.and(&cut))
    }

    /// `Alice Abara commented in Jira:`, the last words a link to the original.
    fn attribution(&self, from: Side, comment: &Comment, url: &str) -> Block {
        let author: String = one_line(&comment.author.display)
            .chars()
            .take(NAME_CHARS)
            .collect();
        let mut inlines = Vec::new();
        if self.comments.author_line && !author.is_empty() {
            inlines.push(Inline::marked(author, vec![Mark::Strong]));
            inlines.push(Inline::text(" "));
        }
        let words = format!("commented in {}", from.product());
        inlines.push(Inline::marked(words, vec![Mark::link(url)]));
        inlines.push(Inline::text(":"));
        Block::Paragraph(Paragraph {
            inlines,
            ..Paragraph::default()
        })
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(SHORT_CHARS).collect();
    format!(
        "{start} \u{2026}\n\n[The comment is too long for this side; the original has the rest.]"
    )
}

#[cfg(test)]
mod tests;
