//! What is searched for: a canary's bytes in every form in which they could get out, cut into
//! pieces, so that a part of a secret is found, too.

use std::collections::HashMap;

use pem_rfc7468::LineEnding;
use rsa::pkcs1::der::Decode as _;
use rsa::pkcs8::PrivateKeyInfoRef;

/// A password of letters and digits, and one that is not ASCII.
pub(crate) const PASSWORDS: [&str; 2] = [
    "Kanarienvogel-Tr0ub4dor&3-horse",
    "Kanarienvögel-żółte-и-пароль-🐤-ß",
];

/// The length of a piece, in bytes: no such piece of a secret occurs anywhere by chance.
const PIECE: usize = 16;

/// The alphabet's 64 characters carry 6 bits each, so that a piece of 12 bytes makes 16.
const BASE64_PIECE: usize = 12;

/// Something that must not be found, and what it is.
#[derive(Clone)]
struct Needle {
    name: String,
    bytes: Vec<u8>,
}

/// All that must not be found.
#[derive(Clone)]
pub(crate) struct Canaries {
    needles: Vec<Needle>,
    /// The needles by their first four bytes.
    by_start: HashMap<[u8; 4], Vec<usize>>,
    /// Whether any needle begins with two bytes: most places are passed over by this.
    starts: Vec<bool>,
}

impl Canaries {
    /// Nothing yet.
    pub(crate) fn none() -> Self {
        Self {
            needles: Vec::new(),
            by_start: HashMap::new(),
            starts: vec![false; 1 << 16],
        }
    }

    /// The forms of a password, and of every secret number of these keys, each a PEM file.
    pub(crate) fn new(password: &str, keys: &[String]) -> Self {
        let mut canaries = Self::none();
        canaries.add_password(password);
        for key in keys {
            canaries.add_key(key);
        }
        canaries
    }

    /// Bytes that are a secret by themselves.
    pub(crate) fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.add_pieces(name, bytes);
        self.add_encoded(name, bytes);
    }

    pub(crate) fn add_password(&mut self, password: &str) {
        let utf_8 = password.as_bytes();
        let units: Vec<u16> = password.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for (form, bytes) in [("UTF-8", utf_8), ("UTF-16LE", &little), ("UTF-16BE", &big)] {
            self.add_pieces(&format!("the password in {form}"), bytes);
        }
        self.add_encoded("the password", utf_8);
    }

    fn add_key(&mut self, pem: &str) {
        for (name, number) in secret_numbers(pem) {
            let reversed: Vec<u8> = number.iter().rev().copied().collect();
            self.add_pieces(&format!("{name}, big-endian"), &number);
            self.add_pieces(&format!("{name}, little-endian"), &reversed);
            self.add_encoded(&name, &number);
        }
    }

    /// In hexadecimal and in Base64, which looks different at each of three offsets.
    fn add_encoded(&mut self, name: &str, bytes: &[u8]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.add_pieces(&format!("{name} in hexadecimal"), hex.as_bytes());
        self.add_pieces(
            &format!("{name} in upper-case hexadecimal"),
            hex.to_uppercase().as_bytes(),
        );
        for offset in 0..3 {
            for piece in bytes[offset..].chunks_exact(BASE64_PIECE) {
                self.add(&format!("{name} in Base64"), base64(piece).as_bytes());
            }
        }
    }

    fn add_pieces(&mut self, name: &str, bytes: &[u8]) {
        for piece in bytes.chunks_exact(PIECE) {
            self.add(name, piece);
        }
        self.add(name, &bytes[bytes.len().saturating_sub(PIECE)..]);
    }

    fn add(&mut self, name: &str, bytes: &[u8]) {
        let start = *bytes.first_chunk().expect("longer than four bytes");
        let position = self.needles.len();
        self.by_start.entry(start).or_default().push(position);
        self.starts[first_two(&start)] = true;
        self.needles.push(Needle {
            name: name.to_owned(),
            bytes: bytes.to_vec(),
        });
    }

    /// Every needle that is there, with the place.
    pub(crate) fn find(&self, haystack: &[u8]) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        for (at, start) in haystack.windows(4).enumerate() {
            if !self.starts[first_two(start)] {
                continue;
            }
            let candidates = start.first_chunk().and_then(|four| self.by_start.get(four));
            for &candidate in candidates.into_iter().flatten() {
                let needle = &self.needles[candidate];
                if haystack[at..].starts_with(&needle.bytes) {
                    found.push((at, needle.name.as_str()));
                }
            }
        }
        found
    }

    /// The same in text: what lines break in two is found, too.
    pub(crate) fn find_in_text(&self, text: &[u8]) -> Vec<(usize, &str)> {
        let mut found = self.find(text);
        let in_one = String::from_utf8_lossy(text).replace("\\n", "");
        let in_one: Vec<u8> = in_one
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        found.extend(self.find(&in_one));
        found
    }
}

fn first_two(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn base64(bytes: &[u8]) -> String {
    let pem = pem_rfc7468::encode_string("X", LineEnding::LF, bytes).expect("a short text");
    pem.lines().nth(1).expect("its only line").to_owned()
}

/// The numbers of a key that have to stay secret, big-endian.
fn secret_numbers(pem: &str) -> Vec<(String, Vec<u8>)> {
    let der = private_key_der(pem);
    if let Ok(key) = <p256::SecretKey as p256::pkcs8::DecodePrivateKey>::from_pkcs8_der(&der) {
        return vec![("the P-256 key".to_owned(), key.to_bytes().to_vec())];
    }
    if let Ok(key) = <p384::SecretKey as p384::pkcs8::DecodePrivateKey>::from_pkcs8_der(&der) {
        return vec![("the P-384 key".to_owned(), key.to_bytes().to_vec())];
    }
    let info = PrivateKeyInfoRef::try_from(der.as_slice()).expect("PKCS#8");
    let key = rsa::pkcs1::RsaPrivateKeyRef::from_der(info.private_key.as_bytes());
    let key = key.expect("an RSA key");
    let numbers = [
        ("d", key.private_exponent),
        ("p", key.prime1),
        ("q", key.prime2),
        ("dP", key.exponent1),
        ("dQ", key.exponent2),
        ("qInv", key.coefficient),
    ];
    numbers
        .map(|(name, number)| (format!("RSA's {name}"), number.as_bytes().to_vec()))
        .into()
}

/// The PKCS#8 in a PEM file.
pub(crate) fn private_key_der(pem: &str) -> Vec<u8> {
    let begin = pem.find("-----BEGIN PRIVATE KEY").expect("a key in clear");
    let (_, der) = pem_rfc7468::decode_vec(block(&pem[begin..]).as_bytes()).expect("PEM");
    der
}

/// The first PEM block of a text.
fn block(pem: &str) -> &str {
    const END: &str = "-----END PRIVATE KEY-----";
    let end = pem.find(END).expect("the end of the key") + END.len();
    &pem[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_detects_every_password_encoding() {
        for password in PASSWORDS {
            let canaries = Canaries::new(password, &[]);
            let units = || password.encode_utf16();
            let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
            let hex: String = password.bytes().map(|byte| format!("{byte:02X}")).collect();
            for form in [password.as_bytes(), &little, &big, hex.as_bytes()] {
                let haystack = [b"before", form, b"after"].concat();
                assert!(!canaries.find(&haystack).is_empty(), "{password}");
                let half = &form[..form.len() / 2 + 1];
                assert!(!canaries.find(half).is_empty(), "half of {password}");
            }
            for offset in 0..3 {
                let text = base64_of(&[&vec![b'x'; offset], password.as_bytes()].concat());
                assert!(!canaries.find(text.as_bytes()).is_empty(), "{text}");
            }
            assert!(canaries.find(b"an ordinary text of some length").is_empty());
        }
    }

    #[test]
    fn find_in_text_detects_key_not_certificate() {
        let folder = format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"));
        let read = |name| std::fs::read_to_string(format!("{folder}/{name}")).expect("a sample");
        let keys = [read("ada-example.key.pem"), read("grace-example.pem")];
        let canaries = Canaries::new(PASSWORDS[0], &keys);
        for key in &keys {
            assert!(!canaries.find_in_text(key.as_bytes()).is_empty());
        }
        let certificate = read("ada-example.pem");
        assert!(canaries.find_in_text(certificate.as_bytes()).is_empty());
    }

    fn base64_of(bytes: &[u8]) -> String {
        let pem = pem_rfc7468::encode_string("X", LineEnding::LF, bytes).expect("PEM");
        let lines = pem.lines().filter(|line| !line.starts_with('-'));
        lines.collect()
    }
}
