//! `counterpart pair`: what is known of pairs.

use admin::{Command, Query};
use serde_json::Value;

use super::{Out, access, look};
use crate::cli;
use crate::exit::{Ending, Error};

/// Runs the command.
pub(super) async fn run(arguments: cli::Pair, out: &Out) -> Result<Ending, Error> {
    let (config, question) = match arguments {
        cli::Pair::List(list) => {
            let question = Query::Pairs {
                tenant: list.tenant,
                profile: list.profile,
                after: list.after,
                limit: list.limit as usize,
            };
            (list.config, question)
        }
        cli::Pair::Park(one) => order(one, Command::Park),
        cli::Pair::Resume(one) => order(one, Command::Resume),
        cli::Pair::Resync(one) => order(one, Command::Resync),
        cli::Pair::Show(one) => (
            one.config,
            Query::Pair {
                id: one.id,
                tenant: one.tenant,
                profile: one.profile,
            },
        ),
        cli::Pair::Why(one) => (
            one.config,
            Query::Why {
                id: one.id,
                tenant: one.tenant,
                profile: one.profile,
            },
        ),
    };
    let config = look(&config.config)?;
    let answer = access::ask(&config, question).await?;
    out.print(&answer, || lines(&answer));
    Ok(Ending::Done)
}

fn order(one: cli::One, command: Command) -> (cli::Config, Query) {
    (
        one.config,
        Query::Order {
            id: one.id,
            tenant: one.tenant,
            profile: one.profile,
            command,
        },
    )
}

fn lines(answer: &Value) -> Vec<String> {
    if answer["accepted"] == Value::Bool(true) {
        return vec![format!("ordered for pair {}", text(&answer["pair"]))];
    }
    if let Some(pairs) = answer["pairs"].as_array() {
        let next = answer["next"].as_str();
        let more = next.map(|next| format!("there are more: --after {next}"));
        return pairs.iter().map(summary).chain(more).collect();
    }
    let mut lines = vec![summary(answer)];
    for entry in answer["history"].as_array().into_iter().flatten() {
        lines.push(format!(
            "  {}  {}",
            stamp(&entry["at"]),
            text(&entry["text"])
        ));
    }
    for intent in answer["intents"].as_array().into_iter().flatten() {
        lines.push(format!(
            "  under way: {} on {}: {}",
            text(&intent["kind"]),
            text(&intent["side"]),
            intent["stage"]
        ));
    }
    for problem in answer["problems"].as_array().into_iter().flatten() {
        lines.push(format!(
            "  {} {}: {}",
            text(&problem["code"]),
            text(&problem["subject"]),
            text(&problem["cure"])
        ));
    }
    lines
}

fn summary(pair: &Value) -> String {
    let key = |side: &str| pair[side]["key"].as_str().unwrap_or("-").to_owned();
    format!(
        "{:12} {:12} {:10} {}",
        key("jira"),
        key("azure"),
        text(&pair["phase"]),
        text(&pair["pair"])
    )
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(String::new, str::to_owned)
}

/// A moment as people read it, in UTC.
pub(super) fn stamp(at: &Value) -> String {
    let milliseconds = at.as_i64().unwrap_or(0);
    jiff::Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| milliseconds.to_string(), |at| format!("{at:.3}"))
}
