// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `.vmmcfg` file: lines of `key = value`, `#` for comments.

use crate::guest_map::MOST_VCPUS;
use crate::vcpu::Width;
use core::fmt;

/// What runs in the VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestKind {
    /// A bare-metal AArch64 program with an arm64 Image header.
    Bare64,
    /// An AArch64 Linux kernel.
    Linux64,
    /// A bare-metal AArch32 program with a zImage header.
    Bare32,
    /// An AArch32 Linux kernel.
    Linux32,
}

impl GuestKind {
    const ALL: [Self; 4] = [Self::Bare64, Self::Linux64, Self::Bare32, Self::Linux32];

    /// As the file says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bare64 => "bare64",
            Self::Linux64 => "linux64",
            Self::Bare32 => "bare32",
            Self::Linux32 => "linux32",
        }
    }

    /// What its image must be.
    pub const fn width(self) -> Width {
        match self {
            Self::Bare64 | Self::Linux64 => Width::Aarch64,
            Self::Bare32 | Self::Linux32 => Width::Aarch32,
        }
    }
}

/// A VM's policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    /// For log lines and the console.
    pub name: &'a str,
    /// What to start.
    pub guest: GuestKind,
    /// Bytes; all that is mapped if absent.
    pub ram_size: Option<u64>,
    /// The kernel's command line.
    pub bootargs: &'a str,
    /// Record exits, if there is memory for it.
    pub trace: bool,
    /// Its vCPUs, of which the first starts it: as many as the description of the system gives it.
    pub vcpus: usize,
    /// A line in the log for each of the guest's mistakes, however many there are.
    pub log_all: bool,
}

/// What is wrong with a file, and in which line (from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError<'a> {
    /// Not UTF-8.
    NotText,
    /// Neither empty, nor a comment, nor `key = value`.
    NoEquals(usize),
    /// A key that does not exist.
    UnknownKey(usize, &'a str),
    /// A key for the second time.
    Duplicate(usize, &'a str),
    /// A value that the key does not take.
    BadValue(usize, &'a str),
    /// A key without which there is no VM.
    Missing(&'static str),
}

impl fmt::Display for ConfigError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => write!(f, "vmmcfg: not UTF-8 text"),
            Self::NoEquals(line) => write!(f, "vmmcfg line {line}: expected `key = value`"),
            Self::UnknownKey(line, key) => write!(f, "vmmcfg line {line}: unknown key `{key}`"),
            Self::Duplicate(line, key) => write!(f, "vmmcfg line {line}: `{key}` is there twice"),
            Self::BadValue(line, key) => write!(f, "vmmcfg line {line}: bad value for `{key}`"),
            Self::Missing(key) => write!(f, "vmmcfg: `{key}` is missing"),
        }
    }
}

/// What the parser has seen so far.
#[derive(Default)]
struct Partial<'a> {
    name: Option<&'a str>,
    guest: Option<GuestKind>,
    ram_size: Option<u64>,
    bootargs: Option<&'a str>,
    trace: Option<bool>,
    log_all: Option<bool>,
    vcpus: Option<u64>,
}

impl<'a> Config<'a> {
    /// Parse a file. Zero bytes at its end (a page's padding) are not part of it.
    pub fn parse(file: &'a [u8]) -> Result<Self, ConfigError<'a>> {
        let length = file.iter().position(|&byte| byte == 0).unwrap_or(file.len());
        let text = core::str::from_utf8(&file[..length]).map_err(|_| ConfigError::NotText)?;
        let mut partial = Partial::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                partial.line(index + 1, line)?;
            }
        }
        Ok(Self {
            name: partial.name.ok_or(ConfigError::Missing("name"))?,
            guest: partial.guest.ok_or(ConfigError::Missing("guest"))?,
            ram_size: partial.ram_size,
            bootargs: partial.bootargs.unwrap_or(""),
            trace: partial.trace.unwrap_or(true),
            log_all: partial.log_all.unwrap_or(false),
            vcpus: partial.vcpus.unwrap_or(1) as usize,
        })
    }
}

impl<'a> Partial<'a> {
    fn line(&mut self, number: usize, line: &'a str) -> Result<(), ConfigError<'a>> {
        let (key, value) = line.split_once('=').ok_or(ConfigError::NoEquals(number))?;
        let (key, value) = (key.trim(), value.trim());
        let (duplicate, accepted) = match key {
            "name" => (self.name.is_some(), {
                self.name = Some(value);
                (1..=15).contains(&value.len())
            }),
            "guest" => (self.guest.is_some(), {
                self.guest = guest_kind(value);
                self.guest.is_some()
            }),
            "ram_size" => (self.ram_size.is_some(), {
                self.ram_size = number_of(value);
                self.ram_size.is_some()
            }),
            "bootargs" => (self.bootargs.is_some(), {
                self.bootargs = Some(value);
                true
            }),
            "trace" => (self.trace.is_some(), {
                self.trace = switch(value);
                self.trace.is_some()
            }),
            "log_all" => (self.log_all.is_some(), {
                self.log_all = switch(value);
                self.log_all.is_some()
            }),
            "vcpus" => (self.vcpus.is_some(), {
                self.vcpus = number_of(value);
                self.vcpus.is_some_and(|count| (1..=MOST_VCPUS as u64).contains(&count))
            }),
            _ => return Err(ConfigError::UnknownKey(number, key)),
        };
        if duplicate {
            return Err(ConfigError::Duplicate(number, key));
        }
        if accepted { Ok(()) } else { Err(ConfigError::BadValue(number, key)) }
    }
}

fn switch(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn guest_kind(value: &str) -> Option<GuestKind> {
    GuestKind::ALL.into_iter().find(|kind| kind.name() == value)
}

/// Decimal or 0x hexadecimal, `_` anywhere, as in the manifest.
fn number_of(value: &str) -> Option<u64> {
    let (digits, radix) = match value.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (value, 10),
    };
    let mut number: u64 = 0;
    let mut any = false;
    for character in digits.chars().filter(|&c| c != '_') {
        let digit = character.to_digit(radix)?;
        number = number.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
        any = true;
    }
    any.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_all_keys() {
        let file = b"# a VM\nname = linux\n\nguest=linux64\nram_size = 0x10_000_000\nbootargs = a=b c\ntrace = off\n\
            log_all = on\nvcpus = 4\n\0\0";
        let config = Config::parse(file).expect("it is right");
        assert_eq!(config.name, "linux");
        assert_eq!(config.guest, GuestKind::Linux64);
        assert_eq!(config.ram_size, Some(256 << 20));
        assert_eq!((config.bootargs, config.trace, config.log_all, config.vcpus), ("a=b c", false, true, 4));
    }

    #[test]
    fn names_line_and_key_of_each_error() {
        let error = |text: &'static str| Config::parse(text.as_bytes()).expect_err("it is wrong");
        assert_eq!(error("name = a\nfoo"), ConfigError::NoEquals(2));
        assert_eq!(error("nam = a"), ConfigError::UnknownKey(1, "nam"));
        assert_eq!(error("name = a\nname = b"), ConfigError::Duplicate(2, "name"));
        assert_eq!(error("guest = windows"), ConfigError::BadValue(1, "guest"));
        assert_eq!(error("ram_size = 12q"), ConfigError::BadValue(1, "ram_size"));
        assert_eq!(error("ram_size = 0x"), ConfigError::BadValue(1, "ram_size"));
        assert_eq!(error("trace = yes"), ConfigError::BadValue(1, "trace"));
        for wrong in ["0", "5", "0x1_0000_0000_0000_0001", "two"] {
            let file = std::format!("vcpus = {wrong}");
            assert_eq!(Config::parse(file.as_bytes()), Err(ConfigError::BadValue(1, "vcpus")), "{wrong}");
        }
        assert_eq!(Config::parse(b"name = a\nguest = bare64").expect("it is right").vcpus, 1);
        assert_eq!(error("name ="), ConfigError::BadValue(1, "name"));
        assert_eq!(error("name = a"), ConfigError::Missing("guest"));
        assert_eq!(error(""), ConfigError::Missing("name"));
        assert_eq!(Config::parse(b"\xff"), Err(ConfigError::NotText));
    }

    proptest! {
        #[test]
        fn no_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Config::parse(&bytes);
        }
    }
}
