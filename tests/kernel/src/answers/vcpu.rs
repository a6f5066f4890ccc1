// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual CPUs.

use sel4::sys::invocation::Invocation::*;

use crate::{
    answer::{ANY, ask},
    answers,
};

/// InjectIRQ's word.
const fn irq(intid: u64, priority: u64, group: u64, list_register: u64) -> u64 {
    intid | priority << 16 | group << 24 | list_register << 32
}

answers! { "vcpu", e;
    fresh_sctlr: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[0], &[]) } => Success[0x34d58820];
    fresh_cpacr: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[1], &[]) } => Success[0];
    fresh_ttbr0: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[2], &[]) } => Success[0];
    fresh_ttbr1: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[3], &[]) } => Success[0];
    fresh_tcr: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[4], &[]) } => Success[0];
    fresh_mair: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[5], &[]) } => Success[0];
    fresh_amair: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[6], &[]) } => Success[0];
    fresh_cidr: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[7], &[]) } => Success[0];
    fresh_actlr: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[8], &[]) } => Success[0];
    fresh_afsr0: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[9], &[]) } => Success[0];
    fresh_afsr1: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[10], &[]) } => Success[0];
    fresh_esr: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[11], &[]) } => Success[0];
    fresh_far: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[12], &[]) } => Success[0];
    fresh_par: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[13], &[]) } => Success[0];
    fresh_vbar: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[14], &[]) } => Success[0];
    fresh_tpidr_el1: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[15], &[]) } => Success[0];
    fresh_vmpidr_el2: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[16], &[]) } => Success[0];
    fresh_sp_el1: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[17], &[]) } => Success[0];
    fresh_elr_el1: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[18], &[]) } => Success[0];
    fresh_spsr_el1: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[19], &[]) } => Success[0];
    fresh_cntv_ctl: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[20], &[]) } => Success[0];
    fresh_cntv_cval: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[21], &[]) } => Success[0];
    fresh_cntvoff: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[22], &[]) } => Success[0];
    fresh_cntkctl_el1: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[23], &[]) } => Success[0];
    written_sctlr: { let vcpu = e.vcpu_with(0, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[0], &[]) }
        => Success[0x123456788];
    written_cpacr: { let vcpu = e.vcpu_with(1, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[1], &[]) }
        => Success[0x123456788];
    written_ttbr0: { let vcpu = e.vcpu_with(2, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[2], &[]) }
        => Success[0x123456788];
    written_ttbr1: { let vcpu = e.vcpu_with(3, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[3], &[]) }
        => Success[0x123456788];
    written_tcr: { let vcpu = e.vcpu_with(4, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[4], &[]) }
        => Success[0x123456788];
    written_mair: { let vcpu = e.vcpu_with(5, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[5], &[]) }
        => Success[0x123456788];
    written_amair: { let vcpu = e.vcpu_with(6, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[6], &[]) }
        => Success[0x123456788];
    written_cidr: { let vcpu = e.vcpu_with(7, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[7], &[]) }
        => Success[0x123456788];
    written_actlr: { let vcpu = e.vcpu_with(8, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[8], &[]) }
        => Success[0x123456788];
    written_afsr0: { let vcpu = e.vcpu_with(9, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[9], &[]) }
        => Success[0x123456788];
    written_afsr1: { let vcpu = e.vcpu_with(10, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[10], &[]) }
        => Success[0x123456788];
    written_esr: { let vcpu = e.vcpu_with(11, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[11], &[]) }
        => Success[0x123456788];
    written_far: { let vcpu = e.vcpu_with(12, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[12], &[]) }
        => Success[0x123456788];
    written_par: { let vcpu = e.vcpu_with(13, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[13], &[]) }
        => Success[0x123456788];
    written_vbar: { let vcpu = e.vcpu_with(14, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[14], &[]) }
        => Success[0x123456788];
    written_tpidr_el1: { let vcpu = e.vcpu_with(15, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[15], &[]) }
        => Success[0x123456788];
    written_vmpidr_el2: { let vcpu = e.vcpu_with(16, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[16], &[]) }
        => Success[0x123456788];
    written_sp_el1: { let vcpu = e.vcpu_with(17, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[17], &[]) }
        => Success[0x123456788];
    written_elr_el1: { let vcpu = e.vcpu_with(18, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[18], &[]) }
        => Success[0x123456788];
    written_spsr_el1: { let vcpu = e.vcpu_with(19, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[19], &[]) }
        => Success[0x123456788];
    written_cntv_ctl: { let vcpu = e.vcpu_with(20, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[20], &[]) }
        => Success[0x123456788];
    written_cntv_cval: { let vcpu = e.vcpu_with(21, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[21], &[]) }
        => Success[0x123456788];
    written_cntvoff: { let vcpu = e.vcpu_with(22, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[22], &[]) }
        => Success[0x123456788];
    written_cntkctl_el1: { let vcpu = e.vcpu_with(23, 0x1_2345_6788); ask(vcpu, VcpuReadReg, &[23], &[]) }
        => Success[0x123456788];
    read_field_24: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[24], &[]) } => InvalidArgument[1];
    read_field_of_all_ones: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[u64::MAX], &[]) } => InvalidArgument[1];
    read_no_field: { let vcpu = e.vcpu(); ask(vcpu, VcpuReadReg, &[], &[]) } => TruncatedMessage;
    write_field_24: { let vcpu = e.vcpu(); ask(vcpu, VcpuWriteReg, &[24, 0], &[]) } => InvalidArgument[1];
    write_field_of_all_ones: { let vcpu = e.vcpu(); ask(vcpu, VcpuWriteReg, &[u64::MAX, 0], &[]) }
        => InvalidArgument[1];
    write_one_word: { let vcpu = e.vcpu(); ask(vcpu, VcpuWriteReg, &[0], &[]) } => TruncatedMessage;
    set_tcb: { let vcpu = e.vcpu(); let tcb = e.tcb(); ask(vcpu, VcpuSetTcb, &[], &[tcb]) } => Success;
    set_tcb_missing: { let vcpu = e.vcpu(); ask(vcpu, VcpuSetTcb, &[], &[]) } => TruncatedMessage;
    set_tcb_an_endpoint: { let vcpu = e.vcpu(); let tcb = e.endpoint(); ask(vcpu, VcpuSetTcb, &[], &[tcb]) }
        => IllegalOperation;
    set_tcb_itself: { let vcpu = e.vcpu(); ask(vcpu, VcpuSetTcb, &[], &[vcpu]) } => IllegalOperation;
    inject: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(40, 0, 1, 0)], &[]) } => Success;
    inject_priority_31: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(40, 31, 1, 0)], &[]) }
        => Success;
    inject_priority_32: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(40, 32, 1, 0)], &[]) }
        => RangeError[0, 31];
    inject_group_2: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(40, 0, 2, 0)], &[]) }
        => RangeError[0, 1];
    inject_index_3: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(40, 0, 1, 3)], &[]) }
        => Success;
    inject_index_4: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(40, 0, 1, 4)], &[]) }
        => RangeError[0, 3];
    inject_index_255: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(40, 0, 1, 255)], &[]) }
        => RangeError[0, 3];
    inject_1019: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(1019, 0, 1, 0)], &[]) }
        => Success;
    inject_65535: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[irq(65535, 0, 1, 0)], &[]) }
        => RangeError[0, 0x3ff];
    inject_no_word: { let vcpu = e.vcpu(); ask(vcpu, VcpuInjectIrq, &[], &[]) } => TruncatedMessage;
    ack_27: { let vcpu = e.vcpu(); ask(vcpu, VcpuAckVppi, &[27], &[]) } => Success;
    ack_26: { let vcpu = e.vcpu(); ask(vcpu, VcpuAckVppi, &[26], &[]) } => InvalidArgument[0];
    ack_1000: { let vcpu = e.vcpu(); ask(vcpu, VcpuAckVppi, &[1000], &[]) } => RangeError[0, ANY];
    ack_of_all_ones: { let vcpu = e.vcpu(); ask(vcpu, VcpuAckVppi, &[u64::MAX], &[]) } => RangeError[0, ANY];
    ack_no_word: { let vcpu = e.vcpu(); ask(vcpu, VcpuAckVppi, &[], &[]) } => TruncatedMessage;
    label_of_another_object: { let vcpu = e.vcpu(); ask(vcpu, TcbResume, &[], &[]) } => IllegalOperation;
}
