//! From rows to a response: a small result is one body with a length; a larger one is streamed through a bounded channel,
//! so that memory stays flat and a client that goes away ends the query. What is known to be short is answered on the worker.

use std::ops::ControlFlow;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use bytes::Bytes;
use cinchy_cql::single_shown;
use cinchy_cql::value::{ResultColumn, Type};
use cinchy_storage::statement::{Cell, RowSink};
use cinchy_web::authenticate::Authenticated;
use cinchy_web::{Facts, Gone, Instance, Pass, Site};
use futures_util::stream;
use tokio::sync::{mpsc, oneshot};

use crate::error::ApiError;
use crate::format::{Format, Shape};
use crate::place::{Held, Place};

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

/// The other end of a response under way.
pub struct Reply {
    content_type: &'static str,
    /// Whether there was more than is sent as one body.
    streamed: bool,
    way: Way,
    facts: Arc<Facts>,
}

enum Way {
    /// To the caller on the same thread, which takes one body or nothing.
    AtOnce(Option<Vec<u8>>),
    /// From a blocking thread to the worker.
    Handed {
        head: Option<oneshot::Sender<Result<Head, ApiError>>>,
        /// That of the request, until the answer begins: nothing that is done after that sees another state of the data.
        pass: Option<Pass>,
        chunks: Option<mpsc::Sender<Result<Bytes, Cut>>>,
    },
}

/// Answers with what `work` writes: at once where that can be done, else from a blocking thread. So `work` may run twice.
/// At once it must change nothing, and what it leaves unanswered is done the other way, after `sign_in`, which may hash a
/// password. On a connection that the caller holds open nothing is done at once.
///
/// # Errors
/// Those of `sign_in` and `work`, as long as nothing was sent; after that the connection is cut.
pub async fn answer<S, W>(
    site: &Site,
    held: Option<Held>,
    sign_in: S,
    work: W,
) -> Result<HttpResponse, ApiError>
where
    S: FnOnce(&Instance) -> Result<Option<Authenticated>, ApiError> + Send + 'static,
    W: Fn(&Instance, Place<'_>, Option<Authenticated>, &mut Reply) -> Result<(), ApiError>
        + Send
        + 'static,
{
    let instance = &site.instance;
    let mut reply = Reply::new(Way::AtOnce(None), &site.facts);
    let mut at_once = || {
        instance.at_once(|conn, generation| {
            let place = Place::of_pool(conn, generation);
            // What is refused here is refused again below.
            work(instance, place, None, &mut reply).ok()?;
            match &mut reply.way {
                Way::AtOnce(body) => body.take(),
                Way::Handed { .. } => None,
            }
        })
    };
    // Somebody else's statement may be running on a connection that is held open.
    let body = if held.is_none() { at_once() } else { None };
    let head = match body {
        Some(body) => Head::Whole(reply.content_type, body),
        None => hand_over(site, held, sign_in, work).await?,
    };
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

async fn hand_over<S, W>(
    site: &Site,
    held: Option<Held>,
    sign_in: S,
    work: W,
) -> Result<Head, ApiError>
where
    S: FnOnce(&Instance) -> Result<Option<Authenticated>, ApiError> + Send + 'static,
    W: FnOnce(&Instance, Place<'_>, Option<Authenticated>, &mut Reply) -> Result<(), ApiError>
        + Send
        + 'static,
{
    let (send, receive) = oneshot::channel();
    let instance = Arc::clone(&site.instance);
    let facts = Arc::clone(&site.facts);
    let pass = Pass::of_request();
    cinchy_web::detach(move || {
        let way = Way::Handed {
            head: Some(send),
            pass,
            chunks: None,
        };
        let mut reply = Reply::new(way, &facts);
        // Hashing a password holds no connection.
        let done = sign_in(&instance).and_then(|signed_in| match held {
            Some(held) => held.run(&instance, signed_in, |place, caller| {
                work(&instance, place, caller, &mut reply)
            }),
            None => instance.database().read(|conn| {
                let generation = instance.generation(conn)?;
                let place = Place::of_pool(conn, generation);
                work(&instance, place, signed_in, &mut reply)
            }),
        });
        if let Err(error) = done {
            reply.fail(error);
        }
    });
    receive.await.map_err(|_| ApiError::Gone(Gone))?
}

impl Reply {
    fn new(way: Way, facts: &Arc<Facts>) -> Self {
        Self {
            content_type: "",
            streamed: false,
            way,
            facts: Arc::clone(facts),
        }
    }

    /// Whether other connections wait for the thread that writes it.
    pub fn is_at_once(&self) -> bool {
        matches!(self.way, Way::AtOnce(_))
    }

    /// Whether there was more than is sent as one body.
    pub fn is_streamed(&self) -> bool {
        self.streamed
    }

    fn fail(&mut self, error: ApiError) {
        let Way::Handed { head, chunks, .. } = &mut self.way else {
            return;
        };
        if let Some(head) = head.take() {
            // Nobody waits any more when the client is gone.
            let _ = head.send(Err(error));
        } else if let Some(chunks) = chunks.take() {
            tracing::error!(%error, "a result was cut off");
            let _ = chunks.blocking_send(Err(Cut));
        }
    }

    /// Sends a chunk on. `Break` when nobody reads any more, or an answer at once is too long for that.
    fn flush(&mut self, buffer: &mut Vec<u8>) -> ControlFlow<()> {
        self.streamed = true;
        let Way::Handed { head, pass, chunks } = &mut self.way else {
            return ControlFlow::Break(());
        };
        if let Some(head) = head.take() {
            *pass = None;
            let (send, receive) = mpsc::channel(WAITING);
            *chunks = Some(send);
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
        match chunks {
            Some(chunks) if chunks.blocking_send(Ok(chunk)).is_ok() => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }

    /// Answers with a bare number, which is JSON and text alike.
    pub fn count(&mut self, count: i64) {
        if let Ok(count) = u64::try_from(count) {
            self.facts.rows(count);
        }
        self.content_type = "application/json; charset=utf-8";
        self.finish(count.to_string().into_bytes());
    }

    /// Sends what is left, whole or as the last chunk.
    fn finish(&mut self, mut buffer: Vec<u8>) {
        match &mut self.way {
            Way::AtOnce(body) => *body = (!self.streamed).then_some(buffer),
            Way::Handed { head, .. } => {
                if let Some(head) = head.take() {
                    let _ = head.send(Ok(Head::Whole(self.content_type, buffer)));
                } else {
                    let _ = self.flush(&mut buffer);
                }
                if let Way::Handed { chunks, .. } = &mut self.way {
                    *chunks = None;
                }
            }
        }
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
    /// No row.
    pub const NONE: Self = Self { start: 0, count: 0 };
}

/// Room for most answers, so that they are not copied as they grow.
const ROOM: usize = 16 * 1024;

/// Writes rows of a query into a reply.
pub struct Writer<'a> {
    reply: &'a mut Reply,
    format: Box<dyn Format>,
    /// The columns of type Single.
    singles: Vec<usize>,
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
        let mut buffer = Vec::with_capacity(ROOM);
        format.begin(&mut buffer);
        Self {
            reply,
            format,
            singles: singles(columns),
            buffer,
            window,
            row: 0,
            sent: 0,
            held_back: false,
        }
    }

    /// Forgets the result that was begun, of which nothing has left, and begins one of these columns.
    pub fn begin_again(&mut self, shape: &Shape, columns: &[ResultColumn]) {
        self.format = shape.writer(columns);
        self.singles = singles(columns);
        self.buffer.clear();
        self.format.begin(&mut self.buffer);
        (self.row, self.sent) = (0, 0);
    }

    /// Whether all rows wait for the end, since something may still go wrong after the last of them.
    pub fn hold_back(&mut self, held_back: bool) {
        self.held_back = held_back;
    }

    /// Ends the answer.
    pub fn finish(mut self) {
        self.format.finish(&mut self.buffer);
        self.reply.facts.rows(self.sent);
        self.reply.finish(self.buffer);
    }
}

fn singles(columns: &[ResultColumn]) -> Vec<usize> {
    let columns = columns.iter().enumerate();
    let singles = columns.filter(|(_, column)| column.ty == Type::Real);
    singles.map(|(index, _)| index).collect()
}

impl RowSink for Writer<'_> {
    fn cell(&mut self, index: usize, cell: Cell<'_>) {
        if self.row >= self.window.start && self.sent < self.window.count {
            let cell = match cell {
                Cell::Double(value) if self.singles.contains(&index) => {
                    Cell::Double(single_shown(value))
                }
                cell => cell,
            };
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
