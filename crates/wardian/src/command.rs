//! The commands of the command line, one file each; what they print goes to standard output, whole
//! or not at all.

mod account;
mod admin_create;
mod ca;
mod can;
mod clock;
mod env;
mod export;
mod profile_block;
mod profile_write;
mod reset;
mod source;
mod whocan;
mod why;

use std::io::Write as _;

use api::Operation;
use clap::CommandFactory as _;

use crate::cli::{AdminCommand, CallerFlags, Cli, Command, ProfileCommand};
use crate::client::{Client, Place, Profiles, find, json};
use crate::failure::{Outcome, While as _};
use crate::serve;

/// Does what the command line says.
///
/// # Errors
/// What is to be printed before the process fails.
pub fn run(command: Command) -> Outcome {
    match command {
        Command::Serve(flags) => serve::run(&flags),
        Command::Admin(AdminCommand::Create(flags)) => wait(admin_create::run(flags)),
        Command::Env(flags) => wait(env::run(flags)),
        Command::Profile(ProfileCommand::Write(flags)) => profile_write::run(&flags),
        Command::Credentials(flags) => wait(source::print(flags)),
        Command::Account(command) => wait(account::run(command)),
        Command::Clock(command) => wait(clock::run(command)),
        Command::Why(flags) => wait(why::run(flags)),
        Command::Can(flags) => wait(can::run(flags)),
        Command::Whocan(flags) => wait(whocan::run(flags)),
        Command::Reset(flags) => wait(reset::run(flags)),
        Command::Ca(flags) => wait(ca::run(flags)),
        Command::Export(flags) => export::run(&flags),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "wardian", &mut script);
            print(script)
        }
    }
}

/// Runs a client's future: one connection at a time needs one thread.
fn wait(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .cannot("start the runtime")?
        .block_on(work)
}

/// Calls one operation as the caller that the flags name, and prints its answer as JSON.
async fn call<O: Operation>(flags: &CallerFlags, input: &O::Input) -> Outcome {
    let output = answer::<O>(flags, input).await?;
    if O::SHAPE.result_wrapper.is_none() {
        return Ok(());
    }
    print_json(&json::of(&output))
}

/// Calls one operation as the caller that the flags name.
async fn answer<O: Operation>(flags: &CallerFlags, input: &O::Input) -> Outcome<O::Output> {
    let profiles = Profiles::load()?;
    let profile = flags.profile.as_deref();
    let place = Place::find(&flags.client, &profiles, profile)?;
    let credentials = find(&place, &profiles, profile).await?;
    Client::new(place, credentials)?.call::<O>(input).await
}

fn print_json(document: &serde_json::Value) -> Outcome {
    print(format!("{document:#}\n"))
}

fn print(text: impl AsRef<[u8]>) -> Outcome {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_ref()).and_then(|()| out.flush()).cannot("print")
}
