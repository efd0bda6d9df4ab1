//! Windows PowerShell, which is on every Windows and has the cmdlets for certificates.

use crate::command::{capture, program};

/// Runs a script, which finds `variables` in its environment; what it printed.
pub(super) fn powershell(script: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let script = format!("$ErrorActionPreference = 'Stop'\n{script}");
    let output = capture(
        program("powershell")
            .args(["-NoProfile", "-NonInteractive", "-Command", &script])
            .envs(variables.iter().copied())
            // PowerShell 7 leaves its own modules here, which this one cannot load.
            .env_remove("PSModulePath"),
    )?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}
