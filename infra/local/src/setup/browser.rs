//! A browser and what drives it: Chromium, Playwright's core (which brings no browser of its own) and axe, all from npm where
//! Chromium is not on PATH.

use std::path::{Path, PathBuf};

use super::node::Node;
use super::{SetupError, Workshop, said_by};

/// What the packages' folder is called; the version is that of Playwright, which is the one that matters.
const TOOL: (&str, &str) = ("browser", "1.65.1");

/// Which packages, in which versions, with the digests that npm checks.
const MANIFEST: &str = include_str!("../../tests/browser/package.json");
const LOCK: &str = include_str!("../../tests/browser/package-lock.json");

/// What Chromium is called on PATH.
const CHROMIUMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The oldest Node.js that Playwright runs on.
const NODE_MAJOR_MIN: u32 = 18;

/// The oldest Node.js that npm gives the packed Chromium to.
const NODE_MAJOR_MIN_OF_CHROMIUM: u32 = 24;

/// A browser that is there.
#[derive(Debug, Clone)]
pub struct Browser {
    /// Node.js.
    pub node: PathBuf,
    /// The folder with `node_modules`.
    pub packages: PathBuf,
    /// Chromium, or none where the packages hold one.
    pub chromium: Option<PathBuf>,
}

/// Finds or installs a browser.
///
/// # Errors
/// [`SetupError`], each with what to do about it or where to look.
pub async fn browser(workshop: Workshop<'_>) -> Result<Browser, SetupError> {
    let mut chromium = None;
    for name in CHROMIUMS {
        // Playwright wants its whole path.
        let path = said_by(Path::new("sh"), &["-c", &format!("command -v {name}")]).await;
        chromium = chromium.or(path.map(|path| PathBuf::from(path.trim())));
    }
    let (major_min, what) = match &chromium {
        Some(_) => (NODE_MAJOR_MIN, TOOL.1.to_owned()),
        None => (NODE_MAJOR_MIN_OF_CHROMIUM, format!("{}-with-chromium", TOOL.1)),
    };
    let node = Node::find(workshop, major_min).await?;
    let packages = workshop.folder(TOOL.0, &what);
    if !packages.join("installed").is_file() {
        install(workshop, &node, &packages, chromium.is_none()).await?;
    }
    Ok(Browser { node: node.program, packages, chromium })
}

/// Installs exactly what the lock names; Chromium, 70 MB, only where it is wanted.
async fn install(workshop: Workshop<'_>, node: &Node, packages: &Path, with_chromium: bool) -> Result<(), SetupError> {
    let what = if with_chromium { "Playwright, axe and Chromium" } else { "Playwright and axe" };
    workshop.console.line(&format!("browser: fetching {what} from npm"));
    let write = |name: &str, text: &str| {
        let path = packages.join(name);
        std::fs::write(&path, text).map_err(|source| SetupError::Folder { path, source })
    };
    std::fs::create_dir_all(packages).map_err(|source| SetupError::Folder { path: packages.to_owned(), source })?;
    write("package.json", MANIFEST)?;
    write("package-lock.json", LOCK)?;
    let mut ci = node.npm();
    ci.current_dir(packages).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    if !with_chromium {
        ci.arg("--omit=optional");
    }
    workshop.step(TOOL.0, "npm ci", ci).await?;
    // Last, so that what was interrupted is done again.
    write("installed", "")
}
