// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stores of a guest that signal, and are no fault.

use lazaret_abi::{Switch, VCPU_SET_DOORBELL};
use sel4::{CapRights, Error, MessageInfoBuilder, cap};
use sel4_vcpu_debug::{Doorbell, remove_doorbell, set_doorbell};

use crate::{
    case::{Outcome, check, needs, refused, refused_with, same},
    env::{Env, SCRATCH, slot_of},
};

use super::vcpu::{CODE, EL1H, Guest, HVC_66, WFI};

/// `str x1, [x2]`, `str w1, [x2]`, two instructions back, `b .`
const STR_X1: u32 = 0xf900_0041;
const STR_W1: u32 = 0xb900_0041;
const BACK: u32 = 0x17ff_fffe;
const LOOP: u32 = 0x1400_0000;
/// What x2 points at, and x1.
const BELL: u64 = 0x0a00_0000;
const VALUE: u64 = 0x1111;
const HVC: u64 = 0x5a00_0042;
const NEXT: u64 = CODE as u64 + 4;
const BADGE: u64 = 0x60;

const ANY: Doorbell = Doorbell { address: BELL, width: 8, value: None };

/// A guest, its notification, and what it is signalled by.
struct Bell {
    guest: Guest,
    notification: cap::Notification,
    badged: cap::Notification,
}

/// Not started, without a doorbell.
fn bell(env: &mut Env, code: &[u32]) -> sel4::Result<Bell> {
    let context = env.sched_context(1_000_000, 1_000_000, 0);
    let guest = Guest::prepare(env, code, context, SCRATCH)?;
    let notification = env.object();
    let badged = env.mint(notification, CapRights::all(), BADGE);
    Ok(Bell { guest, notification, badged })
}

impl Bell {
    fn run(&self) -> sel4::Result<()> {
        self.guest.run(CODE as u64, EL1H)
    }

    fn pc(&self) -> sel4::Result<u64> {
        Ok(*self.guest.tcb.tcb_read_registers(false, 1)?.pc())
    }

    /// The next exit is the hypercall behind the store, which has signalled.
    fn rang(&self) -> Outcome {
        same(self.guest.hsr(), HVC)?;
        same(self.pc()?, NEXT)?;
        same(self.notification.poll().1, BADGE)
    }

    /// The next exit is the store itself.
    fn did_not_ring(&self) -> Outcome {
        same(self.guest.hsr(), 0)?;
        same(self.pc()?, CODE as u64)?;
        same(self.notification.poll().1, 0)
    }
}

pub fn a_store_signals(env: &mut Env) -> Outcome {
    needs(env, Switch::Doorbells)?;
    let values =
        [(STR_X1, ANY), (STR_X1, Doorbell { value: Some(VALUE), ..ANY }), (STR_W1, Doorbell { width: 4, ..ANY })];
    for (code, doorbell) in values {
        let bell = bell(env, &[code, HVC_66, LOOP])?;
        set_doorbell(bell.guest.vcpu, 7, doorbell, bell.badged)?;
        bell.run()?;
        bell.rang()?;
        env.clean_up();
    }
    Ok(())
}

pub fn another_store_does_not(env: &mut Env) -> Outcome {
    needs(env, Switch::Doorbells)?;
    let others = [
        Doorbell { value: Some(VALUE + 1), ..ANY },
        Doorbell { width: 4, ..ANY },
        Doorbell { address: BELL + 8, ..ANY },
    ];
    for doorbell in others {
        let bell = bell(env, &[STR_X1, HVC_66, LOOP])?;
        set_doorbell(bell.guest.vcpu, 0, doorbell, bell.badged)?;
        bell.run()?;
        bell.did_not_ring()?;
        env.clean_up();
    }
    Ok(())
}

/// A guest that rings again and again between its exits, and who waits for it is above it.
pub fn a_hundred_rings(env: &mut Env) -> Outcome {
    needs(env, Switch::Doorbells)?;
    let bell = bell(env, &[STR_X1, HVC_66, BACK])?;
    set_doorbell(bell.guest.vcpu, 0, ANY, bell.badged)?;
    bell.run()?;
    for _ in 0..100 {
        same(bell.notification.wait().1, BADGE)?;
        same(bell.pc()?, NEXT)?;
        same(bell.guest.hsr(), HVC)?;
        bell.guest.skip()?;
    }
    Ok(())
}

/// With its capability or by its VMM's word the doorbell goes; the store is a fault again.
pub fn a_doorbell_goes(env: &mut Env) -> Outcome {
    needs(env, Switch::Doorbells)?;
    type Deed = fn(&Bell) -> sel4::Result<()>;
    let deeds: [Deed; 3] = [
        |bell| slot_of(bell.notification).revoke(),
        |bell| slot_of(bell.badged).revoke(),
        |bell| remove_doorbell(bell.guest.vcpu, 0, bell.badged),
    ];
    for deed in deeds {
        let bell = bell(env, &[STR_X1, HVC_66, LOOP])?;
        set_doorbell(bell.guest.vcpu, 0, ANY, bell.badged)?;
        deed(&bell)?;
        bell.run()?;
        bell.did_not_ring()?;
        env.clean_up();
    }
    // The capability that it was made from may go: it has its own. The vCPU may go as well.
    let bell = bell(env, &[STR_X1, HVC_66, LOOP])?;
    set_doorbell(bell.guest.vcpu, 0, ANY, bell.badged)?;
    slot_of(bell.badged).delete()?;
    bell.run()?;
    bell.rang()?;
    slot_of(bell.notification).delete()?;
    slot_of(bell.guest.vcpu).delete()?;
    Ok(())
}

pub fn bad_doorbells_are_refused(env: &mut Env) -> Outcome {
    needs(env, Switch::Doorbells)?;
    let bell = bell(env, &[WFI, LOOP])?;
    let (vcpu, good) = (bell.guest.vcpu, bell.badged.bits());
    let set = |words: &[u64], cap: u64| vcpu.invoke_raw(VCPU_SET_DOORBELL, words, &[cap]);
    refused(set(&[0, BELL, 4, 0], good), Error::TruncatedMessage)?;
    refused(vcpu.invoke_raw(VCPU_SET_DOORBELL, &[0, BELL, 4, 0, 0], &[]), Error::TruncatedMessage)?;
    refused_with(set(&[8, BELL, 4, 0, 0], good), Error::RangeError, &[0, 7])?;
    refused_with(set(&[0, BELL, 3, 0, 0], good), Error::InvalidArgument, &[2])?;
    refused_with(set(&[0, BELL, 4, 1 << 32, 0], good), Error::InvalidArgument, &[3])?;
    refused_with(set(&[0, BELL, 4, 0, 2], good), Error::InvalidArgument, &[4])?;
    refused(set(&[0, BELL + 2, 4, 0, 0], good), Error::AlignmentError)?;
    refused(set(&[0, u64::MAX - 7, 8, 0, 0], good), Error::RangeError)?;
    refused_with(set(&[0, BELL, 4, 0, 0], vcpu.bits()), Error::InvalidCapability, &[1])?;
    let weak = env.mint(bell.notification, CapRights::read_only(), 0);
    refused_with(set(&[0, BELL, 4, 0, 0], weak.bits()), Error::InvalidCapability, &[1])?;
    set(&[0, BELL, 4, 5, 0], good)?;
    set(&[1, BELL, 4, 6, 0], good)?;
    refused(set(&[2, BELL, 4, 6, 0], good), Error::DeleteFirst)?;
    refused(set(&[2, BELL, 4, 0, 1], good), Error::DeleteFirst)?;
    // One that is set anew is not in its own way.
    set(&[1, BELL, 4, 6, 0], good)?;
    bell.run()?;
    same(bell.guest.hsr() >> 26, 1)?;
    set(&[1, 0, 0, 0, 0], good)?;
    bell.guest.reply.send(MessageInfoBuilder::default().build());
    check(set(&[1, 0, 0, 0, 0], good).is_err(), "it runs")
}
