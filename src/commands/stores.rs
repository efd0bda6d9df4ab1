//! `certstow stores`: which stores exist here, and why one cannot be used.

use certstow_formats::sanitize::safe;
use certstow_platform::KnownStore;

use crate::error::Error;
use crate::exit::Exit;
use crate::render::json::Object;
use crate::screen::Screen;

pub(crate) fn run(screen: &Screen) -> Result<Exit, Error> {
    let stores = certstow_platform::known_stores();
    let modules = certstow_platform::known_modules();
    if screen.json {
        let stores = stores.iter().map(|known| {
            let application = known.application.as_ref();
            Object::default()
                .with("store", &known.spec.to_string())
                .with("description", &known.description)
                .with("available", &known.unavailable.is_none())
                .with("reason", &known.unavailable)
                .with("application", &application.map(|program| &program.name))
                .with(
                    "profile",
                    &application.and_then(|program| program.profile.as_ref()),
                )
                .with("encrypted", &certstow_platform::is_encrypted(&known.spec))
        });
        let told = Object::new("certstow.stores/1").list("stores", stores);
        screen.print_json(&told.with("modules", &modules))?;
        return Ok(Exit::Done);
    }
    screen.print(|out| {
        for known in &stores {
            writeln!(out, "{}", safe(&known.spec.to_string()))?;
            let description = safe(&known.description);
            writeln!(out, "  {description}: {}", safe(&state(known)))?;
        }
        writeln!(
            out,
            "file:DIR\n  any folder of certificate and key files, with --store\n\
             nss:DIR\n  any folder with an NSS database (cert9.db), with --store; nss: is every one that is found\n\
             pkcs11:MODULE\n  smart cards and other tokens by their PKCS#11 module, with --store{}",
            safe(&known(&modules))
        )
    })?;
    Ok(Exit::Done)
}

/// Which modules there are.
fn known(modules: &[String]) -> String {
    match modules {
        [] => String::new(),
        modules => format!("; here are {}", modules.join(", ")),
    }
}

/// Whether it can be used, and whether a password locks its private keys.
fn state(known: &KnownStore) -> String {
    if let Some(reason) = &known.unavailable {
        return reason.clone();
    }
    match certstow_platform::is_encrypted(&known.spec) {
        None => "available",
        Some(true) => "available; a primary password locks its private keys",
        Some(false) => "available; it has no primary password",
    }
    .to_owned()
}
