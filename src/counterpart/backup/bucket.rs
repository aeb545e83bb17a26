//! Copies of the backups in a bucket of an S3-compatible store.
//!
//! A copy is good under its final name alone, with the size and the digest of what lies here: the store shows an object when it
//! is whole, and its end is read back. A large one goes in parts, one after the other, and what was sent is noted beside the
//! backup after each part (`Upload`), so that one that was broken off goes on where it stood, after a restart too.
//!
//! The key file is copied before any backup. It takes the place of the one in the bucket only when it holds every key of that
//! one: else nothing here opens the backups there.
//!
//! Architecture invariant: no text of the store's errors is passed on. It may hold what was signed.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use model::TenantName;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService,
};
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path as Name;
use object_store::{ClientOptions, ObjectStore as _, ObjectStoreExt as _, PutPayload, RetryConfig};
use serde::{Deserialize, Serialize};
use storage::backup::{BackupId, Entry, FOOTER, Footer, State};
use storage::disk::{self, Access, Disk, OsDisk};

use super::settings::BucketSettings;
use crate::config::{Credential, Proxy};
use crate::exit::Error;
use crate::http;

/// The bytes of a part. The stores' own least is 5 MiB.
const PART: u64 = 8 << 20;
/// How often a request is sent again at once; after that it is for the next try of the whole.
const RETRIES: usize = 3;
/// How long a request may be sent again.
const RETRY: Duration = Duration::from_secs(30);
/// The most objects of one tenant that are looked at.
const OBJECTS: usize = 20_000;
/// How often an upload that the store knows no more is begun anew within one try.
const ANEW: u32 = 2;

/// A copy in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Which backup.
    pub id: BackupId,
    /// How long it is.
    pub bytes: u64,
}

/// The bucket, as one tenant reaches it.
pub struct Bucket {
    store: AmazonS3,
    status: Arc<AtomicU16>,
    shown: String,
    folder: String,
}

/// Sends what the client of the store asks for over a connection of ours, and notes how it was answered.
#[derive(Clone)]
struct Way {
    client: reqwest::Client,
    status: Arc<AtomicU16>,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Way")
    }
}

impl HttpConnector for Way {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Way {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> BoxFuture<'b, Result<HttpResponse, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            self.status.store(0, Ordering::Relaxed);
            let answer = HttpService::call(&self.client, request).await?;
            self.status
                .store(answer.status().as_u16(), Ordering::Relaxed);
            Ok(answer)
        })
    }
}

impl Bucket {
    /// The bucket of that tenant.
    ///
    /// # Errors
    /// When the credential is not to be had, or the machine has not what a connection needs.
    pub fn open(
        settings: &BucketSettings,
        tenant: &TenantName,
        credential: &Credential,
        proxy: Proxy,
    ) -> Result<Bucket, Error> {
        let sealed = credential.read()?;
        if sealed.user.is_empty() {
            return Err(Error::Usage(format!(
                "the credential {:?} of tenant {tenant} has no user; it is the access key's id, and the token its secret",
                settings.credential
            )));
        }
        let status = Arc::new(AtomicU16::new(0));
        let way = Way {
            client: http::to_bucket(&settings.endpoint, proxy)?,
            status: Arc::clone(&status),
        };
        let store = AmazonS3Builder::new()
            .with_endpoint(&settings.endpoint)
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&sealed.user)
            .with_secret_access_key(sealed.token.as_str())
            // The settings take plain HTTP for loopback addresses only.
            .with_allow_http(settings.endpoint.starts_with("http://"))
            .with_virtual_hosted_style_request(false)
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: RETRY,
                ..RetryConfig::default()
            })
            .with_http_connector(way)
            .build()
            .map_err(|_| {
                Error::usage("[backup.bucket] cannot be used: look at endpoint, bucket and region")
            })?;
        let folder = match settings.prefix.as_str() {
            "" => tenant.as_str().to_owned(),
            prefix => format!("{prefix}/{tenant}"),
        };
        Ok(Bucket {
            store,
            status,
            shown: format!("{}/{}/{folder}", settings.endpoint, settings.bucket),
            folder,
        })
    }

    fn name(&self, name: &str) -> Name {
        Name::from(format!("{}/{name}", self.folder))
    }

    fn object(&self, id: BackupId) -> Name {
        self.name(&id.file_name())
    }

    /// What may be told of an error: never the store's own words.
    fn told(&self, what: &str, error: &object_store::Error) -> Error {
        let status = self.status.load(Ordering::Relaxed);
        let why = match (error, status) {
            (_, 401 | 403) => {
                "refused (HTTP 403): look at the credential and its rights".to_owned()
            }
            (object_store::Error::NotFound { .. }, _) | (_, 404) => {
                "not there (HTTP 404): look at the bucket's name".to_owned()
            }
            (_, 0) => "not reached: look at the endpoint and the network".to_owned(),
            (_, status) => format!("it failed (HTTP {status})"),
        };
        Error::Unreachable(format!("{}: {what}: {why}", self.shown))
    }

    /// The copies, oldest first.
    ///
    /// # Errors
    /// When the bucket cannot be asked.
    pub async fn list(&self) -> Result<Vec<Copied>, Error> {
        let folder = Name::from(self.folder.as_str());
        let mut objects = self.store.list(Some(&folder));
        let mut found = Vec::new();
        let mut seen = 0;
        while let Some(object) = objects.next().await {
            let object = object.map_err(|error| self.told("the list", &error))?;
            seen += 1;
            if seen > OBJECTS {
                return Err(Error::Unreachable(format!(
                    "{}: more than {OBJECTS} objects are there; give backups a prefix of their own",
                    self.shown
                )));
            }
            let name = object.location.filename().and_then(BackupId::of_file);
            if let Some(id) = name.filter(|id| self.object(*id) == object.location) {
                let bytes = object.size;
                found.push(Copied { id, bytes });
            }
        }
        found.sort_by_key(|copy| copy.id);
        Ok(found)
    }

    /// The end of a copy; nothing when it does not end as a backup does.
    ///
    /// # Errors
    /// When the bucket cannot be asked.
    pub async fn footer(&self, copy: Copied) -> Result<Option<Footer>, Error> {
        let Some(at) = copy.bytes.checked_sub(FOOTER as u64) else {
            return Ok(None);
        };
        let name = self.object(copy.id);
        let read = self.store.get_range(&name, at..copy.bytes);
        let bytes = read
            .await
            .map_err(|error| self.told("the end of a copy", &error))?;
        Ok(Footer::parse(&bytes))
    }

    /// The key file in the bucket; nothing when there is none.
    ///
    /// # Errors
    /// When the bucket cannot be asked, or what is there is longer than a key file.
    pub async fn key(&self) -> Result<Option<Vec<u8>>, Error> {
        let name = self.name("key");
        let failed = |error| self.told("the key file", &error);
        let object = match self.store.head(&name).await {
            Ok(object) => object,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if object.size > storage::limit::VAULT_BYTES {
            return Err(Error::Unreachable(format!(
                "{}: the key file is too long to be one",
                self.shown
            )));
        }
        let read = self.store.get_range(&name, 0..object.size).await;
        Ok(Some(read.map_err(failed)?.to_vec()))
    }

    /// Puts the key file into the bucket.
    ///
    /// # Errors
    /// When the bucket does not take it.
    pub async fn put_key(&self, bytes: Vec<u8>) -> Result<(), Error> {
        let name = self.name("key");
        let put = self.store.put(&name, PutPayload::from(bytes));
        let put = put.await.map_err(|error| self.told("the key file", &error));
        put.map(drop)
    }

    /// Removes a copy.
    ///
    /// # Errors
    /// When the bucket refuses.
    pub async fn remove(&self, id: BackupId) -> Result<(), Error> {
        match self.store.delete(&self.object(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.told("the removal of a copy", &error)),
        }
    }

    /// Removes all that is the tenant's: the key file first, without which the copies cannot be read, then the copies and what
    /// was begun of others.
    ///
    /// # Errors
    /// When the bucket refuses, or cannot be asked.
    pub async fn erase(&self, dir: &Path) -> Result<(), Error> {
        match self.store.delete(&self.name("key")).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(self.told("the removal of the key file", &error)),
        }
        for copy in self.list().await? {
            self.remove(copy.id).await?;
        }
        if dir.is_dir() {
            self.give_up(dir, &BTreeSet::new()).await?;
        }
        Ok(())
    }

    /// Copies a backup into the bucket, or goes on with a copy that was broken off. It is there whole, or not at all.
    ///
    /// # Errors
    /// When the bucket does not take it; what was sent is noted for the next try.
    pub async fn send(&self, dir: &Path, entry: &Entry) -> Result<(), Error> {
        let State::Whole { digest, .. } = &entry.state else {
            return Err(Error::Usage(format!(
                "{}: a damaged backup is not copied",
                entry.path.display()
            )));
        };
        let digest = super::hex(digest);
        if entry.bytes <= PART {
            let (name, bytes) = (self.object(entry.id), read_part(entry, 0)?);
            let put = self.store.put(&name, PutPayload::from(bytes));
            put.await.map_err(|error| self.told("a copy", &error))?;
        } else {
            let mut tries = 0;
            while !self.send_parts(dir, entry, &digest).await? {
                tries += 1;
                if tries >= ANEW {
                    return Err(Error::Unreachable(format!(
                        "{}: the store forgets what was sent; it is tried again",
                        self.shown
                    )));
                }
            }
        }
        let copy = Copied {
            id: entry.id,
            bytes: entry.bytes,
        };
        let stored = self.store.head(&self.object(entry.id)).await;
        let size = stored.map_err(|error| self.told("a copy", &error))?.size;
        let footer = self.footer(copy).await;
        if size == entry.bytes && footer?.is_some_and(|footer| super::hex(&footer.digest) == digest)
        {
            return Upload::forget(dir, entry.id);
        }
        Upload::forget(dir, entry.id)?;
        self.remove(entry.id).await?;
        Err(Error::Unreachable(format!(
            "{}: what is in the bucket is not what was sent; it was removed and is sent again",
            self.shown
        )))
    }

    /// Sends what is left of the parts; false when the store knows nothing of those that were sent.
    async fn send_parts(&self, dir: &Path, entry: &Entry, digest: &str) -> Result<bool, Error> {
        let name = self.object(entry.id);
        let known = Upload::read(dir, entry.id);
        let same = known.filter(|upload| upload.bytes == entry.bytes && upload.digest == digest);
        let mut upload = match same {
            Some(upload) => upload,
            None => {
                let begun = self.store.create_multipart(&name).await;
                let upload = Upload {
                    upload: begun.map_err(|error| self.told("a copy", &error))?,
                    bytes: entry.bytes,
                    digest: digest.to_owned(),
                    parts: Vec::new(),
                };
                upload.keep(dir, entry.id)?;
                upload
            }
        };
        let count = usize::try_from(entry.bytes.div_ceil(PART)).unwrap_or(usize::MAX);
        while upload.parts.len() < count {
            let number = upload.parts.len();
            let at = number as u64 * PART;
            let bytes = read_part(entry, at)?;
            let payload = PutPayload::from(bytes);
            let sent = self.store.put_part(&name, &upload.upload, number, payload);
            match sent.await {
                Ok(part) => upload.parts.push(part.content_id),
                Err(error) if self.is_forgotten(&error) => {
                    Upload::forget(dir, entry.id)?;
                    return Ok(false);
                }
                Err(error) => return Err(self.told("a part of a copy", &error)),
            }
            upload.keep(dir, entry.id)?;
        }
        let part = |id: &String| PartId {
            content_id: id.clone(),
        };
        let parts = upload.parts.iter().map(part).collect();
        let completed = self.store.complete_multipart(&name, &upload.upload, parts);
        match completed.await {
            Ok(_) => Ok(true),
            Err(error) if self.is_forgotten(&error) => {
                Upload::forget(dir, entry.id)?;
                Ok(false)
            }
            Err(error) => Err(self.told("the end of a copy", &error)),
        }
    }

    /// Whether the store says that it knows no such upload, or that its parts are not those that were noted. Some stores refuse
    /// one that they do not know as if it were forbidden; where everything is, beginning anew is told so.
    fn is_forgotten(&self, error: &object_store::Error) -> bool {
        let status = self.status.load(Ordering::Relaxed);
        matches!(error, object_store::Error::NotFound { .. }) || matches!(status, 400 | 403 | 404)
    }

    /// Forgets what was noted of a copy that is whole: its end was not heard of.
    ///
    /// # Errors
    /// When the note cannot be removed.
    pub fn settle(&self, dir: &Path, id: BackupId) -> Result<(), Error> {
        Upload::forget(dir, id)
    }

    /// Gives up uploads of backups that are gone.
    ///
    /// # Errors
    /// When the notes cannot be removed. That the store does not take the word is none: its own rule for unfinished uploads does.
    pub async fn give_up(&self, dir: &Path, present: &BTreeSet<BackupId>) -> Result<(), Error> {
        let names = OsDisk.list(dir).map_err(|error| failed(dir, &error))?;
        for id in names.iter().filter_map(|name| Upload::of_file(name)) {
            if present.contains(&id) {
                continue;
            }
            if let Some(upload) = Upload::read(dir, id) {
                let name = self.object(id);
                let aborted = self.store.abort_multipart(&name, &upload.upload);
                if aborted.await.is_err() {
                    model::log!(
                        warn,
                        "an unfinished copy in the bucket could not be given up; its own rule for these does",
                        backup = id
                    );
                }
            }
            Upload::forget(dir, id)?;
        }
        Ok(())
    }

    /// Whether the store answered what it was last asked.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        self.status.load(Ordering::Relaxed) != 0
    }

    /// Fetches a copy beside its place here, and says where it is. Whether it may take that place is not known yet.
    ///
    /// # Errors
    /// When the bucket cannot be asked, or the copy cannot be written here.
    pub async fn fetch(&self, path: &Path, copy: Copied) -> Result<PathBuf, Error> {
        let temporary = disk::temporary(path);
        let io = |error: std::io::Error| failed(&temporary, &error);
        path.parent()
            .map_or(Ok(()), |dir| OsDisk.create_dir(dir))
            .map_err(io)?;
        let file = OsDisk.create(&temporary).map_err(io)?;
        let name = self.object(copy.id);
        let mut at = 0;
        while at < copy.bytes {
            let end = copy.bytes.min(at + PART);
            let read = self.store.get_range(&name, at..end).await;
            let bytes = read.map_err(|error| self.told("a copy", &error))?;
            if bytes.len() as u64 != end - at {
                return Err(Error::Unreachable(format!(
                    "{}: a copy is shorter than it says",
                    self.shown
                )));
            }
            file.write_at(at, &bytes).map_err(io)?;
            file.sync_data().map_err(io)?;
            at = end;
        }
        Ok(temporary)
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::Unreachable(format!("{}: {error}", path.display()))
}

/// A part of a backup's file.
fn read_part(entry: &Entry, at: u64) -> Result<Vec<u8>, Error> {
    let io = |error: std::io::Error| failed(&entry.path, &error);
    let file = OsDisk.open(&entry.path, Access::Read).map_err(io)?;
    let length = entry.bytes.saturating_sub(at).min(PART);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let read = file.read_at(at, &mut bytes).map_err(io)?;
    if read != bytes.len() {
        return Err(io(std::io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(bytes)
}

/// What was sent of a backup, noted beside it: `<name>.backup.upload`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Upload {
    /// The store's name for it.
    upload: String,
    /// The backup's length and digest.
    bytes: u64,
    digest: String,
    /// What the store gave for each part, in order.
    parts: Vec<String>,
}

impl Upload {
    const ENDING: &str = ".upload";
    const BYTES: u64 = 4 << 20;

    fn path(dir: &Path, id: BackupId) -> std::path::PathBuf {
        dir.join(format!("{}{}", id.file_name(), Upload::ENDING))
    }

    fn of_file(name: &str) -> Option<BackupId> {
        BackupId::of_file(name.strip_suffix(Upload::ENDING)?)
    }

    /// One that cannot be read is as good as none.
    fn read(dir: &Path, id: BackupId) -> Option<Upload> {
        let bytes = disk::read_all(&OsDisk, &Upload::path(dir, id), Upload::BYTES).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn keep(&self, dir: &Path, id: BackupId) -> Result<(), Error> {
        let path = Upload::path(dir, id);
        let bytes = serde_json::to_vec(self).map_err(Error::unreachable)?;
        disk::replace(&OsDisk, &path, &bytes).map_err(|error| failed(&path, &error))
    }

    fn forget(dir: &Path, id: BackupId) -> Result<(), Error> {
        let path = Upload::path(dir, id);
        disk::discard(&OsDisk, &path).map_err(|error| failed(&path, &error))
    }
}
