//! certstow on the personal stores of Windows: keys that PowerShell has CNG and CryptoAPI make, each
//! exported, or refused with the exit code that says so.

use super::certstow::{Certstow, PASSWORD};
use super::own_tool;
use super::powershell::powershell;
use crate::files;

/// A key as `New-SelfSignedCertificate` is told to make it.
struct Key {
    provider: &'static str,
    algorithm: &'static str,
    /// `None` is a key of CNG, anything else one of CryptoAPI.
    spec: &'static str,
    policy: &'static str,
    /// How the export ends.
    code: i32,
}

const CNG: &str = "Microsoft Software Key Storage Provider";
const CAPI: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";

const fn cng(algorithm: &'static str, policy: &'static str, code: i32) -> Key {
    Key {
        provider: CNG,
        algorithm,
        spec: "None",
        policy,
        code,
    }
}

const fn capi(policy: &'static str, code: i32) -> Key {
    Key {
        provider: CAPI,
        algorithm: "RSA",
        spec: "KeyExchange",
        policy,
        code,
    }
}

const KEYS: [Key; 8] = [
    cng("RSA", "Exportable", 0),
    cng("RSA", "ExportableEncrypted", 0),
    cng("RSA", "NonExportable", 12),
    cng("ECDSA_nistP256", "Exportable", 0),
    cng("ECDSA_nistP256", "ExportableEncrypted", 0),
    cng("ECDSA_nistP256", "NonExportable", 12),
    capi("Exportable", 0),
    capi("NonExportable", 12),
];

pub(super) fn check(certstow: &Certstow) -> Result<(), String> {
    let mut locations = vec!["CurrentUser"];
    if powershell(IS_ADMINISTRATOR, &[])?.trim() == "True" {
        locations.push("LocalMachine");
    } else {
        println!("    not an administrator: the computer's store is left out");
    }
    for location in locations {
        for key in &KEYS {
            exports(certstow, location, key).map_err(|error| {
                let Key {
                    provider,
                    algorithm,
                    policy,
                    ..
                } = key;
                format!("{location}, {provider}, {algorithm}, {policy}: {error}")
            })?;
        }
    }
    Ok(())
}

fn exports(certstow: &Certstow, location: &'static str, key: &Key) -> Result<(), String> {
    let scratch = files::scratch()?;
    let file = scratch.path().join("exported.pfx");
    let certificate = Certificate::new(location, &files::name(scratch.path()), key)?;
    let store = format!(r"windows:{location}\My");
    certstow.export(&certificate.thumbprint, &store, &file, &[], key.code)?;
    if key.code != 0 {
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
    fn new(location: &'static str, name: &str, key: &Key) -> Result<Self, String> {
        let made = powershell(
            MAKE,
            &[
                ("LOCATION", location),
                ("SUBJECT", &format!("CN={name}")),
                ("PROVIDER", key.provider),
                ("ALGORITHM", key.algorithm),
                ("SPEC", key.spec),
                ("POLICY", key.policy),
            ],
        )?;
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
