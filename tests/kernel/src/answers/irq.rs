// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts.

use sel4::sys::boot_info::slot as init;
use sel4::sys::invocation::Invocation::*;

use crate::{
    answer::{ANY, ask},
    answers,
};

answers! { "irq", e;
    get: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[70, slot, 64], &[init::CNODE]) } => Success;
    get_25: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[25, slot, 64], &[init::CNODE]) }
        => RevokeFirst;
    get_26: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[26, slot, 64], &[init::CNODE]) }
        => RevokeFirst;
    get_27: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[27, slot, 64], &[init::CNODE]) }
        => RevokeFirst;
    get_1000: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[1000, slot, 64], &[init::CNODE]) }
        => RangeError[0, ANY];
    get_of_all_ones: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGet, &[u64::MAX, slot, 64], &[init::CNODE])
    } => RangeError[0, ANY];
    get_twice: {
        e.irq(70); let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGet, &[70, slot, 64], &[init::CNODE])
    } => RevokeFirst;
    get_used_slot: { let slot = e.endpoint(); ask(init::IRQ_CONTROL, IrqControlGet, &[70, slot, 64], &[init::CNODE]) }
        => DeleteFirst;
    get_depth_65: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[70, slot, 65], &[init::CNODE]) }
        => RangeError[1, 64];
    get_depth_0: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[70, slot, 0], &[init::CNODE]) }
        => RangeError[1, 64];
    get_without_a_root: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[70, slot, 64], &[]) }
        => TruncatedMessage;
    get_with_an_endpoint_as_root: {
        let (slot, root) = (e.fresh(), e.endpoint());
        ask(init::IRQ_CONTROL, IrqControlGet, &[70, slot, 64], &[root])
    } => FailedLookup[0, 1];
    get_two_words: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlGet, &[70, slot], &[init::CNODE]) }
        => TruncatedMessage;
    get_trigger: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, 1, slot, 64], &[init::CNODE])
    } => Success;
    get_trigger_25: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[25, 1, slot, 64], &[init::CNODE])
    } => RevokeFirst;
    get_trigger_26: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[26, 1, slot, 64], &[init::CNODE])
    } => RevokeFirst;
    get_trigger_27: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[27, 1, slot, 64], &[init::CNODE])
    } => RevokeFirst;
    get_trigger_1000: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[1000, 1, slot, 64], &[init::CNODE])
    } => RangeError[0, ANY];
    get_trigger_of_all_ones: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[u64::MAX, 1, slot, 64], &[init::CNODE])
    } => RangeError[0, ANY];
    get_trigger_twice: {
        e.irq(70); let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, 1, slot, 64], &[init::CNODE])
    } => RevokeFirst;
    get_trigger_used_slot: {
        let slot = e.endpoint();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, 1, slot, 64], &[init::CNODE])
    } => DeleteFirst;
    get_trigger_depth_65: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, 1, slot, 65], &[init::CNODE])
    } => RangeError[1, 64];
    get_trigger_depth_0: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, 1, slot, 0], &[init::CNODE])
    } => RangeError[1, 64];
    get_trigger_without_a_root: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, 1, slot, 64], &[])
    } => TruncatedMessage;
    get_trigger_with_an_endpoint_as_root: {
        let (slot, root) = (e.fresh(), e.endpoint());
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, 1, slot, 64], &[root])
    } => FailedLookup[0, 1];
    get_trigger_two_words: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, slot], &[init::CNODE])
    } => TruncatedMessage;
    get_trigger_level: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlGetTrigger, &[70, 0, slot, 64], &[init::CNODE])
    } => Success;
    sgi: { let slot = e.fresh(); ask(init::IRQ_CONTROL, IrqControlIssueSgiSignal, &[1, 0, slot, 64], &[init::CNODE]) }
        => Success;
    sgi_16: {
        let slot = e.fresh();
        ask(init::IRQ_CONTROL, IrqControlIssueSgiSignal, &[16, 0, slot, 64], &[init::CNODE])
    } => RangeError[0, 15];
    control_label_of_another_object: ask(init::IRQ_CONTROL, TcbResume, &[], &[]) => IllegalOperation;
    ack: { let handler = e.irq(71); ask(handler, IrqHandlerAck, &[], &[]) } => Success;
    clear: { let handler = e.irq(71); ask(handler, IrqHandlerClear, &[], &[]) } => Success;
    set_notification: {
        let handler = e.irq(71); let other = e.notification();
        ask(handler, IrqHandlerSetNotification, &[], &[other])
    } => Success;
    set_notification_missing: { let handler = e.irq(71); ask(handler, IrqHandlerSetNotification, &[], &[]) }
        => TruncatedMessage;
    set_an_endpoint: {
        let handler = e.irq(71); let other = e.endpoint();
        ask(handler, IrqHandlerSetNotification, &[], &[other])
    } => InvalidCapability[0];
    set_notification_without_write: {
        let handler = e.irq(71); let other = e.notification(); let other = e.weak(other, 2);
        ask(handler, IrqHandlerSetNotification, &[], &[other])
    } => InvalidCapability[0];
    set_null: { let handler = e.irq(71); ask(handler, IrqHandlerSetNotification, &[], &[0]) } => InvalidCapability[0];
    handler_label_of_another_object: { let handler = e.irq(71); ask(handler, TcbResume, &[], &[]) } => IllegalOperation;
}
