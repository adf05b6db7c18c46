//! `wardian env`: credentials, region and endpoint as a shell, a program or a container reads them.

use serde_json::Map;

use crate::cli::{EnvFlags, EnvFormat, ExportShell};
use crate::client::{Credentials, Place};
use crate::failure::Outcome;

use super::{print, print_json, source};

/// A variable and its value; None where it is to be unset.
type Variable = (&'static str, Option<String>);

pub async fn run(flags: EnvFlags) -> Outcome {
    let (place, credentials) = source::credentials(&flags.source).await?;
    let variables = variables(&place, credentials);
    match flags.format {
        None => print(exports(flags.shell, &variables)),
        Some(EnvFormat::Dotenv) => print(dotenv(&variables)),
        Some(EnvFormat::Json) => {
            let set = variables.into_iter().filter_map(|(name, value)| {
                Some((name.to_owned(), serde_json::Value::from(value?)))
            });
            print_json(&serde_json::Value::Object(set.collect::<Map<_, _>>()))
        }
    }
}

/// A token of another session must not stay behind, so what is not there is unset.
fn variables(place: &Place, credentials: Credentials) -> Vec<Variable> {
    let secret = credentials.secret.expose_str().map(str::to_owned);
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id)),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", credentials.session_token),
        ("AWS_CREDENTIAL_EXPIRATION", credentials.expiration),
        ("AWS_ENDPOINT_URL", Some(place.endpoint.clone())),
        ("AWS_REGION", Some(place.region.clone())),
        ("AWS_DEFAULT_REGION", Some(place.region.clone())),
    ];
    if let Some(path) = place.ca_bundle.as_ref().filter(|_| place.is_tls()) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        variables.push(("AWS_CA_BUNDLE", Some(path.display().to_string())));
    }
    variables
}

fn exports(shell: ExportShell, variables: &[Variable]) -> String {
    let mut text = String::new();
    for (name, value) in variables {
        let line = match (shell, value) {
            (ExportShell::Bash, Some(value)) => {
                format!("export {name}='{}'", value.replace('\'', r"'\''"))
            }
            (ExportShell::Bash, None) => format!("unset {name}"),
            (ExportShell::Fish, Some(value)) => {
                format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
            }
            (ExportShell::Fish, None) => format!("set -e {name}"),
            (ExportShell::Powershell, Some(value)) => {
                format!("$env:{name} = '{}'", value.replace('\'', "''"))
            }
            (ExportShell::Powershell, None) => {
                format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue")
            }
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Without quotes: readers differ in what they make of them, and no value here needs any.
fn dotenv(variables: &[Variable]) -> String {
    let set = variables.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    set.map(|(name, value)| format!("{name}={value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARIABLES: [(&str, Option<&str>); 2] = [("A", Some(r"it's\x")), ("B", None)];

    fn of(shell: ExportShell) -> String {
        let owned: Vec<Variable> =
            VARIABLES.map(|(name, value)| (name, value.map(str::to_owned))).into();
        exports(shell, &owned)
    }

    #[test]
    fn every_shell_reads_values_as_they_are() {
        assert_eq!(of(ExportShell::Bash), "export A='it'\\''s\\x'\nunset B\n");
        assert_eq!(of(ExportShell::Fish), "set -gx A 'it\\'s\\\\x'\nset -e B\n");
        let powershell = "$env:A = 'it''s\\x'\nRemove-Item Env:B -ErrorAction SilentlyContinue\n";
        assert_eq!(of(ExportShell::Powershell), powershell);
    }
}
