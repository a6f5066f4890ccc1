// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an assembler's syntax says of a load or store, worked out from the text alone: which accesses of which registers,
//! and how the address is made. And the same of a decoded instruction, in the same words.

use arm_load_store::{Amount, Base, Element, LoadStore, Shift};
use arm_syndrome::Transfer;

/// `load [x1+16] x1+=16: x0.8 x2.8`.
pub fn decoded(access: &LoadStore, is_64_bit: bool) -> String {
    let general = if is_64_bit { 'x' } else { 'r' };
    let name = |n: u8| if is_64_bit && n == 31 { "sp".into() } else { format!("{general}{n}") };
    let base = match access.base {
        Base::Register(n) => name(n),
        Base::Pc => "pc".into(),
    };
    let amount = |amount: Amount| match amount {
        Amount::Constant(n) => format!("{n:+}"),
        Amount::Register { register, shift, subtract } => {
            let sign = if subtract { '-' } else { '+' };
            let shift = match shift {
                Shift::Lsl(0) => String::new(),
                Shift::Lsl(n) => format!(" lsl {n}"),
                Shift::Uxtw(n) => format!(" uxtw {n}"),
                Shift::Sxtw(n) => format!(" sxtw {n}"),
                Shift::Lsr(n) => format!(" lsr {n}"),
                Shift::Asr(n) => format!(" asr {n}"),
                Shift::Ror(n) => format!(" ror {n}"),
                Shift::Rrx => " rrx".into(),
            };
            format!("{sign}{general}{register}{shift}")
        }
    };
    let mut text =
        format!("{} [{base}{}]", if access.direction.is_read() { "load" } else { "store" }, amount(access.start));
    if let Some(after) = access.writeback {
        text += &format!(" {base}{}", amount(after).replace('-', "-=").replace('+', "+="));
    }
    for element in &access.elements {
        text += &match *element {
            Element::General(Transfer { size, sign_extend, rt, is_64_bit, .. }) => {
                let sign = if sign_extend { "s" } else { "" };
                let wide = if is_64_bit && size.bytes() < 8 { "x" } else { "" };
                format!(" {general}{}.{}{sign}{wide}", rt.number(), size.bytes())
            }
            Element::Vector { at, size, copies } => {
                let copies = if copies == 1 { String::new() } else { format!("*{copies}") };
                format!(" v[{at}].{}{copies}", size.bytes())
            }
        };
    }
    text
}

/// The same of a line of assembly, with the numbers in hexadecimal or decimal. `None`: no plain load or store.
pub fn written(line: &str, is_64_bit: bool) -> Option<String> {
    let (mnemonic, rest) = line.trim().split_once(' ')?;
    let operands = split(rest);
    let mut words = mnemonic.split('.');
    let (mnemonic, kind) = (words.next()?, words.next());
    let load = mnemonic.contains("ld") || mnemonic.starts_with("pop");
    let direction = if load { "load" } else { "store" };
    let (at, elements) = if is_64_bit {
        elements64(mnemonic, &operands)?
    } else if let Some(list) = list32(mnemonic, &operands, load) {
        return Some(list);
    } else {
        elements32(mnemonic, kind, &operands)?
    };
    let bytes: u32 =
        elements.iter().filter_map(|element| element.split('.').nth(1)?.get(..1)?.parse::<u32>().ok()).sum();
    let (address, after) = address(&operands[at..], is_64_bit, operands[0].starts_with('{'), bytes)?;
    let after = after.map_or(String::new(), |after| format!(" {after}"));
    Some(format!("{direction} [{address}]{after} {}", elements.join(" ")))
}

/// At the commas that are in no brackets.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        depth += i32::from("[{".contains(c)) - i32::from("]}".contains(c));
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().expect("one").push(c),
        }
    }
    parts.iter().map(|part| part.trim().to_string()).collect()
}

fn number(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches(['#', '$']).trim_start_matches('+');
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let value = text.strip_prefix("0x").map_or_else(|| text.parse().ok(), |hex| i64::from_str_radix(hex, 16).ok());
    value.map(|value| sign * value)
}

fn register(text: &str) -> Option<(char, u32)> {
    let text = text.trim();
    Some(match text {
        "xzr" | "wzr" => (text.chars().next()?, 31),
        "sp" => ('r', 13),
        "lr" => ('r', 14),
        "pc" => ('r', 15),
        "sb" => ('r', 9),
        "sl" => ('r', 10),
        "fp" => ('r', 11),
        "ip" => ('r', 12),
        _ => (text.chars().next()?, text.get(1..)?.parse().ok()?),
    })
}

/// Bytes of a scalar of the vector registers.
fn bytes_of(class: char) -> Option<u32> {
    Some(match class {
        'b' => 1,
        'h' => 2,
        's' => 4,
        'd' => 8,
        'q' => 16,
        _ => return None,
    })
}

fn address(operands: &[String], is_64_bit: bool, is_structure: bool, bytes: u32) -> Option<(String, Option<String>)> {
    let first = &operands[0];
    let base_name = |text: &str| match (text.trim(), is_64_bit) {
        ("sp", true) => Some("sp".to_string()),
        ("pc", false) => Some("pc".to_string()),
        (text, _) => register(text).map(|(_, n)| format!("{}{n}", if is_64_bit { 'x' } else { 'r' })),
    };
    if let Some(offset) = first.strip_prefix('$') {
        return Some((format!("pc{:+}", number(offset)?), None));
    }
    let inside = first.strip_prefix('[')?;
    let (inside, is_pre) =
        inside.strip_suffix(']').map(|text| (text, false)).or(inside.strip_suffix("]!").map(|t| (t, true)))?;
    let mut parts: Vec<String> = inside.split(',').map(|part| part.trim().to_string()).collect();
    // An alignment says nothing of where.
    parts[0] = parts[0].split(':').next()?.to_string();
    let base = base_name(&parts.remove(0))?;
    if operands.len() > 1 {
        return Some((format!("{base}+0"), Some(update(&base, &amount(&operands[1..], is_64_bit)?))));
    }
    if is_pre && parts.is_empty() && is_structure {
        // By what it moved.
        return Some((format!("{base}+0"), Some(update(&base, &format!("+{bytes}")))));
    }
    let offset = if parts.is_empty() { "+0".into() } else { amount(&parts, is_64_bit)? };
    Some((format!("{base}{offset}"), is_pre.then(|| update(&base, &offset))))
}

fn update(base: &str, offset: &str) -> String {
    format!("{base}{}={}", &offset[..1], &offset[1..])
}

/// A number; or a register with a sign and a shift.
fn amount(parts: &[String], is_64_bit: bool) -> Option<String> {
    if let Some(value) = number(&parts[0]) {
        return Some(format!("{value:+}"));
    }
    let (sign, name) = parts[0].strip_prefix('-').map_or(('+', parts[0].as_str()), |name| ('-', name));
    let (class, n) = register(name)?;
    let general = if is_64_bit { 'x' } else { 'r' };
    let shift = parts.get(1).map_or("", |shift| shift.as_str()).replace('#', "");
    let mut words = shift.split_whitespace();
    let (kind, by) = (words.next(), words.next().and_then(number).unwrap_or(0));
    let shift = match kind {
        Some("rrx") => " rrx".into(),
        Some("lsl" | "sxtx") | None if by == 0 && class != 'w' => String::new(),
        Some("sxtx") => format!(" lsl {by}"),
        Some(kind) => format!(" {kind} {by}"),
        None => " uxtw 0".into(),
    };
    Some(format!("{sign}{general}{n}{shift}"))
}

/// Where the address is among the operands, and what is accessed.
fn elements64(mnemonic: &str, operands: &[String]) -> Option<(usize, Vec<String>)> {
    const SINGLE: [&str; 11] =
        ["ldapur", "stlur", "ldapr", "ldlar", "stllr", "ldar", "stlr", "ldtr", "sttr", "ldur", "stur"];
    if operands[0].starts_with('{') {
        return Some((1, structure64(mnemonic, &operands[0])?));
    }
    let scalar = |text: &str, suffix: &str| -> Option<Vec<String>> {
        let (class, n) = register(text)?;
        if let Some(bytes) = bytes_of(class) {
            let piece = |at: u32, bytes: u32| format!("v[{}].{bytes}", 16 * n + at);
            return Some(if bytes == 16 { vec![piece(0, 8), piece(8, 8)] } else { vec![piece(0, bytes)] });
        }
        let full = if class == 'x' { 8 } else { 4 };
        let (bytes, sign) = match suffix {
            "b" => (1, ""),
            "h" => (2, ""),
            "sb" => (1, "s"),
            "sh" => (2, "s"),
            "sw" => (4, "s"),
            "" => (full, ""),
            _ => return None,
        };
        let wide = if class == 'x' && bytes < 8 { "x" } else { "" };
        Some(vec![format!("x{n}.{bytes}{sign}{wide}")])
    };
    if matches!(mnemonic, "ldp" | "stp" | "ldnp" | "stnp" | "ldpsw") {
        let suffix = if mnemonic == "ldpsw" { "sw" } else { "" };
        return Some((2, [scalar(&operands[0], suffix)?, scalar(&operands[1], suffix)?].concat()));
    }
    let stem = SINGLE.iter().chain(&["ldr", "str"]).find(|stem| mnemonic.starts_with(**stem))?;
    Some((1, scalar(&operands[0], &mnemonic[stem.len()..])?))
}

fn structure64(mnemonic: &str, group: &str) -> Option<Vec<String>> {
    let count = mnemonic[2..3].parse::<u32>().ok()?;
    let (inside, lane) = group.strip_prefix('{')?.split_once('}')?;
    let mut vectors = Vec::new();
    for part in inside.split(',') {
        let (name, arrangement) = part.trim().split_once('.')?;
        vectors.push((name.strip_prefix('v')?.parse::<u32>().ok()?, arrangement));
    }
    let arrangement = vectors[0].1;
    let size = bytes_of(arrangement.chars().last()?)?;
    let piece = |vector: u32, index: u32| format!("v[{}].{size}", 16 * vector + index * size);
    if let Some(index) = lane.strip_prefix('[') {
        let index = index.strip_suffix(']')?.parse::<u32>().ok()?;
        return Some(vectors.iter().map(|&(vector, _)| piece(vector, index)).collect());
    }
    let lanes = arrangement[..arrangement.len() - 1].parse::<u32>().ok()?;
    if mnemonic.ends_with('r') {
        let copies = if lanes == 1 { String::new() } else { format!("*{lanes}") };
        return Some(vectors.iter().map(|&(vector, _)| piece(vector, 0) + &copies).collect());
    }
    let groups = vectors.chunks(if count == 1 { 1 } else { vectors.len() });
    Some(
        groups
            .flat_map(|group| (0..lanes).flat_map(|n| group.iter().map(move |&(v, _)| (v, n))))
            .map(|(v, n)| piece(v, n))
            .collect(),
    )
}

fn elements32(mnemonic: &str, kind: Option<&str>, operands: &[String]) -> Option<(usize, Vec<String>)> {
    if mnemonic.starts_with('v') {
        return vectors32(mnemonic, kind, operands);
    }
    let general = |text: &str, size: &str| Some(format!("r{}.{size}", register(text)?.1));
    let is_unprivileged = mnemonic.ends_with('t');
    let stem = if is_unprivileged { &mnemonic[..mnemonic.len() - 1] } else { mnemonic };
    let size = match stem {
        "ldrd" | "strd" => return Some((2, vec![general(&operands[0], "4")?, general(&operands[1], "4")?])),
        "ldr" | "str" | "lda" | "stl" => "4",
        "ldrb" | "strb" | "ldab" | "stlb" => "1",
        "ldrh" | "strh" | "ldah" | "stlh" => "2",
        "ldrsb" => "1s",
        "ldrsh" => "2s",
        _ => return None,
    };
    Some((1, vec![general(&operands[0], size)?]))
}

/// VLDR; VLD1 to VLD4 with lists that are written in full.
fn vectors32(mnemonic: &str, kind: Option<&str>, operands: &[String]) -> Option<(usize, Vec<String>)> {
    if !operands[0].starts_with('{') {
        let (class, n) = register(&operands[0])?;
        let bytes = bytes_of(class)?;
        let size = if kind == Some("16") { 2 } else { bytes };
        return Some((1, vec![format!("v[{}].{size}", bytes * n)]));
    }
    let (count, size) = (mnemonic.chars().last()?.to_digit(10)?, kind?.parse::<u32>().ok()? / 8);
    let inside = operands[0].trim_matches(['{', '}']);
    let mut registers = Vec::new();
    for part in inside.split(',') {
        let (name, lane) = part.trim().split_once('[').map_or((part.trim(), None), |(name, lane)| (name, Some(lane)));
        registers.push((name.strip_prefix('d')?.parse::<u32>().ok()?, lane));
    }
    let piece = |d: u32, index: u32| format!("v[{}].{size}", 8 * d + index * size);
    let elements = match registers[0].1 {
        Some("]") if count == 1 => vec![format!("{}*{}", piece(registers[0].0, 0), registers.len() as u32 * 8 / size)],
        Some("]") => registers.iter().map(|&(d, _)| format!("{}*{}", piece(d, 0), 8 / size)).collect(),
        Some(lane) => {
            let lane = lane.strip_suffix(']')?.parse::<u32>().ok()?;
            registers.iter().map(|&(d, _)| piece(d, lane)).collect()
        }
        None => {
            // VLD2 of four registers: two structures, each of every second one.
            let n = registers.len();
            let order: Vec<Vec<u32>> = match (count, n) {
                (1, _) => registers.iter().map(|&(d, _)| vec![d]).collect(),
                (2, 4) => (0..2).map(|r| vec![registers[r].0, registers[r + 2].0]).collect(),
                _ => vec![registers.iter().map(|&(d, _)| d).collect()],
            };
            let lanes = 8 / size;
            order
                .iter()
                .flat_map(|set| (0..lanes).flat_map(move |n| set.iter().map(move |&d| (d, n))))
                .map(|(d, n)| piece(d, n))
                .collect()
        }
    };
    Some((1, elements))
}

/// LDM, STM, PUSH, POP, VLDM, VSTM.
fn list32(mnemonic: &str, operands: &[String], load: bool) -> Option<String> {
    let (base, list, mode) = match mnemonic {
        "push" => ("sp!".to_string(), &operands[0], "db"),
        "pop" => ("sp!".to_string(), &operands[0], "ia"),
        _ => {
            let stem = ["vldm", "vstm", "ldm", "stm"].iter().find(|stem| mnemonic.starts_with(**stem))?;
            let mode = &mnemonic[stem.len()..];
            (operands[0].clone(), operands.get(1)?, if mode.is_empty() { "ia" } else { mode })
        }
    };
    let (base, is_written) = base.strip_suffix('!').map_or((base.as_str(), false), |base| (base, true));
    let rn = register(base)?.1;
    let mut elements = Vec::new();
    for part in list.trim_end_matches([' ', '^']).trim_matches(['{', '}']).split(',') {
        let (class, n) = register(part)?;
        elements.push(match bytes_of(class) {
            Some(bytes) => format!("v[{}].{bytes}", bytes * n),
            None => format!("r{n}.4"),
        });
    }
    let each = if elements[0].ends_with('8') { 8 } else { 4 };
    let bytes = each * elements.len() as i64;
    let (start, after) = match mode {
        "ia" => (0, bytes),
        "ib" => (4, bytes),
        "da" => (4 - bytes, -bytes),
        "db" => (-bytes, -bytes),
        _ => return None,
    };
    let name = format!("r{rn}");
    let after = if is_written { format!(" {}", update(&name, &format!("{after:+}"))) } else { String::new() };
    Some(format!("{} [{name}{start:+}]{after} {}", if load { "load" } else { "store" }, elements.join(" ")))
}
