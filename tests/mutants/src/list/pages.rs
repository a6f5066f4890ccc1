// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of rights of single pages, split blocks and the dirty log.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "more_access_than_was_granted",
        file: "microkernel/src/arch/arm/stage2.rs",
        from: "self.access as u8 <= granted.access as u8 && (granted.execute || !self.execute)",
        to: "granted.execute || !self.execute",
    },
    Mutant {
        name: "execution_that_was_not_granted",
        file: "microkernel/src/arch/arm/stage2.rs",
        from: "self.access as u8 <= granted.access as u8 && (granted.execute || !self.execute)",
        to: "self.access as u8 <= granted.access as u8",
    },
    Mutant {
        name: "clean_page_can_be_written",
        file: "microkernel/src/arch/arm/stage2.rs",
        from: "if can_write && !matches!(self.log, Log::Clean) { WRITE }",
        to: "if can_write { WRITE }",
    },
    Mutant {
        name: "nothing_is_broken_first",
        file: "microkernel/src/object/page_table/mod.rs",
        from: "            self.set(0);\n",
        to: "",
    },
    Mutant {
        name: "other_page_leaves_the_block_whole",
        file: "microkernel/src/object/page_table/mod.rs",
        from: "        above.set(mixed_table(above.get()));\n",
        to: "",
    },
    Mutant {
        name: "joined_table_is_not_empty",
        file: "microkernel/src/object/page_table/split.rs",
        from: "    args.kernel.cpu.arch.zero(object.addr(), size_of::<PageTable>() as u64);\n",
        to: "",
    },
    Mutant {
        name: "any_table_is_joined",
        file: "microkernel/src/object/page_table/split.rs",
        from: "        .filter(|place| place.split_block().is_some())\n",
        to: "",
    },
    Mutant {
        name: "logged_pages_are_joined",
        file: "microkernel/src/object/page_table/split.rs",
        from: " && Leaf::of(entry).log == Log::Off;",
        to: ";",
    },
    Mutant {
        name: "table_without_its_block_is_still_one",
        file: "microkernel/src/object/page_table/split.rs",
        from: "        place.set(mixed_table(place.get()));\n",
        to: "",
    },
    Mutant {
        name: "frame_leaves_its_pages_behind",
        file: "microkernel/src/object/frame.rs",
        from: "split::take_out(&place, frame.paddr)",
        to: "false",
    },
    Mutant {
        name: "some_pages_of_a_refused_call_change",
        file: "microkernel/src/object/vspace/rights.rs",
        from: "        false => Err(SyscallError::InvalidArgument(2)),\n",
        to: "        false => Ok(()),\n",
    },
    Mutant {
        name: "old_rights_stay_in_the_tlb",
        file: "microkernel/src/object/vspace/rights.rs",
        from: "    if changed {\n",
        to: "    if changed && false {\n",
    },
    Mutant {
        name: "call_gets_to_all_pages",
        file: "microkernel/src/object/vspace/pages.rs",
        from: "count.min(lazaret_abi::PAGES_PER_CALL) as usize",
        to: "count as usize",
    },
    Mutant {
        name: "written_pages_are_not_watched_again",
        file: "microkernel/src/object/vspace/dirty_log.rs",
        from: "if flags.end { Log::Off } else { Log::Clean }",
        to: "if flags.end { Log::Off } else { Log::Dirty }",
    },
    Mutant {
        name: "unwatched_page_counts_as_clean",
        file: "microkernel/src/object/vspace/dirty_log.rs",
        from: "u64::from(leaf.log != Log::Clean)",
        to: "u64::from(leaf.log == Log::Dirty)",
    },
    Mutant {
        name: "only_the_last_word_is_told",
        file: "microkernel/src/object/vspace/dirty_log.rs",
        from: "(number % WORD_BITS == WORD_BITS - 1 || number == pages.count - 1)",
        to: "number == pages.count - 1",
    },
    Mutant {
        name: "clean_pages_stay_writable_in_the_tlb",
        file: "microkernel/src/object/vspace/dirty_log.rs",
        from: "    if changed {\n",
        to: "    if changed && false {\n",
    },
    Mutant {
        name: "bitmap_ends_behind_its_frame",
        file: "microkernel/src/object/vspace/dirty_log.rs",
        from: "(1 << frame.size.bits()) - bytes",
        to: "(1 << frame.size.bits()) - WORD_BYTES",
    },
    Mutant {
        name: "bitmap_in_a_frame_to_read",
        file: "microkernel/src/object/vspace/dirty_log.rs",
        from: "!frame.device && frame.rights == FrameRights::ReadWrite",
        to: "!frame.device",
    },
    Mutant {
        name: "first_store_gives_a_right_back",
        file: "microkernel/src/object/vspace/dirty_log.rs",
        from: "leaf.log != Log::Clean || leaf.allowed.access != FrameRights::ReadWrite",
        to: "leaf.log != Log::Clean",
    },
    Mutant {
        name: "load_counts_as_a_store",
        file: "microkernel/src/arch/arm/abort.rs",
        from: "esr & WNR != 0 && (esr & STATUS_MASK) >> KIND_SHIFT == PERMISSION",
        to: "(esr & STATUS_MASK) >> KIND_SHIFT == PERMISSION",
    },
    Mutant {
        name: "vmm_hears_of_a_walk_that_writes",
        file: "microkernel/src/arch/arm/abort.rs",
        from: "    (esr & STATUS_MASK) >> KIND_SHIFT <= LAST_WITH_HPFAR\n",
        to: "    hpfar_is_valid(esr)\n",
    },
];
