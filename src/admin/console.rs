//! The console: one page that shows how the node is doing. It only shows.
//!
//! The page is made here as a whole, without a script, and asks again by itself. Every value goes through
//! [`Text`], which escapes and cuts it; there is no other way from a value into the page.

use std::fmt::{self, Write as _};

use model::Side;
use model::problem::Code;
use serde_json::Value;

use crate::backend::{Readiness, Refusal};
use crate::limit;

/// The style sheet, at `/console.css`.
pub(crate) const STYLE: &str = include_str!("console.css");

/// What a profile's card counts: the key in the status and the words for it.
const COUNTS: [(&str, &str); 9] = [
    ("effects", "Written"),
    ("active", "At work"),
    ("pending", "In line"),
    ("waiting", "Waiting"),
    ("parked", "Parked"),
    ("conflicts", "Conflicts"),
    ("losses", "Losses"),
    ("commits", "Commits"),
    ("steps", "Steps"),
];

/// A value on its way into the page.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars().take(limit::CONSOLE_CHARS) {
            match c {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                c if c.is_control() => out.write_char(' ')?,
                c => out.write_char(c)?,
            }
        }
        if self.0.chars().nth(limit::CONSOLE_CHARS).is_some() {
            out.write_char('…')?;
        }
        Ok(())
    }
}

/// What the node said, or why it did not.
type Said<'a> = Result<&'a Value, &'a Refusal>;

/// The page of somebody who may see it.
pub(crate) fn page(readiness: &Readiness, status: Said<'_>, problems: Said<'_>) -> String {
    let mut body = String::new();
    header(&mut body, readiness);
    match status {
        Ok(status) => tenants(&mut body, list(status, "tenants")),
        Err(why) => note(&mut body, "The state cannot be shown", &why.to_string()),
    }
    match problems {
        Ok(problems) => both_tables(&mut body, problems),
        Err(why) => note(&mut body, "The problems cannot be shown", &why.to_string()),
    }
    frame(&body, true)
}

/// The page of somebody who has not shown anything.
pub(crate) fn closed() -> String {
    gate(
        "This console is closed",
        "Open it with the link that the program printed at its start. It works once and within ten minutes.",
    )
}

/// The page of somebody whose link does not work any more.
pub(crate) fn used_up() -> String {
    gate(
        "This link is used up",
        "A console link works once and within ten minutes.",
    )
}

fn gate(title: &str, text: &str) -> String {
    let mut body = String::new();
    put(
        &mut body,
        format_args!(
            "<div class=\"card gate\"><h1>{}</h1><p>{}</p><p class=\"soft\">A new link: <code>POST /api/v1/tickets</code> \
             with the admin token, or a restart of the program.</p></div>",
            Text(title),
            Text(text)
        ),
    );
    frame(&body, false)
}

fn frame(body: &str, again: bool) -> String {
    let refresh = if again {
        format!(
            "<meta http-equiv=\"refresh\" content=\"{}\">",
            limit::CONSOLE_REFRESH_S
        )
    } else {
        String::new()
    };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{refresh}\
         <title>Counterpart</title><link rel=\"stylesheet\" href=\"/console.css\"></head>\
         <body><main>{body}</main></body></html>\n"
    )
}

fn header(out: &mut String, readiness: &Readiness) {
    let (class, word, why) = match readiness {
        Readiness::Ready => ("good", "Ready", ""),
        Readiness::Waiting(why) => ("wait", "Not ready", why.as_str()),
    };
    put(
        out,
        format_args!(
            "<header><h1>Counterpart</h1><span class=\"badge {class}\">{word}</span>\
             <span class=\"soft\">{}</span></header>",
            Text(why)
        ),
    );
}

fn tenants(out: &mut String, tenants: &[Value]) {
    if tenants.is_empty() {
        note(
            out,
            "Nothing is synced yet",
            "The configuration names no tenant.",
        );
    }
    for tenant in tenants {
        put(
            out,
            format_args!("<h2>{}</h2>", Text(string(tenant, "name"))),
        );
        if let Some(why) = tenant.get("failure").and_then(Value::as_str) {
            note(out, "This tenant does not run", why);
        }
        out.push_str("<div class=\"grid\">");
        for profile in list(tenant, "profiles") {
            card(out, profile);
        }
        for stopped in list(tenant, "stopped") {
            stopped_card(out, stopped);
        }
        out.push_str("</div>");
    }
}

fn card(out: &mut String, profile: &Value) {
    let (class, word) = condition(profile);
    put(
        out,
        format_args!(
            "<section class=\"card\"><div><h3>{}</h3><span class=\"badge {class}\">{word}</span></div>",
            Text(string(profile, "name"))
        ),
    );
    for problem in list(profile, "trouble") {
        put(
            out,
            format_args!("<p>{}: {}</p>", Text(&what(problem)), Text(&cure(problem))),
        );
    }
    out.push_str("<dl>");
    for (key, words) in COUNTS {
        if let Some(number) = profile.get(key).and_then(Value::as_u64) {
            put(
                out,
                format_args!("<div><dt>{words}</dt><dd>{number}</dd></div>"),
            );
        }
    }
    out.push_str("</dl>");
    if let Some(requests) = profile.get("requests") {
        let count = |side: Side| {
            requests
                .get(side.as_str())
                .and_then(Value::as_u64)
                .unwrap_or(0)
        };
        let (jira, azure) = (count(Side::Jira), count(Side::Azure));
        put(
            out,
            format_args!("<p class=\"soft\">Requests: Jira {jira}, Azure DevOps {azure}</p>"),
        );
    }
    out.push_str("</section>");
}

/// A profile in one word.
fn condition(profile: &Value) -> (&'static str, &'static str) {
    let is = |key: &str| profile.get(key).and_then(Value::as_bool).unwrap_or(false);
    if !list(profile, "trouble").is_empty() {
        ("bad", "In trouble")
    } else if !is("connected") {
        ("wait", "Connecting")
    } else if is("idle") {
        ("good", "In step")
    } else {
        ("good", "Working")
    }
}

/// A stopped profile is written as its name and its last error.
fn stopped_card(out: &mut String, stopped: &Value) {
    let part = |place: usize| {
        stopped
            .get(place)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    put(
        out,
        format_args!(
            "<section class=\"card\"><div><h3>{}</h3><span class=\"badge bad\">Stopped</span></div>\
             <p>It failed too often: {}</p></section>",
            Text(part(0)),
            Text(part(1))
        ),
    );
}

/// Problems that park a pair first, then all others.
fn both_tables(out: &mut String, problems: &Value) {
    let all = problems
        .as_array()
        .map_or_else(|| list(problems, "problems"), Vec::as_slice);
    let is_parked = |problem: &&Value| {
        let parked = problem.get("parked").and_then(Value::as_bool);
        parked.unwrap_or_else(|| problem.get("pair").is_some_and(|pair| !pair.is_null()))
    };
    let (parked, open): (Vec<&Value>, Vec<&Value>) = all.iter().partition(is_parked);
    table(out, "Parked pairs", &parked, "No pair waits for a person.");
    table(out, "Open problems", &open, "There are none.");
}

fn table(out: &mut String, title: &str, rows: &[&Value], none: &str) {
    put(
        out,
        format_args!(
            "<h2>{title} <span class=\"soft\">{}</span></h2>",
            rows.len()
        ),
    );
    if rows.is_empty() {
        put(out, format_args!("<p class=\"soft\">{none}</p>"));
        return;
    }
    out.push_str(
        "<div class=\"scroll\"><table><thead><tr><th>Where</th><th>What</th><th>What to do</th></tr></thead><tbody>",
    );
    for problem in rows.iter().take(limit::CONSOLE_PROBLEMS) {
        put(
            out,
            format_args!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                Text(&place(problem)),
                Text(&what(problem)),
                Text(&cure(problem))
            ),
        );
    }
    out.push_str("</tbody></table></div>");
    if rows.len() > limit::CONSOLE_PROBLEMS {
        let text = "There are more; `counterpart problems` lists all.";
        put(out, format_args!("<p class=\"soft\">{text}</p>"));
    }
}

fn place(problem: &Value) -> String {
    let parts = ["tenant", "profile", "pair"].map(|key| string(problem, key));
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" / ")
}

/// `credential on Jira (System.State)`.
fn what(problem: &Value) -> String {
    let mut out = match code(problem) {
        Some(code) => code.as_str().to_owned(),
        None => string(problem, "code").to_owned(),
    };
    if let Some(side) = side(problem) {
        out.push_str(" on ");
        out.push_str(side.product());
    }
    let subject = string(problem, "subject");
    if !subject.is_empty() {
        out.push_str(" (");
        out.push_str(subject);
        out.push(')');
    }
    out
}

fn cure(problem: &Value) -> String {
    let own = string(problem, "cure");
    if own.is_empty() {
        code(problem).map_or("", Code::cure).to_owned()
    } else {
        own.to_owned()
    }
}

/// The code, written as in messages or as in stored problems.
fn code(problem: &Value) -> Option<Code> {
    let value = problem.get("code")?;
    let text = value.as_str()?;
    let by_name = Code::ALL.into_iter().find(|code| code.as_str() == text);
    by_name.or_else(|| serde_json::from_value(value.clone()).ok())
}

fn side(problem: &Value) -> Option<Side> {
    let value = problem.get("side")?;
    let by_name = Side::parse(value.as_str()?);
    by_name.or_else(|| serde_json::from_value(value.clone()).ok())
}

fn note(out: &mut String, title: &str, text: &str) {
    put(
        out,
        format_args!(
            "<section class=\"card\"><h3>{}</h3><p>{}</p></section>",
            Text(title),
            Text(text)
        ),
    );
}

fn string<'a>(thing: &'a Value, key: &str) -> &'a str {
    thing.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(thing: &'a Value, key: &str) -> &'a [Value] {
    thing
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn put(out: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _written = out.write_fmt(text);
}
