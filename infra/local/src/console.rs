//! What a person sees: lines that stay on standard output, and one line of progress that does not on standard error.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the progress line is written anew on a terminal.
const REDRAW: Duration = Duration::from_millis(100);

/// How often progress is written as a line of its own where there is no terminal to redraw it on.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Moves to the start of the terminal's line and clears it.
const CLEAR: &str = "\r\x1b[K";

/// The output of the command.
#[derive(Debug)]
pub struct Console {
    terminal: bool,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    shown: bool,
    due: Instant,
}

impl Console {
    /// A console that redraws its progress line if standard error is a terminal.
    pub fn new() -> Self {
        let progress = Progress { shown: false, due: Instant::now() };
        Self { terminal: io::stderr().is_terminal(), progress: Mutex::new(progress) }
    }

    /// Writes a line that stays.
    pub fn line(&self, line: &str) {
        self.clear();
        // A closed pipe (`| head`) is no reason to stop the stack.
        let _ = writeln!(io::stdout(), "{line}");
    }

    /// Writes a line about something that went wrong.
    pub fn warn(&self, line: &str) {
        self.clear();
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// Shows how far something is, at most as often as a reader can follow.
    pub fn progress(&self, text: impl FnOnce() -> String) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if now < progress.due {
            return;
        }
        let mut out = io::stderr();
        if self.terminal {
            progress.due = now + REDRAW;
            progress.shown = true;
            let _ = write!(out, "{CLEAR}{}", text());
            let _ = out.flush();
        } else {
            progress.due = now + LINE_EVERY;
            let _ = writeln!(out, "{}", text());
        }
    }

    /// Takes the progress line away.
    pub fn clear(&self) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.shown {
            progress.shown = false;
            let mut out = io::stderr();
            let _ = write!(out, "{CLEAR}");
            let _ = out.flush();
        }
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}
