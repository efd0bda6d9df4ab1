//! Reading the databases of NSS as NSS's own tools make them, and SQLite's files as SQLite does, with
//! SQLite's own recovery as the judge.

// The judges are programs of Linux.
#![cfg(target_os = "linux")]

mod damage;
mod database;
mod journal;
mod keys;
mod material;
mod older_forms;
mod scale;
