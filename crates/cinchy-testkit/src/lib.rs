//! Start an emulator in a Rust test.
