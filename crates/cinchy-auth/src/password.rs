//! Password hashing: argon2id at OWASP's minimum, written as PHC strings.
//!
//! One hash or one verification costs some 15 ms and 19 MiB: callers bound how many run at once, and keep successes in a
//! cache ([`crate::verified`]). Whether an account may sign in at all is in [`crate::sign_in`].

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::huge_pages;
use crate::secret::{HashedSecret, PlainSecret};

/// Memory of one hash, in KiB (OWASP Password Storage Cheat Sheet).
pub const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
pub const PASSES: u32 = 2;
/// Lanes (parallelism).
pub const LANES: u32 = 1;
/// Length of a salt, in bytes.
pub const SALT_LENGTH: usize = 16;
/// The longest password, in characters; as in IdentityServer.
pub const MAX_PASSWORD_CHARS: usize = 100;

/// A hash of no known password (its output is random), with the same cost as a real one.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$q0bDsnMSzTM6qLm6LTDb8A$Q4sq8yU7l+YZ/YAdxKogNnDoHI0q5HfWWMzMkwfH6hw";

/// Why a password was not hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// An empty password.
    #[error("the password is empty")]
    Empty,
    /// More than [`MAX_PASSWORD_CHARS`] characters.
    #[error("the password has more than {MAX_PASSWORD_CHARS} characters")]
    TooLong,
    /// argon2 refused its input; not expected with the parameters of this module.
    #[error("argon2 could not hash the password: {0}")]
    Argon2(argon2::password_hash::Error),
}

/// Hashes a password with a salt that the caller drew at random.
///
/// # Errors
/// An empty or over-long password.
pub fn hash(
    password: &PlainSecret,
    salt: [u8; SALT_LENGTH],
) -> Result<HashedSecret, PasswordError> {
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    if password.char_count() > MAX_PASSWORD_CHARS {
        return Err(PasswordError::TooLong);
    }
    let hash = hashed(password.expose().as_bytes(), &salt).map_err(PasswordError::Argon2)?;
    Ok(HashedSecret::trusted(hash.to_string()))
}

fn hashed(password: &[u8], salt: &[u8]) -> argon2::password_hash::Result<PasswordHash> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    let salt = Salt::new(salt)?;
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    let phc_params = ParamsString::try_from(&params)?;
    let mut memory = Memory::default();
    let blocks = memory.blocks(params.block_count());
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, &salt, &mut out, blocks)?;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: phc_params,
        salt: Some(salt),
        hash: Some(Output::new(&out)?),
    })
}

/// Blocks of 1 KiB from which on the allocator (glibc) takes memory from the system and gives it back when it is freed; less
/// may stay with it. What is not used of them takes no memory.
const ALWAYS_RETURNED: usize = 33 * 1024;

/// What a verification works in, 19 MiB, to be kept from one to the next. Taken anew each time by whatever thread it may
/// be, it stays with the allocator once for each thread: a few hundred sign-ins left more than a gigabyte (measured).
#[derive(Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    /// So many blocks of it.
    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.capacity() < count {
            self.0 = Vec::with_capacity(count.max(ALWAYS_RETURNED));
            huge_pages::advise(&mut self.0);
        }
        self.0.resize(count, Block::default());
        &mut self.0
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

/// Whether the password is the one that was hashed. Uses the parameters in the hash, so that hashes made elsewhere work.
pub fn verify(password: &PlainSecret, hash: &HashedSecret) -> bool {
    verify_in(&mut Memory::default(), password, hash)
}

/// As [`verify`], in memory that the caller keeps.
pub fn verify_in(memory: &mut Memory, password: &PlainSecret, hash: &HashedSecret) -> bool {
    if password.char_count() > MAX_PASSWORD_CHARS {
        return false;
    }
    let Ok(phc) = PasswordHash::new(hash.as_phc()) else {
        return false;
    };
    let found = output(memory, password.expose().as_bytes(), &phc);
    // The library compares outputs in constant time.
    found.is_some() && found == phc.hash
}

/// The output of a password with salt and parameters of a hash; `None` for a hash that is not argon2's.
fn output(memory: &mut Memory, password: &[u8], phc: &PasswordHash) -> Option<Output> {
    let algorithm = Algorithm::try_from(phc.algorithm.as_str()).ok()?;
    let version = match phc.version {
        Some(version) => Version::try_from(version).ok()?,
        None => Version::default(),
    };
    let params = Params::try_from(phc).ok()?;
    let mut out = [0; Output::MAX_LENGTH];
    let out = out.get_mut(..phc.hash.as_ref()?.len())?;
    let blocks = memory.blocks(params.block_count());
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(password, phc.salt.as_ref()?, out, blocks)
        .ok()?;
    Output::new(out).ok()
}

/// Whether a stored hash has other parameters than the present ones, so that it is renewed at the next sign-in.
pub fn needs_rehash(hash: &HashedSecret) -> bool {
    !hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
}

/// A hash that no password matches, to be verified against when there is no such user or no password: the answer then
/// takes as long as for a real user.
pub fn dummy() -> HashedSecret {
    HashedSecret::trusted(DUMMY.to_owned())
}
