// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C: a command that has something to show ends its work and shows it; at the second one it ends at once.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// How often a command looks whether it was interrupted.
pub const LOOK: Duration = Duration::from_millis(100);
/// What a shell says of a program that Ctrl-C has ended.
const ENDED_BY_INTERRUPT: i32 = 128 + SIGINT;

/// Has Ctrl-C been typed? From the first call on it no longer ends this program by itself.
pub fn interrupted() -> bool {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        // In this order: the first Ctrl-C finds the flag down. Without a handler it ends us as ever.
        let _ = flag::register_conditional_shutdown(SIGINT, ENDED_BY_INTERRUPT, Arc::clone(&flag));
        let _ = flag::register(SIGINT, Arc::clone(&flag));
        flag
    });
    flag.load(Relaxed)
}

/// From here on Ctrl-C is for a program that is started by this one, as a debugger is; this one goes on.
pub fn leave_to_others() {
    let _ = flag::register(SIGINT, Arc::new(AtomicBool::new(false)));
}

/// Keeps the terminal's Ctrl-C from a program that is to be started: what it has is still to be looked at. It has to be
/// ended by us; see [`Process`](crate::Process).
pub fn keep_from(command: &mut Command) -> &mut Command {
    interrupted();
    command.process_group(0)
}
