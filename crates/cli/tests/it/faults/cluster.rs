//! Nodes on one `PostgreSQL`, some of them behind a proxy, and what they answer.

use std::fs;
use std::time::{Duration, Instant};

use jeton_testkit::{Database, Mode, Target, TcpProxy};

use super::World;
use crate::support::{Answer, Credential, DIALECTS, Http, PATIENCE, Server, now, token};

/// How soon whatever needs the database is answered where that is away.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(1);

/// The way of a node to the database, which a test can cut.
pub(crate) struct Way {
    pub(crate) proxy: TcpProxy,
    url: String,
}

impl Way {
    pub(crate) fn to(database: &Database) -> Self {
        let proxy = TcpProxy::start(Target::Unix(database.socket()));
        let url = database.url_through(proxy.address());
        Self { proxy, url }
    }

    /// A node that goes this way, whose memory may answer for so long after its last poll.
    #[track_caller]
    pub(crate) fn start(&self, world: &World, max_staleness: Duration) -> Server {
        let mut serve = world.serve();
        serve.env("JETON_STORE__URL", &self.url);
        serve.env("JETON_LIMITS__MAX_STALENESS", format!("{}ms", max_staleness.as_millis()));
        Server::start(&mut serve, 2)
    }

    /// A command that goes this way.
    pub(crate) fn command(&self, world: &World, line: &str) -> std::process::Command {
        let mut command = world.command(line);
        command.env("JETON_STORE__URL", &self.url);
        command
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.proxy.set(mode);
    }
}

/// One answer of the node at an address, and how long it took.
#[track_caller]
pub(crate) fn ask(node: &str, credential: &Credential) -> (u16, Duration) {
    let begun = now();
    let answer =
        Http::open(node, PATIENCE).and_then(|mut http| http.token(credential)).expect("a node answers");
    if answer.status == 503 {
        assert!(answer.head.to_lowercase().contains("retry-after:"), "{answer:?}");
    }
    (answer.status, now() - begun)
}

/// Asks again and again until the answer is this one, and gives how long that was from `begun`. Until then it may be
/// one of `meanwhile` alone.
#[track_caller]
pub(crate) fn until(
    status: u16,
    meanwhile: &[u16],
    node: &str,
    credential: &Credential,
    begun: Instant,
) -> Duration {
    loop {
        let (answered, _) = ask(node, credential);
        let took = now() - begun;
        if answered == status {
            return took;
        }
        assert!(
            meanwhile.contains(&answered) && took < PATIENCE,
            "{answered} instead of {status} after {took:?}"
        );
        super::last(Duration::from_millis(5));
    }
}

/// Every dialect says in its own shape that it cannot say, and soon. Gives how long the slowest took.
#[track_caller]
pub(crate) fn assert_unavailable(node: &Server, credential: &Credential) -> Duration {
    let paths = ["/authentication/v1/oauth/token", "/oauth/v2/token", "/authentication/api/v1/oauth2/token"];
    let asked = DIALECTS.iter().zip(paths).map(|(dialect, path)| {
        let begun = now();
        let answer = token(dialect, &format!("{}{path}", node.production()), credential);
        let took = now() - begun;
        assert!(took < AT_ONCE, "{dialect}: {took:?}");
        assert!(is_unavailable(dialect, &answer), "{dialect}: {answer:?}");
        took
    });
    asked.max().unwrap()
}

fn is_unavailable(dialect: &str, answer: &Answer) -> bool {
    let head = answer.head.to_lowercase();
    let said = match dialect {
        "gateway" => answer.body.contains("\"001\""),
        "oauth2" => answer.json()["error"] == "temporarily_unavailable",
        _ => head.contains("application/problem+json") && answer.json()["status"] == 503,
    };
    answer.status == 503 && head.contains("retry-after:") && said
}

/// How many descriptors and threads a node has.
pub(crate) fn held(node: &Server) -> (usize, usize) {
    let process = format!("/proc/{}", node.pid().as_raw_nonzero());
    let count = |name: &str| fs::read_dir(format!("{process}/{name}")).unwrap().count();
    (count("fd"), count("task"))
}
