//! Store names, as `--store` takes them: `file:DIR`, `dotnet:My`, or a bare path.

use std::fmt;
use std::path::PathBuf;

/// Which store is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreSpec {
    /// `file:DIR`: a folder, searched recursively, or one file.
    File(PathBuf),
    /// `dotnet:NAME`: .NET's user store of that name on Linux and macOS.
    Dotnet(String),
}

/// Schemes of stores that exist elsewhere: never taken for a file's name by mistake.
const NOT_BUILT: [&str; 4] = ["windows", "keychain", "nss", "pkcs11"];

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
    ///
    /// # Errors
    /// The text is empty, nothing follows the scheme, or the scheme's stores are not part of this
    /// build.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let fail = |reason| SpecError {
            text: text.to_owned(),
            reason,
        };
        let Some((scheme, name)) = text.split_once(':') else {
            return match text {
                "" => Err(fail("it is empty")),
                path => Ok(Self::File(path.into())),
            };
        };
        match scheme {
            "file" if name.is_empty() => Err(fail("a folder must follow 'file:'")),
            "file" => Ok(Self::File(name.into())),
            "dotnet" if name.is_empty() => {
                Err(fail("a store name must follow 'dotnet:', such as My"))
            }
            "dotnet" if name.contains(['/', '\\']) || name.starts_with('.') => {
                Err(fail("a .NET store is named by one word, such as My"))
            }
            "dotnet" => Ok(Self::Dotnet(name.to_owned())),
            _ if NOT_BUILT.contains(&scheme) => Err(fail(
                "stores of this kind are not part of this build; a file of that name is \
                 reached with 'file:' before it",
            )),
            // A drive letter, or a file name with a colon in it.
            _ => Ok(Self::File(text.into())),
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
        assert_eq!(r"C:\certs".parse(), Ok(StoreSpec::File(r"C:\certs".into())));
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
    fn stores_of_another_build_are_not_taken_for_files() {
        for text in [
            r"windows:CurrentUser\My",
            "keychain:login",
            "nss:",
            "pkcs11:/x.so",
        ] {
            let error = text.parse::<StoreSpec>().unwrap_err().to_string();
            assert!(error.contains("not part of this build"), "{error}");
        }
        let file = StoreSpec::File("nss:mine".into());
        assert_eq!("file:nss:mine".parse(), Ok(file));
    }

    #[test]
    fn what_is_printed_reads_back() {
        for text in ["file:/a/b", "dotnet:My"] {
            assert_eq!(text.parse::<StoreSpec>().unwrap().to_string(), text);
        }
    }
}
