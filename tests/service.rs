//! A real `signpost serve` on port 0, with the requests that tests make of it.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take before a test calls it lost; generous, because machines are shared.
const PATIENCE: Duration = Duration::from_secs(120);

/// The folder of the model that `make models` fetched.
pub fn model() -> PathBuf {
    let folder = std::env::var_os("SIGNPOST_TEST_MODEL").map(PathBuf::from);
    folder.filter(|folder| folder.join("model.onnx").is_file()).expect("no model: run `make models`, then `make test`")
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs the binary to its end and returns (exit code, stdout, stderr).
pub fn signpost(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_signpost")).args(arguments).output().expect("start signpost");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("signpost prints UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A server of its own, killed when dropped.
pub struct Service {
    child: Child,
    /// Address of the API and the pages, without a slash at its end.
    pub base: String,
    /// Address of the admin listener.
    pub admin: String,
    data: PathBuf,
    agent: ureq::Agent,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers in lower case, sorted by name.
    pub headers: Vec<(String, String)>,
    /// Body as it came.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
    /// Slugs of the answers of a search.
    pub fn slugs(&self) -> Vec<String> {
        let json = self.json();
        let answers = json["answers"].as_array().unwrap_or_else(|| panic!("no answers in {json}"));
        answers.iter().map(|answer| answer["slug"].as_str().unwrap().to_owned()).collect()
    }
}

impl Service {
    /// Starts a server and returns once it listens.
    pub fn start(content: &Path, data: &Path, options: &[&str]) -> Self {
        let log = if std::env::var_os("SIGNPOST_TEST_LOG").is_some() { Stdio::inherit() } else { Stdio::null() };
        Self::spawn(content, data, options, Command::new(Self::binary()).stderr(log))
    }

    /// The same, which writes all that it can into a log.
    pub fn start_talkative(content: &Path, data: &Path, options: &[&str], log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        Self::spawn(content, data, options, Command::new(Self::binary()).env("RUST_LOG", "debug").stderr(log))
    }

    fn binary() -> std::ffi::OsString {
        std::env::var_os("SIGNPOST_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_signpost").into())
    }

    fn spawn(content: &Path, data: &Path, options: &[&str], command: &mut Command) -> Self {
        let mut child = command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0",
                "--address-rate",
                "0",
                "--visitor-rate",
                "0",
            ])
            .args([Path::new("--content"), content, Path::new("--data"), data])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("start signpost");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |name: &str| loop {
            let line = lines.next().unwrap_or_else(|| panic!("signpost ended before it said `{name}`")).unwrap();
            if let Some(rest) = line.strip_prefix(name) {
                return rest.trim().to_owned();
            }
        };
        let (base, admin) = (address("listening on "), address("admin on "));
        std::thread::spawn(move || lines.for_each(drop));
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        Self { child, base, admin, data: data.to_owned(), agent }
    }

    /// Waits until everything on disk is indexed, with its vectors where there is a model.
    pub fn settled(self) -> Self {
        self.settle();
        self
    }

    /// See [`Self::settled`].
    pub fn settle(&self) {
        self.wait("the index to be up to date", |service| {
            let progress = service.get_from(&service.admin, "/progress", None);
            let progress = progress.json();
            let indexed = progress["rounds"].as_u64() > Some(0)
                && progress["awaiting_vectors"] == 0
                && progress["model"] != "loading";
            indexed && service.get("/readyz", None).status == 200
        });
    }

    /// Asks again until `is_so`; panics, naming what was awaited, when patience ends.
    pub fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < PATIENCE, "gave up waiting for {what}");
            std::thread::yield_now();
        }
    }

    /// Id of the server's process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// A token signed with the data folder's dev key.
    pub fn token(&self, portal: &str, roles: &[&str], attributes: &[(&str, &str)]) -> String {
        self.token_of("tester", portal, roles, attributes)
    }

    /// The same, of somebody else.
    pub fn token_of(&self, subject: &str, portal: &str, roles: &[&str], attributes: &[(&str, &str)]) -> String {
        let mut arguments =
            vec!["token", "--data", self.data.to_str().unwrap(), "--portal", portal, "--subject", subject];
        roles.iter().for_each(|role| arguments.extend(["--role", role]));
        let attributes: Vec<String> = attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
        attributes.iter().for_each(|attribute| arguments.extend(["--attribute", attribute]));
        let (code, out, error) = signpost(&arguments);
        assert_eq!(code, 0, "signpost token: {error}");
        out.trim().to_owned()
    }

    /// A GET of the public listener.
    pub fn get(&self, path: &str, token: Option<&str>) -> Reply {
        self.get_from(&self.base, path, token)
    }

    /// What an address answers, on the public listener or the admin one.
    pub fn get_from(&self, base: &str, path: &str, token: Option<&str>) -> Reply {
        let mut request = self.agent.get(format!("{base}{path}"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        reply(request.call())
    }

    /// A POST of JSON.
    pub fn post(&self, path: &str, body: &Value, token: Option<&str>) -> Reply {
        self.try_post(path, body, token, &[]).expect("the server answers")
    }

    /// A POST of JSON that may fail because the server was killed; `None` then.
    pub fn try_post(&self, path: &str, body: &Value, token: Option<&str>, headers: &[(&str, &str)]) -> Option<Reply> {
        let mut request = self.agent.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match request.send(body.to_string().as_bytes()) {
            Ok(response) => read(response),
            Err(_) => None,
        }
    }

    /// Kills the server as a power cut would, whatever other threads ask of it at the time.
    pub fn kill(&self) {
        let status = Command::new("kill").args(["-9", &self.process().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -9");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn reply(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Reply {
    read(result.expect("the server answers")).expect("the whole body arrives")
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Option<Reply> {
    let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut headers: Vec<_> = response.headers().iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
    headers.sort();
    let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().ok()?;
    Some(Reply { status: response.status().as_u16(), headers, body })
}

/// Percent-encodes a query value.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// Writes a file and its folders, as an editor's atomic save does: beside it, then renamed over it.
pub fn save(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let beside = path.with_extension("md.part~");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(&beside, path).unwrap();
}

/// Copies a folder with the files for which `keep` (relative path, text) says so, modification times included.
pub fn copy(from: &Path, to: &Path, keep: &dyn Fn(&str, &str) -> bool) {
    fn walk(from: &Path, to: &Path, base: &Path, keep: &dyn Fn(&str, &str) -> bool) {
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let target = to.join(path.file_name().unwrap());
            if path.is_dir() {
                walk(&path, &target, base, keep);
            } else {
                let relative = path.strip_prefix(base).unwrap().to_str().unwrap().to_owned();
                let bytes = std::fs::read(&path).unwrap();
                if keep(&relative, &String::from_utf8_lossy(&bytes)) {
                    std::fs::create_dir_all(to).unwrap();
                    std::fs::write(&target, bytes).unwrap();
                    age(&target);
                }
            }
        }
    }
    walk(from, to, from, keep);
}

/// Gives a file a fixed modification time, so that two copies of a folder are the same content.
pub fn age(path: &Path) {
    let when = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(when).unwrap();
}
