//! `counterpart problems`: what is wrong, and what to do about it.

use admin::Query;
use serde_json::Value;

use super::pair::stamp;
use super::{Out, access, look};
use crate::cli;
use crate::exit::{Ending, Error};

/// Runs the command. It ends amiss while a problem is open or a tenant does not run.
pub(super) async fn run(arguments: cli::Problems, out: &Out) -> Result<Ending, Error> {
    let config = look(&arguments.config.config)?;
    let question = Query::Problems {
        tenant: arguments.tenant,
        all: arguments.all,
    };
    let answer = access::ask(&config, question).await?;
    let problems = answer["problems"].as_array().cloned().unwrap_or_default();
    let stopped = answer["stopped"].as_array().cloned().unwrap_or_default();
    out.print(&answer, || {
        if problems.is_empty() && stopped.is_empty() {
            return vec!["no problems".to_owned()];
        }
        let stopped = stopped.iter().map(|each| {
            let text = |key: &str| each[key].as_str().unwrap_or_default();
            format!("tenant {} does not run: {}", text("tenant"), text("error"))
        });
        stopped.chain(problems.iter().map(line)).collect()
    });
    let open = problems
        .iter()
        .any(|problem| problem["open"] == Value::Bool(true));
    Ok(if open || !stopped.is_empty() {
        Ending::Amiss
    } else {
        Ending::Done
    })
}

fn line(problem: &Value) -> String {
    let text = |key: &str| problem[key].as_str().unwrap_or("").to_owned();
    let items = &problem["items"];
    let key = |side: &str| items[side].as_str().unwrap_or("").to_owned();
    let pair = [key("jira"), key("azure")].join(" ").trim().to_owned();
    let state = if problem["open"] == Value::Bool(true) {
        "open"
    } else {
        "closed"
    };
    let place = [text("profile"), pair, text("side"), text("subject")];
    let place: Vec<String> = place
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .collect();
    format!(
        "{} {state} {} {} ({}x since {}): {} {}",
        stamp(&problem["last"]),
        text("code"),
        place.join(" "),
        problem["count"],
        stamp(&problem["first"]),
        text("what"),
        text("cure"),
    )
}
