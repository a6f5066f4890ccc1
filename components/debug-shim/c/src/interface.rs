// SPDX-License-Identifier: MIT OR Apache-2.0
//! What C calls. The kernel passes states that it has initialised, and nobody else uses them meanwhile; references say
//! so in the signatures, which is all that C is trusted with.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;
use core::panic::PanicInfo;

use debug_shim::{Shim, VcpuDebug};
use debug_shim_aarch64::Hardware;

use crate::answer::WORDS;
use crate::{Answer, Core, Pointer, delete, enter};

#[unsafe(no_mangle)]
extern "C" fn debug_shim_init_core(core: &mut MaybeUninit<Core>) {
    core.write(Shim::new()).init_core(&Hardware);
}

#[unsafe(no_mangle)]
extern "C" fn debug_shim_init_vcpu(vcpu: &mut MaybeUninit<VcpuDebug>) {
    vcpu.write(VcpuDebug::new());
}

#[unsafe(no_mangle)]
extern "C" fn debug_shim_enable(core: &Core, vcpu: &VcpuDebug) {
    enter(core, Pointer(vcpu), &Hardware);
}

#[unsafe(no_mangle)]
extern "C" fn debug_shim_disable(core: &Core, vcpu: &VcpuDebug) {
    core.leave_to_native(Pointer(vcpu), &Hardware);
}

#[unsafe(no_mangle)]
extern "C" fn debug_shim_delete(core: &Core, vcpu: &VcpuDebug, running: Option<&VcpuDebug>) {
    delete(core, Pointer(vcpu), running.map(|running| Pointer(running)), &Hardware);
}

#[unsafe(no_mangle)]
extern "C" fn debug_shim_invoke(
    core: &Core,
    vcpu: &VcpuDebug,
    label: u64,
    words: &[u64; WORDS],
    length: u64,
    answer: &mut MaybeUninit<Answer>,
) {
    let words = &words[..WORDS.min(length as usize)];
    answer.write(Answer::to(core, Pointer(vcpu), label, words, &Hardware));
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
