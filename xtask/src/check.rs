//! `cargo xtask check`: everything that must hold before a change lands, in one command.

use std::path::Path;
use std::process::Command;

use crate::cargo;

/// Formatting, lints, all tests (freshness of generated files and tidy among them), licences and
/// sources.
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

fn has_cargo_deny(root: &Path) -> bool {
    let version =
        Command::new(env!("CARGO")).args(["deny", "--version"]).current_dir(root).output();
    version.is_ok_and(|output| output.status.success())
}
