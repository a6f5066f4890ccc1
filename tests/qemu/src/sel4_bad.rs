// SPDX-License-Identifier: MIT OR Apache-2.0
//! `--kernel PREFIX` with a PREFIX that does not do, made here: no seL4 is needed for these.

use std::path::{Path, PathBuf};

use lazaret_programs::sha256;
use lazaret_programs::workspace::Workspace;
use sel4_abi::invocation::Invocation;

use crate::Scenario;
use crate::command_line::expect;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[
    ("kernel-prefix-refused", refused),
    ("kernel-prefix-cpu", other_cpu),
    ("kernel-prefix-stops-at-boot", stops_at_boot),
    ("kernel-prefix-release-audit", release_audit),
    ("kernel-prefix-two-vms", two_vms),
];

const CONFIGURATION: &str = "libsel4/include/kernel/gen_config.json";
const INTERFACE: &str = "libsel4/include/interfaces/object-api.xml";
const KERNEL_VADDR: u64 = 0xff_c000_0000;
const KERNEL_PADDR: u64 = 0x6000_0000;

/// A folder in the form of an installed seL4.
struct Prefix(PathBuf);

impl Prefix {
    /// Everything is as documented; the kernel says one line and stops.
    fn new(name: &str) -> anyhow::Result<Self> {
        let workspace = Workspace::find();
        let prefix = Self(workspace.target().join("lazaret/prefixes").join(name));
        let ours = workspace.kernel_config().join("qemu_virt_aarch64/gen_config.json");
        let ours = std::fs::read_to_string(ours)?.replace("\"LAZARET", "\"ARM_TLS_REG\": \"tpidru\", \"LAZARET");
        let ids = Invocation::ALL.iter().map(|invocation| invocation.interface_id());
        let methods: String = ids.map(|id| format!("<method id=\"{id}\" name=\"x\"/>")).collect();
        prefix.write(CONFIGURATION, ours.as_bytes())?;
        prefix.write("libsel4/include/sel4/gen_config.json", b"{}")?;
        prefix.write(INTERFACE, format!("<api>{methods}</api>").as_bytes())?;
        prefix.write("libsel4/include/interfaces/object-api-sel4-arch.xml", b"<api/>")?;
        prefix.write("libsel4/include/interfaces/object-api-arch.xml", b"<api/>")?;
        prefix.write("support/platform_gen.json", br#"{"memory": [{"start": 1610612736, "end": 3221225472}]}"#)?;
        prefix.write("support/kernel.dtb", &[0xd0, 0x0d, 0xfe, 0xed])?;
        prefix.write("bin/kernel.elf", &elf(&code("seL4 of sorts: cannot go on")))?;
        Ok(prefix)
    }

    fn write(&self, file: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.0.join(file);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        Ok(std::fs::write(path, bytes)?)
    }

    fn replace(&self, file: &str, from: &str, to: &str) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(self.0.join(file))?;
        anyhow::ensure!(text.contains(from), "{file} has no {from}");
        self.write(file, text.replace(from, to).as_bytes())
    }

    /// `run` ends with that exit code and these words.
    fn run(&self, more: &[&str], code: i32, text: &str) -> anyhow::Result<()> {
        let (prefix, system) = (show(&self.0), show(&machine::description("one_bare")));
        expect(&[&["run", "--kernel", &prefix, "--system", &system], more].concat(), code, text)
    }
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

/// Exit code 2, the key and the value wanted.
fn refused() -> anyhow::Result<()> {
    let cases = [
        (
            "x86",
            CONFIGURATION,
            "\"SEL4_ARCH\": \"aarch64\"",
            "\"SEL4_ARCH\": \"x86_64\"",
            "SEL4_ARCH is x86_64, wanted aarch64",
        ),
        ("no-mcs", CONFIGURATION, "\"KERNEL_MCS\": true", "\"KERNEL_MCS\": false", "(cmake's KernelIsMCS)"),
        ("smp", CONFIGURATION, "\"MAX_NUM_NODES\": \"1\"", "\"MAX_NUM_NODES\": \"4\"", "MAX_NUM_NODES is 4, wanted 1"),
        (
            "rpi4",
            CONFIGURATION,
            "\"PLAT\": \"qemu-arm-virt\"",
            "\"PLAT\": \"bcm2711\"",
            "PLAT is bcm2711, wanted qemu-arm-virt",
        ),
        (
            "small",
            CONFIGURATION,
            "SIZE_BITS\": \"17\"",
            "SIZE_BITS\": \"12\"",
            "ROOT_CNODE_SIZE_BITS is 12, wanted 17 or more",
        ),
        ("old", INTERFACE, "TCBSetFlags", "TCBSetSpecial", "interface is older than ours: it has no TCBSetFlags"),
        ("cut", CONFIGURATION, "}", "", "gen_config.json"),
    ];
    for (name, file, from, to, text) in cases {
        let prefix = Prefix::new(name)?;
        prefix.replace(file, from, to)?;
        prefix.run(&[], 2, text)?;
    }
    let empty = Prefix(Workspace::find().target().join("lazaret/prefixes/empty"));
    std::fs::create_dir_all(&empty.0)?;
    empty.run(&[], 2, "there is no bin/kernel.elf")?;
    let missing = "/no/such/prefix: not a seL4 that this system runs on: there is no such folder\n";
    Prefix("/no/such/prefix".into()).run(&[], 2, missing)
}

/// Exit code 2 at once: nobody would print what is waited for.
fn release_audit() -> anyhow::Result<()> {
    let prefix = Prefix::new("release")?;
    for key in ["DEBUG_BUILD", "PRINTING"] {
        prefix.replace(CONFIGURATION, &format!("\"{key}\": true"), &format!("\"{key}\": false"))?;
    }
    let system = show(&machine::description("one_bare"));
    expect(&["audit", "--kernel", &show(&prefix.0), "--system", &system], 2, "a release kernel prints nothing")
}

/// A stock seL4 does not start two: it is said what it starts. The report names the kernel.
fn two_vms() -> anyhow::Result<()> {
    let (prefix, system) = (Prefix::new("stock")?, show(&machine::description("two_bare")));
    let folder = prefix.0.join("out");
    let arguments = ["build", "--kernel", &show(&prefix.0), "--system", &system, "-o", &show(&folder)];
    expect(&arguments, 0, "such as that of tests/systems/linux.system")?;
    let report = std::fs::read_to_string(folder.join("report.txt"))?;
    let kernel = report.lines().find(|line| line.starts_with("kernel ")).unwrap_or_default();
    let hash = sha256(&std::fs::read(prefix.0.join("bin/kernel.elf"))?);
    for part in ["seL4 of ", "cortex-a57, debug", "the documented one", "without the debug shim", &hash] {
        anyhow::ensure!(kernel.contains(part), "{kernel:?} has no {part:?}");
    }
    Ok(())
}

/// A seL4 is built for one core.
fn other_cpu() -> anyhow::Result<()> {
    Prefix::new("cpu")?.run(&["--cpu", "cortex-a53"], 2, "the kernel is built for cortex-a57")
}

/// Exit code 1, after the time-out, with the kernel's last line.
fn stops_at_boot() -> anyhow::Result<()> {
    let arguments = ["--until", "system started", "--timeout", "5"];
    Prefix::new("stops")?.run(&arguments, 1, "its last line: seL4 of sorts: cannot go on")
}

/// Writes a text to the UART and stops: adr x1, text; mov x2, #0x9000000; 1: ldrb w3, [x1], #1; cbz w3, .;
/// str w3, [x2]; b 1b
fn code(text: &str) -> Vec<u8> {
    let code = [0x1000_00c1u32, 0xd2a1_2002, 0x3840_1423, 0x3400_0003, 0xb900_0043, 0x17ff_fffd];
    [code.map(u32::to_le_bytes).concat(), text.as_bytes().to_vec(), vec![b'\n', 0]].concat()
}

/// An executable of one segment.
fn elf(code: &[u8]) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xb7\0\x01\0\0\0".to_vec();
    [KERNEL_VADDR, 64, 0].iter().for_each(|word| file.extend_from_slice(&word.to_le_bytes()));
    file.extend_from_slice(&[0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 64, 0, 0, 0, 0, 0]);
    file.extend_from_slice(&[1, 0, 0, 0, 7, 0, 0, 0]);
    let size = code.len() as u64;
    let segment = [120, KERNEL_VADDR, KERNEL_PADDR, size, size, 1];
    segment.iter().for_each(|word| file.extend_from_slice(&word.to_le_bytes()));
    file.extend_from_slice(code);
    file
}
