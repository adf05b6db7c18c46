//! `wardian export`: all keys of a data directory as text that needs no engine to read. Secrets go
//! out sealed.

use std::io::BufWriter;

use crate::cli::ExportFlags;
use crate::failure::{Outcome, While as _};
use crate::{file, serve};

pub fn run(flags: &ExportFlags) -> Outcome {
    let dir = serve::default_dir(&flags.data)?;
    let store = serve::open_for_reading(&dir)?;
    match &flags.output {
        None => store.export(std::io::stdout().lock()).cannot("export"),
        Some(path) => {
            let shown = path.display();
            let file = file::create_new(path).cannot(format!("make {shown}"))?;
            store.export(BufWriter::new(file)).cannot(format!("export to {shown}"))
        }
    }
}
