// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's side of the virtual interrupt controller, as a trait.

use super::bitmap::BANKS;
use super::format::Format;
use super::interface::Interface;

/// The way to the interfaces of a VM's vCPUs, which are named by their numbers. What is written is absolute, so that it
/// can be done twice.
pub trait Inject {
    /// The vCPU whose exit or event is being handled.
    fn current(&self) -> usize;
    /// Put a pending interrupt in a list register, whatever was pending there; false if the kernel refuses.
    fn inject(&mut self, cpu: usize, index: u8, intid: u16, priority: u8, group: u8) -> bool;
    /// The guest's CPU interface and all list registers as after power-on; false if the kernel cannot do that.
    fn reset_interface(&mut self, cpu: usize) -> bool;
    /// Let the kernel unmask a virtual PPI.
    fn ack_vppi(&mut self, cpu: usize, intid: u16);
    /// Whether the virtual timer's line is up.
    fn timer_fires(&mut self, cpu: usize) -> bool;

    /// Whether the kernel can inject the virtual timer's interrupt by itself, in list register 0. It can take list registers
    /// back then.
    fn can_prepare_timer(&self) -> bool;
    /// Let it do that from here on, as this word of VCPU_InjectIRQ says, or no longer; false if it refuses. What of the
    /// interrupt was pending comes again.
    fn prepare_timer(&mut self, cpu: usize, injection: Option<u64>) -> bool;

    /// Whether list registers can be read and written. A stock seL4 has no way to do that.
    fn can_take_back(&self) -> bool;
    /// How their words are laid out.
    fn format(&self) -> Format;
    /// The vCPU does not run before the exit or event is over; false if the kernel cannot do that.
    fn hold(&mut self, cpu: usize) -> bool;
    /// Of a vCPU that does not run; `None` if it does, or the kernel cannot read it.
    fn read_interface(&mut self, cpu: usize) -> Option<Interface>;
    /// All of it, of a vCPU that does not run.
    fn write_interface(&mut self, cpu: usize, interface: &Interface);
}

/// The vCPU whose exit or event is being handled, without asking where there is only one.
#[inline(always)]
pub(super) fn current(port: &dyn Inject) -> usize {
    if BANKS == 1 { 0 } else { port.current() }
}
