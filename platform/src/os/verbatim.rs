//! Names of any length on Windows: a path of more than 259 characters is refused, except in its
//! verbatim form, `\\?\C:\folder\file` or `\\?\UNC\server\share\file`, which the system takes as it
//! is. ("Maximum Path Length Limitation" in Microsoft's documentation of Win32.)

/// The verbatim form of an absolute path with `\` between its parts, in UTF-16. What is verbatim
/// already, or a device, stays as it is.
pub(super) fn verbatim(absolute: &[u16]) -> Vec<u16> {
    const BACKSLASH: u16 = b'\\' as u16;
    const COLON: u16 = b':' as u16;
    const DOT: u16 = b'.' as u16;
    const QUESTION: u16 = b'?' as u16;

    let (prefix, rest) = match absolute {
        [BACKSLASH, BACKSLASH, DOT | QUESTION, BACKSLASH, ..] => ("", absolute),
        [BACKSLASH, BACKSLASH, share @ ..] => (r"\\?\UNC\", share),
        [_, COLON, BACKSLASH, ..] => (r"\\?\", absolute),
        _ => ("", absolute),
    };
    prefix.encode_utf16().chain(rest.iter().copied()).collect()
}

/// A folder's path with a `\\` at its end, which some calls want of a share (`GetDiskFreeSpaceEx`: "if
/// this parameter is a UNC name, it must include a trailing backslash").
pub(super) fn with_trailing_backslash(mut folder: Vec<u16>) -> Vec<u16> {
    const BACKSLASH: u16 = b'\\' as u16;

    if !folder.is_empty() && folder.last() != Some(&BACKSLASH) {
        folder.push(BACKSLASH);
    }
    folder
}

#[cfg(test)]
mod tests {
    #[test]
    fn verbatim_is_idempotent_and_skips_devices() {
        for (path, expected) in [
            (r"C:\folder\ä.p12", r"\\?\C:\folder\ä.p12"),
            (r"z:\", r"\\?\z:\"),
            (r"\\server\share\a b", r"\\?\UNC\server\share\a b"),
            (r"\\?\C:\folder", r"\\?\C:\folder"),
            (r"\\?\UNC\server\share", r"\\?\UNC\server\share"),
            (r"\\.\NUL", r"\\.\NUL"),
            ("CONIN$", "CONIN$"),
            ("", ""),
        ] {
            let units: Vec<u16> = path.encode_utf16().collect();
            let verbatim = String::from_utf16(&super::verbatim(&units)).unwrap();
            assert_eq!(verbatim, expected);
        }
    }

    #[test]
    fn verbatim_keeps_unpaired_surrogates() {
        let path = [0x43, 0x3a, 0x5c, 0xd800];
        assert_eq!(super::verbatim(&path)[4..], path);
    }

    #[test]
    fn with_trailing_backslash_adds_one_at_most() {
        for (path, expected) in [
            (r"\\?\UNC\server\share", r"\\?\UNC\server\share\"),
            (r"\\?\C:\", r"\\?\C:\"),
            ("", ""),
        ] {
            let units = path.encode_utf16().collect();
            let folder = super::with_trailing_backslash(units);
            assert_eq!(String::from_utf16(&folder).unwrap(), expected);
        }
    }
}
