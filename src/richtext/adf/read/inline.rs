//! Lines: text with its marks, and what stands between.

use serde_json::Number;

use crate::block::{Alignment, BlockStyle};
use crate::inline::{Date, Emoji, Inline, InlineExtension, Mention, Status, UserType};
use crate::limit::MAX_NODES;
use crate::loss::{Instead, LossKind};
use crate::mark::{Color, Link, Mark};

use super::Reader;
use super::kind::Kind;
use super::node::{attr, marks, shallow, string};
use super::tape::{Node, Nodes};

impl Reader {
    pub(super) fn line(&mut self, children: Nodes<'_>) -> Vec<Inline> {
        let mut out = Vec::with_capacity(children.clone().count().min(MAX_NODES));
        for child in children {
            if self.full(child) {
                break;
            }
            self.inline(child, &mut out);
        }
        out
    }

    pub(super) fn inline(&mut self, node: Node<'_>, out: &mut Vec<Inline>) {
        self.check(node);
        out.push(match node.kind() {
            Kind::Text => match node.text() {
                Some(text) => Inline::marked(text, self.text_marks(node)),
                None => return self.losses.add(LossKind::Malformed, Instead::Nothing),
            },
            Kind::HardBreak => Inline::HardBreak,
            Kind::Mention => Inline::Mention(Box::new(mention(node))),
            Kind::Emoji => Inline::Emoji(Box::new(Emoji {
                short_name: string(node, "shortName").unwrap_or_default(),
                id: string(node, "id"),
                text: string(node, "text"),
            })),
            Kind::Date => return self.date(node, out),
            Kind::Status => Inline::Status(Box::new(Status {
                text: string(node, "text").unwrap_or_default(),
                color: string(node, "color").unwrap_or_default(),
                style: string(node, "style"),
            })),
            Kind::InlineCard => Inline::Card(self.target(node)),
            Kind::MediaInline => match self.image(node) {
                Some(image) => Inline::Image(image),
                None => return,
            },
            Kind::Placeholder => Inline::Placeholder(string(node, "text").unwrap_or_default()),
            Kind::InlineExtension if shallow(node) && node.attrs().is_some() => {
                Inline::Extension(InlineExtension {
                    attrs: node.attrs().map(Node::to_map).unwrap_or_default(),
                    marks: self.extension_marks(node),
                })
            }
            kind if kind.is_block() => return self.block_in_line(node, out),
            _ => Inline::Unknown(Box::new(self.unknown(node))),
        });
    }

    /// A block where only inlines may stand: its text stays, on lines of its own.
    pub(super) fn block_in_line(&mut self, node: Node<'_>, out: &mut Vec<Inline>) {
        self.losses.add(LossKind::Malformed, Instead::Text);
        if !out.is_empty() {
            out.push(Inline::HardBreak);
        }
        out.push(Inline::text(self.text(node.alone())));
    }

    pub(super) fn date(&mut self, node: Node<'_>, out: &mut Vec<Inline>) {
        let stamp = attr(node, "timestamp");
        let text = stamp.and_then(Node::as_str);
        let millis = match text {
            Some(text) => text.trim().parse().ok(),
            None => stamp.and_then(Node::as_number).and_then(Number::as_i64),
        };
        match millis {
            // The years 0 to 9999; what lies beyond is no date that somebody picked.
            Some(millis @ -62_167_219_200_000..=253_402_300_799_999) => {
                out.push(Inline::Date(Date { millis }));
            }
            _ => {
                self.losses.add(LossKind::Date, Instead::Placeholder);
                out.push(Inline::text("[date]"));
            }
        }
    }

    /// The marks of a text, the first of each kind.
    pub(super) fn text_marks(&mut self, node: Node<'_>) -> Vec<Mark> {
        let mut out: Vec<Mark> = Vec::new();
        for value in marks(node) {
            self.check_attributes(value);
            match mark(value) {
                Some(mark) if out.contains(&mark) => {}
                Some(mark) if out.iter().all(|known| known.rank() != mark.rank()) => out.push(mark),
                _ => self.losses.add(LossKind::Mark, Instead::Plain),
            }
        }
        out
    }

    pub(super) fn style(&mut self, node: Node<'_>) -> BlockStyle {
        let mut style = BlockStyle::default();
        for mark in marks(node) {
            let before = style;
            match mark.kind() {
                Kind::Alignment if string(mark, "align").as_deref() == Some("center") => {
                    style.alignment = Alignment::Center;
                }
                Kind::Alignment if string(mark, "align").as_deref() == Some("end") => {
                    style.alignment = Alignment::End;
                }
                Kind::Indentation => {
                    style.indentation = self.number(mark, "level").unwrap_or(0).min(6) as u8;
                }
                Kind::FontSize => style.small = true,
                _ => self.losses.add(LossKind::Style, Instead::Plain),
            }
            let aligned = before.alignment != Alignment::Start;
            if aligned && style.alignment != before.alignment
                || before.indentation > 0 && style.indentation != before.indentation
            {
                self.losses.add(LossKind::Style, Instead::Plain);
            }
        }
        style
    }
}

pub(super) fn mention(node: Node<'_>) -> Mention {
    Mention {
        id: string(node, "id").unwrap_or_default(),
        name: string(node, "text").unwrap_or_default(),
        access_level: string(node, "accessLevel"),
        user_type: match string(node, "userType").as_deref() {
            Some("DEFAULT") => Some(UserType::Default),
            Some("SPECIAL") => Some(UserType::Special),
            Some("APP") => Some(UserType::App),
            _ => None,
        },
    }
}

pub(super) fn mark(value: Node<'_>) -> Option<Mark> {
    Some(match value.kind() {
        Kind::Strong => Mark::Strong,
        Kind::Em => Mark::Em,
        Kind::Underline => Mark::Underline,
        Kind::Strike => Mark::Strike,
        Kind::Code => Mark::Code,
        Kind::Subsup => match string(value, "type")?.as_str() {
            "sub" => Mark::Sub,
            "sup" => Mark::Sup,
            _ => return None,
        },
        Kind::Link => Mark::Link(Link {
            href: string(value, "href")?,
            title: string(value, "title"),
        }),
        Kind::TextColor => Mark::Color(Color::from_hex(&string(value, "color")?)?),
        Kind::BackgroundColor => Mark::Background(Color::from_hex(&string(value, "color")?)?),
        Kind::Annotation => Mark::Annotation(string(value, "id")?),
        _ => return None,
    })
}
