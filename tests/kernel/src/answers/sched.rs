// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scheduling contexts and their control.

use sel4::sys::boot_info::slot as init;
use sel4::sys::invocation::Invocation::*;

use crate::{answer::ask, answers};

answers! { "sched", e;
    configure: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 0, 0, 0], &[context])
    } => Success;
    configure_budget_19: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[19, 2000, 0, 0, 0], &[context])
    } => RangeError[20, 0x218def416bdb];
    configure_budget_20: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[20, 20, 0, 0, 0], &[context])
    } => Success;
    configure_budget_over_period: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[21, 20, 0, 0, 0], &[context])
    } => RangeError[20, 20];
    configure_period_0: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[20, 0, 0, 0, 0], &[context])
    } => RangeError[20, 0x218def416bdb];
    configure_longest_period: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[20, sel4::sys::MAX_PERIOD_US, 0, 0, 0], &[context])
    } => Success;
    configure_period_too_long: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[20, sel4::sys::MAX_PERIOD_US + 1, 0, 0, 0], &[context])
    } => RangeError[20, 0x218def416bdb];
    configure_budget_of_all_ones: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[u64::MAX, u64::MAX, 0, 0, 0], &[context])
    } => RangeError[20, 0x218def416bdb];
    configure_refills_0: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 0, 0, 0], &[context])
    } => Success;
    configure_refills_8: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 8, 0, 0], &[context])
    } => Success;
    configure_refills_9: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 9, 0, 0], &[context])
    } => RangeError[0, 8];
    configure_round_robin_with_refills: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 1000, 9, 0, 0], &[context])
    } => RangeError[0, 8];
    configure_sporadic: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 0, 0, 1], &[context])
    } => Success;
    configure_unknown_flags: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 0, 0, 0xff], &[context])
    } => Success;
    configure_four_words: {
        let context = e.sched();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 0, 0], &[context])
    } => TruncatedMessage;
    configure_nothing: ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 0, 0, 0], &[])
        => TruncatedMessage;
    configure_an_endpoint: {
        let other = e.endpoint();
        ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 0, 0, 0], &[other])
    } => InvalidCapability[1];
    configure_null: { ask(e.control.bits(), SchedControlConfigureFlags, &[1000, 2000, 0, 0, 0], &[0]) }
        => InvalidCapability[1];
    control_label_of_another_object: ask(e.control.bits(), TcbResume, &[], &[]) => IllegalOperation;
    bind_a_thread: { let context = e.sched(); let other = e.tcb(); ask(context, SchedContextBind, &[], &[other]) }
        => Success;
    bind_a_notification: {
        let context = e.sched(); let other = e.notification();
        ask(context, SchedContextBind, &[], &[other])
    } => Success;
    bind_an_endpoint: {
        let context = e.sched(); let other = e.endpoint();
        ask(context, SchedContextBind, &[], &[other])
    } => InvalidCapability[1];
    bind_nothing: { let context = e.sched(); ask(context, SchedContextBind, &[], &[]) } => TruncatedMessage;
    bind_null: { let context = e.sched(); ask(context, SchedContextBind, &[], &[0]) } => InvalidCapability[1];
    bind_itself: { let context = e.sched(); ask(context, SchedContextBind, &[], &[context]) } => InvalidCapability[1];
    bind_a_thread_that_has_one: { let context = e.sched(); ask(context, SchedContextBind, &[], &[init::TCB]) }
        => IllegalOperation;
    unbind_nothing: { let context = e.sched(); ask(context, SchedContextUnbind, &[], &[]) } => Success;
    unbind_an_object_that_is_not_bound: {
        let context = e.sched(); let other = e.tcb();
        ask(context, SchedContextUnbindObject, &[], &[other])
    } => IllegalOperation;
    unbind_an_endpoint: {
        let context = e.sched(); let other = e.endpoint();
        ask(context, SchedContextUnbindObject, &[], &[other])
    } => InvalidCapability[1];
    unbind_no_object: { let context = e.sched(); ask(context, SchedContextUnbindObject, &[], &[]) } => TruncatedMessage;
    unbind_a_notification_that_is_not_bound: {
        let context = e.sched(); let other = e.notification();
        ask(context, SchedContextUnbindObject, &[], &[other])
    } => IllegalOperation;
    consumed_of_an_idle_one: { let context = e.sched(); ask(context, SchedContextConsumed, &[], &[]) } => Success;
    yield_to_an_unbound_one: { let context = e.sched(); ask(context, SchedContextYieldTo, &[], &[]) }
        => IllegalOperation;
    context_label_of_another_object: { let context = e.sched(); ask(context, TcbResume, &[], &[]) } => IllegalOperation;
    unbind_the_own: ask(init::SCHED_CONTEXT, SchedContextUnbind, &[], &[]) => IllegalOperation;
    unbind_the_own_thread: ask(init::SCHED_CONTEXT, SchedContextUnbindObject, &[], &[init::TCB]) => IllegalOperation;
    yield_to_the_own: ask(init::SCHED_CONTEXT, SchedContextYieldTo, &[], &[]) => IllegalOperation;
    bind_the_own_again: ask(init::SCHED_CONTEXT, SchedContextBind, &[], &[init::TCB]) => IllegalOperation;
    unbind_a_bound_one: { let context = e.bound_sched(); ask(context, SchedContextUnbind, &[], &[]) } => Success;
    yield_to_a_stopped_thread: { let context = e.bound_sched(); ask(context, SchedContextYieldTo, &[], &[]) }
        => Success;
    domain_0: { let tcb = e.tcb(); ask(init::DOMAIN, DomainSetSet, &[0], &[tcb]) } => Success;
    domain_1: { let tcb = e.tcb(); ask(init::DOMAIN, DomainSetSet, &[1], &[tcb]) } => InvalidArgument[0];
    domain_of_an_endpoint: { let other = e.endpoint(); ask(init::DOMAIN, DomainSetSet, &[0], &[other]) }
        => InvalidArgument[1];
    domain_of_nobody: ask(init::DOMAIN, DomainSetSet, &[0], &[]) => TruncatedMessage;
    domain_no_word: { let tcb = e.tcb(); ask(init::DOMAIN, DomainSetSet, &[], &[tcb]) } => TruncatedMessage;
    domain_label_of_another_object: ask(init::DOMAIN, TcbResume, &[], &[]) => IllegalOperation;
}
