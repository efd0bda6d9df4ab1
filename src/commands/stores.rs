//! `certstow stores`: which stores exist here, and why one cannot be used.

use certstow_formats::sanitize::safe;
use serde::Serialize;

use crate::error::Error;
use crate::exit::Exit;
use crate::screen::Screen;

/// `certstow.stores/1`.
#[derive(Serialize)]
struct Json {
    schema: &'static str,
    stores: Vec<StoreJson>,
}

#[derive(Serialize)]
struct StoreJson {
    store: String,
    description: String,
    available: bool,
    reason: Option<String>,
}

pub(crate) fn run(screen: &Screen) -> Result<Exit, Error> {
    let stores: Vec<StoreJson> = certstow_platform::known_stores()
        .into_iter()
        .map(|known| StoreJson {
            store: known.spec.to_string(),
            description: known.description,
            available: known.unavailable.is_none(),
            reason: known.unavailable,
        })
        .collect();
    if screen.json {
        screen.print_json(&Json {
            schema: "certstow.stores/1",
            stores,
        })?;
        return Ok(Exit::Done);
    }
    screen.print(|out| {
        for store in &stores {
            let state = store.reason.as_deref().unwrap_or("available");
            writeln!(out, "{}", safe(&store.store))?;
            writeln!(out, "  {}: {}", safe(&store.description), safe(state))?;
        }
        writeln!(
            out,
            "file:DIR\n  any folder of certificate and key files, with --store"
        )
    })?;
    Ok(Exit::Done)
}
