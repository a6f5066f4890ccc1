// SPDX-License-Identifier: MIT OR Apache-2.0
//! One mistake.

use anyhow::ensure;

use crate::Suite;

/// A piece of one file, replaced.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// What goes wrong, as a name.
    pub name: &'static str,
    /// The file, below `components`.
    pub file: &'static str,
    /// What is there once.
    pub from: &'static str,
    /// What it becomes.
    pub to: &'static str,
}

impl Mutant {
    /// The source with the mistake.
    pub fn apply(&self, source: &str) -> anyhow::Result<String> {
        let count = source.matches(self.from).count();
        ensure!(count == 1, "{}: `{}` is {count} times in {}", self.name, self.from, self.file);
        Ok(source.replacen(self.from, self.to, 1))
    }

    /// What must catch it, the quickest first.
    pub fn suites(&self) -> &'static [Suite] {
        match self.file.split("/src/").next() {
            Some("microkernel") => &[Suite::Kernel],
            Some("vmm") => &[Suite::Monitor],
            Some("arm/load-store") => &[Suite::Decoder],
            Some("drivers/block") => &[Suite::Block],
            Some("drivers/debug-line") => &[Suite::DebugLine],
            Some("drivers/network") => &[Suite::Network],
            Some("drivers/serial") => &[Suite::Serial],
            Some("virtio") => &[Suite::Virtio],
            Some("arm/syndrome") => &[Suite::Syndrome],
            Some("arm/trap-table") => &[Suite::Handlers, Suite::Property, Suite::Model],
            Some("debug-shim") => &[Suite::Shim, Suite::Property, Suite::Model],
            other => panic!("{}: no suite tests {other:?}", self.name),
        }
    }

    /// Is it the shim's, so that the proof must fail?
    pub fn is_of_shim(&self) -> bool {
        self.suites().contains(&Suite::Shim)
    }

    /// Is it the kernel's or the VMM's, around what the kernel offers beyond seL4?
    pub fn is_of_kernel_abi(&self) -> bool {
        self.suites().iter().any(|suite| matches!(suite, Suite::Kernel | Suite::Monitor))
    }
}
