// SPDX-License-Identifier: MIT OR Apache-2.0
//! One round: fresh objects, random invocations on them, what each slot holds at the end.

use kernel_tests::{
    env::{Env, slot_at},
    random::Random,
};
use sel4::{
    Cap, MessageInfo, ObjectBlueprint, ObjectBlueprintAArch64, ObjectBlueprintArm, VmAttributes, cap, cap_type,
    debug_print, debug_println,
    init_thread::slot::{ASID_POOL, CNODE},
    raw::{Registers, enter_number},
    sys::syscall::Syscall,
};

use crate::generate::{Invocation, generate};

/// Slots of the pool; the first ones are filled.
pub const SLOTS: u64 = 48;
/// The same on both kernels: far from what they fill.
const FIRST: u64 = 0x4000;
const CALLS: u64 = 400;

/// What the first slots hold, in order.
const OBJECTS: [ObjectBlueprint; 24] = [
    ObjectBlueprint::Untyped { size_bits: 16 },
    ObjectBlueprint::Untyped { size_bits: 14 },
    ObjectBlueprint::Untyped { size_bits: 12 },
    ObjectBlueprint::Endpoint,
    ObjectBlueprint::Notification,
    ObjectBlueprint::Tcb,
    ObjectBlueprint::Tcb,
    ObjectBlueprint::SchedContext { size_bits: 8 },
    ObjectBlueprint::SchedContext { size_bits: 7 },
    ObjectBlueprint::Reply,
    ObjectBlueprint::CNode { size_bits: 4 },
    ObjectBlueprint::CNode { size_bits: 3 },
    ObjectBlueprint::Arch(ObjectBlueprintArm::SeL4Arch(ObjectBlueprintAArch64::VSpace)),
    ObjectBlueprint::Arch(ObjectBlueprintArm::SeL4Arch(ObjectBlueprintAArch64::VSpace)),
    ObjectBlueprint::Arch(ObjectBlueprintArm::PT),
    ObjectBlueprint::Arch(ObjectBlueprintArm::PT),
    ObjectBlueprint::Arch(ObjectBlueprintArm::PT),
    ObjectBlueprint::Arch(ObjectBlueprintArm::PT),
    ObjectBlueprint::Arch(ObjectBlueprintArm::SmallPage),
    ObjectBlueprint::Arch(ObjectBlueprintArm::SmallPage),
    ObjectBlueprint::Arch(ObjectBlueprintArm::LargePage),
    ObjectBlueprint::Arch(ObjectBlueprintArm::VCpu),
    ObjectBlueprint::Arch(ObjectBlueprintArm::VCpu),
    ObjectBlueprint::Tcb,
];

/// Creates, invokes, lists, removes.
pub fn round(env: &mut Env, round: u64) {
    let first = FIRST;
    for (slot, blueprint) in (first..).zip(OBJECTS) {
        let root = CNODE.cap().absolute_cptr_for_self();
        env.untyped.untyped_retype(&blueprint, &root, slot as usize, 1).expect("memory for a round");
    }
    prepare(first);
    let mut random = Random::new(round + 1);
    for number in 0..CALLS {
        let invocation = generate(&mut random, first, env.control.bits());
        if !blocks(invocation.service) {
            report(round, number, first, env.control.bits(), invocation);
        }
    }
    list(round, first);
    for slot in first..first + SLOTS {
        // Revoke first: what is left of a CNode may lie in itself.
        let _ = slot_at(slot as usize).revoke();
        let _ = slot_at(slot as usize).delete();
    }
    env.clean_up();
}

/// The first VSpace can be mapped in, at 0 and up.
fn prepare(first: u64) {
    let vspace = cap::VSpace::from_bits(first + 12);
    ASID_POOL.cap().asid_pool_assign(vspace).expect("an ASID");
    for table in 14..17 {
        let table = cap::PT::from_bits(first + table);
        table.pt_map(vspace, 0, VmAttributes::DEFAULT).expect("a table");
    }
}

/// A Call on an endpoint, notification or reply waits, perhaps for ever.
fn blocks(service: u64) -> bool {
    matches!(Cap::<cap_type::Unspecified>::from_bits(service).debug_identify(), 0 | 4 | 6 | 8)
}

fn report(round: u64, number: u64, first: u64, control: u64, invocation: Invocation) {
    let Invocation { service, label, words, length, caps, extra } = invocation;
    let info = MessageInfo::new(label, 0, extra, length);
    sel4::with_ipc_buffer_mut(|buffer| {
        buffer.msg_regs_mut()[4..words.len()].copy_from_slice(&words[4..]);
        buffer.caps_or_badges_mut().copy_from_slice(&caps);
    });
    let mr = core::array::from_fn(|n| words[n]);
    let out = enter_number(Syscall::Call.number(), Registers { x0: service, x1: info.into_word(), mr, x6: 0, x8: 0 });
    let info = MessageInfo::from_word(out.x1);
    debug_print!("D {round}.{number} ");
    match service.checked_sub(first) {
        Some(slot) => debug_print!("pool {slot}"),
        // The one capability whose slot the kernel chooses.
        None if service == control => debug_print!("control"),
        None => debug_print!("cap {service}"),
    }
    debug_print!(" label {label}");
    words[..length].iter().for_each(|word| debug_print!(" {word:x}"));
    debug_print!(" caps");
    caps[..extra].iter().for_each(|cap| debug_print!(" {cap:x}"));
    // Bit 8 of SPSR (ELR of SErrors) differs between debug and release builds of seL4.
    let is_registers = label == 2 && info.label() == 0;
    let mask = |n: usize| if is_registers && n == 2 { !0x100 } else { u64::MAX };
    let mr: [u64; 4] = core::array::from_fn(|n| if n < info.length() { out.mr[n] & mask(n) } else { 0 });
    debug_println!(" = {} {} {mr:x?}", info.label(), info.length());
}

/// What each slot holds.
fn list(round: u64, first: u64) {
    debug_print!("S {round}");
    for slot in first..first + SLOTS {
        debug_print!(" {}", Cap::<cap_type::Unspecified>::from_bits(slot).debug_identify());
    }
    debug_println!("");
}
