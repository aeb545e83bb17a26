//! `secret rotate` killed at random moments: of a tenant's own keys, and of the master key in both of its steps.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterpart::credential::Sealed;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use storage::SEALED_NAME;
use storage::audit::{Audit, Entry};
use storage::backup::{self, BackupError, KeyFile};
use storage::disk::OsDisk;
use storage::vault::{MasterKey, SecretKind, Vault, VaultError};
use tests::binary;
use tests::environment;
use tests::harness::{Plan, TENANT, World};

use crate::hand::{Hand, SOON};

/// A tenant that has a vault and nothing else.
const OTHER: &str = "beta";
/// Secrets of the tenant beside those of its remotes, and their length: so a new vault takes a while to be written.
const MORE: usize = 16;
const LONG: usize = 60_000;
/// Kills between two backups, so that some are sealed by each of many keys.
const BACKUP: usize = 5;
/// Rotations that nobody disturbs, for knowing how long one takes.
const ALONE: u32 = 5;

/// A world with secrets and backups, and all that must be in it at every moment.
struct Kept {
    world: World,
    /// Tenants, names and tokens.
    tokens: Vec<(&'static str, String, String)>,
    digest: Vec<u8>,
    backups: usize,
}

impl Kept {
    async fn begin(seed: u64) -> Kept {
        let mut world = World::begin(Plan::new(10, seed)).await;
        world.seal().await;
        world.start().await;
        world.in_step(SOON).await;
        world.terminate().await;
        assert_eq!(world.run(&["tenant", "add", OTHER]).await.code, Some(0));
        let [jira, azure] = ["jira", "azure"].map(|side| format!("{side}-sync"));
        let mut kept = Kept {
            tokens: vec![
                (TENANT, jira, world.tokens.jira.clone()),
                (TENANT, azure, world.tokens.azure.clone()),
            ],
            world,
            digest: Vec::new(),
            backups: 0,
        };
        for number in 0..MORE {
            kept.set(TENANT, format!("more-{number}"), LONG).await;
        }
        kept.set(OTHER, "jira-sync".to_owned(), 40).await;
        let vault = kept.vault(TENANT, &kept.master("master.key"));
        let digest = vault
            .expect("it opens")
            .get(SecretKind::Digest, SEALED_NAME);
        let digest = digest.expect("it is sound").expect("it is there");
        kept.digest = digest.expose().to_vec();
        kept.back_up().await;
        kept
    }

    async fn set(&mut self, tenant: &'static str, name: String, length: usize) {
        let token: String = name.chars().cycle().take(length).collect();
        let file = self.world.folder().join("value");
        fs::write(&file, &token).expect("the value is written");
        let set = ["secret", "set", &name, "--tenant", tenant];
        let ran = self.world.feed(&set, &file).await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        self.tokens.push((tenant, name, token));
    }

    async fn back_up(&mut self) {
        self.done(&["backup", "create", "--tenant", TENANT]).await;
        self.backups += 1;
    }

    fn master(&self, name: &str) -> MasterKey {
        let text = fs::read_to_string(self.world.folder().join(name)).expect("it is there");
        MasterKey::parse(text.trim()).expect("it is a master key")
    }

    fn directory(&self, tenant: &str) -> PathBuf {
        self.world.data().join(tenant)
    }

    fn backups(&self) -> PathBuf {
        self.world.folder().join("backups").join(TENANT)
    }

    /// The files that a rotation changes: both vaults, and the key file of the backups.
    fn files(&self) -> [Vec<u8>; 3] {
        [
            storage::vault::path(&self.directory(TENANT)),
            backup::key_path(&self.backups()),
            storage::vault::path(&self.directory(OTHER)),
        ]
        .map(|path| fs::read(path).expect("it is there"))
    }

    /// A vault, if that master key opens it. Anything but another master key is damage.
    fn vault(&self, tenant: &str, master: &MasterKey) -> Option<Vault> {
        match Vault::open(&OsDisk, &self.directory(tenant), tenant, master) {
            Ok(vault) => Some(vault.expect("it is there")),
            Err(VaultError::WrongKey { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Which of the three that master key opens. What opens gives all that was put in, every backup included.
    fn opened(&self, master: &MasterKey) -> [bool; 3] {
        let vaults = [TENANT, OTHER].map(|tenant| self.vault(tenant, master));
        let kept = [TENANT, OTHER].into_iter().zip(&vaults);
        for (tenant, vault) in kept.filter_map(|(tenant, vault)| Some((tenant, vault.as_ref()?))) {
            for (_, name, token) in self.tokens.iter().filter(|(of, _, _)| *of == tenant) {
                let secret = vault.get(SecretKind::Credential, name).expect("its seal");
                let sealed = secret.as_ref().and_then(Sealed::decode);
                let sealed = sealed.unwrap_or_else(|| panic!("{tenant} has no secret {name}"));
                assert_eq!(*sealed.token, *token, "{tenant} {name}");
            }
        }
        if let Some(vault) = &vaults[0] {
            let digest = vault
                .get(SecretKind::Digest, SEALED_NAME)
                .expect("its seal");
            assert_eq!(digest.expect("it is there").expose(), self.digest);
        }
        let [vault, other] = vaults.map(|vault| vault.is_some());
        [vault, self.keys_open(master), other]
    }

    fn keys_open(&self, master: &MasterKey) -> bool {
        let dir = self.backups();
        let keys = match KeyFile::open(&OsDisk, &dir, TENANT, master) {
            Ok(keys) => keys.expect("it is there"),
            Err(BackupError::KeyFile(VaultError::WrongKey { .. })) => return false,
            Err(error) => panic!("{error}"),
        };
        let found = backup::catalogue(&OsDisk, &dir, TENANT).expect("readable");
        assert_eq!(found.len(), self.backups);
        for entry in found {
            let verified = backup::verify(&OsDisk, &entry.path, TENANT, &keys);
            verified.unwrap_or_else(|error| panic!("{}: {error}", entry.id));
        }
        true
    }

    /// How many keys of backups there are.
    fn keys(&self) -> usize {
        let listed = Vault::peek_at(&OsDisk, &backup::key_path(&self.backups()), TENANT);
        listed.expect("readable").map_or(0, |keys| keys.len())
    }

    async fn is_sound(&self, context: &str) {
        let checked = self.world.run(&["fsck"]).await;
        assert_eq!(checked.code, Some(0), "{context}: {checked:?}");
    }

    /// How many entries the audit log has.
    fn told(&self) -> u64 {
        self.entries(1).last().map_or(0, |entry| entry.n)
    }

    fn entries(&self, most: usize) -> Vec<Entry> {
        let audit = Audit::at(Arc::new(OsDisk), &self.world.data());
        audit.last(most).expect("readable")
    }

    fn segment(&self) -> u64 {
        let path = self.world.data().join("node.audit").join("000001.jsonl");
        fs::metadata(path).map_or(0, |found| found.len())
    }

    fn configure(&self, text: &str) {
        fs::write(self.world.config(), text).expect("the configuration is written");
    }

    async fn done(&self, arguments: &[&str]) {
        let ran = self.world.run(arguments).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    /// Everything goes on under the keys of the end.
    async fn end(mut self, kills: &Kills) {
        eprintln!("{kills}; {} backups, all open", self.backups);
        assert!(kills.under_way > 0, "no kill met a rotation under way");
        Hand::at(&self.world.addresses.jira, "alice")
            .issue("Story", json!({ "summary": "After all the kills" }))
            .await;
        self.world.start().await;
        self.world.in_step(SOON).await;
        assert!(self.world.doubled().await.is_empty());
        self.world.end();
    }
}

/// When a kill comes, in microseconds.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After the process began.
    Begun(u64),
    /// After the audit log was told of the first thing that it does.
    Told(u64),
}

/// Kills, and how they met the rotations.
struct Kills {
    random: SmallRng,
    /// How many microseconds a rotation takes, and how many of them pass before the audit log is told of it.
    usual: u64,
    told: u64,
    before: u64,
    under_way: u64,
    /// Of those under way: with some of the files turned and others not.
    between: u64,
    after: u64,
}

impl Kills {
    /// Learns how long a rotation takes by the quickest of some that nobody disturbs.
    fn begin(kept: &Kept, seed: u64) -> Kills {
        let alone = (0..ALONE).map(|_| measure(kept)).min();
        let (usual, told) = alone.expect("there were some");
        Kills {
            random: SmallRng::seed_from_u64(environment::number("COUNTERPART_SEED", seed)),
            usual,
            told,
            before: 0,
            under_way: 0,
            between: 0,
            after: 0,
        }
    }

    /// Most kills come after something was begun. The slowest rotations take half as long again as the quickest.
    fn draw(&mut self) -> Moment {
        let slow = |time: u64| time + time / 2;
        match self.random.random_bool(0.3) {
            true => Moment::Begun(self.random.random_range(0..slow(self.usual))),
            false => Moment::Told(self.random.random_range(0..slow(self.usual - self.told))),
        }
    }

    /// Begins a rotation that turns so many of the files, and kills it. Gives what to say of it.
    fn kill(&mut self, kept: &Kept, arguments: &[&str], turned: usize) -> String {
        let moment = self.draw();
        let (files, told) = (kept.files(), kept.told());
        let code = kill_at(kept, arguments, moment);
        let has_begun = |entry: &Entry| entry.n > told && entry.stage == "begun";
        let pairs = files.iter().zip(kept.files());
        let changed = pairs.filter(|(before, after)| *before != after).count();
        match kept.entries(20).iter().any(has_begun) {
            false => self.before += 1,
            true if code == Some(0) => self.after += 1,
            true => {
                self.under_way += 1;
                self.between += u64::from((1..turned).contains(&changed));
            }
        }
        format!("{arguments:?} {moment:?}: {changed} of {turned} files turned")
    }
}

impl fmt::Display for Kills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kills {
            before,
            under_way,
            between,
            after,
            ..
        } = self;
        write!(
            f,
            "{} kills: {before} before anything was done, {under_way} under way ({between} of them between two files), {after} too \
             late; a rotation takes {} us, of which {} before it is told of",
            before + under_way + after,
            self.usual,
            self.told
        )
    }
}

/// How many microseconds a rotation takes, and how many of them pass before the audit log is told.
fn measure(kept: &Kept) -> (u64, u64) {
    let length = kept.segment();
    let since = Instant::now();
    let passed = || u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
    let mut child = launch(kept, &["secret", "rotate"]);
    let mut told = 0;
    loop {
        if told == 0 && kept.segment() > length {
            told = passed();
        }
        if let Some(status) = child.try_wait().expect("a child can be asked") {
            assert!(status.success(), "{status}");
            return (passed(), told);
        }
        std::thread::sleep(Duration::from_micros(50));
    }
}

fn launch(kept: &Kept, arguments: &[&str]) -> Child {
    let mut command = Command::new(binary::built());
    command
        .args(arguments)
        .arg("--config")
        .arg(kept.world.config());
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    quiet.stderr(Stdio::null()).spawn().expect("it starts")
}

/// Gives the exit code of a rotation that was quicker than its kill.
fn kill_at(kept: &Kept, arguments: &[&str], moment: Moment) -> Option<i32> {
    let length = kept.segment();
    let mut child = launch(kept, arguments);
    let wait = match moment {
        Moment::Begun(wait) => wait,
        Moment::Told(wait) => {
            let since = Instant::now();
            while kept.segment() == length {
                assert!(since.elapsed() < SOON, "it never begins");
                std::thread::sleep(Duration::from_micros(50));
            }
            wait
        }
    };
    std::thread::sleep(Duration::from_micros(wait));
    let _ = child.kill();
    child.wait().expect("a child can be waited for").code()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_killed_at_any_moment_leaves_every_secret_and_every_backup_open() {
    let mut kept = Kept::begin(91).await;
    let master = kept.master("master.key");
    let mut kills = Kills::begin(&kept, 91);
    let rotate = ["secret", "rotate", "--tenant", TENANT];
    for kill in 1..=environment::amount(8, 50) {
        let context = kills.kill(&kept, &rotate, 2);
        assert_eq!(kept.opened(&master), [true; 3], "{context}");
        kept.is_sound(&context).await;
        let [vault, keys, other] = kept.files();
        kept.done(&rotate).await;
        let [vault_after, keys_after, other_after] = kept.files();
        assert!(vault_after != vault && keys_after != keys && other_after == other);
        assert_eq!(kept.opened(&master), [true; 3], "{context}, and again");
        if kill % BACKUP == 0 {
            kept.back_up().await;
        }
    }
    kept.end(&kills).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_master_key_killed_at_any_moment_leaves_one_that_opens_everything() {
    let mut kept = Kept::begin(92).await;
    let mut kills = Kills::begin(&kept, 92);
    let config = fs::read_to_string(kept.world.config()).expect("it is there");
    let admit = ["secret", "rotate", "--master"];
    let finish = ["secret", "rotate", "--master", "--finish"];
    let mut present = "master.key".to_owned();
    for kill in 1..=environment::amount(4, 25) {
        let next = format!("{kill}.key");
        kept.world
            .write_master(&next, &kept.world.new_master().await);
        let (old, new) = (kept.master(&present), kept.master(&next));
        let named = config.replace("master.key", &present);
        kept.configure(&format!("{named}[master_key.next]\nfile = {next:?}\n"));
        let context = kills.kill(&kept, &admit, 3);
        assert_eq!(kept.opened(&old), [true; 3], "{context}");
        // Whichever the next one opens already, it opens whole.
        let _ = kept.opened(&new);
        kept.is_sound(&context).await;
        kept.done(&admit).await;
        assert_eq!(
            [&old, &new].map(|key| kept.opened(key)),
            [[true; 3]; 2],
            "{context}, and again"
        );

        kept.configure(&config.replace("master.key", &next));
        let keys = kept.keys();
        let context = kills.kill(&kept, &finish, 3);
        assert_eq!(kept.opened(&new), [true; 3], "{context}");
        let _ = kept.opened(&old);
        kept.is_sound(&context).await;
        kept.done(&finish).await;
        assert_eq!(
            [&old, &new].map(|key| kept.opened(key)),
            [[false; 3], [true; 3]],
            "{context}, and again"
        );
        assert!(kept.keys() > keys, "{context}: new backups get no new key");
        if kill % BACKUP == 0 {
            kept.back_up().await;
        }
        present = next;
    }
    kept.end(&kills).await;
}
