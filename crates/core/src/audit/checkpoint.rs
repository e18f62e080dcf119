//! A checkpoint: what the chain was at a time, signed, to be kept where who changes the database cannot reach.
//!
//! It is a compact JWS under a `typ` of its own, so that others can check it with the published key of the environment
//! `management`. Inside is a code under the audit key too: by it the store judges its own checkpoints, also when the key
//! that signed is long gone. Where that key is known, the signature has to hold as well.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_jose::{SignError, SigningKey, UnverifiedStatement};
use serde::{Deserialize, Serialize};

use super::{AuditKey, Digest, Position};
use crate::key_ring::EnvironmentKeys;
use crate::model::Sequence;
use crate::time::Timestamp;

/// The `typ` of a checkpoint.
pub const TYP: &str = "audit-checkpoint+jwt";

/// No checkpoint is longer.
pub const MAX_CHECKPOINT_BYTES: usize = 4_096;

/// What the chain was at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its last row.
    pub at: Position,
    /// That row's digest.
    pub digest: Digest,
    /// When the checkpoint was made.
    pub time: Timestamp,
    /// How many rows there were after the base.
    pub rows: u64,
}

/// What came of a checkpoint's signature. One that does not hold is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureFinding {
    /// A key of this store made it.
    Holds,
    /// The key that is said to have made it is not in this store, or no more: nobody can tell here.
    KeyUnknown,
}

/// As it is signed. All of it is covered by `mac`, which comes last.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    sequence: i64,
    position: i64,
    digest: String,
    /// In microseconds since 1970.
    time: i64,
    rows: u64,
    mac: String,
}

impl Checkpoint {
    /// The checkpoint as a JWS of this key.
    pub fn sign(&self, audit: &AuditKey, key: &SigningKey) -> Result<String, SignError> {
        let payload = Payload {
            sequence: self.at.sequence.0,
            position: self.at.position,
            digest: URL_SAFE_NO_PAD.encode(self.digest),
            time: self.time.0,
            rows: self.rows,
            mac: URL_SAFE_NO_PAD.encode(self.mac(audit)),
        };
        let payload = serde_json::to_vec(&payload).expect("numbers and texts become JSON");
        key.sign_statement(TYP, &payload)
    }

    /// Reads a checkpoint of this store.
    pub fn read(text: &str, audit: &AuditKey) -> Result<Self, CheckpointError> {
        let text = text.trim();
        if text.len() > MAX_CHECKPOINT_BYTES {
            return Err(CheckpointError::Malformed);
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, _signature] = parts[..] else { return Err(CheckpointError::Malformed) };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| CheckpointError::Malformed);
        let header: serde_json::Value =
            serde_json::from_slice(&decode(header)?).map_err(|_| CheckpointError::Malformed)?;
        if header["typ"] != TYP {
            return Err(CheckpointError::Malformed);
        }
        let payload: Payload =
            serde_json::from_slice(&decode(payload)?).map_err(|_| CheckpointError::Malformed)?;
        let digest = |text: &str| {
            decode(text).and_then(|bytes| Digest::try_from(bytes).map_err(|_| CheckpointError::Malformed))
        };
        let read = Self {
            at: Position { sequence: Sequence(payload.sequence), position: payload.position },
            digest: digest(&payload.digest)?,
            time: Timestamp(payload.time),
            rows: payload.rows,
        };
        let mac = digest(&payload.mac)?;
        let ours = aws_lc_rs::constant_time::verify_slices_are_equal(&read.mac(audit), &mac).is_ok();
        if ours { Ok(read) } else { Err(CheckpointError::Foreign) }
    }

    /// Judges the signature of a checkpoint by the keys of `management`: those that sign, will sign or have signed.
    pub fn judge_signature(
        text: &str,
        keys: Option<&EnvironmentKeys>,
    ) -> Result<SignatureFinding, CheckpointError> {
        let statement = UnverifiedStatement::parse(text.trim(), TYP, MAX_CHECKPOINT_BYTES)
            .map_err(|_| CheckpointError::Malformed)?;
        let Some(key) = keys.and_then(|keys| keys.verifying_key(statement.kid())) else {
            return Ok(SignatureFinding::KeyUnknown);
        };
        statement.verify(&key).map_err(|_| CheckpointError::Forged)?;
        Ok(SignatureFinding::Holds)
    }

    fn mac(&self, audit: &AuditKey) -> Digest {
        let numbers = [self.at.sequence.0, self.at.position, self.time.0];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        bytes.extend_from_slice(&self.rows.to_be_bytes());
        bytes.extend_from_slice(&self.digest);
        audit.checkpoint_mac(&bytes)
    }
}

/// Why a text is no checkpoint of this store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It has not the form of one.
    #[error("this is no checkpoint: give the line that `jeton audit export` ended with")]
    Malformed,
    /// Another audit key made it, or somebody changed it.
    #[error(
        "this checkpoint was changed, or is of another installation: this store's audit key did not make it. Give one that \
         was exported from here"
    )]
    Foreign,
    /// A key of this store is said to have signed it, and did not.
    #[error(
        "the signature of this checkpoint does not hold: it was changed after it was made. Take another copy of it"
    )]
    Forged,
}
