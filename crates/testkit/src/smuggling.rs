//! Request smuggling: requests on whose end two servers could disagree, each with a second one behind it or inside it.
//! Straight at the server, and through real proxies.
//!
//! To add one: a row in [`BEHIND`] where the fields leave open what follows, in [`CODINGS`] where a server might take
//! them for `Transfer-Encoding: chunked`.

use std::iter;

/// What follows the first request's headers: `Content-Length`, `Transfer-Encoding` and a body, none of which is clear.
const BEHIND: &[&str] = &[
    // Both.
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    // Lengths that are none, or two.
    "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "Content-Length: 5\r\nContent-Length: 0\r\n\r\n",
    "Content-Length: 0, 5\r\n\r\n",
    "Content-Length: +0\r\n\r\n",
    "Content-Length: -1\r\n\r\n",
    "Content-Length: 0x0\r\n\r\n",
    "Content-Length: 0 0\r\n\r\n",
    "Content-Length: \r\n\r\n",
    "Content-Length: 18446744073709551616\r\n\r\n",
    "Content-Length : 0\r\n\r\n",
    " Content-Length: 0\r\n\r\n",
    "Content-Length\t: 0\r\n\r\n",
    // Codings that are not chunked, or not the last.
    "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked x\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "Transfer_Encoding: chunked\r\nContent-Length: 100000\r\n\r\n0\r\n\r\n",
    "X: a\r\n b\r\n\r\n",
    "X: a\0b\r\n\r\n",
    "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    // Chunks whose size is none.
    "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n_0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n0\n\n",
    "Transfer-Encoding: chunked\r\n\r\n0\r\r\n\r\n",
];

/// Fields that one server may take for the coding `chunked`, and another not.
const CODINGS: &[&str] = &[
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: \x0bchunked",
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding\0: chunked",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding:\r\n chunked",
    " Transfer-Encoding: chunked",
    "X: a\nTransfer-Encoding: chunked",
    "X: a\rTransfer-Encoding: chunked",
    "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
];

/// Fields that are no coding, after which the length holds.
const NO_CODINGS: &[&str] = &["Transfer_Encoding: chunked", "Connection: Content-Length", "TE: chunked"];

/// A request to the `oauth2` dialect's own path, without credentials and of no clear end, and a second one that reads
/// the published keys.
#[derive(Debug, Clone)]
pub struct Probe(Shape);

#[derive(Debug, Clone)]
enum Shape {
    /// The second request stands where the first may have ended.
    Behind(&'static str),
    /// By its length the second request is the body of the first; by the coding it stands behind an empty body.
    InsideLength(&'static str),
    /// By the coding the second request is a chunk; by the length it stands behind the chunk's size.
    InsideChunk(&'static str),
}

impl Probe {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let shapes = BEHIND.iter().map(|rest| Shape::Behind(rest));
        let codings = CODINGS.iter().flat_map(|coding| {
            iter::once(Shape::InsideLength(coding)).chain(iter::once(Shape::InsideChunk(coding)))
        });
        let no_codings = NO_CODINGS.iter().map(|field| Shape::InsideLength(field));
        shapes.chain(codings).chain(no_codings).map(Self)
    }

    /// The bytes. The first request has this tracking id, the second the one of [`Self::second`].
    pub fn bytes(&self, tracking_id: &str) -> Vec<u8> {
        let second = format!(
            "GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\nX-Tracking-ID: {}\r\n\r\n",
            Self::second(tracking_id)
        );
        let rest = match self.0 {
            Shape::Behind(rest) => format!("{rest}{second}"),
            Shape::InsideLength(coding) => {
                let body = format!("0\r\n\r\n{second}");
                format!("Content-Length: {}\r\n{coding}\r\n\r\n{body}", body.len())
            }
            Shape::InsideChunk(coding) => {
                let size = format!("{:x}\r\n", second.len());
                let length = size.len();
                format!("Content-Length: {length}\r\n{coding}\r\n\r\n{size}{second}\r\n0\r\n\r\n")
            }
        };
        // A field of its own before the doubtful ones: a line that is folded spoils neither the host nor the id.
        let head = "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\n";
        format!("{head}X-Tracking-ID: {tracking_id}\r\nX-Before: a\r\n{rest}").into_bytes()
    }

    /// The tracking id of the second request.
    pub fn second(tracking_id: &str) -> String {
        format!("{tracking_id}-second")
    }
}
