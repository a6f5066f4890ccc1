// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sessions of gdb with a guest on a fake vCPU: what each of the two sees.

use crate::exit::{Exit, Next};
use crate::fake::{FakeSerial, FakeVcpu};
use crate::vcpu::{DebugRegister, VcpuReg};
use crate::vm::Vm;
use crate::vm::tests::Parts;
use proptest::prelude::*;
use std::format;
use std::string::String;
use std::vec::Vec;

const PC: u64 = 0x4000_9000;
const VBAR: u64 = 0x4001_0000;
const EL1H: u64 = 0x5;
const D: u64 = 1 << 9;
const SS: u64 = 1 << 21;
const MDE: u64 = 1 << 15;
const KDE: u64 = 1 << 13;
/// E, EL1 and EL0, all bytes.
const BREAKPOINT: u64 = 0x1e7;
/// E, EL1 and EL0, loads and stores, all bytes.
const WATCHPOINT: u64 = 0x1fff;
/// Exceptions from a lower level, with the fault status of a debug exception.
const BREAKPOINT_LOWER: u64 = 0x30 << 26 | 1 << 25 | 0x22;
const STEP_LOWER: u64 = 0x32 << 26 | 1 << 25 | 1 << 24 | 0x22;
const WATCHPOINT_LOWER: u64 = 0x34 << 26 | 1 << 25 | 0x22;
const STORE: u64 = 1 << 6;
const BRK_7: u64 = 0x3c << 26 | 1 << 25 | 7;
/// `str x1, [x2]`
const STR_X1_X2: u32 = 0xf900_0041;

/// What gdb hears of a guest that has stopped when it asks.
const HALTED: &str = "+$T05thread:01;#07";

/// A guest, and a gdb that never fails.
struct Session<'a> {
    vm: Vm<'a, FakeSerial>,
    vcpu: FakeVcpu,
}

impl<'a> Session<'a> {
    fn new(parts: &'a Parts) -> Self {
        let (mut vm, mut vcpu) = parts.start();
        vm.set_debug_line(FakeSerial::default());
        vcpu.set_pc(PC);
        vcpu.set_spsr(EL1H);
        vcpu.system.insert(VcpuReg::Vbar as u64, VBAR);
        Self { vm, vcpu }
    }

    /// With gdb on the line.
    fn attached(parts: &'a Parts) -> Self {
        let mut session = Self::new(parts);
        assert_eq!(session.says("?"), HALTED);
        session
    }

    fn line(&mut self) -> &mut FakeSerial {
        self.vm.platform.debugger.line.serial().expect("a line")
    }

    /// What comes back to a packet.
    fn says(&mut self, packet: &str) -> String {
        let sum = packet.bytes().fold(0u8, u8::wrapping_add);
        self.sends(format!("${packet}#{sum:02x}").as_bytes())
    }

    fn sends(&mut self, bytes: &[u8]) -> String {
        let line = self.line();
        line.forget();
        line.input.extend_from_slice(bytes);
        self.vm.notified(&mut self.vcpu);
        written_out(self.line().output())
    }

    /// A debug exception of the running guest, and what gdb hears of it.
    fn takes(&mut self, esr: u64) -> (Next, String) {
        assert!(!self.vcpu.stopped, "it runs");
        self.line().forget();
        self.vcpu.has_fault = true;
        let concluded = self.vm.exit(Exit::Vcpu { esr }, None, None, &mut self.vcpu);
        let next = concluded.0;
        self.vcpu.conclude(concluded);
        (next, self.line().output().into())
    }

    fn hardware(&self, register: DebugRegister) -> u64 {
        self.vcpu.debug.get(&register.to_word()).copied().unwrap_or(0)
    }

    fn system(&self, register: VcpuReg) -> u64 {
        self.vcpu.system.get(&(register as u64)).copied().unwrap_or(0)
    }

    fn guest_has(&mut self, registers: &[(DebugRegister, u64)]) {
        for &(register, value) in registers {
            self.vcpu.debug.insert(register.to_word(), value);
        }
    }

    fn poke(&mut self, address: u64, word: u32) {
        assert!(self.vm.platform.backing.ram.write(address - crate::guest_map::RAM, &word.to_le_bytes()));
    }

    /// The guest's own exception was given to it.
    fn has_taken(&self, esr: u64, from: u64) -> bool {
        self.vcpu.pc() == VBAR + 0x200 && self.system(VcpuReg::Esr) == esr && self.system(VcpuReg::ElrEl1) == from
    }
}

/// Without run-length encoding: `*` and a character say how often the one before comes again. Checksums are left out then.
fn written_out(text: &str) -> String {
    let (mut out, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        match (character, out.chars().last()) {
            ('*', Some(last)) => {
                let times = characters.next().map_or(0, |count| u32::from(count) - 29);
                (0..times).for_each(|_| out.push(last));
            }
            _ => out.push(character),
        }
    }
    out
}

#[test]
fn gdb_comes_looks_and_goes() {
    let parts = Parts::new();
    let mut session = Session::new(&parts);
    session.vcpu.set_x(3, 0x1122_3344);
    session.guest_has(&[(DebugRegister::Mdscr, MDE), (DebugRegister::Bcr(0), BREAKPOINT)]);
    assert_eq!(session.says("?"), HALTED);
    assert!(session.vcpu.stopped && session.vcpu.attached);
    assert!(session.says("p3").starts_with("+$4433221100000000#"));
    assert_eq!(session.says("P3=0100000000000000"), "+$OK#9a");
    assert_eq!(session.vcpu.x(3), 1);
    session.poke(PC, 0x1234_5678);
    assert!(session.says("m40009000,4").starts_with("+$78563412#"));
    assert_eq!(session.says("M40009000,2:aabb"), "+$OK#9a");
    assert!(session.says("m40009000,4").starts_with("+$aabb3412#"));
    assert!(session.says("m10,4").starts_with("+$E0e#"), "no memory is there");
    let restarts = session.vcpu.restarts;
    assert_eq!(session.says("D"), "+$OK#9a");
    assert!(!session.vcpu.stopped && !session.vcpu.attached && session.vcpu.restarts == restarts + 1);
    assert_eq!(session.hardware(DebugRegister::Bcr(0)), BREAKPOINT);
    assert_eq!(session.hardware(DebugRegister::Mdscr), MDE);
}

#[test]
fn a_breakpoint_is_hit_and_stepped_over() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    assert_eq!(session.says("Z1,40009004,4"), "+$OK#9a");
    assert_eq!(session.says("vCont;c"), "+");
    assert!(!session.vcpu.stopped);
    assert_eq!(session.hardware(DebugRegister::Bvr(0)), PC + 4);
    assert_eq!((session.hardware(DebugRegister::Bcr(0)), session.hardware(DebugRegister::Mdscr)), (BREAKPOINT, MDE));
    session.vcpu.set_pc(PC + 4);
    let (next, told) = session.takes(BREAKPOINT_LOWER);
    assert_eq!((next, told.contains("hwbreak")), (Next::Stop, true), "{told}");
    // A client that leaves it where it is goes on all the same.
    assert_eq!(session.says("vCont;c"), "+");
    assert_eq!((session.hardware(DebugRegister::Bcr(0)) & 1, session.hardware(DebugRegister::Mdscr)), (0, 1));
    assert_eq!(session.vcpu.spsr() & SS, SS);
    session.vcpu.set_pc(PC + 8);
    session.vcpu.set_spsr(EL1H);
    assert_eq!(session.takes(STEP_LOWER), (Next::Resume, String::new()));
    assert_eq!((session.hardware(DebugRegister::Bcr(0)), session.hardware(DebugRegister::Mdscr)), (BREAKPOINT, MDE));
    assert_eq!(session.vcpu.spsr() & SS, 0);
}

#[test]
fn gdb_steps() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    assert_eq!(session.says("vCont;s:1"), "+");
    assert_eq!((session.hardware(DebugRegister::Mdscr), session.vcpu.spsr()), (1, EL1H | SS));
    session.vcpu.set_pc(PC + 4);
    session.vcpu.set_spsr(EL1H);
    let (next, told) = session.takes(STEP_LOWER);
    assert_eq!((next, told.as_str()), (Next::Stop, "$S05#b8"));
    assert_eq!(session.says("vCont;c"), "+");
    assert_eq!((session.hardware(DebugRegister::Mdscr), session.vcpu.spsr() & SS), (0, 0));
}

#[test]
fn the_guests_own_breakpoint_is_its_own() {
    let parts = Parts::new();
    let mut session = Session::new(&parts);
    session.guest_has(&[
        (DebugRegister::Mdscr, MDE | KDE),
        (DebugRegister::Bcr(0), BREAKPOINT),
        (DebugRegister::Bvr(0), PC),
    ]);
    assert_eq!(session.says("?"), HALTED);
    assert_eq!(session.says("Z1,40009000,4"), "+$OK#9a");
    session.says("vCont;c");
    assert_eq!([0, 1].map(|n| session.hardware(DebugRegister::Bvr(n))), [PC, PC]);
    // Both match: the debugger comes first, the guest next.
    let (next, told) = session.takes(BREAKPOINT_LOWER);
    assert_eq!((next, told.contains("hwbreak")), (Next::Stop, true));
    session.says("vCont;c");
    assert_eq!([0, 1].map(|n| session.hardware(DebugRegister::Bcr(n)) & 1), [1, 0]);
    assert_eq!(session.takes(BREAKPOINT_LOWER), (Next::Resume, String::new()));
    let same = BREAKPOINT_LOWER + (1 << 26);
    assert!(session.has_taken(same, PC));
    assert_eq!(session.system(VcpuReg::SpsrEl1), EL1H, "nothing of our step");
    // At the vector the step ends, unseen.
    assert_eq!(session.takes(STEP_LOWER), (Next::Resume, String::new()));
    assert!(session.has_taken(same, PC));
    assert_eq!([0, 1].map(|n| session.hardware(DebugRegister::Bcr(n)) & 1), [1, 1]);
}

#[test]
fn what_the_guest_would_not_take_it_does_not_notice() {
    let parts = Parts::new();
    let mut session = Session::new(&parts);
    session.guest_has(&[
        (DebugRegister::Mdscr, MDE | KDE),
        (DebugRegister::Bcr(0), BREAKPOINT),
        (DebugRegister::Bvr(0), PC),
    ]);
    session.vcpu.set_spsr(EL1H | D);
    session.says("?");
    session.says("vCont;c");
    assert_eq!(session.takes(BREAKPOINT_LOWER), (Next::Resume, String::new()));
    assert_eq!((session.vcpu.pc(), session.vcpu.spsr()), (PC, EL1H | D | SS));
    assert_eq!((session.hardware(DebugRegister::Bcr(0)), session.hardware(DebugRegister::Mdscr)), (0, 1));
    session.vcpu.set_pc(PC + 4);
    session.vcpu.set_spsr(EL1H | D);
    assert_eq!(session.takes(STEP_LOWER), (Next::Resume, String::new()));
    assert_eq!((session.vcpu.spsr(), session.hardware(DebugRegister::Bcr(0))), (EL1H | D, BREAKPOINT));
}

#[test]
fn watchpoints_of_both() {
    let parts = Parts::new();
    let mut session = Session::new(&parts);
    session.guest_has(&[
        (DebugRegister::Mdscr, MDE | KDE),
        (DebugRegister::Wcr(1), WATCHPOINT),
        (DebugRegister::Wvr(1), 0x4002_0000),
    ]);
    session.poke(PC, STR_X1_X2);
    session.says("?");
    assert_eq!(session.says("Z2,40020004,2"), "+$OK#9a");
    session.says("vCont;c");
    session.vcpu.set_x(2, 0x4002_0000);
    let (next, told) = session.takes(WATCHPOINT_LOWER | STORE);
    assert_eq!((next, told.contains("watch:40020004;")), (Next::Stop, true), "{told}");
    session.says("vCont;c");
    assert_eq!(session.takes(WATCHPOINT_LOWER | STORE), (Next::Resume, String::new()));
    assert!(session.has_taken((WATCHPOINT_LOWER + (1 << 26)) | STORE, PC));
    assert_eq!(session.system(VcpuReg::Far), 0x4002_0000);
}

#[test]
fn brk_is_the_guests() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    session.says("vCont;c");
    assert_eq!(session.takes(BRK_7), (Next::Resume, String::new()));
    assert!(session.has_taken(BRK_7, PC));
}

/// A guest's kernel that steps a program of its own, as Linux does: MDSCR.SS with KDE = 0.
#[test]
fn the_guest_steps_its_own_program() {
    let parts = Parts::new();
    let mut session = Session::new(&parts);
    session.guest_has(&[(DebugRegister::Mdscr, 1)]);
    session.vcpu.system.insert(VcpuReg::SpsrEl1 as u64, SS);
    session.vcpu.system.insert(VcpuReg::ElrEl1 as u64, 0x5000);
    session.says("?");
    session.says("vCont;c");
    // In its kernel it is stepped on unseen, until its ERET.
    for at in [PC + 4, PC + 8] {
        assert_eq!(session.vcpu.spsr(), EL1H | SS);
        session.vcpu.set_pc(at);
        session.vcpu.set_spsr(EL1H);
        assert_eq!(session.takes(STEP_LOWER), (Next::Resume, String::new()));
    }
    session.vcpu.set_pc(0x5000);
    session.vcpu.set_spsr(0);
    assert_eq!(session.takes(STEP_LOWER), (Next::Resume, String::new()));
    assert_eq!((session.vcpu.pc(), session.vcpu.spsr()), (0x5000, SS), "its program executes one instruction");
    session.vcpu.set_pc(0x5004);
    session.vcpu.set_spsr(0);
    assert_eq!(session.takes(STEP_LOWER), (Next::Resume, String::new()));
    assert_eq!((session.vcpu.pc(), session.system(VcpuReg::ElrEl1)), (VBAR + 0x400, 0x5004));
    assert_eq!((session.system(VcpuReg::Esr), session.system(VcpuReg::SpsrEl1)), (STEP_LOWER, 0));
}

/// A kernel that steps itself, and returns from its handler by an ERET that a debugger has it stepped over.
#[test]
fn the_guest_steps_its_own_kernel() {
    for (word, steps_on) in [(0xd69f_03e0, true), (0xd503_489f, false)] {
        let parts = Parts::new();
        let mut session = Session::new(&parts);
        session.guest_has(&[(DebugRegister::Mdscr, 1 | KDE)]);
        session.poke(PC, word);
        session.vcpu.set_spsr(EL1H | D);
        session.vcpu.system.insert(VcpuReg::SpsrEl1 as u64, EL1H | SS);
        session.says("?");
        session.says("vCont;c");
        assert_eq!(session.vcpu.spsr(), EL1H | D | SS);
        session.vcpu.set_pc(PC + 64);
        session.vcpu.set_spsr(EL1H);
        assert_eq!(session.takes(STEP_LOWER), (Next::Resume, String::new()));
        if steps_on {
            assert_eq!((session.vcpu.pc(), session.vcpu.spsr()), (PC + 64, EL1H | SS), "one instruction first");
        } else {
            assert_eq!((session.vcpu.pc(), session.system(VcpuReg::ElrEl1)), (VBAR + 0x200, PC + 64), "it is due");
        }
    }
}

/// Its accesses find what it wrote, whatever is on the hardware, and what it enables displaces nothing.
#[test]
fn the_guests_registers_are_as_it_left_them() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    session.says("Z1,40009100,4");
    session.says("vCont;c");
    // `msr dbgbvr0_el1, x1`, `msr dbgbcr0_el1, x1`, and reads into x2.
    let access = |session: &mut Session<'_>, op2: u64, read: u64, rt: u64| {
        let esr = 0x18 << 26 | 1 << 25 | 2 << 20 | op2 << 17 | rt << 5 | read;
        assert_eq!(session.takes(esr).0, Next::Resume);
    };
    for (op2, value) in [(4, 0x7000), (5, BREAKPOINT)] {
        session.vcpu.set_x(1, value);
        access(&mut session, op2, 0, 1);
        access(&mut session, op2, 1, 2);
        assert_eq!(session.vcpu.x(2), value);
    }
    assert_eq!([0, 1].map(|n| session.hardware(DebugRegister::Bvr(n)) & 0xffff), [0, 0x9100], "MDE is off: not loaded");
    assert_eq!(session.vcpu.pc(), PC + 16);
    session.sends(b"\x03");
    assert!(session.vcpu.stopped);
    let _ = session.says("D");
    assert_eq!((session.hardware(DebugRegister::Bvr(0)), session.hardware(DebugRegister::Bcr(1))), (0x7000, 0));
}

#[test]
fn ctrl_c_and_an_exit_that_was_on_its_way() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    session.says("vCont;c");
    session.vcpu.has_fault = true;
    let told = session.sends(b"\x03");
    assert!(told.starts_with("$S02#") || told.starts_with("$T02"), "{told}");
    // The exit is handled, and the guest stays where it is.
    session.line().forget();
    let concluded = session.vm.exit(Exit::Vcpu { esr: BRK_7 }, None, None, &mut session.vcpu);
    assert_eq!(concluded.0, Next::Stop);
    session.vcpu.conclude(concluded);
    assert_eq!((session.vcpu.pc(), session.line().output()), (PC, ""), "it comes again");
    session.says("vCont;c");
    assert_eq!(session.takes(BRK_7), (Next::Resume, String::new()));
}

#[test]
fn an_exit_of_a_guest_that_stands_still_is_answered_and_no_more() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    session.says("vCont;c");
    session.vcpu.has_fault = true;
    session.sends(b"\x03");
    // PSCI_VERSION.
    session.vcpu.set_x(0, 0x8400_0000);
    let concluded = session.vm.exit(Exit::Vcpu { esr: 0x5a00_0000 }, None, None, &mut session.vcpu);
    session.vcpu.conclude(concluded);
    assert_eq!((concluded.0, session.vcpu.x(0), session.vcpu.stopped), (Next::Stop, 0x1_0001, true));
    session.says("vCont;c");
    assert!(!session.vcpu.stopped);
}

#[test]
fn more_than_there_is_room_for_is_an_error() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    for n in 0..6 {
        assert_eq!(session.says(&format!("Z0,4000a{n:02x}0,4")), "+$OK#9a");
    }
    assert!(session.says("Z1,4000b000,4").starts_with("+$E"));
    assert!(session.says("z0,4000a000,4").starts_with("+$OK"));
    assert_eq!(session.says("Z1,4000b000,4"), "+$OK#9a");
    for n in 0..4 {
        assert_eq!(session.says(&format!("Z4,4000{n}000,8")), "+$OK#9a");
    }
    assert!(session.says("Z4,40005000,8").starts_with("+$E"));
}

#[test]
fn rubbish_is_no_end() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    for bytes in [
        &b"$#00"[..],
        b"$Z9,,#00",
        b"$m#zz",
        b"$vCont;#12",
        b"$\x7d#1",
        b"+-+$$$$#",
        b"\xff\x00$qXfer:features:read:::#00",
    ] {
        session.sends(bytes);
    }
    session.sends(b"#00");
    assert!(session.says("?").ends_with(HALTED));
}

#[test]
fn a_damaged_packet_is_asked_for_again() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    assert_eq!(session.sends(b"$Z1,40009004,4#00"), "-");
    assert!(session.hardware(DebugRegister::Bcr(0)) == 0 && session.vcpu.stopped);
    assert_eq!(session.says("Z1,40009004,4"), "+$OK#9a");
}

/// And it keeps what it has in its registers.
#[test]
fn a_32_bit_guest_is_refused() {
    let parts = Parts::aarch32();
    let mut session = Session::new(&parts);
    session.vcpu.set_spsr(0x1d3);
    session.guest_has(&[(DebugRegister::Mdscr, MDE), (DebugRegister::Bcr(0), BREAKPOINT)]);
    let before = session.vcpu.debug.clone();
    for _ in 0..3 {
        assert_eq!(session.says("?"), "+$E01#a6");
        assert!(!session.vcpu.stopped && !session.vcpu.attached);
    }
    assert_eq!((&session.vcpu.debug, session.vcpu.spsr()), (&before, 0x1d3));
}

#[test]
fn no_debugger_of_a_guest_that_has_ended() {
    let parts = Parts::new();
    let mut session = Session::attached(&parts);
    session.says("vCont;c");
    session.vcpu.set_x(0, 0x8400_0008);
    let (next, told) = session.takes(0x5a00_0000);
    assert_eq!((next, told.as_str()), (Next::Stop, "$W00#b7"));
    assert!(!session.vcpu.attached);
    assert_eq!(session.says("?"), "+$E01#a6");
}

#[test]
fn a_guest_that_waits_starts_when_gdb_lets_it() {
    let parts = Parts::new();
    let (mut vm, mut vcpu) = parts.prepare();
    vm.set_debug_line(FakeSerial::default());
    vm.wait_for_debugger();
    vcpu.stopped = true;
    vm.start(&mut vcpu).expect("it starts");
    assert_eq!(vcpu.restarts, 0);
    let mut session = Session { vm, vcpu };
    assert_eq!(session.says("?"), HALTED);
    assert!(session.vcpu.pc() >= crate::guest_map::RAM, "at its entry");
    session.says("vCont;c");
    assert_eq!(session.vcpu.restarts, 1);
}

/// A packet of gdb's, or something like one.
fn packet() -> impl Strategy<Value = Vec<u8>> {
    let point =
        (0..5u8, 0..3u64, 1..9u64).prop_map(|(kind, at, length)| format!("{kind},{:x},{length:x}", PC + 4 * at));
    let known = prop_oneof![
        point.clone().prop_map(|point| format!("Z{point}")),
        point.prop_map(|point| format!("z{point}")),
        Just("vCont;c".into()),
        Just("vCont;s:1".into()),
        Just("g".into()),
        any::<u8>().prop_map(|n| format!("p{n:x}")),
        (any::<u64>(), any::<u16>()).prop_map(|(at, length)| format!("m{at:x},{length:x}")),
        (0..0x2000u64, "[0-9a-f]{0,20}").prop_map(|(at, data)| format!("M{:x},{:x}:{data}", PC + at, data.len() / 2)),
        (0..0x400u64, 0..0x800u64).prop_map(|(at, length)| format!("qXfer:features:read:target.xml:{at:x},{length:x}")),
        Just("?".into()),
        Just("D".into()),
        // No `k`, which resets the guest.
        "([ -jl-~][ -~]{0,39})?",
    ];
    let framed = known.prop_map(|text: String| {
        let sum = text.bytes().fold(0u8, u8::wrapping_add);
        format!("${text}#{sum:02x}").into_bytes()
    });
    prop_oneof![8 => framed, 1 => Just(std::vec![3]), 1 => proptest::collection::vec(any::<u8>(), 0..60)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 400 }, ..ProptestConfig::default() })]

    /// Whatever gdb says, and whatever the guest meets meanwhile: the next gdb is heard, and when it goes, the guest has in its
    /// registers what it had.
    #[test]
    fn nothing_that_gdb_says_is_the_end(
        steps in proptest::collection::vec((packet(), any::<Option<proptest::sample::Index>>()), 1..40),
        own in proptest::collection::vec(any::<u64>(), 21),
    ) {
        let parts = Parts::new();
        let mut session = Session::new(&parts);
        let all = (0..6).flat_map(|n| [DebugRegister::Bcr(n), DebugRegister::Bvr(n)])
            .chain((0..4).flat_map(|n| [DebugRegister::Wcr(n), DebugRegister::Wvr(n)]))
            .chain([DebugRegister::Mdscr]);
        let own: Vec<_> = all.zip(own).collect();
        session.guest_has(&own);
        session.poke(PC, STR_X1_X2);
        for (packet, meets) in &steps {
            session.sends(packet);
            let exceptions = [BREAKPOINT_LOWER, STEP_LOWER, WATCHPOINT_LOWER | STORE, BRK_7];
            if let (Some(meets), false, true) = (meets, session.vcpu.stopped, session.vcpu.attached) {
                session.takes(*meets.get(&exceptions));
            }
        }
        // The end of what was begun, so that the next packet is one.
        session.sends(&[b'x'; 2 * super::line::LONGEST]);
        session.sends(b"$#00");
        let answer = session.says("?");
        prop_assert!(answer.ends_with(HALTED), "{answer}");
        prop_assert!(session.says("D").ends_with("+$OK#9a"));
        prop_assert!(!session.vcpu.attached && !session.vcpu.stopped);
        for (register, value) in own {
            prop_assert_eq!(session.hardware(register), value, "{:?}", register);
        }
    }
}
