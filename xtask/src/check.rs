//! `cargo xtask check`: everything that must hold before a change lands, in one command.

use std::path::Path;
use std::process::Command;

/// Formatting, lints, all tests (freshness of generated files and tidy among them), licences and sources.
pub fn run(root: &Path) -> Result<(), String> {
    cargo(root, &["fmt", "--all", "--check"])?;
    cargo(root, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    cargo(root, &["test", "--workspace"])?;
    if has_cargo_deny(root) {
        cargo(root, &["deny", "check", "bans", "licenses", "sources"])?;
    } else {
        eprintln!("xtask: cargo-deny is not installed: licences and sources were not checked");
    }
    Ok(())
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<(), String> {
    eprintln!("xtask: cargo {}", arguments.join(" "));
    let status = Command::new(env!("CARGO")).args(arguments).current_dir(root).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo {}: {status}", arguments.join(" "))),
        Err(error) => Err(format!("cargo {}: {error}", arguments.join(" "))),
    }
}

fn has_cargo_deny(root: &Path) -> bool {
    let version =
        Command::new(env!("CARGO")).args(["deny", "--version"]).current_dir(root).output();
    version.is_ok_and(|output| output.status.success())
}
