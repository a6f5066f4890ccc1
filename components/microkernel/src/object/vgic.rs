// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual interrupt controller's list registers (GICv2).

/// GICH_HCR: the interface is on.
pub const HCR_ENABLE: u32 = 1;
/// GICH_HCR: which conditions make maintenance interrupts, but for the ends that list registers ask for (IHI 0048B, 5.3.1).
pub const HCR_MAINTENANCE: u32 = 0xfe;
/// GICH_LR: maintenance interrupt when the guest ends it (for interrupts without a physical one).
const MAINTENANCE_AT_END: u32 = 1 << 19;
const PRIORITY_SHIFT: u32 = 23;
const PENDING: u32 = 1 << 28;
const ACTIVE: u32 = 1 << 29;
const GROUP_SHIFT: u32 = 30;
/// GICH_LR: the interrupt is a physical one's, which is deactivated with it.
const HARDWARE: u32 = 1 << 31;
const PHYSICAL_SHIFT: u32 = 10;
const PHYSICAL: u32 = 0x3ff << PHYSICAL_SHIFT;

/// The highest priority number of VCPU_InjectIRQ.
pub const MAX_PRIORITY: u64 = 31;
/// The highest virtual interrupt.
pub const MAX_INTID: u64 = 1019;

/// A virtual interrupt to make pending: the word of VCPU_InjectIRQ, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injection {
    /// Interrupt number.
    pub intid: u16,
    /// 0 (highest) to 31.
    pub priority: u8,
    /// 0 or 1.
    pub group: u8,
    /// List register.
    pub index: u8,
}

/// Which field of the word is too large: least and greatest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange(pub u64, pub u64);

impl Injection {
    /// virq 15:0, priority 23:16, group 31:24, index 39:32.
    pub fn from_word(word: u64, list_registers: u8) -> Result<Self, OutOfRange> {
        let (intid, priority, group, index) =
            (word & 0xffff, (word >> 16) & 0xff, (word >> 24) & 0xff, (word >> 32) & 0xff);
        if intid > MAX_INTID {
            return Err(OutOfRange(0, MAX_INTID));
        }
        if priority > MAX_PRIORITY {
            return Err(OutOfRange(0, MAX_PRIORITY));
        }
        if group > 1 {
            return Err(OutOfRange(0, 1));
        }
        if index >= u64::from(list_registers) {
            return Err(OutOfRange(0, u64::from(list_registers) - 1));
        }
        Ok(Self { intid: intid as u16, priority: priority as u8, group: group as u8, index: index as u8 })
    }

    /// The list register's value: pending, with maintenance at its end.
    pub fn list_register(self) -> u32 {
        u32::from(self.intid)
            | MAINTENANCE_AT_END
            | u32::from(self.priority) << PRIORITY_SHIFT
            | PENDING
            | u32::from(self.group) << GROUP_SHIFT
    }
}

/// Bits that a VMM may set: number, source of an SGI, maintenance at its end, priority, state, group. Not a physical
/// interrupt: that one would be ended at the controller of all (IHI 0048B, 5.3.8).
const WRITABLE: u32 =
    INTID | SOURCE | MAINTENANCE_AT_END | 0x1f << PRIORITY_SHIFT | PENDING | ACTIVE | 1 << GROUP_SHIFT;
const INTID: u32 = 0x3ff;
const SOURCE: u32 = 7 << 10;
/// Interrupts from here on are no SGIs.
const SGIS: u32 = 16;

/// May a VMM write this into a list register?
pub fn is_writable(list_register: u32) -> bool {
    let source_of_an_sgi = list_register & SOURCE == 0 || list_register & INTID < SGIS;
    list_register & !WRITABLE == 0 && u64::from(list_register & INTID) <= MAX_INTID && source_of_an_sgi
}

/// Are both in use, and for the same interrupt? The architecture does not say what happens then. SGIs of two sources
/// are two.
pub fn is_same_interrupt(one: u32, other: u32) -> bool {
    let in_use = |word: u32| word & (PENDING | ACTIVE) != 0;
    let number = |word: u32| word & (INTID | SOURCE);
    in_use(one) && in_use(other) && number(one) == number(other)
}

impl Injection {
    /// The list register's value: pending, without maintenance, for the guest's end of it deactivates this interrupt.
    pub fn of_hardware(self, physical: u16) -> u32 {
        self.list_register() & !MAINTENANCE_AT_END | HARDWARE | u32::from(physical) << PHYSICAL_SHIFT
    }
}

/// A physical interrupt as a VMM is told of it: as one that is not, if the guest handles it. One that it has not taken
/// yet is not told; it comes again.
pub fn told(list_register: u32) -> u32 {
    match is_hardware(list_register) {
        true if is_active(list_register) => list_register & !(HARDWARE | PHYSICAL) | MAINTENANCE_AT_END,
        true => 0,
        false => list_register,
    }
}

/// What such a word makes of the list register again that holds `prepared` when the interrupt comes: the guest handles
/// it. `None` for a word that says anything else.
pub fn handled(word: u32, prepared: u32) -> Option<u32> {
    let is_it = word & (INTID | PENDING | ACTIVE) == prepared & INTID | ACTIVE;
    is_it.then_some(word & !(PHYSICAL | MAINTENANCE_AT_END) | prepared & (HARDWARE | PHYSICAL))
}

/// What a list register holds once `injected` is pending in it as well; `None` if another interrupt is there.
///
/// An interrupt that the guest handles becomes pending once more (GICv2 specification 5.3.8: pending and active), which a
/// physical one's must not. One whose end is still to be told is there as well.
pub fn joined(list_register: u32, injected: u32) -> Option<u32> {
    let is_same = (list_register ^ injected) & (INTID | SOURCE) == 0 && !is_hardware(list_register | injected);
    match is_active(list_register) {
        _ if is_free(list_register) => Some(injected),
        true if is_same => Some(list_register | injected & (PENDING | MAINTENANCE_AT_END)),
        false if is_same && !is_ended(list_register) => Some(injected | list_register & MAINTENANCE_AT_END),
        _ => None,
    }
}

/// Nothing is in it, or an interrupt whose end is told.
pub fn is_free(list_register: u32) -> bool {
    list_register & (PENDING | ACTIVE) == 0 && !is_ended(list_register)
}

/// The guest has ended it, and the maintenance interrupt that tells so is still to come.
pub fn is_ended(list_register: u32) -> bool {
    list_register & (HARDWARE | PENDING | ACTIVE | MAINTENANCE_AT_END) == MAINTENANCE_AT_END
}

/// Its end deactivates a physical interrupt.
pub fn is_hardware(list_register: u32) -> bool {
    list_register & HARDWARE != 0
}

/// The guest has still to take it.
pub fn is_pending(list_register: u32) -> bool {
    list_register & PENDING != 0
}

/// The same with a maintenance interrupt at its end; a physical interrupt's has none.
pub fn with_maintenance(list_register: u32) -> u32 {
    if is_hardware(list_register) { list_register } else { list_register | MAINTENANCE_AT_END }
}

/// The guest is handling the interrupt in this list register.
pub fn is_active(list_register: u32) -> bool {
    list_register & ACTIVE != 0
}

/// The same without a maintenance interrupt at its end.
pub fn without_maintenance(list_register: u32) -> u32 {
    list_register & !MAINTENANCE_AT_END
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timer_interrupt() {
        let injection = Injection::from_word(27 | 3 << 32, 4).unwrap();
        assert_eq!(injection.list_register(), 0x1008_001b);
        assert!(!is_active(injection.list_register()));
        assert_eq!(without_maintenance(injection.list_register()), 0x1000_001b);
    }

    #[test]
    fn priority_and_group() {
        let injection = Injection::from_word(33 | 31 << 16 | 1 << 24, 4).unwrap();
        assert_eq!(injection.list_register(), 0x5f88_0021);
    }

    #[test]
    fn list_registers_that_a_vmm_may_write() {
        let timer = 0x5088_001b;
        for good in [0, timer, timer | ACTIVE, 0x1000_0003 | SOURCE, 0x1f80_03fb | 1 << 30] {
            assert!(is_writable(good), "{good:#x}");
        }
        for bad in
            [timer | 1 << 31, timer | SOURCE, timer | 1 << 13, timer | 1 << 20, 0x1000_03fc, 0x1000_0010 | 1 << 10]
        {
            assert!(!is_writable(bad), "{bad:#x}");
        }
        assert!(is_same_interrupt(timer, timer ^ (PENDING | ACTIVE)));
        assert!(!is_same_interrupt(timer, timer & !PENDING));
        assert!(!is_same_interrupt(PENDING | 3, PENDING | 3 | 1 << 10));
    }

    #[test]
    fn a_physical_interrupt_has_its_number_and_no_maintenance() {
        let timer = Injection::from_word(27 | 2 << 16 | 1 << 24, 4).unwrap().of_hardware(27);
        assert_eq!(timer, 0xd100_6c1b);
        assert!(is_hardware(timer) && is_pending(timer) && !is_active(timer));
        assert_eq!(with_maintenance(timer), timer);
    }

    #[test]
    fn a_vmm_is_told_of_a_physical_interrupt_that_the_guest_handles() {
        let timer = Injection::from_word(27 | 2 << 16 | 1 << 24, 4).unwrap().of_hardware(27);
        let active = timer & !PENDING | ACTIVE;
        let word = 0x6108_001b;
        assert_eq!((told(timer), told(active), told(word)), (0, word, word));
        assert!(is_writable(word));
        assert_eq!(handled(word, timer), Some(active));
        // With another priority and group, which are the VMM's to change.
        assert_eq!(handled(0x2f88_001b, timer), Some(0xaf80_6c1b));
        for other in [0, word | PENDING, word & !ACTIVE, word & !ACTIVE | PENDING, word + 1] {
            assert_eq!(handled(other, timer), None, "{other:#x}");
        }
    }

    #[test]
    fn an_interrupt_joins_itself_and_no_other() {
        let value = |word: u64| Injection::from_word(word, 4).unwrap().list_register();
        let (own, other) = (value(40 | 3 << 16), value(41));
        let active = own & !PENDING | ACTIVE;
        assert_eq!(joined(0, own), Some(own));
        assert_eq!(joined(own, own), Some(own));
        assert_eq!(joined(own, other), None);
        assert_eq!(joined(active, own), Some(active | PENDING));
        assert_eq!(joined(without_maintenance(active), own), Some(active | PENDING));
        assert_eq!(joined(active, without_maintenance(own)), Some(active | PENDING));
        assert_eq!(joined(active, other), None);
        // Priority and group of one that is only pending are the new ones.
        assert_eq!(joined(own, value(40 | 9 << 16)), Some(value(40 | 9 << 16)));
        let ended = own & !PENDING;
        assert!(is_ended(ended) && joined(ended, own).is_none() && joined(ended, other).is_none());
        assert_eq!(joined(without_maintenance(ended), other), Some(other));
        let timer = Injection::from_word(40, 4).unwrap().of_hardware(27);
        assert_eq!(joined(timer, own), None);
        assert_eq!(joined(timer & !PENDING | ACTIVE, own), None);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(Injection::from_word(32 << 16, 4), Err(OutOfRange(0, 31)));
        assert_eq!(Injection::from_word(2 << 24, 4), Err(OutOfRange(0, 1)));
        assert_eq!(Injection::from_word(4 << 32, 4), Err(OutOfRange(0, 3)));
        assert_eq!(Injection::from_word(1020, 4), Err(OutOfRange(0, 1019)));
    }
}
