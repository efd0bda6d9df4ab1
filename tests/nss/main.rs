//! Certificates out of the NSS databases of browsers, as somebody meets them who has Firefox: found by
//! themselves, named by the profile, saved, backed up and looked at. `certutil` and `pk12util` make the
//! databases; the home folder is the test's own.

#![cfg(target_os = "linux")]

mod backups;
mod listings;
mod names;
mod saving;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod terminal;
mod typed;
mod world;
