//! `counterpart convert`: one text from standard input to standard output, with the contract's exit codes.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// What a run printed, and its exit code.
struct Ran {
    out: String,
    err: String,
    code: Option<i32>,
}

fn start(arguments: &[&str]) -> Child {
    Command::new(tests::binary::built())
        .arg("convert")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

fn convert(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = start(arguments);
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let input = input.to_vec();
    // Beside the reading of the output: a text longer than a pipe holds would wait for ever otherwise.
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the binary ends");
    // One that refuses a text too long for it closes its end before all is written.
    let _ = feeder.join().expect("the feeder does not panic");
    Ran {
        out: String::from_utf8(output.stdout).expect("the output is text"),
        err: String::from_utf8(output.stderr).expect("the messages are text"),
        code: output.status.code(),
    }
}

#[test]
fn each_format_is_converted_into_each_other() {
    let bold = json!([{"type": "text", "text": "a "}, {"type": "text", "text": "b", "marks": [{"type": "strong"}]}]);
    let adf =
        json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": bold}]})
            .to_string();
    let spelt = [
        ("adf", adf.as_str()),
        ("wiki", "a *b*"),
        ("html", "<p>a <b>b</b></p>"),
        ("markdown", "a **b**"),
    ];
    for (from, input) in spelt {
        for (to, expected) in spelt {
            let ran = convert(&["--from", from, "--to", to, "--losses"], input.as_bytes());
            assert_eq!(ran.code, Some(0), "{}", ran.err);
            assert_eq!(ran.err, "", "nothing is lost from {from} to {to}");
            if to == "adf" {
                let tree: Value = serde_json::from_str(&ran.out).expect("ADF is JSON");
                assert_eq!(tree.to_string(), expected, "{from}");
            } else {
                assert_eq!(ran.out, format!("{expected}\n"), "{from} to {to}");
            }
        }
    }
}

#[test]
fn what_is_lost_is_told_line_by_line_without_its_text() {
    let input = "{panel:title=Secret plans}canary-text{panel}";
    let ran = convert(
        &["--from", "wiki", "--to", "html", "--losses"],
        input.as_bytes(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("canary-text") && ran.out.contains("Secret plans"));
    let losses: Vec<Value> = ran
        .err
        .lines()
        .map(|line| serde_json::from_str(line).expect("a loss is a JSON line"))
        .collect();
    let told =
        json!({"during": "writing", "kind": "panel", "path": "/0/panel", "instead": "blocks"});
    assert!(losses.contains(&told), "{losses:?}");
    assert!(
        !ran.err.contains("canary") && !ran.err.contains("Secret"),
        "{}",
        ran.err
    );
    let silent = convert(&["--from", "wiki", "--to", "html"], input.as_bytes());
    assert_eq!((silent.out, silent.err.as_str()), (ran.out, ""));
}

#[test]
fn with_json_there_is_one_document_with_text_and_losses() {
    let ran = convert(
        &["--json", "--from", "markdown", "--to", "wiki"],
        b"# Title",
    );
    let document: Value = serde_json::from_str(&ran.out).expect("one JSON document");
    let expected = json!({"from": "markdown", "to": "wiki", "text": "h1. Title", "losses": []});
    assert_eq!(document, expected);
}

#[test]
fn what_stands_on_standard_error_is_the_same_with_json() {
    let arguments = ["--from", "wiki", "--to", "html", "--losses"];
    let input = b"{panel:title=t}x{panel}";
    let plain = convert(&arguments, input);
    let json = convert(&[["--json"].as_slice(), &arguments].concat(), input);
    assert_ne!(plain.err, "");
    assert_eq!(json.err, plain.err);
}

#[test]
fn what_is_not_the_format_at_all_is_refused_with_its_place() {
    let deep = "[".repeat(100_000);
    let long = vec![b'x'; richtext::limit::MAX_TEXT_BYTES + 1];
    for (from, input, words) in [
        (
            "adf",
            b"h1. Title".as_slice(),
            ["line 1, column 1", "not JSON"],
        ),
        (
            "adf",
            b"{\"type\":\"paragraph\"}",
            ["no document", "\"type\":\"doc\""],
        ),
        ("adf", deep.as_bytes(), ["nested deeper", "128"]),
        ("html", b"caf\xe9", ["byte 3", "UTF-8"]),
        ("wiki", &long, ["MiB", "parts"]),
    ] {
        let ran = convert(&["--from", from, "--to", "markdown"], input);
        assert_eq!(ran.code, Some(2), "{from}: {}", ran.err);
        assert_eq!(ran.out, "");
        for word in words {
            assert!(ran.err.contains(word), "{from}: no {word:?} in {}", ran.err);
        }
    }
}

#[test]
fn two_hundred_megabytes_are_refused_before_they_are_read() {
    let mut child = start(&["--from", "html", "--to", "wiki"]);
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let feeder = std::thread::spawn(move || {
        let mebibyte = vec![b'x'; 1024 * 1024];
        let taken = (0..200).take_while(|_| stdin.write_all(&mebibyte).is_ok());
        taken.count()
    });
    let output = child.wait_with_output().expect("the binary ends");
    let taken = feeder.join().expect("the feeder does not panic");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("longer than 16 MiB"), "{message}");
    let most = richtext::limit::MAX_TEXT_BYTES / (1024 * 1024);
    assert!(taken <= most + 1, "{taken} MiB were taken");
}
