// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices by Virtio: a disk whose bytes are known, entropy, and a neighbour in the network who sends frames back.

use super::bench::sample::{Samples, report};
use crate::options::Options;
use crate::runtime::report::{check, check_quietly};
use crate::runtime::virtio::{self, Network};
use crate::runtime::{counter, interrupt};

const SECTOR: usize = 512;
/// Bytes of an Ethernet header, and a type that nobody has.
const HEADER: usize = 14;
const TYPE: [u8; 2] = [0x88, 0xb5];
/// Long enough for a frame to come back, in microseconds.
const MOMENT: u64 = 10_000;
/// Lengths of frames.
const LENGTHS: [usize; 5] = [60, 61, 590, 1513, 1514];

/// `id=echo` sends back what it hears, for ever; `id=network` has nothing but that.
pub fn run(options: &Options<'_>) -> &'static str {
    if options.id == "echo" {
        echo();
    }
    if options.id != "network" {
        disk();
        entropy();
    }
    network();
    "virtio"
}

/// Reads what the test has put there, writes beside it, and reads that.
fn disk() {
    let Some(mut disk) = virtio::disk() else { return check("disk", 1, 0) };
    check("disk: sectors", 8192, disk.capacity());
    check("disk: read-only", 0, disk.readonly().into());
    let mut bytes = [0; 8 * SECTOR];
    for (sector, count) in [(0, 8), (3, 1), (8190, 2), (77, 8)] {
        let bytes = &mut bytes[..count * SECTOR];
        check("disk: read", 1, disk.read_blocks(sector, bytes).is_ok().into());
        let words = bytes.as_chunks().0.iter().zip(sector * SECTOR / 4..);
        let differ = words.filter(|(word, n)| u32::from_le_bytes(**word) != known(*n)).count();
        check("disk: what is read", 0, differ as u64);
    }
    for (sector, count) in [(16, 8), (27, 1), (101, 3)] {
        bytes.fill(sector as u8);
        check("disk: write", 1, disk.write_blocks(sector, &bytes[..count * SECTOR]).is_ok().into());
        bytes.fill(0);
        check("disk: read again", 1, disk.read_blocks(sector, &mut bytes[..count * SECTOR]).is_ok().into());
        let differ = bytes[..count * SECTOR].iter().filter(|byte| **byte != sector as u8).count();
        check("disk: what was written", 0, differ as u64);
    }
    check("disk: flush", 1, disk.flush().is_ok().into());
    check("disk: a sector beyond its end", 0, disk.read_blocks(8192, &mut bytes[..SECTOR]).is_ok().into());
    let mut id = [0; 20];
    check("disk: its name", 1, disk.device_id(&mut id).is_ok().into());
}

/// The word with this number on the test's disk: Knuth's multiplicative hash.
fn known(n: usize) -> u32 {
    (n as u32).wrapping_mul(2_654_435_761)
}

/// Two answers, which are not the same.
fn entropy() {
    let Some(mut source) = virtio::entropy() else { return check("entropy", 1, 0) };
    let mut all = [[0; 32]; 2];
    for bytes in &mut all {
        check("entropy: bytes", 32, source.request_entropy(bytes).unwrap_or(0) as u64);
    }
    check("entropy: other bytes", 1, (all[0] != all[1] && all[0] != [0; 32]).into());
}

/// Frames to the neighbour and back; what one of them takes, both guests' own parts included.
fn network() {
    let Some(mut card) = Network::new() else { return check("network", 1, 0) };
    let (own, mut frame) = (card.address(), [0; 1514]);
    meet(&mut card, fill(&mut frame, 60, own));
    for length in LENGTHS {
        let frame = fill(&mut frame, length, own);
        let name = format_args!("network: frame of {length} bytes");
        check(name, 1, round_trip(&mut card, frame).into());
        let row = match length {
            60 => "net_packet_60",
            1514 => "net_packet_1514",
            _ => continue,
        };
        // Both ways are the same.
        let mut trip = || check_quietly(name, 1, round_trip(&mut card, frame).into());
        report(row, &Samples::take(|| counter::time(&mut trip)), |ticks| ticks / 2);
    }
}

/// A frame of this length to the neighbour, of which each byte is another.
fn fill(frame: &mut [u8; 1514], length: usize, own: [u8; 6]) -> &[u8] {
    let frame = &mut frame[..length];
    frame[..6].copy_from_slice(&neighbour(own));
    frame[6..12].copy_from_slice(&own);
    frame[12..HEADER].copy_from_slice(&TYPE);
    frame[HEADER..].iter_mut().zip(0u32..).for_each(|(byte, n)| *byte = (n * 7 + length as u32) as u8);
    frame
}

/// Waits for the neighbour, who hears nothing before it listens. What was sent more than once may come back more than once.
fn meet(card: &mut Network, frame: &[u8]) {
    loop {
        card.listen();
        let _ = card.send(frame);
        interrupt::sleep(MOMENT);
        if card.receive().is_some() {
            break;
        }
    }
    loop {
        card.listen();
        interrupt::sleep(MOMENT);
        if card.receive().is_none() {
            return card.settle();
        }
    }
}

/// A frame there and back; whether it came as it went, but for the addresses.
fn round_trip(card: &mut Network, frame: &[u8]) -> bool {
    card.listen();
    if card.send(frame).is_none() {
        return false;
    }
    loop {
        if let Some(back) = card.receive() {
            return back.len() == frame.len()
                && back[..6] == frame[6..12]
                && back[6..12] == frame[..6]
                && back[12..] == frame[12..];
        }
        card.wait();
    }
}

/// The other client of the switch: their numbers, and so their addresses, are one apart.
fn neighbour([a, b, c, d, e, f]: [u8; 6]) -> [u8; 6] {
    [a, b, c, d, e, f ^ 1]
}

/// Sends back each frame to whom it came from.
fn echo() -> ! {
    let Some(mut card) = Network::new() else { panic!("no network card") };
    let mut frame = [0; 1514];
    card.listen();
    loop {
        let length = match card.receive() {
            Some(received) => {
                frame[..received.len()].copy_from_slice(received);
                received.len()
            }
            None => {
                card.wait();
                continue;
            }
        };
        card.listen();
        let (to, rest) = frame.split_at_mut(6);
        to.swap_with_slice(&mut rest[..6]);
        let _ = card.send(&frame[..length]);
    }
}
