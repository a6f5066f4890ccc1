// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system under test: one core, production code.

use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult, Counts, DebugBackend, DebugRegister, lookup, masks};
use debug_shim::fake::{FakeHardware, Registers, Vcpu};
use debug_shim::{Armed, Error, Shim, VcpuDebug, clamp_bcr, clamp_wcr, mdcr_el2};

use crate::{BREAKPOINTS, CONTEXTS, WATCHPOINTS};

/// A core and its vCPUs.
pub struct Lazy<'a> {
    vcpus: &'a [VcpuDebug],
    shim: Shim<Vcpu<'a>>,
    hw: FakeHardware,
}

struct Backend<'a, 'b> {
    system: &'a Lazy<'b>,
    vcpu: Vcpu<'b>,
}

impl DebugBackend for Backend<'_, '_> {
    type Error = Error;

    fn counts(&self) -> Counts {
        Counts::from_word(self.system.shim.counts().to_word())
    }

    fn read(&mut self, register: DebugRegister) -> Result<u64, Error> {
        self.system.shim.read(self.vcpu, register, &self.system.hw)
    }

    /// None of the registers here is one.
    fn features(&mut self, _register: SysReg) -> Result<u64, Error> {
        Ok(0)
    }

    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), Error> {
        self.system.shim.write(self.vcpu, register, value, dirty, &self.system.hw)
    }
}

impl<'a> Lazy<'a> {
    /// On a core that had been poisoned.
    pub fn new(vcpus: &'a [VcpuDebug]) -> Self {
        let hw = FakeHardware::poisoned(debug_shim::Counts::new(BREAKPOINTS, WATCHPOINTS, CONTEXTS), 6);
        let shim = Shim::new();
        shim.init_core(&hw);
        Self { vcpus, shim, hw }
    }

    fn vcpu(&self, vcpu: usize) -> Vcpu<'a> {
        Vcpu(&self.vcpus[vcpu])
    }

    /// The guest runs; returns `MDSCR_EL1` meanwhile and afterwards.
    pub fn run(&self, vcpu: usize) -> (u64, u64) {
        let may_run = self.shim.enter(self.vcpu(vcpu), &self.hw).expect("there is one core");
        assert!(may_run.vcpu() == self.vcpu(vcpu));
        let armed = self.hw.registers().mdscr;
        self.shim.leave_to_native(self.vcpu(vcpu), &self.hw);
        (armed, self.hw.registers().mdscr)
    }

    /// The guest runs up to this access and stops after it.
    pub fn access(&self, vcpu: usize, register: SysReg, access: Access) -> AccessResult {
        self.run_to(vcpu, register, access).unwrap_or_else(|| self.handle(vcpu, register, access))
    }

    /// As [`Self::access`], with a VMM that dies if it is called, `told`: after its handler. Nothing came of the access
    /// if there is no outcome.
    pub fn crash(&self, vcpu: usize, register: SysReg, access: Access, told: bool) -> Option<AccessResult> {
        self.run_to(vcpu, register, access).or_else(|| told.then(|| self.handle(vcpu, register, access)))
    }

    /// What the hardware makes of it; nothing if it traps.
    fn run_to(&self, vcpu: usize, register: SysReg, access: Access) -> Option<AccessResult> {
        let handle = self.vcpu(vcpu);
        let may_run = self.shim.enter(handle, &self.hw).expect("there is one core");
        assert!(may_run.vcpu() == handle);
        let traps = self.hw.registers().mdcr & mdcr_el2::TDA != 0;
        assert_eq!(traps, self.shim.armed() != Armed::Direct);
        let lock = register.crn() == 1;
        let outcome = if traps || lock { None } else { Some(self.direct(register, access)) };
        self.shim.leave_to_native(handle, &self.hw);
        outcome
    }

    /// The VMM's handler, of a stopped guest.
    fn handle(&self, vcpu: usize, register: SysReg, access: Access) -> AccessResult {
        let row = lookup(register).expect("the list has rows only");
        let mut backend = Backend { system: self, vcpu: self.vcpu(vcpu) };
        row.access(&mut backend, access, false).expect("the vCPU has stopped")
    }

    /// The hardware's own behaviour, with the clamp that a guest's own value meets at the latest when it is parked.
    fn direct(&self, register: SysReg, access: Access) -> AccessResult {
        let Some(row) = lookup(register) else { return AccessResult::Undefined };
        let Some(kind) = kind(register) else { return self.claim(register, access) };
        let counts = self.shim.counts();
        let exists = match kind {
            DebugRegister::Bvr(n) | DebugRegister::Bcr(n) => n < BREAKPOINTS,
            DebugRegister::Wvr(n) | DebugRegister::Wcr(n) => n < WATCHPOINTS,
            _ => true,
        };
        assert!(row.rights.allow(access.direction(), false));
        self.hw.with_registers(|r| {
            let cell = place(r, kind);
            match access {
                _ if !exists => AccessResult::Undefined,
                Access::Read => AccessResult::Value(*cell),
                Access::Write(value) => {
                    let value = masks::written(kind, value, Counts::from_word(counts.to_word()));
                    *cell = match kind {
                        DebugRegister::Bcr(n) => clamp_bcr(n, value, counts),
                        DebugRegister::Wcr(_) => clamp_wcr(value, counts),
                        _ => value,
                    };
                    AccessResult::Done
                }
            }
        })
    }

    fn claim(&self, register: SysReg, access: Access) -> AccessResult {
        self.hw.with_registers(|r| match (register.crm(), access) {
            (8, Access::Read) => AccessResult::Value(0xff),
            (_, Access::Read) => AccessResult::Value(r.claim),
            (8, Access::Write(tags)) => {
                r.claim |= tags & 0xff;
                AccessResult::Done
            }
            (_, Access::Write(tags)) => {
                r.claim &= !tags;
                AccessResult::Done
            }
        })
    }

    /// The VMM's flag.
    pub fn flag_dirty(&self, vcpu: usize) {
        self.shim.flag_dirty(self.vcpu(vcpu)).expect("the vCPU has stopped");
    }

    /// The kernel's reset.
    pub fn reset(&self, vcpu: usize) {
        self.shim.release(self.vcpu(vcpu), &self.hw).expect("there is one core");
    }

    /// Empties the core.
    pub fn evict(&self) {
        self.shim.evict(&self.hw).expect("no guest runs");
    }
}

/// What a register is called in the shim's messages, unless it is a claim register.
fn kind(register: SysReg) -> Option<DebugRegister> {
    let n = register.crm();
    Some(match (register.crn(), register.op2()) {
        (0, 0) => DebugRegister::Mdccint,
        (0, 2) => DebugRegister::Mdscr,
        (0, 4) => DebugRegister::Bvr(n),
        (0, 5) => DebugRegister::Bcr(n),
        (0, 6) => DebugRegister::Wvr(n),
        (0, 7) => DebugRegister::Wcr(n),
        _ => return None,
    })
}

/// Where it is on the fake core.
fn place(r: &mut Registers, kind: DebugRegister) -> &mut u64 {
    match kind {
        DebugRegister::Mdccint => &mut r.mdccint,
        DebugRegister::Mdscr => &mut r.mdscr,
        DebugRegister::Bvr(n) => &mut r.bvr[n as usize],
        DebugRegister::Bcr(n) => &mut r.bcr[n as usize],
        DebugRegister::Wvr(n) => &mut r.wvr[n as usize],
        DebugRegister::Wcr(n) => &mut r.wcr[n as usize],
        other => unreachable!("{other:?} is not a direct register"),
    }
}
