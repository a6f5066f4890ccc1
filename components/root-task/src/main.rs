// SPDX-License-Identifier: MIT OR Apache-2.0
//! The root task's entry.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod target {
    use lazaret_abi::console::FATAL;
    use root_task::{Failure, System, embedded};
    use sel4_root_task::root_task;

    #[root_task]
    fn main(boot_info: &sel4::BootInfoPtr) -> ! {
        if let Err(failure) = run(boot_info) {
            sel4::debug_println!("{FATAL}MON|ERROR: {failure}");
        }
        sel4::init_thread::suspend_self()
    }

    fn run(boot_info: &sel4::BootInfoPtr) -> Result<(), Failure<'_>> {
        let spec = embedded::specification()?;
        System::new(spec, boot_info)?.run()
    }
}

#[cfg(not(target_os = "none"))]
fn main() {}
