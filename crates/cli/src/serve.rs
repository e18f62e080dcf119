//! `jeton serve`: configuration, ports, store, and then the server until it is told to stop.

use std::path::PathBuf;
use std::sync::Arc;

use jeton_core::id::EnvironmentName;
use jeton_core::store::Store as _;
use jeton_server::config::{Config, Environment, ListenAddress};
use jeton_server::{App, AppOptions, BoundListener, Limits, Poller, Server, StartError, bind, telemetry};
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;

use crate::ambient::{SystemClock, SystemRandom, node_name};
use crate::args::Serve;
use crate::data::{self, Data};
use crate::demo;
use crate::failure::Failure;
use crate::output;

pub(crate) async fn run(arguments: Serve, folder: Option<PathBuf>) -> Result<(), Failure> {
    if arguments.dev && folder.is_some() {
        let why = "--dev has a throw-away data folder of its own: leave --data out, or --dev to keep your data";
        return Err(Failure::usage(why));
    }
    let mut config = configuration(&arguments)?;
    // The signals are taken over before anything is made, so that whatever is made is also cleared away.
    let stop = stop_signal()?;
    let limits = Limits::default().within_descriptors();
    let listeners = bind(&config.listeners).await.map_err(|why| Failure::failed(why.to_string()))?;
    let bound: Vec<ListenAddress> = listeners.iter().map(|listener| listener.at.clone()).collect();
    if arguments.dev {
        let fixed: Vec<EnvironmentName> = arguments.issuer.iter().map(|(name, _)| name.clone()).collect();
        config.follow_ports(&bound, &fixed);
    }
    let throw_away = if arguments.dev { Some(demo::folder()?) } else { None };
    let folder = match &throw_away {
        Some(folder) => folder.path().to_owned(),
        None => data::folder(folder),
    };
    let data = data::open_or_make(&folder, &SystemRandom).await?;
    let logging = telemetry::start(log_level());
    let app = start(&config, &data, limits, arguments.dev).await?;
    if arguments.dev {
        demo::make(&data, &config, &folder).await?;
    }
    announce(&config, &bound);
    if !arguments.dev {
        output::line(&format!("data folder: {}", folder.display()));
    }
    serve(app, listeners, stop).await;
    data.store.close().await;
    drop(logging);
    Ok(())
}

/// The file, then what the flags say over it.
fn configuration(arguments: &Serve) -> Result<Config, Failure> {
    let file = arguments
        .config
        .clone()
        .or_else(|| std::env::var_os("JETON_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from));
    let mut config = match file {
        Some(path) => Config::read(&path).map_err(|why| Failure::configuration(why.to_string()))?,
        None => Config::default(),
    };
    if !arguments.listen.is_empty() {
        config.listen_on(arguments.listen.clone());
    }
    config.danger_plain_http |= arguments.danger_plain_http;
    for (name, issuer) in &arguments.issuer {
        config.set_issuer(name, issuer.clone()).map_err(Failure::configuration)?;
    }
    config.check().map_err(Failure::configuration)?;
    Ok(config)
}

async fn start(config: &Config, data: &Data, limits: Limits, dev: bool) -> Result<Arc<App>, Failure> {
    let options = AppOptions {
        config: config.clone(),
        store: Arc::<jeton_store::SqliteStore>::clone(&data.store),
        master: Arc::clone(&data.master),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        limits,
        node: node_name(),
        demo_audience: dev.then(|| demo::VOICE_AUDIENCE.to_owned()),
    };
    App::start(options).await.map_err(|why| match why {
        StartError::Store(_) | StartError::Keys(_) => Failure::failed(why.to_string()),
        StartError::UnusableKey(_) => Failure::configuration(why.to_string()),
    })
}

/// One line for each listener: where it is, and which environments are reached there.
fn announce(config: &Config, bound: &[ListenAddress]) {
    let by_host = || {
        let one = |environment: &Environment| {
            let hosts: Vec<String> = environment.hosts.iter().map(ToString::to_string).collect();
            format!("{} ({})", environment.name, hosts.join(", "))
        };
        config.environments.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    for listener in bound {
        let environments = listener.environment.as_ref().map_or_else(by_host, ToString::to_string);
        output::line(&format!("listening on http://{} for {environments}", listener.address));
    }
}

async fn serve(app: Arc<App>, listeners: Vec<BoundListener>, stop: impl Future<Output = ()>) {
    let poller = tokio::spawn(Poller::new(Arc::clone(&app)).run());
    let told = async {
        stop.await;
        tracing::info!("stopping: requests in flight are answered, a second signal ends at once");
    };
    Server::new(app, listeners).run(told).await;
    poller.abort();
}

/// Ends with the first SIGTERM or SIGINT; the second ends the process.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |why: std::io::Error| Failure::failed(format!("no signals: {why}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (first, told) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut first = Some(first);
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            match first.take() {
                // Nobody waits any more where the server ended by itself.
                Some(first) => drop(first.send(())),
                None => std::process::exit(1),
            }
        }
    });
    Ok(async move { drop(told.await) })
}

/// `RUST_LOG` as a level: it holds for our own lines alone.
fn log_level() -> LevelFilter {
    std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO)
}
