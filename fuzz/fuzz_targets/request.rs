#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| certstow_formats::testing::fuzzing::request(input));
