//! What can be wrong with certificate files.

use std::path::PathBuf;

/// A certificate or a key that cannot be used: which file, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("the TLS file {} cannot be read: {why}. Give a PEM file that this user may read", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// The certificate's file is not one.
    #[error(
        "{} holds no certificate: {why}. Give the chain as PEM, the server's own certificate first", .file.display()
    )]
    NoCertificate {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// The key's file is not one.
    #[error(
        "{} holds no private key: {why}. Give it as PEM without a password (PKCS#8, PKCS#1 or SEC1)", .file.display()
    )]
    NoKey {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// They do not fit.
    #[error(
        "the key in {} is not that of the certificate in {}. Give the two files that were made together",
        .key.display(), .certificate.display()
    )]
    OtherKey {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
}
