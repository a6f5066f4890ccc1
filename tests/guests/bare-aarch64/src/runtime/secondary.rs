// SPDX-License-Identifier: MIT OR Apache-2.0
//! The second vCPU of a machine, where there is one.

use core::arch::global_asm;

use super::psci;

global_asm!(
    r#"
    .text
secondary_entry:
    adrp    x1, __el0_stack_top
    add     x1, x1, :lo12:__el0_stack_top
    mov     sp, x1
    adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    isb
    br      x0
"#
);

unsafe extern "C" {
    safe fn secondary_entry();
}

/// Runs `main` there; it gets the stack that is EL0's otherwise.
pub fn start(main: extern "C" fn() -> !) {
    let entry = secondary_entry as extern "C" fn() as usize as u64;
    psci::cpu_on(1, entry, main as usize as u64);
}
