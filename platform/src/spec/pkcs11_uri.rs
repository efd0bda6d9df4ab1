//! Names of PKCS#11 tokens: a module's path with, after a question mark, the token's label
//! (`/usr/lib/softhsm/libsofthsm2.so?token=Ada`), or what follows the scheme of a PKCS#11 URI (RFC 7512)
//! of tokens and certificates on them (`token=Ada;serial=0123?module-path=/usr/lib/...`). A PIN is no part
//! of a name: `pin-value` and `pin-source` are refused.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

/// Tokens of a PKCS#11 module, by what they say of themselves. What is `None` may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pkcs11Uri {
    /// Which module.
    pub module: Module,
    /// `CK_TOKEN_INFO.label`.
    pub token: Option<String>,
    /// `CK_TOKEN_INFO.serialNumber`.
    pub serial: Option<String>,
    /// `CK_TOKEN_INFO.manufacturerID`.
    pub manufacturer: Option<String>,
    /// `CK_TOKEN_INFO.model`.
    pub model: Option<String>,
    /// `CKA_LABEL` of certificates.
    pub object: Option<String>,
    /// `CKA_ID` of certificates.
    pub id: Option<Vec<u8>>,
}

/// How a module is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Module {
    /// By its path, which is what the name begins with. One without a folder is looked for where the
    /// system looks for libraries.
    Path(PathBuf),
    /// By its path in a URI (`module-path`).
    ModulePath(PathBuf),
    /// By its name in a URI (`module-name`), without what systems put around it: `opensc-pkcs11`.
    ModuleName(String),
    /// Not at all: the modules that p11-kit knows, all as one.
    Configured,
}

impl Pkcs11Uri {
    /// Every token of a module.
    pub fn of_module(module: Module) -> Self {
        Self {
            module,
            token: None,
            serial: None,
            manufacturer: None,
            model: None,
            object: None,
            id: None,
        }
    }

    /// Reads what follows `pkcs11:`.
    ///
    /// # Errors
    /// It is neither a path nor such a URI; with the reason.
    pub(super) fn read(text: &str) -> Result<Self, Cow<'static, str>> {
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        if !is_module_path(path) {
            return Self::read_uri(path, query);
        }
        let mut uri = Self::of_module(Module::Path(path.into()));
        for attribute in attributes(query.unwrap_or_default(), '&') {
            let (name, value) = attribute?;
            match name {
                "token" => set(&mut uri.token, name, decoded(value)?)?,
                "serial" => set(&mut uri.serial, name, decoded(value)?)?,
                _ => return Err(refused(name)),
            }
        }
        Ok(uri)
    }

    fn read_uri(path: &str, query: Option<&str>) -> Result<Self, Cow<'static, str>> {
        let mut uri = Self::of_module(Module::Configured);
        for attribute in attributes(path, ';') {
            let (name, value) = attribute?;
            match name {
                "token" => set(&mut uri.token, name, decoded(value)?)?,
                "serial" => set(&mut uri.serial, name, decoded(value)?)?,
                "manufacturer" => set(&mut uri.manufacturer, name, decoded(value)?)?,
                "model" => set(&mut uri.model, name, decoded(value)?)?,
                "object" => set(&mut uri.object, name, decoded(value)?)?,
                "id" => set(&mut uri.id, name, decoded_bytes(value)?)?,
                _ => return Err(refused(name)),
            }
        }
        let mut module = None;
        for attribute in attributes(query.unwrap_or_default(), '&') {
            let (name, value) = attribute?;
            let named = match name {
                "module-path" => Module::ModulePath(decoded(value)?.into()),
                "module-name" => Module::ModuleName(module_name(decoded(value)?)?),
                _ => return Err(refused(name)),
            };
            set(&mut module, "module-path' or 'module-name", named)?;
        }
        uri.module = module.unwrap_or(Module::Configured);
        Ok(uri)
    }

    /// The path of the module, if it is named by one.
    pub fn module_path(&self) -> Option<&Path> {
        match &self.module {
            Module::Path(path) | Module::ModulePath(path) => Some(path),
            Module::ModuleName(_) | Module::Configured => None,
        }
    }

    /// Whether every token that `other` fits is one that this fits, as far as the names tell: the same
    /// module, and whatever this asks for is asked for there.
    pub fn covers(&self, other: &Self) -> bool {
        fn asks<T: PartialEq>(this: &Option<T>, other: &Option<T>) -> bool {
            this.is_none() || this == other
        }
        let same_module = match (self.module_path(), other.module_path()) {
            (Some(this), Some(other)) => this == other,
            _ => self.module == other.module,
        };
        same_module
            && asks(&self.token, &other.token)
            && asks(&self.serial, &other.serial)
            && asks(&self.manufacturer, &other.manufacturer)
            && asks(&self.model, &other.model)
            && asks(&self.object, &other.object)
            && asks(&self.id, &other.id)
    }

    /// The path that stands before the question mark, if that is how the module is named, and what
    /// stands after it.
    pub(super) fn split_at_path(&self) -> Option<(&Path, String)> {
        match &self.module {
            Module::Path(path) if is_path_alone(path) && self.is_told_by_path_form() => {
                Some((path, self.after_path()))
            }
            _ => None,
        }
    }

    /// Whether a path and what may stand after it say all of it.
    fn is_told_by_path_form(&self) -> bool {
        let more = [&self.manufacturer, &self.model, &self.object];
        more.iter().all(|value| value.is_none()) && self.id.is_none()
    }

    /// What follows the path of a module.
    fn after_path(&self) -> String {
        let named = [("token", &self.token), ("serial", &self.serial)];
        let mut text = String::new();
        for (name, value) in named {
            if let Some(value) = value {
                let sign = if text.is_empty() { '?' } else { '&' };
                // Writing to a String cannot fail.
                let _ = write!(text, "{sign}{name}={}", encoded(value.as_bytes()));
            }
        }
        text
    }
}

impl fmt::Display for Pkcs11Uri {
    /// What follows `pkcs11:`, as it can be read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((path, after)) = self.split_at_path() {
            return write!(f, "{}{after}", path.display());
        }
        let texts = [
            ("token", &self.token),
            ("serial", &self.serial),
            ("manufacturer", &self.manufacturer),
            ("model", &self.model),
            ("object", &self.object),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?.as_bytes())));
        let id = self.id.iter().map(|id| ("id", id.as_slice()));
        for (at, (name, value)) in texts.chain(id).enumerate() {
            let before = if at == 0 { "" } else { ";" };
            write!(f, "{before}{name}={}", encoded(value))?;
        }
        match &self.module {
            Module::Path(path) | Module::ModulePath(path) => {
                let path = path.to_string_lossy();
                write!(f, "?module-path={}", encoded(path.as_bytes()))
            }
            Module::ModuleName(name) => write!(f, "?module-name={}", encoded(name.as_bytes())),
            Module::Configured => Ok(()),
        }
    }
}

/// Whether what stands before a question mark is the path of a module: it begins with a folder, a drive
/// or the root, or is the name of a library.
fn is_module_path(text: &str) -> bool {
    let begins_with_folder = text.starts_with(['/', '\\', '.']);
    let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let endings = [".so", ".dll", ".dylib"];
    let is_library = endings.iter().any(|ending| text.ends_with(ending)) || text.contains(".so.");
    begins_with_folder || drive || (is_library && !text.contains(['=', ';']))
}

/// Whether a path can stand before a question mark, and be taken for one there.
fn is_path_alone(path: &Path) -> bool {
    let text = path.to_string_lossy();
    is_module_path(&text) && !text.contains('?')
}

/// The attributes of one part of a URI.
fn attributes(
    part: &str,
    separator: char,
) -> impl Iterator<Item = Result<(&str, &str), Cow<'static, str>>> {
    let given = part.split(separator).filter(|given| !given.is_empty());
    given.map(|given| {
        given
            .split_once('=')
            .ok_or_else(|| format!("'{given}' is no attribute of a PKCS#11 URI").into())
    })
}

fn set<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), Cow<'static, str>> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("it has '{name}' twice").into()),
    }
}

fn refused(name: &str) -> Cow<'static, str> {
    match name {
        "pin-value" => "a PIN in a store's name would be seen by others ('pin-value')".into(),
        "pin-source" => "the PIN is given apart from the store's name ('pin-source')".into(),
        _ => format!("certstow does not go by the attribute '{name}'").into(),
    }
}

/// A module's name is part of a file name, and no more (RFC 7512, 2.4).
fn module_name(name: String) -> Result<String, Cow<'static, str>> {
    match name.is_empty() || name.contains(['/', '\\', '\0']) || name.starts_with('.') {
        true => Err("'module-name' is one word, such as opensc-pkcs11".into()),
        false => Ok(name),
    }
}

fn decoded(value: &str) -> Result<String, Cow<'static, str>> {
    String::from_utf8(decoded_bytes(value)?).map_err(|_| "an attribute of it is no UTF-8".into())
}

/// The octets of a value, each as it is or as `%` and two hexadecimal digits (RFC 3986, 2.1).
fn decoded_bytes(value: &str) -> Result<Vec<u8>, Cow<'static, str>> {
    const WRONG: &str = "two hexadecimal digits must follow each '%'";
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'%' => {
                let mut digit = || (rest.next()? as char).to_digit(16);
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                let value = value.and_then(|value| u8::try_from(value).ok());
                value.ok_or(Cow::Borrowed(WRONG))?
            }
            octet => octet,
        });
    }
    Ok(octets)
}

/// The value with everything in `%` digits but what no URI needs so (RFC 3986, 2.3), and the separators
/// of paths.
fn encoded(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    for &octet in value {
        match octet {
            b'-' | b'.' | b'_' | b'~' | b'/' | b':' => text.push(octet.into()),
            _ if octet.is_ascii_alphanumeric() => text.push(octet.into()),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(text, "%{octet:02X}");
            }
        }
    }
    text
}

/// A name in which somebody put a PIN, without it.
pub(super) fn without_pin(text: &str) -> Cow<'_, str> {
    const PIN: &str = "pin-value=";
    match text.find(PIN) {
        Some(at) => format!("{}...", &text[..at + PIN.len()]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests;
