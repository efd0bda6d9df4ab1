//! Python's `cryptography`, in one process for all files.

use std::path::Path;
use std::process::Command;

use super::{
    NAME, Opened, Peer, Restored, Sealed, attempt, in_one_process, opened, restored, script,
    version_in,
};
use crate::reading::{Form, Order};

pub(crate) struct Python;

impl Peer for Python {
    fn name(&self) -> &'static str {
        "Python cryptography on OpenSSL"
    }

    /// That of the OpenSSL inside, which does the work.
    fn version(&self) -> Vec<u32> {
        let program = "from cryptography.hazmat.backends.openssl.backend import backend\n\
            print(backend.openssl_version_text())";
        let said = attempt(python().args(["-c", program])).expect("cryptography is installed");
        version_in(&String::from_utf8_lossy(&said))
    }

    /// It hands out PKCS#8 made anew from what it understood of the file's.
    fn open(&self, files: &[Sealed]) -> Vec<Result<Opened, String>> {
        in_one_process(files, |list| run("open_all.py", list), opened)
    }
}

/// The one key and certificate it gives have the same public key.
pub(crate) fn restored_of(files: &[Sealed]) -> Vec<Restored> {
    in_one_process(files, |list| run("restore_all.py", list), restored)
}

fn run(program: &str, list: &Path) -> Result<Vec<u8>, String> {
    attempt(python().arg(script(program)).arg(list))
}

/// The Python that has `cryptography`: the first in the path, or else the system's.
pub(crate) fn python() -> Command {
    let first = attempt(Command::new("python3").args(["-c", "import cryptography"]));
    Command::new(if first.is_ok() {
        "python3"
    } else {
        "/usr/bin/python3"
    })
}

/// The forms that Python's cryptography writes.
pub(crate) const FORMS: [Form; 2] = [
    Form {
        name: "Python, BestAvailableEncryption",
        write: |order| write(order, "best"),
    },
    Form {
        name: "Python, PBESv1SHA1And3KeyTripleDESCBC",
        write: |order| write(order, "3des"),
    },
];

fn write(order: &Order<'_>, form: &str) -> Result<(), String> {
    attempt(
        python()
            .arg(script("write.py"))
            .args([form, NAME])
            .arg(&order.identity.key_file)
            .arg(&order.identity.certificate_file)
            .arg(order.path)
            .arg(order.sealed.password_file())
            .arg(&order.sealed.file),
    )
    .map(drop)
}
