// SPDX-License-Identifier: MIT OR Apache-2.0
//! Inputs that get far, to change from there: binary ones are made here, texts are files of the tree.

use system_spec::{Kind, NO_PADDR, ObjectRun, Writer};

/// Words as a target reads them.
fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// MSR MDSCR_EL1, a store, HVC.
const TRAPS: [u64; 3] = [0x6225_0044, 0x9340_8046, 0x5a00_0000];

/// For [`crate::syndrome`].
pub fn syndromes() -> Vec<Vec<u8>> {
    vec![words(&TRAPS), words(&[0x6232_0bc1, 0x07e0_0000, 0xf200_0000])]
}

/// A label's place, then the words.
fn message(label: u8, message: [u64; 5]) -> Vec<u8> {
    [vec![label], words(&message)].concat()
}

fn messages() -> Vec<u8> {
    let (pc, gicd, uart) = (0x4000_0100, 0x0800_0100, 0x0900_0000);
    let trap = |esr, x| message(5, [esr, pc, 0x3c5, x, 0]);
    let store = |address, x| message(129, [TRAPS[1] | 0x3c5 << 32, pc, address, x, 0]);
    [
        trap(TRAPS[0], 1 << 15),
        store(gicd, 1 << 27),
        store(uart, u64::from(b'x')),
        trap(TRAPS[2], 0x8400_0000),
        message(6, [27, 1, 0, 0, 0]),
        message(4, [0, 2, 0, 0, 0]),
    ]
    .concat()
}

/// For [`crate::exits`].
pub fn exits() -> Vec<Vec<u8>> {
    [0, 1, 3].map(|setting| [vec![setting], messages()].concat()).into()
}

/// For [`crate::state`].
pub fn states() -> Vec<Vec<u8>> {
    vec![[vec![0; 3], messages()].concat(), vec![1, 8, 1], [vec![5, 40, 1, 0, 0, 0], messages()].concat()]
}

/// For [`crate::spec`].
pub fn specs() -> Vec<Vec<u8>> {
    let mut writer = Writer::default();
    for (kind, object) in [(Kind::Endpoint, 0), (Kind::Reply, 1), (Kind::Tcb, 2)] {
        let name = writer.name("object");
        let (kind, first) = (kind as u8, object);
        writer.objects.push(ObjectRun { paddr: NO_PADDR, first, count: 1, name, kind, size_bits: 0, reserved: 0 });
    }
    (writer.monitor_endpoint, writer.monitor_reply) = (0, 1);
    vec![writer.finish(b"data")]
}

/// For [`crate::device_tree`]: a guest's.
pub fn device_trees() -> Vec<Vec<u8>> {
    vmm::boot::fdt::build(1, 1 << 24, "console=ttyAMA0", None, None).iter().map(|tree| tree.to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use microkernel::boot::device_tree::memory;
    use system_spec::Spec;

    #[test]
    fn blobs_are_taken_as_they_are() {
        let specs = specs();
        let (words, rest) = specs[0].as_chunks::<8>();
        assert!(rest.is_empty());
        let words: Vec<u64> = words.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        assert_eq!(Spec::parse(zerocopy::IntoBytes::as_bytes(&words[..])).unwrap().object_count(), 3);
        assert_eq!(memory(&device_trees()[0]).unwrap().ram.size(), 1 << 24);
    }

    #[test]
    fn traps_are_decoded() {
        use arm_syndrome::{Esr, Syndrome};
        let decoded = TRAPS.map(|esr| Esr::new(esr).decode());
        assert!(matches!(decoded, [Syndrome::SysReg(_), Syndrome::DataAbort(_), Syndrome::Hvc(_)]), "{decoded:?}");
    }
}
