// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers of the distributor, each access an exit, and accesses of all sizes to all registers.

use core::arch::asm;

use interrupt_programs::register::{Block, Register, Size};

use super::platform;

const ISENABLER: usize = 0x100;
const ICENABLER: usize = 0x180;
const IPRIORITYR: usize = 0x400;
const SGIR: usize = 0xf00;
/// SGIR: to the CPU that writes it.
const TO_SELF: u32 = 2 << 24;

/// A register of the distributor.
pub fn read(offset: usize) -> u32 {
    // SAFETY: a register of the distributor, at the address of the machine that this guest is for.
    unsafe { ((platform::distributor() + offset) as *const u32).read_volatile() }
}

/// Writes a register of the distributor.
pub fn write(offset: usize, value: u32) {
    // SAFETY: as in `read`.
    unsafe { ((platform::distributor() + offset) as *mut u32).write_volatile(value) }
}

/// A register of the CPU interface, an exit under no hypervisor that maps it.
pub fn interface(offset: usize) -> u32 {
    // SAFETY: as in `read`; what reading acknowledges is its caller's.
    unsafe { ((platform::cpu_interface() + offset) as *const u32).read_volatile() }
}

/// Writes a register of the CPU interface.
pub fn set_interface(offset: usize, value: u32) {
    // SAFETY: as in `read`.
    unsafe { ((platform::cpu_interface() + offset) as *mut u32).write_volatile(value) }
}

/// Enables or disables an interrupt.
pub fn enable(intid: u32, on: bool) {
    let register = if on { ISENABLER } else { ICENABLER };
    write(register + intid as usize / 32 * 4, 1 << (intid % 32));
}

/// Whether it is enabled.
pub fn is_enabled(intid: u32) -> bool {
    read(ISENABLER + intid as usize / 32 * 4) >> (intid % 32) & 1 != 0
}

/// Sets the priority of an interrupt whose number is a multiple of four.
pub fn set_priority(intid: u32, priority: u8) {
    write(IPRIORITYR + intid as usize, priority.into());
}

/// Sets the priority of any interrupt.
pub fn set_priority_byte(intid: u32, priority: u8) {
    // SAFETY: as in `read`; the register has byte access (IHI 0048B, 4.3.11).
    unsafe { ((platform::distributor() + IPRIORITYR + intid as usize) as *mut u8).write_volatile(priority) }
}

pub fn priority(intid: u32) -> u8 {
    read(IPRIORITYR + intid as usize) as u8
}

/// Makes a software interrupt pending here.
pub fn send_to_self(sgi: u32) {
    write(SGIR, TO_SELF | sgi);
}

/// A load by one instruction that a hypervisor can tell from its syndrome.
pub fn load(register: Register, size: Size) -> u64 {
    let address = address(register);
    let value: u64;
    // SAFETY: registers of the interrupt controller, which reach no memory of ours.
    unsafe {
        match size {
            Size::Byte => asm!("ldrb {:w}, [{}]", out(reg) value, in(reg) address, options(nostack)),
            Size::Half => asm!("ldrh {:w}, [{}]", out(reg) value, in(reg) address, options(nostack)),
            Size::Word => asm!("ldr {:w}, [{}]", out(reg) value, in(reg) address, options(nostack)),
            Size::Double => asm!("ldr {}, [{}]", out(reg) value, in(reg) address, options(nostack)),
        }
    }
    value
}

/// The same for a store.
pub fn store(register: Register, size: Size, value: u64) {
    let address = address(register);
    // SAFETY: as above.
    unsafe {
        match size {
            Size::Byte => asm!("strb {:w}, [{}]", in(reg) value, in(reg) address, options(nostack)),
            Size::Half => asm!("strh {:w}, [{}]", in(reg) value, in(reg) address, options(nostack)),
            Size::Word => asm!("str {:w}, [{}]", in(reg) value, in(reg) address, options(nostack)),
            Size::Double => asm!("str {}, [{}]", in(reg) value, in(reg) address, options(nostack)),
        }
    }
}

fn address(register: Register) -> usize {
    let page = match register.block {
        Block::Distributor => platform::distributor(),
        Block::CpuInterface => platform::cpu_interface(),
    };
    page + usize::from(register.offset)
}
