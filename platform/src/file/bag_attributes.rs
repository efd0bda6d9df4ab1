//! The lines that `openssl pkcs12` writes before a PEM block, from a bag's attributes in PKCS#12:
//! `Bag Attributes`, then one attribute a line, indented, by the name OpenSSL gives it. They are
//! where a PEM file keeps a friendly name.

use certstow_formats::pkcs12::decode::BagAttributes;

use super::pem::find;

const HEADING: &str = "Bag Attributes";
const FRIENDLY_NAME: &str = "friendlyName";
const PROVIDER: &str = "Microsoft CSP Name";

/// What the text before a block says of it. OpenSSL writes text that is not ASCII byte by byte and
/// not as UTF-8; that is no name.
pub(crate) fn read(before: &[u8]) -> BagAttributes {
    let mut attributes = BagAttributes::default();
    let Some(heading) = find(before, HEADING.as_bytes()) else {
        return attributes;
    };
    for line in before[heading..].split(|&byte| byte == b'\n').skip(1) {
        let Ok(line) = std::str::from_utf8(line) else {
            continue;
        };
        match line.trim().split_once(": ") {
            Some((FRIENDLY_NAME, value)) => attributes.friendly_name = text(value),
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

/// The lines that [`read`] gives these back from; nothing if there are none. Whatever would end a
/// line becomes a space.
pub(crate) fn write(friendly_name: Option<&str>, provider: Option<&str>) -> String {
    let mut lines = String::new();
    for (name, value) in [(FRIENDLY_NAME, friendly_name), (PROVIDER, provider)] {
        let one_line = |value: &str| value.replace(char::is_control, " ");
        if let Some(value) = value.map(one_line).as_deref().and_then(text) {
            lines.push_str(&format!("    {name}: {value}\n"));
        }
    }
    match lines.as_str() {
        "" => lines,
        _ => format!("{HEADING}\n{lines}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_parses_openssl_bag_attributes() {
        let text = b"Bag Attributes\n    Microsoft Local Key set: <No Values>\n    localKeyID: 01 00 \
                     00 00 \n    friendlyName: Ada: Example\n    Microsoft CSP Name: A Provider\nKey \
                     Attributes\n    X509v3 Key Usage: 10 \n";
        let read = read(text);
        assert_eq!(read.friendly_name.as_deref(), Some("Ada: Example"));
        assert_eq!(read.provider_name.as_deref(), Some("A Provider"));
    }

    #[test]
    fn write_round_trips_through_read() {
        for name in ["Ada", "Zoë Łukasiewicz: 🔑", "-----BEGIN CERTIFICATE-----"] {
            let attributes = read(write(Some(name), Some("A Provider")).as_bytes());
            assert_eq!(attributes.friendly_name.as_deref(), Some(name));
            assert_eq!(attributes.provider_name.as_deref(), Some("A Provider"));
        }
        let two_lines = write(Some(" Ada\n-----BEGIN X-----\r\n"), None);
        let name = read(two_lines.as_bytes()).friendly_name;
        assert_eq!(name.as_deref(), Some("Ada -----BEGIN X-----"));
        assert_eq!(write(None, None), "");
        assert_eq!(write(Some(" \n"), None), "");
    }

    #[test]
    fn read_ignores_malformed_bag_attributes() {
        for text in [
            &b"friendlyName: no heading\n"[..],
            b"Bag Attributes\n    friendlyName:\n",
            b"Bag Attributes: <Empty Attributes>\n",
            b"Bag Attributes\n    friendlyName: Zo\xeb\n",
        ] {
            assert_eq!(read(text), BagAttributes::default());
        }
    }
}
