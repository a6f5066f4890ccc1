// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kinds of files.

use crate::{reader, sample};

/// A kind of file that the tools read.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    /// Valid ones, to begin with.
    pub samples: fn() -> Vec<Vec<u8>>,
    /// Reads one, as a command does. Whatever comes of it is no matter.
    pub read: fn(&[u8]),
}

const fn kind(name: &'static str, samples: fn() -> Vec<Vec<u8>>, read: fn(&[u8])) -> Kind {
    Kind { name, samples, read }
}

/// All of them.
pub const KINDS: [Kind; 15] = [
    kind("description", sample::descriptions, reader::description),
    kind("vmmcfg", || sample::below("components/vmm/config"), reader::vmmcfg),
    kind("policy", || sample::of(&["tests/systems/crash.policy", "tests/systems/halt.policy"]), reader::policy),
    kind("program", || sample::of(&["tests/sdf/files/program.elf"]), reader::program),
    kind("symbols", || sample::of(&["tests/sdf/files/program.elf"]), reader::symbols),
    kind("kernel-and-root-task", sample::kernels, reader::packed),
    kind("image", || sample::of(&["tests/sdf/files/guest.img"]), reader::image),
    kind("zimage", || sample::of(&["tests/sdf/files/guest32.img"]), reader::zimage),
    kind("guest-kernel", sample::guest_kernels, reader::guest_kernel),
    kind("initrd", || vec![b"070701".repeat(200)], reader::initrd),
    kind("device-tree", sample::device_trees, fuzz::device_tree),
    kind("trace", sample::traces, reader::trace),
    kind("shard", sample::shards, reader::shard),
    kind("prefix", sample::prefix_files, reader::prefix),
    kind("board", || sample::of(&["kernel-config/qemu_virt_aarch64/board.toml"]), reader::board),
];
