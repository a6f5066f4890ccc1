// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random system calls as a root task, few enough for a kernel that checks itself after each.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod target {
    use kernel_tests::{env::Env, fuzz};
    use sel4_root_task::root_task;

    #[root_task(stack_size = 128 * 1024)]
    fn main(bootinfo: &sel4::BootInfoPtr) -> ! {
        fuzz::run(&mut Env::new(bootinfo), 6_000);
        sel4::init_thread::suspend_self()
    }
}

/// There is no kernel on a host.
#[cfg(not(target_os = "none"))]
fn main() {}
