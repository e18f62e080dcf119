//! What each crate may use, as data: `cargo xtask walls` holds the tree to these tables in every test run.
//!
//! A new crate is a row in [`CRATES`]. A new arrow or a loosened row changes the design: its decision record in
//! `docs/adr/` comes with it. A new prohibition is a row in the table that fits, and the code that reads it stays.

/// One of our crates, and which others of ours it may use.
pub(super) struct Crate {
    /// The package's name.
    pub(super) name: &'static str,
    /// Packages of ours that it may name under `[dependencies]`, and no other.
    pub(super) arrows: &'static [&'static str],
    /// What else of ours its tests may name under `[dev-dependencies]`.
    pub(super) in_tests: &'static [&'static str],
}

const CORE: &str = "jeton-core";
const DIALECT: &str = "jeton-dialect";
const JOSE: &str = "jeton-jose";
const SERVER: &str = "jeton-server";
const STORE: &str = "jeton-store";
const TESTKIT: &str = "jeton-testkit";
const VERIFY: &str = "jeton-verify";
const VOICE_API: &str = "voice-api";

/// The arrows among our crates, and no other. Testkit is never under `[dependencies]`: it serves `tests/` folders.
pub(super) const CRATES: &[Crate] = &[
    Crate { name: JOSE, arrows: &[], in_tests: &[] },
    Crate { name: CORE, arrows: &[JOSE], in_tests: &[] },
    Crate { name: DIALECT, arrows: &[CORE], in_tests: &[] },
    Crate { name: STORE, arrows: &[CORE], in_tests: &[TESTKIT] },
    Crate { name: VERIFY, arrows: &[JOSE], in_tests: &[TESTKIT] },
    Crate { name: SERVER, arrows: &[CORE, DIALECT, VERIFY, JOSE], in_tests: &[TESTKIT] },
    Crate {
        name: "jeton-cli",
        arrows: &[SERVER, STORE, CORE, VERIFY, JOSE],
        in_tests: &[TESTKIT, VOICE_API],
    },
    Crate { name: TESTKIT, arrows: &[JOSE, CORE, DIALECT, STORE, VERIFY, SERVER], in_tests: &[] },
    Crate { name: "jeton-fuzz", arrows: &[JOSE, DIALECT, VERIFY, SERVER], in_tests: &[] },
    Crate { name: VOICE_API, arrows: &[VERIFY], in_tests: &[] },
    Crate { name: "token-client", arrows: &[], in_tests: &[] },
    Crate { name: "bench-ceiling", arrows: &[], in_tests: &[] },
    Crate { name: "bench-fill", arrows: &[STORE, CORE, JOSE], in_tests: &[] },
    Crate { name: "bench-load", arrows: &[], in_tests: &[] },
    Crate { name: "xtask", arrows: &[], in_tests: &[] },
];

/// Packages that only some crates of ours may name under `[dependencies]` or `[build-dependencies]`.
pub(super) struct Reserved {
    /// The packages.
    pub(super) packages: &'static [&'static str],
    /// Who may.
    pub(super) to: &'static [&'static str],
    /// Why nobody else.
    pub(super) why: &'static str,
}

/// Direct dependencies that belong to a few.
pub(super) const RESERVED: &[Reserved] = &[
    Reserved {
        packages: &["sqlx", "sqlx-core", "sqlx-sqlite", "sqlx-postgres", "libsqlite3-sys", "rusqlite"],
        to: &[STORE],
        why: "SQL has one home",
    },
    Reserved {
        packages: &["axum", "axum-core", "axum-extra"],
        to: &[SERVER, VERIFY, VOICE_API],
        why: "the web framework stays replaceable, and out of what has no HTTP",
    },
    Reserved {
        packages: &["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys"],
        // The ceiling shares nothing with what is measured against it.
        to: &[JOSE, CORE, "bench-ceiling"],
        why: "jose exports what others need of signatures and hashes",
    },
];

/// Packages that must not stand anywhere below a crate, however they got there.
pub(super) struct KeptOut {
    /// The crate.
    pub(super) of: &'static str,
    /// With all of its features, or with its default ones.
    pub(super) features: Features,
    /// The packages.
    pub(super) packages: &'static [&'static str],
    /// Why.
    pub(super) why: &'static str,
}

/// With which of a crate's features its tree is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Features {
    /// `--all-features`
    All,
    /// None but the default ones.
    Default,
}

const SANS_IO: &str = "it has no I/O and no runtime, so that its users choose theirs";

/// What stays out of whole trees (`cargo tree -e normal`).
pub(super) const KEPT_OUT: &[KeptOut] = &[
    KeptOut { of: JOSE, features: Features::All, packages: &["tokio", "hyper", "http"], why: SANS_IO },
    KeptOut { of: CORE, features: Features::All, packages: &["tokio", "hyper", "http"], why: SANS_IO },
    KeptOut { of: DIALECT, features: Features::All, packages: &["tokio", "hyper"], why: SANS_IO },
    KeptOut {
        of: VERIFY,
        features: Features::Default,
        packages: &[
            "tokio",
            "hyper",
            "http",
            "axum",
            "axum-core",
            "tower-layer",
            "tower-service",
            "reqwest",
            "rustls",
            "tracing",
        ],
        why: "a service that only verifies tokens pays for nothing else",
    },
];

/// A package that stands nowhere, neither in what we ship nor in builds and tests.
pub(super) struct Banned {
    /// The package.
    pub(super) package: &'static str,
    /// Why.
    pub(super) why: &'static str,
}

const ONE_CRYPTO: &str = "aws-lc-rs is the one crypto library to patch";

/// What is activated nowhere: a name that stands in Cargo.lock alone, under a feature that nobody asks for, is none.
/// `deny.toml` says the same, for all targets.
pub(super) const BANNED: &[Banned] = &[
    Banned { package: "openssl", why: ONE_CRYPTO },
    Banned { package: "openssl-sys", why: ONE_CRYPTO },
    Banned { package: "native-tls", why: ONE_CRYPTO },
    Banned { package: "ring", why: ONE_CRYPTO },
    Banned { package: "rsa", why: "its private-key operations leak by timing (RUSTSEC-2023-0071)" },
];

/// Words that only some folders' sources may use. Comments, texts and `#[cfg(test)]` modules are not read; `use` trees are
/// written out first, so that `std::{fs, io}` is found as `std::fs`.
pub(super) struct Word {
    /// How the words begin.
    pub(super) words: &'static [&'static str],
    /// Where.
    pub(super) places: Places,
    /// Why.
    pub(super) why: &'static str,
}

/// Where words may stand; each place is how a path begins.
pub(super) enum Places {
    /// Here, and nowhere else.
    Only(&'static [&'static str]),
    /// Anywhere but here.
    NotIn(&'static [&'static str]),
    /// Nowhere but just below an `#[expect]` of this lint.
    Expecting(&'static str),
}

const ONLY_XTASK: &str = "xtask/src/";

/// What sources may say where.
pub(super) const WORDS: &[Word] = &[
    Word { words: &["sqlx::"], places: Places::Only(&["crates/store/src/"]), why: "SQL has one home" },
    Word {
        words: &["axum::"],
        places: Places::Only(&["crates/server/src/", "crates/verify/src/", "examples/"]),
        why: "the web framework stays replaceable",
    },
    Word {
        words: &["aws_lc_rs::"],
        // In the last three, rustls's module of that name: the choice of its provider.
        places: Places::Only(&[
            "crates/jose/src/",
            "crates/core/src/",
            "crates/verify/src/fetch/transport.rs",
            "crates/server/src/tls/mod.rs",
            "clients/rust/src/main.rs",
            "bench/ceiling/src/",
        ]),
        why: "jose exports what others need of signatures and hashes",
    },
    Word {
        words: &["tokio::"],
        places: Places::NotIn(&["crates/jose/src/", "crates/core/src/", "crates/dialect/src/", ONLY_XTASK]),
        why: "no I/O and no runtime here",
    },
    Word {
        words: &[
            "std::fs",
            "std::env",
            "std::process",
            "std::net::Tcp",
            "std::net::Udp",
            "std::os::unix::net",
        ],
        places: Places::NotIn(&[
            "crates/jose/src/",
            "crates/core/src/",
            "crates/dialect/src/",
            "crates/verify/src/",
        ]),
        why: "no I/O here: take bytes, and give bytes",
    },
    Word {
        words: &["std::time::SystemTime", "std::time::Instant"],
        places: Places::NotIn(&["crates/jose/src/", "crates/core/src/", "crates/dialect/src/"]),
        why: "no clock of its own: time is a parameter",
    },
    Word {
        words: &["jeton_dialect::gateway", "jeton_dialect::oauth2", "jeton_dialect::json"],
        places: Places::NotIn(&["crates/server/src/"]),
        why: "the server knows no protocol: a `Dialect` reads and writes for it",
    },
    Word {
        words: &[
            "SystemTime::now",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "Uuid::now_v7",
            "Uuid::new_v4",
        ],
        places: Places::Expecting("clippy::disallowed_methods"),
        why: "time and randomness are parameters",
    },
    Word {
        words: &["print!", "println!", "eprint!", "eprintln!"],
        places: Places::Only(&[
            "bench/ceiling/src/",
            "bench/load/src/",
            "crates/cli/src/",
            "crates/cli/tests/clients/",
            "clients/",
            "examples/",
            ONLY_XTASK,
        ]),
        why: "a library's words go to tracing or to its caller",
    },
    Word {
        words: &["#[allow(", "#![allow("],
        places: Places::Only(&[]),
        why: "`#[expect(.., reason = \"..\")]` says why, and tells when it is no longer needed",
    },
    Word { words: &["unsafe ", "unsafe("], places: Places::Only(&[]), why: "safe Rust alone" },
];

/// A file of more lines is split.
pub(super) const TOO_LONG: usize = 600;

/// Of a file of more lines, one asks whether it is one thing.
pub(super) const LONG: usize = 400;
