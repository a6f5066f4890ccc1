// SPDX-License-Identifier: MIT OR Apache-2.0
//! Plans of small systems, read back through the specification that the root task would read.

mod program;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use system_spec::{Cap, FillSource, Kind, Mapping, NONE, Ref, Spec, flags, mapping_flags, thread_flags};
use zerocopy::IntoBytes;

use super::*;
use lazaret_board::Board;
use lazaret_sdf::{SearchPath, load};
use program::elf;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("lazaret-plan-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn plan(&self, description: &str, options: &Options) -> Result<Plan, Vec<String>> {
        let file = self.write("test.system", description.as_bytes());
        let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
        let board = Board::load(&board, "qemu_virt_aarch64").unwrap();
        let render = |errors: Vec<Diagnostic>| errors.iter().map(Diagnostic::headline).collect::<Vec<_>>();
        let system = load(&file, &board, &SearchPath::new([&self.0])).map_err(render)?;
        Plan::build(&system, options).map_err(render)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Keeps the bytes aligned for as long as the specification is used.
fn read(plan: &Plan, test: impl FnOnce(Spec<'_>)) {
    let bytes = plan.to_spec();
    let mut aligned = vec![0u64; bytes.len() / 8];
    aligned.as_mut_bytes().copy_from_slice(&bytes);
    test(Spec::parse(aligned.as_bytes()).expect("the plan's specification is valid"));
}

/// Object number by kind and name.
fn number(spec: &Spec<'_>, kind: Kind, name: &str) -> u32 {
    let run = spec.objects.iter().find(|run| run.kind() == Some(kind) && spec.name(run.name) == name);
    run.unwrap_or_else(|| panic!("no {kind:?} '{name}'")).first
}

fn cap_in<'a>(spec: &Spec<'a>, domain: &str, slot: u32) -> &'a Cap {
    let cnode = number(spec, Kind::CNode, domain);
    let found = spec.caps.iter().find(|cap| cap.cnode == cnode && cap.slot == slot);
    found.unwrap_or_else(|| panic!("{domain} has nothing in slot {slot}"))
}

/// Word at an address of a domain's program, as the image carries it.
fn word_at(spec: &Spec<'_>, domain: &str, vaddr: u64) -> u64 {
    let vspace = number(spec, Kind::VSpace, domain);
    let covers = |m: &&system_spec::Mapping| {
        m.vspace == vspace && m.vaddr <= vaddr && vaddr < m.vaddr + (u64::from(m.count) << m.page_bits)
    };
    let mapping = spec.mappings.iter().find(covers).expect("mapped");
    let Some(Ref::Data(page)) = Ref::from_word(mapping.frame) else { return 0 };
    let at = page as usize * 4096 + (vaddr - mapping.vaddr) as usize;
    u64::from_le_bytes(spec.data()[at..at + 8].try_into().unwrap())
}

const TWO: &str = r#"<system>
  <memory_region name="shared" size="0x3000" />
  <memory_region name="uart" size="0x1000" phys_addr="0x9000000" />
  <memory_region name="dma" size="0x200000" />
  <memory_region name="file" prefill_path="file.bin" />
  <protection_domain name="client" priority="10">
    <program_image path="a.elf" />
    <map mr="shared" vaddr="0x10000000" setvar_vaddr="shared_vaddr" />
    <map mr="dma" vaddr="0x10200000" />
    <map mr="file" vaddr="0x10600000" perms="r" setvar_prefill_size="file_size" />
    <setvar symbol="dma_paddr" region_paddr="dma" />
  </protection_domain>
  <protection_domain name="server" priority="20" passive="true" budget="500" period="1000">
    <program_image path="b.elf" />
    <map mr="shared" vaddr="0x20000000" perms="r" />
    <map mr="uart" vaddr="0x20600000" cached="false" />
    <irq irq="33" id="7" trigger="edge" />
  </protection_domain>
  <channel><end pd="client" id="3" pp="true" setvar_id="server_id" /><end pd="server" id="5" /></channel>
</system>"#;

fn two() -> Folder {
    let folder = Folder::new();
    let variables = ["shared_vaddr", "file_size", "dma_paddr", "server_id", "microkit_pps", "microkit_notifications"];
    folder.write("a.elf", &elf(&variables));
    folder.write("b.elf", &elf(&["microkit_passive", "microkit_irqs", "microkit_name"]));
    folder.write("file.bin", &[7; 5000]);
    folder
}

#[test]
fn slots_and_badges_are_microkits() {
    let plan = two().plan(TWO, &Options::default()).unwrap();
    read(&plan, |spec| {
        let notify = cap_in(&spec, "client", 10 + 3);
        assert_eq!(
            (notify.object, notify.data, notify.rights),
            (number(&spec, Kind::Notification, "server"), 1 << 5, 1)
        );
        let call = cap_in(&spec, "client", 74 + 3);
        assert_eq!((call.object, call.data), (number(&spec, Kind::Endpoint, "server"), 1 << 63 | 5));
        assert_eq!(cap_in(&spec, "server", 10 + 5).data, 1 << 3);
        assert_eq!(cap_in(&spec, "client", 1).object, number(&spec, Kind::Notification, "client"));
        assert_eq!(cap_in(&spec, "server", 1).object, number(&spec, Kind::Endpoint, "server"));
        assert_eq!(cap_in(&spec, "server", 5).data, 1 << 60 | 2);
        assert_eq!(cap_in(&spec, "server", 138 + 7).object, number(&spec, Kind::IrqHandler, "irq 33"));
        let irq = spec.irqs[0];
        assert_eq!((irq.irq, irq.trigger, irq.badge), (33, 1, 1 << 7));
    });
}

#[test]
fn threads_have_microkits_addresses() {
    let plan = two().plan(TWO, &Options::default()).unwrap();
    read(&plan, |spec| {
        let client = spec.threads[0];
        assert_eq!((client.entry, client.ipc_buffer_vaddr, client.sp), (0x20_0000, 0x7f_ffff_f000, 0x7f_ffff_e000));
        assert_eq!((client.priority, client.flags, client.fault_badge), (10, thread_flags::RESUME, 1));
        assert_eq!(client.cspace_data, 55);
        assert_eq!(spec.components[1].stack_bottom, 0x7f_ffff_e000 - 0x2000);
        assert_eq!(spec.components[1].passive, 1);
        let sc = spec.sched_contexts.iter().find(|sc| sc.object == spec.threads[1].sched_context).unwrap();
        assert_eq!((sc.budget, sc.period, sc.badge, sc.extra_refills), (500, 1000, 0x101, 8));
    });
}

#[test]
fn variables_are_set() {
    let plan = two().plan(TWO, &Options::default()).unwrap();
    read(&plan, |spec| {
        let client = |n: u64| word_at(&spec, "client", 0x20_1000 + 64 * n);
        assert_eq!(client(0), 0x1000_0000);
        assert_eq!(client(1), 5000);
        assert_eq!(client(2), 0xbc00_0000 - 0x20_0000);
        assert_eq!(client(3), 3);
        assert_eq!((client(4), client(5)), (1 << 3, 1 << 3));
        let server = |n: u64| word_at(&spec, "server", 0x20_1000 + 64 * n);
        assert_eq!((server(0), server(1)), (1, 1 << 7));
        assert_eq!(server(2).to_le_bytes(), *b"server\0\0");
        let dma = spec.objects.iter().find(|run| spec.name(run.name) == "dma").unwrap();
        assert_eq!((dma.paddr, dma.kind()), (0xbbe0_0000, Some(Kind::LargePage)));
    });
}

#[test]
fn frames_are_mapped_once_and_then_copied() {
    let plan = two().plan(TWO, &Options::default()).unwrap();
    read(&plan, |spec| {
        let shared = Ref::Object(number(&spec, Kind::SmallPage, "shared")).to_word();
        let maps: Vec<_> = spec.mappings.iter().filter(|mapping| mapping.frame == shared).collect();
        assert_eq!(
            maps.iter().map(|m| (m.count, m.rights, m.flags)).collect::<Vec<_>>(),
            [(3, 3, 0), (3, 2, mapping_flags::COPY)]
        );
        let uart = Ref::Object(number(&spec, Kind::SmallPage, "uart")).to_word();
        let uart = spec.mappings.iter().find(|mapping| mapping.frame == uart).unwrap();
        assert_eq!(uart.attributes, 4);
        let text = spec.mappings.iter().find(|mapping| mapping.vaddr == 0x20_0000).unwrap();
        assert_eq!((text.rights, text.attributes, text.flags), (2, 3, mapping_flags::COPY | mapping_flags::UNIFY));
        assert!(matches!(Ref::from_word(text.frame), Some(Ref::Data(_))));
        let file = spec.mappings.iter().find(|mapping| mapping.vaddr == 0x1060_0000).unwrap();
        let Some(Ref::Data(page)) = Ref::from_word(file.frame) else { panic!("a page of the image") };
        assert_eq!(file.count, 2);
        assert_eq!(spec.data()[page as usize * 4096..][..5001], [[7; 5000].as_slice(), &[0]].concat());
    });
}

const MACHINE: &str = r#"<system>
  <memory_region name="ram" size="0x400000" />
  <memory_region name="gicv" size="0x2000" phys_addr="0x8040000" />
  <protection_domain name="vmm" priority="254">
    <program_image path="vmm.elf" />
    <map mr="ram" vaddr="0x40000000" setvar_vaddr="guest_ram_vaddr" />
    <virtual_machine name="linux" priority="100">
      <vcpu id="0" />
      <map mr="ram" vaddr="0x40000000" perms="rwx" />
      <map mr="gicv" vaddr="0x8010000" cached="false" />
    </virtual_machine>
  </protection_domain>
</system>"#;

#[test]
fn a_virtual_machine_belongs_to_its_parent() {
    let folder = Folder::new();
    folder.write("vmm.elf", &elf(&["guest_ram_vaddr"]));
    let plan = folder.plan(MACHINE, &Options { audit: true, ..Options::default() }).unwrap();
    read(&plan, |spec| {
        assert_eq!(spec.flags(), flags::AUDIT);
        let guest = spec.threads[1];
        assert_eq!(guest.fault_endpoint, number(&spec, Kind::Endpoint, "vmm"));
        assert_eq!((guest.fault_badge, guest.flags, guest.ipc_buffer, guest.cspace_data), (1 << 62, 0, NONE, 63));
        assert_eq!(cap_in(&spec, "vmm", 266).object, guest.tcb);
        assert_eq!(cap_in(&spec, "vmm", 330).object, guest.vcpu);
        let cspace = spec.run_of(guest.cspace).unwrap();
        assert_eq!(cspace.size_bits, 1);
        assert!(spec.caps.iter().all(|cap| cap.cnode != guest.cspace));
        let ram: Vec<_> = spec.mappings.iter().filter(|m| m.vaddr == 0x4000_0000).collect();
        assert!(ram.iter().all(|m| m.page_bits == 21 && m.count == 2));
        assert_eq!(ram.iter().map(|m| m.flags).sum::<u8>(), mapping_flags::COPY);
        let tables = spec.page_tables.iter().filter(|table| table.vspace == guest.vspace);
        assert_eq!(tables.map(|table| table.vaddr).collect::<Vec<_>>(), [0, 0, 0x4000_0000, 0x800_0000]);
        assert_eq!(spec.components[1].kind(), system_spec::ComponentKind::Vcpu);
        assert_eq!(spec.name(spec.components[1].name), "linux.vcpu0");
    });
}

/// On a kernel where a passive VMM could not sleep. Other servers are as the description has them.
#[test]
fn a_vmm_can_keep_its_own_time() {
    let folder = Folder::new();
    folder.write("vmm.elf", &elf(&["guest_ram_vaddr", "microkit_passive"]));
    let machine = MACHINE.replace(r#"priority="254""#, r#"priority="254" passive="true""#);
    for vmms_stay_active in [false, true] {
        let options = Options { vmms_stay_active, ..Options::default() };
        let is_passive = |plan: &Plan, n: usize| {
            let mut passive = None;
            read(plan, |spec| passive = Some(spec.components[n].passive));
            passive
        };
        assert_eq!(is_passive(&folder.plan(&machine, &options).unwrap(), 0), Some(u8::from(!vmms_stay_active)));
        assert_eq!(is_passive(&two().plan(TWO, &options).unwrap(), 1), Some(1));
    }
}

/// Filled by the root task, after what the image has there, and by nobody else: so the page is a frame of its own.
#[test]
fn a_program_with_a_variable_for_it_gets_a_seed() {
    let folder = Folder::new();
    folder.write("vmm.elf", &elf(&["guest_ram_vaddr", "vmm_seed"]));
    let plan = folder.plan(MACHINE, &Options::default()).unwrap();
    read(&plan, |spec| {
        let fills: Vec<_> = spec.fills.iter().map(|fill| (fill.source(), fill.to, fill.len)).collect();
        assert!(matches!(fills[..], [(FillSource::Data(_), 0, 0x1000), (FillSource::Seed(0, 0), 64, 32)]), "{fills:?}");
        assert_eq!(spec.fills[0].frame, spec.fills[1].frame);
        let has_it = |m: &&Mapping| m.frame == Ref::Object(spec.fills[1].frame).to_word();
        let mapping = spec.mappings.iter().find(has_it).unwrap();
        assert_eq!((mapping.vaddr, mapping.rights), (0x20_1000, 3));
    });
    folder.write("vmm.elf", &elf(&["guest_ram_vaddr"]));
    let plan = folder.plan(MACHINE, &Options::default()).unwrap();
    read(&plan, |spec| assert!(spec.fills.is_empty()));
}

#[test]
fn a_planted_capability_is_not_granted() {
    let folder = Folder::new();
    folder.write("vmm.elf", &elf(&["guest_ram_vaddr"]));
    let plan = folder.plan(MACHINE, &Options { plant_capability: true, ..Options::default() }).unwrap();
    read(&plan, |spec| assert_eq!(cap_in(&spec, "vmm", 511).rights, 15));
    assert!(plan.caps.iter().all(|cap| cap.slot != 511));
}

#[test]
fn errors_of_images_have_a_place() {
    let folder = Folder::new();
    folder.write("vmm.elf", &elf(&["other"]));
    let errors = folder.plan(MACHINE, &Options::default()).unwrap_err();
    assert!(errors[0].contains("guest_ram_vaddr"), "{errors:?}");
    let overlap = MACHINE.replace("vaddr=\"0x40000000\" setvar_vaddr=\"guest_ram_vaddr\"", "vaddr=\"0x200000\"");
    let errors = folder.plan(&overlap, &Options::default()).unwrap_err();
    assert!(errors[0].contains("overlap"), "{errors:?}");
}

#[test]
fn the_report_names_everything() {
    let plan = two().plan(TWO, &Options::default()).unwrap();
    let report = plan.report(&[Options::default().ram]);
    for part in [
        "# Address space of client",
        "memory region 'uart'",
        "the IPC buffer",
        "   33 edge   server",
        "500 us   1000 us",
    ] {
        assert!(report.contains(part), "{part}\n{report}");
    }
    let totals = plan.totals(&[Options::default().ram]);
    assert_eq!(totals.objects[&Kind::LargePage], (1, 0x20_0000));
    assert_eq!(totals.objects[&Kind::IrqHandler], (1, 0));
}
