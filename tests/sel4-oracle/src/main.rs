// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same random invocations on our kernel and on a real seL4: every answer must be the same.
//!
//! This is a root task. It prints a line for each invocation and its answer; the scenario `sel4-random-answers` boots
//! it on both kernels and compares.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod generate;
#[cfg(target_os = "none")]
mod pool;

#[cfg(target_os = "none")]
mod target {
    use kernel_tests::env::Env;
    use sel4_root_task::root_task;

    #[root_task(stack_size = 128 * 1024)]
    fn main(bootinfo: &sel4::BootInfoPtr) -> ! {
        let mut env = Env::new(bootinfo);
        for round in 0..ROUNDS {
            crate::pool::round(&mut env, round);
        }
        sel4::debug_println!("ORACLE end");
        sel4::init_thread::suspend_self()
    }

    const ROUNDS: u64 = 100;
}

/// There is no kernel on a host.
#[cfg(not(target_os = "none"))]
fn main() {}
