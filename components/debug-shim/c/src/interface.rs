// SPDX-License-Identifier: MIT OR Apache-2.0
//! What C calls.
#![allow(unsafe_code)]

use core::panic::PanicInfo;
use core::slice;

use debug_shim::{Shim, VcpuDebug};
use debug_shim_aarch64::Hardware;

use crate::{Answer, Core, Pointer};

/// The kernel passes the core's state, initialised, and nobody else uses it meanwhile.
unsafe fn core<'a>(core: *const Core) -> &'a Core {
    // SAFETY: the caller's promise.
    unsafe { &*core }
}

/// # Safety
/// `state` is memory for a core's state. Once, at EL2, before any guest.
#[unsafe(no_mangle)]
unsafe extern "C" fn debug_shim_init_core(state: *mut Core) {
    // SAFETY: the caller's promise.
    unsafe { state.write(Shim::new()) };
    // SAFETY: written just now.
    unsafe { core(state) }.init_core(&Hardware);
}

/// # Safety
/// `state` is memory in a fresh VCPU object.
#[unsafe(no_mangle)]
unsafe extern "C" fn debug_shim_init_vcpu(state: *mut VcpuDebug) {
    // SAFETY: the caller's promise.
    unsafe { state.write(VcpuDebug::new()) };
}

/// # Safety
/// Both are initialised; the core is about to run that guest.
#[unsafe(no_mangle)]
unsafe extern "C" fn debug_shim_enable(state: *const Core, vcpu: *const VcpuDebug) {
    // SAFETY: the caller's promise. One core: the shim has no reason to refuse.
    let _ = unsafe { core(state) }.enter(Pointer(vcpu), &Hardware);
}

/// # Safety
/// Both are initialised; the core no longer runs that guest.
#[unsafe(no_mangle)]
unsafe extern "C" fn debug_shim_disable(state: *const Core, vcpu: *const VcpuDebug) {
    // SAFETY: the caller's promise.
    unsafe { core(state) }.leave_to_native(Pointer(vcpu), &Hardware);
}

/// # Safety
/// All are initialised or null.
#[unsafe(no_mangle)]
unsafe extern "C" fn debug_shim_switch(state: *const Core, from: *const VcpuDebug, to: *const VcpuDebug) {
    if !from.is_null() {
        // SAFETY: the caller's promise.
        unsafe { debug_shim_disable(state, from) };
    }
    if !to.is_null() {
        // SAFETY: the caller's promise.
        unsafe { debug_shim_enable(state, to) };
    }
}

/// # Safety
/// Both are initialised; afterwards the VCPU object may go.
#[unsafe(no_mangle)]
unsafe extern "C" fn debug_shim_delete(state: *const Core, vcpu: *const VcpuDebug) {
    // SAFETY: the caller's promise. Its own guest may have been running; no other may, the kernel runs.
    let _ = unsafe { core(state) }.release(Pointer(vcpu), &Hardware);
}

/// # Safety
/// Both are initialised; `words` is a message of `length` words; `answer` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn debug_shim_invoke(
    state: *const Core,
    vcpu: *const VcpuDebug,
    label: u64,
    words: *const u64,
    length: u64,
    answer: *mut Answer,
) {
    // SAFETY: the caller's promise.
    let (core, words) = unsafe { (core(state), slice::from_raw_parts(words, length as usize)) };
    let result = Answer::to(core, Pointer(vcpu), label, words, &Hardware);
    // SAFETY: the caller's promise.
    unsafe { answer.write(result) };
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
