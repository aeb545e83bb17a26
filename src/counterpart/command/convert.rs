//! `counterpart convert`: one rich text from one format to another, from standard input to standard output.

use std::io::Read as _;

use richtext::{Format, Loss, Verbatim, limit};
use serde_json::{Value, json};

use super::Out;
use crate::cli::{Convert, TextFormat};
use crate::exit::{Ending, Error};

impl From<TextFormat> for Format {
    fn from(format: TextFormat) -> Format {
        match format {
            TextFormat::Adf => Format::Adf,
            TextFormat::Wiki => Format::Wiki,
            TextFormat::Html => Format::Html,
            TextFormat::Markdown => Format::Markdown,
        }
    }
}

/// Runs the command. References are kept as they are: there is no item here whose twin could be known.
pub(super) fn run(arguments: &Convert, out: &Out) -> Result<Ending, Error> {
    let (from, to) = (Format::from(arguments.from), Format::from(arguments.to));
    let input = input()?;
    let (document, lost_reading) = from.read(&input).map_err(|error| {
        Error::Usage(format!("standard input, read as {}: {error}", from.name()))
    })?;
    drop(input);
    let (text, lost_writing) = to.write(&document, &Verbatim);
    drop(document);
    let losses = told("reading", &lost_reading).chain(told("writing", &lost_writing));
    let losses: Vec<Value> = losses.collect();
    if arguments.losses {
        losses.iter().for_each(tell);
    }
    if !out.json {
        out.line(&text);
        return Ok(Ending::Done);
    }
    let mut printed = json!({"from": from.name(), "to": to.name(), "losses": losses});
    printed["text"] = Value::String(text);
    out.print(&printed, Vec::new);
    Ok(Ending::Done)
}

/// What stands on standard input, as far as one may be sure that it is too long.
fn input() -> Result<Vec<u8>, Error> {
    let most = u64::try_from(limit::MAX_TEXT_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Error::Usage(format!("standard input cannot be read: {error}")))?;
    Ok(bytes)
}

fn told<'a>(during: &'a str, losses: &'a [Loss]) -> impl Iterator<Item = Value> + 'a {
    losses.iter().map(move |loss| {
        json!({
            "during": during,
            "kind": loss.kind.name(),
            "path": loss.path,
            "instead": loss.instead.name(),
        })
    })
}

/// One loss on standard error. That nobody reads it any more is no error of ours.
fn tell(loss: &Value) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{loss}");
}
