//! The lines that `openssl pkcs12` writes before a PEM block, from a bag's attributes in PKCS#12:
//! `Bag Attributes`, then one attribute a line, indented, by the name OpenSSL gives it. They are
//! where a PEM file keeps a friendly name, and the localKeyID that a key and its certificate share.

use certstow_formats::certificate::Certificate;
use certstow_formats::pkcs12::decode::BagAttributes;
use sha1::{Digest, Sha1};

const HEADING: &str = "Bag Attributes";
/// What follows is of the key itself.
const NEXT_HEADING: &str = "Key Attributes";
const FRIENDLY_NAME: &str = "friendlyName";
const LOCAL_KEY_ID: &str = "localKeyID";
const PROVIDER: &str = "Microsoft CSP Name";

/// What the text before a block says of it, under the last heading: OpenSSL writes one for a bag of
/// which it writes no block, too. It writes text that is not ASCII byte by byte and not as UTF-8; that
/// is no name.
pub(crate) fn read(before: &[u8]) -> BagAttributes {
    let mut attributes = BagAttributes::default();
    let mut below_heading = false;
    for line in before.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        if line.starts_with(HEADING.as_bytes()) {
            attributes = BagAttributes::default();
            below_heading = true;
        }
        below_heading &= !line.starts_with(NEXT_HEADING.as_bytes());
        let Some(line) = std::str::from_utf8(line).ok().filter(|_| below_heading) else {
            continue;
        };
        match line.split_once(": ") {
            Some((FRIENDLY_NAME, value)) => attributes.friendly_name = text(value),
            Some((LOCAL_KEY_ID, value)) => attributes.local_key_id = octets(value),
            Some((PROVIDER, value)) => attributes.provider_name = text(value),
            _ => {}
        }
    }
    attributes
}

fn text(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// Octets as pairs of hexadecimal digits.
fn octets(value: &str) -> Option<Vec<u8>> {
    let pairs = value.split_ascii_whitespace();
    let octets = pairs.map(|pair| match pair.as_bytes() {
        [high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            u8::from_str_radix(pair, 16).ok()
        }
        _ => None,
    });
    octets
        .collect::<Option<Vec<u8>>>()
        .filter(|octets| !octets.is_empty())
}

/// The lines that [`read`] gives these back from; nothing if there are none. Whatever would end a
/// line becomes a space.
pub(crate) fn write(attributes: &BagAttributes) -> String {
    let one_line = |value: &Option<String>| {
        let value = value.as_ref()?.replace(char::is_control, " ");
        text(&value)
    };
    // As OpenSSL does, with a space behind the last pair.
    let digits = |id: &Vec<u8>| id.iter().map(|octet| format!("{octet:02X} ")).collect();
    let values: [(&str, Option<String>); 3] = [
        (FRIENDLY_NAME, one_line(&attributes.friendly_name)),
        (LOCAL_KEY_ID, attributes.local_key_id.as_ref().map(digits)),
        (PROVIDER, one_line(&attributes.provider_name)),
    ];
    let mut lines = String::new();
    for (name, value) in values {
        if let Some(value) = value {
            lines.push_str(&format!("    {name}: {value}\n"));
        }
    }
    match lines.as_str() {
        "" => lines,
        _ => format!("{HEADING}\n{lines}"),
    }
}

/// The localKeyID that OpenSSL gives a certificate and its key: the SHA-1 of the certificate.
pub(crate) fn local_key_id_of(certificate: &Certificate) -> Vec<u8> {
    Sha1::digest(certificate.der()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(friendly_name: &str) -> BagAttributes {
        BagAttributes {
            friendly_name: Some(friendly_name.to_owned()),
            ..BagAttributes::default()
        }
    }

    #[test]
    fn read_parses_openssl_bag_attributes() {
        let text = b"Bag Attributes\n    localKeyID: 09 \n    friendlyName: of a secret\nBag \
                     Attributes\n    Microsoft Local Key set: <No Values>\n    localKeyID: 01 00 \
                     00 fF \r\n    friendlyName: Ada: Example\n    Microsoft CSP Name: A \
                     Provider\nKey Attributes\n    X509v3 Key Usage: 10 \n    localKeyID: 02 \n";
        let expected = BagAttributes {
            local_key_id: Some(vec![1, 0, 0, 0xff]),
            provider_name: Some("A Provider".to_owned()),
            ..named("Ada: Example")
        };
        assert_eq!(read(text), expected);
    }

    #[test]
    fn write_round_trips_through_read() {
        for name in ["Ada", "Zoë Łukasiewicz: 🔑", "-----BEGIN CERTIFICATE-----"] {
            let attributes = BagAttributes {
                local_key_id: Some((0..=255).collect()),
                provider_name: Some("A Provider".to_owned()),
                ..named(name)
            };
            assert_eq!(read(write(&attributes).as_bytes()), attributes);
        }
        let two_lines = write(&named(" Ada\n-----BEGIN X-----\r\n"));
        assert_eq!(read(two_lines.as_bytes()), named("Ada -----BEGIN X-----"));
        assert_eq!(write(&BagAttributes::default()), "");
        assert_eq!(write(&named(" \n")), "");
    }

    #[test]
    fn read_ignores_malformed_bag_attributes() {
        for text in [
            &b"friendlyName: no heading\n"[..],
            b"Bag Attributes\n    friendlyName:\n",
            b"Bag Attributes: <Empty Attributes>\n",
            b"Bag Attributes\n    friendlyName: Zo\xeb\n",
            b"Bag Attributes\n    localKeyID: <No Values>\n",
            b"Bag Attributes\n    localKeyID: \n",
            b"Bag Attributes\n    localKeyID: 1 23 +4\n",
            b"Bag Attributes\n    localKeyID: 0102\n",
        ] {
            assert_eq!(read(text), BagAttributes::default());
        }
    }
}
