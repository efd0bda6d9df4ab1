//! The profile that Firefox makes when it is started for the first time.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::account::{ADA, Account, GRACE, Sample};
use crate::marionette::Firefox;

/// The size of the pages of SQLite in a file: file format, 1.3.2.
fn page_size(file: &Path) -> u16 {
    let bytes = fs::read(file).expect("a database");
    u16::from_be_bytes([bytes[16], bytes[17]])
}

fn all(samples: &[Sample], state: &str) -> BTreeSet<(String, String)> {
    let entry = |sample: &Sample| (sample.thumbprint(), state.to_owned());
    samples.iter().map(entry).collect()
}

#[test]
#[ignore = "needs firefox-esr, NSS and OpenSSL"]
fn list_and_export_beside_running_firefox() {
    let (account, firefox) = Account::with_firefox();
    let profile = firefox.profile().to_owned();
    let store = format!("nss:{}", profile.display());
    // As certutil makes no database.
    for name in ["cert9.db", "key4.db"] {
        assert_eq!(page_size(&profile.join(name)), 32768, "{name}");
    }
    assert_eq!(account.listed(&store), BTreeSet::new());

    account.import_by_nss(&ADA, &profile, "");
    assert_eq!(account.listed(&store), all(&[ADA], "exportable"));
    account.exports(&ADA, &store, &[]);
    account.nss_exports(&ADA, &profile, "");
    firefox.quit();

    account.import_by_nss(&GRACE, &profile, "");
    assert_eq!(account.listed(&store), all(&[ADA, GRACE], "exportable"));
    account.exports(&GRACE, &store, &[]);

    // What Firefox takes for certificates of its user are the same two.
    let mut again = Firefox::start(account.home());
    assert_eq!(again.profile(), profile);
    let of_user = [ADA, GRACE].map(|sample| sample.thumbprint());
    assert_eq!(again.user_certificates(), BTreeSet::from(of_user));
    assert_eq!(account.listed(&store), all(&[ADA, GRACE], "exportable"));
    account.exports(&ADA, &store, &[]);
    again.quit();
}

/// On its first run Firefox makes two profiles, and uses one: the other, which profiles.ini calls the
/// default one, has no databases.
#[test]
#[ignore = "needs firefox-esr, NSS and OpenSSL"]
fn stores_names_profile_in_use() {
    let (account, firefox) = Account::with_firefox();
    let profile = firefox.profile().to_owned();
    let folder = profile.parent().expect("the profiles' folder");
    let profiles = fs::read_to_string(folder.join("profiles.ini")).expect("profiles.ini");
    assert_eq!(profiles.matches("Path=").count(), 2, "{profiles}");

    let stores = account.json(&["stores"]);
    let stores = stores["stores"].as_array().expect("stores");
    let is_database = |store: &&Value| {
        store["store"]
            .as_str()
            .is_some_and(|name| name.starts_with("nss:"))
    };
    let databases: Vec<_> = stores.iter().filter(is_database).collect();
    let [database] = databases.as_slice() else {
        panic!("{databases:?}");
    };
    assert_eq!(database["store"], format!("nss:{}", profile.display()));
    assert_eq!(database["available"], true, "{database}");

    // Without a name, too.
    account.import_by_nss(&ADA, &profile, "");
    assert_eq!(account.listed("nss:"), all(&[ADA], "exportable"));
    let listing = account.json(&["list"]);
    assert_eq!(listing["entries"][0]["store"], database["store"]);
    firefox.quit();
}
