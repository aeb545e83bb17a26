//! The attachments endpoints (azure.md 8.1): upload at once or in chunks, download, delete.

use http::Method;
use serde_json::json;

use super::Services;
use super::attachment::{self, Range, Upload};
use super::call::Call;
use super::error::Refusal;
use super::feed::is_true;
use super::limit;
use super::node::Structure;
use super::version;
use crate::ledger::{Kind, Ledger};
use crate::site::Response;

const OCTETS: &str = "application/octet-stream";

impl Services {
    /// Everything below `wit/attachments`.
    ///
    /// # Errors
    /// Whatever the service refuses the request with.
    pub(crate) fn attachments(
        &mut self,
        call: &Call<'_>,
        id: Option<&str>,
        ledger: &mut Ledger,
    ) -> Result<Response, Refusal> {
        match (&call.request.method, id) {
            (&Method::POST, None) => self.upload(call, ledger),
            (&Method::PUT, Some(id)) => self.upload_chunk(call, id),
            (&Method::GET, Some(id)) => self.download(call, id),
            (&Method::DELETE, Some(id)) if version::is_at_least(call.request, (7, 2)) => {
                self.files.readable(id, call.caller)?;
                self.files.destroy(id)?;
                Ok(Response::json(200, &json!({"id": id})))
            }
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    fn upload(&mut self, call: &Call<'_>, ledger: &mut Ledger) -> Result<Response, Refusal> {
        let query = |name: &str| call.request.query(name).unwrap_or("");
        let name = query("fileName");
        if name.chars().count() > limit::LINE_CHARS {
            return Err(Refusal::Invalid(format!(
                "a file's name has at most {} characters.",
                limit::LINE_CHARS
            )));
        }
        let area = query("areaPath");
        self.check_area(call, area)?;
        let upload = Upload {
            name,
            uploader: call.caller,
            open: !area.is_empty(),
            now: call.now,
        };
        let id = match query("uploadType").to_lowercase().as_str() {
            "" | "simple" => {
                octets(call)?;
                self.files.put(&upload, &call.request.body)?
            }
            "chunked" if call.request.body.is_empty() => self.files.begin(&upload)?,
            "chunked" => {
                return Err(Refusal::Invalid(
                    "a chunked upload begins without content.".into(),
                ));
            }
            other => {
                return Err(Refusal::Invalid(format!("uploadType '{other}'.")));
            }
        };
        self.enter(call, ledger, Kind::Attachment, 0, None);
        let json = attachment::reference(&id, name, &call.base);
        Ok(Response::json(201, &json))
    }

    fn check_area(&self, call: &Call<'_>, area: &str) -> Result<(), Refusal> {
        if area.is_empty() {
            return Ok(());
        }
        let project = match call.project {
            Some(index) => self.organization.project(index),
            None => self.organization.of_path(area),
        };
        let known = project.is_some_and(|p| p.node(Structure::Area, area).is_some());
        known
            .then_some(())
            .ok_or_else(|| Refusal::NodeMissing(area.to_owned()))
    }

    fn upload_chunk(&mut self, call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
        octets(call)?;
        let header = call.request.header("content-range").unwrap_or("");
        let range = Range::parse(header)
            .ok_or_else(|| Refusal::Invalid(format!("Content-Range '{header}'.")))?;
        let id = id.to_lowercase();
        self.files
            .chunk(&id, call.caller, range, &call.request.body)?;
        let name = self.files.get(&id).map_or("", |f| &f.name);
        let json = attachment::reference(&id, name, &call.base);
        Ok(Response::json(201, &json))
    }

    fn download(&self, call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
        let (file, content) = self.files.readable(id, call.caller)?;
        let asked = call.request.query("fileName").filter(|n| !n.is_empty());
        let name = asked.unwrap_or(&file.name);
        let response = Response::empty(200)
            .with_body(content.clone())
            .with_header("Content-Type", OCTETS);
        if !is_true(call.request.query("download")) {
            return Ok(response);
        }
        let encoded = percent_encoding::utf8_percent_encode(name, attachment::IN_A_NAME);
        let plain: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_graphic() && c != '"' && c != '\\' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
        Ok(response.with_header("Content-Disposition", &value))
    }
}

/// Refuses content that does not come as octets.
fn octets(call: &Call<'_>) -> Result<(), Refusal> {
    let given = call.request.header("content-type").unwrap_or("");
    let media = given.split(';').next().unwrap_or("").trim();
    if media.eq_ignore_ascii_case(OCTETS) {
        return Ok(());
    }
    Err(Refusal::ContentType {
        given: media.to_owned(),
        method: call.request.method.to_string(),
        valid: OCTETS,
    })
}
