//! `counterpart log`: what the node keeps of what was done to it.

use admin::Query;
use model::limit;
use serde_json::{Value, json};
use storage::audit::Entry;

use super::pair::stamp;
use super::{Out, access, look};
use crate::auditor;
use crate::cli;
use crate::exit::{Ending, Error};

/// Runs the command.
pub(super) async fn run(arguments: cli::Log, out: &Out) -> Result<Ending, Error> {
    match arguments {
        cli::Log::Audit(arguments) => audit(&arguments, out),
        cli::Log::Extended(arguments) => extended(&arguments, out).await,
    }
}

async fn extended(arguments: &cli::LogExtended, out: &Out) -> Result<Ending, Error> {
    let minutes = match &arguments.time {
        Some(time) => minutes(time)?,
        None => 0,
    };
    let config = look(&arguments.config.config)?;
    let tenant = arguments.tenant.clone();
    let answer = access::ask(&config, Query::Extended { tenant, minutes }).await?;
    out.print(&answer, || {
        let tenant = &arguments.tenant;
        let told = match answer["until"].is_null() {
            true => format!("{tenant}: what the remotes say is no longer logged"),
            false => format!(
                "{tenant}: what the remotes say when they refuse is logged until {}",
                stamp(&answer["until"])
            ),
        };
        vec![told]
    });
    Ok(Ending::Done)
}

/// `30m` or `2h` in minutes.
fn minutes(time: &str) -> Result<u32, Error> {
    let most = limit::EXTENDED_MINUTES;
    let number = |digits: &str| digits.parse::<u32>().ok();
    let minutes = match (time.strip_suffix('m'), time.strip_suffix('h')) {
        (Some(minutes), _) => number(minutes),
        (None, Some(hours)) => number(hours).and_then(|hours| hours.checked_mul(60)),
        (None, None) => None,
    };
    minutes
        .filter(|minutes| (1..=most).contains(minutes))
        .ok_or_else(|| {
            Error::Usage(format!(
                "--for {time:?}: write minutes or hours, such as 30m or 2h, {most} minutes at most"
            ))
        })
}

/// The last entries. Whether they are sound is for `fsck` to say.
fn audit(arguments: &cli::LogAudit, out: &Out) -> Result<Ending, Error> {
    let config = look(&arguments.config.config)?;
    let tenant = super::name(
        arguments.tenant.as_deref(),
        "--tenant",
        model::TenantName::new,
    )?;
    let most = match &tenant {
        // Those of others stand between.
        Some(_) => usize::MAX,
        None => arguments.limit as usize,
    };
    let mut entries = auditor::audit(&config)
        .last(most)
        .map_err(Error::unreachable)?;
    if let Some(tenant) = &tenant {
        entries.retain(|entry| entry.tenant.as_deref() == Some(tenant.as_str()));
    }
    let over = entries.len().saturating_sub(arguments.limit as usize);
    let entries = entries.get(over..).unwrap_or_default();
    let document: Vec<Value> = entries.iter().map(describe).collect();
    out.print(&json!({ "entries": document }), || {
        if entries.is_empty() {
            return vec!["no entries".to_owned()];
        }
        entries.iter().map(line).collect()
    });
    Ok(Ending::Done)
}

fn describe(entry: &Entry) -> Value {
    json!({
        "n": entry.n,
        "at": entry.at,
        "who": entry.who,
        "what": entry.what,
        "stage": entry.stage,
        "of": entry.of,
        "tenant": entry.tenant,
        "subject": entry.subject,
    })
}

fn line(entry: &Entry) -> String {
    let of = entry.of.map_or_else(String::new, |of| format!(" {of}"));
    let mut line = format!(
        "{} {} {} {}{of}",
        entry.n,
        stamp(&json!(entry.at)),
        entry.what,
        entry.stage
    );
    for part in [&entry.tenant, &entry.subject].into_iter().flatten() {
        line.push(' ');
        line.push_str(part);
    }
    format!("{line} ({})", entry.who)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_minutes_or_hours_within_the_bound() {
        for (time, expected) in [("1m", 1), ("30m", 30), ("4h", 240)] {
            assert_eq!(minutes(time).unwrap(), expected, "{time}");
        }
        for time in [
            "",
            "30",
            "0m",
            "-1m",
            "5h",
            "241m",
            "1d",
            "m",
            "99999999999h",
        ] {
            assert!(minutes(time).is_err(), "{time}");
        }
    }
}
