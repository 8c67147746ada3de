//! The admin web console.
