//! Files that hold private keys in a form that certstow does not open, told by their content alone:
//! what such a file is called, and the command that makes of it what certstow reads. A kind is named
//! only where a private key is certain, so that nobody is told about files that are none of theirs.

mod openssh;
mod zip;

use crate::jks::cursor::Cursor;

/// What the keystores of `com.sun.crypto.provider.JceKeyStore` begin with.
const JCEKS: [u8; 4] = [0xce; 4];

/// What every database of SQLite 3 begins with (its file format, 1.3).
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The table of `cert9.db`, as the first page has it (NSS, `sdb.c`).
const NSS_TABLE: &[u8] = b"CREATE TABLE nssPublic";

/// Where SQLite keeps the statements that made its tables: pages have up to 64 KiB.
const FIRST_PAGE: usize = 64 << 10;

/// A form in which certstow does not read private keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A private key in OpenSSH's own form (`PROTOCOL.key`).
    OpenSsh,
    /// The same of a kind, Ed25519 above all, that `ssh-keygen` writes in no other form.
    OpenSshAlone,
    /// A private key of PuTTY.
    Putty,
    /// A Java keystore of the kind that came with the cryptography extension (JCE).
    Jceks,
    /// A keystore of Bouncy Castle.
    Bks,
    /// The databases of NSS: `cert9.db` with `key4.db` beside it.
    Nss,
    /// A ZIP archive whose directory lists files of certificates and keys.
    Zip,
}

impl Foreign {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OpenSsh,
        Self::OpenSshAlone,
        Self::Putty,
        Self::Jceks,
        Self::Bks,
        Self::Nss,
        Self::Zip,
    ];

    /// What a file is; `None` if it is none of these. Of a long one the first and the last 64 KiB will
    /// do, one behind the other. `key4_beside` says whether a file named `key4.db` lies in the same
    /// folder, without which `cert9.db` holds no keys.
    pub fn of(bytes: &[u8], key4_beside: bool) -> Option<Self> {
        if bytes.starts_with(&JCEKS) {
            Some(Self::Jceks)
        } else if bytes.starts_with(b"PuTTY-User-Key-File-") {
            Some(Self::Putty)
        } else if key4_beside && is_nss(bytes) {
            Some(Self::Nss)
        } else if zip::lists_keys(bytes) {
            Some(Self::Zip)
        } else if is_bks(bytes) == Some(true) {
            Some(Self::Bks)
        } else {
            let body = pem_body(bytes, "OPENSSH PRIVATE KEY")?;
            Some(match openssh::is_in_no_other_form(body) {
                true => Self::OpenSshAlone,
                false => Self::OpenSsh,
            })
        }
    }

    /// What it is, with an article.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// The command that makes of it what certstow reads. Words in capital letters stand for names: the
    /// file itself is `FILE`, the folder it lies in `FOLDER`.
    pub fn command(self) -> &'static str {
        self.facts().1
    }

    fn facts(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenSsh => (
                "a private key in OpenSSH's own form",
                "ssh-keygen -p -m PKCS8 -f FILE",
            ),
            Self::OpenSshAlone => (
                "a private key in OpenSSH's own form, of a kind that ssh-keygen does not convert",
                "python3 -c 'import sys, getpass; \
                 from cryptography.hazmat.primitives.serialization import *; \
                 key = load_ssh_private_key(open(sys.argv[1], \"rb\").read(), \
                 getpass.getpass().encode() or None); sys.stdout.buffer.write(key.private_bytes(\
                 Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))' FILE > NEW.pem",
            ),
            Self::Putty => (
                "a private key of PuTTY",
                "puttygen FILE -O private-openssh -o NEW.pem",
            ),
            Self::Jceks => (
                "a Java keystore of the kind JCEKS",
                "keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS \
                 -destkeystore NEW.p12 -deststoretype PKCS12",
            ),
            Self::Bks => (
                "a keystore of Bouncy Castle (BKS)",
                "keytool -importkeystore -srckeystore FILE -srcstoretype BKS \
                 -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider \
                 -providerpath BCPROV.jar -destkeystore NEW.p12 -deststoretype PKCS12",
            ),
            Self::Nss => (
                "a database of NSS, as Firefox, Thunderbird and Chromium have",
                "certstow list --store nss:FOLDER",
            ),
            Self::Zip => (
                "a ZIP archive with files of certificates or keys in it",
                "unzip FILE -d NEW",
            ),
        }
    }
}

fn is_nss(bytes: &[u8]) -> bool {
    let page = &bytes[..bytes.len().min(FIRST_PAGE)];
    page.starts_with(SQLITE) && page.windows(NSS_TABLE.len()).any(|part| part == NSS_TABLE)
}

/// Whether these are the bytes of `org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi` with a
/// private key among them; `None` if they are something else. It begins with no word of its own, so
/// that the entries have to be read as far as the first key.
fn is_bks(bytes: &[u8]) -> Option<bool> {
    let mut cursor = Cursor::new(bytes);
    let version = cursor.number().ok()?;
    let salt = cursor.counted().ok()?;
    let iterations = cursor.number().ok()?;
    if !matches!(version, 1 | 2) || salt.len() != 20 || !(1..=10_000_000).contains(&iterations) {
        return None;
    }
    // Of each entry: kind, alias, time and path. A kind of 0 ends them.
    loop {
        let kind = cursor.take(1).ok()?[0];
        if kind == 0 {
            return Some(false);
        }
        cursor.text().ok()?;
        cursor.time().ok()?;
        for _ in 0..cursor.number().ok()? {
            certificate(&mut cursor)?;
        }
        match kind {
            1 => certificate(&mut cursor)?,
            // A secret key that is encrypted by itself.
            3 => drop(cursor.counted().ok()?),
            // A key that only the check at the end protects, and one that is encrypted by itself.
            2 => return (cursor.take(1).ok()?[0] <= 2).then_some(true),
            4 => return Some(!cursor.counted().ok()?.is_empty()),
            _ => return None,
        }
    }
}

fn certificate(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.text().ok()?;
    cursor.counted().ok()?;
    Some(())
}

/// What stands between the lines that begin and end a PEM block with this label, the first of a line
/// each.
fn pem_body<'a>(bytes: &'a [u8], label: &str) -> Option<&'a [u8]> {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let mut rest = bytes;
    loop {
        let at = find(rest, begin.as_bytes())?;
        let before = rest[..at].trim_ascii_end();
        let body = &rest[at + begin.len()..];
        // Blanks, or the mark of UTF-8, may stand before it.
        let begins_line = rest[before.len()..at].contains(&b'\n')
            || before.is_empty()
            || before == b"\xef\xbb\xbf";
        if begins_line && let Some(length) = find(body, end.as_bytes()) {
            return Some(&body[..length]);
        }
        rest = body;
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests;
