//! A PKCS#12 file made part by part: what certstow writes unless something is said otherwise.

use certstow_formats::pkcs12::kdf::{Digest, PasswordForm};
use certstow_formats::pkcs12::mac::MacScheme;
use certstow_formats::pkcs12::pbe::{Cipher, Scheme};
use certstow_formats::secret::Password;
use certstow_formats::testing::writer;

use crate::material::{Identity, Material};

/// Enough to be a count, few enough for some hundred files and six programs.
pub(super) const ITERATIONS: u32 = 2_000;

/// What a file is made of.
pub(super) struct Recipe {
    pub(super) password: String,
    /// How the keys are encrypted; `None` puts them into keyBags.
    pub(super) key_scheme: Option<Scheme>,
    /// How the certificates are encrypted; `None` leaves them in clear.
    pub(super) certificate_scheme: Option<Scheme>,
    pub(super) mac: Option<MacScheme>,
    pub(super) keys: Vec<Bag>,
    pub(super) certificates: Vec<Bag>,
    /// Whole bags beside the certificates.
    pub(super) others: Vec<Vec<u8>>,
    pub(super) arrangement: Arrangement,
    /// How many keys have a certificate in it.
    pub(super) identities: usize,
}

/// A key or a certificate, and its attributes.
#[derive(Clone)]
pub(super) struct Bag {
    pub(super) der: Vec<u8>,
    pub(super) attributes: Vec<Vec<u8>>,
}

impl Bag {
    pub(super) fn new(der: &[u8], attributes: &[Vec<u8>]) -> Self {
        let (der, attributes) = (der.to_vec(), attributes.to_vec());
        Self { der, attributes }
    }
}

/// Which bags lie in which part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrangement {
    /// The certificates in one part, the keys in the next.
    CertificatesFirst,
    KeysFirst,
    /// All in one part, in the order in which they are named.
    OnePart,
    KeyBeforeCertificates,
    /// Each certificate has a part, as GnuTLS does.
    PartEach,
    /// The keys are encrypted twice: in a bag of their own and in their part.
    KeysInEncryptedPart,
    /// A part without any bag stands first.
    EmptyPart,
    NestedCertificates,
    NestedKeys,
    /// Both, this deep.
    Nested(usize),
}

/// What key and leaf carry as certstow writes them.
pub(super) fn named(id: u8, label: &str) -> Vec<Vec<u8>> {
    vec![writer::local_key_id(id), writer::label(label)]
}

impl Recipe {
    /// An identity and its path.
    pub(super) fn of(identity: &Identity, material: &Material) -> Self {
        let mut recipe = Self::alone(identity);
        for issuer in [&material.intermediate, &material.root] {
            recipe.certificates.push(Bag::new(&issuer.certificate, &[]));
        }
        recipe
    }

    /// The same without the path.
    pub(super) fn alone(identity: &Identity) -> Self {
        let attributes = named(1, "Verdict Example");
        Self {
            password: "correct horse".to_owned(),
            key_scheme: Some(aes(Cipher::Aes256, Digest::Sha256)),
            certificate_scheme: Some(aes(Cipher::Aes256, Digest::Sha256)),
            mac: Some(mac(Digest::Sha256)),
            keys: vec![Bag::new(&identity.key, &attributes)],
            certificates: vec![Bag::new(&identity.certificate, &attributes)],
            others: Vec::new(),
            arrangement: Arrangement::CertificatesFirst,
            identities: 1,
        }
    }

    /// One more identity, its attributes numbered.
    pub(super) fn push(&mut self, identity: &Identity, id: u8) {
        let attributes = named(id, &format!("Verdict Example {id}"));
        self.keys.push(Bag::new(&identity.key, &attributes));
        let certificate = Bag::new(&identity.certificate, &attributes);
        self.certificates.push(certificate);
        self.identities += 1;
    }

    /// Everything encrypted like this.
    pub(super) fn encrypt(&mut self, scheme: &Scheme) {
        self.key_scheme = Some(scheme.clone());
        self.certificate_scheme = Some(scheme.clone());
    }

    /// These attributes on key and leaf.
    pub(super) fn mark(&mut self, attributes: &[Vec<u8>]) {
        self.keys[0].attributes = attributes.to_vec();
        self.certificates[0].attributes = attributes.to_vec();
    }

    /// The bytes of the file.
    pub(super) fn file(&self) -> Vec<u8> {
        let password = Password::new(self.password.clone());
        let password = PasswordForm::Text(&password);
        let parts = self.parts(password);
        writer::file(&parts, self.mac.as_ref().map(|mac| (mac, password)))
    }

    fn parts(&self, password: PasswordForm<'_>) -> Vec<Vec<u8>> {
        let keys: Vec<Vec<u8>> = self
            .keys
            .iter()
            .map(|bag| match &self.key_scheme {
                Some(scheme) => writer::shrouded_key(&bag.der, scheme, password, &bag.attributes),
                None => writer::key(&bag.der, &bag.attributes),
            })
            .collect();
        let mut certificates: Vec<Vec<u8>> = self
            .certificates
            .iter()
            .map(|bag| writer::certificate(&bag.der, &bag.attributes))
            .collect();
        certificates.extend(self.others.iter().cloned());
        let part = |bags: &[Vec<u8>]| match &self.certificate_scheme {
            Some(scheme) => writer::encrypted(scheme, password, bags),
            None => writer::plain(bags),
        };
        let nested = |bags: &[Vec<u8>], depth| {
            let wrap = |bags: Vec<Vec<u8>>, _| vec![writer::nested(&bags)];
            (0..depth).fold(bags.to_vec(), wrap)
        };
        match self.arrangement {
            Arrangement::CertificatesFirst => vec![part(&certificates), writer::plain(&keys)],
            Arrangement::KeysFirst => vec![writer::plain(&keys), part(&certificates)],
            Arrangement::OnePart => vec![part(&[certificates, keys].concat())],
            Arrangement::KeyBeforeCertificates => vec![part(&[keys, certificates].concat())],
            Arrangement::PartEach => {
                let each = certificates
                    .iter()
                    .map(|bag| part(std::slice::from_ref(bag)));
                each.chain([writer::plain(&keys)]).collect()
            }
            Arrangement::KeysInEncryptedPart => vec![part(&certificates), part(&keys)],
            Arrangement::EmptyPart => {
                vec![
                    writer::plain(&[]),
                    part(&certificates),
                    writer::plain(&keys),
                ]
            }
            Arrangement::NestedCertificates => {
                vec![part(&nested(&certificates, 1)), writer::plain(&keys)]
            }
            Arrangement::NestedKeys => {
                vec![part(&certificates), writer::plain(&nested(&keys, 1))]
            }
            Arrangement::Nested(depth) => vec![
                part(&nested(&certificates, depth)),
                writer::plain(&nested(&keys, depth)),
            ],
        }
    }
}

/// PBES2 with PBKDF2.
pub(super) fn aes(cipher: Cipher, prf: Digest) -> Scheme {
    aes_with_salt(cipher, prf, 16)
}

pub(super) fn aes_with_salt(cipher: Cipher, prf: Digest, salt: usize) -> Scheme {
    let block = if cipher == Cipher::TripleDes { 8 } else { 16 };
    Scheme::Pbes2 {
        cipher,
        iv: vec![3; block],
        prf,
        salt: vec![5; salt],
        iterations: ITERATIONS,
    }
}

/// PKCS#12's own encryption.
pub(super) fn own(cipher: Cipher, salt: usize, iterations: u32) -> Scheme {
    Scheme::Pkcs12 {
        cipher,
        salt: vec![7; salt],
        iterations,
    }
}

/// PKCS#12's own MAC.
pub(super) fn mac(digest: Digest) -> MacScheme {
    mac_with(digest, 16, ITERATIONS)
}

pub(super) fn mac_with(digest: Digest, salt: usize, iterations: u32) -> MacScheme {
    MacScheme::Pkcs12 {
        digest,
        salt: vec![9; salt],
        iterations,
    }
}
