// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boot arguments: `key=value` words.

use crate::deed::Deed;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every check once.
    Workout,
    /// Look for another guest's values.
    Leak,
    /// Look for another guest's values in every register there is.
    Sweep,
    /// Exits without debugging.
    Idle,
    /// Exits with a breakpoint armed.
    Armed,
    /// Every encoding, for comparison with another hypervisor.
    Differential,
    /// What exits cost.
    Bench,
    /// When it was not running.
    Switch,
    /// How costs grow with breakpoints and interrupts.
    Growth,
    /// The operation `id=` of the bench, to be watched.
    Trace,
    /// Every kind of exit, for a VMM that is killed.
    Crash,
    /// Every form of load and store at a device, and what devices are.
    Devices,
    /// Debug exceptions for whoever runs next.
    Attack,
    /// Random programs for the interrupt controller.
    Interrupts,
    /// How much of the core it gets.
    Victim,
    /// One that takes more of the core than its share, if it can.
    Neighbour,
    /// The interrupt controller as its architecture has it.
    Controller,
    /// Calls by HVC and SMC.
    Calls,
    /// Lines without an end.
    Prompt,
    /// A debugger on the console.
    Kdb,
    /// The time, again and again.
    Ticks,
    /// Devices by Virtio.
    Virtio,
}

/// How to let others run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yield {
    /// WFI until the virtual timer fires.
    Wfi,
    /// A hypercall.
    Hvc,
    /// Not at all: the budget ends sometime.
    Spin,
}

/// All of them, with defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    /// `mode=`: one of the words of [`Mode`], as the crate's table has them.
    pub mode: Mode,
    /// `id=`: a name for the output.
    pub id: &'a str,
    /// `pattern=`: 16 bits, different for each guest.
    pub pattern: u16,
    /// `clock=virtual`: neighbours share the virtual counter, for hypervisors that shift none and keep the physical one.
    pub virtual_clock: bool,
    /// `cpus=`: of mode switch, 1 or 2.
    pub cpus: u64,
    /// `rounds=`: of modes leak and sweep, where 0 is for ever, and ticks. Of mode victim, milliseconds.
    pub rounds: u64,
    /// `exits=`: of modes idle and armed.
    pub exits: u64,
    /// `yield=wfi|hvc|spin`: of modes leak and sweep.
    pub yielding: Yield,
    /// `shortest=`: of mode switch, ticks of a time without the core that counts.
    pub shortest: u64,
    /// `quiet=`: of mode leak, rounds after which only Enter on the console asks for a line; 0 is never.
    pub quiet: u64,
    /// `marks=1`: of mode crash, each step of a round begins at an address of its own.
    pub marks: bool,
    /// `seed=`: of mode interrupts.
    pub seed: u64,
    /// `first=` and `count=`: which programs of that seed, told as hashes.
    pub first: u32,
    pub count: u32,
    /// `picks=`: programs that are told in full instead.
    pub picks: &'a str,
    /// `deed=`: of mode neighbour.
    pub deed: Deed,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            mode: Mode::Workout,
            id: "A",
            pattern: 0x1111,
            virtual_clock: false,
            cpus: 1,
            rounds: 10_000,
            exits: 1_000_000,
            yielding: Yield::Wfi,
            shortest: 400_000,
            quiet: 0,
            marks: false,
            seed: 1,
            first: 0,
            count: 100,
            picks: "",
            deed: Deed::Spin,
        }
    }
}

/// A word that means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOption<'a>(pub &'a str);

impl<'a> Options<'a> {
    /// Reads the arguments; a word without `=` is somebody else's and skipped.
    pub fn parse(arguments: &'a str) -> Result<Self, BadOption<'a>> {
        let mut options = Self::default();
        for word in arguments.split_ascii_whitespace() {
            if let Some((key, value)) = word.split_once('=') {
                options.set(key, value).ok_or(BadOption(word))?;
            }
        }
        Ok(options)
    }

    fn set(&mut self, key: &str, value: &'a str) -> Option<()> {
        match key {
            "mode" => self.mode = mode(value)?,
            "id" => self.id = value,
            "clock" => self.virtual_clock = clock(value)?,
            "pattern" => self.pattern = number(value)?.try_into().ok()?,
            "cpus" => self.cpus = number(value)?,
            "rounds" => self.rounds = number(value)?,
            "exits" => self.exits = number(value)?,
            "yield" => self.yielding = yielding(value)?,
            "shortest" => self.shortest = number(value)?,
            "seed" => self.seed = number(value)?,
            "first" => self.first = number(value)?.try_into().ok()?,
            "count" => self.count = number(value)?.try_into().ok()?,
            "picks" => self.picks = value,
            "quiet" => self.quiet = number(value)?,
            "marks" => self.marks = number(value)? != 0,
            "deed" => self.deed = Deed::named(value)?,
            _ => return None,
        }
        Some(())
    }
}

fn mode(value: &str) -> Option<Mode> {
    Some(match value {
        "workout" => Mode::Workout,
        "leak" => Mode::Leak,
        "sweep" => Mode::Sweep,
        "idle" => Mode::Idle,
        "armed" => Mode::Armed,
        "differential" => Mode::Differential,
        "bench" => Mode::Bench,
        "growth" => Mode::Growth,
        "switch" => Mode::Switch,
        "trace" => Mode::Trace,
        "crash" => Mode::Crash,
        "devices" => Mode::Devices,
        "attack" => Mode::Attack,
        "interrupts" => Mode::Interrupts,
        "victim" => Mode::Victim,
        "neighbour" => Mode::Neighbour,
        "controller" => Mode::Controller,
        "calls" => Mode::Calls,
        "prompt" => Mode::Prompt,
        "kdb" => Mode::Kdb,
        "ticks" => Mode::Ticks,
        "virtio" => Mode::Virtio,
        _ => return None,
    })
}

fn clock(value: &str) -> Option<bool> {
    Some(match value {
        "virtual" => true,
        "physical" => false,
        _ => return None,
    })
}

fn yielding(value: &str) -> Option<Yield> {
    Some(match value {
        "wfi" => Yield::Wfi,
        "hvc" => Yield::Hvc,
        "spin" => Yield::Spin,
        _ => return None,
    })
}

fn number(value: &str) -> Option<u64> {
    match value.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => value.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_override_defaults() {
        let options =
            Options::parse("mode=leak id=B pattern=0x2222 clock=virtual rounds=7 quiet=9 words yield=hvc").unwrap();
        let expected = Options {
            mode: Mode::Leak,
            id: "B",
            pattern: 0x2222,
            virtual_clock: true,
            rounds: 7,
            quiet: 9,
            yielding: Yield::Hvc,
            ..Options::default()
        };
        assert_eq!(options, expected);
        assert_eq!(Options::parse(""), Ok(Options::default()));
    }

    #[test]
    fn nonsense_is_named() {
        for word in ["mode=dance", "pattern=0x10000", "rounds=many", "yield=", "deed=good", "colour=red", "clock=wall"]
        {
            assert_eq!(Options::parse(word), Err(BadOption(word)));
        }
    }
}
