//! The power is cut while a store writes: what the disk holds then opens, and holds every acknowledged commit.
//!
//! A store lies on an ext4 image that lies on a second ext4 image. At a random moment the outer file system is frozen and the
//! inner image copied: the copy holds what had reached the disk. It is mounted and verified. The model is lenient: no volatile
//! cache of a disk is lost and no write reordered, so a store that fails here fails on real machines too; what a disk may lose
//! and tear beyond that is the simulated disk's part (`storage/lossy.rs`).
//!
//! `COUNTERPART_POWERCUTS` names how many times.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tempfile::TempDir;
use tests::mount::{Mount, make_image, skipped, tool};
use tests::{binary, environment};

/// The size of the disk that is cut off, in bytes.
const DISK: u64 = 256 << 20;
/// The size of the file system that stops, in bytes.
const MACHINE: u64 = 1 << 30;

/// How long a number of commits is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the store does when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    /// It is new.
    New,
    /// It goes on with a history, through segments and checkpoints.
    Old,
    /// It makes its state anew again and again.
    Reopened,
}

impl Work {
    const ALL: [Work; 3] = [Work::New, Work::Old, Work::Reopened];

    fn command(self) -> &'static str {
        match self {
            Work::New | Work::Old => "write",
            Work::Reopened => "reopen",
        }
    }
}

/// A machine whose power can be cut. Its fields go in this order.
struct Machine {
    _outer: Mount,
    /// The image of a disk with a store that has a history.
    prepared: PathBuf,
    program: PathBuf,
    folder: TempDir,
}

impl Machine {
    fn new() -> Result<Machine, String> {
        let folder = tempfile::tempdir().expect("a temporary directory");
        for name in ["outer", "inner", "cut"] {
            std::fs::create_dir(folder.path().join(name)).expect("a directory");
        }
        let image = folder.path().join("outer.img");
        make_image(&image, MACHINE)?;
        let outer = Mount::image(&image, &folder.path().join("outer"))?;
        let machine = Machine {
            _outer: outer,
            prepared: folder.path().join("prepared.img"),
            program: binary::example("powercut"),
            folder,
        };
        machine.prepare()?;
        Ok(machine)
    }

    /// A store with a history, made once and copied for every cut that needs it.
    fn prepare(&self) -> Result<(), String> {
        make_image(&self.prepared, DISK)?;
        let _inner = Mount::image(&self.prepared, &self.at("inner"))?;
        let store = self.at("inner").join("store");
        let made = Command::new(&self.program)
            .arg("prepare")
            .arg(store)
            .status();
        assert!(made.expect("the program runs").success());
        Ok(())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// One cut, so many milliseconds after that many commits; gives the last number that was acknowledged, and what the
    /// store's recovery found.
    fn cut(&self, work: Work, commits: u64, after: Duration) -> (u64, String) {
        let disk = self.at("outer").join("disk.img");
        match work {
            Work::New => make_image(&disk, DISK),
            Work::Old | Work::Reopened => copy(&self.prepared, &disk),
        }
        .expect("a disk");
        let left = self.at("left.img");
        let inner = Mount::image(&disk, &self.at("inner")).expect("the disk is mounted");
        let writer = Writer::start(&self.program, work, &self.at("inner").join("store"));
        writer.reach(commits);
        std::thread::sleep(after);
        // Whatever was acknowledged until now has to be there.
        let acknowledged = writer.acknowledged();
        self.freeze(&disk, &left);
        writer.end();
        drop(inner);
        let said = self.verify(&left, acknowledged, work);
        (acknowledged, said)
    }

    /// Copies the disk as it is at one moment.
    fn freeze(&self, disk: &Path, left: &Path) {
        let outer = self.at("outer");
        tool("fsfreeze", ["-f"], [&outer]).expect("the machine stops");
        let copied = copy(disk, left);
        tool("fsfreeze", ["-u"], [&outer]).expect("the machine goes on");
        copied.expect("the disk is copied");
    }

    fn verify(&self, left: &Path, acknowledged: u64, work: Work) -> String {
        let _cut = Mount::image(left, &self.at("cut")).expect("the copy is mounted");
        let store = self.at("cut").join("store");
        if acknowledged == 0 && !store.exists() {
            return "no store yet".to_owned();
        }
        let verdict = Command::new(&self.program)
            .arg("verify")
            .arg(store)
            .arg(acknowledged.to_string())
            .output()
            .expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        assert!(
            verdict.status.success(),
            "{work:?}, {acknowledged} acknowledged: {}",
            text(&verdict.stderr)
        );
        text(&verdict.stdout)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // A failure between freezing and thawing would leave the file system frozen, and it could not be unmounted.
        let _ = tool("fsfreeze", ["-u"], [self.at("outer")]);
    }
}

/// Copies an image without the room that it does not take.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    tool("cp", ["--sparse=always"], [from, to])
}

/// A store at work, and the last number that it acknowledged.
struct Writer {
    process: Child,
    last: Arc<AtomicU64>,
    reader: JoinHandle<()>,
}

impl Writer {
    fn start(program: &Path, work: Work, store: &Path) -> Writer {
        let mut process = Command::new(program)
            .arg(work.command())
            .arg(store)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut out = process.stdout.take().expect("its output");
        let last = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&last);
        let reader = std::thread::spawn(move || {
            let mut line = 0_u64;
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = out.read(&mut buffer) {
                for byte in buffer.iter().take(count) {
                    match byte {
                        b'\n' => told.store(std::mem::take(&mut line), Ordering::Release),
                        digit => line = line * 10 + u64::from(digit - b'0'),
                    }
                }
            }
        });
        Writer {
            process,
            last,
            reader,
        }
    }

    /// Waits until so many commits more than the first known number are acknowledged, and not for ever.
    fn reach(&self, commits: u64) {
        let since = Instant::now();
        let mut first = None;
        while since.elapsed() < PATIENCE {
            let last = self.acknowledged();
            if last > 0 {
                let first = *first.get_or_insert(last);
                if last - first >= commits {
                    return;
                }
            } else if commits == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn acknowledged(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    fn end(mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.reader.join();
    }
}

/// What all cuts came to.
#[derive(Default)]
struct Sum {
    cuts: u64,
    acknowledged: u64,
    torn: u64,
    rebuilt: u64,
}

impl Sum {
    fn add(&mut self, acknowledged: u64, said: &str) {
        self.cuts += 1;
        self.acknowledged += acknowledged;
        self.torn += u64::from(said.contains("torn_tail: Some"));
        self.rebuilt += u64::from(said.contains("rebuilt: Some"));
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} power cuts, {} commits acknowledged before them, {} torn tails cut off, {} states made anew, 0 lost",
            self.cuts, self.acknowledged, self.torn, self.rebuilt
        )
    }
}

#[test]
fn a_power_cut_at_a_random_moment_loses_no_acknowledged_commit_on_a_real_file_system() {
    let machine = match Machine::new() {
        Ok(machine) => machine,
        Err(why) => return skipped("power cuts", &why),
    };
    let rounds = environment::number("COUNTERPART_POWERCUTS", environment::amount(10, 200));
    let mut random = SmallRng::seed_from_u64(environment::number("COUNTERPART_SEED", 11));
    let mut sum = Sum::default();
    for round in 0..rounds {
        let work = Work::ALL[usize::try_from(round % 3).expect("a small number")];
        // Every fourth falls into the start, or the making anew of a state; the others after some commits, however slow the
        // machine is.
        let most = match work {
            Work::New | Work::Old => 2_000,
            Work::Reopened => 250,
        };
        let commits = match round % 4 {
            3 => 0,
            _ => random.random_range(16..most),
        };
        let after = Duration::from_millis(random.random_range(0..250));
        let (acknowledged, said) = machine.cut(work, commits, after);
        sum.add(acknowledged, &said);
        if round % 10 == 9 {
            eprintln!("{sum}");
        }
    }
    eprintln!("{sum}");
    assert!(
        sum.acknowledged > 0,
        "no cut met a store that had acknowledged anything"
    );
}
