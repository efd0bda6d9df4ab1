//! What certstow puts into a profile, as Firefox sees it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::account::{ADA, Account, GRACE, Sample};
use crate::marionette::Firefox;

const RIGHT: &str = "the primary password";

fn import(account: &Account, sample: &Sample, profile: &Path, unlock: &[&str]) {
    let file = account.pkcs12(sample).display().to_string();
    let store = format!("nss:{}", profile.display());
    let import = [
        "import",
        &file,
        "--store",
        &store,
        "--password-env",
        "SECRET",
    ];
    account.json(&[&import[..], unlock].concat());
}

#[test]
#[ignore = "needs firefox-esr, NSS and OpenSSL"]
fn imported_identity_is_of_user_at_once() {
    let (account, mut firefox) = Account::with_firefox();
    let profile = firefox.profile().to_owned();
    import(&account, &ADA, &profile, &[]);
    assert_eq!(firefox.user_certificates(), [ADA.thumbprint()].into());
    account.nss_exports(&ADA, &profile, "");
    firefox.quit();
    import(&account, &GRACE, &profile, &[]);

    let mut again = Firefox::start(account.home());
    let both: BTreeSet<_> = [ADA, GRACE].map(|sample| sample.thumbprint()).into();
    assert_eq!(again.user_certificates(), both);
    account.nss_exports(&GRACE, &profile, "");
    again.quit();
}

/// Only a library of NSS as new as Firefox knows the form in which Firefox keeps the password.
#[test]
#[ignore = "needs firefox-esr, NSS and OpenSSL"]
fn import_by_primary_password_of_firefox() {
    let (account, mut firefox) = Account::with_firefox();
    let profile = firefox.profile().to_owned();
    firefox.set_primary_password("", RIGHT);
    let right = account.file("right", RIGHT).display().to_string();
    import(
        &account,
        &ADA,
        &profile,
        &["--unlock-password-file", &right],
    );
    assert_eq!(firefox.user_certificates(), [ADA.thumbprint()].into());
    account.nss_exports(&ADA, &profile, RIGHT);
    firefox.quit();
}
