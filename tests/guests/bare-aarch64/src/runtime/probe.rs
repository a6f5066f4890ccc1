// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pieces of code whose every instruction's address is known.

use core::arch::global_asm;
use core::sync::atomic::AtomicU64;

use arm_syndrome::Spsr;

global_asm!(
    r#"
    .text
    // u64 run_at_el0(code, argument, spsr): callee-saved registers on the stack, then down; SVC comes back below.
run_at_el0:
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    msr     elr_el1, x0
    msr     spsr_el1, x2
    adrp    x3, __el0_stack_top
    add     x3, x3, :lo12:__el0_stack_top
    msr     sp_el0, x3
    mov     x0, x1
    eret
back_from_el0:
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret

    // EL1: return.
probe_nop:
    nop
    ret
probe_load:
    ldr     x0, [x0]
    ret
probe_store:
    str     xzr, [x0]
    ret
probe_steps:
    brk     #1
    nop
    mrs     x0, oslsr_el1           // always trapped by the hypervisor, if there is one
    nop
    brk     #2
    ret
probe_step:
    brk     #1
    nop
    brk     #2
    ret

probe_unknown_register:
    mrs     x0, s3_1_c15_c2_0
    ret
    // void probe_mark(index): through the instruction of that index.
probe_mark:
    adr     x1, marks
    add     x1, x1, x0, lsl #3
    br      x1
    .global marks
marks:
    .rept 256
    nop
    ret
    .endr

    // EL0: SVC.
probe_el0_nop:
    nop
    svc     #0
probe_el0_load:
    ldr     x0, [x0]
    svc     #0
probe_el0_store:
    str     xzr, [x0]
    svc     #0
probe_el0_steps:
    nop
    nop
    nop
    svc     #0
probe_el0_undefined:
    mrs     x0, s2_0_c0_c2_2        // MDSCR_EL1
    mrs     x0, s2_0_c0_c0_4        // DBGBVR0_EL1
    mrs     x0, s2_0_c1_c1_4        // OSLSR_EL1
    svc     #0
"#
);

unsafe extern "C" {
    pub(super) fn run_at_el0(code: u64, argument: u64, spsr: u64) -> u64;
    fn probe_load(address: u64) -> u64;
    fn probe_store(address: u64);
    fn probe_mark(index: u64);
    safe fn probe_unknown_register();
    safe fn probe_nop();
    safe fn probe_steps();
    safe fn probe_step();
    safe fn back_from_el0();
    safe fn probe_el0_nop();
    safe fn probe_el0_load();
    safe fn probe_el0_store();
    safe fn probe_el0_steps();
    safe fn probe_el0_undefined();
}

/// Code that runs at EL0 and comes back by SVC.
#[derive(Clone, Copy, Debug)]
pub enum El0 {
    /// One NOP.
    Nop,
    /// Loads eight bytes from the argument.
    Load,
    /// Stores eight zero bytes at the argument.
    Store,
    /// Three NOPs.
    Steps,
    /// Three reads of EL1's debug registers.
    Undefined,
}

impl El0 {
    /// Its first instruction.
    pub fn address(self) -> u64 {
        let code = match self {
            Self::Nop => probe_el0_nop,
            Self::Load => probe_el0_load,
            Self::Store => probe_el0_store,
            Self::Steps => probe_el0_steps,
            Self::Undefined => probe_el0_undefined,
        };
        address_of(code)
    }

    /// Runs it on this cell, with these bits of PSTATE beside EL0 and masked interrupts.
    pub fn run(self, cell: &'static AtomicU64, pstate: u64) {
        // SAFETY: the pieces above touch nothing but their argument, which is eight bytes of a static.
        unsafe { run_at_el0(self.address(), cell.as_ptr() as u64, Spsr::DAIF | pstate) };
    }
}

/// Runs one NOP at EL1.
pub fn nop() {
    probe_nop();
}

/// The address of that NOP.
pub fn nop_address() -> u64 {
    address_of(probe_nop)
}

/// Loads at EL1 by one instruction.
pub fn load(cell: &'static AtomicU64) -> u64 {
    // SAFETY: eight bytes of a static.
    unsafe { probe_load(cell.as_ptr() as u64) }
}

/// Stores zero at EL1 by one instruction.
pub fn store(cell: &'static AtomicU64) {
    // SAFETY: eight bytes of a static.
    unsafe { probe_store(cell.as_ptr() as u64) }
}

/// Reads a register that no hypervisor of ours knows.
pub fn unknown_register() {
    probe_unknown_register();
}

/// Passes an instruction that is this index's alone; there are 256.
pub fn mark(index: u64) {
    // SAFETY: the index is one of the marks'.
    unsafe { probe_mark(index & 0xff) };
}

/// Steps through a NOP, a read that traps to the hypervisor and a NOP, at EL1.
pub fn steps() {
    probe_steps();
}

/// Steps through a NOP at EL1.
pub fn step() {
    probe_step();
}

/// The first of the stepped instructions.
pub fn steps_address() -> u64 {
    address_of(probe_steps) + 4
}

/// Where SVC returns to.
pub(super) fn return_address() -> u64 {
    address_of(back_from_el0)
}

fn address_of(code: extern "C" fn()) -> u64 {
    code as usize as u64
}
