// SPDX-License-Identifier: MIT OR Apache-2.0
//! The construction against the host's recording kernel.
#![allow(unsafe_code)]

use sel4::fake::{Answer, push_answer, take_calls};
use sel4_abi::{
    boot_info::{BootInfo, SlotRegion},
    invocation::Invocation,
};
use std::{boxed::Box, string::ToString, vec, vec::Vec};
use system_spec::{Cap, Kind, Mapping, NO_PADDR, ObjectRun, Ref, Spec, Writer, mapping_flags};
use zerocopy::{FromZeros, IntoBytes};

use crate::{Cause, System};

/// Where the image lies in the test: four frames, the specification in the last two.
const IMAGE: usize = 0x40_0000;

#[repr(C, align(4096))]
struct Page(BootInfo);

fn boot_info() -> &'static sel4::BootInfoPtr {
    let mut info = BootInfo::new_zeroed();
    info.empty = SlotRegion { start: 100, end: 1000 };
    info.user_image_frames = SlotRegion { start: 20, end: 24 };
    info.ipc_buffer = IMAGE as u64 + 0x4000;
    info.sched_control = SlotRegion { start: 19, end: 20 };
    info.untyped = SlotRegion { start: 50, end: 52 };
    info.untyped_list[0].paddr = 0x900_0000;
    info.untyped_list[0].size_bits = 13;
    info.untyped_list[0].is_device = 1;
    info.untyped_list[1].paddr = 0x4000_0000;
    info.untyped_list[1].size_bits = 24;
    let page = Box::leak(Box::new(Page(info)));
    // SAFETY: leaked, page-aligned, of the kernel's layout, and never written again.
    Box::leak(Box::new(unsafe { sel4::BootInfoPtr::new((&raw const page.0).cast()) }))
}

fn run(writer: &mut Writer, name: &str, kind: Kind, size_bits: u8, count: u32, paddr: u64) -> u32 {
    let first = writer.objects.last().map_or(0, |run| run.first + run.count);
    let name = writer.name(name);
    writer.objects.push(ObjectRun { paddr, first, count, name, kind: kind as u8, size_bits, reserved: 0 });
    first
}

fn spec(edit: impl FnOnce(&mut Writer)) -> Spec<'static> {
    let mut writer = Writer::default();
    run(&mut writer, "uart", Kind::SmallPage, 0, 1, 0x900_1000);
    run(&mut writer, "ram", Kind::SmallPage, 0, 300, NO_PADDR);
    run(&mut writer, "pd", Kind::CNode, 9, 1, NO_PADDR);
    run(&mut writer, "pd", Kind::VSpace, 0, 1, NO_PADDR);
    writer.monitor_reply = run(&mut writer, "monitor", Kind::Reply, 0, 1, NO_PADDR);
    writer.monitor_endpoint = run(&mut writer, "monitor", Kind::Endpoint, 0, 1, NO_PADDR);
    edit(&mut writer);
    let bytes = writer.finish(&[1]);
    let mut words = vec![0u64; bytes.len() / 8];
    words.as_mut_bytes().copy_from_slice(&bytes);
    Spec::parse(Vec::leak(words).as_bytes()).unwrap()
}

fn system(edit: impl FnOnce(&mut Writer)) -> System<'static> {
    System::new((spec(edit), IMAGE + 0x2000), boot_info()).unwrap()
}

#[test]
fn objects_land_in_their_slots() {
    let mut system = system(|_| ());
    take_calls();
    system.create_objects().unwrap();
    let calls = take_calls();
    let retypes: Vec<_> =
        calls.iter().map(|call| (call.registers.x0, call.words[0], call.words[4], call.words[5])).collect();
    // The UART's untyped is cut once; frames come in batches of 256.
    let expected = [(50, 0, 406, 1), (50, 9, 101, 1), (51, 9, 102, 256), (51, 9, 358, 44), (51, 4, 402, 1)];
    assert_eq!(retypes[..5], expected);
    assert!(calls.iter().all(|call| call.label == Invocation::UntypedRetype.label()));
}

#[test]
fn a_refusal_names_the_object() {
    let mut system = system(|_| ());
    push_answer(Answer::default());
    push_answer(Answer { label: 10, ..Answer::default() });
    let failure = system.create_objects().unwrap_err();
    assert_eq!(failure.to_string(), "create 'uart': the kernel says NotEnoughMemory");
    take_calls();
}

#[test]
fn pages_of_the_image_are_copied_and_mapped() {
    let mut system = system(|writer| {
        let flags = mapping_flags::COPY | mapping_flags::UNIFY;
        let frame = Ref::Data(0).to_word();
        let (vspace, vaddr) = (302, 0x20_0000);
        writer.mappings.push(Mapping {
            vaddr,
            vspace,
            frame,
            count: 1,
            page_bits: 12,
            rights: 2,
            attributes: 3,
            flags,
        });
    });
    take_calls();
    system.map_frames().unwrap();
    let calls = take_calls();
    let labels: Vec<_> = calls.iter().map(|call| call.label).collect();
    let expected = [Invocation::CNodeCopy, Invocation::PageMap, Invocation::PageUnifyInstruction];
    assert_eq!(labels, expected.map(Invocation::label));
    // The image's last frame is the data: one page behind the header's.
    assert_eq!((calls[0].words[0], calls[0].words[2]), (406, 23));
    assert_eq!(calls[1].words, [0x20_0000, 2, 3]);
}

#[test]
fn a_badge_means_mint() {
    let system = system(|writer| {
        let cap = Cap { data: 7, cnode: 301, slot: 10, object: 304, rights: 1, reserved: [0; 3] };
        writer.caps.extend([cap, Cap { data: 0, ..cap }]);
    });
    take_calls();
    system.fill_cnodes().unwrap();
    let calls = take_calls();
    assert_eq!(calls[0].label, Invocation::CNodeMint.label());
    assert_eq!(calls[0].words, [10, 9, 405, 64, 1, 7]);
    assert_eq!(calls[1].label, Invocation::CNodeCopy.label());
}

#[test]
fn an_image_without_the_data_is_refused() {
    let failure = System::new((spec(|_| ()), IMAGE + 0x3000), boot_info()).err().unwrap();
    assert_eq!(failure.cause, Cause::NotInImage);
}
