//! The servers under measurement: started, watched through `/proc`, killed at the end.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::client::Client;

/// Kernel ticks a second of `/proc/<pid>/stat`; 100 on every Linux that matters.
const TICKS: f64 = 100.0;

pub struct Server {
    process: u32,
    /// None where somebody else started it.
    child: Option<Child>,
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub started: Duration,
    pub credentials: (String, String),
    data: Option<PathBuf>,
}

/// How many data directories this run made.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Server {
    /// This program as a bare server.
    pub async fn floor() -> Result<Self, Failure> {
        let begun = Instant::now();
        let mut child =
            Command::new(std::env::current_exe()?).arg("floor").stdout(Stdio::piped()).spawn()?;
        let address = first_line(&mut child)?.trim().parse()?;
        let credentials = (String::new(), String::new());
        let (process, started) = (child.id(), begun.elapsed());
        Ok(Self { process, child: Some(child), address, started, credentials, data: None })
    }

    /// Wardian on an empty data directory.
    pub async fn wardian(binary: &str) -> Result<Self, Failure> {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("wardian-bench-{}-{number}", std::process::id());
        let data = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&data)?;
        Self::on(binary, data).await
    }

    /// Stops the server, has something done to its data directory, and starts it anew there.
    pub async fn reopened(
        mut self,
        binary: &str,
        between: impl FnOnce(&Path) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let data = self.data.take().ok_or("a server without a data directory")?;
        drop(self);
        between(&data.join("data"))?;
        Self::on(binary, data).await
    }

    async fn on(binary: &str, data: PathBuf) -> Result<Self, Failure> {
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
        let (process, started) = (child.id(), begun.elapsed());
        Ok(Self { process, child: Some(child), address, started, credentials, data: Some(data) })
    }

    /// A server that somebody started; it can be watched where it runs here and is ours to see.
    pub fn running(address: SocketAddr, credentials: (String, String)) -> Option<Self> {
        let process = listening(address.port())?;
        let started = Duration::ZERO;
        Some(Self { process, child: None, address, started, credentials, data: None })
    }

    /// CPU seconds used so far, user and system.
    pub fn cpu_seconds(&self) -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
        let (user, system) = (ticks(11).unwrap_or(0.0), ticks(12).unwrap_or(0.0));
        Ok((user + system) / TICKS)
    }

    /// Resident memory now.
    pub fn memory_mib(&self) -> Result<f64, Failure> {
        self.status("VmRSS:")
    }

    /// The most resident memory since [`Server::forget_peak`].
    pub fn peak_mib(&self) -> Result<f64, Failure> {
        self.status("VmHWM:")
    }

    /// The peak begins anew, at what is resident now.
    pub fn forget_peak(&self) -> Result<(), Failure> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.process), "5")?)
    }

    fn status(&self, name: &str) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib: f64 = line.unwrap_or("0").trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
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

/// The process that listens on a port here.
fn listening(port: u16) -> Option<u32> {
    let mut lines = std::fs::read_to_string("/proc/net/tcp").ok()?;
    lines += &std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    let suffix = format!(":{port:04X}");
    let inode = lines.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(3) == Some(&"0A") && fields.get(1)?.ends_with(&suffix);
        listens.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
    })?;
    let processes = std::fs::read_dir("/proc").ok()?;
    processes.flatten().find_map(|process| {
        let id: u32 = process.file_name().to_str()?.parse().ok()?;
        let mut open = std::fs::read_dir(process.path().join("fd")).ok()?.flatten();
        open.any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == &*inode))
            .then_some(id)
    })
}
