//! What a PKCS#12 file is protected with: the four profiles, the iterations they derive keys
//! with, and what there is to warn about.
//!
//! PKCS#12 leaves encryption and MAC to the writer (RFC 7292, section 4 and appendix C), and no
//! choice suits every reader. A profile is one choice for key, certificates and MAC together;
//! [`targets`](super::target::targets) says which reader needs which.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::pkcs12::kdf::Digest;
use crate::pkcs12::mac::MacScheme;
use crate::pkcs12::pbe::{Cipher, Scheme};
use crate::secret::Password;

/// Salt of PBKDF2: RFC 8018, 4.1 asks for 8 bytes at least, NIST SP 800-132 for 16.
const PBKDF2_SALT: usize = 16;
/// Salt of PKCS#12's own derivation: as long as a SHA-1 value.
const PKCS12_SALT: usize = 20;
/// AES block size.
const AES_IV: usize = 16;
/// Key of PBMAC1 with HMAC-SHA-256 (RFC 9579, section 5: as long as the hash).
const PBMAC1_KEY: usize = 32;

/// A choice of encryption and MAC for a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// AES-256-CBC under PBKDF2-HMAC-SHA256 for key and certificates, MAC HMAC-SHA256.
    #[default]
    Modern,
    /// pbeWithSHAAnd3-KeyTripleDES-CBC for key and certificates, MAC HMAC-SHA1: what every
    /// reader since Windows 2000 opens.
    Compatible,
    /// As [`Profile::Compatible`], with RC2-40 for the certificates: what old phones and
    /// appliances were built for.
    Legacy,
    /// As [`Profile::Modern`], with PBMAC1 (RFC 9579) as MAC.
    Pbmac1,
}

impl Profile {
    /// Every profile, the recommended first.
    pub const ALL: [Profile; 4] = [
        Profile::Modern,
        Profile::Compatible,
        Profile::Legacy,
        Profile::Pbmac1,
    ];

    /// The word for it on the command line, in JSON and in docs.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Modern => "modern",
            Profile::Compatible => "compatible",
            Profile::Legacy => "legacy",
            Profile::Pbmac1 => "pbmac1",
        }
    }

    /// Iterations of every derivation when none are asked for.
    pub const fn default_iterations(self) -> u32 {
        match self {
            Profile::Modern | Profile::Pbmac1 => 200_000,
            Profile::Compatible => 100_000,
            Profile::Legacy => 2_000,
        }
    }

    /// [`Profile::default_iterations`], already checked.
    pub fn iterations(self) -> Iterations {
        Iterations(self.default_iterations())
    }

    /// What to tell a person who chooses this profile, if there is something to tell.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Profile::Modern | Profile::Compatible => None,
            Profile::Legacy => Some(
                "the legacy profile encrypts the certificates with RC2-40, which anybody can \
                 break, and protects the key with few iterations: use a long random password, \
                 or the profile compatible, which opens almost everywhere too",
            ),
            Profile::Pbmac1 => Some(
                "the pbmac1 profile is opened by recent programs only (OpenSSL 3.4, NSS 3.101, \
                 GnuTLS 3.8.6, Java 26, and later): Windows and macOS are not known to read it",
            ),
        }
    }

    /// Encryption and MAC for one file, with salts and IVs nobody used before.
    ///
    /// # Errors
    /// The operating system's, when it has no random bytes to give.
    pub(super) fn protection(self, iterations: Iterations) -> Result<Protection, getrandom::Error> {
        self.protection_from(iterations, &random)
    }

    /// The schemes of such a file, without salts and IVs of its own.
    pub(super) fn schemes(self, iterations: Iterations) -> Protection {
        let zeros = |length| Ok::<_, Infallible>(vec![0; length]);
        let Ok(protection) = self.protection_from(iterations, &zeros);
        protection
    }

    fn protection_from<E>(
        self,
        iterations: Iterations,
        random: &dyn Fn(usize) -> Result<Vec<u8>, E>,
    ) -> Result<Protection, E> {
        let iterations = iterations.get();
        let aes_256 = || aes_256_from(iterations, random);
        let pkcs12 = |cipher| {
            random(PKCS12_SALT).map(|salt| Scheme::Pkcs12 {
                cipher,
                salt,
                iterations,
            })
        };
        let hmac = |digest| {
            random(PKCS12_SALT).map(|salt| MacScheme::Pkcs12 {
                digest,
                salt,
                iterations,
            })
        };
        Ok(match self {
            Profile::Modern => Protection {
                key: aes_256()?,
                certificates: aes_256()?,
                mac: hmac(Digest::Sha256)?,
            },
            Profile::Compatible => Protection {
                key: pkcs12(Cipher::TripleDes)?,
                certificates: pkcs12(Cipher::TripleDes)?,
                mac: hmac(Digest::Sha1)?,
            },
            Profile::Legacy => Protection {
                key: pkcs12(Cipher::TripleDes)?,
                certificates: pkcs12(Cipher::Rc2 { bits: 40 })?,
                mac: hmac(Digest::Sha1)?,
            },
            Profile::Pbmac1 => Protection {
                key: aes_256()?,
                certificates: aes_256()?,
                mac: MacScheme::Pbmac1 {
                    digest: Digest::Sha256,
                    prf: Digest::Sha256,
                    salt: random(PBKDF2_SALT)?,
                    iterations,
                    key_length: PBMAC1_KEY,
                },
            },
        })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = String;

    /// Reads [`Profile::name`].
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| format!("'{text}' is no profile"))
    }
}

/// The schemes of one file, salts included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Protection {
    /// Encrypts the private key.
    pub(super) key: Scheme,
    /// Encrypts the certificates.
    pub(super) certificates: Scheme,
    /// Protects the whole.
    pub(super) mac: MacScheme,
}

/// AES-256-CBC under PBKDF2-HMAC-SHA256.
pub(super) fn aes_256(iterations: u32) -> Result<Scheme, getrandom::Error> {
    aes_256_from(iterations, &random)
}

fn aes_256_from<E>(
    iterations: u32,
    random: &dyn Fn(usize) -> Result<Vec<u8>, E>,
) -> Result<Scheme, E> {
    Ok(Scheme::Pbes2 {
        cipher: Cipher::Aes256,
        iv: random(AES_IV)?,
        prf: Digest::Sha256,
        salt: random(PBKDF2_SALT)?,
        iterations,
    })
}

fn random(length: usize) -> Result<Vec<u8>, getrandom::Error> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Iterations of each of the three derivations of a file, within what readers accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iterations(u32);

impl Iterations {
    /// What Windows imports at most.
    pub const MAX: u32 = 600_000;
    /// What .NET's `X509CertificateLoader` accepts for one derivation.
    pub const DOTNET_MAX: u32 = 300_000;
    /// What RFC 8018, 4.2 asks for at least.
    pub const ADVISED_MIN: u32 = 1_000;

    /// Checks a number of iterations.
    ///
    /// # Errors
    /// A sentence, for 0 and for more than [`Iterations::MAX`].
    pub fn new(n: u32) -> Result<Self, String> {
        match n {
            0 => Err("0 iterations derive no key: give 1 or more".to_owned()),
            _ if n > Self::MAX => Err(format!(
                "{n} iterations are more than the {} that Windows imports",
                Self::MAX
            )),
            _ => Ok(Self(n)),
        }
    }

    /// What to tell a person who chooses this number, if there is something to tell.
    pub fn warning(self) -> Option<String> {
        let Self(n) = self;
        if n > Self::DOTNET_MAX {
            Some(format!(
                "{n} iterations are more than the {} that .NET 9 and later accept by default",
                Self::DOTNET_MAX
            ))
        } else if n < Self::ADVISED_MIN {
            Some(format!(
                "{n} iterations hardly slow down guessing: RFC 8018 asks for {} at least",
                Self::ADVISED_MIN
            ))
        } else {
            None
        }
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// What to warn about in a password for a new file. Says nothing of its content.
pub fn password_warnings(password: &Password) -> Vec<String> {
    let mut warnings = Vec::new();
    if password.is_empty() {
        warnings.push(
            "the password is empty: whoever can read the file has the private key".to_owned(),
        );
    }
    if !password.is_ascii() {
        warnings.push(
            "the password is not all ASCII: Java and macOS's `security -P` cannot open the file"
                .to_owned(),
        );
    }
    warnings.extend(blank_warning(password));
    warnings
}

/// What to warn about where a new password has a blank at one of its ends.
pub fn blank_warning(password: &Password) -> Option<String> {
    let end = password.blank_end()?;
    Some(format!(
        "the password {end}, which belongs to it: without it nothing opens"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salt_of(scheme: &Scheme) -> &[u8] {
        match scheme {
            Scheme::Pkcs12 { salt, .. } | Scheme::Pbes2 { salt, .. } => salt,
            other => panic!("{other:?} is never written"),
        }
    }

    #[test]
    fn profile_parses_only_its_own_name() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
            assert_eq!(profile.to_string(), profile.name());
        }
        assert!("Modern".parse::<Profile>().is_err());
        assert!("".parse::<Profile>().is_err());
    }

    #[test]
    fn profile_default_iterations_need_no_warning() {
        for profile in Profile::ALL {
            let iterations = Iterations::new(profile.default_iterations());
            assert_eq!(iterations, Ok(profile.iterations()));
            assert_eq!(profile.iterations().warning(), None);
        }
    }

    #[test]
    fn iterations_reject_or_warn_beyond_limits() {
        let warning = |n| Iterations::new(n).unwrap().warning();
        assert!(Iterations::new(0).is_err());
        assert!(warning(999).unwrap().contains("RFC 8018"));
        assert_eq!(warning(1_000), None);
        assert_eq!(warning(300_000), None);
        assert!(warning(300_001).unwrap().contains(".NET"));
        assert!(warning(600_000).is_some());
        assert!(Iterations::new(600_001).unwrap_err().contains("Windows"));
    }

    #[test]
    fn protection_uses_distinct_salts() {
        let mut salts = Vec::new();
        for profile in Profile::ALL {
            let protection = profile.protection(Iterations(7)).unwrap();
            assert_eq!(protection.key.iterations(), 7);
            assert_eq!(protection.certificates.iterations(), 7);
            assert_eq!(protection.mac.iterations(), 7);
            salts.push(salt_of(&protection.key).to_vec());
            salts.push(salt_of(&protection.certificates).to_vec());
            salts.push(match protection.mac {
                MacScheme::Pkcs12 { salt, .. } | MacScheme::Pbmac1 { salt, .. } => salt,
            });
        }
        assert!(salts.iter().all(|salt| (16..=20).contains(&salt.len())));
        let count = salts.len();
        salts.sort();
        salts.dedup();
        assert_eq!(salts.len(), count);
    }

    #[test]
    fn password_warnings_report_non_ascii_without_quoting() {
        assert!(password_warnings(&Password::new("correct horse".into())).is_empty());
        let warnings = password_warnings(&Password::new("Käse".into()));
        assert_eq!(warnings.len(), 1);
        assert!(!warnings[0].contains("Käse"));
        assert!(password_warnings(&Password::new(String::new()))[0].contains("empty"));
        for (password, end) in [
            ("secret ", "the password ends with a blank"),
            ("\u{a0}secret", "the password begins with a blank"),
            ("\tsecret\n", "the password begins and ends with a blank"),
        ] {
            let warnings = password_warnings(&Password::new(password.into()));
            let last = warnings.last().unwrap();
            assert!(last.starts_with(end) && !last.contains("secret"), "{last}");
        }
    }
}
