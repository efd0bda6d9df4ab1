//! Java's own PKCS#12 key store, read by a small program in one virtual machine for all files.

use std::path::Path;
use std::process::Command;

use super::{
    NAME, Opened, Peer, Restored, Sealed, attempt, in_one_process, opened, openssl, restored,
    script, version_in,
};
use crate::reading::{Form, Order};

pub(crate) struct Java;

impl Peer for Java {
    fn name(&self) -> &'static str {
        "Java"
    }

    fn version(&self) -> Vec<u32> {
        let said = attempt(Command::new("java").arg("--version")).expect("Java is installed");
        version_in(&String::from_utf8_lossy(&said))
    }

    /// It hands out PKCS#8 with the key's own part as the file has it, and the rest made anew.
    fn open(&self, files: &[Sealed]) -> Vec<Result<Opened, String>> {
        in_one_process(files, |list| run("OpenAll.java", list), opened)
    }
}

/// Each key entry signs, and its certificate verifies.
pub(crate) fn restored_of(files: &[Sealed]) -> Vec<Restored> {
    in_one_process(files, |list| run("RestoreAll.java", list), restored)
}

fn run(program: &str, list: &Path) -> Result<Vec<u8>, String> {
    attempt(Command::new("java").arg(script(program)).arg(list))
}

/// The forms that Java writes.
pub(crate) const FORMS: [Form; 2] = [
    Form {
        name: "Java, default",
        write: |order| write(order, &[]),
    },
    Form {
        name: "Java, keystore.pkcs12.legacy",
        write: |order| write(order, &["-J-Dkeystore.pkcs12.legacy=true"]),
    },
];

/// keytool takes keys in from another key store only, so OpenSSL goes first.
pub(crate) fn write(order: &Order<'_>, options: &[&str]) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let sealed = Sealed {
        file: folder.path().join("in.p12"),
        password: "on the way in".to_owned(),
    };
    openssl::write(
        &Order {
            sealed: &sealed,
            ..*order
        },
        &[],
    )?;
    attempt(
        Command::new("keytool")
            .args(["-importkeystore", "-noprompt", "-deststoretype", "PKCS12"])
            .args(options)
            .args(["-srcalias", NAME, "-srcstorepass:file"])
            .arg(sealed.password_file())
            .arg("-srckeystore")
            .arg(&sealed.file)
            .arg("-deststorepass:file")
            .arg(order.sealed.password_file())
            .arg("-destkeystore")
            .arg(&order.sealed.file),
    )
    .map(drop)
}
