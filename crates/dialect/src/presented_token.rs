//! A request about a token that its sender holds: to revoke it (RFC 7009 section 2.1), or to say what it is (RFC 7662
//! section 2.1). Both are forms, from a client that authenticates as in the `oauth2` dialect.
//!
//! `token_type_hint` is not looked at: there is one type of token.

use jeton_core::client_authentication::ClientAuthentication;
use zeroize::Zeroizing;

use crate::basic::Authorization;
use crate::fault::WireFault;
use crate::form::Form;
use crate::oauth2;
use crate::wire::WireRequest;

/// A token, and who presents it. Wiped when dropped.
///
/// Not `Debug`: it holds a token.
pub struct PresentedToken {
    /// Who it says it is.
    pub client: ClientAuthentication,
    /// The token, which may be any text.
    pub token: Zeroizing<String>,
}

impl PresentedToken {
    /// Reads a request; the first thing that is wrong is the fault. Unknown parameters are ignored, and empty ones count as
    /// absent, though none may be repeated (RFC 6749 section 3.2).
    pub fn read(request: &WireRequest<'_>) -> Result<Self, WireFault> {
        oauth2::content_type_is_form(request)?; // invalid_request
        let form = Form::read(request.body)?; // invalid_request
        if form.repeats(None) {
            return Err(WireFault::ParameterRepeated); // invalid_request
        }
        let authorization = Authorization::read(request.headers);
        oauth2::one_mechanism(&authorization, &form)?; // invalid_request
        let token = form.get("token").ok_or(WireFault::TokenMissing)?; // invalid_request
        let token = Zeroizing::new(token.to_owned());
        Ok(Self { client: oauth2::client(authorization, &form)?, token }) // invalid_client
    }
}
