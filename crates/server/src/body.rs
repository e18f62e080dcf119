//! Takes in a body, within its bounds.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body::Body;
use http_body_util::BodyExt as _;
use jeton_dialect::ServerFault;
use zeroize::Zeroizing;

use crate::limits::{BODY_BYTES, Limits};

/// How much of a body that is too large is read and thrown away, so that its sender, who may read nothing before
/// it has sent all, sees the answer and not a broken connection.
const DISCARDED_BYTES: usize = 1024 * 1024;

/// The whole body, if it is not too large and arrives in time.
pub(crate) async fn collect<B>(
    headers: &HeaderMap,
    body: B,
    limits: &Limits,
) -> Result<Zeroizing<Vec<u8>>, ServerFault>
where
    B: Body<Data = Bytes> + Unpin,
{
    collect_at_most(BODY_BYTES, headers, body, limits).await
}

/// The same, within another bound.
pub(crate) async fn collect_at_most<B>(
    most: usize,
    headers: &HeaderMap,
    body: B,
    limits: &Limits,
) -> Result<Zeroizing<Vec<u8>>, ServerFault>
where
    B: Body<Data = Bytes> + Unpin,
{
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_large = length.is_some_and(|length| length > most as u64);
    if too_large && headers.contains_key(EXPECT) {
        // It waits to be told to go on (RFC 9110 section 10.1.1), and so has sent nothing yet.
        return Err(ServerFault::BodyTooLarge);
    }
    match tokio::time::timeout(limits.body, read(most, body)).await {
        Ok(result) => result,
        Err(_) if too_large => Err(ServerFault::BodyTooLarge),
        Err(_) => Err(ServerFault::BodyIncomplete),
    }
}

async fn read<B>(most: usize, mut body: B) -> Result<Zeroizing<Vec<u8>>, ServerFault>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut whole = BytesMut::new();
    let mut discarded = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(if discarded > 0 { ServerFault::BodyTooLarge } else { ServerFault::BodyIncomplete });
        };
        let Ok(data) = frame.into_data() else { continue };
        if discarded > 0 || whole.len() + data.len() > most {
            discarded += data.len();
            if discarded > DISCARDED_BYTES {
                break;
            }
        } else {
            whole.extend_from_slice(&data);
        }
    }
    if discarded > 0 { Err(ServerFault::BodyTooLarge) } else { Ok(Zeroizing::new(whole.into())) }
}
