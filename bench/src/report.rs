//! The report: one table, each row with its ratio to the floor where there is one.

use std::fmt::{Display, Formatter, Result};

use crate::load::Measured;

#[derive(Default)]
pub struct Report {
    notes: Vec<(String, String)>,
    rows: Vec<(String, String, Measured)>,
    /// CPU micros a request of the bare server.
    pub floor_cpu: Option<f64>,
}

impl Report {
    pub fn note(&mut self, name: &str, text: String) {
        eprintln!("{name}: {text}");
        self.notes.push((name.to_owned(), text));
    }

    pub fn row(&mut self, server: &str, name: &str, measured: Measured) {
        eprintln!(
            "{server} {name}: {:.3}/s p50 {:?} p99 {:?} cpu {:?} us, {:.0} MiB/s",
            measured.per_second,
            measured.p50,
            measured.p99,
            measured.cpu_micros.map(|micros| micros.round()),
            measured.mib_per_second,
        );
        self.rows.push((server.to_owned(), name.to_owned(), measured));
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (name, text) in &self.notes {
            writeln!(f, "- {name}: {text}")?;
        }
        writeln!(
            f,
            "\n| server | operation | req/s | p50 µs | p99 µs | CPU µs/req | x floor | MiB/s |"
        )?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|")?;
        for (server, name, row) in &self.rows {
            let cpu = row.cpu_micros.map_or("–".to_owned(), |micros| format!("{micros:.0}"));
            let ratio = row.cpu_micros.zip(self.floor_cpu).map(|(own, floor)| own / floor);
            let ratio = ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.1}"));
            // Of what takes seconds, the digits behind the point are the number.
            let digits = if row.per_second < 10.0 { 2 } else { 0 };
            writeln!(
                f,
                "| {server} | {name} | {:.digits$} | {} | {} | {cpu} | {ratio} | {:.0} |",
                row.per_second,
                row.p50.as_micros(),
                row.p99.as_micros(),
                row.mib_per_second
            )?;
        }
        Ok(())
    }
}
