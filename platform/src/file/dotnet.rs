//! .NET's own user stores on Linux and macOS: a folder per store under `~/.dotnet` with one
//! PKCS#12 file per certificate, protected by the null password. .NET calls the folder an
//! internal detail that only it may write (dotnet/corefx#32875), so it is only ever read.

use crate::error::StoreError;
use crate::file::FileStore;
use crate::spec::StoreSpec;

/// Opens the store with this name, such as `My`; .NET lower-cases it for the folder.
pub(crate) fn open(name: &str) -> Result<FileStore, StoreError> {
    let spec = StoreSpec::Dotnet(name.to_owned());
    let Some(home) = std::env::home_dir() else {
        return Err(StoreError::Unavailable {
            store: spec.to_string(),
            reason: "this account has no home folder".to_owned(),
            source: None,
        });
    };
    let stores = home.join(".dotnet/corefx/cryptography/x509stores");
    FileStore::open_dotnet(spec, stores.join(name.to_lowercase()))
}
