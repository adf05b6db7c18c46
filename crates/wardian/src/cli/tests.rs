//! The command line as a table: its defaults, its variables and what it refuses.

use clap::CommandFactory as _;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

fn serve(line: &str) -> ServeFlags {
    match parse(line).expect("flags that parse").command {
        Command::Serve(flags) => *flags,
        other => panic!("not serve: {other:?}"),
    }
}

#[test]
fn the_table_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_flag_of_serve_is_also_a_variable() {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").expect("serve");
    for flag in serve.get_arguments().filter_map(|flag| Some((flag.get_long()?, flag.get_env()))) {
        let (name, variable) = flag;
        let expected = format!("WARDIAN_{}", name.to_uppercase().replace('-', "_"));
        assert_eq!(variable.and_then(|name| name.to_str()), Some(expected.as_str()), "{name}");
    }
}

#[test]
fn serve_listens_on_the_loopback_unless_told_otherwise() {
    let flags = serve("wardian serve");
    assert_eq!(flags.listen.to_string(), "127.0.0.1:4566");
    assert_eq!(flags.account_id.as_str(), "123456789012");
    assert_eq!(flags.region, "us-east-1");
    assert!(!flags.memory && flags.tls.is_none() && flags.trusted_proxy.is_empty());
}

#[test]
fn lists_are_repeated_flags_or_commas() {
    let line = "wardian serve --trusted-proxy 10.0.0.1 --trusted-proxy fd00::/8,10.1.0.0/16";
    assert_eq!(serve(line).trusted_proxy.len(), 3);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let bad = [
        "wardian serve --memory --data-dir x",
        "wardian serve --tls-cert x",
        "wardian serve --tls self-signed --tls-cert x --tls-key y",
        "wardian serve --tls yes",
        "wardian serve --account-id 12",
        "wardian serve --quota-factor 0",
        "wardian serve --unknown",
        "wardian env --shell fish --format json",
        "wardian profile write x --undo --role arn:aws:iam::123456789012:role/r",
        "wardian credentials --session-name s",
        "wardian account close 12",
        "wardian",
    ];
    for line in bad {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn every_command_says_what_it_does() {
    let mut commands = vec![Cli::command()];
    while let Some(command) = commands.pop() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for flag in command.get_arguments() {
            assert!(flag.get_help().is_some(), "{} {}", command.get_name(), flag.get_id());
        }
        commands.extend(command.get_subcommands().cloned());
    }
}
