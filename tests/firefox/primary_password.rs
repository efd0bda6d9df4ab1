//! A primary password that Firefox sets, as its settings do: the keys are encrypted anew under it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::account::{ADA, Account, GRACE, done};

const RIGHT: &str = "the primary password";

/// The length of the salt under which Firefox hashes the password.
fn length_of_salt(profile: &Path) -> String {
    let query = "select length(item1) from metaData where id = 'password'";
    let script = "import sqlite3, sys; \
        print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())";
    let file = profile.join("key4.db");
    let mut python = Command::new("/usr/bin/python3");
    let printed = done(python.args(["-c", script]).arg(file).arg(query));
    String::from_utf8_lossy(&printed).trim().to_owned()
}

#[test]
#[ignore = "needs firefox-esr, NSS and OpenSSL"]
fn primary_password_of_running_firefox_opens_keys() {
    let (account, mut firefox) = Account::with_firefox();
    let profile = firefox.profile().to_owned();
    let store = format!("nss:{}", profile.display());
    account.import_by_nss(&ADA, &profile, "");
    firefox.set_primary_password("", RIGHT);
    // The form of newer versions, hashed by SHA-384.
    assert_eq!(length_of_salt(&profile), "48");
    account.import_by_nss(&GRACE, &profile, RIGHT);

    let right = account.file("right", RIGHT).display().to_string();
    let wrong = account
        .file("wrong", "another password")
        .display()
        .to_string();
    let unlock = ["--unlock-password-file", &right];
    let locked = [ADA, GRACE].map(|sample| (sample.thumbprint(), "locked".to_owned()));
    assert_eq!(account.listed(&store), locked.into());
    account.exports(&ADA, &store, &unlock);
    account.exports(&GRACE, &store, &unlock);
    account.nss_exports(&ADA, &profile, RIGHT);

    let target = account.home().join("refused.p12");
    let target = target.display().to_string();
    let export = ["export", ADA.name, "--store", &store, "-o", &target];
    let password = ["--password-env", "SECRET"];
    for (unlock, code) in [(&[][..], 13), (&["--unlock-password-file", &wrong], 17)] {
        let output = account.certstow(&[&export[..], &password, unlock].concat());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(!fs::exists(&target).expect("a folder"));
    }

    // Taken away again, it is as if there had never been one.
    firefox.set_primary_password(RIGHT, "");
    let open = [ADA, GRACE].map(|sample| (sample.thumbprint(), "exportable".to_owned()));
    assert_eq!(account.listed(&store), open.into());
    account.exports(&GRACE, &store, &[]);
    firefox.quit();
    account.exports(&ADA, &store, &[]);
}
