// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same for the source of entropy: no bytes come twice.

use super::virtio::{about, available};
use super::*;

const RNG: u64 = VIRTIO_RNG;
const AREAS: [u64; 3] = [RAM + 0x4000, RAM + 0x4200, RAM + 0x4400];
const DATA: u64 = RAM + 0x5000;
/// A buffer that the device writes.
const WRITE: u64 = 2;

const EVENTS: [(&str, Event); 13] = [
    ("ACKNOWLEDGE, DRIVER", store(RNG + 0x70, 3)),
    ("DriverFeaturesSel", store(RNG + 0x24, 1)),
    ("DriverFeatures", store(RNG + 0x20, 1)),
    ("FEATURES_OK", store(RNG + 0x70, 11)),
    ("QueueNum", store(RNG + 0x38, 16)),
    ("QueueDesc", store(RNG + 0x80, AREAS[0])),
    ("QueueDriver", store(RNG + 0x90, AREAS[1])),
    ("QueueDevice", store(RNG + 0xa0, AREAS[2])),
    ("QueueReady", store(RNG + 0x44, 1)),
    ("DRIVER_OK", store(RNG + 0x70, 15)),
    ("two buffers", Event::Ram(AREAS[0], &[DATA, about(64, WRITE, 0), DATA + 64, about(40, WRITE, 0)])),
    ("both are available", Event::Ram(AREAS[1], &[available(2, [0, 1])])),
    ("QueueNotify", store(RNG + 0x50, 0)),
];

#[test]
fn no_crash_point_of_the_source_of_entropy_is_visible() {
    assert!(kill_everywhere(&EVENTS, false) > 50);
    let world = after(&EVENTS, false);
    let words = &world.memory[(DATA - RAM) as usize / 8..][..13];
    assert!(words.iter().all(|word| word.load(Relaxed) != 0), "both buffers are full");
}
