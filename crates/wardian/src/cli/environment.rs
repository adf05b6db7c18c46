//! Variables that begin with `WARDIAN_`: those that nobody reads are errors, so that a misspelt one
//! is not in vain.

use std::ffi::OsString;

use clap::CommandFactory as _;

use super::Cli;
use crate::failure::{Failure, Outcome};

const PREFIX: &str = "WARDIAN_";

/// Read by the server itself. They have no flags: what stands on a command line, every user of the
/// machine can see.
const WITHOUT_FLAG: [&str; 3] = [
    "WARDIAN_ROOT_ACCESS_KEY_ID",
    "WARDIAN_ROOT_SECRET_ACCESS_KEY",
    "WARDIAN_ROOT_SECRET_ACCESS_KEY_FILE",
];

/// Refuses names that begin with `WARDIAN_` and mean nothing.
///
/// # Errors
/// Names the first of them, and what it may have been meant for.
pub fn check_environment(names: impl Iterator<Item = OsString>) -> Outcome {
    let known = known();
    for name in names {
        let name = name.to_string_lossy();
        let strange = name.starts_with(PREFIX)
            && !known.iter().any(|known| *known == name)
            && !is_service_link(&name);
        if strange {
            let failure = Failure::new(format!("the variable {name} means nothing to Wardian"));
            return Err(match nearest(&name, &known) {
                Some(meant) => failure.hint(format!("Did you mean {meant}?")),
                None => failure.hint("`wardian serve --help` lists the variables."),
            });
        }
    }
    Ok(())
}

/// The variables of all flags of all commands.
fn known() -> Vec<String> {
    let mut names: Vec<String> = WITHOUT_FLAG.iter().map(|name| (*name).to_owned()).collect();
    let mut commands = vec![Cli::command()];
    while let Some(command) = commands.pop() {
        let variables = command.get_arguments().filter_map(clap::Arg::get_env);
        names.extend(variables.map(|name| name.to_string_lossy().into_owned()));
        commands.extend(command.get_subcommands().cloned());
    }
    names.sort();
    names.dedup();
    names
}

/// What Kubernetes puts into every container beside a service named `wardian`.
fn is_service_link(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    rest == "SERVICE_HOST"
        || rest.starts_with("SERVICE_PORT")
        || rest == "PORT"
        || rest
            .strip_prefix("PORT_")
            .is_some_and(|port| port.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// The known name that differs in the fewest places, and in no more than a slip of the hand does:
/// one of each four letters after the prefix.
fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k String> {
    let slips = name.strip_prefix(PREFIX)?.chars().count().div_ceil(4).min(4);
    let scored = known.iter().map(|known| (distance(name, known), known));
    scored.min().filter(|(distance, _)| *distance <= slips).map(|(_, known)| known)
}

/// Levenshtein's distance, row by row.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().enumerate() {
        let mut next = vec![line + 1];
        for ((to, above), pair) in right.iter().zip(row.iter().skip(1)).zip(&row) {
            let beside = next.last().copied().unwrap_or_default();
            let changed = pair + usize::from(from != *to);
            next.push(changed.min(above + 1).min(beside + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str) -> Result<(), String> {
        check_environment([OsString::from(name)].into_iter()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_misspelt_variable_is_an_error_that_names_the_right_one() {
        let error = check("WARDIAN_DATADIR").unwrap_err();
        assert!(error.contains("WARDIAN_DATADIR means nothing"), "{error}");
        assert!(error.contains("Did you mean WARDIAN_DATA_DIR?"), "{error}");
        assert!(check("WARDIAN_TSL").unwrap_err().contains("--help"), "two slips in three letters");
        assert!(check("WARDIAN_LISTN").unwrap_err().contains("WARDIAN_LISTEN?"));
    }

    #[test]
    fn a_variable_that_is_like_no_other_is_likened_to_none() {
        for name in ["WARDIAN_FOO", "WARDIAN_", "WARDIAN_X", "WARDIAN_SOMETHING_ELSE_ENTIRELY"] {
            let error = check(name).unwrap_err();
            assert!(error.contains("--help") && !error.contains("Did you mean"), "{error}");
        }
    }

    #[test]
    fn known_variables_and_those_of_others_pass() {
        let good = [
            "WARDIAN_DATA_DIR",
            "WARDIAN_ROOT_SECRET_ACCESS_KEY",
            "WARDIAN_SERVICE_HOST",
            "WARDIAN_PORT_4566_TCP_ADDR",
            "PATH",
            "MY_WARDIAN_X",
        ];
        for name in good {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }
}
