// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state a vCPU starts with: EL1h with x0 = device tree, or Supervisor mode with r2 = device tree; MMU and caches off,
//! interrupts masked.

use super::{DebugRegister, KernelVcpu, PC, SPSR, VcpuReg, VcpuState, Width, X};
use crate::boot::{BootError, Loaded};
use crate::exit::ReplyContext;
use lazaret_abi::fault_context;
use sel4_abi::user_context::NUM_REGISTERS;

/// EL1h with D, A, I and F masked.
const SPSR_EL1H: u64 = 0x3c5;
/// The bits that are always one.
const SCTLR: u64 = 0x30d0_0800;
/// Supervisor mode with A, I and F masked, A32.
const SPSR_SVC: u64 = 0x1d3;
/// The bits of a 32-bit SCTLR that are always one, and CP15BEN.
const SCTLR32: u64 = 0x00c5_0078;
/// r1 of a kernel that is given a device tree: no machine's number.
const NO_MACHINE: u64 = 0xffff_ffff;
/// Bit 31 is always one, and the lowest affinity is the vCPU's number.
const VMPIDR: u64 = 1 << 31;
/// Where a 32-bit vCPU starts in T32 (bit 0 of the address).
const THUMB: u64 = 1;
const SPSR_T: u64 = 1 << 5;

/// Where a general register is in the user context.
const fn x(n: usize) -> usize {
    X[n] as usize
}

/// Reset all registers, and the width first: the others depend on it. Where the vCPU goes on from.
pub fn vcpu(kernel: &mut impl KernelVcpu, loaded: Loaded) -> Result<ReplyContext, BootError> {
    if !kernel.set_width(loaded.width) {
        let ours = kernel.debug_use().is_some();
        return Err(if ours { BootError::NoAarch32 } else { BootError::KernelWithoutAarch32 });
    }
    let mut words = [0; NUM_REGISTERS];
    words[PC] = loaded.entry;
    match loaded.width {
        Width::Aarch64 => words[x(0)] = loaded.dtb,
        Width::Aarch32 => (words[x(1)], words[x(2)]) = (NO_MACHINE, loaded.dtb),
    }
    Ok(begin(kernel, words))
}

/// Resets all registers of a vCPU that another one turns on (PSCI CPU_ON; DEN0022, 5.6): it starts at that address with
/// that in x0 or r0. Where it goes on from; `None`: it cannot be so wide.
pub fn secondary(kernel: &mut impl KernelVcpu, width: Width, entry: u64, context: u64) -> Option<ReplyContext> {
    if !kernel.set_width(width) {
        return None;
    }
    let mut words = [0; NUM_REGISTERS];
    (words[PC], words[x(0)]) = (entry, context);
    if width == Width::Aarch32 && entry & THUMB != 0 {
        (words[PC], words[SPSR]) = (entry & !THUMB, SPSR_T);
    }
    Some(begin(kernel, words))
}

/// All registers but the width, which is set, and those that say where it begins.
fn begin(kernel: &mut impl KernelVcpu, mut words: [u64; NUM_REGISTERS]) -> ReplyContext {
    let (mode, sctlr) = match kernel.width() {
        Width::Aarch64 => (SPSR_EL1H, SCTLR),
        Width::Aarch32 => {
            VcpuState::ALL[1..].iter().for_each(|&state| kernel.write_state(state, 0));
            (SPSR_SVC, SCTLR32)
        }
    };
    words[SPSR] |= mode;
    kernel.write_registers(&words);
    let vmpidr = VMPIDR | kernel.id().index() as u64;
    for &register in VcpuReg::ALL {
        let value = match register {
            VcpuReg::Sctlr => sctlr,
            VcpuReg::VmpidrEl2 => vmpidr,
            _ => 0,
        };
        kernel.write_system_register(register, value);
    }
    debug(kernel);
    [words[PC], words[SPSR], fault_context::NO_REGISTER, 0]
}

/// No guest has anything there.
const NOWHERE: u64 = 0;
/// CNTV_CTL_EL0.ENABLE.
const TIMER_ENABLE: u64 = 1;

/// Leaves the vCPU where nothing can be executed, without translation of its own, and its timer set. It goes on there when
/// the timer interrupts, or sooner on a kernel that wakes it for something else, and exits at once.
pub fn park(kernel: &mut impl KernelVcpu, due: u64) {
    let (spsr, sctlr) = match kernel.width() {
        Width::Aarch64 => (SPSR_EL1H, SCTLR),
        Width::Aarch32 => (SPSR_SVC, SCTLR32),
    };
    kernel.write_registers(&[NOWHERE, 0, spsr]);
    for (register, value) in
        [(VcpuReg::Sctlr, sctlr), (VcpuReg::Cntvoff, 0), (VcpuReg::CntvCval, due), (VcpuReg::CntvCtl, TIMER_ENABLE)]
    {
        kernel.write_system_register(register, value);
    }
}

// The order of what is written.
const _: () = assert!(PC == 0 && SPSR == 2);

/// No breakpoint survives a reset. MDSCR_EL1 goes first, so nothing is armed half-written. A kernel that refuses has
/// nothing to reset.
fn debug(kernel: &mut impl KernelVcpu) {
    let counts = kernel.counts();
    let breakpoints = (0..counts.breakpoints).flat_map(|n| [DebugRegister::Bcr(n), DebugRegister::Bvr(n)]);
    let watchpoints = (0..counts.watchpoints).flat_map(|n| [DebugRegister::Wcr(n), DebugRegister::Wvr(n)]);
    let single = [
        DebugRegister::Mdscr,
        DebugRegister::Mdccint,
        DebugRegister::Vcr32,
        DebugRegister::Claim,
        DebugRegister::OsLock,
    ];
    for register in single.into_iter().chain(breakpoints).chain(watchpoints) {
        let _ = kernel.write(register, 0, false);
    }
}
