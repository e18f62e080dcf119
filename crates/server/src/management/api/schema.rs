//! The grammars of ids and texts, as the OpenAPI document has them. The types that hold them are core's; here is what a
//! reader of the document has to know.
//!
//! To add one: a line, and `#[schema(value_type = ..)]` where it stands.

#![expect(dead_code, reason = "these types are only described, never made")]

use utoipa::ToSchema;

/// The id of a company.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,62}$", examples("acme"))]
pub(super) struct CompanyId(String);

/// The id of an API.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,62}$", examples("voice"))]
pub(super) struct ApiId(String);

/// The name of an environment.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[a-z0-9]{1,16}$", examples("sandbox"))]
pub(super) struct EnvironmentName(String);

/// A client id. Case counts.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[A-Za-z0-9._~-]{1,128}$", examples("acme-orders"))]
pub(super) struct ClientId(String);

/// The name of a scope.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = r"^[!#-+\--\[\]-~]{1,128}$", examples("voice.numbers"))]
pub(super) struct ScopeName(String);

/// A name or label: 1 to 200 characters, and no control characters.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", examples("Acme"))]
pub(super) struct Text(String);

/// An absolute URI without a fragment.
#[derive(ToSchema)]
#[schema(value_type = String, format = "uri", max_length = 512, examples("https://api.example/voice"))]
pub(super) struct AudienceUri(String);

/// Whether it may have tokens.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(super) enum State {
    /// It may.
    Active,
    /// Not now; it can be resumed.
    Suspended,
    /// Never again.
    Deleted,
}
