//! The binary `jeton`: the only place that puts the parts together.
//!
//! `args.rs` says what can be typed, `serve.rs` and `commands/` do it, `output.rs` shows what came of it,
//! `failure.rs` says what went wrong and with which exit code, `notify.rs` tells a service manager. To add a command: its arguments, a function in the
//! file of its noun, and an arm in [`commands::run`].

mod ambient;
mod args;
mod client;
mod commands;
mod configuration;
mod data;
mod demo;
mod dev_file;
mod failure;
mod notify;
mod output;
mod serve;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Arguments, Command, Format};
use crate::configuration::Given;
use crate::failure::Failure;

/// Half a million small values that come and go, such as a cache of credentials has, cost less time and memory in it than in
/// the system's (docs/performance.md).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
    let Arguments { output, reach, manner, command } = arguments;
    let given = Given { file: reach.config.clone(), data: reach.data.clone() };
    match command {
        // What works where the store and the configuration are.
        Command::Serve(serve) => {
            reach.refuse_server()?;
            runtime(tokio::runtime::Builder::new_multi_thread())?.block_on(serve::run(*serve, given))
        }
        Command::Init(init) => {
            reach.refuse_server()?;
            on_this_thread(commands::init::run(init, &given, manner.reason, output))
        }
        Command::Db(command) => {
            reach.refuse_server()?;
            on_this_thread(commands::db::run(command, &given.place()?, manner.reason, output))
        }
        Command::Config(command) => {
            reach.refuse_server()?;
            commands::config::run(command, &given, output)
        }
        Command::Health(health) => {
            reach.refuse_server()?;
            on_this_thread(commands::health::run(health, &given, output))
        }
        Command::MasterKey(command) => {
            reach.refuse_server()?;
            on_this_thread(commands::master_key::run(command, &given, manner.reason, output))
        }
        Command::Doctor(doctor) => {
            reach.refuse_server()?;
            on_this_thread(commands::doctor::run(doctor, &given, output))
        }
        // What works on a server as well.
        Command::Token(command) => {
            on_this_thread(commands::token::run(command, &reach, &given, manner, output))
        }
        Command::Manage(command) => on_this_thread(commands::run(command, &reach, &given, manner, output)),
        // What is about the user, or about this program.
        Command::Login(login) => on_this_thread(commands::profile::login(login, &reach, output)),
        Command::Logout => commands::profile::logout(&reach, output),
        Command::Profile(command) => commands::profile::run(command, &reach, output),
        Command::Completion { shell } => commands::reference::completion(shell),
        Command::Man(man) => commands::reference::man(&man),
    }
}

fn on_this_thread(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    runtime(tokio::runtime::Builder::new_current_thread())?.block_on(command)
}

fn runtime(mut builder: tokio::runtime::Builder) -> Result<tokio::runtime::Runtime, Failure> {
    builder.enable_all().build().map_err(|why| {
        Failure::failed(format!("no threads can be had: {why}. Raise this user's limits (`ulimit -a`)"))
    })
}

/// Whether `-o json` was typed, for an error that comes before the arguments are understood.
fn asked_for_json(words: impl Iterator<Item = std::ffi::OsString>) -> Format {
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let is_json = |word: &str| matches!(word, "json" | "jsonl");
    let after =
        |word: &str| ["--output=", "-o=", "-o"].iter().any(|o| word.strip_prefix(o).is_some_and(is_json));
    let together = words.iter().any(|word| after(word));
    let apart =
        words.windows(2).any(|pair| matches!(pair[0].as_str(), "-o" | "--output") && is_json(&pair[1]));
    if together || apart { Format::Json } else { Format::Table }
}
