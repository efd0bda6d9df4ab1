//! What is read of databases, and what NSS's own tools export from them.

use std::fs;
use std::path::Path;
use std::process::Command;

use certstow_formats::nss::error::NssError;
use certstow_formats::nss::{self, Bytes, Database, KeyState, ListedCertificate};
use certstow_formats::secret::Password;
use certstow_formats::testing::writer;

pub(crate) use super::database::{Profile, TRANSPORT, fixture, python, run};

impl Profile {
    /// What a file holds now, with its journal.
    pub(crate) fn bytes(&self, name: &str) -> Bytes {
        Bytes {
            database: fs::read(self.path(name)).unwrap_or_default(),
            journal: fs::read(self.path(&format!("{name}-journal"))).ok(),
        }
    }

    pub(crate) fn read(&self) -> Database {
        nss::read(self.bytes("cert9.db"), Some(self.bytes("key4.db"))).unwrap()
    }

    /// What `pk12util` exports under this name: a private key, as PKCS#8.
    pub(crate) fn exported_by_nss(&self, name: &str) -> Vec<u8> {
        let file = self.path("out.p12");
        run(self
            .tool("pk12util")
            .args(["-n", name, "-W", TRANSPORT, "-o"])
            .arg(&file)
            .arg("-k")
            .arg(self.path("password")));
        let key = self.path("out.key");
        let transport = format!("pass:{TRANSPORT}");
        run(Command::new("openssl")
            .args(["pkcs12", "-nodes", "-nocerts", "-passin", &transport, "-in"])
            .arg(&file)
            .arg("-out")
            .arg(&key));
        pkcs8(&key)
    }
}

/// The private key in a file, as PKCS#8.
pub(crate) fn pkcs8(file: &Path) -> Vec<u8> {
    let arguments = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"];
    run(Command::new("openssl").args(arguments).arg(file))
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

/// The certificate of a fixture in a database.
pub(crate) fn listed<'d>(database: &'d Database, name: &str) -> &'d ListedCertificate {
    let der = writer::data(&format!("certificates/{name}.pem"));
    let mut certificates = database.certificates.iter();
    let found = certificates.find(|listed| listed.object.certificate.der() == der);
    found.unwrap_or_else(|| panic!("{name} is not listed"))
}

/// The private key of a certificate, as PKCS#8.
pub(crate) fn opened(
    database: &Database,
    listed: &ListedCertificate,
    text: &str,
) -> Result<Vec<u8>, NssError> {
    let KeyState::Present(id) = listed.key else {
        panic!("{:?}", listed.key);
    };
    let base_key = database.unlock(&password(text))?;
    let key = database.private_key(id, &base_key)?;
    Ok(key.expose().to_vec())
}
