//! The value of an option that gives a password of locked keys: what the option takes, such as a file, or
//! that with the name of the one store that it is for before it, `SPEC=FILE`. A file's name may have an
//! equals sign in it, too, so that a store is meant only where the text names one of those that are looked
//! into or that certstow knows of, and the rest may be a value.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use certstow_core::waits;
use certstow_platform::known_stores;
use certstow_platform::os::around_each_equals_sign;
use certstow_platform::spec::StoreSpec;
use clap::builder::TypedValueParser;
use clap::{Arg, Command, Error};

/// A value, for one store or for whichever it opens.
#[derive(Clone, PartialEq)]
pub(crate) struct OfStore<T> {
    /// As it was given.
    pub(crate) text: OsString,
    /// What it is if all of it is the value, unless it can be none.
    whole: Option<T>,
    /// What may be a store's name, that store, and the value after it; the longest name first.
    parts: Vec<(String, StoreSpec, T)>,
}

/// Commands among them may hold what is nobody else's business.
impl<T> fmt::Debug for OfStore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfStore(..)")
    }
}

impl<T: Clone> OfStore<T> {
    /// The store, if there is one of these, and the value; `None` if it makes no sense as a value.
    pub(super) fn among(&self, stores: &Nameable<'_>) -> Option<(Option<StoreSpec>, T)> {
        let mut parts = self.parts.iter();
        let part = parts.find(|(name, spec, _)| stores.has(name, spec, &as_it_is));
        match part {
            Some((_, spec, value)) => Some((Some(spec.clone()), value.clone())),
            None => Some((None, self.whole.clone()?)),
        }
    }

    /// Every value that it may be.
    pub(super) fn each(&self) -> impl Iterator<Item = &T> {
        let parts = self.parts.iter().map(|(_, _, value)| value);
        self.whole.iter().chain(parts)
    }
}

fn as_it_is(path: &Path) -> Option<PathBuf> {
    Some(path.to_owned())
}

/// Reads such values; the value itself is read by another parser.
#[derive(Clone)]
pub(super) struct OfStoreParser<P>(pub(super) P);

impl<P: TypedValueParser> TypedValueParser for OfStoreParser<P> {
    type Value = OfStore<P::Value>;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<OfStore<P::Value>, Error> {
        let read = |value: &OsStr| self.0.parse_ref(command, argument, value);
        let parts = names_in(value).filter_map(|(name, spec, rest)| {
            let value = read(&rest).ok()?;
            Some((name, spec, value))
        });
        let parts: Vec<_> = parts.collect();
        match read(value) {
            Err(error) if parts.is_empty() => Err(error),
            whole => Ok(OfStore {
                text: value.to_owned(),
                whole: whole.ok(),
                parts,
            }),
        }
    }
}

/// What may be a store's name before an equals sign, and what follows; the longest first.
fn names_in(value: &OsStr) -> impl Iterator<Item = (String, StoreSpec, OsString)> {
    let halves = around_each_equals_sign(value).into_iter().rev();
    halves.filter_map(|(name, rest)| {
        let spec = name.parse().ok()?;
        Some((name, spec, rest))
    })
}

/// The stores that such a value can name.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Nameable<'a> {
    /// Those that are named where the value is, as they are written there.
    pub(crate) beside: &'a [StoreSpec],
    /// Those that are named elsewhere, where a relative path may mean another folder.
    pub(crate) elsewhere: &'a [StoreSpec],
}

impl Nameable<'_> {
    /// The store that a value names, and what follows it. A relative path in a store's name means what `at`
    /// makes of it.
    pub(super) fn divide(
        &self,
        value: &OsStr,
        at: &dyn Fn(&Path) -> Option<PathBuf>,
    ) -> Option<(StoreSpec, OsString)> {
        let mut names = names_in(value);
        let (_, spec, rest) = names.find(|(name, spec, _)| self.has(name, spec, at))?;
        Some((spec, rest))
    }

    fn has(&self, name: &str, spec: &StoreSpec, at: &dyn Fn(&Path) -> Option<PathBuf>) -> bool {
        if spec.stands_for_several() || self.beside.contains(spec) {
            return true;
        }
        let resolved = spec.resolved(|path| at(path).ok_or(())).ok();
        let resolved = resolved.and_then(|name| name.to_str()?.parse().ok());
        let spec: &StoreSpec = resolved.as_ref().unwrap_or(spec);
        self.elsewhere.iter().any(|store| store.covers(spec))
            || (StoreSpec::has_scheme(name) && is_known(spec))
    }
}

/// Whether `certstow stores` shows the store, or it stands for such.
pub(super) fn is_known(spec: &StoreSpec) -> bool {
    static KNOWN: OnceLock<Vec<StoreSpec>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let _wait = waits::waiting_for("this machine's stores");
        known_stores().into_iter().map(|known| known.spec).collect()
    });
    spec.stands_for_several() || known.contains(spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divide(value: &str, stores: &[&str]) -> Option<(String, String)> {
        let beside: Vec<StoreSpec> = stores.iter().map(|name| name.parse().unwrap()).collect();
        let stores = Nameable {
            beside: &beside,
            elsewhere: &[],
        };
        let (spec, rest) = stores.divide(value.as_ref(), &as_it_is)?;
        Some((spec.to_string(), rest.into_string().unwrap()))
    }

    #[test]
    fn divide_knows_only_stores_that_are_named() {
        for (value, stores, expected) in [
            ("nss:ff=pw", &["nss:ff"][..], Some(("nss:ff", "pw"))),
            ("nss:ff=pw", &["nss:other"], None),
            ("nss:ff=pw", &[], None),
            ("certs=pw", &["certs"], Some(("file:certs", "pw"))),
            ("certs=pw", &["other"], None),
            ("./certs=pw", &["certs"], None),
            (r"C:\a=b", &[r"C:\b"], None),
            (r"C:\a=b", &[], None),
            (r"C:\a=C:\b", &[r"C:\a"], Some((r"file:C:\a", r"C:\b"))),
            ("nss:ff=-", &["nss:ff"], Some(("nss:ff", "-"))),
            ("nss:=pw", &[], Some(("nss:", "pw"))),
            ("=pw", &[], None),
            ("pw", &["pw"], None),
        ] {
            let expected = expected.map(|(spec, rest)| (spec.to_owned(), rest.to_owned()));
            assert_eq!(divide(value, stores), expected, "{value} {stores:?}");
        }
    }

    #[test]
    fn divide_takes_the_longest_name() {
        for (stores, expected) in [
            (&["nss:a", "nss:a=b"][..], ("nss:a=b", "c=d")),
            (&["nss:a"], ("nss:a", "b=c=d")),
            (&["nss:a=b=c", "nss:a"], ("nss:a=b=c", "d")),
        ] {
            let (spec, rest) = divide("nss:a=b=c=d", stores).unwrap();
            assert_eq!((spec.as_str(), rest.as_str()), expected);
        }
    }

    /// Of a file, a relative path means the folder of the file.
    #[test]
    fn divide_compares_places_with_stores_of_elsewhere() {
        let folder = std::env::temp_dir();
        let certs = [StoreSpec::File(folder.join("certs"))];
        let elsewhere = Nameable {
            beside: &[],
            elsewhere: &certs,
        };
        let below = |path: &Path| Some(folder.join(path));
        assert!(elsewhere.divide("certs=pw".as_ref(), &below).is_some());
        assert!(elsewhere.divide("other=pw".as_ref(), &below).is_none());
        assert!(elsewhere.divide("certs=pw".as_ref(), &|_| None).is_none());
    }
}
