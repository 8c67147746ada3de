//! The core auth crate: clients, credentials, keys, tokens and principals. Pure: no I/O, no clock.
