//! `jeton_fuzz::accept` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jeton_fuzz::accept(data));
