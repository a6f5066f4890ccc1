// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files that a description names, before anything else is known of it: what is wrong with a description is told
//! together with which of its files could not be looked at.

use std::collections::BTreeSet;
use std::path::Path;

use super::limits::{MAX_DESCRIPTION, read_at_most};

/// Attributes that name a file, with their element.
const ATTRIBUTES: [(&str, &str); 3] =
    [("program_image", "path"), ("program_image", "path_for_symbols"), ("memory_region", "prefill_path")];

/// The files that a description names, whatever else is wrong with it.
pub fn named_files_in(description: &Path) -> BTreeSet<String> {
    let bytes = read_at_most(description, MAX_DESCRIPTION).unwrap_or_default();
    named_files(&String::from_utf8_lossy(&bytes))
}

/// The files that a text names, whatever else is wrong with it; none when it is not XML.
fn named_files(text: &str) -> BTreeSet<String> {
    let Ok(document) = super::parse(text) else { return BTreeSet::new() };
    let named = |node: roxmltree::Node<'_, '_>| {
        let attributes = ATTRIBUTES.iter().filter(move |(element, _)| node.has_tag_name(*element));
        attributes.filter_map(move |(_, name)| Some(node.attribute(*name)?.to_string())).collect::<Vec<_>>()
    };
    document.descendants().flat_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_count_and_nothing_else() {
        let text = "<system><!-- \"not.img\" --><memory_region name='guess.img' prefill_path='bare.img'/>
            <protection_domain><program_image path = \"vmm.elf\" path_for_symbols='a.elf'/></protection_domain></system>";
        assert_eq!(named_files(text), ["a.elf", "bare.img", "vmm.elf"].map(String::from).into());
        assert!(named_files("<system").is_empty());
    }
}
