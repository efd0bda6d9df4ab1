//! What the operating system itself opens a PKCS#12 file with: `security` on macOS, `certutil` and
//! `Import-PfxCertificate` on Windows, OpenSSL elsewhere. None shares anything with the writer.

use std::env::consts::OS;
use std::path::Path;

use super::keychain::Keychain;
use super::powershell::powershell;
use super::thumbprint::thumbprint;
use crate::command::{capture, command, ensure, printed};

/// The profiles that the system's tool opens in the versions that hosted machines have.
pub(super) const PROFILES: [&str; 2] = ["modern", "compatible"];

/// An error unless `file` restores the certificate with that SHA-1 and its private key.
pub(super) fn restores(file: &Path, password: &str, thumbprint: &str) -> Result<(), String> {
    let restored = match OS {
        "macos" => by_security(file, password)?,
        "windows" => by_windows(file, password)?,
        _ => by_openssl(file, password)?,
    };
    ensure(restored.iter().any(|one| one == thumbprint), || {
        format!(
            "{} restores {restored:?} instead of {thumbprint}",
            file.display()
        )
    })
}

fn by_security(file: &Path, password: &str) -> Result<Vec<String>, String> {
    let keychain = Keychain::new()?;
    keychain.import(file, password, &[])?;
    keychain.identities()
}

/// `certutil` opens the file and has each key sign; the import is what a person would do.
fn by_windows(file: &Path, password: &str) -> Result<Vec<String>, String> {
    capture(&mut command!("certutil -p {password} -dump {file}"))?;
    let text = powershell(
        IMPORT,
        &[("FILE", &file.to_string_lossy()), ("PASSWORD", password)],
    )?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

/// Prints the thumbprints of the certificates that came with a key, and leaves nothing behind,
/// wherever Windows put the rest of the path.
const IMPORT: &str = r"
$password = ConvertTo-SecureString $env:PASSWORD -AsPlainText -Force
$data = Get-PfxData -FilePath $env:FILE -Password $password
$thumbprints = @($data.EndEntityCertificates) + @($data.OtherCertificates) |
    Where-Object { $_ } | ForEach-Object { $_.Thumbprint }
try {
    Import-PfxCertificate -FilePath $env:FILE -Password $password `
        -CertStoreLocation Cert:\CurrentUser\My | Out-Null
    foreach ($thumbprint in $thumbprints) {
        $path = 'Cert:\CurrentUser\My\' + $thumbprint
        if ((Test-Path $path) -and (Get-Item $path).HasPrivateKey) { $thumbprint }
    }
} finally {
    foreach ($thumbprint in $thumbprints) {
        foreach ($store in 'My', 'CA') {
            $path = 'Cert:\CurrentUser\' + $store + '\' + $thumbprint
            if (Test-Path $path) { Remove-Item $path -DeleteKey -ErrorAction SilentlyContinue }
            if (Test-Path $path) { Remove-Item $path }
        }
    }
}";

fn by_openssl(file: &Path, password: &str) -> Result<Vec<String>, String> {
    let key = printed(&mut command!(
        "openssl pkcs12 -passin pass:{password} -in {file} -nocerts -nodes"
    ))?;
    if !key.contains("PRIVATE KEY-----") {
        return Err(format!("{} has no private key", file.display()));
    }
    let certificate = file.with_extension("pem");
    capture(&mut command!(
        "openssl pkcs12 -passin pass:{password} -in {file} -clcerts -nokeys -out {certificate}"
    ))?;
    Ok(vec![thumbprint(&certificate)?])
}
