// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accesses that may fault, and instructions that must.
#![allow(unsafe_code)]

/// Reads a word.
pub fn peek(address: usize) -> u64 {
    // SAFETY: cases read pages that they mapped for this and nothing else; others fault, which is the point.
    unsafe { core::ptr::with_exposed_provenance::<u64>(address).read_volatile() }
}

/// Writes a word.
pub fn poke(address: usize, value: u64) {
    // SAFETY: as for `peek`.
    unsafe { core::ptr::with_exposed_provenance_mut::<u64>(address).write_volatile(value) }
}

/// Executes what is at an address.
#[cfg(target_os = "none")]
pub fn jump(address: usize) {
    // SAFETY: cases jump to pages where fetching faults; the handler never lets the thread go on.
    unsafe { core::arch::asm!("blr {}", in(reg) address, clobber_abi("C")) }
}

/// Executes what is at an address, which returns a word.
#[cfg(target_os = "none")]
pub fn call(address: usize) -> u64 {
    let word;
    // SAFETY: cases call a function of two instructions that they have written there.
    unsafe { core::arch::asm!("blr {}", in(reg) address, lateout("x0") word, clobber_abi("C")) }
    word
}

/// Executes what is at an address, which takes a word, with all flags clear, and returns one.
#[cfg(target_os = "none")]
pub fn call_with(address: usize, argument: u64) -> u64 {
    let mut word = argument;
    // SAFETY: cases call some instructions that they have written there, or an address where fetching faults.
    unsafe { core::arch::asm!("msr nzcv, xzr", "blr {}", in(reg) address, inlateout("x0") word, clobber_abi("C")) }
    word
}

/// An undefined instruction.
#[cfg(target_os = "none")]
pub fn undefined() {
    // SAFETY: the fault handler skips it or stops the thread.
    unsafe { core::arch::asm!("udf #7", options(nostack)) }
}

/// A system call of a number that is none; x0 afterwards.
#[cfg(target_os = "none")]
pub fn strange_call(argument: u64) -> u64 {
    let mut x0 = argument;
    // SAFETY: the fault handler's answer says what x0 to x7 become.
    unsafe {
        core::arch::asm!("svc #0", inout("x0") x0, inout("x7") 1234u64 => _, out("x1") _, out("x2") _, out("x3") _,
            out("x4") _, out("x5") _, out("x6") _, options(nostack));
    }
    x0
}

/// The virtual counter.
#[cfg(target_os = "none")]
pub fn ticks() -> u64 {
    let value;
    // SAFETY: reads a counter.
    unsafe { core::arch::asm!("isb", "mrs {}, cntvct_el0", out(reg) value, options(nomem, nostack)) };
    value
}

/// Its frequency.
#[cfg(target_os = "none")]
pub fn ticks_per_second() -> u64 {
    let value;
    // SAFETY: reads a constant.
    unsafe { core::arch::asm!("mrs {}, cntfrq_el0", out(reg) value, options(nomem, nostack)) };
    value
}

/// Not on a host.
#[cfg(not(target_os = "none"))]
mod host {
    #![allow(missing_docs, clippy::missing_panics_doc)]
    pub fn jump(_: usize) {}
    pub fn call(_: usize) -> u64 {
        0
    }
    pub fn call_with(_: usize, argument: u64) -> u64 {
        argument
    }
    pub fn undefined() {}
    pub fn strange_call(argument: u64) -> u64 {
        argument
    }
    pub fn ticks() -> u64 {
        0
    }
    pub fn ticks_per_second() -> u64 {
        1
    }
}
#[cfg(not(target_os = "none"))]
pub use host::*;

/// What a thread's argument points at.
pub fn with_argument<T: Sync, R>(address: u64, f: impl FnOnce(&T) -> R) -> R {
    // SAFETY: the thread that passed the address waits until this one is done with it.
    f(unsafe { &*core::ptr::with_exposed_provenance::<T>(address as usize) })
}

/// A thread's IPC buffer by its address: a fuzzer may lose track of it.
pub fn with_buffer<R>(address: u64, f: impl FnOnce(&mut sel4::IpcBuffer) -> R) -> R {
    // SAFETY: the page is mapped for ever and this thread's alone; nothing else refers to it meanwhile.
    f(unsafe { &mut *core::ptr::with_exposed_provenance_mut::<sel4::IpcBuffer>(address as usize) })
}
