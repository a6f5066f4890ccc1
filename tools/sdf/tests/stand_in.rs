// SPDX-License-Identifier: MIT OR Apache-2.0
//! A description for QEMU's virt board means this board's devices, where it can mean nothing else.

use std::path::Path;

use lazaret_board::Board;
use lazaret_sdf::model::PhysAddr;
use lazaret_sdf::{SearchPath, System};

const UART: u64 = 0xfe20_1000;
const GICV: u64 = 0xff84_6000;

fn load_text(text: &str) -> Result<System, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
    let board = Board::load(&folder, "rpi4b_4gb").unwrap();
    let loaded = lazaret_sdf::load_text(Path::new("x.system"), text, &board, &SearchPath::unchecked());
    loaded.map_err(|errors| errors[0].to_string())
}

/// A domain with an interrupt that maps one page.
fn one_region(region: &str, map: &str, irq: u32) -> Result<System, String> {
    load_text(&format!(
        r#"<system>
            <memory_region name="r" size="0x1000" {region} />
            <protection_domain name="a"><program_image path="a.elf" />
                <map mr="r" vaddr="0x2000000" {map} /><irq irq="{irq}" id="1" />
            </protection_domain>
        </system>"#
    ))
}

fn place(system: &System) -> (PhysAddr, u32) {
    (system.memory_regions[0].phys, system.protection_domains[0].irqs[0].number)
}

#[test]
fn the_default_system_is_for_this_board_too() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../system.xml");
    let system = load_text(&std::fs::read_to_string(path).unwrap()).unwrap();
    let phys = |name: &str| system.memory_regions.iter().find(|region| region.name == name).unwrap().phys;
    assert_eq!((phys("uart"), phys("gicv")), (PhysAddr::At(UART), PhysAddr::At(GICV)));
    let (_, serial) = system.protection_domain("serial").unwrap();
    assert_eq!(serial.irqs[0].number, 153);
    let said: Vec<_> = system.stand_ins.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("0x9000000") && said[0].contains("0xfe201000") && said[0].contains("153"), "{said:?}");
    assert_eq!(phys("clock"), PhysAddr::Anywhere);
    assert!(said[2].contains("0x9010000") && said[2].contains("this board has none"), "{said:?}");
    assert_eq!(said.len(), 3);
}

#[test]
fn the_board_s_own_addresses_stay() {
    let system = one_region(r#"phys_addr="0xfe201000""#, r#"cached="false""#, 153).unwrap();
    assert_eq!(place(&system), (PhysAddr::At(UART), 153));
    assert!(system.stand_ins.is_empty());
}

#[test]
fn memory_at_such_an_address_stays_memory() {
    let system = one_region(r#"phys_addr="0x9000000""#, "", 33).unwrap();
    assert_eq!(place(&system), (PhysAddr::At(0x900_0000), 33));
    let system = one_region(r#"phys_addr="0x9001000""#, r#"cached="false""#, 33).unwrap();
    assert_eq!(place(&system), (PhysAddr::At(0x900_1000), 33));
}

#[test]
fn more_than_the_device_has_is_refused_with_its_place_here() {
    let text = r#"<system><memory_region name="gicv" size="0x10000" phys_addr="0x8040000" />
        <protection_domain name="a"><program_image path="a.elf" />
        <map mr="gicv" vaddr="0x2000000" cached="false" /></protection_domain></system>"#;
    let error = load_text(text).unwrap_err();
    assert!(error.contains("more than the device there: GIC virtual CPU interface"), "{error}");
}
