//! `counterpart profile apply`: a sync, and with `--plan` only the one that was foretold.

use serde_json::json;

use super::plan::{self, Wanted};
use crate::cli;
use crate::command::{Out, sync};
use crate::exit::{Ending, Error};

/// Digits of a plan's hash.
const HASH_DIGITS: usize = 64;

/// Runs the command.
pub(super) async fn run(arguments: cli::Apply, out: &Out) -> Result<Ending, Error> {
    if let Some(meant) = &arguments.plan {
        if !is_hash(meant) {
            return Err(Error::Usage(format!(
                "--plan: {meant:?} is no hash of a plan; it has {HASH_DIGITS} digits of 0-9 and a-f, as `profile plan` prints them"
            )));
        }
        let wanted = Wanted {
            config: &arguments.config.config,
            file: None,
            tenant: arguments.tenant.as_deref(),
            profile: arguments.profile.as_deref(),
        };
        let now = plan::make(&wanted).await?.hash()?;
        if now != *meant {
            let document = json!({ "applied": false, "plan": meant, "hash": now });
            out.print(&document, || {
                vec![format!(
                    "the plan has moved, so nothing was written: it is {now} by now; look at `profile plan` again"
                )]
            });
            return Ok(Ending::Amiss);
        }
    }
    let once = cli::Sync {
        config: arguments.config,
        tenant: arguments.tenant,
        profile: arguments.profile,
        once: true,
    };
    let order = sync::Order::Apply(arguments.plan.as_deref());
    sync::once(once, order, out).await
}

fn is_hash(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == HASH_DIGITS && text.bytes().all(digit)
}
