//! The build system, in Rust.

mod check;
mod codegen;
mod fidelity;
mod judges;
mod tidy;

use std::path::Path;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["codegen"] => codegen::run(&root, false),
        ["codegen", "--refresh-models"] => codegen::run(&root, true),
        ["check"] => check::run(&root).map_err(Into::into),
        ["judges", directory] => fidelity::run(&root, directory.as_ref()).map_err(Into::into),
        ["judges"] => judges::run(&root).map_err(Into::into),
        ["tidy"] => tidy::run(&root).map_err(Into::into),
        _ => {
            Err("usage: cargo xtask check | codegen [--refresh-models] | judges [DIRECTORY] | tidy"
                .into())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs cargo in `directory`, saying so.
fn cargo(directory: &Path, arguments: &[&str]) -> Result<(), String> {
    eprintln!("xtask: cargo {}", arguments.join(" "));
    let status = Command::new(env!("CARGO")).args(arguments).current_dir(directory).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo {}: {status}", arguments.join(" "))),
        Err(error) => Err(format!("cargo {}: {error}", arguments.join(" "))),
    }
}
