//! `jeton_fuzz::key_set` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jeton_fuzz::key_set(data));
