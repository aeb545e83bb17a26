//! Stages: what every writer does to a document before it prints it.
//!
//! A document goes through them block by block, and each block is printed before the next is looked at. So a writer never
//! holds more than one block beside the document that it was given and the text that it makes of it.

use crate::block::Block;
use crate::document::Document;
use crate::loss::Losses;
use crate::resolver::Resolver;
use crate::{normal, resolve};

/// Hands each block on to `print` in normal form, with the references of the target side, and as `lower` puts it for the format.
/// `lower` gets the number of the block in the document. A block that `settled` knows to stay as it is takes no stage.
pub(crate) fn run(
    doc: &Document,
    resolver: &dyn Resolver,
    losses: &mut Losses,
    settled: impl Fn(&Block) -> bool,
    mut lower: impl FnMut(usize, Block, &mut Losses, &mut Vec<Block>),
    mut print: impl FnMut(&Block),
) {
    let (mut plain, mut resolved, mut lowered) = (Vec::new(), Vec::new(), Vec::new());
    for (index, block) in doc.blocks.iter().enumerate() {
        if settled(block) {
            print(block);
            continue;
        }
        normal::block(index, block.clone(), losses, &mut plain);
        for block in plain.drain(..) {
            resolve::block(index, block, resolver, losses, &mut resolved);
        }
        for block in resolved.drain(..) {
            lower(index, block, losses, &mut lowered);
        }
        lowered.drain(..).for_each(|block| print(&block));
    }
}
