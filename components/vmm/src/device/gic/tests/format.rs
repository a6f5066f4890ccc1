// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words themselves, as the two architectures' documents have them.

use super::*;

const TIMER: Listed = Listed { intid: 27, source: 0, priority: 0xa0, group: false, pending: true, active: false };
const SGI: Listed = Listed { intid: 5, source: 3, priority: 0x18, group: true, pending: true, active: true };

/// GICH_LR (IHI 0048B, table 5-11): State 29:28, Grp1 30, EOI 19, Priority 27:23, CPUID 12:10.
#[test]
fn words_of_gicv2() {
    assert_eq!(Format::V2.word(TIMER), 0x1a08_001b);
    assert_eq!(Format::V2.word(SGI), 0x7188_0c05);
    assert_eq!((Format::V2.listed(0x1a08_001b), Format::V2.listed(0x7188_0c05)), (TIMER, SGI));
    // The physical number of a hardware interrupt is no source.
    assert_eq!(Format::V2.listed(0x9a00_6c1b), TIMER);
    assert_eq!(Format::V2.priority_mask(0xb000_0000 | 7 << 21), 0xb0);
}

/// ICH_LR_EL2 (IHI 0069, 12.4): State 63:62, Group 60, Priority 55:48, EOI 41, vINTID 31:0.
#[test]
fn words_of_gicv3() {
    assert_eq!(Format::V3.word(TIMER), 0x40a0_0200_0000_001b);
    assert_eq!(Format::V3.word(SGI), 0xd018_0200_0000_0c05);
    assert_eq!((Format::V3.listed(0x40a0_0200_0000_001b), Format::V3.listed(0xd018_0200_0000_0c05)), (TIMER, SGI));
    assert_eq!(Format::V3.priority_mask(0xb400_0000), 0xb4);
}

fn interface(format: Format, guest: u64, active_priorities: u64, listed: Listed) -> Interface {
    let mut list = [0; LIST_REGISTERS];
    list[2] = format.word(listed);
    Interface { control: 1, guest, active_priorities, list }
}

/// Enables, mask, running priority and binary points decide together.
#[test]
fn what_is_signalled() {
    let one = Listed { group: true, ..TIMER };
    let active = Listed { pending: false, active: true, ..TIMER };
    for (format, mask) in [(Format::V2, 27), (Format::V3, 27)] {
        let above = 0x15 << mask;
        let signals = |guest, levels, listed| interface(format, guest, levels, listed).signals(format);
        assert!(signals(1 | above, 0, TIMER) && signals(2 | above, 0, one));
        assert!(!signals(2 | above, 0, TIMER) && !signals(1 | above, 0, one));
        assert!(!signals(1 | 0x14 << mask, 0, TIMER), "not above the mask");
        assert!(!signals(1 | above, 0, active) && !signals(1 | above, 0, Listed { active: true, ..TIMER }));
        assert!(!signals(1 | above, 1 << 0x14, TIMER) && signals(1 | above, 1 << 0x15, TIMER));
        // With a binary point of 5, priorities 0x80 to 0xbf are one.
        assert!(!signals(1 | above | 5 << 21, 1 << 0x15 | 1 << 0x10, TIMER));
        assert!(signals(1 | above | 5 << 21, 1 << 0x18, TIMER));
        // Group 1 has a binary point of its own, one more than its meaning, unless it shares group 0's.
        assert!(signals(2 | above | 5 << 21 | 3 << 18, 1 << 0x15, one));
        assert!(!signals(2 | above | 2 << 21 | 6 << 18, 1 << 0x15 | 1 << 0x10, one));
        assert!(!signals(2 | 1 << 4 | above | 5 << 21 | 3 << 18, 1 << 0x10, one));
    }
    let v3 = interface(Format::V3, 2 | 0xf8 << 24, 1 << (32 + 0x10), one);
    assert!(!v3.signals(Format::V3), "group 1's active priorities count as well");
}
