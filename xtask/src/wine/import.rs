//! `certstow import` into a store of Windows, and the way back: what the host's OpenSSL packed goes
//! in, several identities in a row, and comes out the same; a key that is to stay in stays in; and a
//! key that was deleted after its export is gone from Windows, and comes back with the file. Wine's
//! `reg` shows which key containers there are.

use std::path::{Path, PathBuf};

use super::fixture::Fixture;
use super::listing::Listing;
use super::openssl::Pkcs12;
use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::command::{capture, command, ensure, root};
use crate::files;

/// A store of its own, in which nobody else's certificates are.
const STORE: &str = r"windows:CurrentUser\Imported";

/// Where Wine keeps the keys of CryptoAPI.
const CONTAINERS: &str = r"HKEY_CURRENT_USER\Software\Wine\Crypto\RSA";

/// Where Wine keeps the certificates of an account's personal store.
const PERSONAL: &str = r"HKEY_CURRENT_USER\Software\Microsoft\SystemCertificates\My";

/// The friendly names.
const FIRST: &str = "Jürgen's mail key";
const SECOND: &str = "Second of three";
const THIRD: &str = "Third";
const KEPT: &str = "Stays in";
const ASKED: &str = "Asked about";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let checks = Checks::new(runner)?;
    for name in [FIRST, SECOND, THIRD, KEPT, ASKED] {
        checks.issue(name)?;
    }
    checks.an_account_without_a_personal_store_gets_one()?;
    checks.several_in_a_row()?;
    checks.what_is_there_stays_unless_told()?;
    checks.a_key_stays_in()?;
    checks.a_deleted_key_comes_back()
}

struct Checks<'a> {
    runner: &'a Runner,
    folder: PathBuf,
}

impl<'a> Checks<'a> {
    fn new(runner: &'a Runner) -> Result<Self, String> {
        let folder = runner.prefix.work().join("imports");
        files::create_folder(&folder)?;
        // certstow makes no stores of Windows.
        let authority = root().join("examples/personal/issuers/sample-root.pem");
        Fixture::new(runner)?.add_authority(STORE, &authority)?;
        Ok(Self { runner, folder })
    }

    fn file(&self, name: &str, end: &str) -> PathBuf {
        self.folder.join(format!("{name}.{end}"))
    }

    /// A certificate under an authority of its own, packed with it.
    fn issue(&self, name: &str) -> Result<(), String> {
        let [key, leaf, authority_key, authority, packed] =
            ["key", "crt", "ca.key", "ca.crt", "p12"].map(|end| self.file(name, end));
        let subject = format!("/CN=Authority of {name}");
        capture(&mut command!(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -utf8 -subj {subject}
             -keyout {authority_key} -out {authority}"
        ))?;
        capture(&mut command!(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -utf8 -subj /CN={name}
             -keyout {key} -out {leaf} -addext basicConstraints=critical,CA:false -CA {authority}
             -CAkey {authority_key}"
        ))?;
        capture(&mut command!(
            "openssl pkcs12 -export -passout pass:{PASSWORD} -name {name} -inkey {key} -in {leaf}
             -certfile {authority} -out {packed}"
        ))
        .map(drop)
    }

    fn import(&self, code: i32, names: &[&str], options: &[&str]) -> Result<Ended, String> {
        let files = names.iter().map(|name| format!(r"imports\{name}.p12"));
        let import = command!(
            "certstow import {files...} --store {STORE} --password-env {VARIABLE} --json {options...}"
        );
        self.runner.certstow(code, &import)
    }

    /// Exports an identity, and finds its key and its path in the file.
    fn comes_out(&self, name: &str) -> Result<(), String> {
        let file = r"imports\out.p12";
        self.runner.export(0, name, STORE, file, &["--force"])?;
        self.is_whole(&self.folder.join("out.p12"), name)
    }

    fn is_whole(&self, file: &Path, name: &str) -> Result<(), String> {
        let exported = Pkcs12::open(file, PASSWORD)?;
        exported.has_key(&self.file(name, "key"))?;
        exported.has_certificates(2)?;
        // OpenSSL prints no others as they are; the listing does.
        match name.is_ascii() {
            true => exported.has_friendly_name(name),
            false => Ok(()),
        }
    }

    /// As in a new profile; and nothing of it stays for other checks.
    fn an_account_without_a_personal_store_gets_one(&self) -> Result<(), String> {
        self.forget_personal_store()?;
        let file = format!(r"imports\{THIRD}.p12");
        let missing = command!("certstow list --store windows:CurrentUser\\My");
        self.runner.certstow(18, &missing)?;
        let import = command!("certstow import {file} --password-env {VARIABLE}");
        self.runner.certstow(0, &import)?;
        Listing::of(self.runner, r"windows:CurrentUser\My")?.has_labels(&[THIRD])?;
        self.forget_personal_store()
    }

    fn forget_personal_store(&self) -> Result<(), String> {
        let mut delete = self.runner.prefix.wine(Path::new("reg"));
        delete.args(["delete", PERSONAL, "/f"]);
        // It ends otherwise where there is none.
        self.runner.prefix.run(&mut delete).map(drop)
    }

    fn several_in_a_row(&self) -> Result<(), String> {
        let ended = self.import(0, &[FIRST, SECOND, THIRD], &[])?;
        let report = ended.json()?;
        let imported = report["imported"].as_array().map_or(0, Vec::len);
        let all = imported == 3 && report["exportable"] == true;
        ended.ensure(all, "not all three were imported")?;
        let listing = Listing::of(self.runner, STORE)?;
        listing.has_labels(&[FIRST, SECOND, THIRD])?;
        for name in [FIRST, SECOND, THIRD] {
            self.comes_out(name)?;
        }
        Ok(())
    }

    fn what_is_there_stays_unless_told(&self) -> Result<(), String> {
        let before = self.container(FIRST)?;
        let ended = self.import(16, &[FIRST], &[])?;
        ended.tells("holds this identity already")?;
        self.comes_out(FIRST)?;
        self.import(0, &[FIRST], &["--force"])?;
        self.comes_out(FIRST)?;
        ensure(!self.has_container(&before)?, || {
            format!("the container {before} was replaced and is there")
        })
    }

    fn a_key_stays_in(&self) -> Result<(), String> {
        let ended = self.import(0, &[KEPT], &["--not-exportable"])?;
        let report = ended.json()?;
        let listed = report["imported"][0]["verified"] == serde_json::json!(["listed"]);
        ended.ensure(listed, "more was verified than can be")?;
        self.does_not_come_out(KEPT)?
            .tells("it is marked as not exportable")?;
        self.is_asked()?;
        self.does_not_come_out(ASKED)?
            .tells("it is marked as not exportable")
    }

    fn does_not_come_out(&self, name: &str) -> Result<Ended, String> {
        self.runner.export(12, name, STORE, "refused.p12", &[])
    }

    /// Where to, and whether the key may come out, at a terminal.
    fn is_asked(&self) -> Result<(), String> {
        let file = format!(r"imports\{ASKED}.p12");
        let import = command!("certstow import {file} --password-env {VARIABLE}");
        let mut terminal = self.runner.certstow_at_terminal(&import)?;
        terminal.wait_for(r"1  windows:CurrentUser\My (personal certificates of this account)")?;
        terminal.wait_for("another folder or store")?;
        terminal.answer("Number [1]:", "4\r")?;
        terminal.answer("Folder or store:", &format!("{STORE}\r"))?;
        terminal.answer("exported from there again? [Y/n]", "n\r")?;
        terminal.wait_for("listed")?;
        terminal.end(0).map(drop)
    }

    /// The name of the key container of an identity.
    fn container(&self, name: &str) -> Result<String, String> {
        let list = command!("certstow list --store {STORE} --label {name} --json");
        let ended = self.runner.certstow(0, &list)?;
        let container = ended.json()?["entries"][0]["key"]["container"].take();
        let container = container.as_str().map(str::to_owned);
        container.ok_or_else(|| ended.complain("no key container"))
    }

    /// Whether Wine has a key in a container.
    fn has_container(&self, container: &str) -> Result<bool, String> {
        let mut query = self.runner.prefix.wine(Path::new("reg"));
        query.arg("query").arg(CONTAINERS);
        let ended = self.runner.prefix.run(&mut query)?.expect(0)?;
        ended.ensure(
            ended.stdout.contains(CONTAINERS),
            "no key containers at all",
        )?;
        let mut lines = ended.stdout.lines();
        Ok(lines.any(|line| line.trim_end().ends_with(&format!(r"\{container}"))))
    }

    fn a_deleted_key_comes_back(&self) -> Result<(), String> {
        let container = self.container(SECOND)?;
        if !self.has_container(&container)? {
            return Err(format!("Wine does not show the container {container}"));
        }
        self.deletes(SECOND, "n", "stays in windows:")?;
        self.comes_out(SECOND)?;
        self.deletes(SECOND, "y", "Deleted the private key of")?;
        if self.has_container(&container)? {
            return Err(format!("the container {container} is there still"));
        }
        self.does_not_come_out(SECOND)?;
        // The others lost nothing.
        self.comes_out(FIRST)?;
        self.comes_out(THIRD)?;

        let deleted = self.folder.join("deleted.p12");
        self.is_whole(&deleted, SECOND)?;
        self.import(0, &["deleted"], &[])?;
        self.comes_out(SECOND)
    }

    /// Exports at a terminal, and gives this last answer.
    fn deletes(&self, name: &str, answer: &str, told: &str) -> Result<(), String> {
        let export = command!(
            "certstow export {name} --store {STORE} -o imports\\deleted.p12 --force
             --password-env {VARIABLE} --delete-key-after-verify"
        );
        let mut terminal = self.runner.certstow_at_terminal(&export)?;
        terminal.answer("and proven? [y/N]", "y\r")?;
        terminal.wait_for("The file is saved and proven.")?;
        terminal.answer("[y/N]", &format!("{answer}\r"))?;
        terminal.wait_for(told)?;
        terminal.end(0).map(drop)
    }
}
