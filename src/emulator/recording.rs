//! What sites answered, kept in a folder for whoever judges it afterwards.
//!
//! Where `COUNTERPART_RECORDINGS` names a folder, a process appends there, to one file of its own, every exchange that a
//! product's site has part in, whether the request came over HTTP or from a caller without sockets. Without the variable
//! nothing is done. A record is a line of JSON, its head, then the bytes of the request's body, the bytes of the answer's
//! body, and a line feed; the head tells how many bytes each body has, and which fault made the answer. A process that is
//! killed may leave the last record unfinished.
//!
//! Not recorded are the control endpoints, the host of files, connections that close without an answer, and what the server
//! refuses before it asks a site. Where a body is too long for a recording, where an endpoint has answered so often or so much
//! with that status that one answer more tells little, and where the file is full, a head says so in place of the exchange.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::Serialize;

use crate::fault::Fault;
use crate::limit;
use crate::offline::Answer;
use crate::site::{Request, Response, Site};

/// The variable of the environment that names the folder.
const FOLDER: &str = "COUNTERPART_RECORDINGS";

/// The recording of this process, if one is asked for.
static RECORDING: LazyLock<Option<Mutex<Recording<File>>>> = LazyLock::new(begin);

/// Keeps one exchange, if recordings are asked for.
pub(crate) fn keep(site: &dyn Site, request: &Request, answer: &Answer, fault: Option<Fault>) {
    let Some(recording) = RECORDING.as_ref() else {
        return;
    };
    let Some(product) = site.product() else {
        return;
    };
    let response = match answer {
        Answer::Response(response) | Answer::Truncated(response) => response,
        Answer::Closed => return,
    };
    let exchange = Exchange {
        product,
        endpoint: site.endpoint(request),
        request,
        response,
        fault,
    };
    let mut recording = recording.lock().unwrap_or_else(PoisonError::into_inner);
    recording.add(&exchange);
}

/// Asks a site that a test holds by itself; what it answers is kept as everything else.
#[cfg(test)]
pub(crate) fn asked(
    site: &mut dyn Site,
    request: &Request,
    moment: &mut crate::site::Moment<'_>,
) -> Response {
    let response = site.handle(request, moment);
    keep(site, request, &Answer::Response(response.clone()), None);
    response
}

fn begin() -> Option<Mutex<Recording<File>>> {
    let folder = std::env::var_os(FOLDER).filter(|name| !name.is_empty())?;
    match open(&PathBuf::from(folder)) {
        Ok(file) => Some(Mutex::new(Recording::new(file))),
        Err(error) => {
            tracing::warn!(%error, "nothing is recorded: {FOLDER} names no folder that can be written to");
            None
        }
    }
}

/// A file that no other process writes to; the system gives a process's number again to a later one.
fn open(folder: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let process = std::process::id();
    for turn in 0..limit::RECORDINGS_PER_PROCESS_NUMBER_MAX {
        let path = folder.join(format!("{process}-{turn}.recording"));
        let mut options = OpenOptions::new();
        match options.append(true).create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened,
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

struct Exchange<'a> {
    product: &'a str,
    endpoint: String,
    request: &'a Request,
    response: &'a Response,
    fault: Option<Fault>,
}

#[derive(Serialize)]
struct Head<'a> {
    product: &'a str,
    /// Who asked, as the user agent says it.
    agent: &'a str,
    method: &'a str,
    /// Still percent-encoded.
    path: &'a str,
    query: &'a [(String, String)],
    request_type: &'a str,
    request_bytes: usize,
    status: u16,
    response_type: &'a str,
    response_bytes: usize,
    fault: Option<Fault>,
}

impl Exchange<'_> {
    fn body_bytes(&self) -> usize {
        let request = self.request.body.len();
        request.saturating_add(self.response.body.len())
    }

    fn has_room(&self) -> bool {
        let longest = self.request.body.len().max(self.response.body.len());
        longest <= limit::RECORDED_BODY_BYTES_MAX
    }

    fn kind(&self) -> Kind {
        (
            self.product.to_owned(),
            self.endpoint.clone(),
            self.agent().to_owned(),
            self.request.method.to_string(),
            self.response.status,
            self.fault,
        )
    }

    fn agent(&self) -> &str {
        self.request.header("user-agent").unwrap_or_default()
    }

    /// The whole record.
    fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let (request, response) = (self.request, self.response);
        let head = Head {
            product: self.product,
            agent: self.agent(),
            method: request.method.as_str(),
            path: &request.path,
            query: &request.query,
            request_type: request.header("content-type").unwrap_or_default(),
            request_bytes: request.body.len(),
            status: response.status,
            response_type: response.header("content-type").unwrap_or_default(),
            response_bytes: response.body.len(),
            fault: self.fault,
        };
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&request.body);
        bytes.extend_from_slice(&response.body);
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Why an exchange is not there, as a head of its own.
#[derive(Clone, Copy)]
enum LeftOut {
    /// A body is longer than recordings take.
    Long,
    /// There are enough answers of its kind.
    Often,
    /// The file is full; nothing follows.
    Full,
}

impl LeftOut {
    fn head(self) -> &'static [u8] {
        match self {
            LeftOut::Long => b"{\"left_out\":\"long\"}\n",
            LeftOut::Often => b"{\"left_out\":\"often\"}\n",
            LeftOut::Full => b"{\"left_out\":\"full\"}\n",
        }
    }
}

/// What is the same in answers of one kind: product, endpoint, who asked, method, status, fault.
type Kind = (String, String, String, String, u16, Option<Fault>);

struct Recording<W> {
    out: W,
    /// How many exchanges of each kind there are, and how many bytes of bodies they have.
    kinds: BTreeMap<Kind, (u32, usize)>,
    /// Bytes that may still be written.
    room: usize,
    /// The file is full, or could not be written to.
    is_over: bool,
}

impl<W: Write> Recording<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            kinds: BTreeMap::new(),
            room: limit::RECORDING_BYTES_MAX,
            is_over: false,
        }
    }

    fn add(&mut self, exchange: &Exchange<'_>) {
        if self.is_over {
            return;
        }
        let record = match self.without(exchange) {
            Some(left_out) => Ok(left_out.head().to_vec()),
            None => exchange.bytes(),
        };
        match record {
            Ok(record) if record.len() > self.room => self.end(),
            Ok(record) => self.write(&record),
            Err(error) => tracing::warn!(%error, "an exchange cannot be recorded"),
        }
    }

    /// Whether the recording does without this exchange.
    fn without(&mut self, exchange: &Exchange<'_>) -> Option<LeftOut> {
        if !exchange.has_room() {
            return Some(LeftOut::Long);
        }
        let kind = exchange.kind();
        let has_room = self.kinds.len() < limit::ENDPOINTS_MAX || self.kinds.contains_key(&kind);
        if !has_room {
            return Some(LeftOut::Often);
        }
        let (count, bytes) = self.kinds.entry(kind).or_default();
        let is_enough = *count >= limit::RECORDED_OF_A_KIND_MAX
            || *bytes >= limit::RECORDED_OF_A_KIND_BYTES_MAX;
        if is_enough {
            return Some(LeftOut::Often);
        }
        *count += 1;
        *bytes = bytes.saturating_add(exchange.body_bytes());
        None
    }

    fn end(&mut self) {
        self.write(LeftOut::Full.head());
        self.is_over = true;
    }

    /// Writes in one go, so that a process that is killed tears one record at most.
    fn write(&mut self, bytes: &[u8]) {
        self.room = self.room.saturating_sub(bytes.len());
        if let Err(error) = self.out.write_all(bytes) {
            tracing::warn!(%error, "nothing more is recorded");
            self.is_over = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::{Value, json};

    use super::*;

    fn exchange<'a>(request: &'a Request, response: &'a Response) -> Exchange<'a> {
        Exchange {
            product: "jira",
            endpoint: "/a".to_owned(),
            request,
            response,
            fault: Some(Fault::RevisionLimit500),
        }
    }

    fn recorded(bodies: &[(usize, usize)], room: usize) -> Vec<u8> {
        let mut recording = Recording {
            room,
            ..Recording::new(Vec::new())
        };
        for (request, response) in bodies {
            let mut asked = Request::new(Method::PUT, "/a%20b?c=d%20e");
            asked = asked.with_header("user-agent", "x/1");
            asked.body = vec![b'q'; *request].into();
            let answer = Response::html(500, "").with_body(vec![b'a'; *response]);
            recording.add(&exchange(&asked, &answer));
        }
        recording.out
    }

    #[test]
    fn a_process_with_the_number_of_another_writes_a_file_of_its_own() {
        let name = format!("recordings-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        for _ in 0..2 {
            let mut file = open(&folder).expect("a file");
            file.write_all(b"x").expect("room");
        }
        let files = std::fs::read_dir(&folder).expect("a folder");
        let lengths: Vec<u64> = files
            .map(|it| it.and_then(|it| it.metadata()).expect("a file").len())
            .collect();
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        assert_eq!(lengths, [1, 1]);
    }

    fn heads(bytes: &[u8]) -> Vec<Value> {
        let lines = bytes.split(|byte| *byte == b'\n');
        lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()
    }

    #[test]
    fn a_record_is_a_head_and_the_bytes_of_both_bodies() {
        let bytes = recorded(&[(2, 3)], 10_000);
        let head = json!({
            "product": "jira", "agent": "x/1", "method": "PUT", "path": "/a%20b",
            "query": [["c", "d e"]], "request_type": "", "request_bytes": 2, "status": 500,
            "response_type": "text/html; charset=utf-8", "response_bytes": 3,
            "fault": "revision_limit_500",
        });
        assert_eq!(heads(&bytes), [head]);
        assert!(bytes.ends_with(b"}\nqqaaa\n"));
    }

    #[test]
    fn a_body_that_is_too_long_is_left_out_and_told() {
        let long = limit::RECORDED_BODY_BYTES_MAX + 1;
        let bytes = recorded(&[(long, 0), (0, long), (1, 1)], usize::MAX);
        let heads = heads(&bytes);
        assert_eq!(
            heads[..2],
            [json!({"left_out": "long"}), json!({"left_out": "long"})]
        );
        assert_eq!(heads[2]["status"], 500);
    }

    #[test]
    fn there_are_only_so_many_of_one_kind() {
        let most = usize::try_from(limit::RECORDED_OF_A_KIND_MAX).expect("a small bound");
        let bytes = recorded(&vec![(0, 0); most + 2], usize::MAX);
        let heads = heads(&bytes);
        assert_eq!(heads.len(), most + 2);
        assert_eq!(heads[most - 1]["status"], 500);
        assert_eq!(
            heads[most..],
            [json!({"left_out": "often"}), json!({"left_out": "often"})]
        );
    }

    #[test]
    fn there_is_only_so_much_of_one_kind() {
        let long = limit::RECORDED_BODY_BYTES_MAX;
        let fit = limit::RECORDED_OF_A_KIND_BYTES_MAX.div_ceil(long);
        let mut recording = Recording::new(Vec::new());
        let request = Request::new(Method::GET, "/a");
        let response = Response::empty(200).with_body(vec![b'{'; long]);
        for _ in 0..=fit {
            recording.add(&exchange(&request, &response));
        }
        assert_eq!(recording.out.len() / long, fit);
        assert!(recording.out.ends_with(LeftOut::Often.head()));
    }

    #[test]
    fn a_full_file_says_so_once_and_grows_no_more() {
        let one = recorded(&[(0, 0)], 10_000).len();
        let bytes = recorded(&[(0, 0); 5], 2 * one);
        let heads = heads(&bytes);
        assert_eq!(heads.len(), 3);
        assert_eq!(heads[2], json!({"left_out": "full"}));
    }
}
