// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the extension's invocations cost at their worst, as a root task.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod target {
    use kernel_tests::{costs, env::Env};
    use sel4_root_task::root_task;

    #[root_task(stack_size = 128 * 1024)]
    fn main(bootinfo: &sel4::BootInfoPtr) -> ! {
        costs::run(&mut Env::new(bootinfo));
        sel4::init_thread::suspend_self()
    }
}

/// There is no kernel on a host.
#[cfg(not(target_os = "none"))]
fn main() {}
