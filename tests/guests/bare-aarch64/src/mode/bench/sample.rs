// SPDX-License-Identifier: MIT OR Apache-2.0
//! Samples of one thing, and the line about them.

use crate::runtime::console::println;

const SAMPLES: usize = 41;

/// Sorted.
pub struct Samples([u64; SAMPLES]);

impl Samples {
    /// Takes them one after the other.
    pub fn take(mut sample: impl FnMut() -> u64) -> Self {
        let mut samples = [0; SAMPLES];
        samples.iter_mut().for_each(|place| *place = sample());
        samples.sort_unstable();
        Self(samples)
    }

    /// There is only one.
    pub fn of(sample: u64) -> Self {
        Self([sample; SAMPLES])
    }

    /// The one in the middle.
    pub fn median(&self) -> u64 {
        self.0[SAMPLES / 2]
    }
}

/// Prints a row.
pub fn report(name: &str, samples: &Samples, net: impl Fn(u64) -> u64) {
    let Samples(all) = samples;
    println!("BENCH op={name} net={} min={} max={}", net(samples.median()), net(all[0]), net(all[SAMPLES - 1]));
}
