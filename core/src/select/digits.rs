//! Hexadecimal digits as programs show them to be copied: thumbprints with a title or behind a
//! PowerShell path, serial numbers, with separators or marks that nobody sees.

use certstow_formats::sanitize::is_unsafe;

/// What stands before a thumbprint, without its blanks and hyphens: from `openssl x509 -fingerprint`,
/// `keytool -list`, `certutil` and PowerShell.
const TITLES: [&str; 9] = [
    "sha1fingerprint",
    "sha256fingerprint",
    "sha1thumbprint",
    "sha256thumbprint",
    "fingerprint",
    "thumbprint",
    "certhash(sha1)",
    "sha1",
    "sha256",
];

/// What a path of PowerShell's certificate provider begins with, the short form and `PSPath`.
const PROVIDERS: [&str; 2] = ["cert:", "microsoft.powershell.security\\certificate::"];

/// What would be digits of a thumbprint: without what stands before them and between them, in lower
/// case.
pub(super) fn thumbprint_digits(text: &str) -> String {
    let text = without_separators(text);
    let in_provider = PROVIDERS.iter().any(|provider| text.starts_with(provider));
    if in_provider && let Some((_, last)) = text.rsplit_once(['\\', '/']) {
        return last.to_owned();
    }
    let untitled = TITLES.iter().find_map(|title| {
        let digits = text.strip_prefix(title)?;
        digits.strip_prefix([':', '='])
    });
    untitled.unwrap_or(&text).replace(':', "")
}

/// A serial number's digits, without leading zeros.
pub(super) fn serial_digits(text: &str) -> String {
    let text = without_separators(text).replace(':', "");
    let digits = text.strip_prefix("serial=").unwrap_or(&text);
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    digits.trim_start_matches('0').to_owned()
}

/// In lower case, without blanks, hyphens and what takes no space: Windows' certificate dialog puts a
/// left-to-right mark before the first digit, files begin with a byte order mark.
fn without_separators(text: &str) -> String {
    text.chars()
        .filter(|&one| one != '-' && !one.is_whitespace() && !is_unsafe(one))
        .map(|one| one.to_ascii_lowercase())
        .collect()
}
