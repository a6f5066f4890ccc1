// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine's network card: behind it is QEMU's own network, which reaches where the host's user reaches.

use std::net::Ipv4Addr;
use std::str::FromStr;

/// The first address that QEMU's network gives away.
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);

/// A TCP port of the host's that leads into a guest: `PORT:GUEST_PORT`, or `PORT:ADDRESS:GUEST_PORT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    host: u16,
    address: Ipv4Addr,
    guest: u16,
}

impl FromStr for Forward {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let (host, address, guest) = match parts[..] {
            [host, guest] => (host, Ok(FIRST), guest),
            [host, address, guest] => (host, address.parse(), guest),
            _ => return Err("it is PORT:GUEST_PORT, as 2222:22, or PORT:ADDRESS:GUEST_PORT".into()),
        };
        let port = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err(format!("'{text}' is no port: 1 to 65535")),
            Ok(port) => Ok(port),
        };
        let address = address.map_err(|_| "the address is one of the guest's network, as 10.0.2.16".to_string())?;
        Ok(Self { host: port(host)?, address, guest: port(guest)? })
    }
}

/// QEMU's own network, with these ways in, which only the host's own programs find: a value of `-netdev` without an id.
pub fn user(forwards: &[Forward]) -> String {
    let ways = forwards
        .iter()
        .map(|Forward { host, address, guest }| format!(",hostfwd=tcp:127.0.0.1:{host}-{address}:{guest}"));
    format!("user{}", ways.collect::<String>())
}

/// QEMU's arguments for a network, and a device of this kind at this place in it.
pub fn arguments(device: &str, network: &str) -> [String; 4] {
    let network = format!("{network},id=lazaret-net");
    ["-netdev".into(), network, "-device".into(), format!("{device},netdev=lazaret-net")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_leads_to_the_first_guest_or_to_a_named_one() {
        let forwards = ["2222:22", "8080:10.0.2.16:80"].map(|text| text.parse::<Forward>().unwrap());
        let [_, network, _, device] = arguments("virtio-net-device,bus=b.8", &user(&forwards));
        assert_eq!(
            network,
            "user,hostfwd=tcp:127.0.0.1:2222-10.0.2.15:22,hostfwd=tcp:127.0.0.1:8080-10.0.2.16:80,id=lazaret-net"
        );
        assert_eq!(device, "virtio-net-device,bus=b.8,netdev=lazaret-net");
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "22", "0:22", "22:0", "65536:22", "a:22", "1:2:3:4", "22:10.0.2:22", "22,id=x:22", "22:h,x:22"]
        {
            assert!(text.parse::<Forward>().is_err(), "{text}");
        }
    }
}
