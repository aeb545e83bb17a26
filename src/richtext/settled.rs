//! Settled: what is in normal form already, as nearly all is that editors write.
//!
//! Bringing a block into normal form takes it apart and puts it together again. A look is cheaper. It knows the blocks and inlines of
//! everyday texts only; what it does not know is for `normal.rs`, which leaves it as it is where it is in normal form.

use crate::block::{Block, Cell};
use crate::inline::{Inline, Text};
use crate::limit::{MAX_COLSPAN, MAX_ROWSPAN};
use crate::mark::Mark;
use crate::reference;

/// How deep blocks are looked at. Deeper ones are for `normal.rs`, which knows what is too deep.
const MAX_LOOK: usize = 16;

/// Whether a block of a document is known to be in normal form.
pub(crate) fn block(block: &Block) -> bool {
    within(block, MAX_LOOK)
}

fn within(block: &Block, room: usize) -> bool {
    match block {
        Block::Paragraph(paragraph) => paragraph.style.indentation <= 6 && line(&paragraph.inlines),
        Block::Heading(heading) => {
            let style = heading.style;
            let level = (1..=6).contains(&heading.level);
            level && style.indentation <= 6 && !style.small && line(&heading.inlines)
        }
        Block::List(list) => {
            let items = &list.items;
            !items.is_empty() && items.iter().all(|item| all(&item.blocks, room))
        }
        Block::Quote(quote) => all(&quote.blocks, room),
        Block::Code(code) => {
            let named = code.language.as_deref() != Some("");
            named && !code.text.is_empty() && !has_control(&code.text, b'\n')
        }
        Block::Table(table) => {
            let mut cells = table.rows.iter().flat_map(|row| &row.cells);
            !table.rows.is_empty() && cells.all(|inner| cell(inner, room))
        }
        Block::Rule => true,
        Block::TaskList(_)
        | Block::DecisionList(_)
        | Block::Panel(_)
        | Block::Expand(_)
        | Block::Media(_)
        | Block::MediaGroup(_)
        | Block::Card(_)
        | Block::Layout(_)
        | Block::Extension(_)
        | Block::Sync(_)
        | Block::Unknown(_) => false,
    }
}

fn all(blocks: &[Block], room: usize) -> bool {
    let Some(room) = room.checked_sub(1) else {
        return false;
    };
    !blocks.is_empty() && blocks.iter().all(|block| within(block, room))
}

fn cell(cell: &Cell, room: usize) -> bool {
    let spans =
        (1..=MAX_COLSPAN).contains(&cell.colspan) && (1..=MAX_ROWSPAN).contains(&cell.rowspan);
    spans && cell.background.as_deref() != Some("") && all(&cell.blocks, room)
}

/// Whether a line is known to be in normal form.
pub(crate) fn line(inlines: &[Inline]) -> bool {
    let mut before: Option<&[Mark]> = None;
    inlines.iter().all(|inline| match inline {
        Inline::Text(run) => {
            let joins = before.replace(&run.marks) == Some(&run.marks);
            !joins && text(run)
        }
        Inline::HardBreak => {
            before = None;
            true
        }
        _ => false,
    })
}

fn text(run: &Text) -> bool {
    let sorted = run.marks.is_sorted_by(|one, next| one.rank() < next.rank());
    sorted && !run.text.is_empty() && !has_control(&run.text, b'\t') && run.marks.iter().all(mark)
}

fn mark(mark: &Mark) -> bool {
    match mark {
        Mark::Link(link) => reference::is_tidy(&link.href) && link.title.as_deref() != Some(""),
        _ => true,
    }
}

/// Whether a text holds a control character other than a tab and this one. All of a text is looked at, which takes many
/// bytes at a time.
fn has_control(text: &str, but: u8) -> bool {
    let control = |byte: u8| byte < b' ' && byte != b'\t' && byte != but;
    text.bytes()
        .fold(false, |found, byte| found | control(byte))
}

#[cfg(test)]
mod tests {
    use super::{block, line};
    use crate::block::{Block, CodeBlock, Heading, Item, List, ListKind, Quote, Table};
    use crate::inline::{Inline, Text};
    use crate::limit::MAX_DEPTH;
    use crate::loss::Losses;
    use crate::mark::{Link, Mark};
    use crate::{Document, normal};

    fn link(href: &str, title: Option<&str>) -> Mark {
        Mark::Link(Link {
            href: href.to_owned(),
            title: title.map(str::to_owned),
        })
    }

    #[test]
    fn a_line_that_is_not_in_normal_form_is_not_settled() {
        for inlines in [
            vec![Inline::text("")],
            vec![Inline::text("a\nb")],
            vec![Inline::text("a\u{1}")],
            vec![Inline::text("a\r")],
            vec![Inline::text("a"), Inline::text("b")],
            vec![Inline::marked("a", vec![Mark::Em, Mark::Strong])],
            vec![Inline::marked("a", vec![Mark::Em, Mark::Em])],
            vec![Inline::marked("a", vec![link(" https://a.example", None)])],
            vec![Inline::marked(
                "a",
                vec![link("https://a.example", Some(""))],
            )],
        ] {
            assert!(!line(&inlines), "{inlines:?}");
            assert_ne!(normal::line(&inlines), inlines);
        }
        let settled = [
            Inline::text("a\t"),
            Inline::marked("b", vec![link("https://a.example", Some("t")), Mark::Em]),
            Inline::HardBreak,
            Inline::text("c"),
        ];
        assert!(line(&settled));
    }

    #[test]
    fn a_block_that_is_not_in_normal_form_is_not_settled() {
        let list = |items| {
            Block::List(List {
                kind: ListKind::Bullet,
                items,
            })
        };
        let inlines = || vec![Inline::text("a")];
        let heading = |level, small| {
            let mut heading = Heading {
                level,
                inlines: inlines(),
                style: Default::default(),
            };
            heading.style.small = small;
            Block::Heading(heading)
        };
        let code = |text: &str, language: Option<&str>| {
            Block::Code(CodeBlock {
                text: text.to_owned(),
                language: language.map(str::to_owned),
                breakout: None,
            })
        };
        for odd in [
            list(Vec::new()),
            list(vec![Item::default()]),
            heading(7, false),
            heading(1, true),
            code("", None),
            code("a", Some("")),
            code("a\r", None),
            Block::Quote(Quote { blocks: Vec::new() }),
            Block::Table(Table::default()),
        ] {
            assert!(!block(&odd), "{odd:?}");
            let document = Document {
                blocks: vec![odd.clone()],
            };
            let normal = normal::document(document, &mut Losses::default());
            assert_ne!(normal.blocks, [odd]);
        }
    }

    #[test]
    fn what_nests_too_deep_is_not_settled() {
        let run = Text {
            text: "a".to_owned(),
            marks: Vec::new(),
        };
        let mut nested = Block::paragraph(vec![Inline::Text(run)]);
        for _ in 0..MAX_DEPTH + 1 {
            nested = Block::Quote(Quote {
                blocks: vec![nested],
            });
        }
        assert!(!block(&nested));
    }
}
