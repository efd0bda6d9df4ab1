//! Tokens of real PKCS#11 modules: SoftHSM, NSS's softoken, p11-kit and OpenSC. A module is one for a whole
//! process, and reads its configuration once, so that each test runs in a process of its own.

#![cfg(target_os = "linux")]

mod changes;
mod contract;
mod ffi;
mod keys;
mod listing;
mod login;
mod modules;
mod names;
mod own_process;
mod softhsm;
