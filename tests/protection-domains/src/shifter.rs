// SPDX-License-Identifier: MIT OR Apache-2.0
//! A VMM that moves its guest's virtual time at each exit, forwards and back: nobody else's time may move.
#![allow(unsafe_code)]

use microkit_abi::slot;
use sel4_microkit::{Child, MessageInfo, var};

/// The one vCPU.
const GUEST: Child = Child::new(0);
/// `hvc #0`: it comes again, for nobody answers it.
const HVC: u32 = 0xd400_0002;
/// Where the guest finds its memory.
const GUEST_RAM: u64 = 0x4000_0000;
/// EL1h, all masked.
const EL1H: u64 = 0x3c5;
/// Hours, in ticks.
const STEP: u64 = 1 << 40;

fn vcpu() -> sel4::cap::VCpu {
    sel4::Cap::from_bits(u64::from(slot::VCPU_BASE) + GUEST.index() as u64)
}

fn thread() -> sel4::cap::Tcb {
    sel4::Cap::from_bits(u64::from(slot::VM_TCB_BASE) + GUEST.index() as u64)
}

/// Starts the guest, which calls for ever.
pub fn start() {
    let here = *var!(shifter_ram_vaddr: usize = 0);
    // SAFETY: the description maps a page there that only this program and its guest have.
    unsafe { core::ptr::with_exposed_provenance_mut::<u32>(here).write_volatile(HVC) };
    let mut registers = sel4::UserContext::default();
    *registers.pc_mut() = GUEST_RAM;
    *registers.spsr_mut() = EL1H;
    thread().tcb_write_all_registers(true, &registers).expect("the guest's thread");
}

/// Whatever the guest did, its time goes to the other end.
pub fn answer() -> MessageInfo {
    let vcpu = vcpu();
    let offset = vcpu.vcpu_read_regs(sel4::VCpuReg::CNTVOFF).expect("the guest's vCPU");
    let moved = if offset == 0 {
        STEP.wrapping_neg()
    } else if offset == STEP {
        0
    } else {
        STEP
    };
    vcpu.vcpu_write_regs(sel4::VCpuReg::CNTVOFF, moved).expect("the guest's vCPU");
    MessageInfo::new(0, 0)
}
