//! The real clients: the aws CLI and boto3 from PyPI, in a virtual environment that is made once.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// A command-line client with its own home and environment.
#[derive(Clone)]
pub struct Client {
    program: PathBuf,
    home: PathBuf,
    environment: Vec<(String, String)>,
}

/// What a command answered.
#[derive(Debug)]
pub struct Output {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Client {
    pub(crate) fn new(home: &Path, endpoint: &str) -> Self {
        let environment = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_PAGER", ""),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_MAX_ATTEMPTS", "1"),
        ];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            program: tools().join("bin/aws"),
            home: home.to_owned(),
            environment: environment.map(own).to_vec(),
        }
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn program(mut self, program: &str) -> Self {
        self.program = program.into();
        self
    }

    /// Runs the client; `line` is split at blanks, quotes hold words together.
    pub fn run(&self, line: &str) -> Output {
        self.run_with_input(line, "")
    }

    /// Starts the client and leaves it running.
    pub fn spawn(&self, line: &str) -> Child {
        let mut command = Command::new(&self.program);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .args(words(line))
            .env_clear()
            .env("PATH", format!("{}:{path}", tools().join("bin").display()))
            .env("HOME", &self.home)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("the client starts")
    }

    pub fn run_with_input(&self, line: &str, input: &str) -> Output {
        let mut child = self.spawn(line);
        let mut stdin = child.stdin.take().expect("a pipe");
        // A client that asks nothing may be gone before it is told.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the client ends");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Output {
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs the client and expects it to succeed.
    pub fn ok(&self, line: &str) -> Output {
        let output = self.run(line);
        assert_eq!(output.status, 0, "{line}\n{}{}", output.stdout, output.stderr);
        output
    }

    /// Runs the client, expects success and reads its answer as JSON.
    pub fn json(&self, line: &str) -> Value {
        let output = self.ok(line);
        serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{line}: {error}\n{}", output.stdout))
    }

    /// Runs the client, expects it to fail, and gives what it said.
    pub fn refused(&self, line: &str) -> String {
        let output = self.run(line);
        assert_ne!(output.status, 0, "{line} should fail\n{}", output.stdout);
        output.stderr.trim().to_owned()
    }
}

impl Output {
    /// Standard output without the last line's end.
    #[must_use]
    pub fn text(&self) -> &str {
        self.stdout.trim_end()
    }
}

/// The interpreter of the virtual environment.
#[must_use]
pub fn python() -> PathBuf {
    tools().join("bin/python")
}

/// The virtual environment, made anew where the requirements changed. `cargo test` runs test
/// binaries one after another, and a lock file holds tests of one binary apart.
fn tools() -> &'static Path {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let venv = here.join("../target/test-clients");
        let wanted = here.join("requirements.txt");
        let mark = venv.join("requirements.txt");
        let text = std::fs::read_to_string(&wanted).expect("requirements.txt");
        if std::fs::read_to_string(&mark).is_ok_and(|made| made == text) {
            return venv;
        }
        let _ = std::fs::remove_dir_all(&venv);
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        run(Command::new(venv.join("bin/python")).args(pip).arg(&wanted));
        std::fs::write(&mark, text).expect("a mark");
        venv
    })
}

fn run(command: &mut Command) {
    let status = command.status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?}");
}

/// Words of a line: blanks part them, single quotes hold them together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut started) = (Vec::new(), String::new(), false, false);
    for letter in line.chars() {
        match letter {
            '\'' => (quoted, started) = (!quoted, true),
            ' ' | '\n' if !quoted => {
                if started || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                started = false;
            }
            letter => word.push(letter),
        }
    }
    if started || !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(words("a  'b c' d''"), ["a", "b c", "d"]);
        assert_eq!(words("x --text ''"), ["x", "--text", ""]);
    }
}
