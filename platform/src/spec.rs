//! Store names, as `--store` takes them: `file:DIR`, `dotnet:My`, or a bare path.

use std::fmt;
use std::path::{Path, PathBuf};

/// Which store is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreSpec {
    /// `file:DIR`: a folder, searched recursively, or one file.
    File(PathBuf),
    /// `dotnet:NAME`: .NET's user store of that name on Linux and macOS.
    Dotnet(String),
}

/// Text that names no store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    text: String,
    reason: &'static str,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' names no store: {}", self.text, self.reason)
    }
}

impl std::error::Error for SpecError {}

impl std::str::FromStr for StoreSpec {
    type Err = SpecError;

    /// Reads a store name. Text without a known scheme is a path.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let fail = |reason| SpecError {
            text: text.to_owned(),
            reason,
        };
        match text.split_once(':') {
            Some(("file", "")) | None if text.is_empty() || text == "file:" => {
                Err(fail("a folder must follow 'file:'"))
            }
            Some(("file", path)) => Ok(Self::File(path.into())),
            Some(("dotnet", "")) => Err(fail("a store name must follow 'dotnet:', such as My")),
            Some(("dotnet", name)) if name.contains(['/', '\\']) || name.starts_with('.') => {
                Err(fail("a .NET store is named by one word, such as My"))
            }
            Some(("dotnet", name)) => Ok(Self::Dotnet(name.to_owned())),
            _ => Ok(Self::File(Path::new(text).into())),
        }
    }
}

impl fmt::Display for StoreSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Dotnet(name) => write!(f, "dotnet:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_path_is_a_folder() {
        assert_eq!("certs".parse(), Ok(StoreSpec::File("certs".into())));
        assert_eq!(
            r"C:\certs".parse(),
            Ok(StoreSpec::File(r"C:\certs".into()))
        );
    }

    #[test]
    fn schemes_are_told_from_paths() {
        assert_eq!("file:a:b".parse(), Ok(StoreSpec::File("a:b".into())));
        assert_eq!("dotnet:My".parse(), Ok(StoreSpec::Dotnet("My".into())));
        for wrong in ["", "file:", "dotnet:", "dotnet:../x"] {
            assert!(wrong.parse::<StoreSpec>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        for text in ["file:/a/b", "dotnet:My"] {
            assert_eq!(text.parse::<StoreSpec>().unwrap().to_string(), text);
        }
    }
}
