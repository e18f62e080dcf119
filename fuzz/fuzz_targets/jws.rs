//! `jeton_fuzz::jws` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jeton_fuzz::jws(data));
