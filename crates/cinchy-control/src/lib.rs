//! The control API for tests, below /_emulator.
