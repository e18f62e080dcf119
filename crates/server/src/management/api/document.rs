//! What the `OpenAPI` document says beside the operations, and what it says of all of them alike.

use jeton_core::operator::OperatorScope;
use jeton_dialect::Dialect;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::security::{
    ClientCredentials, Flow, OAuth2, Scopes, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OneOfBuilder,
    OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, Type,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::problem::{DryRun, ProblemDetails, Slug};

/// The name of the one security scheme.
const OPERATOR: &str = "operator";

/// The document without any operation.
pub(super) fn frame() -> OpenApi {
    let scopes = OperatorScope::ALL.iter().map(|scope| (scope.as_str(), meaning(*scope)));
    let flow = Flow::ClientCredentials(ClientCredentials::new(
        Dialect::OAuth2.default_path(),
        scopes.collect::<Scopes>(),
    ));
    let mut components = ComponentsBuilder::new()
        .security_scheme(OPERATOR, SecurityScheme::OAuth2(OAuth2::new([flow])))
        .schema(ProblemDetails::name(), ProblemDetails::schema())
        .schema(DryRun::name(), DryRun::schema())
        .build();
    for slug in problems() {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description(slug.title())
            .content("application/problem+json", content)
            .build();
        components.responses.insert(response_name(slug), RefOr::T(response));
    }
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0"));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Jeton management API")
                .version("1")
                .description(Some(
                    "What operators do with companies, APIs, credentials and keys. Errors are problem details (RFC 9457) \
                     with the exit code of the command line.",
                ))
                .license(Some(license.build())),
        )
        .components(Some(components))
        .build()
}

/// Adds to operations what all of their kind have: the scope that they need, the problems, and the headers.
pub(super) fn complete(paths: &mut Paths, scope: Option<OperatorScope>, makes: bool) {
    for (path, item) in &mut paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Patch, &mut item.patch),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                complete_one(operation, path, &method, scope);
                if makes {
                    made_once(operation);
                }
            }
        }
    }
}

/// Whether an operation is about one thing, which may have a revision.
pub(super) fn has_target(path: &str) -> bool {
    path.contains('{')
}

/// Whether any of these operations reads a body.
pub(super) fn takes_body(paths: &Paths) -> bool {
    let operations = paths.paths.values().flat_map(|item| [&item.get, &item.post, &item.patch, &item.delete]);
    operations.flatten().any(|operation| operation.request_body.is_some())
}

fn complete_one(operation: &mut Operation, path: &str, method: &HttpMethod, scope: Option<OperatorScope>) {
    let scopes: Vec<&str> = scope.iter().map(|scope| scope.as_str()).collect();
    operation.security = Some(vec![SecurityRequirement::new(OPERATOR, scopes)]);
    let writes = !matches!(method, HttpMethod::Get);
    let has_target = has_target(path);
    let applies = |slug: Slug| match slug {
        Slug::NotFound => has_target || operation.parameters.is_some() || operation.request_body.is_some(),
        Slug::Conflict => writes,
        Slug::Changed => writes && (has_target || path.ends_with("/apply")),
        Slug::TooLarge | Slug::NotJson | Slug::Invalid => operation.request_body.is_some(),
        _ => true,
    };
    let problems: Vec<Slug> = problems().filter(|slug| applies(*slug)).collect();
    for slug in problems {
        let reference = Ref::from_response_name(response_name(slug));
        operation.responses.responses.insert(slug.status().as_str().to_owned(), RefOr::Ref(reference));
    }
    if writes {
        rehearsed(operation);
        let description = "Why, in the caller's words: it stands in the audit.";
        header(operation, "Jeton-Reason", r"^[ -~]{0,198}[!-~]$", description);
        let description = "`true` to see whether it would be done: it is tried and taken back. Then the answer is 200 with \
                           `dry_run`, or the problem.";
        header(operation, "Jeton-Dry-Run", "^(true|false)$", description);
    }
    if writes && has_target {
        let description = "The entity tag that the target must have, as `ETag` showed it; `*` takes any.";
        header(operation, "If-Match", r#"^(\*|"[0-9]{1,18}")$"#, description);
    }
}

/// In a dry run, 200 says something else than what was done.
fn rehearsed(operation: &mut Operation) {
    let dry_run = Ref::from_schema_name(DryRun::name());
    let answer = operation.responses.responses.entry("200".to_owned()).or_insert_with(|| {
        RefOr::T(ResponseBuilder::new().description("A dry run: nothing stands in the way").build())
    });
    let RefOr::T(answer) = answer else { return };
    let content = answer.content.entry("application/json".to_owned());
    let RefOr::T(content) = content.or_insert_with(|| RefOr::T(Content::default())) else { return };
    content.schema = Some(match content.schema.take() {
        Some(done) => RefOr::T(Schema::OneOf(OneOfBuilder::new().item(done).item(dry_run).build())),
        None => dry_run.into(),
    });
}

/// What is asked for again with the same key is answered with what was made.
fn made_once(operation: &mut Operation) {
    let description = "By what this request is known when it is sent again within 24 hours: 1 to 255 visible ASCII \
                       characters. Then nothing is made anew, and no secret is shown.";
    header(operation, "Idempotency-Key", "^[!-~]{1,255}$", description);
    let made = operation.responses.responses.get("201").cloned();
    if let Some(RefOr::T(mut response)) = made {
        "It was made before by the same request: `replayed` is true, and `note` says what to do. Or a dry run."
            .clone_into(&mut response.description);
        operation.responses.responses.insert("200".to_owned(), RefOr::T(response));
        rehearsed(operation);
    }
}

fn header(operation: &mut Operation, name: &str, pattern: &str, description: &str) {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build();
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}

/// Those that an operation answers with; each status has one.
fn problems() -> impl Iterator<Item = Slug> {
    let left_out = |slug: &Slug| {
        matches!(
            slug,
            Slug::MethodNotAllowed | Slug::AuditBroken | Slug::KeyReused | Slug::Unusable | Slug::Internal
        )
    };
    Slug::ALL.iter().copied().filter(move |slug| !left_out(slug))
}

fn response_name(slug: Slug) -> String {
    slug.title().replace(' ', "")
}

fn meaning(scope: OperatorScope) -> &'static str {
    match scope {
        OperatorScope::CompaniesRead => "See companies and environments",
        OperatorScope::CompaniesWrite => "Make, change and delete companies",
        OperatorScope::ApisRead => "See APIs",
        OperatorScope::ApisWrite => "Make, change and delete APIs",
        OperatorScope::CredentialsRead => "See credentials, their grants, and what is known of their secrets",
        OperatorScope::CredentialsWrite => "Make, change and delete credentials, grants and secrets",
        OperatorScope::TokensRevoke => "Revoke tokens",
        OperatorScope::KeysRead => "See signing keys and hash keys",
        OperatorScope::KeysWrite => "Rotate, import and remove signing keys and hash keys",
        OperatorScope::UsageRead => "See what was counted",
        OperatorScope::AuditRead => "See, verify and export the audit",
        OperatorScope::OperatorsWrite => "Make and change the credentials of operators",
    }
}
