//! A Wardian of a test's own: started on a free port, stopped when dropped.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::clients::Client;

/// How clients reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Http,
    /// With a certificate that the server signed itself.
    Tls,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub transport: Transport,
    /// In memory, or in a directory that outlives a restart.
    pub memory: bool,
    /// Further words of the command line.
    pub arguments: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { transport: Transport::Http, memory: true, arguments: Vec::new() }
    }
}

pub struct Server {
    child: Child,
    /// `http://127.0.0.1:34567`
    pub endpoint: String,
    pub home: TempDir,
    options: Options,
}

pub const ACCOUNT: &str = "123456789012";
pub const ROOT_KEY: &str = "AKIAQTESTTESTTESTTES";
pub const ROOT_SECRET: &str = "a-secret-that-the-tests-gave-the-server0";

impl Server {
    /// In memory, over plain http.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    #[must_use]
    pub fn start_with(options: Options) -> Self {
        Self::start_in(tempfile::tempdir().expect("a directory"), options)
    }

    /// The same server again, on the data it left behind.
    #[must_use]
    pub fn restart(mut self) -> Self {
        self.stop();
        let home = std::mem::replace(&mut self.home, tempfile::tempdir().expect("a directory"));
        Self::start_in(home, self.options.clone())
    }

    /// Killed with no chance to finish anything, then started again on what is on the disk.
    #[must_use]
    pub fn kill_and_restart(mut self) -> Self {
        self.child.kill().expect("killed");
        let _ = self.child.wait();
        let home = std::mem::replace(&mut self.home, tempfile::tempdir().expect("a directory"));
        Self::start_in(home, self.options.clone())
    }

    fn start_in(home: TempDir, options: Options) -> Self {
        let mut command = Command::new(binary());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--account-id", ACCOUNT])
            .args(&options.arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("XDG_RUNTIME_DIR", home.path())
            .env("WARDIAN_ROOT_ACCESS_KEY_ID", ROOT_KEY)
            .env("WARDIAN_ROOT_SECRET_ACCESS_KEY", ROOT_SECRET)
            .stdout(Stdio::piped());
        if options.memory {
            command.arg("--memory");
        } else {
            command.arg("--data-dir").arg(home.path().join("data"));
        }
        if options.transport == Transport::Tls {
            command.args(["--tls", "self-signed"]);
        }
        let mut child = command.spawn().expect("wardian starts");
        let endpoint = announced(&mut child);
        Self { child, endpoint, home, options }
    }

    /// A client with the root's credentials.
    #[must_use]
    pub fn root(&self) -> Client {
        self.client().env("AWS_ACCESS_KEY_ID", ROOT_KEY).env("AWS_SECRET_ACCESS_KEY", ROOT_SECRET)
    }

    /// A client that has only the profiles of its home.
    #[must_use]
    pub fn client(&self) -> Client {
        let client = Client::new(self.home.path(), &self.endpoint);
        if self.options.transport == Transport::Tls {
            client.env("AWS_CA_BUNDLE", &self.certificate())
        } else {
            client
        }
    }

    /// Runs the binary itself, as its own command-line client.
    #[must_use]
    pub fn wardian(&self) -> Client {
        self.root().program(binary().to_string_lossy().as_ref())
    }

    pub fn stop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let status = self.child.wait().expect("wardian ends");
        assert!(status.success(), "wardian ends well at SIGTERM: {status}");
    }

    /// A client that runs a Python script of `python/` with boto3.
    #[must_use]
    pub fn python(&self, script: &str) -> (Client, String) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
        let client = self.root().program(&crate::python().to_string_lossy());
        (client, path.to_string_lossy().into_owned())
    }

    fn certificate(&self) -> String {
        let path = self.home.path().join("ca.pem");
        if !path.exists() {
            let mut export = Command::new(binary());
            export.arg("ca").arg("--endpoint-url").arg(&self.endpoint);
            let pem =
                export.env_clear().env("HOME", self.home.path()).output().expect("wardian ca");
            assert!(pem.status.success(), "{}", String::from_utf8_lossy(&pem.stderr));
            std::fs::write(&path, pem.stdout).expect("a certificate");
        }
        path.to_string_lossy().into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads standard output until the server says where it listens, then lets it print on.
fn announced(child: &mut Child) -> String {
    let stdout = child.stdout.take().expect("a pipe");
    let mut lines = BufReader::new(stdout).lines();
    let endpoint = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let place = line.find("http://").or_else(|| line.find("https://"))?;
        line.get(place..)?.split_whitespace().next().map(str::to_owned)
    });
    std::thread::spawn(move || lines.for_each(drop));
    endpoint.expect("wardian says where it listens")
}

/// The release binary: `TESTED_WARDIAN`, else built here once.
#[must_use]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("TESTED_WARDIAN") {
            return path.into();
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let build = ["build", "--release", "--package", "wardian"];
        let status = Command::new(env!("CARGO")).args(build).current_dir(&root).status();
        assert!(status.is_ok_and(|status| status.success()), "the release binary builds");
        root.join("target/release/wardian")
    })
}
