//! Commands ask the management API, always: a server's, over HTTP, or the same one called in process on a store. So they
//! do the same and show the same wherever they work, and who may do what is decided in one place.
//!
//! | file | what it holds |
//! |---|---|
//! | `choice` | where to work, and as whom: options, variables, profile, `serve --dev`, the default folder |
//! | `dev` | the file of a `serve --dev` that runs |
//! | `profiles`, `keeping` | the user's servers, and where their secrets are |
//! | `request` | what is asked, before it is known where |
//! | `server`, `store` | the two ways that a request goes |
//! | `problem` | what an answer says that is no success |
//! | `rehearsal` | `--dry-run` |
//!
//! A command makes a [`Request`] and hands it to its [`Desk`]: [`get`](Desk::get), [`list`](Desk::list), or
//! [`change`](Desk::change), which gives nothing in a dry run. To add one: what it asks for must be an operation of the
//! API first.

pub(crate) mod choice;
mod dev;
pub(crate) mod keeping;
mod problem;
pub(crate) mod profiles;
mod rehearsal;
mod request;
mod server;
mod store;

use http::header::{HeaderName, HeaderValue, IF_MATCH};
use reqwest::Url;
use serde_json::{Value, json};

pub(crate) use self::request::Request;

use self::choice::Choice;
use self::server::Server;
use self::store::OpenStore;
use crate::args::{Format, Manner, Reach};
use crate::commands::answer::Answer;
use crate::configuration::Given;
use crate::failure::Failure;
use crate::{output, terminal};

/// Why something is changed, for the log of changes.
const REASON: HeaderName = HeaderName::from_static("jeton-reason");

/// How many things a page of a list has: the most that are to be had.
pub(crate) const PAGE: u32 = 500;

/// Where a command works, and how.
pub(crate) struct Desk {
    behind: Behind,
    manner: Manner,
    format: Format,
}

enum Behind {
    Server(Box<Server>),
    Store(Box<OpenStore>),
}

impl Desk {
    /// Where options, variables and profile lead.
    pub(crate) async fn open(
        reach: &Reach,
        given: &Given,
        manner: Manner,
        format: Format,
    ) -> Result<Self, Failure> {
        let behind = match choice::choose(reach)? {
            Choice::Server(chosen) => Behind::Server(Box::new(Server::new(*chosen, reach.danger_plain_url)?)),
            Choice::Store(by) => Behind::Store(Box::new(OpenStore::open(given.place()?, by).await?)),
        };
        Ok(Self { behind, manner, format })
    }

    /// At a server, to look.
    pub(crate) fn at(chosen: choice::Server, danger_plain: bool) -> Result<Self, Failure> {
        let behind = Behind::Server(Box::new(Server::new(chosen, danger_plain)?));
        Ok(Self { behind, manner: Manner::default(), format: Format::Json })
    }

    /// Whether nothing is to be changed.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.manner.dry_run
    }

    /// How to show what comes of it.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// What is there.
    pub(crate) async fn get(&self, request: Request) -> Result<Value, Failure> {
        json_of(&self.send(&request, &[]).await?)
    }

    /// A list that comes in pages, with all of them.
    pub(crate) async fn list(&self, request: Request) -> Result<Vec<Value>, Failure> {
        self.all(request.with("limit", Some(PAGE))).await
    }

    /// A list.
    pub(crate) async fn all(&self, request: Request) -> Result<Vec<Value>, Failure> {
        self.first(request, usize::MAX).await
    }

    /// The beginning of a list.
    pub(crate) async fn first(&self, request: Request, most: usize) -> Result<Vec<Value>, Failure> {
        let mut items = vec![];
        self.pages(request, |page| {
            items.extend(page);
            Ok(items.len() < most)
        })
        .await?;
        items.truncate(most);
        Ok(items)
    }

    /// Each item of a list, which may be longer than what fits into memory.
    pub(crate) async fn each(
        &self,
        request: Request,
        mut take: impl FnMut(Value) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.pages(request, |page| page.into_iter().try_for_each(&mut take).map(|()| true)).await
    }

    /// Page after page, for as long as `take` says so.
    async fn pages(
        &self,
        request: Request,
        mut take: impl FnMut(Vec<Value>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let mut cursor: Option<String> = None;
        loop {
            let page = request.clone().with("cursor", cursor.as_deref());
            let mut page = self.get(page).await?;
            let Value::Array(items) = page["items"].take() else {
                return Err(Failure::failed("the answer is no list: is the server a newer one?"));
            };
            let goes_on = take(items)?;
            match page["next"].as_str() {
                // A server that leads round in circles would be followed for ever.
                Some(next) if goes_on && cursor.as_deref() != Some(next) => cursor = Some(next.to_owned()),
                _ => return Ok(()),
            }
        }
    }

    /// What a change came to; nothing where it was a dry run.
    pub(crate) async fn change(&self, request: Request) -> Result<Option<Value>, Failure> {
        if self.manner.dry_run {
            rehearsal::run(self, &request).await?;
            return Ok(None);
        }
        json_of(&self.send(&request, &self.conditions()?).await?).map(Some)
    }

    /// Shows one thing.
    pub(crate) async fn show(&self, request: Request) -> Result<(), Failure> {
        output::one(self.format, &self.get(request).await?)
    }

    /// Shows a list that comes in pages.
    pub(crate) async fn show_list(&self, columns: &[&str], request: Request) -> Result<(), Failure> {
        output::many(self.format, columns, &self.list(request).await?)
    }

    /// Makes a change, and shows what came of it.
    pub(crate) async fn show_change(&self, request: Request) -> Result<(), Failure> {
        match self.change(request).await? {
            Some(changed) => output::one(self.format, &changed),
            None => Ok(()),
        }
    }

    /// Has an id typed again before what it names is destroyed.
    pub(crate) fn confirm(&self, what: &str, id: impl std::fmt::Display) -> Result<(), Failure> {
        if self.manner.yes || self.manner.dry_run {
            return Ok(());
        }
        terminal::confirm(what, &id.to_string())
    }

    /// Where it works, and what said so.
    pub(crate) fn described(&self) -> Value {
        match &self.behind {
            Behind::Server(server) => {
                let chosen = server.chosen();
                json!({
                    "url": chosen.url.as_str(),
                    "url_from": chosen.url_from.to_string(),
                    "client_id": chosen.client_id,
                    "credential_from": chosen.client_id_from.to_string(),
                    "secret_from": chosen.secret_from,
                })
            }
            Behind::Store(store) => json!({
                "store": store.place().home.to_string(),
                "store_from": store.chosen_by().to_string(),
            }),
        }
    }

    /// Lets go of what is open.
    pub(crate) async fn close(self) {
        if let Behind::Store(store) = self.behind {
            store.close().await;
        }
    }

    /// What is said besides with a change.
    fn conditions(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
        let mut headers = vec![];
        if let Some(reason) = &self.manner.reason {
            let value = HeaderValue::from_bytes(reason.as_str().as_bytes())
                .map_err(|_| Failure::usage("--reason has a character that cannot be sent: leave it out"))?;
            headers.push((REASON, value));
        }
        if let Some(revision) = self.manner.if_revision {
            headers.push((IF_MATCH, revision_tag(revision)));
        }
        Ok(headers)
    }

    async fn send(
        &self,
        request: &Request,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Answer, Failure> {
        let answer = match &self.behind {
            Behind::Server(server) => server.send(request, headers).await?,
            Behind::Store(store) => store.send(request, headers).await?,
        };
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(problem::failure(&answer)) }
    }

    fn path_of(&self, request: &Request) -> String {
        let base: Url = "http://localhost/".parse().expect("it is a URL");
        match &self.behind {
            Behind::Server(server) => request.url(&server.chosen().url).path().to_owned(),
            Behind::Store(_) => request.url(&base).path().to_owned(),
        }
    }
}

fn revision_tag(revision: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).expect("digits can be sent")
}

fn json_of(answer: &Answer) -> Result<Value, Failure> {
    answer.object().ok_or_else(|| {
        Failure::failed("the answer is no JSON object: is the URL that of a management listener?")
    })
}
