//! The root certificates that the operating system trusts, through `rustls-native-certs`: the
//! system stores of Windows, the keychains of macOS, the bundle of a Linux distribution.

use certstow_formats::certificate::Certificate;
use certstow_formats::chain::NativeRoots;

/// Reads them. What cannot be read is told in sentences beside those that can.
pub fn trusted_roots() -> NativeRoots {
    let result = rustls_native_certs::load_native_certs();
    let mut problems: Vec<String> = result.errors.iter().map(ToString::to_string).collect();
    let mut unreadable = 0_usize;
    let roots = result.certs.iter().filter_map(|der| {
        let root = Certificate::from_der(der);
        unreadable += usize::from(root.is_err());
        root.ok()
    });
    let roots = roots.collect();
    if unreadable > 0 {
        problems.push(format!(
            "{unreadable} of the platform's trusted roots are unreadable"
        ));
    }
    (roots, problems)
}
