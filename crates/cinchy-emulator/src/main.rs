//! The program. Everything it does is in the library.

use std::process::ExitCode;

use cinchy_emulator::{cli, config::Cli};

fn main() -> anyhow::Result<ExitCode> {
    cli::run(Cli::read())
}
