// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state a vCPU starts with: EL1h, MMU and caches off, interrupts masked, x0 = device tree.

use crate::boot::Loaded;
use crate::vcpu::{DebugRegister, Vcpu, VcpuReg};
use sel4_sys::user_context::NUM_REGISTERS;

/// EL1h with D, A, I and F masked.
const SPSR: u64 = 0x3c5;
/// The bits that are always one.
const SCTLR: u64 = 0x30d0_0800;
/// Affinity 0.0.0.0; bit 31 is always one.
const VMPIDR: u64 = 1 << 31;
/// Positions of PC, SPSR and x0 in the user context.
const PC: usize = 0;
const PSTATE: usize = 2;
const X0: usize = 3;

/// Reset all registers.
pub fn vcpu(vcpu: &mut impl Vcpu, loaded: Loaded) {
    let mut words = [0; NUM_REGISTERS];
    words[PC] = loaded.entry;
    words[PSTATE] = SPSR;
    words[X0] = loaded.dtb;
    vcpu.write_registers(&words);
    for &register in VcpuReg::ALL {
        let value = match register {
            VcpuReg::Sctlr => SCTLR,
            VcpuReg::VmpidrEl2 => VMPIDR,
            _ => 0,
        };
        vcpu.write_system_register(register, value);
    }
    debug(vcpu);
}

/// No breakpoint survives a reset. MDSCR_EL1 goes first, so nothing is armed half-written. A kernel that refuses has
/// nothing to reset.
fn debug(vcpu: &mut impl Vcpu) {
    let counts = vcpu.counts();
    let breakpoints = (0..counts.breakpoints).flat_map(|n| [DebugRegister::Bcr(n), DebugRegister::Bvr(n)]);
    let watchpoints = (0..counts.watchpoints).flat_map(|n| [DebugRegister::Wcr(n), DebugRegister::Wvr(n)]);
    let single = [DebugRegister::Mdscr, DebugRegister::Mdccint, DebugRegister::Claim, DebugRegister::OsLock];
    for register in single.into_iter().chain(breakpoints).chain(watchpoints) {
        let _ = vcpu.write(register, 0, false);
    }
}
