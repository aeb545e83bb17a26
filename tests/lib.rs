//! The test programme: what all tests share.
//!
//! `tests/run` is the one command that checks everything, here and in CI. Unit tests live beside the code they judge; the
//! tests of this package judge the whole: the shape of the tree (`tidy.rs`), and the product from outside. A test reads as
//! a claim, `no_crate_reaches_past_its_arrow`, and names in its failure what was found, where, and how to mend it.
//!
//! This library holds what more than one of these tests needs: where things are, which files are ours, whether the long
//! programme was asked for, and where the public clients of both products are installed. [`recorder`] stands before the
//! emulators and holds what passes against the vendors' [`descriptions`]; `recordings.rs` does so at the end of a whole run
//! with all that the emulators answered in it.
//!
//! Architecture invariant: nothing of the product depends on this package, and nothing here writes into the source tree.
//! What a test makes, it makes below a temporary directory or the target directory.
//!
//! Start reading at [`tree`], then `tidy.rs`; for the product from outside at [`harness`], then `e2e.rs`.

pub mod binary;
pub mod descriptions;
pub mod environment;
pub mod harness;
pub mod listener;
pub mod mount;
pub mod recorder;
pub mod rows;
pub mod s3;
pub mod simulated;
pub mod tree;
