//! How long sites with many items take to begin, how much memory they hold, and how much their
//! indexes spare: `cargo run -p emulator --example scale -- 200000`.

use std::io::Write as _;
use std::time::Instant;

use emulator::{Offline, Options, Request, Site};
use http::Method;
use serde_json::json;

fn main() -> std::io::Result<()> {
    let items = std::env::args().nth(1).and_then(|it| it.parse().ok());
    let options = Options::live(items.unwrap_or(20_000), 1);
    let began = Instant::now();
    let cloud = emulator::jira::Cloud::new(options.clone());
    report("jira", began, &cloud)?;
    let jql = json!({"jql": "project = WEB ORDER BY updated ASC, id ASC", "maxResults": 100});
    let search = Request::new(Method::POST, "/rest/api/3/search/jql").with_json(&jql);
    ask(Box::new(cloud), &options, "one page of a walk", search)?;
    let began = Instant::now();
    let services = emulator::azure::Services::new(options.clone());
    report("azure", began, &services)?;
    let wiql = json!({"query": "SELECT [System.Id] FROM WorkItems WHERE [System.Id] > 100 ORDER BY [System.Id]"});
    let path = "/acme/_apis/wit/wiql?$top=200&api-version=7.1";
    let query = Request::new(Method::POST, path).with_json(&wiql);
    ask(Box::new(services), &options, "one page of ids", query)
}

fn report(name: &str, began: Instant, site: &dyn Site) -> std::io::Result<()> {
    let seconds = began.elapsed().as_secs_f64();
    let mut count = 0;
    site.items_after(0, 10, &mut |_, _| count += 1);
    let mib = resident_mib();
    writeln!(
        std::io::stdout(),
        "{name}: begun after {seconds:.2} s, {mib} MiB in all ({count} items looked at)"
    )
}

fn ask(
    site: Box<dyn Site>,
    options: &Options,
    what: &str,
    request: Request,
) -> std::io::Result<()> {
    let account = emulator::people::sync_account();
    let request = request.with_basic(account.email, &account.token);
    let mut offline = Offline::new(site, options.clone());
    let began = Instant::now();
    let answer = offline.call(&request, options.start_ms).response();
    let milliseconds = began.elapsed().as_secs_f64() * 1_000.0;
    let status = answer.map_or(0, |it| it.status);
    let looked = offline.site().rows_examined();
    // The site goes on living, so that the memory of both is measured together.
    std::mem::forget(offline);
    writeln!(
        std::io::stdout(),
        "  {what}: status {status}, {looked} rows looked at, {milliseconds:.1} ms"
    )
}

/// The memory that the process holds, in MiB, where the system tells.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmHWM:"));
    let kib = line.and_then(|it| it.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}
