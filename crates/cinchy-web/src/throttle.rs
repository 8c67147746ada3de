//! How often something may be tried: wrong passwords from one address, wrong codes of devices by one user. Counted in
//! memory, for each instance, by the machine's time: a clock that a test stopped must not shut a door for ever.

use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::http::header::{HeaderMap, HeaderName};
use moka::ops::compute::Op;
use moka::sync::Cache;

/// So many keys are counted; the least used ones are forgotten first.
const MOST_KEYS: u64 = 10_000;

/// Counts tries by key, in windows that begin with a key's first one.
pub struct Throttle<K> {
    most: u32,
    window: Duration,
    tries: Cache<K, Tries>,
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    since: Instant,
    count: u32,
}

impl<K: Hash + Eq + Send + Sync + 'static> Throttle<K> {
    /// Lets `most` tries through in each `window`.
    pub fn new(most: u32, window: Duration) -> Self {
        let tries = Cache::builder()
            .max_capacity(MOST_KEYS)
            .time_to_live(window)
            .build();
        Self {
            most,
            window,
            tries,
        }
    }

    /// How long a key must wait; `None`: it may try.
    pub fn wait(&self, key: &K) -> Option<Duration> {
        self.tries.get(key).and_then(|tries| self.left(tries))
    }

    fn left(&self, tries: Tries) -> Option<Duration> {
        let left = self.window.checked_sub(tries.since.elapsed())?;
        (tries.count >= self.most).then_some(left)
    }

    /// Counts a try, atomically.
    ///
    /// # Errors
    /// There were too many; how long to wait. It is not counted.
    pub fn take(&self, key: K) -> Result<(), Duration> {
        let mut taken = Ok(());
        self.tries.entry(key).and_compute_with(|entry| {
            let known = entry.map(|entry| entry.into_value());
            let known = known.filter(|tries| tries.since.elapsed() < self.window);
            match known {
                None => Op::Put(Tries {
                    since: Instant::now(),
                    count: 1,
                }),
                Some(tries) => match self.left(tries) {
                    Some(left) => {
                        taken = Err(left);
                        Op::Nop
                    }
                    None => Op::Put(Tries {
                        count: tries.count.saturating_add(1),
                        ..tries
                    }),
                },
            }
        });
        taken
    }

    /// Takes the count of a try back that was none.
    pub fn give_back(&self, key: K) {
        self.tries.entry(key).and_compute_with(|entry| match entry {
            None => Op::Nop,
            Some(entry) => {
                let tries = entry.into_value();
                Op::Put(Tries {
                    count: tries.count.saturating_sub(1),
                    ..tries
                })
            }
        });
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.tries.invalidate_all();
    }
}

impl<K> std::fmt::Debug for Throttle<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttle")
            .field("most", &self.most)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// Who sends a request: the other end of its connection; where that is a proxy on this machine, whom it names last. An
/// IPv6 host has a whole network of addresses, so its network counts.
pub(crate) fn sender(peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer?.to_canonical();
    let sender = if peer.is_loopback() {
        let named = headers
            .get_all(HeaderName::from_static("x-forwarded-for"))
            .last();
        named
            .and_then(|value| value.to_str().ok())
            .and_then(|list| list.rsplit(',').next())
            .and_then(|address| address.trim().parse::<IpAddr>().ok())
            .map_or(peer, |address| address.to_canonical())
    } else {
        peer
    };
    Some(match sender {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6((u128::from(address) >> 64 << 64).into())
        }
        address => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn of_many_tries_at_once_only_so_many_pass() {
        let throttle = Throttle::new(10, Duration::from_secs(3600));
        let passed: usize = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..5).filter(|_| throttle.take("key").is_ok()).count()))
                .collect();
            tries
                .into_iter()
                .map(|tries| tries.join().expect("a thread"))
                .sum()
        });
        assert_eq!(passed, 10);
        assert!(throttle.wait(&"key").is_some() && throttle.wait(&"other").is_none());
        throttle.give_back("key");
        assert!(throttle.wait(&"key").is_none());
        assert_eq!(
            (throttle.take("key").is_ok(), throttle.take("key").is_ok()),
            (true, false)
        );
        throttle.clear();
        assert!(throttle.take("key").is_ok());
    }

    #[test]
    fn a_window_that_is_over_counts_no_more() {
        let throttle = Throttle::new(1, Duration::ZERO);
        assert!(throttle.take("key").is_ok() && throttle.take("key").is_ok());
    }

    #[test]
    fn a_proxy_on_this_machine_is_believed() {
        let of = |peer: &str, forwarded: &str| {
            let mut headers = HeaderMap::new();
            if !forwarded.is_empty() {
                headers.insert(
                    HeaderName::from_static("x-forwarded-for"),
                    HeaderValue::from_str(forwarded).expect("a header"),
                );
            }
            let sender = sender(Some(peer.parse().expect("an address")), &headers);
            sender.expect("a sender").to_string()
        };
        for (peer, forwarded, expected) in [
            ("127.0.0.1", "", "127.0.0.1"),
            ("::1", "", "::1"),
            ("127.0.0.1", "10.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("::1", "nonsense", "::1"),
            ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
            ("::ffff:198.51.100.7", "", "198.51.100.7"),
            ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        ] {
            assert_eq!(of(peer, forwarded), expected, "{peer} {forwarded}");
        }
    }
}
