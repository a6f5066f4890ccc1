// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU makes the terminal raw and cannot put it back when it is killed.

use std::io::IsTerminal;
use std::process::{Command, Stdio};

/// The terminal's settings, put back when dropped.
pub struct Terminal {
    settings: Option<String>,
}

impl Terminal {
    /// Remembers the settings, if input is a terminal.
    pub fn remember() -> Self {
        let settings = std::io::stdin().is_terminal().then(|| stty(&["-g"])).flatten();
        Self { settings }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(settings) = &self.settings {
            stty(&[settings]);
        }
    }
}

/// Changes the terminal that input comes from.
pub fn stty(arguments: &[&str]) -> Option<String> {
    let output = Command::new("stty").args(arguments).stdin(Stdio::inherit()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}
