// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random instructions of three guests on one core, both ways.

use arm_syndrome::SysReg;
use arm_trap_table::Access;
use debug_shim::VcpuDebug;
use property::{Eager, Event, Lazy, registers};
use proptest::prelude::*;

const VCPUS: usize = 3;

/// Values that mean something come up as often as noise.
fn value() -> impl Strategy<Value = u64> {
    const BITS: [u64; 8] = [1, 1 << 12, 1 << 13, 1 << 15, 0xa001, 0x1e7, 0x1ff5, 0xff];
    prop_oneof![any::<u64>(), Just(0), proptest::sample::select(&BITS[..])]
}

fn register_of() -> impl Strategy<Value = SysReg> {
    proptest::sample::select(registers())
}

fn access_of() -> impl Strategy<Value = Access> {
    prop_oneof![Just(Access::Read), value().prop_map(Access::Write)]
}

fn event() -> impl Strategy<Value = Event> {
    let vcpu = 0..VCPUS;
    prop_oneof![
        12 => (vcpu.clone(), register_of(), access_of()).prop_map(|(v, r, a)| Event::Access(v, r, a)),
        2 => (vcpu.clone(), register_of(), access_of(), any::<bool>()).prop_map(|(v, r, a, t)| Event::Crash(v, r, a, t)),
        3 => vcpu.clone().prop_map(Event::Run),
        1 => vcpu.clone().prop_map(Event::FlagDirty),
        1 => vcpu.prop_map(Event::Reset),
        1 => Just(Event::Evict),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn guests_cannot_tell_lazy_from_eager(events in proptest::collection::vec(event(), 1..200)) {
        let vcpus: Vec<VcpuDebug> = (0..VCPUS).map(|_| VcpuDebug::new()).collect();
        let lazy = Lazy::new(&vcpus);
        let mut eager = Eager::new(VCPUS);
        for event in &events {
            match *event {
                Event::Access(vcpu, register, access) => {
                    let (ours, reference) = (lazy.access(vcpu, register, access), eager.access(vcpu, register, access));
                    prop_assert_eq!(ours, reference, "{:?}", event);
                }
                Event::Crash(vcpu, register, access, told) => {
                    if let Some(ours) = lazy.crash(vcpu, register, access, told) {
                        prop_assert_eq!(ours, eager.access(vcpu, register, access), "{:?}", event);
                    }
                }
                Event::Run(vcpu) => prop_assert_eq!(lazy.run(vcpu), (eager.armed(vcpu), 0)),
                Event::FlagDirty(vcpu) => lazy.flag_dirty(vcpu),
                Event::Reset(vcpu) => {
                    lazy.reset(vcpu);
                    eager.reset(vcpu);
                }
                Event::Evict => lazy.evict(),
            }
        }
        for vcpu in 0..VCPUS {
            for register in registers() {
                let (ours, reference) =
                    (lazy.access(vcpu, register, Access::Read), eager.access(vcpu, register, Access::Read));
                prop_assert_eq!(ours, reference, "{} of {}", register, vcpu);
            }
        }
    }
}
