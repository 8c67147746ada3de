//! The program. Everything it does is in the library.

use std::process::ExitCode;

use cinchy_emulator::{cli, config::Cli};
use clap::Parser as _;

fn main() -> anyhow::Result<ExitCode> {
    cli::run(Cli::parse())
}
