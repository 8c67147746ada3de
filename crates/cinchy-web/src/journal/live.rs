//! The journal as it is written, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};

use super::{Entry, Filter};
use crate::instance::Instance;
use crate::site::Site;

/// A stream without news says so, which keeps proxies from closing it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Entries that a stream takes at once.
const BATCH: usize = 100;

/// How a stream runs.
#[derive(Debug, Default)]
pub struct Live {
    /// What is wanted. Without `since` it begins with what comes from now on.
    pub filter: Filter,
    /// It ends after so long; a browser then comes again, and is asked again who it is.
    pub longest: Option<Duration>,
}

/// Entries as server-sent events: `id` is the number, the event is called `entry`, `data` is what `encode` makes of it, whose
/// line ends become blanks. Ends when the server stops.
pub fn live<E>(
    site: &Site,
    live: Live,
    encode: E,
) -> impl Stream<Item = Result<Bytes, Infallible>> + use<E>
where
    E: Fn(&Entry) -> String + 'static,
{
    let mut filter = live.filter;
    filter.since = Some(
        filter
            .since
            .unwrap_or_else(|| site.instance.journal().last()),
    );
    filter.limit = Some(BATCH);
    let deadline = live
        .longest
        .map(|longest| tokio::time::Instant::now() + longest);
    let state = Running {
        instance: Arc::clone(&site.instance),
        filter,
        waiting: VecDeque::from([Bytes::from_static(b": cinchy-emulator journal\n\n")]),
        stopping: Box::pin(site.platform.stopping()),
        deadline,
        encode,
    };
    stream::unfold(state, |mut state| async move {
        let next = state.next().await?;
        Some((Ok(next), state))
    })
}

/// A stream under way.
struct Running<E> {
    instance: Arc<Instance>,
    filter: Filter,
    waiting: VecDeque<Bytes>,
    stopping: Pin<Box<dyn Future<Output = ()>>>,
    deadline: Option<tokio::time::Instant>,
    encode: E,
}

impl<E: Fn(&Entry) -> String> Running<E> {
    /// The next piece of the stream; `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                return Some(next);
            }
            let journal = self.instance.journal();
            let arrived = journal.arrived();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            let page = journal.page(&self.filter);
            self.filter.since = Some(page.next);
            if !page.entries.is_empty() {
                self.waiting.extend(page.entries.iter().map(|entry| {
                    let data = (self.encode)(entry).replace(['\r', '\n'], " ");
                    Bytes::from(format!("id: {}\nevent: entry\ndata: {data}\n\n", entry.seq))
                }));
                continue;
            }
            let over = async {
                match self.deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = &mut self.stopping => return None,
                () = over => return None,
                () = arrived => {}
                () = tokio::time::sleep(KEEP_ALIVE) => {
                    return Some(Bytes::from_static(b": still here\n\n"));
                }
            }
        }
    }
}
