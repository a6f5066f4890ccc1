// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's own calls between two marks, for somebody who watches every instruction.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod target {
    use kernel_tests::{bench, env::Env};
    use sel4_root_task::root_task;

    #[root_task(stack_size = 128 * 1024)]
    fn main(bootinfo: &sel4::BootInfoPtr) -> ! {
        bench::trace(&mut Env::new(bootinfo));
        sel4::init_thread::suspend_self()
    }
}

/// There is no kernel on a host.
#[cfg(not(target_os = "none"))]
fn main() {}
