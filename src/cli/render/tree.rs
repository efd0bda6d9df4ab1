//! A certification path as a tree, the root on top.

use std::io::{self, Write};

use certstow::sanitize::safe;

/// Draws `names`, the uppermost first, each indented below the one before.
pub(crate) fn write(out: &mut dyn Write, indent: &str, names: &[String]) -> io::Result<()> {
    for (depth, name) in names.iter().enumerate() {
        match depth {
            0 => writeln!(out, "{indent}{}", safe(name))?,
            _ => writeln!(out, "{indent}{}└─ {}", "   ".repeat(depth - 1), safe(name))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_certificate_hangs_below_its_issuer() {
        let mut out = Vec::new();
        write(
            &mut out,
            "  ",
            &["Root".into(), "CA\x1b".into(), "Alice".into()],
        )
        .unwrap();
        let expected = "  Root\n  └─ CA\\u{1b}\n     └─ Alice\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
