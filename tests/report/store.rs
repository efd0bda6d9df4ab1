//! Certificates with any name and validity: one of the sample store, with these parts exchanged.
//! Its signature is wrong then, which listing does not look at, and its key fits as before.

use std::fs;
use std::path::Path;

use x509_parser::pem::Pem;

/// What somebody may have had certified: what runs, breaks out, hides or turns, and what no decoder
/// takes.
pub(crate) const HOSTILE: [&[u8]; 14] = [
    b"</script><script>document.title='owned'</script>",
    b"</style><style>*{display:none}</style>",
    b"\"><img src=http://certstow-canary.invalid/x onerror=\"document.title='owned'\">",
    b"' autofocus onfocus='document.title=1",
    b"<iframe srcdoc=\"<script>parent.document.title='owned'</script>\"></iframe>",
    b"javascript:document.title='owned'",
    b"--><link rel=stylesheet href=http://certstow-canary.invalid/css>",
    b"&lt;script&gt;&#60;b&#62;&amp;",
    b"{{script}} {} ${document.title='owned'}",
    "a\u{202e}gpj.exe \u{2066}b\u{2069} \u{200b}\u{feff}".as_bytes(),
    "line\u{2028}separator\u{2029}\u{85}".as_bytes(),
    b"NUL \0 ESC \x1b[2J \r\n\t",
    b"lone \xff\xfe\xc0\x80 \xed\xa0\x80",
    b"<plaintext><textarea><title><noscript><base href=http://certstow-canary.invalid/>",
];

/// Writes a store of identities with these common names.
pub(crate) fn hostile(folder: &Path) {
    fs::create_dir(folder).expect("the folder is new");
    let long = b"<b>".repeat(3334);
    let names = HOSTILE.into_iter().chain([long.as_slice()]);
    for (number, name) in names.enumerate() {
        let text = identity(name, "20260101000000Z", "20990101000000Z");
        fs::write(folder.join(format!("{number}.pem")), text).expect("a file");
    }
    // Neither a certificate, nor a file's usual name.
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let name = "<img src=x onerror=document.title='owned'>.pem";
    fs::write(folder.join(name), broken).expect("a file");
}

/// Writes a store of so many identities, valid and not, one after the other.
pub(crate) fn many(folder: &Path, count: usize) {
    fs::create_dir(folder).expect("the folder is new");
    for number in 0..count {
        let (year, month) = (2021 + number % 20, 1 + number % 12);
        let name = format!("Person {number:03}");
        let from = format!("{}{month:02}01000000Z", year - 1);
        let text = identity(
            name.as_bytes(),
            &from,
            &format!("{year}{month:02}15000000Z"),
        );
        fs::write(folder.join(format!("{number}.pem")), text).expect("a file");
    }
}

/// The certificate for this common name, valid from and until, and its private key.
fn identity(name: &[u8], from: &str, to: &str) -> String {
    let grace = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/personal/grace-example.pem"
    );
    let text = fs::read_to_string(grace).expect("the sample");
    let mut parts = Pem::iter_from_buffer(text.as_bytes());
    let certificate = parts.next().expect("a certificate").expect("PEM");
    let (_, key) = text
        .split_once("-----END CERTIFICATE-----\n")
        .expect("a key");

    let outer = children(&certificate.contents);
    let mut fields: Vec<Vec<u8>> = children(outer[0]).into_iter().map(<[u8]>::to_vec).collect();
    let time = |time: &str| element(0x18, &[time.as_bytes()]);
    fields[4] = element(0x30, &[&time(from), &time(to)]);
    let common_name = element(0x06, &[&[0x55, 4, 3]]);
    let attribute = element(0x30, &[&common_name, &element(0x0c, &[name])]);
    fields[5] = element(0x30, &[&element(0x31, &[&attribute])]);
    let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
    let der = element(0x30, &[&element(0x30, &fields), outer[1], outer[2]]);
    let pem = pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, &der);
    pem.expect("PEM") + key
}

/// The elements within an element of DER, each with its tag and length.
fn children(element: &[u8]) -> Vec<&[u8]> {
    let mut rest = &element[head(element).0..];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (head, length) = head(rest);
        let (child, after) = rest.split_at(head + length);
        found.push(child);
        rest = after;
    }
    found
}

/// How long tag and length are, and how long the content is.
fn head(element: &[u8]) -> (usize, usize) {
    match element[1] {
        short @ ..0x80 => (2, short.into()),
        long => {
            let octets = usize::from(long & 0x7f);
            let length = element[2..2 + octets].iter();
            (
                2 + octets,
                length.fold(0, |sum, &octet| sum << 8 | usize::from(octet)),
            )
        }
    }
}

fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let content = contents.concat();
    let mut element = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ ..0x80) => element.push(short),
        _ => {
            element.push(0x83);
            element.extend(&content.len().to_be_bytes()[5..]);
        }
    }
    element.extend(content);
    element
}
