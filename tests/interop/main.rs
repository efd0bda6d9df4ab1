//! certstow and the other programs that read and write PKCS#12 files and Java keystores: what it
//! writes, they open, and what they write, it opens. Every test here needs those programs; `cargo
//! xtask test` installs them.

mod damage;
mod differential;
mod foreign;
mod jks;
mod keys;
mod material;
mod peers;
#[path = "../support/program.rs"]
mod program;
mod reading;
mod schemes;
mod verdicts;
mod writing;
