// SPDX-License-Identifier: MIT OR Apache-2.0
//! The runtime of a root task: entry, stack, IPC buffer, panic handler, linker script.
//!
//! ```ignore
//! #[root_task(stack_size = 128 * 1024)]
//! fn main(bootinfo: &sel4::BootInfoPtr) -> ! {
//!     sel4::debug_println!("hello");
//!     sel4::init_thread::suspend_self()
//! }
//! ```
//!
//! The image starts at 4 MiB; the linker script is used without asking. There is no heap.
#![no_std]
#![deny(unsafe_code)]
#![deny(missing_docs)]

mod entry;

pub use sel4::{debug_print, debug_println};
/// Makes a function the root task's entry. Takes `stack_size = <bytes>`, a multiple of 16.
pub use sel4_root_task_macros::root_task;

/// Bytes of stack unless the program says otherwise.
pub const DEFAULT_STACK_SIZE: usize = 64 * 1024;

/// What `#[root_task]` expands to.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_root_task {
    { main = $main:expr $(,)? } => {
        $crate::declare_root_task! { main = $main, stack_size = $crate::DEFAULT_STACK_SIZE }
    };
    { main = $main:expr, stack_size = $stack_size:expr $(,)? } => {
        #[unsafe(no_mangle)]
        static __sel4_root_task_stack: $crate::_private::Stack<{ $stack_size }> = $crate::_private::Stack::new();

        #[unsafe(no_mangle)]
        static __sel4_root_task_stack_top: $crate::_private::StackTop =
            __sel4_root_task_stack.top();

        #[unsafe(no_mangle)]
        extern "Rust" fn __sel4_root_task_main(bootinfo: &$crate::_private::BootInfoPtr) -> ! {
            let main: fn(&$crate::_private::BootInfoPtr) -> ! = $main;
            main(bootinfo)
        }
    };
}

#[doc(hidden)]
pub mod _private {
    pub use sel4::BootInfoPtr;
    pub use sel4_runtime::{Stack, StackTop};
}
