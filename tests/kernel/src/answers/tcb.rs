// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of a thread.

use sel4::sys::boot_info::slot as init;
use sel4::sys::invocation::Invocation::*;

use crate::{answer::ask, answers};

answers! { "tcb", e;
    read_registers: { let tcb = e.tcb(); ask(tcb, TcbReadRegisters, &[0, 36], &[]) } => Success;
    read_0_registers: { let tcb = e.tcb(); ask(tcb, TcbReadRegisters, &[0, 0], &[]) } => RangeError[1, 36];
    read_37_registers: { let tcb = e.tcb(); ask(tcb, TcbReadRegisters, &[0, 37], &[]) } => RangeError[1, 36];
    read_registers_one_word: { let tcb = e.tcb(); ask(tcb, TcbReadRegisters, &[0], &[]) } => TruncatedMessage;
    read_own_registers: ask(init::TCB, TcbReadRegisters, &[0, 1], &[]) => IllegalOperation;
    write_1_register: { let tcb = e.tcb(); ask(tcb, TcbWriteRegisters, &[0, 1, 0x1000], &[]) } => Success;
    write_0_registers: { let tcb = e.tcb(); ask(tcb, TcbWriteRegisters, &[0, 0, 0], &[]) } => Success;
    write_more_than_there_are_words: { let tcb = e.tcb(); ask(tcb, TcbWriteRegisters, &[0, 2, 0x1000], &[]) }
        => TruncatedMessage;
    write_37_registers: { let tcb = e.tcb(); ask(tcb, TcbWriteRegisters, &[0, 37, 0x1000], &[]) } => TruncatedMessage;
    write_registers_two_words: { let tcb = e.tcb(); ask(tcb, TcbWriteRegisters, &[0, 1], &[]) } => TruncatedMessage;
    write_own_registers: ask(init::TCB, TcbWriteRegisters, &[0, 1, 0], &[]) => IllegalOperation;
    copy_registers: { let tcb = e.tcb(); let other = e.tcb(); ask(tcb, TcbCopyRegisters, &[12], &[other]) } => Success;
    copy_registers_of_nothing: { let tcb = e.tcb(); let other = e.tcb(); ask(tcb, TcbCopyRegisters, &[0], &[other]) }
        => Success;
    copy_registers_of_itself: { let tcb = e.tcb(); ask(tcb, TcbCopyRegisters, &[12], &[tcb]) } => Success;
    copy_registers_without_a_source: { let tcb = e.tcb(); ask(tcb, TcbCopyRegisters, &[12], &[]) } => TruncatedMessage;
    copy_registers_of_an_endpoint: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbCopyRegisters, &[12], &[other])
    } => InvalidCapability[1];
    copy_registers_no_word: { let tcb = e.tcb(); let other = e.tcb(); ask(tcb, TcbCopyRegisters, &[], &[other]) }
        => TruncatedMessage;
    configure: { let tcb = e.tcb(); ask(tcb, TcbConfigure, &[0, 0, 0], &[init::CNODE, init::VSPACE, 0]) } => Success;
    configure_two_words: { let tcb = e.tcb(); ask(tcb, TcbConfigure, &[0, 0], &[init::CNODE, init::VSPACE, 0]) }
        => TruncatedMessage;
    configure_two_capabilities: { let tcb = e.tcb(); ask(tcb, TcbConfigure, &[0, 0, 0], &[init::CNODE, init::VSPACE]) }
        => TruncatedMessage;
    configure_with_an_endpoint_as_cspace: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbConfigure, &[0, 0, 0], &[other, init::VSPACE, 0])
    } => IllegalOperation;
    configure_with_an_endpoint_as_vspace: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbConfigure, &[0, 0, 0], &[init::CNODE, other, 0])
    } => IllegalOperation;
    configure_with_an_endpoint_as_buffer: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbConfigure, &[0, 0, 0x1000], &[init::CNODE, init::VSPACE, other])
    } => IllegalOperation;
    configure_without_a_buffer_at_an_odd_address: {
        let tcb = e.tcb();
        ask(tcb, TcbConfigure, &[0, 0, 0x123], &[init::CNODE, init::VSPACE, 0])
    } => IllegalOperation;
    configure_unassigned_vspace: {
        let tcb = e.tcb(); let other = e.raw_vspace();
        ask(tcb, TcbConfigure, &[0, 0, 0], &[init::CNODE, other, 0])
    } => IllegalOperation;
    configure_with_a_guard: { let tcb = e.tcb(); ask(tcb, TcbConfigure, &[47, 0, 0], &[init::CNODE, init::VSPACE, 0]) }
        => Success;
    configure_with_a_guard_too_large: {
        let tcb = e.tcb();
        ask(tcb, TcbConfigure, &[63, 0, 0], &[init::CNODE, init::VSPACE, 0])
    } => IllegalOperation;
    configure_without_a_cspace: { let tcb = e.tcb(); ask(tcb, TcbConfigure, &[0, 0, 0], &[0, init::VSPACE, 0]) }
        => IllegalOperation;
    set_priority_255: { let tcb = e.tcb(); ask(tcb, TcbSetPriority, &[255], &[init::TCB]) } => Success;
    set_priority_256: { let tcb = e.tcb(); ask(tcb, TcbSetPriority, &[256], &[init::TCB]) } => RangeError[0, 0xff];
    set_priority_of_all_ones: { let tcb = e.tcb(); ask(tcb, TcbSetPriority, &[u64::MAX], &[init::TCB]) }
        => RangeError[0, 0xff];
    set_priority_by_an_endpoint: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbSetPriority, &[1], &[other])
    } => InvalidCapability[1];
    set_priority_by_nobody: { let tcb = e.tcb(); ask(tcb, TcbSetPriority, &[1], &[]) } => TruncatedMessage;
    set_priority_no_word: { let tcb = e.tcb(); ask(tcb, TcbSetPriority, &[], &[init::TCB]) } => TruncatedMessage;
    set_priority_above_authority: { let tcb = e.tcb(); let other = e.tcb(); ask(tcb, TcbSetPriority, &[1], &[other]) }
        => RangeError[0, 0];
    set_mcp_255: { let tcb = e.tcb(); ask(tcb, TcbSetMCPriority, &[255], &[init::TCB]) } => Success;
    set_mcp_256: { let tcb = e.tcb(); ask(tcb, TcbSetMCPriority, &[256], &[init::TCB]) } => RangeError[0, 0xff];
    set_mcp_of_all_ones: { let tcb = e.tcb(); ask(tcb, TcbSetMCPriority, &[u64::MAX], &[init::TCB]) }
        => RangeError[0, 0xff];
    set_mcp_by_an_endpoint: { let tcb = e.tcb(); let other = e.endpoint(); ask(tcb, TcbSetMCPriority, &[1], &[other]) }
        => InvalidCapability[1];
    set_mcp_by_nobody: { let tcb = e.tcb(); ask(tcb, TcbSetMCPriority, &[1], &[]) } => TruncatedMessage;
    set_mcp_no_word: { let tcb = e.tcb(); ask(tcb, TcbSetMCPriority, &[], &[init::TCB]) } => TruncatedMessage;
    set_mcp_above_authority: { let tcb = e.tcb(); let other = e.tcb(); ask(tcb, TcbSetMCPriority, &[1], &[other]) }
        => RangeError[0, 0];
    set_sched_params: { let tcb = e.tcb(); ask(tcb, TcbSetSchedParams, &[1, 1], &[init::TCB, 0, 0]) } => Success;
    set_sched_params_mcp_256: { let tcb = e.tcb(); ask(tcb, TcbSetSchedParams, &[256, 1], &[init::TCB, 0, 0]) }
        => RangeError[0, 0xff];
    set_sched_params_priority_256: { let tcb = e.tcb(); ask(tcb, TcbSetSchedParams, &[1, 256], &[init::TCB, 0, 0]) }
        => RangeError[0, 0xff];
    set_sched_params_one_word: { let tcb = e.tcb(); ask(tcb, TcbSetSchedParams, &[1], &[init::TCB, 0, 0]) }
        => TruncatedMessage;
    set_sched_params_two_capabilities: { let tcb = e.tcb(); ask(tcb, TcbSetSchedParams, &[1, 1], &[init::TCB, 0]) }
        => TruncatedMessage;
    set_sched_params_by_an_endpoint: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbSetSchedParams, &[1, 1], &[other, 0, 0])
    } => InvalidCapability[1];
    set_sched_params_endpoint_as_context: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbSetSchedParams, &[1, 1], &[init::TCB, other, 0])
    } => InvalidCapability[2];
    set_sched_params_thread_as_handler: {
        let tcb = e.tcb(); let other = e.tcb();
        ask(tcb, TcbSetSchedParams, &[1, 1], &[init::TCB, 0, other])
    } => InvalidCapability[3];
    set_sched_params_weak_handler: {
        let tcb = e.tcb(); let other = e.endpoint(); let other = e.weak(other, 1);
        ask(tcb, TcbSetSchedParams, &[1, 1], &[init::TCB, 0, other])
    } => InvalidCapability[3];
    set_sched_params_grant_handler: {
        let tcb = e.tcb(); let other = e.endpoint(); let other = e.weak(other, 5);
        ask(tcb, TcbSetSchedParams, &[1, 1], &[init::TCB, 0, other])
    } => Success;
    set_sched_params_another_s_context: {
        let tcb = e.tcb(); let context = e.bound_sched();
        ask(tcb, TcbSetSchedParams, &[1, 1], &[init::TCB, context, 0])
    } => IllegalOperation;
    set_sched_params_unconfigured_context: {
        let tcb = e.tcb(); let context = e.sched();
        ask(tcb, TcbSetSchedParams, &[1, 1], &[init::TCB, context, 0])
    } => Success;
    set_timeout_endpoint: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbSetTimeoutEndpoint, &[], &[other])
    } => Success;
    set_timeout_endpoint_none: { let tcb = e.tcb(); ask(tcb, TcbSetTimeoutEndpoint, &[], &[0]) } => Success;
    set_timeout_endpoint_missing: { let tcb = e.tcb(); ask(tcb, TcbSetTimeoutEndpoint, &[], &[]) } => TruncatedMessage;
    set_timeout_endpoint_weak: {
        let tcb = e.tcb(); let other = e.endpoint(); let other = e.weak(other, 1);
        ask(tcb, TcbSetTimeoutEndpoint, &[], &[other])
    } => InvalidCapability[1];
    set_timeout_endpoint_notification: {
        let tcb = e.tcb(); let other = e.notification();
        ask(tcb, TcbSetTimeoutEndpoint, &[], &[other])
    } => InvalidCapability[1];
    set_ipc_buffer_none: { let tcb = e.tcb(); ask(tcb, TcbSetIPCBuffer, &[0], &[0]) } => Success;
    set_ipc_buffer_no_word: { let tcb = e.tcb(); ask(tcb, TcbSetIPCBuffer, &[], &[0]) } => TruncatedMessage;
    set_ipc_buffer_no_capability: { let tcb = e.tcb(); ask(tcb, TcbSetIPCBuffer, &[0x1000], &[]) } => TruncatedMessage;
    set_ipc_buffer: { let tcb = e.tcb(); let frame = e.page(); ask(tcb, TcbSetIPCBuffer, &[0x1000], &[frame]) }
        => Success;
    set_ipc_buffer_not_aligned: {
        let tcb = e.tcb(); let frame = e.page();
        ask(tcb, TcbSetIPCBuffer, &[0x1200], &[frame])
    } => AlignmentError;
    set_ipc_buffer_of_an_endpoint: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbSetIPCBuffer, &[0x1000], &[other])
    } => IllegalOperation;
    set_ipc_buffer_in_the_second_kib: {
        let tcb = e.tcb(); let frame = e.page();
        ask(tcb, TcbSetIPCBuffer, &[0x1400], &[frame])
    } => Success;
    set_space: { let tcb = e.tcb(); ask(tcb, TcbSetSpace, &[0, 0], &[0, init::CNODE, init::VSPACE]) } => Success;
    set_space_one_word: { let tcb = e.tcb(); ask(tcb, TcbSetSpace, &[0], &[0, init::CNODE, init::VSPACE]) }
        => TruncatedMessage;
    set_space_two_capabilities: { let tcb = e.tcb(); ask(tcb, TcbSetSpace, &[0, 0], &[0, init::CNODE]) }
        => TruncatedMessage;
    set_space_thread_as_handler: {
        let tcb = e.tcb(); let other = e.tcb();
        ask(tcb, TcbSetSpace, &[0, 0], &[other, init::CNODE, init::VSPACE])
    } => InvalidCapability[1];
    set_space_endpoint_as_cspace: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbSetSpace, &[0, 0], &[0, other, init::VSPACE])
    } => IllegalOperation;
    set_space_endpoint_as_vspace: {
        let tcb = e.tcb(); let other = e.endpoint();
        ask(tcb, TcbSetSpace, &[0, 0], &[0, init::CNODE, other])
    } => IllegalOperation;
    suspend: { let tcb = e.tcb(); ask(tcb, TcbSuspend, &[], &[]) } => Success;
    resume: { let tcb = e.tcb(); ask(tcb, TcbResume, &[], &[]) } => Success;
    bind_notification: { let tcb = e.tcb(); let other = e.notification(); ask(tcb, TcbBindNotification, &[], &[other]) }
        => Success;
    bind_notification_missing: { let tcb = e.tcb(); ask(tcb, TcbBindNotification, &[], &[]) } => TruncatedMessage;
    bind_an_endpoint: { let tcb = e.tcb(); let other = e.endpoint(); ask(tcb, TcbBindNotification, &[], &[other]) }
        => IllegalOperation;
    bind_a_notification_without_read: {
        let tcb = e.tcb(); let other = e.notification(); let other = e.weak(other, 1);
        ask(tcb, TcbBindNotification, &[], &[other])
    } => IllegalOperation;
    unbind_nothing: { let tcb = e.tcb(); ask(tcb, TcbUnbindNotification, &[], &[]) } => IllegalOperation;
    set_tls_base: { let tcb = e.tcb(); ask(tcb, TcbSetTLSBase, &[0x1000], &[]) } => Success;
    set_tls_base_no_word: { let tcb = e.tcb(); ask(tcb, TcbSetTLSBase, &[], &[]) } => TruncatedMessage;
    set_flags: { let tcb = e.tcb(); ask(tcb, TcbSetFlags, &[0, 1], &[]) } => Success;
    set_unknown_flags: { let tcb = e.tcb(); ask(tcb, TcbSetFlags, &[0, u64::MAX], &[]) } => Success;
    set_flags_one_word: { let tcb = e.tcb(); ask(tcb, TcbSetFlags, &[0], &[]) } => TruncatedMessage;
    label_of_another_object: { let tcb = e.tcb(); ask(tcb, CNodeDelete, &[0, 64], &[]) } => IllegalOperation;
}
