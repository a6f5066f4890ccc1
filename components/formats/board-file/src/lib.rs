// SPDX-License-Identifier: MIT OR Apache-2.0
//! `board.toml` as Rust constants, for the build scripts of the kernel and of the drivers.
//!
//! Of TOML it knows what the kernel's part of these files uses: sections of keys that are numbers or strings, and
//! `[[register]]`, a list of device registers to set before anything else (pins, for instance). Other sections and lists
//! are the tools' (`tools/board`), which refuse unknown ones, and are skipped here. A file that begins with
//! `same_as = "NAME"` is of a board that is another one but for its memory.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The board that is built for when nobody says which.
const DEFAULT: &str = "qemu_virt_aarch64";
/// Sections of the kernel and of the drivers.
const SECTIONS: [&str; 6] = ["machine", "memory", "uart", "debug_uart", "gic", "timer"];
/// The list of registers to set.
const REGISTERS: &str = "register";
/// The key, before all sections, that names the board whose file counts.
const SAME_AS: &str = "same_as";

/// What a key has.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(u64),
    Text(String),
}

/// A board's file.
#[derive(Debug, Clone)]
pub struct BoardFile {
    name: String,
    /// Section, key, value.
    values: Vec<(String, String, Value)>,
    /// Address, bits to change, their new value.
    registers: Vec<[u64; 3]>,
    /// The board whose file counts instead.
    same_as: Option<String>,
}

impl BoardFile {
    /// The file of the board in `LAZARET_BOARD`, in the `kernel-config` of the checkout that the package being built
    /// belongs to; cargo is told when to look again.
    ///
    /// # Panics
    /// With what is wrong with the file, which is how a build script fails.
    pub fn of_this_build() -> Self {
        println!("cargo:rerun-if-env-changed=LAZARET_BOARD");
        let name = std::env::var("LAZARET_BOARD").unwrap_or_else(|_| DEFAULT.into());
        let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
        let boards = here.ancestors().map(|folder| folder.join("kernel-config")).find(|folder| folder.is_dir());
        let boards = boards.unwrap_or_else(|| panic!("no kernel-config above {}", here.display()));
        let own = Self::read(&boards, &name);
        match &own.same_as {
            Some(other) => Self { name, ..Self::read(&boards, other) },
            None => own,
        }
    }

    fn read(boards: &Path, name: &str) -> Self {
        let file = boards.join(name).join("board.toml");
        println!("cargo:rerun-if-changed={}", file.display());
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        Self::parse(name, &text).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
    }

    /// Writes constants to `board.rs` where the build script's package can include them.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn write(constants: &str) {
        let folder = std::env::var("OUT_DIR").expect("cargo sets it");
        std::fs::write(Path::new(&folder).join("board.rs"), constants).expect("OUT_DIR can be written");
    }

    /// A key's number.
    ///
    /// # Panics
    /// When the file has no such number.
    pub fn number(&self, section: &str, key: &str) -> u64 {
        let found = self.values.iter().find(|(s, k, _)| s == section && k == key);
        match found {
            Some((.., Value::Number(number))) => *number,
            _ => panic!("board '{}' has no number '{key}' in section '{section}'", self.name),
        }
    }

    /// One section's keys as constants `SECTION_KEY`.
    pub fn section(&self, section: &str) -> String {
        self.values.iter().filter(|(s, ..)| s == section).map(constant).collect()
    }

    /// Everything: `NAME`, `SECTION_KEY` of all sections, and `REGISTERS`.
    pub fn constants(&self) -> String {
        let mut out = format!("/// The board's name.\npub const NAME: &str = {:?};\n", self.name);
        out.extend(self.values.iter().map(constant));
        out.push_str("/// Registers to set before anything else: address, bits to change, their new value.\n");
        // Writing to a String cannot fail.
        let _ = writeln!(out, "pub const REGISTERS: &[[u64; 3]] = &{:#x?};", self.registers);
        out
    }

    fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut file = Self { name: name.into(), values: Vec::new(), registers: Vec::new(), same_as: None };
        let mut section = String::new();
        for line in text.lines().map(|l| l.split('#').next().unwrap_or("").trim()).filter(|l| !l.is_empty()) {
            if let Some(list) = line.strip_prefix("[[").and_then(|l| l.strip_suffix("]]")) {
                section = list.into();
                if list == REGISTERS {
                    file.registers.push([0; 3]);
                }
            } else if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                section = name.into();
            } else if section.is_empty() || section == REGISTERS || SECTIONS.contains(&section.as_str()) {
                let (key, text) = line.split_once('=').ok_or(format!("{line}: neither a section nor a key"))?;
                let value = value(text.trim()).ok_or(format!("{line}: neither a number nor a string"))?;
                file.add(&section, key.trim(), value)?;
            }
        }
        Ok(file)
    }

    fn add(&mut self, section: &str, key: &str, value: Value) -> Result<(), String> {
        if section.is_empty() {
            return match (key, value) {
                (SAME_AS, Value::Text(other)) => {
                    self.same_as = Some(other);
                    Ok(())
                }
                _ => Err(format!("{key}: before all sections there is only {SAME_AS} = \"NAME\"")),
            };
        }
        let Some(register) = self.registers.last_mut().filter(|_| section == REGISTERS) else {
            self.values.push((section.into(), key.into(), value));
            return Ok(());
        };
        let index = ["address", "mask", "value"].iter().position(|name| *name == key);
        match (index, value) {
            (Some(index), Value::Number(number)) => register[index] = number,
            _ => return Err(format!("{key}: a register has the numbers address, mask and value")),
        }
        Ok(())
    }
}

fn constant((section, key, value): &(String, String, Value)) -> String {
    let name = format!("{section}_{key}").to_uppercase();
    let value = match value {
        Value::Number(number) => format!("u64 = {number:#x}"),
        Value::Text(text) => format!("&str = {text:?}"),
    };
    format!("/// `{key}` of section `{section}` in the board's file.\npub const {name}: {value};\n")
}

fn value(text: &str) -> Option<Value> {
    if let Some(quoted) = text.strip_prefix('"') {
        return Some(Value::Text(quoted.strip_suffix('"')?.into()));
    }
    let digits = text.replace('_', "");
    let number = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    number.ok().map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# a comment\n[uart]\nbase = 0xfe20_1000 # more\nclock = 48_000_000\n[machine]\n\
        compatible = \"a,b\"\n[[register]]\naddress = 0x10\nmask = 7\nvalue = 4\n";

    #[test]
    fn sections_become_constants() {
        let file = BoardFile::parse("x", FILE).unwrap();
        assert_eq!(file.number("uart", "clock"), 48_000_000);
        let all = file.constants();
        assert!(all.contains("pub const UART_BASE: u64 = 0xfe201000;"), "{all}");
        assert!(all.contains("pub const MACHINE_COMPATIBLE: &str = \"a,b\";"), "{all}");
        assert!(all.contains("pub const NAME: &str = \"x\";"), "{all}");
        assert_eq!(file.registers, [[0x10, 7, 4]]);
        assert!(file.section("uart").contains("UART_CLOCK") && !file.section("uart").contains("MACHINE"));
    }

    #[test]
    fn what_is_the_tools_is_skipped_and_another_board_can_be_named() {
        let tools = "[platform]\nsmc = false\n[[device]]\nname = \"x\"\n[qemu]\nmore = [\"-accel\", \"tcg\"]\n";
        let file = BoardFile::parse("x", &[FILE, tools].concat()).unwrap();
        assert_eq!(file.constants(), BoardFile::parse("x", FILE).unwrap().constants());
        let variant = BoardFile::parse("y", "same_as = \"x\"\n[[ram]]\nbase = 0x0\nsize = 4096\n").unwrap();
        assert_eq!((variant.same_as.as_deref(), variant.values.len()), (Some("x"), 0));
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, word) in [
            ("[uart]\nbase = high", "base = high"),
            ("[uart]\nbase", "base"),
            ("base = 3", "same_as"),
            ("[[register]]\nbits = 3", "bits"),
        ] {
            let error = BoardFile::parse("x", text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
