#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| certstow_platform::testing::fuzzing::pkcs12(input));
