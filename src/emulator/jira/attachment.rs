//! Files at issues (jira.md 7.2): uploaded as a form, described by Jira, and downloaded from the media host (`media.rs`).

use std::collections::BTreeMap;

use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::changelog;
use crate::jira::event::Event;
use crate::jira::issue::Issue;
use crate::jira::media;
use crate::jira::multipart::{self, Part};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::time::written;
use crate::jira::view::View;
use crate::ledger::Kind;
use crate::limit;
use crate::site::Response;

/// The most files of one upload, and of an issue (jira.md 7.1, 7.2).
const PER_UPLOAD_MAX: usize = 60;
const PER_ISSUE_MAX: usize = 2_000;

/// The most bytes of one file, which `GET /attachment/meta` tells.
pub(crate) const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The most characters of a file's name.
const NAME_CHARS_MAX: usize = 255;

/// A file at an issue.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub(crate) id: u64,
    /// Its id at the media host, which documents name and no answer of Jira's tells (jira.md 13.3).
    pub(crate) uuid: String,
    pub(crate) name: String,
    pub(crate) mime: String,
    pub(crate) content: Bytes,
    pub(crate) author: &'static str,
    pub(crate) created_ms: i64,
}

impl Attachment {
    /// Whether Jira makes a small picture of it.
    pub(crate) fn has_thumbnail(&self) -> bool {
        matches!(
            self.mime.as_str(),
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/bmp"
        )
    }
}

/// Where each file is.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The issue of each attachment.
    holder: BTreeMap<u64, u64>,
    /// The attachment of each id at the media host.
    by_uuid: BTreeMap<String, u64>,
    /// The bytes of all files.
    bytes: usize,
}

impl Files {
    /// The attachment of an id at the media host.
    pub(crate) fn of_uuid(&self, uuid: &str) -> Option<u64> {
        self.by_uuid.get(uuid).copied()
    }

    /// The issue that holds an attachment.
    pub(crate) fn holder(&self, id: u64) -> Option<u64> {
        self.holder.get(&id).copied()
    }

    fn came(&mut self, file: &Attachment, issue: u64) {
        self.holder.insert(file.id, issue);
        self.by_uuid.insert(file.uuid.clone(), file.id);
        self.bytes += file.content.len();
    }

    /// A file is gone, alone or with its issue.
    pub(crate) fn gone(&mut self, file: &Attachment) {
        self.holder.remove(&file.id);
        self.by_uuid.remove(&file.uuid);
        self.bytes = self.bytes.saturating_sub(file.content.len());
    }
}

fn uuid(seed: u64, id: u64) -> String {
    let mut random = SmallRng::seed_from_u64(seed ^ (id << 20) ^ 0x00ad_71a5);
    let mut bytes = [0; 16];
    random.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}

/// An attachment as issues and uploads show it; `id` is text there.
pub(crate) fn document(view: &View<'_>, file: &Attachment) -> Value {
    let mut document = json!({
        "self": view.link(&format!("attachment/{}", file.id)),
        "id": file.id.to_string(),
        "filename": file.name,
        "author": view.user(Some(file.author)),
        "created": written(file.created_ms),
        "size": file.content.len(),
        "mimeType": file.mime,
        "content": view.link(&format!("attachment/content/{}", file.id)),
    });
    if file.has_thumbnail() {
        document["thumbnail"] = json!(view.link(&format!("attachment/thumbnail/{}", file.id)));
    }
    document
}

/// The field `attachment`.
pub(crate) fn field(view: &View<'_>, issue: &Issue) -> Value {
    let files = issue.attachments.iter();
    files.map(|it| document(view, it)).collect()
}

/// `POST /issue/{id}/attachments`.
pub(crate) fn upload(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    if !is_unchecked(call) {
        let text = Response::empty(403).with_body("XSRF check failed");
        return Ok(text.with_header("Content-Type", "text/plain;charset=UTF-8"));
    }
    let parts = form(call)?;
    let issue = cloud.issue(id_or_key)?;
    let id = issue.fields.id;
    check(cloud, issue, &parts)?;
    let mut rows = Vec::new();
    let mut items = Vec::new();
    let mut told = Vec::new();
    for part in parts {
        let file = take_in(cloud, call, id, part);
        let there = (Some(file.id.to_string()), Some(file.name.clone()));
        items.push(changelog::change(
            "Attachment",
            "attachment",
            (None, None),
            there,
        ));
        rows.push(document(&cloud.view(call), &file));
        told.push(document(&cloud.second_version(call), &file));
    }
    cloud.note(call, id, items);
    cloud.enter(call, Kind::Attachment, id, None);
    for file in &told {
        cloud.announce(
            call,
            &Event::Below("attachment_created", id, "attachment", file),
        );
    }
    Ok(Response::json(200, &Value::Array(rows)))
}

/// Whether the request says that it was not made by a page of another site.
fn is_unchecked(call: &Call<'_>) -> bool {
    let header = call.request.header("x-atlassian-token");
    header
        .is_some_and(|it| it.eq_ignore_ascii_case("no-check") || it.eq_ignore_ascii_case("nocheck"))
}

/// The files of the form; its other fields are no files and are left out.
fn form(call: &Call<'_>) -> Result<Vec<Part>, Refusal> {
    let kind = call.request.header("content-type").unwrap_or_default();
    let boundary =
        multipart::boundary(kind).ok_or_else(|| Refusal::message(415, "Unsupported Media Type"))?;
    let broken = |it: multipart::Broken| Refusal::message(400, it.to_string());
    let mut parts =
        multipart::parse(&call.request.body, &boundary.map_err(broken)?).map_err(broken)?;
    parts.retain(|it| it.name == "file" && it.file_name.is_some());
    if parts.is_empty() {
        return Err(Refusal::message(400, "No files were found in the request."));
    }
    Ok(parts)
}

fn check(cloud: &Cloud, issue: &Issue, parts: &[Part]) -> Result<(), Refusal> {
    if parts.len() > PER_UPLOAD_MAX {
        let text = format!("No more than {PER_UPLOAD_MAX} files can be uploaded at once.");
        return Err(Refusal::message(413, text));
    }
    if issue.attachments.len() + parts.len() > PER_ISSUE_MAX {
        return Err(Refusal::message(
            413,
            "The number of attachments on the issue exceeds the limit of 2000.",
        ));
    }
    for part in parts {
        let name = part.file_name.as_deref().unwrap_or_default();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            let text = "The name of a file must have between 1 and 255 characters.";
            return Err(Refusal::message(400, text));
        }
        if part.content.len() > FILE_BYTES_MAX {
            let text =
                format!("The file '{name}' exceeds the size limit of {FILE_BYTES_MAX} bytes.");
            return Err(Refusal::message(413, text));
        }
    }
    let new: usize = parts.iter().map(|it| it.content.len()).sum();
    if cloud.store.files.bytes + new > limit::ATTACHMENT_BYTES_MAX {
        return Err(Refusal::message(413, "The storage of the site is full."));
    }
    Ok(())
}

fn take_in(cloud: &mut Cloud, call: &Call<'_>, issue: u64, part: Part) -> Attachment {
    let id = cloud.store.next_id();
    let name = part.file_name.unwrap_or_default();
    let sent = part.content_type.filter(|it| !it.is_empty());
    let file = Attachment {
        id,
        uuid: uuid(cloud.options.seed, id),
        // A browser may send a path; only its last part is a name.
        name: name.rsplit(['/', '\\']).next().unwrap_or(&name).to_owned(),
        mime: sent.unwrap_or_else(|| "application/octet-stream".to_owned()),
        content: part.content,
        author: call.by(),
        created_ms: call.now_ms,
    };
    cloud.store.files.came(&file, issue);
    if let Some(issue) = cloud.store.get_mut(issue) {
        issue.attachments.push(file.clone());
    }
    file
}

/// `GET /attachment/meta`.
pub(crate) fn meta() -> Outcome {
    let document = json!({"enabled": true, "uploadLimit": FILE_BYTES_MAX});
    Ok(Response::json(200, &document))
}

/// The file of an id, with the issue that holds it.
pub(crate) fn find<'a>(cloud: &'a Cloud, id: &str) -> Result<(&'a Issue, &'a Attachment), Refusal> {
    let text = format!("The attachment with id '{id}' does not exist");
    let number = id.parse::<u64>().ok();
    let issue = number.and_then(|id| cloud.store.files.holder(id));
    let issue = issue.and_then(|it| cloud.store.get(it));
    let found = issue.and_then(|issue| {
        let file = issue.attachments.iter().find(|it| Some(it.id) == number)?;
        Some((issue, file))
    });
    found.ok_or_else(|| Refusal::message(404, text))
}

/// `GET /attachment/{id}`: here `id` is a number.
pub(crate) fn one(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let (_, file) = find(cloud, id)?;
    let mut document = document(&cloud.view(call), file);
    document["id"] = json!(file.id);
    Ok(Response::json(200, &document))
}

/// `GET /attachment/content/{id}`: the address at the media host, or the bytes with `redirect=false`.
pub(crate) fn content(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let (_, file) = find(cloud, id)?;
    deliver(cloud, call, file, "binary")
}

/// `GET /attachment/thumbnail/{id}`: of what is no image there is none.
pub(crate) fn thumbnail(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let (_, file) = find(cloud, id)?;
    if !file.has_thumbnail() {
        let text = format!("The attachment with id '{id}' has no thumbnail");
        return Err(Refusal::message(404, text));
    }
    deliver(cloud, call, file, "image")
}

fn deliver(cloud: &Cloud, call: &Call<'_>, file: &Attachment, what: &str) -> Outcome {
    let stays = call.request.query("redirect");
    if stays.is_some_and(|it| it.eq_ignore_ascii_case("false")) {
        return media::bytes(call.request, file).map_err(media::Unfit::refusal);
    }
    let address = media::address(cloud.options.seed, call, file, what);
    Ok(Response::empty(303).with_header("Location", &address))
}

/// `DELETE /attachment/{id}`: one's own, or any for an administrator.
pub(crate) fn delete(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let (issue, file) = find(cloud, id)?;
    if file.author != call.by() && !call.user.is_admin() {
        let text = format!("You do not have permission to delete attachment with id: {id}");
        return Err(Refusal::message(403, text));
    }
    let (issue, file) = (issue.fields.id, file.clone());
    cloud.store.files.gone(&file);
    if let Some(issue) = cloud.store.get_mut(issue) {
        issue.attachments.retain(|it| it.id != file.id);
    }
    let gone = document(&cloud.second_version(call), &file);
    let there = (Some(file.id.to_string()), Some(file.name));
    let item = changelog::change("Attachment", "attachment", there, (None, None));
    cloud.note(call, issue, vec![item]);
    cloud.enter(call, Kind::Attachment, issue, None);
    cloud.announce(
        call,
        &Event::Below("attachment_deleted", issue, "attachment", &gone),
    );
    Ok(Response::empty(204))
}
