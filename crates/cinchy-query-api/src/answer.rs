//! From rows to a response: a small result is one body with a length; a larger one is streamed through a bounded channel,
//! so that memory stays flat and a client that goes away ends the query.

use std::ops::ControlFlow;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use bytes::Bytes;
use cinchy_cql::value::ResultColumn;
use cinchy_storage::statement::{Cell, RowSink};
use cinchy_web::Gone;
use futures_util::stream;
use tokio::sync::{mpsc, oneshot};

use crate::error::ApiError;
use crate::format::{Format, Shape};

/// Bytes that are collected before they are sent on.
const CHUNK: usize = 64 * 1024;
/// Chunks that may wait for a slow reader.
const WAITING: usize = 4;

/// What the handler learns first.
enum Head {
    Whole(&'static str, Vec<u8>),
    Streamed(&'static str, mpsc::Receiver<Result<Bytes, Cut>>),
}

/// The stream ended before the result did.
#[derive(Debug, thiserror::Error)]
#[error("the result was cut off")]
struct Cut;

/// The other end of a response under way, for the blocking thread.
pub struct Reply {
    content_type: &'static str,
    head: Option<oneshot::Sender<Result<Head, ApiError>>>,
    chunks: Option<mpsc::Sender<Result<Bytes, Cut>>>,
}

/// Runs `work` on a blocking thread and answers with the rows that it writes.
///
/// # Errors
/// Those of `work`, as long as nothing was sent; after that the connection is cut.
pub async fn answer<W>(work: W) -> Result<HttpResponse, ApiError>
where
    W: FnOnce(&mut Reply) -> Result<(), ApiError> + Send + 'static,
{
    let (send, receive) = oneshot::channel();
    cinchy_web::detach(move || {
        let mut reply = Reply {
            content_type: "",
            head: Some(send),
            chunks: None,
        };
        if let Err(error) = work(&mut reply) {
            reply.fail(error);
        }
    });
    let head = receive.await.map_err(|_| ApiError::Gone(Gone))??;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "private, s-maxage=0"));
    Ok(match head {
        Head::Whole(content_type, body) => response.content_type(content_type).body(body),
        Head::Streamed(content_type, chunks) => {
            response
                .content_type(content_type)
                .streaming(stream::unfold(chunks, |mut chunks| async move {
                    chunks.recv().await.map(|chunk| (chunk, chunks))
                }))
        }
    })
}

impl Reply {
    fn fail(&mut self, error: ApiError) {
        if let Some(head) = self.head.take() {
            // Nobody waits any more when the client is gone.
            let _ = head.send(Err(error));
        } else if let Some(chunks) = self.chunks.take() {
            tracing::error!(%error, "a result was cut off");
            let _ = chunks.blocking_send(Err(Cut));
        }
    }

    /// Sends a chunk on. `Break` when nobody reads any more.
    fn flush(&mut self, buffer: &mut Vec<u8>) -> ControlFlow<()> {
        if let Some(head) = self.head.take() {
            let (send, receive) = mpsc::channel(WAITING);
            self.chunks = Some(send);
            if head
                .send(Ok(Head::Streamed(self.content_type, receive)))
                .is_err()
            {
                return ControlFlow::Break(());
            }
        }
        let chunk = Bytes::from(std::mem::replace(
            buffer,
            Vec::with_capacity(CHUNK + CHUNK / 4),
        ));
        match &self.chunks {
            Some(chunks) if chunks.blocking_send(Ok(chunk)).is_ok() => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }

    /// Answers with a bare number, which is JSON and text alike.
    pub fn count(&mut self, count: i64) {
        self.content_type = "application/json; charset=utf-8";
        self.finish(count.to_string().into_bytes());
    }

    /// Sends what is left, whole or as the last chunk.
    fn finish(&mut self, mut buffer: Vec<u8>) {
        if let Some(head) = self.head.take() {
            let _ = head.send(Ok(Head::Whole(self.content_type, buffer)));
        } else {
            let _ = self.flush(&mut buffer);
        }
        self.chunks = None;
    }
}

/// Which rows of a result are wanted. Offsets count from 0 (decided; the documentation does not say).
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Rows to leave out.
    pub start: u64,
    /// Rows at most.
    pub count: u64,
}

impl Window {
    /// All rows.
    pub const ALL: Self = Self {
        start: 0,
        count: u64::MAX,
    };
}

/// Writes rows of a query into a reply.
pub struct Writer<'a> {
    reply: &'a mut Reply,
    format: Box<dyn Format>,
    buffer: Vec<u8>,
    window: Window,
    row: u64,
    sent: u64,
    held_back: bool,
}

impl<'a> Writer<'a> {
    /// A writer for a result of these columns.
    pub fn new(
        reply: &'a mut Reply,
        shape: &Shape,
        columns: &[ResultColumn],
        window: Window,
    ) -> Self {
        reply.content_type = shape.content_type();
        let mut format = shape.writer(columns);
        let mut buffer = Vec::with_capacity(4096);
        format.begin(&mut buffer);
        Self {
            reply,
            format,
            buffer,
            window,
            row: 0,
            sent: 0,
            held_back: false,
        }
    }

    /// Whether all rows wait for the end, since something may still go wrong after the last of them.
    pub fn hold_back(&mut self, held_back: bool) {
        self.held_back = held_back;
    }

    /// Ends the answer.
    pub fn finish(mut self) {
        self.format.finish(&mut self.buffer);
        self.reply.finish(self.buffer);
    }
}

impl RowSink for Writer<'_> {
    fn cell(&mut self, index: usize, cell: Cell<'_>) {
        if self.row >= self.window.start && self.sent < self.window.count {
            self.format.cell(&mut self.buffer, index, cell);
        }
    }

    fn end_row(&mut self) -> ControlFlow<()> {
        self.row += 1;
        if self.row <= self.window.start {
            return ControlFlow::Continue(());
        }
        if self.sent >= self.window.count {
            return ControlFlow::Break(());
        }
        self.format.end_row(&mut self.buffer);
        self.sent += 1;
        if self.buffer.len() >= CHUNK && !self.held_back && self.format.may_flush() {
            return self.reply.flush(&mut self.buffer);
        }
        ControlFlow::Continue(())
    }
}
