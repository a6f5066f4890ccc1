// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual CPU interface as hardware has it (IHI 0048B, chapters 4.4 and 5), with the guest on one side and the kernel
//! on the other.

use crate::device::gic::{Format, Interface, LIST_REGISTERS, Listed};

/// `GICV_IAR` when there is nothing to take, or when it is the other group's.
pub const SPURIOUS: u32 = 1023;
const OTHER_GROUP: u32 = 1022;
/// `GICV_RPR` when nothing is active.
const IDLE: u8 = 0xff;

/// GICH_HCR: LRENPIE and NPIE.
const OTHER_ENDS_TOLD: u64 = 1 << 2;
const NONE_PENDING_TOLD: u64 = 1 << 3;
/// GICH_HCR: the bits that enable maintenance interrupts.
const TOLD: u64 = 0xfe;
const COUNT_SHIFT: u32 = 27;

/// The interface.
#[derive(Clone, Debug)]
pub struct CpuInterface {
    /// The layout of its words.
    pub format: Format,
    /// GICV_CTLR: bits 0 and 1 enable the groups, bit 2 lets GICV_IAR take group 1, bit 9 parts end and deactivation.
    pub control: u32,
    /// GICV_PMR.
    pub mask: u8,
    /// GICV_BPR.
    pub binary_point: u8,
    hypervisor_control: u64,
    /// GICV_APR0.
    pub active_priorities: u32,
    list: [ListRegister; LIST_REGISTERS],
    /// What the kernel injects when the virtual timer fires.
    prepared: Option<Listed>,
}

/// The virtual timer's interrupt, and the list register that it goes in when the kernel injects it.
const TIMER: u16 = 27;
const TIMER_REGISTER: usize = 0;

#[derive(Clone, Copy, Debug)]
struct ListRegister {
    listed: Listed,
    tells_end: bool,
}

const EMPTY: Listed = Listed { intid: 0, source: 0, priority: 0, group: false, pending: false, active: false };

impl CpuInterface {
    /// As after power-on.
    pub const fn new(format: Format) -> Self {
        let list = [ListRegister { listed: EMPTY, tells_end: false }; LIST_REGISTERS];
        let (prepared, active_priorities) = (None, 0);
        Self { format, control: 0, mask: 0, binary_point: 2, hypervisor_control: 1, active_priorities, list, prepared }
    }

    /// As after power-on again; what was prepared stays.
    pub const fn reset(&mut self) {
        *self = Self { prepared: self.prepared, ..Self::new(self.format) };
    }

    fn group_mask(&self) -> u8 {
        // A binary point below 2 does not exist with 32 priorities.
        (0xff_u32 << (self.binary_point.max(2) + 1)) as u8
    }

    /// The most urgent pending interrupt of the groups that the guest has enabled.
    fn candidate(&self) -> Option<usize> {
        let waits =
            |listed: &Listed| listed.pending && !listed.active && self.control & (1 + u32::from(listed.group)) != 0;
        let list = self.list.iter().map(|register| register.listed).enumerate();
        let of = |(index, listed): (usize, Listed)| (listed.priority, listed.intid, index);
        list.filter(|(_, listed)| waits(listed)).map(of).min().map(|(_, _, index)| index)
    }

    /// An interrupt is signalled to the processor.
    pub fn signals(&self) -> bool {
        self.candidate().is_some_and(|index| {
            let priority = self.list[index].listed.priority;
            priority < self.mask && priority & self.group_mask() < self.running_priority()
        })
    }

    /// GICV_RPR.
    pub fn running_priority(&self) -> u8 {
        match self.active_priorities.trailing_zeros() {
            32 => IDLE,
            level => level as u8 * 8,
        }
    }

    /// GICV_HPPIR, whatever the mask.
    pub fn highest_pending(&self) -> u32 {
        match self.candidate().map(|index| self.list[index].listed) {
            None => SPURIOUS,
            Some(listed) if listed.group && self.control & 4 == 0 => OTHER_GROUP,
            Some(listed) => u32::from(listed.intid) | u32::from(listed.source) << 10,
        }
    }

    /// GICV_IAR.
    pub fn acknowledge(&mut self) -> u32 {
        let taken = if self.signals() { self.highest_pending() } else { SPURIOUS };
        if let Some(index) = self.candidate().filter(|_| taken & 0x3ff < OTHER_GROUP) {
            let mask = self.group_mask();
            let listed = &mut self.list[index].listed;
            (listed.pending, listed.active) = (false, true);
            self.active_priorities |= 1 << ((listed.priority & mask) >> 3);
        }
        taken
    }

    /// GICV_EOIR.
    pub fn end(&mut self, taken: u32) {
        self.active_priorities &= self.active_priorities.wrapping_sub(1);
        if self.control & 1 << 9 == 0 {
            self.deactivate(taken);
        }
    }

    /// GICV_DIR.
    pub fn deactivate(&mut self, taken: u32) {
        let is_it = |listed: &Listed| {
            listed.active && u32::from(listed.intid) | u32::from(listed.source) << 10 == taken & 0x1fff
        };
        match self.list.iter_mut().find(|register| is_it(&register.listed)) {
            Some(register) => register.listed.active = false,
            None if self.hypervisor_control >> COUNT_SHIFT < 31 => self.hypervisor_control += 1 << COUNT_SHIFT,
            None => {}
        }
    }

    /// The maintenance interrupt, as the kernel tells of it.
    pub fn maintenance(&mut self) -> Option<u64> {
        let is_free = |listed: Listed| !listed.pending && !listed.active;
        let ended = |register: &ListRegister| register.tells_end && is_free(register.listed);
        if let Some(index) = self.list.iter().position(ended) {
            self.list[index].tells_end = false;
            return Some(index as u64);
        }
        let control = self.hypervisor_control;
        let other_ends = control & OTHER_ENDS_TOLD != 0 && control >> COUNT_SHIFT != 0;
        let none_pending = !self.list.iter().any(|register| register.listed.pending && !register.listed.active);
        let groups = [(4, 1, true), (5, 1, false), (6, 2, true), (7, 2, false)];
        let group =
            groups.iter().any(|&(bit, enable, on)| control >> bit & 1 != 0 && (self.control & enable != 0) == on);
        let told = other_ends || group || control & NONE_PENDING_TOLD != 0 && none_pending;
        if told {
            self.hypervisor_control &= !TOLD;
        }
        told.then_some(u64::MAX)
    }

    /// VCPU_InjectIRQ.
    pub fn inject(&mut self, index: u8, intid: u16, priority: u8, group: u8) -> bool {
        let register = &mut self.list[usize::from(index)];
        if register.listed.active {
            return false;
        }
        let priority = priority << 3;
        let listed = Listed { intid, source: 0, priority, group: group != 0, pending: true, active: false };
        *register = ListRegister { listed, tells_end: true };
        true
    }

    /// VCPU_PrepareVPPI: what the guest has not taken comes again, and what it handles stays.
    pub fn prepare_timer(&mut self, injection: Option<u64>) -> bool {
        let listed = injection.map(|word| {
            assert_eq!((word as u16, word >> 32), (TIMER, TIMER_REGISTER as u64));
            let (priority, group) = (((word >> 16) as u8) << 3, word >> 24 & 1 != 0);
            Listed { intid: TIMER, source: 0, priority, group, pending: true, active: false }
        });
        let register = &mut self.list[TIMER_REGISTER];
        let is_its = self.prepared.is_some() && register.listed.intid == TIMER;
        if !is_its && listed.is_some() && (register.listed.pending || register.listed.active || register.tells_end) {
            return false;
        }
        if is_its && (listed.is_none() || !register.listed.active) {
            register.listed = EMPTY;
        }
        self.prepared = listed;
        true
    }

    /// It is prepared, and its line is up: true if the kernel has forwarded it, now or before.
    pub fn forward_timer(&mut self) -> bool {
        let Some(listed) = self.prepared else { return false };
        let register = &mut self.list[TIMER_REGISTER];
        if !register.listed.pending && !register.listed.active {
            *register = ListRegister { listed, tells_end: false };
        }
        true
    }

    /// What the kernel injects when the virtual timer fires.
    pub const fn prepared(&self) -> Option<Listed> {
        self.prepared
    }

    /// An interrupt that the guest has not taken is in a list register.
    pub fn lists_pending(&self, intid: u16) -> bool {
        self.list.iter().any(|register| register.listed.intid == intid && register.listed.pending)
    }

    /// A physical interrupt that the guest has not taken is not told.
    fn told(&self, index: usize) -> ListRegister {
        let register = self.list[index];
        match self.prepared {
            Some(_) if index == TIMER_REGISTER && register.listed.active => {
                ListRegister { tells_end: true, ..register }
            }
            Some(_) if index == TIMER_REGISTER => ListRegister { listed: EMPTY, tells_end: false },
            _ => register,
        }
    }

    /// VCPU_ReadGroup.
    pub fn read(&self) -> Interface {
        let mask = match self.format {
            Format::V2 => u64::from(self.mask >> 3) << 27,
            Format::V3 => u64::from(self.mask) << 24,
        };
        let tells_end = self.format.word(EMPTY);
        let word = |register: ListRegister| {
            let word = self.format.word(register.listed);
            if register.tells_end { word } else { word & !tells_end }
        };
        Interface {
            control: self.hypervisor_control,
            guest: u64::from(self.control) | u64::from(self.binary_point) << 21 | mask,
            active_priorities: self.active_priorities.into(),
            list: core::array::from_fn(|index| word(self.told(index))),
        }
    }

    /// VCPU_WriteGroup of what was read, with another control word and other list registers.
    pub fn write(&mut self, interface: &Interface) {
        let Interface { control, guest, active_priorities, list } = *interface;
        let now = self.read();
        assert_eq!((guest, active_priorities), (now.guest, now.active_priorities), "only the guest changes these");
        self.hypervisor_control = control;
        self.list = list.map(|word| {
            let listed = self.format.listed(word);
            ListRegister { listed, tells_end: word == self.format.word(listed) }
        });
        if self.prepared.is_some() {
            let register = &mut self.list[TIMER_REGISTER];
            let is_handled = register.listed.intid == TIMER && register.listed.active && !register.listed.pending;
            assert!(register.listed == EMPTY || is_handled, "the kernel refuses it");
            register.tells_end = false;
        }
        let used: std::vec::Vec<_> =
            self.list.iter().map(|register| register.listed).filter(|listed| *listed != EMPTY).collect();
        for (n, one) in used.iter().enumerate() {
            let is_same = |other: &&Listed| (other.intid, other.source) == (one.intid, one.source);
            assert!(!used[..n].iter().any(|other| is_same(&other)), "{} is there twice", one.intid);
        }
    }
}
