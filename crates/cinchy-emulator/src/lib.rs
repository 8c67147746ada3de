//! A complete Cinchy platform in one binary.
