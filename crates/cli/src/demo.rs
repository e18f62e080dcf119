//! What `serve --dev` makes: a throw-away folder with a demo company, and lines to paste.

use std::fs::{OpenOptions, Permissions};
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use jeton_core::Algorithm;
use jeton_core::admin::{
    Admin, AdminError, Asked, CreatedCredential, GrantRequest, NewApi, NewCredential, SecretSource,
};
use jeton_core::id::{CompanyId, IdError};
use jeton_core::intent::Actor;
use jeton_core::model::Audience;
use jeton_core::secret::Secret;
use jeton_server::config::{Config, Dialect, Environment};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::ambient::{SystemClock, SystemRandom};
use crate::data::Data;
use crate::dev_file::DevFile;
use crate::failure::{Failure, ROOM};
use crate::output;

/// The audience of the voice API family.
pub(crate) const VOICE_AUDIENCE: &str = "https://api.example/voice";

/// The APIs, each with its audience and its scopes.
const APIS: [(&str, &str, &[&str]); 2] = [
    ("voice", VOICE_AUDIENCE, &["voice.numbers", "voice.addresses", "voice.billing", "voice.customers"]),
    ("messages", "https://api.example/messages", &["messages.read", "messages.send"]),
];

/// What the demo credentials are granted: enough for a 200, too little for some, which makes a 403.
const GRANTED: [&str; 2] = ["voice.billing", "voice.numbers"];

/// A new folder that is removed with the server.
pub(crate) fn folder() -> Result<TempDir, Failure> {
    let private = Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().prefix("jeton-dev-").permissions(private).tempdir();
    folder.map_err(|why| {
        Failure::failed(format!(
            "no throw-away folder can be made: {why}. Name one that can be written with TMPDIR"
        ))
    })
}

/// Makes an operator who may do everything, and writes who it is where the command line finds it.
pub(crate) async fn let_operator_in(data: &Data, at: Option<SocketAddr>) -> Result<Option<DevFile>, Failure> {
    let Some(address) = at else { return Ok(None) };
    let client_id = "dev-operator".parse().map_err(ill_formed)?;
    let label = "Made by serve --dev".parse().map_err(ill_formed)?;
    let made = admin(data).make_first_operator(Some(client_id), Some(label)).await?;
    Ok(made.and_then(|made| DevFile::write(address, made.credential.client_id.as_str(), secret_of(&made))))
}

/// Makes the demo, and tells its values: on a terminal as lines to paste, elsewhere in a file.
pub(crate) async fn make(data: &Data, config: &Config, folder: &Path) -> Result<(), Failure> {
    let admin = admin(data);
    let company = make_company_and_apis(&admin).await?;
    let mut credentials = Vec::new();
    for environment in &config.environments {
        credentials.push((environment, make_credential(&admin, &company, environment).await?));
    }
    if std::io::stdout().is_terminal() {
        for (environment, created) in &credentials {
            show(config, environment, created);
        }
    } else {
        let path = folder.join("demo.json");
        write(&path, &values(config, &credentials)).map_err(|why| {
            Failure::failed(format!("{} cannot be written: {why}", path.display())).or(ROOM)
        })?;
        output::line(&format!("demo credentials: {}", path.display()));
    }
    output::line(&format!("export JETON_DATA={}", output::shell_word(&folder.display().to_string())));
    Ok(())
}

fn admin(data: &Data) -> Admin {
    Admin {
        store: Arc::clone(&data.store),
        master: Arc::clone(&data.master),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        asked: Asked::by(Actor::System("dev".to_owned())),
    }
}

async fn make_company_and_apis(admin: &Admin) -> Result<CompanyId, Failure> {
    for (id, audience, scopes) in APIS {
        let new = || -> Result<NewApi, IdError> {
            let scopes = scopes.iter().map(|scope| scope.parse()).collect::<Result<_, _>>()?;
            let audience = Audience { default: audience.parse()?, by_environment: [].into() };
            Ok(NewApi { id: id.parse()?, audience, scopes, algorithm: Algorithm::Es256 })
        };
        admin.create_api(new().map_err(ill_formed)?).await?;
    }
    let company = "demo".parse().map_err(ill_formed)?;
    admin.create_company(&company, "Demo company".parse().map_err(ill_formed)?, None).await?;
    Ok(company)
}

async fn make_credential(
    admin: &Admin,
    company: &CompanyId,
    environment: &Environment,
) -> Result<CreatedCredential, Failure> {
    let new = || -> Result<NewCredential, IdError> {
        let scopes = GRANTED.iter().map(|scope| scope.parse()).collect::<Result<_, _>>()?;
        Ok(NewCredential {
            company: company.clone(),
            environment: environment.name.clone(),
            client_id: Some(format!("demo-{}", environment.name).parse()?),
            label: Some("Demo".parse()?),
            owner: None,
            networks: vec![],
            grants: vec![GrantRequest { api: APIS[0].0.parse()?, scopes: Some(scopes) }],
            secret: Some(SecretSource::Generated),
        })
    };
    let created = admin.create_credential(new().map_err(ill_formed)?).await;
    created.map(|created| created.value).map_err(|why: AdminError| why.into())
}

/// What is written in this file is well formed; if not, that is a fault of ours.
fn ill_formed(why: IdError) -> Failure {
    Failure::failed(why.to_string())
}

/// The lines to paste for one environment.
fn show(config: &Config, environment: &Environment, created: &CreatedCredential) {
    let origin = environment.issuer.origin();
    let (id, secret) = (created.credential.client_id.as_str(), secret_of(created));
    let mut lines = vec![String::new(), format!("# {}: a token from each dialect", environment.name)];
    for endpoint in &config.endpoints {
        let url = format!("{origin}{}", endpoint.path);
        lines.push(match endpoint.dialect {
            Dialect::Gateway => {
                format!(
                    r"curl -w '\n' -u {id}:{secret} -H 'x-tracking-id: demo-1' -d grant_type=client_credentials {url}"
                )
            }
            Dialect::OAuth2 => format!(r"curl -w '\n' -u {id}:{secret} -d grant_type=client_credentials {url}"),
            Dialect::Json => {
                let body = json!({ "clientId": id, "clientSecret": secret, "audienceUrl": VOICE_AUDIENCE });
                format!("TOKEN=$(curl -s -H 'Content-Type: application/json' -d '{body}' {url}); echo $TOKEN")
            }
        });
    }
    lines.push("# the demo API: 200 with a granted scope, 403 without".to_owned());
    for service in ["billing", "customers"] {
        lines.push(format!(
            r#"curl -w '\n' -i -H "Authorization: Bearer $TOKEN" {origin}/demo/voice/{service}"#
        ));
    }
    output::line(&lines.join("\n"));
}

fn secret_of(created: &CreatedCredential) -> &str {
    // It was made here.
    created.secret.as_ref().map_or("", Secret::expose)
}

/// The same values for programs.
fn values(config: &Config, credentials: &[(&Environment, CreatedCredential)]) -> Value {
    let of = |(environment, created): &(&Environment, CreatedCredential)| {
        let origin = environment.issuer.origin();
        let url = |path: &str| Value::String(format!("{origin}{path}"));
        let endpoints: Map<String, Value> = config
            .endpoints
            .iter()
            .map(|endpoint| (endpoint.dialect.as_str().to_owned(), url(&endpoint.path)))
            .collect();
        let value = json!({
            "issuer": environment.issuer.as_str(),
            "hosts": environment.hosts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "client_id": created.credential.client_id,
            "client_secret": secret_of(created),
            "audience": VOICE_AUDIENCE,
            "scopes": GRANTED,
            "token_endpoints": endpoints,
            "demo_api": { "granted": url("/demo/voice/billing"), "not_granted": url("/demo/voice/customers") },
        });
        (environment.name.to_string(), value)
    };
    Value::Object(credentials.iter().map(of).collect())
}

fn write(path: &Path, value: &Value) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("{value:#}\n").as_bytes())
}
