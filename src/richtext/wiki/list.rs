//! Lists: lines that begin with signs, and the lists that the signs make.

use crate::block::{Block, Item, List, ListKind};

use super::line::{self, Lead};
use super::read::{Lines, Place, Reader};
use super::source::{self, Line, Piece, Text};

/// An item as it is collected: its signs, and its lines without them.
struct Entry<'a> {
    signs: &'a str,
    lines: Vec<Line<'a>>,
}

/// Reads the lists that begin with the next line and go on to an empty line or a rule.
pub(super) fn read<'a>(reader: &mut Reader, lines: &mut Lines<'_, 'a>) -> Vec<Block> {
    let mut lists = Lists::default();
    let mut entry: Option<Entry<'a>> = None;
    while let Some(line) = lines.next_if(|line| !ends(line)) {
        if reader.full(1) {
            break;
        }
        match (line::lead(source::head(&line), true), &mut entry) {
            (Lead::Item(signs, rest), _) => {
                finish(entry.take(), reader, &mut lists);
                entry = Some(Entry {
                    signs,
                    lines: vec![without_signs(line, rest)],
                });
            }
            (_, Some(entry)) => entry.lines.push(line),
            // The first line has signs, or nobody would have called.
            (_, None) => {}
        }
    }
    finish(entry, reader, &mut lists);
    lists.done()
}

/// Whether no item goes on with this line.
fn ends(line: &[Piece<'_>]) -> bool {
    let rule =
        matches!(line::lead(source::head(line), true), Lead::Rule(rest) if rest.trim().is_empty());
    source::is_blank(line) || rule && line.len() == 1
}

fn without_signs<'a>(mut line: Line<'a>, rest: &'a str) -> Line<'a> {
    if let Some(Piece::Text(text)) = line.first_mut() {
        *text = Text {
            at: text.at + (text.text.len() - rest.len()),
            text: rest,
        };
    }
    line
}

fn finish(entry: Option<Entry<'_>>, reader: &mut Reader, lists: &mut Lists) {
    if let Some(Entry { signs, lines }) = entry {
        let blocks = reader.lines(&mut lines.into_iter(), Place::Item);
        lists.add(signs, Item { blocks });
    }
}

/// The lists that are open, outermost first, and those that are done.
#[derive(Default)]
struct Lists {
    open: Vec<List>,
    done: Vec<Block>,
}

impl Lists {
    /// Adds an item. The number of signs is its level, and the last of them says bullet or number, also for levels that are
    /// passed over (jira.md 13.5).
    fn add(&mut self, signs: &str, item: Item) {
        let level = signs.len();
        self.close(level);
        let kind = signs.bytes().next_back().map_or(ListKind::Bullet, kind_of);
        let same = self.open.last().is_none_or(|list| list.kind == kind);
        if self.open.len() == level && !same {
            self.close(level - 1);
        }
        while self.open.len() < level {
            if let Some(around) = self.open.last_mut()
                && around.items.is_empty()
            {
                around.items.push(Item::default());
            }
            self.open.push(List {
                kind,
                items: Vec::new(),
            });
        }
        if let Some(list) = self.open.last_mut() {
            list.items.push(item);
        }
    }

    /// Closes the lists below this level.
    fn close(&mut self, level: usize) {
        while self.open.len() > level {
            let Some(list) = self.open.pop() else {
                return;
            };
            let around = self.open.last_mut().and_then(|list| list.items.last_mut());
            match around {
                Some(item) => item.blocks.push(Block::List(list)),
                None => self.done.push(Block::List(list)),
            }
        }
    }

    fn done(mut self) -> Vec<Block> {
        self.close(0);
        self.done
    }
}

fn kind_of(sign: u8) -> ListKind {
    match sign {
        b'#' => ListKind::Ordered { start: 1 },
        _ => ListKind::Bullet,
    }
}
