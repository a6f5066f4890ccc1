// SPDX-License-Identifier: MIT OR Apache-2.0
//! GICv2: distributor, CPU interface, and the hypervisor interface of the virtual GIC.
//!
//! By hand because `arm-gic` 0.10 cannot set the targets of shared interrupts and its priority writes reach
//! three neighbours.

use crate::board;

const DISTRIBUTOR: u64 = board::GIC_DISTRIBUTOR;
const GICD_CTLR: u64 = DISTRIBUTOR;
const GICD_TYPER: u64 = DISTRIBUTOR + 0x004;
const GICD_IGROUPR: u64 = DISTRIBUTOR + 0x080;
const GICD_ISENABLER: u64 = DISTRIBUTOR + 0x100;
const GICD_ICENABLER: u64 = DISTRIBUTOR + 0x180;
const GICD_ICPENDR: u64 = DISTRIBUTOR + 0x280;
const GICD_ISACTIVER: u64 = DISTRIBUTOR + 0x300;
const GICD_ICACTIVER: u64 = DISTRIBUTOR + 0x380;
const GICD_IPRIORITYR: u64 = DISTRIBUTOR + 0x400;
const GICD_ITARGETSR: u64 = DISTRIBUTOR + 0x800;
const GICD_ICFGR: u64 = DISTRIBUTOR + 0xc00;
const GICC_CTLR: u64 = board::GIC_CPU_INTERFACE;
const GICC_PMR: u64 = board::GIC_CPU_INTERFACE + 0x04;
const GICC_BPR: u64 = board::GIC_CPU_INTERFACE + 0x08;
const GICC_IAR: u64 = board::GIC_CPU_INTERFACE + 0x0c;
const GICC_EOIR: u64 = board::GIC_CPU_INTERFACE + 0x10;
const GICC_HPPIR: u64 = board::GIC_CPU_INTERFACE + 0x18;
const GICH_HCR: u64 = board::GIC_HYPERVISOR_INTERFACE;
const GICH_VTR: u64 = board::GIC_HYPERVISOR_INTERFACE + 0x04;
const GICH_VMCR: u64 = board::GIC_HYPERVISOR_INTERFACE + 0x08;
const GICH_EISR0: u64 = board::GIC_HYPERVISOR_INTERFACE + 0x20;
const GICH_APR: u64 = board::GIC_HYPERVISOR_INTERFACE + 0xf0;
const GICH_LR: u64 = board::GIC_HYPERVISOR_INTERFACE + 0x100;

/// Middle of the range, so that every implementation has it.
const PRIORITY: u32 = 0x80;
/// Acknowledged, but nothing was pending.
const SPURIOUS: u16 = 1020;

#[inline(always)]
fn read(address: u64) -> u32 {
    // SAFETY: the addresses above are GIC registers by the board's file, mapped as a device.
    unsafe { (address as *const u32).read_volatile() }
}

#[inline(always)]
fn write(address: u64, value: u32) {
    // SAFETY: as for `read`; what the GIC does concerns interrupts only, which the kernel expects.
    unsafe { (address as *mut u32).write_volatile(value) }
}

/// Everything disabled, level-triggered, priority in the middle, routed to this core; then both interfaces on.
pub fn init() {
    write(GICD_CTLR, 0);
    let words = u64::from(read(GICD_TYPER) & 31) + 1;
    // What this core's own interrupts are targeted at: itself.
    let me = read(GICD_ITARGETSR) & 0xff;
    for word in 0..words {
        write(GICD_ICENABLER + 4 * word, u32::MAX);
        write(GICD_ICPENDR + 4 * word, u32::MAX);
        write(GICD_ICACTIVER + 4 * word, u32::MAX);
        write(GICD_IGROUPR + 4 * word, 0);
    }
    for word in 0..8 * words {
        write(GICD_IPRIORITYR + 4 * word, PRIORITY * 0x0101_0101);
        if word >= 8 {
            write(GICD_ITARGETSR + 4 * word, me * 0x0101_0101);
        }
    }
    for word in 2..2 * words {
        write(GICD_ICFGR + 4 * word, 0);
    }
    write(GICC_PMR, 0xf0);
    write(GICC_BPR, 0);
    write(GICC_CTLR, 1);
    write(GICD_CTLR, 1);
    write(GICH_HCR, 0);
    for index in 0..u64::from(list_registers()) {
        write(GICH_LR + 4 * index, 0);
    }
}

/// The pending interrupt, now active; `None` if there is none.
#[inline(always)]
pub fn acknowledge() -> Option<u16> {
    let irq = (read(GICC_IAR) & 0x3ff) as u16;
    if irq < SPURIOUS { Some(irq) } else { None }
}

/// Would [`acknowledge`] find one?
pub fn pending() -> bool {
    ((read(GICC_HPPIR) & 0x3ff) as u16) < SPURIOUS
}

/// The interrupt is no longer active.
#[inline(always)]
pub fn end(irq: u16) {
    write(GICC_EOIR, u32::from(irq));
}

/// Whether the interrupt is active: one that is does not come again.
pub fn set_active(irq: u16, active: bool) {
    let register = if active { GICD_ISACTIVER } else { GICD_ICACTIVER };
    write(register + 4 * u64::from(irq / 32), 1 << (irq % 32));
}

/// Stops an interrupt from arriving.
pub fn mask(irq: u16) {
    write(GICD_ICENABLER + 4 * u64::from(irq / 32), 1 << (irq % 32));
}

/// Lets an interrupt arrive.
pub fn unmask(irq: u16) {
    write(GICD_ISENABLER + 4 * u64::from(irq / 32), 1 << (irq % 32));
}

/// Trigger of a shared interrupt.
pub fn configure(irq: u16, edge: bool) {
    let register = GICD_ICFGR + 4 * u64::from(irq / 16);
    let bit = 2 << (2 * (irq % 16));
    write(register, if edge { read(register) | bit } else { read(register) & !bit });
}

/// List registers of the virtual GIC.
pub fn list_registers() -> u8 {
    (read(GICH_VTR) & 63) as u8 + 1
}

/// The virtual GIC for the vCPU on this core.
pub mod virtual_interface {
    use super::*;

    /// List register `index`, below [`list_registers`].
    pub fn lr(index: u8) -> u32 {
        read(GICH_LR + 4 * u64::from(index))
    }
    /// Writes list register `index`, below [`list_registers`].
    pub fn set_lr(index: u8, value: u32) {
        write(GICH_LR + 4 * u64::from(index), value);
    }
    /// Control: bit 0 enables the interface.
    pub fn set_hcr(value: u32) {
        write(GICH_HCR, value);
    }
    /// Control.
    pub fn hcr() -> u32 {
        read(GICH_HCR)
    }
    /// What the guest wrote in its CPU interface.
    pub fn vmcr() -> u32 {
        read(GICH_VMCR)
    }
    /// As `vmcr`.
    pub fn set_vmcr(value: u32) {
        write(GICH_VMCR, value);
    }
    /// Active priorities.
    pub fn apr() -> u32 {
        read(GICH_APR)
    }
    /// Active priorities.
    pub fn set_apr(value: u32) {
        write(GICH_APR, value);
    }
    /// List registers that the guest has ended and that ask for maintenance.
    pub fn eisr() -> u64 {
        u64::from(read(GICH_EISR0)) | u64::from(read(GICH_EISR0 + 4)) << 32
    }
}
