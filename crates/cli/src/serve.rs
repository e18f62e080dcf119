//! `jeton serve`: configuration, ports, store, and then the server until it is told to stop.

use std::sync::Arc;

use jeton_core::admin::AdminError;
use jeton_core::id::EnvironmentName;
use jeton_server::config::{Config, Environment, ListenAddress, Origin};
use jeton_server::{
    App, AppOptions, BoundListener, Certificates, Housekeeper, Limits, POLL_INTERVAL, Poller, Server,
    StartError, UsageRecorder, bind, bind_management, telemetry,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::ambient::{SystemClock, SystemRandom, node_name};
use crate::args::Serve;
use crate::configuration::Given;
use crate::data::{self, Data, Home, Place};
use crate::demo;
use crate::failure::Failure;
use crate::notify;
use crate::output;

pub(crate) async fn run(arguments: Serve, given: Given) -> Result<(), Failure> {
    if arguments.dev && given.data.is_some() {
        let why =
            "--dev has a throw-away data folder of its own: leave --data out, or --dev to keep your data";
        return Err(Failure::usage(why));
    }
    let resolved = given.resolve(Some(&arguments.overrides))?;
    if arguments.dev && resolved.config.postgres.url.is_some() {
        let why = "--dev has a throw-away data folder of its own: leave `store.url` out, or --dev to use the database";
        return Err(Failure::usage(why));
    }
    let mut place = Place::of(&resolved)?;
    let management_chosen = !matches!(resolved.origin("listen.management"), Origin::Default);
    let mut config = resolved.config;
    // The signals are taken over before anything is made, so that whatever is made is also cleared away.
    let stop = stop_signals()?;
    let certificates =
        Certificates::load(&config.tls).map_err(|why| Failure::configuration(why.to_string()))?;
    let limits = config.limits.within_descriptors();
    let listeners = bind(&config.listeners).await.map_err(|why| Failure::failed(why.to_string()))?;
    let management = management(&config, management_chosen, arguments.dev).await?;
    if let Some(listener) = &management {
        // What the operators' tokens say as `iss` follows the port that was taken.
        config.management = Some(listener.at.address);
    }
    let bound: Vec<ListenAddress> = listeners.iter().map(|listener| listener.at.clone()).collect();
    if arguments.dev {
        let fixed: Vec<EnvironmentName> =
            arguments.overrides.issuer.iter().map(|(name, _)| name.clone()).collect();
        config.follow_ports(&bound, &fixed);
    }
    let throw_away = if arguments.dev { Some(demo::folder()?) } else { None };
    if let Some(folder) = &throw_away {
        place.home = Home::Folder(folder.path().to_owned());
    }
    let data = data::open_or_make(&place, &SystemRandom).await?;
    let logging = telemetry::start(config.log);
    let app = start(&config, &place, &data, limits, arguments.dev).await?;
    let dev_file = match &throw_away {
        Some(folder) => {
            demo::make(&data, &config, folder.path()).await?;
            demo::let_operator_in(&data, management.as_ref().map(|listener| listener.at.address)).await?
        }
        None => None,
    };
    let listening = announce(&config, &bound);
    if let Some(listener) = &management {
        output::line(&format!("listening on http://{} for management", listener.at.address));
    }
    if let Some(file) = &dev_file {
        output::line(&format!("operator for `jeton` on this machine: {}", file.path().display()));
    }
    match &place.home {
        Home::Folder(folder) if throw_away.is_none() => {
            output::line(&format!("data folder: {}", folder.display()));
        }
        Home::Folder(_) => {}
        Home::Postgres(postgres) => output::line(&format!("database: {postgres}")),
    }
    let Stop { first, second } = stop;
    let served = tokio::select! {
        () = serve(app, listeners, certificates, management, &listening, first) => Ok(()),
        // What was made for a throw-away server is cleared away all the same.
        Ok(()) = second => Err(Failure::failed("stopped at once, by a second signal: after one alone, requests end first")),
    };
    if served.is_ok() {
        data.store.close().await;
    }
    drop(dev_file);
    drop(logging);
    served
}

async fn start(
    config: &Config,
    place: &Place,
    data: &Data,
    limits: Limits,
    dev: bool,
) -> Result<Arc<App>, Failure> {
    let place = place.clone();
    let options = AppOptions {
        config: config.clone(),
        store: Arc::clone(&data.store),
        master: Arc::clone(&data.master),
        read_master: Arc::new(move || match data::read_master_key(&place) {
            Ok(Some(master)) => Ok(Arc::new(master)),
            Ok(None) => Err("the master key is missing".to_owned()),
            Err(why) => Err(why.message().to_owned()),
        }),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        limits,
        node: node_name(),
        demo_audience: dev.then(|| demo::VOICE_AUDIENCE.to_owned()),
    };
    App::start(options).await.map_err(|why| match why {
        StartError::Store(why) => Failure::from(AdminError::from(why)),
        StartError::Keys(why) | StartError::Operators(why) => why.into(),
        StartError::Timer(_) => Failure::failed(why.to_string()),
        StartError::UnusableKey(_) => Failure::configuration(why.to_string()),
    })
}

/// One line for each listener: where it is, and which environments are reached there. Returns where they all are.
fn announce(config: &Config, bound: &[ListenAddress]) -> String {
    let by_host = || {
        let one = |environment: &Environment| {
            let hosts: Vec<String> = environment.hosts.iter().map(ToString::to_string).collect();
            format!("{} ({})", environment.name, hosts.join(", "))
        };
        config.environments.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let scheme = if config.tls.is_empty() { "http" } else { "https" };
    for listener in bound {
        let environments = listener.environment.as_ref().map_or_else(by_host, ToString::to_string);
        output::line(&format!("listening on {scheme}://{} for {environments}", listener.address));
    }
    let all: Vec<String> = bound.iter().map(|listener| format!("{scheme}://{}", listener.address)).collect();
    format!("listening on {}", all.join(", "))
}

/// The management listener. An address that somebody chose must be free. The default is done without, aloud, where
/// another server has it, and with `--dev` it is any free port.
async fn management(config: &Config, chosen: bool, dev: bool) -> Result<Option<BoundListener>, Failure> {
    let Some(mut address) = config.management else { return Ok(None) };
    if dev && !chosen {
        address.set_port(0);
    }
    match bind_management(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(why) if chosen => Err(Failure::failed(why.to_string())),
        Err(why) => {
            output::note(&format!("jeton: there is no management listener: {why}"));
            Ok(None)
        }
    }
}

async fn serve(
    app: Arc<App>,
    listeners: Vec<BoundListener>,
    certificates: Option<Certificates>,
    management: Option<BoundListener>,
    listening: &str,
    mut stop: oneshot::Receiver<()>,
) {
    let mut behind = JoinSet::new();
    behind.spawn(Poller::new(Arc::clone(&app)).run());
    let (all_done, done) = oneshot::channel::<()>();
    let housekeeper = Housekeeper::new(Arc::clone(&app));
    let housekeeper = tokio::spawn(housekeeper.run(async { drop(done.await) }));
    let (last_answer, answered) = oneshot::channel::<()>();
    let recorder = UsageRecorder::new(Arc::clone(&app));
    let recorder = tokio::spawn(recorder.run(async { drop(answered.await) }));
    // The server looks at this for the first time when its listeners accept.
    let ready = Arc::clone(&app);
    let told = async move {
        tokio::select! {
            biased;
            _ = &mut stop => {}
            () = until_ready(&ready) => {
                notify::ready(listening);
                drop(stop.await);
            }
        }
        notify::stopping();
        tracing::info!("stopping: requests in flight are answered, a second signal ends at once");
    };
    // It is the last to go, so that the end can be watched.
    let (last, ended) = oneshot::channel::<()>();
    let management = management.map(|listener| {
        let server = Server::management(Arc::clone(&app), listener);
        tokio::spawn(server.run(async { drop(ended.await) }))
    });
    Server::new(app, listeners, certificates).run(told).await;
    drop(last);
    drop(last_answer);
    drop(all_done);
    // One writes what was counted to the end, the other makes room for a successor; if they panicked, that was logged.
    drop(recorder.await);
    drop(housekeeper.await);
    if let Some(management) = management {
        // It answers from memory, so it ends when it is told to; if it panicked, that was logged.
        drop(management.await);
    }
    // The store is closed next, so they must be gone by then.
    behind.shutdown().await;
}

/// As `/readyz` means it. It is so from the start, unless the store went away in that moment.
async fn until_ready(app: &App) {
    while !app.is_ready() {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Being told to stop: once for a graceful end, twice for one at once.
struct Stop {
    first: oneshot::Receiver<()>,
    second: oneshot::Receiver<()>,
}

/// Takes over SIGTERM and SIGINT.
fn stop_signals() -> Result<Stop, Failure> {
    let failed = |why: std::io::Error| {
        Failure::failed(format!("no signals can be had: {why}. Raise this user's limits (`ulimit -a`)"))
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (tell_first, first) = oneshot::channel();
    let (tell_second, second) = oneshot::channel();
    tokio::spawn(async move {
        for tell in [tell_first, tell_second] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            // Nobody waits any more where the server ended by itself.
            let _ = tell.send(());
        }
    });
    Ok(Stop { first, second })
}
