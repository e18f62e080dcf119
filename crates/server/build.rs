//! Scalar's script, compressed while building: of its 5 MB, the binary carries the fourth part.

use std::env::var_os;
use std::fs::File;
use std::io::{Error, Result, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> Result<()> {
    let script =
        scalar_api_reference::get_asset("scalar.js").ok_or_else(|| Error::other("Scalar has no script"))?;
    let folder = var_os("OUT_DIR").ok_or_else(|| Error::other("cargo names no folder to write to"))?;
    let file = File::create(Path::new(&folder).join("scalar.js.gz"))?;
    let mut compressed = GzEncoder::new(file, Compression::best());
    compressed.write_all(script.as_ref())?;
    compressed.finish()?;
    writeln!(std::io::stdout(), "cargo::rerun-if-changed=build.rs")
}
