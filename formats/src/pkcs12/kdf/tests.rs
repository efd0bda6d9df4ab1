use sha2::Sha256;

use super::*;

const DIGESTS: [Digest; 5] = [
    Digest::Sha1,
    Digest::Sha224,
    Digest::Sha256,
    Digest::Sha384,
    Digest::Sha512,
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

#[test]
fn pbkdf2_matches_published_vectors() {
    // RFC 6070, and RFC 7914 section 11.
    let sha1 = pbkdf2(
        Digest::Sha1,
        PasswordForm::Text(&password("password")),
        b"salt",
        2,
        20,
    );
    assert_eq!(hex(&sha1), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    let sha256 = pbkdf2(
        Digest::Sha256,
        PasswordForm::Text(&password("passwd")),
        b"salt",
        1,
        64,
    );
    assert_eq!(
        hex(&sha256),
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
         49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
    );
}

#[test]
fn sha256_shortcut_matches_the_library() {
    for text in ["", "a", "a password", &"long ".repeat(40)] {
        for (iterations, length) in [(1, 1), (2, 32), (1000, 33), (77, 100)] {
            let ours = pbkdf2(
                Digest::Sha256,
                PasswordForm::Text(&password(text)),
                b"0123456789abcdef",
                iterations,
                length,
            );
            let mut expected = vec![0; length];
            pbkdf2::pbkdf2_hmac::<Sha256>(
                text.as_bytes(),
                b"0123456789abcdef",
                iterations,
                &mut expected,
            );
            assert_eq!(*ours, expected, "{text:?} {iterations} {length}");
        }
    }
    for iterations in [1, 2, 3, 500] {
        assert_eq!(
            repeated_hash(Digest::Sha256, b"input", iterations),
            repeat::<Sha256>(b"input", iterations - 1),
            "{iterations}"
        );
    }
}

#[test]
fn pkcs12_longer_output_extends_shorter() {
    for digest in DIGESTS {
        let text = password("sesame");
        let derive = |length| {
            pkcs12(
                digest,
                PasswordForm::Text(&text),
                b"saltsalt",
                Purpose::Key,
                3,
                length,
            )
        };
        let long = derive(200);
        for length in [0, 1, 24, 64, 65] {
            assert_eq!(derive(length)[..], long[..length], "{digest:?} {length}");
        }
    }
}

#[test]
fn pkcs12_distinguishes_null_and_empty_password() {
    let empty = password("");
    let derive = |form| pkcs12(Digest::Sha1, form, b"salt", Purpose::Mac, 1, 20);
    assert_ne!(
        derive(PasswordForm::Null),
        derive(PasswordForm::Text(&empty))
    );
    let derive = |form| pbkdf2(Digest::Sha1, form, b"salt", 1, 20);
    assert_eq!(
        derive(PasswordForm::Null),
        derive(PasswordForm::Text(&empty))
    );
}
