// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blobs that a boot loader or the tool passes on.

use microkernel::boot::device_tree;
use system_spec::Spec;

/// What is read of a specification lies within it.
pub fn spec(bytes: &[u8]) {
    // Tables lie at multiples of 8.
    let mut aligned = vec![0u64; bytes.len().div_ceil(8)];
    for (word, chunk) in aligned.iter_mut().zip(bytes.chunks(8)) {
        let mut padded = [0; 8];
        padded[..chunk.len()].copy_from_slice(chunk);
        *word = u64::from_ne_bytes(padded);
    }
    let Ok(spec) = Spec::parse(zerocopy::IntoBytes::as_bytes(&aligned[..])) else { return };
    (0..spec.object_count()).for_each(|object| {
        assert!(spec.kind_of(object).is_some());
        let _ = spec.object_name(object);
    });
    spec.components.iter().for_each(|component| _ = spec.name(component.name));
}

/// A device tree that the kernel takes has RAM, in whole pages.
pub fn device_tree(bytes: &[u8]) {
    let Ok(size) = device_tree::total_size(bytes) else { return };
    let Some(tree) = bytes.get(..size) else { return };
    let _ = device_tree::other_than(tree, "linux,dummy-virt");
    if let Ok(memory) = device_tree::memory(tree) {
        assert!(memory.ram.size() > 0);
        assert!(memory.ram.iter().all(|range| range.start % 4096 == 0 && range.end % 4096 == 0 && !range.is_empty()));
    }
}
