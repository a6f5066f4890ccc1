// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's process, which must not outlive what started it.

use std::process::Child;

/// Ended whatever happens, when this is dropped; by SIGKILL, because an idle machine under icount hears nothing else.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
