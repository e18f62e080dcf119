//! The binary `jeton`: the only place that puts the parts together.
//!
//! `args.rs` says what can be typed, `serve.rs` and `commands/` do it, `output.rs` shows what came of it,
//! `failure.rs` says what went wrong and with which exit code, `notify.rs` tells a service manager. To add a command: its arguments, a function in the
//! file of its noun, and an arm in [`commands::run`].

mod ambient;
mod args;
mod commands;
mod configuration;
mod data;
mod demo;
mod dev_file;
mod failure;
mod notify;
mod output;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Arguments, Command, Format};
use crate::configuration::Given;
use crate::failure::Failure;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::usage(&error, asked_for_json(std::env::args_os())),
    };
    let format = arguments.output;
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.show(format),
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { output, data, config, reason, command } = arguments;
    let given = Given { file: config, data };
    let runtime = |mut builder: tokio::runtime::Builder| {
        builder.enable_all().build().map_err(|why| Failure::failed(format!("no runtime: {why}")))
    };
    match command {
        Command::Serve(serve) => {
            runtime(tokio::runtime::Builder::new_multi_thread())?.block_on(serve::run(*serve, given))
        }
        Command::Init(init) => runtime(tokio::runtime::Builder::new_current_thread())?
            .block_on(commands::init::run(init, &given, reason, output)),
        Command::Db(command) => runtime(tokio::runtime::Builder::new_current_thread())?
            .block_on(commands::db::run(command, &given.place()?, reason, output)),
        Command::Config(command) => commands::config::run(command, &given, output),
        Command::Health(health) => runtime(tokio::runtime::Builder::new_current_thread())?
            .block_on(commands::health::run(health, &given, output)),
        Command::MasterKey(command) => runtime(tokio::runtime::Builder::new_current_thread())?
            .block_on(commands::master_key::run(command, &given, reason, output)),
        Command::Token(command) => runtime(tokio::runtime::Builder::new_current_thread())?
            .block_on(commands::token::run(command, &given, reason, output)),
        Command::Manage(command) => runtime(tokio::runtime::Builder::new_current_thread())?
            .block_on(commands::run(command, &given.place()?, reason, output)),
    }
}

/// Whether `-o json` was typed, for an error that comes before the arguments are understood.
fn asked_for_json(words: impl Iterator<Item = std::ffi::OsString>) -> Format {
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let together = words.iter().any(|word| matches!(word.as_str(), "-ojson" | "-o=json" | "--output=json"));
    let apart =
        words.windows(2).any(|pair| matches!(pair[0].as_str(), "-o" | "--output") && pair[1] == "json");
    if together || apart { Format::Json } else { Format::Table }
}
