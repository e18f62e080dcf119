//! The true reason of a refusal, for the log, the counts and the credential's owner; the wire says less.

use crate::model::words;

words! {
    /// Why a token request was refused. One closed list for all dialects.
    Reason {
        // The request, before anybody is known.
        /// A method other than POST.
        MethodNotAllowed = "method_not_allowed",
        /// More than 65,536 bytes.
        BodyTooLarge = "body_too_large",
        /// The body did not arrive whole, or not in time.
        BodyIncomplete = "body_incomplete",
        /// No content type.
        ContentTypeMissing = "content_type_missing",
        /// Another content type than the dialect's.
        ContentTypeUnsupported = "content_type_unsupported",
        /// More than one content type.
        ContentTypeRepeated = "content_type_repeated",
        /// No tracking id, where the dialect demands one.
        TrackingIdMissing = "tracking_id_missing",
        /// A tracking id outside its grammar.
        TrackingIdMalformed = "tracking_id_malformed",
        /// More than one tracking id.
        TrackingIdRepeated = "tracking_id_repeated",
        /// More than one `Authorization` header.
        AuthorizationRepeated = "authorization_repeated",
        /// A query string, where the dialect has none.
        QueryPresent = "query_present",
        /// A body that its content type does not decode.
        BodyUndecodable = "body_undecodable",
        /// A parameter that the dialect does not know.
        ParameterUnsupported = "parameter_unsupported",
        /// A parameter, or a JSON member, more than once.
        ParameterRepeated = "parameter_repeated",
        /// A field that is missing, empty or of the wrong type.
        FieldInvalid = "field_invalid",
        /// No `grant_type`.
        GrantTypeMissing = "grant_type_missing",
        /// No token to be judged or revoked.
        TokenMissing = "token_missing",
        /// Another `grant_type` than `client_credentials`.
        GrantTypeUnsupported = "grant_type_unsupported",
        /// Credentials sent in two ways at once.
        TwoMechanisms = "two_mechanisms",
        /// No credentials at all.
        AuthorizationMissing = "authorization_missing",
        /// An `Authorization` header without credentials.
        AuthorizationEmpty = "authorization_empty",
        /// Another authentication scheme than Basic.
        SchemeUnsupported = "scheme_unsupported",
        /// Basic credentials that are not base64 of a pair.
        BasicUndecodable = "basic_undecodable",

        // The client.
        /// No such client id here.
        UnknownClient = "unknown_client",
        /// No such client id here, and the secret says that it belongs to another environment.
        WrongEnvironment = "wrong_environment",
        /// The secret has the form of a generated one but was damaged, in copying as a rule.
        BadChecksum = "bad_checksum",
        /// Another secret than the credential's.
        WrongSecret = "wrong_secret",
        /// A secret of the credential that has expired.
        ExpiredSecret = "expired_secret",
        /// A secret of the credential that was revoked.
        RevokedSecret = "revoked_secret",
        /// The credential has no live secret.
        NoSecret = "no_secret",
        /// Both readings of a Basic pair are right, for two credentials.
        AmbiguousBasic = "ambiguous_basic",
        /// The credential was deleted.
        DeletedCredential = "deleted_credential",
        /// The credential is suspended.
        SuspendedCredential = "suspended_credential",
        /// The credential has expired.
        ExpiredCredential = "expired_credential",
        /// The company is suspended.
        SuspendedCompany = "suspended_company",
        /// The company was deleted.
        DeletedCompany = "deleted_company",
        /// All was right, but for an address outside the credential's networks.
        AddressNotAllowed = "address_not_allowed",

        // What it asked for.
        /// The credential has no grant.
        NoGrant = "no_grant",
        /// A scope outside RFC 6749's grammar.
        ScopeMalformed = "scope_malformed",
        /// A scope that does not exist or is not granted.
        ScopeNotGranted = "scope_not_granted",
        /// A scope that none of the asked resources owns.
        ScopeNotOfResource = "scope_not_of_resource",
        /// A resource or audience that is no absolute URI.
        TargetMalformed = "target_malformed",
        /// A resource or audience that does not exist or is not granted.
        TargetNotGranted = "target_not_granted",
        /// No audience, where the credential has several.
        TargetMissing = "target_missing",

        /// A token of another credential, which only that one may revoke.
        TokenOfAnother = "token_of_another",

        // Ourselves.
        /// No usable signing key.
        NoSigningKey = "no_signing_key",
        /// The store is out of reach, or overload.
        Unavailable = "unavailable",
        /// Too many requests.
        TooManyRequests = "too_many_requests",
        /// Anything unforeseen.
        Internal = "internal",
    }
}
