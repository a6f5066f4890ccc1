// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debuggers, and a line with nobody's machine behind it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use debug_line::frame::{self, FLAG, LONGEST, Reader};
use lazaret_board::Board;

use super::exchange::Exchange;
use super::port::Port;
use super::{DebugLine, Qemu};

/// The machine's side: reads frames, writes frames.
struct Machine {
    line: UnixStream,
    reader: Reader,
    heard: Vec<(u8, Vec<u8>)>,
}

impl Machine {
    /// With a driver that is there, and the ports of its clients.
    fn new(clients: &[u8]) -> (Self, Arc<Exchange>, Vec<SocketAddr>) {
        let listeners: Vec<_> = clients
            .iter()
            .map(|number| {
                (Port::new(*number, &number.to_string()), TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
            })
            .collect();
        let addresses = listeners.iter().map(|(_, listener)| listener.local_addr().unwrap()).collect();
        let exchange = Arc::new(Exchange::new(listeners));
        let (line, end) = UnixStream::pair().unwrap();
        let serving = Arc::clone(&exchange);
        thread::spawn(move || {
            serving.serve(&end);
            serving.end();
        });
        let mut machine = Self { line, reader: Reader::default(), heard: Vec::new() };
        machine.line.write_all(&[FLAG]).unwrap();
        (machine, exchange, addresses)
    }

    fn say(&mut self, client: u8, bytes: &[u8]) {
        let mut wire = Vec::new();
        bytes.chunks(LONGEST).for_each(|part| frame::write(client, part.iter().copied(), &mut |byte| wire.push(byte)));
        self.line.write_all(&wire).unwrap();
    }

    /// The next bytes for a client, as many as that.
    fn hear(&mut self, client: u8, count: usize) -> Vec<u8> {
        let mut buffer = [0; 512];
        loop {
            let mine =
                || self.heard.iter().filter(|(number, _)| *number == client).flat_map(|(_, bytes)| bytes.clone());
            if mine().count() >= count {
                let found = mine().collect();
                self.heard.retain(|(number, _)| *number != client);
                return found;
            }
            let read = self.line.read(&mut buffer).unwrap();
            assert!(read > 0, "the line has ended");
            for byte in &buffer[..read] {
                self.heard.extend(self.reader.take(*byte).map(|frame| (frame.client, frame.bytes.to_vec())));
            }
        }
    }
}

fn read(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn every_byte() -> Vec<u8> {
    (0..=255).chain([0x7e, 0x7d, 0x7e, 0x7e, 0x5e, 0x5d]).collect()
}

#[test]
fn each_debugger_has_its_own_vm() {
    let (mut machine, _exchange, ports) = Machine::new(&[0, 5]);
    let mut debuggers = [0, 1].map(|n: usize| TcpStream::connect(ports[n]).unwrap());
    let all = every_byte();
    debuggers[0].write_all(&all).unwrap();
    debuggers[1].write_all(b"$g#67").unwrap();
    assert_eq!(machine.hear(5, 5), b"$g#67");
    assert_eq!(machine.hear(0, all.len()), all);
    machine.say(5, &all);
    machine.say(0, b"+");
    assert_eq!(read(&mut debuggers[0], 1), b"+");
    assert_eq!(read(&mut debuggers[1], all.len()), all);
}

#[test]
fn one_at_a_time_and_the_next_may_come() {
    let (mut machine, _exchange, ports) = Machine::new(&[0, 1]);
    let mut first = TcpStream::connect(ports[0]).unwrap();
    first.write_all(b"first").unwrap();
    assert_eq!(machine.hear(0, 5), b"first");
    let mut second = TcpStream::connect(ports[0]).unwrap();
    assert_eq!(second.read(&mut [0; 1]).unwrap_or(0), 0, "it is refused");
    // The first does not notice.
    first.write_all(b"still").unwrap();
    assert_eq!(machine.hear(0, 5), b"still");
    drop(first);
    let mut third = again(ports[0], &mut machine);
    machine.say(0, b"back");
    assert_eq!(read(&mut third, 4), b"back");
}

/// Once it is let in: the news that another one has gone may be late.
fn again(port: SocketAddr, machine: &mut Machine) -> TcpStream {
    loop {
        let mut stream = TcpStream::connect(port).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let _ = stream.write_all(b"?");
        // Whoever is refused hears the end. Whoever is let in hears the machine, from some moment on.
        let is_in = loop {
            machine.say(0, b"!");
            match stream.read(&mut [0; 1]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => break matches!(result, Ok(1)),
            }
        };
        if is_in {
            assert_eq!(machine.hear(0, 1), b"?");
            machine.say(0, b"#");
            stream.set_read_timeout(None).unwrap();
            while read(&mut stream, 1) != b"#" {}
            return stream;
        }
    }
}

#[test]
fn what_nobody_listens_to_is_dropped() {
    let (mut machine, _exchange, ports) = Machine::new(&[0, 1]);
    // More than any buffer takes: the machine is never kept waiting.
    (0..100).for_each(|_| machine.say(0, &[1; 32 << 10]));
    machine.say(7, b"for nobody");
    let mut debugger = TcpStream::connect(ports[1]).unwrap();
    debugger.write_all(b"x").unwrap();
    assert_eq!(machine.hear(1, 1), b"x");
    machine.say(1, b"y");
    assert_eq!(read(&mut debugger, 1), b"y");
}

#[test]
fn a_debugger_that_does_not_read_is_closed_and_holds_nobody_up() {
    let (mut machine, _exchange, ports) = Machine::new(&[0, 1]);
    let mut other = TcpStream::connect(ports[1]).unwrap();
    let mut deaf = TcpStream::connect(ports[0]).unwrap();
    deaf.write_all(b"x").unwrap();
    assert_eq!(machine.hear(0, 1), b"x");
    // More than the system's buffers and ours take together.
    (0..400).for_each(|_| machine.say(0, &[1; 32 << 10]));
    machine.say(1, b"y");
    assert_eq!(read(&mut other, 1), b"y");
    let mut rest = Vec::new();
    let _ = deaf.read_to_end(&mut rest);
    assert!(rest.len() < 400 * (32 << 10), "it got everything");
    drop(again(ports[0], &mut machine));
}

#[test]
fn hostile_bytes_from_the_machine_reach_nobody() {
    let (mut machine, _exchange, ports) = Machine::new(&[0]);
    let mut debugger = TcpStream::connect(ports[0]).unwrap();
    debugger.write_all(b"x").unwrap();
    assert_eq!(machine.hear(0, 1), b"x");
    let mut garbage: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    garbage.extend([FLAG, 0, 1, 2, FLAG, 0, 0x7d]);
    garbage.extend([0; 4 * LONGEST]);
    machine.line.write_all(&garbage).unwrap();
    machine.say(0, b"sane");
    assert_eq!(read(&mut debugger, 4), b"sane");
}

#[test]
fn nobody_is_heard_before_the_driver_is_there_and_all_hear_the_end() {
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config");
    let mut qemu = Qemu::as_described(&Board::load(&boards, "qemu_virt_aarch64").unwrap()).unwrap();
    let line = DebugLine::open(&mut qemu, &[(0, "linux".into()), (3, "bare".into())]).unwrap();
    assert!(qemu.debug_line.as_ref().is_some_and(|end| end.starts_with("unix:")));
    assert_eq!(line.port("bare").unwrap(), &line.ports()[1]);
    let error = lazaret_diagnostic::describe(&line.port("lunix").unwrap_err());
    assert!(error.contains("linux, bare"), "{error}");
    let mut early = TcpStream::connect(line.ports()[1].address).unwrap();
    early.write_all(b"early").unwrap();
    let mut machine =
        Machine { line: UnixStream::connect(&line.socket).unwrap(), reader: Reader::default(), heard: vec![] };
    assert!(!line.is_ready());
    machine.line.write_all(&[FLAG]).unwrap();
    assert_eq!(machine.hear(3, 5), b"early");
    assert!(line.is_ready());
    machine.say(3, b"bye");
    drop(machine);
    let mut rest = Vec::new();
    early.set_read_timeout(Some(Duration::from_secs(600))).unwrap();
    early.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"bye");
    drop(line);
}
