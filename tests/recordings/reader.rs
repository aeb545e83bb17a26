//! Reading the recordings that the emulator leaves (`src/emulator/recording.rs` says what they are).

use ::tests::descriptions::Exchange;
use bytes::Bytes;
use model::Side;
use serde_json::Value;

/// What the beginning of our product's user agent is.
const PRODUCT: &str = "Counterpart/";

/// Faults that put something in the place of the product's answer: they cut or spoil it on its way, or let a page of a proxy
/// stand for it. No description can speak of these.
const NO_ANSWERS: [&str; 4] = ["truncated_body", "garbage_body", "error_500", "error_503"];

/// One record.
#[derive(Debug)]
pub(crate) enum Record {
    /// An answer of a product.
    Exchange(Box<Exchange>),
    /// What a fault put in the place of one.
    NoAnswer,
    /// A body was longer than recordings take.
    Long,
    /// There were enough of its kind before it.
    Often,
    /// The recording was full; nothing follows.
    Full,
}

/// The records of one file, and whether its last record is whole.
#[derive(Debug)]
pub(crate) struct Records {
    rest: Bytes,
    /// Whether the file ended within a record, as that of a killed process may.
    pub(crate) is_torn: bool,
}

impl Records {
    pub(crate) fn of(file: Bytes) -> Records {
        Records {
            rest: file,
            is_torn: false,
        }
    }

    /// The next so many bytes, if there are as many.
    fn take(&mut self, count: usize) -> Option<Bytes> {
        (count <= self.rest.len()).then(|| self.rest.split_to(count))
    }

    fn line(&mut self) -> Option<Bytes> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        self.take(end + 1)
    }

    fn record(&mut self) -> Option<Record> {
        let head: Value = serde_json::from_slice(&self.line()?).ok()?;
        match head["left_out"].as_str() {
            Some("long") => return Some(Record::Long),
            Some("often") => return Some(Record::Often),
            Some(_) => return Some(Record::Full),
            None => {}
        }
        let mut body = |name: &str| {
            let count = usize::try_from(head[name].as_u64()?).ok()?;
            self.take(count)
        };
        let (request, response) = (body("request_bytes")?, body("response_bytes")?);
        self.take(1)?;
        if head["fault"].as_str().is_some_and(is_no_answer) {
            return Some(Record::NoAnswer);
        }
        exchange(&head, request, response).map(|exchange| Record::Exchange(Box::new(exchange)))
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.record();
        if record.is_none() {
            self.is_torn = true;
            self.rest.clear();
        }
        record
    }
}

fn is_no_answer(fault: &str) -> bool {
    NO_ANSWERS.contains(&fault)
}

fn exchange(head: &Value, request: Bytes, response: Bytes) -> Option<Exchange> {
    let text = |name: &str| head[name].as_str().map(str::to_owned);
    let method = match text("method")?.as_str() {
        // No description has it; its answer is that to a GET without the body.
        "HEAD" => "GET".to_owned(),
        method => method.to_owned(),
    };
    Some(Exchange {
        side: match head["product"].as_str()? {
            "jira" => Side::Jira,
            "azure" => Side::Azure,
            _ => return None,
        },
        by_product: head["agent"].as_str()?.starts_with(PRODUCT),
        method,
        path: text("path")?,
        query: serde_json::from_value(head["query"].clone()).ok()?,
        request_type: text("request_type")?,
        request,
        status: u16::try_from(head["status"].as_u64()?).ok()?,
        response_type: text("response_type")?,
        response,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(method: &str, fault: &Value, body: &str) -> Vec<u8> {
        let head = json!({
            "product": "jira", "agent": "Counterpart/0", "method": method, "path": "/a",
            "query": [["b", "c"]], "request_type": "", "request_bytes": 0, "status": 200,
            "response_type": "application/json", "response_bytes": body.len(), "fault": fault,
        });
        format!("{head}\n{body}\n").into_bytes()
    }

    fn read(file: Vec<u8>) -> (Vec<Record>, bool) {
        let mut records = Records::of(Bytes::from(file));
        let all = records.by_ref().collect();
        (all, records.is_torn)
    }

    #[test]
    fn records_follow_each_other_whatever_their_bodies_hold() {
        let mut file = record("GET", &Value::Null, "{\n}");
        file.extend(b"{\"left_out\":\"long\"}\n{\"left_out\":\"often\"}\n");
        file.extend(record("HEAD", &json!("sign_in_page"), ""));
        file.extend(b"{\"left_out\":\"full\"}\n");
        let (records, is_torn) = read(file);
        let [
            Record::Exchange(first),
            Record::Long,
            Record::Often,
            Record::Exchange(second),
            Record::Full,
        ] = records.as_slice()
        else {
            panic!("{records:?}");
        };
        assert_eq!((first.side, first.by_product), (Side::Jira, true));
        assert_eq!(first.response, "{\n}");
        assert_eq!(first.query, [("b".to_owned(), "c".to_owned())]);
        assert_eq!(second.method, "GET");
        assert!(!is_torn);
    }

    #[test]
    fn what_a_fault_puts_in_the_place_of_an_answer_is_none() {
        let check = |fault: &str, expected: bool| {
            let (records, _) = read(record("GET", &json!(fault), "x"));
            let is_none = matches!(records.as_slice(), [Record::NoAnswer]);
            assert_eq!(is_none, expected, "{fault}");
        };
        for fault in NO_ANSWERS {
            check(fault, true);
        }
        check("throttle_429", false);
        check("revision_limit_500", false);
        check("late_apply", false);
    }

    #[test]
    fn a_file_that_ends_within_a_record_keeps_those_before() {
        let whole = record("GET", &Value::Null, "{}");
        for missing in 1..whole.len() {
            let mut file = whole.clone();
            file.extend(&whole[..whole.len() - missing]);
            let (records, is_torn) = read(file);
            assert_eq!((records.len(), is_torn), (1, true), "{missing}");
        }
    }
}
