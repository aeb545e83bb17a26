//! `counterpart policy`: what is stored, logged, counted and sent.

use super::Out;
use crate::cli::Policy;
use crate::exit::Ending;
use crate::policy;

/// Runs the command.
pub(super) fn run(arguments: &Policy, out: &Out) -> Ending {
    if arguments.markdown && !out.json {
        out.line(policy::markdown().trim_end_matches('\n'));
        return Ending::Done;
    }
    out.print_large(policy::document, policy::lines);
    Ending::Done
}
