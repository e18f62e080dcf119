//! The grammars of ids and texts, as the `OpenAPI` document has them. The types that hold them are core's; here is what a
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

/// What tokens are signed with.
#[derive(ToSchema)]
pub(super) enum Algorithm {
    /// ECDSA on P-256.
    ES256,
    /// Ed25519.
    EdDSA,
    /// RSA with PKCS#1 v1.5.
    RS256,
    /// RSA with PSS.
    PS256,
}

/// The public id of one secret of a credential.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[A-Za-z0-9]{1,32}$")]
pub(super) struct SecretId(String);

/// The id of a signing key.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = r"^[\x21-\x7e]{1,256}$")]
pub(super) struct KeyId(String);

/// The id of a token, its `jti`.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{1,56}$")]
pub(super) struct TokenId(String);

/// A network, as address and length of its prefix, or an address.
#[derive(ToSchema)]
#[schema(value_type = String, examples("192.0.2.0/24"))]
pub(super) struct Network(String);

/// An audience, or `null` to take it away.
#[derive(ToSchema)]
#[schema(value_type = Option<String>, format = "uri", max_length = 512)]
pub(super) struct AudienceUriOrNull(String);
