// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a build has to make for a description: which of our programs it runs, and which guests' files it names.

use lazaret_guests::Wanted;
use lazaret_sdf::{SearchPath, System};

/// Our programs for protection domains, in files `NAME.elf`. Reports have these two whatever a description runs.
const ALWAYS: [&str; 2] = ["vmm", "serial"];
/// Those that are made where a description runs them: the VMM of several vCPUs and the one with a stub for gdb, the drivers of the disk, of the network and of
/// the debug line, and the program of the domains that test what Microkit promises.
const SOMETIMES: [&str; 6] = ["vmm-smp", "vmm-debug", "block", "network", "debug-line", "protection-domains"];

/// Files that a build makes, as descriptions name them.
pub const MADE: [&str; 14] = [
    "vmm.elf",
    "vmm-smp.elf",
    "vmm-debug.elf",
    "serial.elf",
    "block.elf",
    "network.elf",
    "debug-line.elf",
    "protection-domains.elf",
    lazaret_guests::LINUX,
    lazaret_guests::INITRD,
    lazaret_guests::BARE,
    lazaret_guests::LINUX32,
    lazaret_guests::INITRD32,
    lazaret_guests::BARE32,
];

/// What one description needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// Packages of programs for protection domains.
    pub programs: Vec<&'static str>,
    /// Guests' files.
    pub guests: Wanted,
}

impl Needed {
    /// Of a description that was read and checked; what its user gives (`files`) is not made.
    pub fn by(system: &System, files: &SearchPath) -> Self {
        let mut names = system.file_names();
        names.retain(|name| files.find(name).is_none());
        let is_run = |program: &&str| names.contains(program_file(program).as_str());
        let programs = ALWAYS.into_iter().chain(SOMETIMES.into_iter().filter(is_run)).collect();
        Self { programs, guests: Wanted::among(&names) }
    }
}

/// A program's file, as descriptions name it.
pub fn program_file(package: &str) -> String {
    format!("{package}.elf")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lazaret_board::Board;
    use lazaret_sdf::load_text;

    use super::*;

    fn needed(text: &str) -> Needed {
        let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
        let board = Board::load(&board, "qemu_virt_aarch64").unwrap();
        let system = load_text(Path::new("x.system"), text, &board, &SearchPath::unchecked());
        Needed::by(&system.unwrap_or_else(|errors| panic!("{}", errors[0])), &SearchPath::new(["no/such/folder"]))
    }

    #[test]
    fn quotes_of_both_kinds_name_files_and_comments_do_not() {
        let text = "<system><!-- <program_image path=\"protection-domains.elf\" /> -->
            <memory_region name='kernel' prefill_path='bare.img' />
            <protection_domain name='a'><program_image path='serial.elf' /></protection_domain></system>";
        let found = needed(text);
        assert_eq!(found.programs, ALWAYS);
        assert!(found.guests.bare && !found.guests.linux);
        let test = needed(&text.replace("'serial.elf'", "'protection-domains.elf'"));
        assert_eq!(test.programs, ["vmm", "serial", "protection-domains"]);
        let disk = needed(&text.replace("'serial.elf'", "'block.elf'"));
        assert_eq!(disk.programs, ["vmm", "serial", "block"]);
        let network = needed(&text.replace("'serial.elf'", "'network.elf'"));
        assert_eq!(network.programs, ["vmm", "serial", "network"]);
        let debug_line = needed(&text.replace("'serial.elf'", "'debug-line.elf'"));
        assert_eq!(debug_line.programs, ["vmm", "serial", "debug-line"]);
    }
}
