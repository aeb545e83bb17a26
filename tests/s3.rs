//! An S3-compatible server of others, and a line to it that can be cut.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "the helpers of a test fail the test, and tell what is left out"
)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU16, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::environment;
use crate::harness::pause;

/// The access key's id.
pub const KEY_ID: &str = "COUNTERPARTKEY";
/// Its secret.
pub const SECRET: &str = "counterpart-secret-4711";
/// The bucket.
pub const BUCKET: &str = "backups";
/// How long the server may take to come up.
const START: Duration = Duration::from_secs(30);

/// The server, in a process of its own.
pub struct S3 {
    address: SocketAddr,
    process: Child,
    folder: TempDir,
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl S3 {
    /// Starts it; nothing when it is not installed and nobody said that it has to be.
    ///
    /// # Panics
    /// When `tests/run` has prepared this run and it is not there.
    pub async fn begin() -> Option<S3> {
        let binary = match environment::s3() {
            Ok(binary) => binary,
            Err(why) => {
                assert!(!environment::is_prepared(), "{why}");
                eprintln!("left out: {why}");
                return None;
            }
        };
        let folder = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("the bucket's folder");
        let address = free_address();
        let process = Command::new(binary)
            .args(["--host", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--access-key", KEY_ID, "--secret-key", SECRET])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let s3 = S3 {
            address,
            process,
            folder,
        };
        let since = Instant::now();
        while TcpStream::connect(s3.address).await.is_err() {
            assert!(since.elapsed() < START, "the server does not come up");
            pause(20).await;
        }
        Some(s3)
    }

    /// Where the objects of a tenant lie.
    #[must_use]
    pub fn objects(&self, tenant: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join("node-1").join(tenant)
    }

    /// A line to it.
    pub async fn line(&self) -> Line {
        Line::begin(self.address).await
    }
}

/// An address at which nobody listens, for a server that does not choose one itself. Before it listens there no other server of
/// these tests may: what is asked of the one would be answered by the other. So no number is given twice, and none of those
/// that the system gives.
fn free_address() -> SocketAddr {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    let begin = std::process::id() % u32::from(COUNT);
    (0..COUNT)
        .find_map(|_| {
            let given = u32::from(GIVEN.fetch_add(1, Ordering::Relaxed));
            let port = FIRST + u16::try_from((begin + given) % u32::from(COUNT)).ok()?;
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            std::net::TcpListener::bind(address).ok().map(|_| address)
        })
        .expect("a free port")
}

/// A line that lets so many bytes pass and then breaks, until it is mended.
pub struct Line {
    address: SocketAddr,
    left: Arc<AtomicI64>,
    passed: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Line {
    async fn begin(to: SocketAddr) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let passed = Arc::new(AtomicU64::new(0));
        let (ours, counted) = (Arc::clone(&left), Arc::clone(&passed));
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if ours.load(Ordering::Relaxed) <= 0 {
                    continue;
                }
                let (left, passed) = (Arc::clone(&ours), Arc::clone(&counted));
                tokio::spawn(relay(near, to, left, passed));
            }
        });
        Line {
            address,
            left,
            passed,
            task,
        }
    }

    /// The server's address over this line.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets so many more bytes pass towards the server, and then breaks.
    pub fn cut_after(&self, bytes: i64) {
        self.left.store(bytes, Ordering::Relaxed);
    }

    /// Whether it is broken.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.left.load(Ordering::Relaxed) <= 0
    }

    /// Mends it, and counts anew what passes.
    pub fn mend(&self) {
        self.passed.store(0, Ordering::Relaxed);
        self.left.store(i64::MAX, Ordering::Relaxed);
    }

    /// Bytes that passed towards the server since it was last mended.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }
}

async fn relay(near: TcpStream, to: SocketAddr, left: Arc<AtomicI64>, passed: Arc<AtomicU64>) {
    let Ok(far) = TcpStream::connect(to).await else {
        return;
    };
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    let forth = async {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = near_in.read(&mut buffer).await {
            let bytes = i64::try_from(count).unwrap_or(0);
            if left.fetch_sub(bytes, Ordering::Relaxed) < bytes {
                return;
            }
            passed.fetch_add(count as u64, Ordering::Relaxed);
            if far_out.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        let _ = tokio::io::copy(&mut far_in, &mut near_out).await;
    };
    tokio::select! {
        () = forth => {}
        () = back => {}
    }
}
