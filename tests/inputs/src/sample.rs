// SPDX-License-Identifier: MIT OR Apache-2.0
//! Valid files to begin with: the tree's own where it has them.

use std::path::{Path, PathBuf};

use lazaret_inject::case::FaultKind;
use lazaret_inject::outcome::Outcome;
use lazaret_inject::result::{Campaign, Row};
use vmm::trace::{Record, Trace};
use zerocopy::IntoBytes;

/// The top of the tree.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// These files of the tree.
pub fn of(paths: &[&str]) -> Vec<Vec<u8>> {
    paths
        .iter()
        .map(|path| std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
        .collect()
}

/// All files of a folder of the tree, in order.
pub fn below(folder: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

pub fn descriptions() -> Vec<Vec<u8>> {
    of(&[
        "system.xml",
        "tests/systems/four-guests.system",
        "tests/systems/protection_domains.system",
        "tests/sdf/good_guest.system",
        "tests/sdf/good_maps.system",
        "tests/sdf/good_domain.system",
        "tests/sdf/good_63_protection_domains.system",
    ])
}

/// A kernel's and a root task's ELF file behind each other; the first eight bytes are where the second one begins.
pub fn kernels() -> Vec<Vec<u8>> {
    let program = &of(&["tests/sdf/files/program.elf"])[0];
    // What makes an arm64 Image of it: the magic number in its first segment.
    let mut kernel = program.clone();
    let data = u64::from_le_bytes(kernel[64 + 8..64 + 16].try_into().unwrap_or_default()) as usize;
    if let Some(place) = kernel.get_mut(data + 56..data + 60) {
        place.copy_from_slice(b"ARM\x64");
    }
    vec![[&(kernel.len() as u64).to_le_bytes()[..], &kernel, program].concat()]
}

/// As they are packaged: plain, compressed, wrapped for EFI.
pub fn guest_kernels() -> Vec<Vec<u8>> {
    let plain = of(&["tests/sdf/files/guest.img"]).remove(0);
    let mut zboot = b"MZ\0\0zimg".to_vec();
    zboot.extend_from_slice(&64u32.to_le_bytes());
    zboot.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    zboot.resize(24, 0);
    zboot.extend_from_slice(b"gzip");
    zboot.resize(64, 0);
    zboot.extend_from_slice(&plain);
    vec![plain, zboot]
}

pub fn device_trees() -> Vec<Vec<u8>> {
    vmm::boot::fdt::build(1, 1 << 24, "console=ttyAMA0", None, None).iter().map(|tree| tree.to_vec()).collect()
}

/// What a VMM writes.
pub fn traces() -> Vec<Vec<u8>> {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    let region: Vec<AtomicU64> = (0..4096 / 8).map(|_| AtomicU64::new(0)).collect();
    if let Some(writer) = Trace::new(&region, 0, "linux", 62_500_000) {
        for n in 0..40 {
            let esr = [0x6224_0064, 0x9381_8007, 0x5a00_0000, 0x07e0_0000][n % 4];
            let ticks = 1000 * n as u64;
            let (cause, value) = ((esr >> 26) as u8, 0x900_0000);
            writer.add(&Record { ticks, pc: 0x4000_0000, value, esr, cause, outcome: 0, duration: 125 });
        }
    }
    vec![region.iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect()]
}

pub fn shards() -> Vec<Vec<u8>> {
    let row = |number| Row {
        number,
        kind: FaultKind::Register,
        place: "x0".into(),
        detail: "<b>".into(),
        outcome: Outcome::NoEffect,
    };
    vec![serde_json::to_vec(&Campaign::new(1, (0..20).map(row).collect())).unwrap_or_default()]
}

/// Names of the files below a prefix that are changed, and valid ones. The first byte of a sample says which.
pub const PREFIX: [(&str, &str); 4] = [
    (
        "libsel4/include/kernel/gen_config.json",
        "{\"KERNEL_MCS\": true, \"ARM_CORTEX_A57\": true, \"MAX_NUM_NODES\": \"1\"}",
    ),
    (
        "libsel4/include/interfaces/object-api.xml",
        "<api name=\"x\"><interface name=\"a\"><method id=\"One\" name=\"one\"/><method id=\"Two\" name=\"two\"><condition>\
         <and><config var=\"CONFIG_KERNEL_MCS\"/><not><config var=\"CONFIG_S\"/></not></and></condition></method></interface></api>",
    ),
    ("support/platform_gen.json", "{\"devices\": [], \"memory\": [{\"start\": 1073741824, \"end\": 3221225472}]}"),
    ("bin/kernel.elf", "\u{7f}ELF"),
];

pub fn prefix_files() -> Vec<Vec<u8>> {
    let kernel = |which: u8, text: &str| [&[which][..], text.as_bytes()].concat();
    let mut samples: Vec<_> = (0u8..).zip(PREFIX).map(|(which, (_, text))| kernel(which, text)).collect();
    let config = &of(&["kernel-config/qemu_virt_aarch64/gen_config.json"])[0];
    samples.push([&[0][..], config].concat());
    samples.push([&[3][..], &of(&["tests/sdf/files/program.elf"])[0]].concat());
    samples
}

/// Words of nothing, for readers that want a whole page.
pub fn page() -> Vec<u8> {
    [0u64; 512].as_bytes().to_vec()
}
