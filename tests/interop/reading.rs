//! What the peers write, in the form that is their default and in the old forms they still
//! have, certstow opens: `check` proves that it restores, and the file store lists it and hands
//! over the same key.

use std::path::{Path, PathBuf};
use std::process::Command;

use certstow_formats::secret::Password;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::NonInteractive;
use certstow_platform::{OpenOptions, open};

use crate::material::{Identity, Key, Material, pkcs8};
use crate::peers::{Sealed, dotnet, gnutls, java, nss, openssl, python};
use crate::program;

/// What a peer needs to write a file.
pub(crate) struct Order<'a> {
    pub identity: &'a Identity,
    /// Intermediate and root.
    pub path: &'a Path,
    pub sealed: &'a Sealed,
}

/// A form of file that a peer writes.
pub(crate) struct Form {
    pub name: &'static str,
    pub write: fn(&Order<'_>) -> Result<(), String>,
}

const PASSWORD: &str = "correct horse battery staple";

#[test]
#[ignore = "needs OpenSSL"]
fn check_and_store_open_openssl_files() {
    certstow_opens(&openssl::FORMS);
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn check_and_store_open_nss_files() {
    certstow_opens(&nss::FORMS);
}

#[test]
#[ignore = "needs GnuTLS and OpenSSL"]
fn check_and_store_open_gnutls_files() {
    certstow_opens(&gnutls::FORMS);
}

#[test]
#[ignore = "needs Java and OpenSSL"]
fn check_and_store_open_java_files() {
    certstow_opens(&java::FORMS);
}

#[test]
#[ignore = "needs Python cryptography and OpenSSL"]
fn check_and_store_open_python_files() {
    certstow_opens(&python::FORMS);
}

#[test]
#[ignore = "needs .NET and OpenSSL"]
fn export_finds_issuers_in_dotnet_stores() {
    let material = Material::new();
    let identity = material.identity("Stored", Key::P256);
    let sealed = Sealed {
        file: material.folder().join("stored.p12"),
        password: PASSWORD.to_owned(),
    };
    let order = Order {
        identity: &identity,
        path: &material.path_file(),
        sealed: &sealed,
    };
    (openssl::FORMS[0].write)(&order).expect("OpenSSL writes it");
    dotnet::store(
        material.folder(),
        &sealed,
        &material.intermediate,
        &material.root,
    );
    let saved = material.folder().join("saved.p12");
    let mut export = program::certstow(material.folder());
    export.env("HOME", material.folder()).arg("export");
    export.args([
        "Stored",
        "--store",
        "dotnet:My",
        "--password-env",
        "SECRET",
        "--output",
    ]);
    let output = export.arg(&saved).output().expect("certstow starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    check_proves_it(
        &Sealed {
            file: saved,
            ..sealed
        },
        "exported from .NET's store",
    );
}

fn certstow_opens(forms: &[Form]) {
    let material = Material::new();
    let path = material.path_file();
    for key in [Key::Rsa2048, Key::P256] {
        let identity = material.identity(&format!("Foreign {key:?}"), key);
        for form in forms {
            let folder = tempfile::tempdir_in(material.folder()).expect("a temporary folder");
            let sealed = Sealed {
                file: folder.path().join("foreign.p12"),
                password: PASSWORD.to_owned(),
            };
            let order = Order {
                identity: &identity,
                path: &path,
                sealed: &sealed,
            };
            let place = format!("{key:?}, {}", form.name);
            (form.write)(&order).unwrap_or_else(|reason| panic!("{place}: {reason}"));
            certstow_opens_it(&order, &place);
        }
    }
}

/// certstow opens what was written.
pub(crate) fn certstow_opens_it(order: &Order<'_>, place: &str) {
    check_proves_it(order.sealed, place);
    the_file_store_reads_it(order.sealed, order.identity, place);
}

fn check_proves_it(sealed: &Sealed, place: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args(["check", "--json", "--password-file"])
        .arg(sealed.password_file())
        .arg(&sealed.file)
        .output()
        .expect("certstow starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{place}: {said}{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let file = &report["files"][0];
    assert_eq!(file["opened"], true, "{place}: {said}");
    assert_eq!(file["restores"], true, "{place}: {said}");
    assert_eq!(file["keys"], 1, "{place}: {said}");
    assert_eq!(file["certificates"], 3, "{place}: {said}");
}

fn the_file_store_reads_it(sealed: &Sealed, identity: &Identity, place: &str) {
    let folder: PathBuf = sealed.file.parent().expect("a folder").to_owned();
    let options = OpenOptions::with_password(Password::new(sealed.password.clone()));
    let store = open(&StoreSpec::File(folder), &options).expect("the folder opens");
    let listing = store.list().expect("the folder is listed");
    let entry = listing
        .entries
        .iter()
        .find(|entry| entry.certificate.der() == identity.certificate)
        .unwrap_or_else(|| panic!("{place}: not listed; {:?}", listing.problems));
    let key = store
        .private_key(&entry.id, &mut NonInteractive)
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    assert_eq!(
        pkcs8(key.expose()).as_ref(),
        Ok(&identity.key),
        "{place}: another key"
    );
}
