//! Firefox itself as the judge: certstow reads the profiles that Firefox makes, while Firefox runs and
//! after it has ended. Each test has an account of its own, with a Firefox that finds no network.

#![cfg(target_os = "linux")]

mod account;
mod first_run;
mod marionette;
mod primary_password;
#[path = "../support/program.rs"]
mod program;
