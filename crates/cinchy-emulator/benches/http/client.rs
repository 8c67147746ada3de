//! A client that asks as fast as it gets answers: HTTP/1.1 on kept connections, with requests built beforehand. It reads
//! lengths and chunks and nothing else, so that it takes little from the cores that it shares with the server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use futures_util::TryStreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use crate::machine;

/// What a load is made of.
#[derive(Debug, Clone)]
pub struct Load {
    /// Whole requests; connections take the next one in turn.
    pub requests: Arc<Vec<Vec<u8>>>,
    /// Kept connections.
    pub connections: usize,
    /// Threads that serve them.
    pub threads: usize,
    /// When to stop sending.
    pub window: Duration,
    /// Whether each request is sent at most once.
    pub once: bool,
    /// Time between an answer and the next request.
    pub pause: Duration,
    /// Whether the client asks for answers without sleeping in between. A client that sleeps is woken by the server, for
    /// every answer and at the server's cost; in a virtual machine that is a call to its host. Only for a client that has a
    /// core of its own.
    pub awake: bool,
}

impl Load {
    /// One request again and again on 16 connections.
    pub fn of(request: Vec<u8>, threads: usize, window: Duration) -> Self {
        Self {
            requests: Arc::new(vec![request]),
            connections: 16,
            threads,
            window,
            once: false,
            pause: Duration::ZERO,
            awake: false,
        }
    }

    /// The same from a core where nothing else runs, if there is one.
    pub fn on_own_core(self) -> Self {
        Self {
            awake: machine::can_pin(),
            ..self
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Answers.
    pub count: f64,
    /// Answers a second.
    pub per_second: f64,
    /// Half of the answers took at most this many milliseconds.
    pub p50: f64,
    /// 99 of 100 did.
    pub p99: f64,
}

/// Loads a server.
///
/// # Errors
/// Any answer but 200, and a broken connection.
pub fn run(address: SocketAddr, load: &Load) -> anyhow::Result<Outcome> {
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let mut times = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..load.threads)
            .map(|thread| {
                let next = &next;
                let mine = (load.connections + thread) / load.threads;
                scope.spawn(move || {
                    runtime()?.block_on(connections(address, load, mine, next, began))
                })
            })
            .collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(
                thread
                    .join()
                    .map_err(|_| anyhow!("a client thread ended early"))??,
            );
        }
        anyhow::Ok(all)
    })?;
    let seconds = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let part = |hundredths: usize| {
        let at = (times.len() * hundredths / 100).min(times.len().saturating_sub(1));
        times.get(at).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let count = times.len() as f64;
    Ok(Outcome {
        count,
        per_second: count / seconds,
        p50: part(50),
        p99: part(99),
    })
}

/// One request, one answer: its body.
///
/// # Errors
/// Any answer but a success.
pub fn ask(address: SocketAddr, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(address).await?;
        let mut body = Vec::new();
        let status = connection.exchange(request, Some(&mut body)).await?;
        if !(200..300).contains(&status) {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    })
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

async fn connections(
    address: SocketAddr,
    load: &Load,
    count: usize,
    next: &AtomicUsize,
    began: Instant,
) -> anyhow::Result<Vec<Duration>> {
    // Only those that have got something are looked at.
    let all: FuturesUnordered<_> = (0..count)
        .map(|_| one_connection(address, load, next, began))
        .collect();
    tokio::select! {
        all = all.try_concat() => all,
        never = never_sleep(), if load.awake => match never {},
    }
}

/// Keeps the thread of a runtime awake for as long as it is waited for.
async fn never_sleep() -> std::convert::Infallible {
    loop {
        tokio::task::yield_now().await;
    }
}

async fn one_connection(
    address: SocketAddr,
    load: &Load,
    next: &AtomicUsize,
    began: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut connection = Connection::open(address).await?;
    let mut times = Vec::new();
    while began.elapsed() < load.window {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if load.once && number >= load.requests.len() {
            break;
        }
        let sent = Instant::now();
        let status = connection
            .exchange(&load.requests[number % load.requests.len()], None)
            .await?;
        if status != 200 {
            bail!("answer {status} to request {number} of a load");
        }
        times.push(sent.elapsed());
        if !load.pause.is_zero() {
            tokio::time::sleep(load.pause).await;
        }
    }
    Ok(times)
}

/// Bytes read at once.
const BUFFER: usize = 128 * 1024;

struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
    /// What has been received and not yet been looked at.
    start: usize,
    end: usize,
}

impl Connection {
    async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
        })
    }

    /// Sends a request and reads its answer; returns the status.
    async fn exchange(
        &mut self,
        request: &[u8],
        mut body: Option<&mut Vec<u8>>,
    ) -> anyhow::Result<u16> {
        let mut rest = request;
        while !rest.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        let head = self.line(b"\r\n\r\n").await?;
        let head =
            std::str::from_utf8(&self.buffer[head]).context("the head of an answer is not text")?;
        let status = head
            .get(9..12)
            .and_then(|status| status.parse().ok())
            .context("an answer without a status")?;
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        if let Some(length) = header("content-length") {
            let length = length.parse().context("a length that is no number")?;
            self.take(length, &mut body).await?;
        } else if header("transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
        {
            loop {
                let line = self.line(b"\r\n").await?;
                let size =
                    std::str::from_utf8(&self.buffer[line]).context("a chunk without a size")?;
                let size =
                    usize::from_str_radix(size.trim(), 16).context("a chunk without a size")?;
                self.take(size, &mut body).await?;
                self.take(2, &mut None).await?;
                if size == 0 {
                    break;
                }
            }
        }
        Ok(status)
    }

    /// Where the text up to `end` stands; it counts as read with its end.
    async fn line(&mut self, end: &[u8]) -> anyhow::Result<std::ops::Range<usize>> {
        loop {
            let received = &self.buffer[self.start..self.end];
            if let Some(at) = received.windows(end.len()).position(|window| window == end) {
                let line = self.start..self.start + at;
                self.start += at + end.len();
                return Ok(line);
            }
            self.receive().await?;
        }
    }

    /// Reads so many bytes.
    async fn take(
        &mut self,
        mut length: usize,
        body: &mut Option<&mut Vec<u8>>,
    ) -> anyhow::Result<()> {
        while length > 0 {
            if self.start == self.end {
                self.receive().await?;
            }
            let part = length.min(self.end - self.start);
            if let Some(body) = body {
                body.extend_from_slice(&self.buffer[self.start..self.start + part]);
            }
            self.start += part;
            length -= part;
        }
        Ok(())
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut self.buffer[self.end..]) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(read) => {
                    self.end += read;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
