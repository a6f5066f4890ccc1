// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each invocation's label, words and capabilities, against the table of the ABI.

use std::{string::String, vec, vec::Vec};

use crate::{
    AbsoluteCPtr, CNodeCapData, CPtr, Cap, CapRights, CapType, Error, ObjectBlueprint, ObjectBlueprintArm, Result,
    UserContext, VCpuReg, VmAttributes, cap, fake, sys::syscall::Syscall,
};

fn at<T: CapType>(bits: u64) -> Cap<T> {
    Cap::from_bits(bits)
}

fn slot(root: u64, index: u64) -> AbsoluteCPtr {
    at(root).absolute_cptr_from_bits_with_depth(index, 64)
}

/// Runs one invocation and compares what the kernel would see.
fn check<R: core::fmt::Debug>(label: u64, service: u64, words: &[u64], caps: &[u64], f: impl FnOnce() -> Result<R>) {
    fake::take_calls();
    f().unwrap();
    let calls = fake::take_calls();
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!(call.syscall, Syscall::Call);
    assert_eq!((call.label, call.registers.x0), (label, service));
    assert_eq!((call.words.as_slice(), call.caps.as_slice()), (words, caps), "label {label}");
}

#[test]
fn untyped_and_cnode() {
    let ut: cap::Untyped = at(9);
    let blueprint = ObjectBlueprint::CNode { size_bits: 5 };
    check(1, 9, &[4, 5, 7, 64, 100, 3], &[2], || ut.untyped_retype(&blueprint, &slot(2, 7), 100, 3));
    let own = at::<crate::cap_type::CNode>(2).absolute_cptr_for_self();
    check(1, 9, &[12, 0, 0, 0, 1, 1], &[2], || ut.untyped_retype(&ObjectBlueprintArm::VCpu.into(), &own, 1, 1));
    check(18, 2, &[7, 64], &[], || slot(2, 7).revoke());
    check(19, 2, &[7, 64], &[], || slot(2, 7).delete());
    check(20, 2, &[7, 64], &[], || slot(2, 7).cancel_badged_sends());
    check(21, 2, &[7, 64, 8, 64, 15], &[3], || slot(2, 7).copy(&slot(3, 8), CapRights::all()));
    check(22, 2, &[7, 64, 8, 64, 1, 99], &[3], || slot(2, 7).mint(&slot(3, 8), CapRights::write_only(), 99));
    check(23, 2, &[7, 64, 8, 64], &[3], || slot(2, 7).move_(&slot(3, 8)));
    check(24, 2, &[7, 64, 8, 64, 5], &[3], || slot(2, 7).mutate(&slot(3, 8), 5));
    check(25, 2, &[7, 64, 1, 8, 64, 2, 9, 64], &[3, 4], || slot(2, 7).rotate(1, (&slot(3, 8), 2), &slot(4, 9)));
}

#[test]
fn tcb_spaces_and_scheduling() {
    let tcb: cap::Tcb = at(20);
    let data = CNodeCapData::skip_high_bits(12);
    let guard = data.into_word();
    check(5, 20, &[guard, 0, 0x1000], &[2, 3, 4], || tcb.tcb_configure(at(2), data, at(3), 0x1000, at(4)));
    check(6, 20, &[42], &[1], || tcb.tcb_set_priority(at(1), 42));
    check(7, 20, &[43], &[1], || tcb.tcb_set_mc_priority(at(1), 43));
    check(8, 20, &[200, 100], &[1, 14, 5], || tcb.tcb_set_sched_params(at(1), 200, 100, at(14), at(5)));
    check(9, 20, &[], &[5], || tcb.tcb_set_timeout_endpoint(at(5)));
    check(10, 20, &[0x2000], &[4], || tcb.tcb_set_ipc_buffer(0x2000, at(4)));
    check(11, 20, &[guard, 0], &[5, 2, 3], || tcb.tcb_set_space(CPtr::from_bits(5), at(2), data, at(3)));
    check(12, 20, &[], &[], || tcb.tcb_suspend());
    check(13, 20, &[], &[], || tcb.tcb_resume());
    check(14, 20, &[], &[6], || tcb.tcb_bind_notification(at(6)));
    check(15, 20, &[], &[], || tcb.tcb_unbind_notification());
    check(16, 20, &[0x3000], &[], || tcb.tcb_set_tls_base(0x3000));
    check(17, 20, &[0, 1], &[], || tcb.tcb_set_flags(0, 1));
}

#[test]
fn tcb_registers() {
    let tcb: cap::Tcb = at(20);
    let mut context = UserContext::default();
    for (index, word) in context.inner_mut().iter_mut().enumerate() {
        *word = 1000 + index as u64;
    }
    let mut words = vec![1, 36];
    words.extend(1000..1036);
    check(3, 20, &words, &[], || tcb.tcb_write_all_registers(true, &context));
    check(3, 20, &[0, 1, 1000], &[], || tcb.tcb_write_registers(false, 1, &context));
    check(4, 20, &[0b0101], &[21], || tcb.tcb_copy_registers(at(21), true, false, true, false));
    fake::push_answer(fake::Answer { words: (1000..1036).collect(), ..Default::default() });
    assert_eq!(tcb.tcb_read_all_registers(false), Ok(context));
    let call = fake::take_calls().pop().unwrap();
    assert_eq!((call.label, call.words), (2, vec![0, 36]));
}

#[test]
fn interrupts_domains_and_scheduling_contexts() {
    let dst = slot(2, 7);
    check(26, 4, &[33, 7, 64], &[2], || at::<crate::cap_type::IrqControl>(4).irq_control_get(33, &dst));
    check(60, 4, &[33, 1, 7, 64], &[2], || {
        at::<crate::cap_type::IrqControl>(4).irq_control_get_trigger(33, true, &dst)
    });
    let handler: cap::IrqHandler = at(30);
    check(27, 30, &[], &[], || handler.irq_handler_ack());
    check(28, 30, &[], &[6], || handler.irq_handler_set_notification(at(6)));
    check(29, 30, &[], &[], || handler.irq_handler_clear());
    let domain: cap::DomainSet = at(11);
    check(30, 11, &[1], &[20], || domain.domain_set_set(1, at(20)));
    check(31, 11, &[0, 1, 500], &[], || domain.domain_set_schedule_configure(0, 1, 500));
    check(32, 11, &[2], &[], || domain.domain_set_schedule_set_start(2));
    let control: cap::SchedControl = at(21);
    check(33, 21, &[10, 20, 0, 7, 1], &[14], || control.sched_control_configure_flags(at(14), 10, 20, 0, 7, 1));
    let sc: cap::SchedContext = at(14);
    check(34, 14, &[], &[20], || sc.bind(at::<crate::cap_type::Tcb>(20)));
    check(35, 14, &[], &[], || sc.unbind());
    check(36, 14, &[], &[20], || sc.unbind_object(at::<crate::cap_type::Tcb>(20)));
    check(37, 14, &[], &[], || sc.consumed());
    check(38, 14, &[], &[], || sc.yield_to());
}

#[test]
fn memory_and_vcpu() {
    let vs: cap::VSpace = at(3);
    check(39, 3, &[0, 8], &[], || vs.vspace_clean_data(0, 8));
    check(40, 3, &[0, 8], &[], || vs.vspace_invalidate_data(0, 8));
    check(41, 3, &[0, 8], &[], || vs.vspace_clean_invalidate_data(0, 8));
    check(42, 3, &[0, 8], &[], || vs.vspace_unify_instruction(0, 8));
    let table: cap::PT = at(40);
    check(44, 40, &[0x20_0000, 3], &[3], || table.pt_map(vs, 0x20_0000, VmAttributes::DEFAULT));
    check(45, 40, &[], &[], || table.pt_unmap());
    let page: cap::SmallPage = at(41);
    let attributes = VmAttributes::DEFAULT | VmAttributes::EXECUTE_NEVER;
    check(46, 41, &[0x1000, 3, 7], &[3], || page.frame_map(vs, 0x1000, CapRights::read_write(), attributes));
    check(47, 41, &[], &[], || page.frame_unmap());
    check(48, 41, &[0, 64], &[], || page.frame_clean_data(0, 64));
    check(49, 41, &[0, 64], &[], || page.frame_invalidate_data(0, 64));
    check(50, 41, &[0, 64], &[], || page.frame_clean_invalidate_data(0, 64));
    check(51, 41, &[0, 64], &[], || page.frame_unify_instruction(0, 64));
    check(52, 41, &[], &[], || page.frame_get_address());
    check(53, 5, &[7, 64], &[9, 2], || {
        at::<crate::cap_type::AsidControl>(5).asid_control_make_pool(at(9), &slot(2, 7))
    });
    check(54, 6, &[], &[3], || at::<crate::cap_type::AsidPool>(6).asid_pool_assign(vs));
    let vcpu: cap::VCpu = at(50);
    check(55, 50, &[], &[20], || vcpu.vcpu_set_tcb(at(20)));
    check(56, 50, &[0x3_011f_001b], &[], || vcpu.vcpu_inject_irq(27, 31, 1, 3));
    check(57, 50, &[17], &[], || vcpu.vcpu_read_regs(VCpuReg::SP_EL1));
    check(58, 50, &[0, 9], &[], || vcpu.vcpu_write_regs(VCpuReg::SCTLR, 9));
    check(59, 50, &[27], &[], || vcpu.vcpu_ack_vppi(27));
}

#[test]
fn errors_come_back_with_their_words() {
    fake::push_answer(fake::Answer { label: 4, words: vec![1, 256], ..Default::default() });
    let result = at::<crate::cap_type::Untyped>(9).untyped_retype(&ObjectBlueprint::Tcb, &slot(2, 0), 0, 257);
    assert_eq!(result, Err(Error::RangeError));
    let details: Vec<u64> = crate::with_ipc_buffer(|buffer| buffer.msg_regs()[..2].to_vec());
    assert_eq!(details, [1, 256]);
    fake::push_answer(fake::Answer { label: 2000, ..Default::default() });
    assert_eq!(slot(2, 0).delete(), Err(Error::Unknown(2000)));
}

#[test]
fn messages_use_the_right_registers() {
    fake::take_calls();
    let (endpoint, reply): (cap::Endpoint, cap::Reply) = (at(70), at(71));
    crate::with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..5].copy_from_slice(&[1, 2, 3, 4, 5]));
    let info = crate::MessageInfoBuilder::default().label(6).length(5).build();
    fake::push_answer(fake::Answer { badge: 8, label: 9, words: vec![10, 11, 12, 13, 14] });
    let (answer, badge) = endpoint.reply_recv(info, reply);
    assert_eq!((answer.label(), answer.length(), badge), (9, 5, 8));
    assert_eq!(crate::with_ipc_buffer(|buffer| buffer.msg_regs()[..5].to_vec()), [10, 11, 12, 13, 14]);
    at::<crate::cap_type::Notification>(72).nb_send_recv(info, endpoint, reply);
    at::<crate::cap_type::Notification>(72).nb_send_wait(info, endpoint);
    at::<crate::cap_type::Notification>(72).signal();
    let seen: Vec<_> = fake::take_calls()
        .iter()
        .map(|call| (call.syscall, call.registers.x0, call.registers.x6, call.registers.x8, call.words.clone()))
        .collect();
    let after = vec![10, 11, 12, 13, 14];
    // An answer without words leaves the registers as they were sent.
    assert_eq!(
        seen,
        [
            (Syscall::ReplyRecv, 70, 71, 0, vec![1, 2, 3, 4, 5]),
            (Syscall::NBSendRecv, 70, 71, 72, after.clone()),
            (Syscall::NBSendWait, 70, 72, 0, after),
            (Syscall::Send, 72, 0, 0, vec![]),
        ]
    );
}

#[test]
fn capabilities_print_with_their_kind() {
    assert_eq!(std::format!("{:?}", at::<crate::cap_type::Tcb>(3)), String::from("Tcb(3)"));
}

#[test]
#[should_panic(expected = "already borrowed")]
fn a_nested_invocation_is_refused() {
    crate::with_ipc_buffer_mut(|_| at::<crate::cap_type::Tcb>(3).tcb_resume()).unwrap();
}
