//! The contract of `Store`, with the empty password, with a primary password that somebody is asked for,
//! and with one that is given beforehand.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use certstow_formats::testing::PASSWORD;
use certstow_platform::store::{AskedFor, Store};
use certstow_platform::testing::{Fixture, Sample, check_store_contract};
use zeroize::Zeroizing;

use super::database::{Profile, run};
use super::{copied, store, store_with};

/// Databases of samples, each made by NSS's tools once and copied for every use.
struct Databases {
    /// What every database is opened with, if its password is not the empty one.
    given: Option<&'static str>,
    made: HashMap<(Vec<Sample>, &'static str), Profile>,
    last: Profile,
}

impl Databases {
    fn new(given: Option<&'static str>) -> Self {
        Self {
            given,
            made: HashMap::new(),
            last: Profile::never_initialised(),
        }
    }

    fn fill(&mut self, samples: &[Sample], password: &'static str) {
        let key = (samples.to_vec(), password);
        let made = self
            .made
            .entry(key)
            .or_insert_with(|| database_of(samples, password));
        self.last = copied(made);
    }

    /// Changes a file of the database, in which `hex` stands for the sample's certificate.
    fn change(&self, file: &str, statement: &str, sample: Sample) {
        let certificate = sample.certificate().unwrap();
        let hex: String = certificate
            .der()
            .iter()
            .fold(String::new(), |mut hex, octet| {
                write!(hex, "{octet:02x}").unwrap();
                hex
            });
        self.last.sql(file, &statement.replace("HEX", &hex));
    }
}

fn database_of(samples: &[Sample], password: &'static str) -> Profile {
    let profile = Profile::new(password);
    for &sample in samples {
        let label = format!("{sample:?}");
        let file = |ending: &str| -> PathBuf { profile.path(&format!("{label}.{ending}")) };
        fs::write(file("crt"), sample.certificate_pem()).unwrap();
        match (sample, sample.key()) {
            (Sample::Malformed, _) => {
                let malformed = "insert into nssPublic (id, a0, a3, a11) values \
                    (77, x'00000001', cast('Malformed' as blob), x'3003020105')";
                profile.sql("cert9.db", malformed);
            }
            (_, None) => {
                let mut add = profile.tool("certutil");
                add.args(["-A", "-n", &label, "-t", ",,", "-i"]);
                run(add.arg(file("crt")).arg("-f").arg(profile.path("password")));
            }
            (_, Some(key)) => {
                let pem = pem_rfc7468::encode_string(
                    "PRIVATE KEY",
                    pem_rfc7468::LineEnding::LF,
                    key.expose(),
                );
                fs::write(file("key"), Zeroizing::new(pem.unwrap())).unwrap();
                profile.import_path(&file("key"), &file("crt"), &[], &label);
            }
        }
        if sample == Sample::NotExportable {
            profile.sql("key4.db", "update nssPrivate set a162 = x'00'");
        }
    }
    profile
}

impl Fixture for Databases {
    fn can_hold(&self, sample: Sample) -> bool {
        match sample {
            // NSS's tools put no such key into a database.
            Sample::Ed25519 => false,
            Sample::Locked => self.given.is_none(),
            _ => true,
        }
    }

    /// NSS keeps no Ed25519 keys.
    fn can_import(&self, sample: Sample) -> bool {
        sample != Sample::Ed25519
    }

    fn can_attach(&self) -> bool {
        true
    }

    fn store(&mut self, samples: &[Sample]) -> Box<dyn Store> {
        match self.given {
            Some(given) => {
                self.fill(samples, PASSWORD);
                store_with(&self.last, &[given])
            }
            None => {
                let is_locked = samples.contains(&Sample::Locked);
                self.fill(samples, if is_locked { PASSWORD } else { "" });
                store(&self.last)
            }
        }
    }

    fn locked_as_a_whole(
        &mut self,
        samples: &[Sample],
        given: Option<&str>,
    ) -> Option<(Box<dyn Store>, AskedFor)> {
        self.fill(samples, PASSWORD);
        let store = store_with(&self.last, given.as_slice());
        Some((store, AskedFor::PrimaryPassword))
    }

    fn withdraw(&mut self, sample: Sample) {
        self.change(
            "cert9.db",
            "delete from nssPublic where a11 = x'HEX'",
            sample,
        );
    }

    /// Every private key: the one that is damaged is the only one.
    fn damage(&mut self, sample: Sample) -> bool {
        let cut = "update nssPrivate set a11 = substr(a11, 1, 40), a123 = substr(a123, 1, 40)";
        self.change("key4.db", cut, sample);
        true
    }

    fn snapshot(&self) -> String {
        let mut all = String::new();
        let mut paths: Vec<_> = fs::read_dir(self.last.folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for path in paths {
            let modified = fs::metadata(&path).unwrap().modified();
            writeln!(all, "{path:?} {modified:?} {:?}", fs::read(&path).unwrap()).unwrap();
        }
        all
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn nss_store_satisfies_store_contract() {
    check_store_contract(&mut Databases::new(None));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn nss_store_with_given_password_satisfies_store_contract() {
    check_store_contract(&mut Databases::new(Some(PASSWORD)));
}
