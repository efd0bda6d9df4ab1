//! `certstow stores`: which stores exist here, and why one cannot be used.

use certstow_formats::sanitize::safe;

use crate::error::Error;
use crate::exit::Exit;
use crate::render::json::Object;
use crate::screen::Screen;

pub(crate) fn run(screen: &Screen) -> Result<Exit, Error> {
    let stores = certstow_platform::known_stores();
    if screen.json {
        let stores = stores.iter().map(|known| {
            Object::default()
                .with("store", &known.spec.to_string())
                .with("description", &known.description)
                .with("available", &known.unavailable.is_none())
                .with("reason", &known.unavailable)
        });
        screen.print_json(&Object::new("certstow.stores/1").list("stores", stores))?;
        return Ok(Exit::Done);
    }
    screen.print(|out| {
        for known in &stores {
            let state = known.unavailable.as_deref().unwrap_or("available");
            writeln!(out, "{}", safe(&known.spec.to_string()))?;
            writeln!(out, "  {}: {}", safe(&known.description), safe(state))?;
        }
        writeln!(
            out,
            "file:DIR\n  any folder of certificate and key files, with --store"
        )
    })?;
    Ok(Exit::Done)
}
