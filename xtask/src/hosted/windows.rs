//! certstow on the personal stores of Windows: keys that PowerShell has CNG and CryptoAPI make, each
//! exported, or refused with the exit code that says so.

use super::certstow::{Certstow, PASSWORD};
use super::own_tool;
use super::powershell::powershell;
use crate::files;

const CNG: &str = "Microsoft Software Key Storage Provider";
const CAPI: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";

/// The variables that tell `New-SelfSignedCertificate` how to make a key. The specification "None" is
/// that of a key of CNG, anything else of one of CryptoAPI.
const PROPERTIES: [&str; 4] = ["PROVIDER", "ALGORITHM", "SPEC", "POLICY"];

/// The keys, in these properties, and how the export of each ends.
const KEYS: [([&str; 4], i32); 8] = [
    ([CNG, "RSA", "None", "Exportable"], 0),
    ([CNG, "RSA", "None", "ExportableEncrypted"], 0),
    ([CNG, "RSA", "None", "NonExportable"], 12),
    ([CNG, "ECDSA_nistP256", "None", "Exportable"], 0),
    ([CNG, "ECDSA_nistP256", "None", "ExportableEncrypted"], 0),
    ([CNG, "ECDSA_nistP256", "None", "NonExportable"], 12),
    ([CAPI, "RSA", "KeyExchange", "Exportable"], 0),
    ([CAPI, "RSA", "KeyExchange", "NonExportable"], 12),
];

pub(super) fn check(certstow: &Certstow) -> Result<(), String> {
    let mut locations = vec!["CurrentUser"];
    if powershell(IS_ADMINISTRATOR, &[])?.trim() == "True" {
        locations.push("LocalMachine");
    } else {
        println!("    not an administrator: the computer's store is left out");
    }
    for location in locations {
        for (key, code) in KEYS {
            exports(certstow, location, key, code)
                .map_err(|error| format!("{location}, {}: {error}", key.join(", ")))?;
        }
    }
    Ok(())
}

fn exports(
    certstow: &Certstow,
    location: &'static str,
    key: [&str; 4],
    code: i32,
) -> Result<(), String> {
    let scratch = files::scratch()?;
    let file = scratch.path().join("exported.pfx");
    let certificate = Certificate::new(location, &files::name(scratch.path()), key)?;
    let store = format!(r"windows:{location}\My");
    certstow.export(&certificate.thumbprint, &store, &file, &[], code)?;
    if code != 0 {
        return Ok(());
    }
    certstow.check(&file)?;
    certstow.shows_the_copy(&certificate.thumbprint, &store)?;
    // Gone first, so that what is there afterwards is what the file brought back.
    let thumbprint = certificate.thumbprint.clone();
    drop(certificate);
    own_tool::restores(&file, PASSWORD, &thumbprint)
}

/// A certificate of its own key, gone when dropped.
struct Certificate {
    location: &'static str,
    thumbprint: String,
}

impl Certificate {
    /// One that is issued to `name`.
    fn new(location: &'static str, name: &str, key: [&str; 4]) -> Result<Self, String> {
        let subject = format!("CN={name}");
        let mut variables = vec![("LOCATION", location), ("SUBJECT", &subject)];
        variables.extend(PROPERTIES.into_iter().zip(key));
        let made = powershell(MAKE, &variables)?;
        let thumbprint = made.trim().to_owned();
        // What removes it later must not be given the path of the whole store.
        match thumbprint.len() == 40 && thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            true => Ok(Self {
                location,
                thumbprint,
            }),
            false => Err(format!("New-SelfSignedCertificate printed {made:?}")),
        }
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let variables = [
            ("LOCATION", self.location),
            ("THUMBPRINT", &self.thumbprint),
        ];
        if let Err(error) = powershell(REMOVE, &variables) {
            println!("    {error}");
        }
    }
}

const IS_ADMINISTRATOR: &str = r"
$account = [Security.Principal.WindowsIdentity]::GetCurrent()
$role = [Security.Principal.WindowsBuiltInRole]::Administrator
([Security.Principal.WindowsPrincipal]$account).IsInRole($role)";

const MAKE: &str = r"
$store = 'Cert:\' + $env:LOCATION + '\My'
(New-SelfSignedCertificate -CertStoreLocation $store -Subject $env:SUBJECT `
    -Provider $env:PROVIDER -KeyAlgorithm $env:ALGORITHM -KeySpec $env:SPEC `
    -KeyExportPolicy $env:POLICY).Thumbprint";

/// Windows puts a copy of what it signs itself among the intermediate authorities.
const REMOVE: &str = r"
$location = 'Cert:\' + $env:LOCATION
Remove-Item ($location + '\My\' + $env:THUMBPRINT) -DeleteKey
$copy = $location + '\CA\' + $env:THUMBPRINT
if (Test-Path $copy) { Remove-Item $copy }";
