//! A server of a test's own, and the command line beside it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use sigv4::{Credentials, Headers, PayloadHash, Request, SecretKey, SigningScope, Style};
use tempfile::TempDir;

pub struct Home(pub TempDir);

pub struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    /// `http://127.0.0.1:34567`
    pub endpoint: String,
}

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The binary with a clean environment, at home here.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardian"));
        command.args(words.split_whitespace()).env_clear();
        command.env("HOME", self.0.path()).env("XDG_RUNTIME_DIR", self.path("run"));
        command
    }

    /// A server in memory on a free port.
    pub fn serve(&self, words: &str) -> Server {
        Server::start(self.command(&format!("serve --listen 127.0.0.1:0 {words}")))
    }

    /// Runs a command against a server, and gives what it prints.
    pub fn run(&self, server: &Server, words: &str) -> Output {
        self.command(words).env("AWS_ENDPOINT_URL", &server.endpoint).output().unwrap()
    }

    /// As [`Home::run`], of a command that must succeed.
    pub fn done(&self, server: &Server, words: &str) -> String {
        let output = self.run(server, words);
        assert!(output.status.success(), "{words}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    pub fn json(&self, server: &Server, words: &str) -> serde_json::Value {
        serde_json::from_str(&self.done(server, words)).unwrap()
    }

    /// As [`Home::run`], of a command that must fail: what it says.
    pub fn refused(&self, server: &Server, words: &str) -> String {
        let output = self.run(server, words);
        assert_eq!(output.status.code(), Some(1), "{words}: {}", text(&output.stdout));
        text(&output.stderr)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
}

impl Server {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let endpoint = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Self { child, out, endpoint }
    }

    pub fn connect(&self) -> TcpStream {
        let (_, address) = self.endpoint.split_once("://").unwrap();
        TcpStream::connect(address).unwrap()
    }

    /// Sends a request as it stands and gives the answer as it comes; the connection is closed
    /// behind it.
    pub fn exchange(&self, head: &str, body: &str) -> String {
        let mut stream = self.connect();
        let request = format!("{head}connection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end: the exit code, and what was printed since the first line.
    pub fn wait(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The head and body of a signed GetCallerIdentity.
pub fn get_caller_identity(key_id: &str, secret: &str) -> (String, String) {
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    (signed(Style::Query, "POST", "/", body, (key_id, secret)), body.to_owned())
}

/// The head of a request signed for STS or S3.
pub fn signed(
    style: Style,
    method: &str,
    path: &str,
    body: &str,
    (key_id, secret): (&str, &str),
) -> String {
    let now = std::fs::metadata("/proc/self").unwrap().modified().unwrap();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let own = [("content-type", "application/x-www-form-urlencoded"), ("host", "localhost")];
    let headers = Headers::new(own.iter().map(|(name, value)| (*name, value.as_bytes())));
    let (resource, query) = path.split_once('?').unwrap_or((path, ""));
    let request = Request { method, path: resource, query, headers: &headers };
    let secret = SecretKey::new(secret);
    let signer = Credentials { access_key_id: key_id, secret: &secret, session_token: None };
    let service = if style == Style::S3 { "s3" } else { "sts" };
    let scope = SigningScope { style, service, region: "us-east-1" };
    let payload = PayloadHash::Signed(sigv4::sha256(body.as_bytes()));
    let signed = sigv4::sign(&request, &signer, &scope, payload, i64::try_from(now).unwrap());
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    let added = signed.headers.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in own.into_iter().chain(added) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n", body.len()));
    head
}

/// The access key of a file that the server wrote for root.
pub fn keys_of(path: &Path) -> (String, String) {
    let content = std::fs::read_to_string(path).unwrap();
    let value = |key: &str| {
        let line = content.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim_start_matches([' ', '=']).to_owned()
    };
    (value("aws_access_key_id"), value("aws_secret_access_key"))
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
