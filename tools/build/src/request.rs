// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a caller asks the build for.

use std::path::PathBuf;

use lazaret_programs::Config;

/// What to build.
#[derive(Debug, Clone)]
pub struct Request {
    /// The board's name.
    pub board: String,
    /// The kernel's configuration.
    pub config: Config,
    /// The description.
    pub system: PathBuf,
    /// Where its files are as well.
    pub search_path: Vec<PathBuf>,
    /// A kernel instead of Debian's.
    pub guest_kernel: Option<PathBuf>,
    /// An installed seL4 instead of our kernel.
    pub kernel: Option<PathBuf>,
    /// The core that it will run on, if that is not the board's: an installed kernel is built for one.
    pub cpu: Option<String>,
    /// Start several VMs on a kernel that does not switch debug registers.
    pub allow_shared_debug: bool,
    /// This VM starts when a debugger has come and lets it.
    pub waits_for_debugger: Option<String>,
    /// The root task lists every capability.
    pub audit: bool,
    /// With one capability too many.
    pub plant_capability: bool,
}

impl Request {
    /// The default board and configuration.
    pub fn new(system: impl Into<PathBuf>) -> Self {
        Self {
            board: "qemu_virt_aarch64".into(),
            config: Config::Debug,
            system: system.into(),
            search_path: Vec::new(),
            guest_kernel: None,
            kernel: None,
            cpu: None,
            allow_shared_debug: false,
            waits_for_debugger: None,
            audit: false,
            plant_capability: false,
        }
    }
}
