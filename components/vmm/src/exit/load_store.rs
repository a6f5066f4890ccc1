// SPDX-License-Identifier: MIT OR Apache-2.0
//! Data aborts whose syndrome says nothing of the instruction: pairs, lists, write-back, vectors, exclusives, operations on
//! caches. The instruction is read from the guest's memory and done here, element by element as the architecture orders
//! them, or the guest gets the fault that hardware gives for it at a device.
//!
//! Nothing of it is half done. Registers are written after the exit's commit, like those of any other exit; vectors
//! before it, but only a load writes them, and it reads none: done again it writes the same.

#[cfg(any(test, feature = "debugger"))]
mod accessed;

use super::memory::in_memory;
use super::{Handler, inject};
use crate::console::Serial;
use crate::guest_map::RAM;
use crate::stage1::{Access, Regime};
use crate::vcpu::{FP_WORDS, KernelVcpu};
use arm_load_store::{self as decoder, Amount, Base, Element, Instruction, LoadStore, MAX_ELEMENTS, Value};
use arm_syndrome::inject::DataFault;
use arm_syndrome::{AccessSize, Class, DataAbort, Direction, Esr, FaultStatus, Mode, Register, Spsr};

/// The offset in a page of stage 2.
const PAGE_OFFSET: u64 = 0xfff;
/// A general register's number that means something else: SP as a base in A64, PC in AArch32.
const SP: u8 = 31;
const PC: u8 = 15;

/// An instruction that has aborted.
struct Aborted {
    instruction: Instruction,
    /// A syndrome that says how long it is.
    length: Esr,
    spsr: Spsr,
    pc: u64,
    /// The instruction's word, of A64.
    #[cfg(any(test, feature = "debugger"))]
    word: Option<u32>,
}

/// Why it cannot be done, and at which address.
struct Refused {
    address: Option<u64>,
    status: FaultStatus,
    what: &'static str,
}

impl Refused {
    const fn at(address: u64, status: FaultStatus, what: &'static str) -> Self {
        Self { address: Some(address), status, what }
    }
}

/// What the loads of an instruction found, in the order of its elements.
type Loaded = heapless::Vec<u64, MAX_ELEMENTS>;

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// A data abort without a description.
    #[inline(never)]
    pub(super) fn undescribed(&mut self, ipa: u64, abort: DataAbort, esr: Esr) {
        if abort.cache_maintenance && !abort.table_walk {
            // Nothing of a device is in a cache.
            return self.advance(esr);
        }
        let aborted = self.aborted();
        let length = aborted.as_ref().map_or(Esr::from_fields(Class::DATA_ABORT_LOWER, true, 0), |it| it.length);
        let result = match &aborted {
            Some(aborted) if abort.table_walk => Err(self.walk_failed(aborted)),
            Some(aborted) => self.execute(ipa, aborted),
            None => Err(Refused { address: None, status: FaultStatus::EXTERNAL, what: "unknown instruction" }),
        };
        if let Err(Refused { address, status, what }) = result {
            let address = address.or_else(|| Regime::of(self.kernel).is_off().then_some(ipa));
            self.note_abort(ipa, 0, abort.direction, what);
            let fault = DataFault { status, direction: abort.direction };
            inject::data_abort(address, fault, length, self.vcpu.registers, self.kernel);
        }
    }

    /// The virtual address of the access at `ipa`: that of the address itself if stage 1 is off, else the instruction's.
    pub(super) fn address_of(&mut self, ipa: u64) -> Option<u64> {
        if Regime::of(self.kernel).is_off() {
            return Some(ipa);
        }
        let aborted = self.aborted()?;
        let Instruction::LoadStore(access) = &aborted.instruction else { return None };
        let start = self.sum(access.base, access.start, &aborted);
        let behind = ipa.wrapping_sub(start) & PAGE_OFFSET;
        (behind < access.length()).then(|| aborted.masked(start.wrapping_add(behind)))
    }

    /// The instruction at PC.
    fn aborted(&mut self) -> Option<Aborted> {
        let (pc, spsr) = (self.vcpu.registers.pc(self.kernel), Spsr(self.vcpu.registers.spsr(self.kernel)));
        let regime = Regime::of(self.kernel);
        let half = |at: u64| {
            let (mut bytes, ipa) = ([0; 2], regime.translate(at, &self.platform.backing.ram).ok()?.ipa);
            self.platform.backing.ram.read(ipa.checked_sub(RAM)?, &mut bytes).then(|| u16::from_le_bytes(bytes))
        };
        let first = half(pc)?;
        let is_wide = !spsr.is_thumb() || decoder::is_wide(first);
        let second = if is_wide { half(pc.wrapping_add(2))? } else { 0 };
        let [first32, second32] = [u32::from(first), u32::from(second)];
        let instruction = match (spsr.is_aarch32(), spsr.is_thumb()) {
            (false, _) => decoder::a64(second32 << 16 | first32),
            (true, false) => decoder::a32(second32 << 16 | first32),
            (true, true) if is_wide => decoder::t32(first32 << 16 | second32),
            (true, true) => decoder::t32_narrow(first),
        }?;
        let length = Esr::from_fields(Class::DATA_ABORT_LOWER, is_wide, 0);
        #[cfg(any(test, feature = "debugger"))]
        let word = Aborted::word_of(spsr.is_aarch32(), first32, second32);
        Some(Aborted {
            instruction,
            length,
            spsr,
            pc,
            #[cfg(any(test, feature = "debugger"))]
            word,
        })
    }

    fn execute(&mut self, ipa: u64, aborted: &Aborted) -> Result<(), Refused> {
        match &aborted.instruction {
            Instruction::LoadStore(access) => self.load_store(ipa, access, aborted),
            &Instruction::Exclusive { base } => {
                let address = self.sum(Base::Register(base), Amount::ZERO, aborted);
                Err(Refused::at(address, FaultStatus::UNSUPPORTED_EXCLUSIVE, "exclusive or atomic access to a device"))
            }
            &Instruction::ZeroBlock { address } => {
                let address = self.vcpu.registers.x(address, self.kernel);
                Err(Refused::at(address, FaultStatus::ALIGNMENT, "DC ZVA of a device"))
            }
            Instruction::Maintenance { .. } => {
                self.advance(aborted.length);
                Ok(())
            }
        }
    }

    /// A stage 2 fault on a walk of stage 1: the table is not in RAM.
    fn walk_failed(&mut self, aborted: &Aborted) -> Refused {
        const WHAT: &str = "external abort on a table walk";
        let (start, length) = match &aborted.instruction {
            Instruction::LoadStore(access) => (self.sum(access.base, access.start, aborted), access.length()),
            &Instruction::Exclusive { base } => (self.sum(Base::Register(base), Amount::ZERO, aborted), 1),
            &Instruction::ZeroBlock { address } | &Instruction::Maintenance { address } => {
                (self.vcpu.registers.x(address, self.kernel), 1)
            }
        };
        // The last byte may be on another page than the first.
        for address in [start, aborted.masked(start.wrapping_add(length.saturating_sub(1)) & !PAGE_OFFSET)] {
            if let Some(status) = self.walk_status(address) {
                return Refused::at(address, status, WHAT);
            }
        }
        Refused { address: None, status: FaultStatus::EXTERNAL, what: WHAT }
    }

    fn load_store(&mut self, ipa: u64, access: &LoadStore, aborted: &Aborted) -> Result<(), Refused> {
        const EXTERNAL: FaultStatus = FaultStatus::EXTERNAL;
        let start = self.sum(access.base, access.start, aborted);
        let behind = ipa.wrapping_sub(start) & PAGE_OFFSET;
        if behind >= access.length() {
            return Err(Refused {
                address: None,
                status: EXTERNAL,
                what: "another instruction than the one in memory",
            });
        }
        let faulting = Place { page: start.wrapping_add(behind) & !PAGE_OFFSET, ipa: ipa & !PAGE_OFFSET };
        let mut vectors = [0; FP_WORDS];
        let has_vectors = access.elements.iter().any(|element| matches!(element, Element::Vector { .. }));
        if has_vectors && !self.kernel.read_vectors(&mut vectors) {
            return Err(Refused::at(start, EXTERNAL, "vector registers are out of reach on this kernel"));
        }
        let (mut address, mut loaded) = (start, Loaded::new());
        for &element in &access.elements {
            let size = element.size();
            let ipa = self.place(address, size, access.direction, faulting, aborted)?;
            let value = if access.direction.is_read() { 0 } else { self.stored(element, access, aborted, &vectors) };
            let value = in_memory(value, size, aborted.spsr);
            let found = self.access(ipa, size, access.direction, value);
            let found = found.ok_or(Refused::at(address, EXTERNAL, "external abort"))?;
            let _ = loaded.push(in_memory(found, size, aborted.spsr));
            address = aborted.masked(address.wrapping_add(size.bytes()));
        }
        let is_load = access.direction.is_read();
        if is_load && has_vectors {
            put_vectors(access, &loaded, &mut vectors);
            if !self.kernel.write_vectors(&vectors) {
                return Err(Refused::at(start, EXTERNAL, "vector registers are out of reach on this kernel"));
            }
        }
        let after = access.writeback.map(|amount| self.sum(access.base, amount, aborted));
        self.advance(aborted.length);
        if let (Base::Register(register), Some(after)) = (access.base, after) {
            self.set_base(register, after, aborted);
        }
        for (element, &value) in access.elements.iter().zip(&loaded).filter(|_| is_load) {
            if let Element::General(transfer) = element {
                let value = transfer.loaded(value);
                self.set_register(transfer.rt.number(), value, access.user_bank, aborted);
            }
        }
        Ok(())
    }

    /// Where an element's address leads. The page that the abort names needs no walk; another one, of an instruction that
    /// goes over the end of a page, may be forbidden to who executes this.
    fn place(
        &mut self,
        address: u64,
        size: AccessSize,
        direction: Direction,
        faulting: Place,
        aborted: &Aborted,
    ) -> Result<u64, Refused> {
        if address & PAGE_OFFSET > PAGE_OFFSET + 1 - size.bytes() {
            return Err(Refused::at(address, FaultStatus::ALIGNMENT, "access over the end of a page"));
        }
        if address & !PAGE_OFFSET == faulting.page {
            return Ok(faulting.ipa | address & PAGE_OFFSET);
        }
        let needed = if direction.is_read() { Access::Read } else { Access::Write };
        let translation = Regime::of(self.kernel).translate(address, &self.platform.backing.ram).ok();
        let allowed = translation
            .filter(|place| if aborted.spsr.is_el0() { place.user } else { place.privileged } >= needed)
            .ok_or(Refused::at(address, FaultStatus::EXTERNAL, "the access goes on to another page"))?;
        Ok(allowed.ipa)
    }

    /// One access, to a device or to RAM: what a load finds.
    fn access(&mut self, ipa: u64, size: AccessSize, direction: Direction, value: u64) -> Option<u64> {
        let ram = &mut self.platform.backing.ram;
        let Some(offset) = ipa.checked_sub(RAM).filter(|&offset| offset < ram.size()) else {
            return self.device(ipa, size, direction, value);
        };
        let (mut bytes, length) = (value.to_le_bytes(), size.bytes() as usize);
        let done = match direction {
            Direction::Read => ram.read(offset, &mut bytes[..length]),
            Direction::Write => ram.write(offset, &bytes[..length]),
        };
        done.then(|| u64::from_le_bytes(bytes))
    }

    /// What a store moves.
    fn stored(&mut self, element: Element, access: &LoadStore, aborted: &Aborted, vectors: &[u64; FP_WORDS]) -> u64 {
        match element {
            Element::General(transfer) => {
                transfer.stored(self.register(transfer.rt.number(), access.user_bank, aborted))
            }
            Element::Vector { at, size, .. } => {
                let word = vectors.get(usize::from(at) / 8).copied().unwrap_or(0);
                word >> (8 * (at % 8)) & size.mask()
            }
        }
    }

    /// A base and what is added to it.
    fn sum(&mut self, base: Base, amount: Amount, aborted: &Aborted) -> u64 {
        let base = match base {
            Base::Register(SP) if !aborted.spsr.is_aarch32() => {
                self.vcpu.registers.sp(aborted.spsr.mode() == Mode::El1h, self.kernel)
            }
            Base::Register(register) => self.register(register, false, aborted),
            Base::Pc => aborted.pc_value() & !3,
        };
        let register = amount.register().map_or(0, |register| self.register(register, false, aborted));
        let carry = aborted.spsr.flags().c;
        aborted.masked(amount.added_to(base, Value { register, carry }))
    }

    fn set_base(&mut self, register: u8, value: u64, aborted: &Aborted) {
        match register {
            SP if !aborted.spsr.is_aarch32() => {
                self.vcpu.registers.set_sp(aborted.spsr.mode() == Mode::El1h, value);
            }
            _ => self.set_register(register, value, false, aborted),
        }
    }

    /// A register by its number in the instruction.
    fn register(&mut self, number: u8, user_bank: bool, aborted: &Aborted) -> u64 {
        if !aborted.spsr.is_aarch32() {
            return self.vcpu.registers.x(number, self.kernel);
        }
        if number == PC {
            return aborted.pc_value();
        }
        let view = aborted.view(number, user_bank).number();
        self.vcpu.registers.x(view, self.kernel) & u64::from(u32::MAX)
    }

    fn set_register(&mut self, number: u8, value: u64, user_bank: bool, aborted: &Aborted) {
        let registers = &mut *self.vcpu.registers;
        if !aborted.spsr.is_aarch32() {
            return registers.set_x(number, value);
        }
        if number != PC {
            return registers.set_x(aborted.view(number, user_bank).number(), value);
        }
        // A load of PC goes on there, in the instruction set of bit 0.
        let spsr = registers.spsr(self.kernel);
        let (thumb, unused) = if value & 1 != 0 { (Spsr::T, 1) } else { (0, 3) };
        registers.set_spsr(spsr & !Spsr::T | thumb);
        registers.set_pc(value & !unused);
    }
}

/// The page that an abort is about, and where it lies.
#[derive(Clone, Copy)]
struct Place {
    page: u64,
    ipa: u64,
}

impl Aborted {
    /// An address of this width.
    const fn masked(&self, address: u64) -> u64 {
        if self.spsr.is_aarch32() { address & u32::MAX as u64 } else { address }
    }

    /// What the instruction reads as PC.
    const fn pc_value(&self) -> u64 {
        match (self.spsr.is_aarch32(), self.spsr.is_thumb()) {
            (false, _) => self.pc,
            (true, true) => self.masked(self.pc.wrapping_add(4)),
            (true, false) => self.masked(self.pc.wrapping_add(8)),
        }
    }

    /// The AArch64 view of a register of AArch32.
    const fn view(&self, number: u8, user_bank: bool) -> Register {
        const USER: Mode = Mode::Aarch32(0x10);
        Register::of_aarch32(if user_bank { USER } else { self.spsr.mode() }, number)
    }
}

/// Puts what a load found into vector registers, in the order of the elements.
fn put_vectors(access: &LoadStore, loaded: &Loaded, vectors: &mut [u64; FP_WORDS]) {
    for n in (0..32).filter(|n| access.cleared >> n & 1 != 0) {
        vectors[2 * n..2 * n + 2].fill(0);
    }
    for (element, &value) in access.elements.iter().zip(loaded) {
        if let Element::Vector { at, size, copies } = *element {
            let places = (0..u16::from(copies)).map(|n| at + n * size.bytes() as u16);
            places.for_each(|at| put_piece(vectors, at, size, value));
        }
    }
}

fn put_piece(vectors: &mut [u64; FP_WORDS], at: u16, size: AccessSize, value: u64) {
    let (shift, mask) = (8 * (at % 8), size.mask());
    if let Some(word) = vectors.get_mut(usize::from(at) / 8) {
        *word = *word & !(mask << shift) | (value & mask) << shift;
    }
}

#[cfg(test)]
mod tests;
