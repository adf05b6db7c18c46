//! Logs, on standard error: lines for people or lines of JSON. The gateway puts the request id into
//! each of its own.
//!
//! Secrets never get here: their types print nothing.

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Sends the logs of this process to standard error.
pub fn start(format: Format, level: Level) {
    let filter = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt()
        .with_max_level(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A process starts its logs once; a second start would change nothing.
    let _ = match format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    // A panic is a line like any, and keeps a log of JSON a log of JSON.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a fault of this program")));
}
