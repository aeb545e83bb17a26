//! `counterpart profile apply`: a sync, and with `--plan` only the one that was foretold.

use model::TenantName;
use model::log::Name;
use serde_json::json;
use storage::audit::Action;

use super::plan::{self, Wanted};
use crate::auditor::Auditor;
use crate::cli;
use crate::command::{Out, sync};
use crate::config::Config;
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
    let auditor = Auditor::of(&Config::load_any(&arguments.config.config)?);
    let meant = arguments.plan.as_deref().map(Name);
    let tenant = arguments.tenant.as_deref().map(TenantName::new);
    let act = match tenant.transpose() {
        Ok(Some(tenant)) => auditor.act(Action::ProfileApplied).for_tenant(&tenant),
        Ok(None) | Err(_) => auditor.act(Action::ProfileApplied),
    };
    let act = match meant {
        Some(plan) => act.about(model::told!("plan {}", plan)),
        None => act,
    };
    let act = act.begun();
    let number = auditor.tell(&act)?;
    let once = cli::Sync {
        config: arguments.config,
        tenant: arguments.tenant,
        profile: arguments.profile,
        once: true,
    };
    let ended = sync::once(once, arguments.plan.as_deref(), out).await;
    auditor.try_tell(&act.ended(number, ended.is_ok()));
    ended
}

fn is_hash(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == HASH_DIGITS && text.bytes().all(digit)
}
