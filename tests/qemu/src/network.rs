// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guests in a network: with the host, both ways, and with each other through the switch.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use lazaret_build::Request;
use lazaret_machine::{Forward, Script, user_network};
use lazaret_programs::sha256;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] =
    &[("network-linux", linux), ("network-wire", wire), ("network-absent", absent), ("network-kills", kills)];

/// Bytes that go each way.
const SIZE: usize = 2 << 20;
const PROMPT: &str = "/ # ?$";
/// QEMU's monitor's.
const MONITOR: &str = r"\(qemu\) ?$";

/// A description that a newcomer starts from.
fn example() -> std::path::PathBuf {
    Workspace::find().root().join("components/examples/network.system")
}

/// Bytes of which no two words are the same.
fn contents() -> Vec<u8> {
    // Knuth's multiplicative hash of a word's number.
    (0..SIZE as u32 / 4).flat_map(|word| word.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

/// To both shells, and the network in both guests.
fn connected() -> Script {
    Script::new()
        .expect("Please press Enter")
        .step("Please press Enter", "\r")
        .step("first.*/ # ?$", "network 10.0.2.15\r")
        .step("network: 10.0.2.15", "\x1d1")
        .step("input goes to second", "\r")
        .step("second.*/ # ?$", "network 10.0.2.16\r")
        .expect("network: 10.0.2.16")
}

/// Gives whoever comes the bytes, as a web server would.
fn serve(listener: &TcpListener, bytes: &[u8]) -> anyhow::Result<()> {
    let (mut stream, _) = listener.accept()?;
    let _ = stream.read(&mut [0; 1024])?;
    write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len())?;
    Ok(stream.write_all(bytes)?)
}

/// What a web server has under this name.
fn get(port: u16, name: &str) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    write!(stream, "GET {name} HTTP/1.0\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let header = bytes.windows(4).position(|part| part == b"\r\n\r\n").context("no answer")?;
    Ok(bytes.split_off(header + 4))
}

/// The host's part: gives the bytes to a guest, fetches them from there once its server is up, and says so.
fn host(listener: &TcpListener, port: u16, bytes: &[u8]) -> anyhow::Result<()> {
    serve(listener, bytes)?;
    // Until there is a server in the guest, QEMU ends each connection at once.
    while get(port, "/file").unwrap_or_default() != bytes {
        thread::sleep(Duration::from_millis(200));
    }
    serve(listener, b"the host has it\n")
}

/// Two megabytes from the host to the first guest, from there to the second through the switch, and from the first to the
/// host, who comes by a port of his own. Both guests have the addresses that the switch gives them, and nobody else's.
fn linux() -> anyhow::Result<()> {
    let bytes = contents();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let server = format!("http://10.0.2.2:{}/", listener.local_addr()?.port());
    // A port that is free now.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let sum = sha256(&bytes);
    let script = connected()
        .step(PROMPT, "ping -c 3 10.0.2.15\r")
        .expect("3 packets transmitted, 3 packets received")
        .step(PROMPT, "cat /sys/class/net/eth0/address\r")
        .expect("52:54:00:12:34:57")
        .step(PROMPT, "\x1d0")
        .step("input goes to first", &format!("mkdir /www; wget -q -O /www/file {server}; sha256sum /www/file\r"))
        .expect(&sum)
        .step(PROMPT, "httpd -h /www; cat /sys/class/net/eth0/address\r")
        .expect("52:54:00:12:34:56")
        .step(PROMPT, "\x1d1")
        .step("input goes to second", "wget -q -O - http://10.0.2.15/file | sha256sum\r")
        .expect(&sum)
        // Whoever says to be somebody else is not heard.
        .step(PROMPT, "ip link set eth0 down; ip link set eth0 address 52:54:00:12:34:99; ip link set eth0 up\r")
        .step(PROMPT, "ping -c 2 10.0.2.15\r")
        .expect("100% packet loss")
        .step(PROMPT, "\x1d0")
        .step("input goes to first", &format!("wget -q -O - {server}; poweroff\r"))
        .expect("the host has it")
        .expect("reboot: Power down");
    let built = machine::build(&Request::new(example()))?;
    let forward: Forward = format!("{port}:80").parse().map_err(anyhow::Error::msg)?;
    let qemu = machine::qemu(&built.board)?.with_network(&user_network(&[forward]))?;
    let host = thread::spawn(move || host(&listener, port, &bytes));
    machine::follow(&built, qemu, script, 400)?;
    host.join().map_err(|_| anyhow::anyhow!("the host's part"))?
}

/// A Linux that is alone with the card hears when the card's wire goes and when it comes back.
fn wire() -> anyhow::Result<()> {
    const CONFIG: &str = "linux_network.vmmcfg";
    let (description, folder) = (machine::description("crash_network"), machine::new_folder()?);
    let config = std::fs::read_to_string(description.with_file_name(CONFIG))?;
    std::fs::write(folder.join(CONFIG), config.replace("lazaret.network", ""))?;
    let built = machine::build(&Request { search_path: vec![folder], ..Request::new(description) })?;
    let qemu = machine::qemu(&built.board)?.with_network(&user_network(&[]))?;
    let carrier = "sleep 1; echo carrier $(cat /sys/class/net/eth0/carrier)\r";
    let set = |script: Script, how: &str| {
        // To QEMU's monitor on the same terminal, and back.
        script
            .step(PROMPT, "\x01c")
            .step(MONITOR, &format!("set_link lazaret-net {how}\r"))
            .step(MONITOR, &format!("\x01c{carrier}"))
    };
    let script = Script::new()
        .step("Please press Enter", "\r")
        .step(PROMPT, "network 10.0.2.15\r")
        .expect("network: 10.0.2.15")
        .step(PROMPT, carrier)
        .expect("carrier 1");
    let script = set(set(script, "off").expect("carrier 0"), "on").expect("carrier 1");
    let script = script.step(PROMPT, "ping -c 1 10.0.2.2; poweroff\r").expect("1 packets received");
    machine::follow(&built, qemu, script.expect("reboot: Power down"), 300).map(drop)
}

/// Without a network card the switch says so; the guests start all the same, and have each other.
fn absent() -> anyhow::Result<()> {
    let built = machine::build(&Request::new(example()))?;
    let script = Script::new().expect("network: no card").expect("Booting Linux").expect("Booting Linux");
    let run = machine::run_built(&built, script, 120)?;
    anyhow::ensure!(!run.output.contains("MON|WARN"), "{}", run.output);
    Ok(())
}

/// A Linux talks to somebody, while its VMM and the switch are killed.
fn kills() -> anyhow::Result<()> {
    let wanted = if std::env::var_os("LAZARET_FULL").is_some() { 1000 } else { 12 };
    let found = lazaret_inject::network::run(&Workspace::find(), wanted, 1)?;
    println!("  {found:?}");
    let [vmm, switch] = found.kills;
    anyhow::ensure!(found.missed.is_empty(), "a connection is broken");
    anyhow::ensure!(vmm > 0 && switch > 0, "one of the two was not killed");
    Ok(())
}
