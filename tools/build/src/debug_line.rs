// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug line of a system: a protection domain that runs its driver, and who is at the other ends of its channels.

use std::path::Path;

use lazaret_sdf::System;

use crate::made::program_file;

/// The driver's package.
const DRIVER: &str = "debug-line";

/// The driver's number of each client, and the name of the VM there, in the order of the numbers; `None`: there is no debug line.
pub fn clients(system: &System) -> Option<Vec<(u8, String)>> {
    let file = program_file(DRIVER);
    let is_driver = |name: &str| Path::new(name).file_name().is_some_and(|name| *name == *file);
    let (driver, _) = system.pds().find(|(_, pd)| is_driver(&pd.program.name))?;
    let mut clients: Vec<_> =
        system.ends(driver).map(|(own, other)| (own.id, system.name_at(other).to_string())).collect();
    clients.sort();
    Some(clients)
}

#[cfg(test)]
mod tests {
    use lazaret_board::Board;
    use lazaret_sdf::{SearchPath, load_text};

    use super::*;

    fn clients_of(text: &str) -> Option<Vec<(u8, String)>> {
        let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
        let board = Board::load(&boards, "qemu_virt_aarch64").unwrap();
        let system = load_text(Path::new("x.system"), text, &board, &SearchPath::unchecked());
        clients(&system.unwrap_or_else(|errors| panic!("{}", errors[0])))
    }

    #[test]
    fn clients_have_the_names_of_their_machines_in_the_order_of_the_channels() {
        let text = "<system>
            <protection_domain name='line'><program_image path='debug-line.elf' /></protection_domain>
            <protection_domain name='native'><program_image path='a.elf' /></protection_domain>
            <protection_domain name='vmm'><program_image path='vmm.elf' />
                <virtual_machine name='linux'><vcpu id='0' /></virtual_machine></protection_domain>
            <channel><end pd='line' id='4' /><end pd='native' id='3' /></channel>
            <channel><end pd='vmm' id='3' /><end pd='line' id='1' /></channel></system>";
        assert_eq!(clients_of(text), Some(vec![(1, "linux".into()), (4, "native".into())]));
        assert_eq!(clients_of(&text.replace("debug-line.elf", "my-debug-line.elf")), None);
    }
}
