//! `cargo xtask judges`: heavy clients that live outside the daily build, run against the release
//! binary: the AWS SDK for Rust, and the scripts of `judges/clients`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::cargo;

const ID: &str = "AKIAQJUDGEJUDGEJUDGE";
const SECRET: &str = "a-secret-for-a-server-that-lives-minutes";

/// Builds the release binary, starts it in memory, and lets each judge run against it.
pub fn run(root: &Path) -> Result<(), String> {
    cargo(root, &["build", "--release", "--package", "wardian"])?;
    let mut server = Command::new(root.join("target/release/wardian"))
        .args(["serve", "--memory", "--listen", "127.0.0.1:0"])
        .env("WARDIAN_ROOT_ACCESS_KEY_ID", ID)
        .env("WARDIAN_ROOT_SECRET_ACCESS_KEY", SECRET)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("wardian: {error}"))?;
    let judged = endpoint(&mut server).and_then(|endpoint| {
        let run = ["run", "--release", "--", &endpoint, ID, SECRET];
        cargo(&root.join("judges"), &run)?;
        clients(root, &endpoint)
    });
    let _ = server.kill();
    let _ = server.wait();
    judged
}

/// Runs the scripts of `judges/clients` with a virtual environment of their own.
fn clients(root: &Path, endpoint: &str) -> Result<(), String> {
    let scripts = root.join("judges/clients");
    let tools = root.join("target/judge-clients");
    let python = tools.join("bin/python");
    if !python.exists() {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&tools))?;
    }
    let pinned = scripts.join("requirements.txt");
    succeed(Command::new(&python).args(["-m", "pip", "install", "-q", "-r"]).arg(pinned))?;
    let packages = scripts.join("package.json");
    fs::copy(packages, tools.join("package.json")).map_err(|error| format!("npm: {error}"))?;
    succeed(Command::new("npm").args(["install", "--no-audit", "--no-fund"]).current_dir(&tools))?;
    succeed(
        Command::new(scripts.join("run.sh"))
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS", tools.join("bin/aws"))
            .env("PYTHON", python)
            .env("WARDIAN", root.join("target/release/wardian"))
            .env("NODE_PATH", tools.join("node_modules")),
    )
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program}: {status}")),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

/// The address in the first line that names one.
fn endpoint(server: &mut Child) -> Result<String, String> {
    let stdout = server.stdout.take().ok_or("wardian has no standard output")?;
    let lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let mut words =
        lines.flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    words
        .find(|word| word.starts_with("http://"))
        .ok_or("wardian did not say where it listens".into())
}
