//! A throw-away PostgreSQL server for the tests of a process: started once, as a user who is not root, and gone with the process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Files are not forced to disk, since a machine that stops takes the test with it. Sessions are asked to commit carelessly, so that
/// whoever acknowledges what is committed has to say otherwise.
const SETTINGS: &str = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=400 \
                        -c shared_buffers=32MB -c listen_addresses=";

/// Starts the server, waits for the end of its input, which is the end of the test's process, however it comes, and cleans up.
const KEEP: &str = r#"
"$1/pg_ctl" -D "$2/data" -l "$2/log" -o "$3 -k $2" -w -s start || { cat "$2/log" >&2; exit 1; }
echo ready
cat > /dev/null
"$1/pg_ctl" -D "$2/data" -m immediate -w -s stop
rm -rf "$2"
"#;

/// A running server.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    databases: AtomicU32,
    keeper: Child,
}

/// Address of a new, empty database on the server of this process.
pub fn database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start).database()
}

impl Server {
    /// Starts a server of its own.
    pub fn start() -> Self {
        let (programs, user) = (programs(), user());
        // Short: the path of a socket may have about 100 bytes. Removed by whoever stops the server.
        let folder = tempfile::Builder::new().prefix("signpost-pg").tempdir().unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let made = as_user(Command::new(programs.join("initdb")).current_dir(&folder), user)
            .args([
                "--pgdata=data",
                "--username=signpost",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ])
            .output()
            .expect("run initdb");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut keeper = as_user(Command::new("sh").current_dir(&folder), user)
            .args([Path::new("-c"), KEEP.as_ref(), "keeper".as_ref(), &programs, &folder, SETTINGS.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // An interrupt of the tests is no interrupt of who cleans up after them.
            .process_group(0)
            .spawn()
            .expect("run sh");
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n", "PostgreSQL does not start; its log is above");
        Self { programs, folder, user, databases: AtomicU32::new(0), keeper }
    }

    /// Address of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Relaxed));
        self.run("createdb", &["--host", self.folder.to_str().unwrap(), "--username", "signpost", &name]);
        let host = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://signpost@{host}/{name}")
    }

    /// Stops it at once, as a crash would; what is connected is cut off.
    pub fn stop(&self) {
        self.run("pg_ctl", &["-D", "data", "-m", "immediate", "-w", "-s", "stop"]);
    }

    /// Starts it again, where it was.
    pub fn start_again(&self) {
        let settings = format!("{SETTINGS} -k {}", self.folder.display());
        self.run("pg_ctl", &["-D", "data", "-l", "log", "-o", &settings, "-w", "-s", "start"]);
    }

    /// All tables of a database as text, bytes as hexadecimal digits.
    #[allow(dead_code, reason = "the store's own tests ask the tables")]
    pub fn dump(&self, database: &str) -> Vec<u8> {
        let mut command = Command::new(self.programs.join("pg_dump"));
        let dumped = as_user(command.current_dir(&self.folder), self.user).args(["--dbname", database]).output();
        let dumped = dumped.unwrap_or_else(|error| panic!("run pg_dump: {error}"));
        assert!(dumped.status.success(), "pg_dump: {}", String::from_utf8_lossy(&dumped.stderr));
        dumped.stdout
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        let command = as_user(command.current_dir(&self.folder).args(arguments), self.user);
        let status = command.stdin(Stdio::null()).status().unwrap_or_else(|error| panic!("run {program}: {error}"));
        assert!(status.success(), "{program} {arguments:?}: {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Folder of the server's programs: where `initdb` on the path leads to, or where Debian puts them.
fn programs() -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort_by_key(|path| path.parent().and_then(|version| version.file_name()?.to_str()?.parse::<u32>().ok()));
    let folders = std::env::split_paths(&paths).chain(debian.into_iter().rev());
    let found = folders.filter_map(|folder| folder.join("initdb").canonicalize().ok()).next();
    found.and_then(|initdb| Some(initdb.parent()?.to_owned())).expect(
        "no PostgreSQL: the tests start a server of their own. Install one (Debian, Ubuntu: sudo apt-get install postgresql, or run \
         scripts/system_packages.sh as root)",
    )
}

/// Who runs the server: initdb refuses root.
fn user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let own = tempfile::tempfile().unwrap().metadata().unwrap().uid();
    if own != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("read /etc/passwd");
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    Some(
        ids("postgres")
            .or_else(|| ids("nobody"))
            .expect("run the tests as another user than root, or add a user nobody"),
    )
}

fn as_user(command: &mut Command, user: Option<(u32, u32)>) -> &mut Command {
    match user {
        Some((user, group)) => command.uid(user).gid(group),
        None => command,
    }
}
