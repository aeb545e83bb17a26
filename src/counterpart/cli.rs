//! The command line, as contract.md fixes it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Keeps Jira issues and Azure DevOps work items in step, both ways, and holds nothing of them but their identities.
#[derive(Debug, Parser)]
#[command(name = "counterpart", version, about, propagate_version = true)]
#[command(after_help = "Example: counterpart demo --once --items 20")]
pub struct Cli {
    /// One JSON document on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Both emulators, a node and its console, with lively sample data.
    #[command(after_help = "Example: counterpart demo --once --items 200 --seed 7 --json")]
    Demo(Demo),
    /// Serves an emulated Jira and an emulated Azure DevOps until stopped.
    #[command(
        after_help = "Example: counterpart emulate --jira 127.0.0.1:8081 --azure 127.0.0.1:8082 --items 50"
    )]
    Emulate(Emulate),
    /// Runs a node until stopped.
    #[command(after_help = "Example: counterpart serve --config /etc/counterpart/counterpart.toml")]
    Serve(Config),
    /// Keeps everything in step until nothing is left to do.
    #[command(after_help = "Example: counterpart sync --config counterpart.toml --once")]
    Sync(Sync),
    /// Profile files.
    #[command(
        subcommand,
        after_help = "Example: counterpart profile check profiles/acme/web.toml --online"
    )]
    Profile(Profile),
    /// Pairs of items.
    #[command(subcommand, after_help = "Example: counterpart pair why WEB-12")]
    Pair(Pair),
    /// What is wrong, and what to do about it.
    #[command(after_help = "Example: counterpart problems --tenant acme")]
    Problems(Problems),
    /// Customers: each has its own profiles, keys and store.
    #[command(subcommand, after_help = "Example: counterpart tenant add acme")]
    Tenant(Tenant),
    /// What signs in to the remotes, sealed in each tenant's vault.
    #[command(
        subcommand,
        after_help = "Example: counterpart secret set jira-sync --user sync@acme.example < token"
    )]
    Secret(Secret),
    /// Backups of the tenants: one sealed file each.
    #[command(
        subcommand,
        after_help = "Example: counterpart backup create --tenant acme"
    )]
    Backup(Backup),
    /// What was done to the node: the audit log.
    #[command(subcommand, after_help = "Example: counterpart log audit --limit 20")]
    Log(Log),
    /// Checks every invariant of journal, state and checkpoints. The node must not be running.
    #[command(after_help = "Example: counterpart fsck --config counterpart.toml")]
    Fsck(Config),
    /// What is stored, logged, counted and sent: where, in which form, how long, and of which class.
    #[command(after_help = "Example: counterpart policy --json")]
    Policy(Policy),
    /// What was counted on each day. It is kept in the data directory and sent nowhere.
    #[command(
        subcommand,
        after_help = "Example: counterpart statistics show --tenant acme"
    )]
    Statistics(Statistics),
    /// Converts one rich text from standard input to standard output, and says what could not be carried.
    #[command(
        after_help = "Example: echo 'h1. Title' | counterpart convert --from wiki --to markdown --losses"
    )]
    Convert(Convert),
}

/// `statistics`.
#[derive(Debug, Subcommand)]
pub enum Statistics {
    /// Shows each day of a tenant: what was done, how long it took, what was wrong.
    #[command(after_help = "Example: counterpart statistics show --tenant acme --json")]
    Show(StatisticsPlace),
    /// Prints one line of JSON for each day, to take along. With --business nobody is named in them.
    #[command(after_help = "Example: counterpart statistics export --business > days.jsonl")]
    Export(StatisticsPlace),
}

/// Whose statistics.
#[derive(Debug, Args)]
pub struct StatisticsPlace {
    /// Only this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Which features are used, without a name and rounded, instead of what happened.
    #[arg(long)]
    pub business: bool,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// `policy`.
#[derive(Debug, Args)]
pub struct Policy {
    /// As it stands in docs/data-policy.md.
    #[arg(long)]
    pub markdown: bool,
}

/// A format of rich text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// The Atlassian Document Format, as JSON.
    Adf,
    /// Jira's wiki markup.
    Wiki,
    /// HTML as Azure DevOps holds it.
    Html,
    /// Markdown as Azure DevOps takes it.
    Markdown,
}

/// `convert`.
#[derive(Debug, Args)]
pub struct Convert {
    /// What standard input is.
    #[arg(long, value_enum)]
    pub from: TextFormat,
    /// What to write.
    #[arg(long, value_enum)]
    pub to: TextFormat,
    /// What could not be carried, on standard error: one JSON line for each loss, without its text.
    #[arg(long)]
    pub losses: bool,
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// The configuration file.
    #[arg(long, env = "COUNTERPART_CONFIG", default_value = "counterpart.toml")]
    pub config: PathBuf,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Edit on both sides, wait until in step, compare, print a summary, and stop.
    #[arg(long)]
    pub once: bool,
    /// Items; half of them begin on each side.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(2..=20_000))]
    pub items: u32,
    /// The seed of everything that looks random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The data directory; a temporary one by default.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Faults that the emulators commit: a name, or a file of rules.
    #[arg(long)]
    pub faults: Option<String>,
}

/// The flavour of the emulated Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JiraFlavor {
    /// Jira Cloud.
    Cloud,
    /// Jira Data Center.
    Datacenter,
}

/// The flavour of the emulated Azure DevOps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AzureFlavor {
    /// Azure DevOps Services.
    Services,
    /// Azure DevOps Server.
    Server,
}

/// `emulate`.
#[derive(Debug, Args)]
pub struct Emulate {
    /// Where the emulated Jira listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub jira: String,
    /// Where the emulated Azure DevOps listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub azure: String,
    /// Which Jira.
    #[arg(long, value_enum, default_value = "cloud")]
    pub jira_flavor: JiraFlavor,
    /// Which Azure DevOps.
    #[arg(long, value_enum, default_value = "services")]
    pub azure_flavor: AzureFlavor,
    /// Sample items on each side.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=200_000))]
    pub items: u32,
    /// The seed of everything that looks random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Faults to commit: a name, or a file of rules.
    #[arg(long)]
    pub faults: Option<String>,
}

/// `sync`.
#[derive(Debug, Args)]
pub struct Sync {
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
    /// Only this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only this profile.
    #[arg(long)]
    pub profile: Option<String>,
    /// Until nothing is left to do; the only way that this command works. A node that stays is `serve`.
    #[arg(long, required = true)]
    pub once: bool,
}

/// `profile`.
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// The JSON Schema of the profile file.
    #[command(after_help = "Example: counterpart profile schema > profile.schema.json")]
    Schema,
    /// Checks a profile file offline, or with --online against both remotes.
    #[command(after_help = "Example: counterpart profile check profiles/acme/web.toml --online")]
    Check(Check),
    /// Foretells what a sync would do now, and writes nothing: which twins, fields, comments and moves, what stays and
    /// why, and what texts would lose. Ends with the plan's hash.
    #[command(
        after_help = "Example: counterpart profile plan --tenant acme --profile web-to-platform\n\n\
                      With --json: {\"hash\",\"plans\":[{\"tenant\",\"profile\",\"hash\",\"summary\",\"gaps\",\"pairs\"}],\"left_out\"}; \
                      docs/operations.md names every key."
    )]
    Plan(Plan),
    /// Carries the profiles out: a sync until nothing is left to do. With --plan only when a plan made now is that one.
    #[command(
        after_help = "Example: counterpart profile apply --tenant acme --plan 5c0f...\n\n\
                      The hash is what `profile plan` with the same --tenant and --profile ends with. When the plan has moved \
                      since, nothing is written and the exit code is 1."
    )]
    Apply(Apply),
}

/// `profile apply`.
#[derive(Debug, Args)]
pub struct Apply {
    /// The hash of the plan that is meant.
    #[arg(long, value_name = "HASH")]
    pub plan: Option<String>,
    /// Only this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only this profile.
    #[arg(long)]
    pub profile: Option<String>,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// `profile plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// The profile file; all profiles of the configuration by default.
    pub file: Option<PathBuf>,
    /// Only this tenant; for a file, the tenant whose credentials and state are used, unless the file is in the tenant's
    /// own folder.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only this profile.
    #[arg(long)]
    pub profile: Option<String>,
    /// The configuration, for credentials and the data directory.
    #[command(flatten)]
    pub config: Config,
}

/// `profile check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The profile file; all profiles of the configuration by default.
    pub file: Option<PathBuf>,
    /// Only this tenant; for a file, the tenant whose credentials are used, unless the file is in the tenant's own folder.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Compare it with what both remotes have, permissions included.
    #[arg(long)]
    pub online: bool,
    /// The configuration, for credentials.
    #[command(flatten)]
    pub config: Config,
}

/// `pair`.
#[derive(Debug, Subcommand)]
pub enum Pair {
    /// Lists pairs.
    #[command(after_help = "Example: counterpart pair list --json")]
    List(List),
    /// One pair: its ends, its state, what is under way.
    #[command(after_help = "Example: counterpart pair show WEB-12")]
    Show(One),
    /// What happened to a pair, and why.
    #[command(after_help = "Example: counterpart pair why 4711")]
    Why(One),
    /// Leaves a pair alone until it is resumed. Asks the running node.
    #[command(after_help = "Example: counterpart pair park WEB-12")]
    Park(One),
    /// Goes on with a parked pair. Asks the running node.
    #[command(after_help = "Example: counterpart pair resume WEB-12")]
    Resume(One),
    /// Reads both items again and compares every field. Asks the running node.
    #[command(after_help = "Example: counterpart pair resync 4711")]
    Resync(One),
}

/// `pair list`.
#[derive(Debug, Args)]
pub struct List {
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
    /// Only this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only this profile.
    #[arg(long)]
    pub profile: Option<String>,
    /// Only pairs after this place: the `next` of the list before, tenant/profile/pair. With a single profile the pair's
    /// own name does.
    #[arg(long)]
    pub after: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,
}

/// One pair.
#[derive(Debug, Args)]
pub struct One {
    /// The pair, by either of its items: WEB-12 or 4711.
    pub id: String,
    /// Only this tenant, where several have such an item.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only this profile, where several have such an item.
    #[arg(long)]
    pub profile: Option<String>,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// `problems`.
#[derive(Debug, Args)]
pub struct Problems {
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
    /// Only this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Closed ones too.
    #[arg(long)]
    pub all: bool,
}

/// `log`.
#[derive(Debug, Subcommand)]
pub enum Log {
    /// Who did what to profiles, keys, pairs and the log. `fsck` says whether anybody changed it.
    #[command(after_help = "Example: counterpart log audit --tenant acme --limit 20")]
    Audit(LogAudit),
    /// Logs what the remotes say when they refuse a tenant's requests, content or not, for a while. Asks the running node.
    #[command(
        after_help = "Example: counterpart log extended --tenant acme --for 30m\n\n\
                      It ends by itself, and with the node. The tenant's problems show it as `extended-logging`, and the audit \
                      log tells of it."
    )]
    Extended(LogExtended),
}

/// `log extended`.
#[derive(Debug, Args)]
pub struct LogExtended {
    /// The tenant.
    #[arg(long)]
    pub tenant: String,
    /// For how long, such as 30m or 2h; at most 4h.
    #[arg(long = "for", value_name = "TIME", required_unless_present = "off")]
    pub time: Option<String>,
    /// Ends it now.
    #[arg(long, conflicts_with = "time")]
    pub off: bool,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// `log audit`.
#[derive(Debug, Args)]
pub struct LogAudit {
    /// Only what is about this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// The last so many entries.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub limit: u32,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// `tenant`.
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Makes what a tenant needs: a folder with the draft of a profile, and its vault where there is a master key. What is
    /// there already stays as it is.
    #[command(
        after_help = "Example: counterpart tenant add acme --config /etc/counterpart/counterpart.toml"
    )]
    Add(TenantAdd),
    /// Every tenant with its profiles, its credentials, how its store stands and how large it is. Ends with 1 when one does not
    /// run as it should, or has no profiles any more.
    #[command(after_help = "Example: counterpart tenant list --json")]
    List(Config),
    /// Destroys a tenant's keys, then its store, its backups and its profiles. It cannot be undone. No node may run.
    #[command(after_help = "Example: counterpart tenant erase acme\n\n\
                      On a terminal it asks for the tenant's name; elsewhere --yes has to name it. What the remotes hold stays. \
                      When it was broken off the tenant no longer starts, and the same command goes on.")]
    Erase(TenantErase),
}

/// `tenant add`.
#[derive(Debug, Args)]
pub struct TenantAdd {
    /// Its name: letters, digits, '-', '_' and '.'.
    pub name: String,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// `tenant erase`.
#[derive(Debug, Args)]
pub struct TenantErase {
    /// Its name.
    pub name: String,
    /// The tenant's name once more, where nobody can be asked.
    #[arg(long, value_name = "NAME")]
    pub yes: Option<String>,
    /// Leaves the profiles; the next start of a node then begins the tenant anew.
    #[arg(long)]
    pub keep_profiles: bool,
    /// Leaves the copies in the bucket, and the key that opens them with the master key.
    #[arg(long)]
    pub leave_bucket: bool,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// `secret`.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Prints a new master key. Keep a copy in a safe place: without it no vault opens.
    #[command(after_help = "Example: (umask 077; counterpart secret generate > master.key)")]
    Generate,
    /// Seals a credential. Its value comes on standard input.
    #[command(
        after_help = "Example: counterpart secret set jira-sync --tenant acme --user sync@acme.example --expires 2027-03-31 < token"
    )]
    Set(SecretSet),
    /// Lists the names of what is sealed, never a value. Ends with 1 when something has expired.
    #[command(after_help = "Example: counterpart secret list --tenant acme")]
    List(SecretPlace),
    /// Takes a credential out.
    #[command(after_help = "Example: counterpart secret remove jira-sync --tenant acme")]
    Remove(SecretOne),
    /// Seals every secret under a new data key, or with --master the data keys under another master key.
    #[command(after_help = "Example: counterpart secret rotate --master")]
    Rotate(SecretRotate),
}

/// Whose secrets.
#[derive(Debug, Args)]
pub struct SecretPlace {
    /// The tenant; not needed where there is only one, and all of them where several can be meant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// One secret.
#[derive(Debug, Args)]
pub struct SecretOne {
    /// Its name, as profiles call it.
    pub name: String,
    /// Whose it is.
    #[command(flatten)]
    pub place: SecretPlace,
}

/// `secret set`.
#[derive(Debug, Args)]
pub struct SecretSet {
    /// Its name, as profiles call it.
    pub name: String,
    /// The account; Jira Cloud wants its e-mail address. Sealed together with the value.
    #[arg(long)]
    pub user: Option<String>,
    /// The last day on which the remote accepts it (UTC), such as 2027-03-31.
    #[arg(long)]
    pub expires: Option<String>,
    /// Whose it is.
    #[command(flatten)]
    pub place: SecretPlace,
}

/// `backup`.
#[derive(Debug, Subcommand)]
pub enum Backup {
    /// Makes a backup now and reads it back. A running node is asked to; it goes on with its work.
    #[command(after_help = "Example: counterpart backup create --tenant acme")]
    Create(BackupPlace),
    /// Lists the backups here and in the bucket. Ends with 1 when one is damaged or a tenant has no good one.
    #[command(after_help = "Example: counterpart backup list --json")]
    List(BackupPlace),
    /// Reads every byte of backups and checks every seal, count and digest. Ends with 1 when one is damaged.
    #[command(after_help = "Example: counterpart backup verify 20261129T030000Z-1 --tenant acme")]
    Verify(BackupSome),
    /// Makes a tenant's store anew from a backup, in an empty data directory. The node must not be running.
    #[command(
        after_help = "Example: counterpart backup restore --from latest --tenant acme\n\n\
                      Profiles that are missing are put back; one that is there is left. The next start of the node looks at \
                      everything that was created since before it creates anything."
    )]
    Restore(BackupRestore),
    /// Restores a backup into a temporary store, checks and compares it. Ends with 1 when it is not what it should be.
    #[command(after_help = "Example: counterpart backup drill --tenant acme")]
    Drill(BackupSome),
}

/// Whose backups.
#[derive(Debug, Args)]
pub struct BackupPlace {
    /// Only this tenant; all of them by default.
    #[arg(long)]
    pub tenant: Option<String>,
    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// Some backups.
#[derive(Debug, Args)]
pub struct BackupSome {
    /// Which one: its name, `latest`, or `all`.
    #[arg(default_value = "latest")]
    pub id: String,
    /// Whose.
    #[command(flatten)]
    pub place: BackupPlace,
}

/// `backup restore`.
#[derive(Debug, Args)]
pub struct BackupRestore {
    /// Which one: its name, or `latest`.
    #[arg(long, default_value = "latest", value_name = "ID")]
    pub from: String,
    /// Fetch it from the bucket first, key file and all, whatever lies here.
    #[arg(long)]
    pub bucket: bool,
    /// Whose.
    #[command(flatten)]
    pub place: BackupPlace,
}

/// `secret rotate`.
#[derive(Debug, Args)]
pub struct SecretRotate {
    /// Lets the master key of [master_key.next] open the vaults as well.
    #[arg(long)]
    pub master: bool,
    /// Ends the change: only the key of `[master_key]` opens the vaults from then on.
    #[arg(long, requires = "master")]
    pub finish: bool,
    /// Whose secrets.
    #[command(flatten)]
    pub place: SecretPlace,
}
