//! The memory that a conversion takes at most, in multiples of its input.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use richtext::{Format, Verbatim};

use crate::{Outcome, sample};

/// The word that makes this program the child.
pub(crate) const WORD: &str = "child";
/// The size of the input in bytes.
const INPUT: usize = 10_000_000;

/// Prints a line for each pair.
pub(crate) fn print() -> Outcome<()> {
    println!("| from | to | peak in multiples of {INPUT} bytes |");
    println!("|---|---|---|");
    for from in Format::ALL {
        let text = sample::text(from, INPUT);
        for to in Format::ALL {
            let bytes = weigh(from, to, &text)?;
            println!(
                "| {} | {} | {:.1} |",
                from.name(),
                to.name(),
                bytes / text.len() as f64
            );
        }
    }
    Ok(())
}

fn weigh(from: Format, to: Format, text: &str) -> Outcome<f64> {
    let mut child = Command::new(std::env::current_exe()?)
        .args([WORD, from.name(), to.name()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    // The pipe closes at the end of the line, which is the end of the child's input.
    child
        .stdin
        .take()
        .ok_or("no pipe")?
        .write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    let answer = String::from_utf8(output.stdout)?;
    answer
        .trim()
        .parse()
        .map_err(|_| format!("the child said {answer:?}").into())
}

/// Converts standard input as the command does, and prints by how many bytes the peak of resident memory rose.
///
/// # Errors
/// When that cannot be measured, or the input cannot be read.
pub(crate) fn answer(words: &[String]) -> Outcome<()> {
    let [from, to] = words else {
        return Err("the child needs two formats".into());
    };
    let named = |name: &str| {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or("no such format")
    };
    let (from, to) = (named(from)?, named(to)?);
    let before = peak()?;
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input)?;
    let (document, _lost) = from.read(&input)?;
    drop(input);
    let (text, _lost) = to.write(&document, &Verbatim);
    if text.is_empty() {
        return Err("nothing came out".into());
    }
    println!("{}", peak()? - before);
    Ok(())
}

/// The most memory that this process had resident so far, in bytes.
fn peak() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}
