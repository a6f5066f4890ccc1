// SPDX-License-Identifier: MIT OR Apache-2.0
//! The report's memory table says what the description says.

use std::path::{Path, PathBuf};

use lazaret_board::Board;
use lazaret_plan::{Options, Plan};
use lazaret_report::memory::{self, Memory};
use lazaret_sdf::{SearchPath, System};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn board() -> Board {
    Board::load(&root().join("kernel-config"), "qemu_virt_aarch64").unwrap()
}

fn load(name: &str) -> System {
    let path = root().join("tests/sdf").join(name);
    lazaret_sdf::load(&path, &board(), &SearchPath::new(Vec::<PathBuf>::new())).unwrap_or_else(|e| panic!("{}", e[0]))
}

fn report(name: &str) -> (Plan, Memory) {
    let plan = Plan::build(&load(name), &Options::default()).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let memory = memory::of(&plan, &board().memory);
    (plan, memory)
}

#[test]
fn a_monitor_and_its_machine_share_the_guest_s_memory() {
    let (_, memory) = report("good_virtual_machine.system");
    let [vmm, linux] = &memory.components[..] else { panic!("{memory:?}") };
    assert_eq!((vmm.name.as_str(), vmm.machine), ("VMM", false));
    assert_eq!((vmm.program, vmm.stack, vmm.own_regions), (0x2000, 0x3000, 0));
    assert_eq!((vmm.shared_regions, vmm.devices), (0x1000_0000, 0));
    assert_eq!((linux.name.as_str(), linux.machine), ("linux", true));
    assert_eq!((linux.program, linux.stack, linux.own_regions), (0, 0, 0));
    assert_eq!((linux.shared_regions, linux.devices), (0x1000_0000, 0x2000));
    assert_eq!(memory.shared, 0x1000_0000);
    assert!(vmm.objects > 0 && linux.objects > 0 && vmm.tables > 0 && linux.tables > 0);
}

#[test]
fn a_region_in_two_pieces_of_one_domain_is_not_shared() {
    let (_, memory) = report("good_prefill.system");
    let [a] = &memory.components[..] else { panic!("{memory:?}") };
    assert_eq!((a.own_regions, a.shared_regions, memory.shared), (0x1000 + 0x4000 + 0x1_0000 + 0x1000, 0, 0));
}

#[test]
fn every_kernel_object_is_somebody_s() {
    for name in
        ["good_channels", "good_children", "good_cspace", "good_two_machines", "good_virtual_machine", "good_maps"]
    {
        let (plan, memory) = report(&format!("{name}.system"));
        let of_components: u64 = memory.components.iter().map(|c| c.objects + c.tables).sum();
        let monitor = [plan.monitor_endpoint, plan.monitor_reply].map(|id| memory::bytes(&plan.objects[id.0]));
        let pages = ["SmallPage", "LargePage"].map(|kind| memory.kinds.get(kind).map_or(0, |(_, bytes)| *bytes));
        let all: u64 = memory.kinds.values().map(|(_, bytes)| bytes).sum();
        assert_eq!(of_components + monitor.iter().sum::<u64>(), all - pages.iter().sum::<u64>(), "{name}");
    }
}
