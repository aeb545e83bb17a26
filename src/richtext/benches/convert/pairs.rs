//! Every ordered pair of formats at four sizes: bytes in a second, and time for each byte against that of a hundred kilobytes.
//! All times are those of the processor, which others may use too.

use std::hint::black_box;
use std::time::Duration;

use richtext::{Format, LossKind, Verbatim};

use crate::{Outcome, sample};

/// Sizes of the input in bytes. The second is what the others are compared with.
const SIZES: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
const ROUNDS: usize = 3;
/// How long one round converts the same text again and again, at least.
const ROUND: Duration = Duration::from_millis(200);

/// Converts a text and says how many bytes came out.
///
/// # Errors
/// When it is not read, or not as a whole.
pub(crate) fn convert(from: Format, to: Format, text: &str) -> Outcome<usize> {
    let (document, lost) = from.read(text.as_bytes())?;
    let (written, lost_too) = to.write(&document, &Verbatim);
    let cut = |loss: &richtext::Loss| loss.kind == LossKind::TooLarge;
    if lost.iter().chain(&lost_too).any(cut) {
        return Err(format!(
            "{} to {}: a text of {} bytes is cut",
            from.name(),
            to.name(),
            text.len()
        )
        .into());
    }
    Ok(black_box(written).len())
}

/// The processor's seconds that one run of something takes: the median of rounds.
pub(crate) fn seconds(mut run: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let mut found = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        found.push(round(&mut run)?);
    }
    found.sort_by(f64::total_cmp);
    Ok(found.get(ROUNDS / 2).copied().unwrap_or(f64::NAN))
}

/// The same of one round, which runs it often enough to be timed.
pub(crate) fn round(mut run: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let start = processor()?;
    let mut runs = 0;
    while runs == 0 || processor()? - start < ROUND {
        run()?;
        runs += 1;
    }
    Ok((processor()? - start).as_secs_f64() / f64::from(runs))
}

/// The time that this process, which has one thread, had of a processor so far.
///
/// # Errors
/// When the kernel does not tell.
fn processor() -> Outcome<Duration> {
    let told = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanos = told.split_whitespace().next().ok_or("no time")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

/// Prints a line for each pair.
pub(crate) fn print() -> Outcome<()> {
    println!("| from | to | MB/s at 1 MB | ns/byte at 100 kB | 10 kB | 1 MB | 10 MB |");
    println!("|---|---|---|---|---|---|---|");
    for from in Format::ALL {
        let texts = SIZES.map(|size| sample::text(from, size));
        for to in Format::ALL {
            let mut costs = [0.0; SIZES.len()];
            for (cost, text) in costs.iter_mut().zip(&texts) {
                let took = seconds(|| convert(from, to, text).map(drop))?;
                *cost = took * 1e9 / text.len() as f64;
            }
            let [small, unit, large, huge] = costs;
            println!(
                "| {} | {} | {:.1} | {unit:.1} | {:.2} | {:.2} | {:.2} |",
                from.name(),
                to.name(),
                1e3 / large,
                small / unit,
                large / unit,
                huge / unit
            );
        }
    }
    Ok(())
}
