//! `jeton_fuzz::claims` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jeton_fuzz::claims(data));
