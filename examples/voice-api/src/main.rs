//! Runs the voice APIs: `voice-api --issuer URL --audience URI [--listen ADDR]`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program tells where it listens, and why it does not"
)]

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;
use voice_api::Options;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("voice-api: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let api = voice_api::start(options).await?;
    println!("listening on http://{}", api.address()?);
    api.run().await?;
    Ok(())
}
