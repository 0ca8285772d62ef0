//! cargo-lambda.
//!
//! Its authors publish prebuilt binaries as a Python wheel; that is the one source used here. Compiling it would take
//! longer than everything else together. Only `cargo lambda watch` is needed, so the wheel comes without its dependency on
//! zig, which is for cross-compiling.

use std::path::{Path, PathBuf};

use super::{SetupError, Workshop, said_by};

/// The name of its wheel.
const NAME: &str = "cargo-lambda";

/// The version that is installed.
const VERSION: &str = "1.9.2";

/// The oldest version on PATH that is taken as it is: the first whose routes are known to work with this stack.
const VERSION_MIN: (u32, u32) = (1, 9);

/// The first version that is not taken, because nothing is known of it.
const MAJOR_END: u32 = 2;

/// The path of a cargo-lambda that runs: the one on PATH, the one installed here before, or one installed now.
///
/// # Errors
/// [`SetupError`], each with what to do about it or where to look.
pub async fn cargo_lambda(workshop: Workshop<'_>) -> Result<PathBuf, SetupError> {
    let on_path = PathBuf::from(NAME);
    if is_usable(&on_path).await {
        return Ok(on_path);
    }
    let installed = workshop.folder(NAME, VERSION).join("bin/cargo-lambda");
    if is_usable(&installed).await {
        return Ok(installed);
    }
    workshop.wheel(NAME, VERSION).await?;
    if is_usable(&installed).await {
        Ok(installed)
    } else {
        Err(SetupError::DoesNotRun { tool: NAME.to_owned(), program: installed })
    }
}

/// Whether the program is there, runs, and has a version that will do.
async fn is_usable(program: &Path) -> bool {
    said_by(program, &["lambda", "--version"]).await.is_some_and(|said| version_will_do(&said))
}

/// Reads `cargo-lambda 1.9.2 (55e15b0 2026-08-31Z)`.
fn version_will_do(output: &str) -> bool {
    let mut numbers = output.split_whitespace().nth(1).unwrap_or_default().split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return false };
    (major, minor) >= VERSION_MIN && major < MAJOR_END
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expect: bool) {
        assert_eq!(version_will_do(output), expect, "{output}");
    }

    #[test]
    fn versions_from_1_9_to_before_2_will_do() {
        check("cargo-lambda 1.9.2 (55e15b0 2026-08-31Z)\n", true);
        check("cargo-lambda 1.9.0", true);
        check("cargo-lambda 1.12.1", true);
        check("cargo-lambda 1.8.6", false);
        check("cargo-lambda 2.0.0", false);
        check("cargo-lambda", false);
        check("", false);
        check("cargo-lambda one.two", false);
    }
}
