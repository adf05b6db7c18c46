//! The servers under measurement: started, watched through `/proc`, killed at the end.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::client::Client;

/// Kernel ticks a second of `/proc/<pid>/stat`; 100 on every Linux that matters.
const TICKS: f64 = 100.0;

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub started: Duration,
    pub credentials: (String, String),
    data: Option<std::path::PathBuf>,
}

impl Server {
    /// This program as a bare server.
    pub async fn floor() -> Result<Self, Failure> {
        let begun = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .arg("floor")
            .stdout(Stdio::piped())
            .spawn()?;
        let address = first_line(&mut child)?.trim().parse()?;
        let credentials = (String::new(), String::new());
        Ok(Self { child, address, started: begun.elapsed(), credentials, data: None })
    }

    /// Wardian on an empty data directory.
    pub async fn wardian(binary: &str) -> Result<Self, Failure> {
        let data = std::env::temp_dir().join(format!("wardian-bench-{}", std::process::id()));
        std::fs::create_dir_all(&data)?;
        let credentials = ("AKIAQBENCHBENCHBENCH".to_owned(), "b".repeat(40));
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address: SocketAddr = ([127, 0, 0, 1], port).into();
        let begun = Instant::now();
        let child = Command::new(binary)
            .args(["serve", "--listen", &address.to_string(), "--data-dir"])
            .arg(data.join("data"))
            .env("WARDIAN_ROOT_ACCESS_KEY_ID", &credentials.0)
            .env("WARDIAN_ROOT_SECRET_ACCESS_KEY", &credentials.1)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let client = Client::new(address, "", &credentials);
        while client.get("/_wardian/health").await.is_err() {
            if begun.elapsed() > Duration::from_secs(20) {
                return Err("wardian did not answer within 20 seconds".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Self { child, address, started: begun.elapsed(), credentials, data: Some(data) })
    }

    /// CPU seconds used so far, user and system.
    pub fn cpu_seconds(&self) -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
        let (user, system) = (ticks(11).unwrap_or(0.0), ticks(12).unwrap_or(0.0));
        Ok((user + system) / TICKS)
    }

    /// Resident memory now.
    pub fn memory_mib(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line.unwrap_or("0").trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(data) = &self.data {
            let _ = std::fs::remove_dir_all(data);
        }
    }
}

fn first_line(child: &mut Child) -> Result<String, Failure> {
    let stdout = child.stdout.take().ok_or("no standard output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    Ok(line)
}
