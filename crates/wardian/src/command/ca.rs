//! `wardian ca`: the certificate of the authority behind `--tls self-signed`.

use crate::cli::{CaFlags, DataFlags};
use crate::client::{Place, authority};
use crate::failure::{Failure, Outcome, While as _};
use crate::{file, places, serve};

use super::print;

pub async fn run(flags: CaFlags) -> Outcome {
    match flags.endpoint_url {
        None => of_directory(&flags.data),
        Some(url) => {
            let place = Place::new(url, String::new(), None)?;
            print(authority(&place).await?)
        }
    }
}

/// Of the data directory that is named; else of the platform's, else of a server in memory.
fn of_directory(flags: &DataFlags) -> Outcome {
    let mut dirs = vec![serve::default_dir(flags)?];
    if flags.data_dir.is_none() {
        dirs.push(places::runtime_dir());
    }
    for dir in &dirs {
        let path = serve::ca_file(dir);
        let text = file::read_if_there(&path).cannot(format!("read {}", path.display()))?;
        if let Some(text) = text {
            return print(text);
        }
    }
    Err(Failure::new("there is no self-signed certificate yet").hint(
        "`wardian serve --tls self-signed` makes it; with data elsewhere, add --data-dir DIR.",
    ))
}
