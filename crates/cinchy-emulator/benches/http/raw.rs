//! What the libraries give at best for the dear parts: signing, hashing, making a key.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use cinchy_auth::{PlainSecret, password};

use crate::machine;
use crate::report::{median, millis};

/// Bytes that are signed: those of an access token's header and claims.
const MESSAGE: [u8; 640] = [b'x'; 640];

/// A key of the kind that the emulator signs with.
pub fn key() -> anyhow::Result<RsaKeyPair> {
    RsaKeyPair::generate(KeySize::Rsa2048).map_err(|error| anyhow!("{error}"))
}

/// How fast a piece of work is done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rate {
    /// Times a second, over all threads.
    pub per_second: f64,
    /// Microseconds of processor time each, which do not grow while others run.
    pub micros: f64,
}

/// Signing on so many threads.
pub fn signatures(key: &RsaKeyPair, threads: usize, window: Duration) -> anyhow::Result<Rate> {
    rate(threads, window, || {
        let mut signature = [0; 256];
        let random = SystemRandom::new();
        key.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature)
            .expect("a key that was just made signs");
        std::hint::black_box(signature);
        Ok(())
    })
}

/// Median of the milliseconds that a new key takes.
pub fn key_generation(times: usize) -> anyhow::Result<f64> {
    let mut all = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        key()?;
        all.push(millis(began.elapsed()));
    }
    Ok(median(&all))
}

fn argon2id() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("parameters within the library's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashing passwords on so many threads.
pub fn hashes(threads: usize, window: Duration) -> anyhow::Result<Rate> {
    rate(threads, window, || {
        let mut out = [0; 32];
        argon2id()
            .hash_password_into(b"a password", b"sixteen bytes ..", &mut out)
            .expect("a salt of 16 bytes is long enough");
        std::hint::black_box(out);
        Ok(())
    })
}

/// PHC strings of passwords, made on all cores.
pub fn hash_all(passwords: &[String]) -> anyhow::Result<Vec<String>> {
    let share = passwords.len().div_ceil(machine::cores()).max(1);
    std::thread::scope(|scope| {
        let hash = |password: &String| {
            let hashed = password::hash(&PlainSecret::new(password.as_str()), rand::random())?;
            anyhow::Ok(hashed.as_phc().to_owned())
        };
        let threads: Vec<_> = passwords
            .chunks(share)
            .map(|share| {
                scope.spawn(move || share.iter().map(hash).collect::<anyhow::Result<Vec<_>>>())
            })
            .collect();
        let mut all = Vec::with_capacity(passwords.len());
        for thread in threads {
            all.extend(
                thread
                    .join()
                    .map_err(|_| anyhow!("a thread ended early"))??,
            );
        }
        Ok(all)
    })
}

fn rate(
    threads: usize,
    window: Duration,
    work: impl Fn() -> anyhow::Result<()> + Sync,
) -> anyhow::Result<Rate> {
    let run = || Rate::of(window, &work);
    if threads == 1 {
        return run();
    }
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let mut sum = Rate::default();
        for thread in all {
            let rate = thread
                .join()
                .map_err(|_| anyhow!("a thread ended early"))??;
            sum.per_second += rate.per_second;
            sum.micros = rate.micros;
        }
        Ok(sum)
    })
}

impl Rate {
    /// Does `work` again and again on this thread.
    pub fn of(
        window: Duration,
        mut work: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let (began, used) = (Instant::now(), machine::own_processor_time());
        let mut count = 0_u32;
        while began.elapsed() < window {
            work()?;
            count += 1;
        }
        Ok(Self {
            per_second: f64::from(count) / began.elapsed().as_secs_f64(),
            micros: (machine::own_processor_time() - used) * 1_000.0 / f64::from(count),
        })
    }
}
