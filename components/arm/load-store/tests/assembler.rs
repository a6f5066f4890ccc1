// SPDX-License-Identifier: MIT OR Apache-2.0
//! An assembler as the oracle for what the disassembler of `disassembler.rs` does not know: VFP, SIMD and load-acquire of
//! AArch32. The words are what llvm-mc 14 makes of the lines for `armv8a` and `thumbv8a`; where it is installed, it is
//! asked again.

mod common;

use arm_load_store::{Instruction, a32, t32};
use std::io::Write;
use std::process::{Command, Stdio};

const ASSEMBLER: &str = "llvm-mc";

/// A line, its word in A32, and its two halfwords in T32.
const LINES: [(&str, u32, u32); 38] = [
    ("vldr s1, [r1, #4]", 0xedd10a01, 0xedd10a01),
    ("vldr d17, [r1, #-8]", 0xed511b02, 0xed511b02),
    ("vldr d3, [pc, #8]", 0xed9f3b02, 0xed9f3b02),
    ("vstr s31, [r2]", 0xedc2fa00, 0xedc2fa00),
    ("vldmia r1!, {s3, s4, s5}", 0xecf11a03, 0xecf11a03),
    ("vstmdb r1!, {d16, d17}", 0xed610b04, 0xed610b04),
    ("vldmia r4, {d0, d1, d2, d3}", 0xec940b08, 0xec940b08),
    ("vld1.8 {d0}, [r1]", 0xf421070f, 0xf921070f),
    ("vld1.16 {d16, d17}, [r1]!", 0xf4610a4d, 0xf9610a4d),
    ("vld1.32 {d1, d2, d3}, [r1], r2", 0xf4211682, 0xf9211682),
    ("vst1.64 {d4, d5, d6, d7}, [r1:256]", 0xf40142ff, 0xf90142ff),
    ("vld2.8 {d0, d1}, [r1]", 0xf421080f, 0xf921080f),
    ("vld2.16 {d0, d2}, [r1]!", 0xf421094d, 0xf921094d),
    ("vst2.32 {d0, d1, d2, d3}, [r5]", 0xf405038f, 0xf905038f),
    ("vld3.8 {d1, d2, d3}, [r1]", 0xf421140f, 0xf921140f),
    ("vst3.16 {d1, d3, d5}, [r1]!", 0xf401154d, 0xf901154d),
    ("vld4.32 {d0, d1, d2, d3}, [r1]", 0xf421008f, 0xf921008f),
    ("vst4.8 {d16, d18, d20, d22}, [r1], r7", 0xf4410107, 0xf9410107),
    ("vld1.8 {d3[5]}, [r1]", 0xf4a130af, 0xf9a130af),
    ("vst1.16 {d3[2]}, [r1]!", 0xf481348d, 0xf981348d),
    ("vld1.32 {d31[1]}, [r1:32]", 0xf4e1f8bf, 0xf9e1f8bf),
    ("vld2.8 {d3[1], d4[1]}, [r1]", 0xf4a1312f, 0xf9a1312f),
    ("vst2.16 {d3[3], d5[3]}, [r1]", 0xf48135ef, 0xf98135ef),
    ("vld3.32 {d3[1], d5[1], d7[1]}, [r1]!", 0xf4a13acd, 0xf9a13acd),
    ("vst4.16 {d0[2], d1[2], d2[2], d3[2]}, [r1], r3", 0xf4810783, 0xf9810783),
    ("vld4.32 {d0[0], d2[0], d4[0], d6[0]}, [r1:128]", 0xf4a10b6f, 0xf9a10b6f),
    ("vld1.8 {d9[]}, [r1]", 0xf4a19c0f, 0xf9a19c0f),
    ("vld1.16 {d9[], d10[]}, [r1]!", 0xf4a19c6d, 0xf9a19c6d),
    ("vld2.32 {d9[], d11[]}, [r1]", 0xf4a19daf, 0xf9a19daf),
    ("vld3.8 {d1[], d2[], d3[]}, [r1]", 0xf4a11e0f, 0xf9a11e0f),
    ("vld4.16 {d1[], d3[], d5[], d7[]}, [r1]", 0xf4a11f6f, 0xf9a11f6f),
    ("vld4.32 {d1[], d2[], d3[], d4[]}, [r1:128]", 0xf4a11fdf, 0xf9a11fdf),
    ("lda r1, [r2]", 0xe1921c9f, 0xe8d21faf),
    ("ldab r1, [r2]", 0xe1d21c9f, 0xe8d21f8f),
    ("ldah r3, [r4]", 0xe1f43c9f, 0xe8d43f9f),
    ("stl r1, [r2]", 0xe182fc91, 0xe8c21faf),
    ("stlb r5, [r6]", 0xe1c6fc95, 0xe8c65f8f),
    ("stlh r5, [r6]", 0xe1e6fc95, 0xe8c65f9f),
];

#[test]
fn both_sets_decode_to_what_the_lines_say() {
    for (line, arm, thumb) in LINES {
        let expected = common::written(line, false);
        assert!(expected.is_some(), "{line}");
        for (set, decoded) in [("A32", a32(arm)), ("T32", t32(thumb))] {
            let Some(Instruction::LoadStore(access)) = decoded else { panic!("{set}: {line}: {decoded:?}") };
            assert_eq!(Some(common::decoded(&access, false)), expected, "{set}: {line}");
        }
    }
}

#[test]
fn the_words_are_the_assemblers() {
    if Command::new(ASSEMBLER).arg("--version").output().is_err() {
        println!("skipped: {ASSEMBLER} is not installed (Debian: llvm)");
        return;
    }
    let source: String = LINES.iter().map(|(line, ..)| format!("{line}\n")).collect();
    let arm = assemble("armv8a-none-eabi", &source);
    let thumb = assemble("thumbv8a-none-eabi", &source);
    assert_eq!((arm.len(), thumb.len()), (LINES.len(), LINES.len()));
    for (((line, a, t), arm), thumb) in LINES.iter().zip(arm).zip(thumb) {
        assert_eq!((*a, *t), (arm, thumb.rotate_left(16)), "{line}");
    }
}

/// The words, the first byte the lowest.
fn assemble(target: &str, source: &str) -> Vec<u32> {
    let arguments = [&format!("-triple={target}"), "-mattr=+neon,+fp-armv8", "-show-encoding"];
    let mut child = Command::new(ASSEMBLER)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(source.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("text");
    let encodings = text.lines().filter_map(|line| line.split_once("encoding: [")?.1.split_once(']'));
    encodings.map(|(bytes, _)| word(bytes)).collect()
}

fn word(bytes: &str) -> u32 {
    let byte = |text: &str| u8::from_str_radix(text.trim_start_matches("0x"), 16).expect("a byte");
    let bytes: Vec<u8> = bytes.split(',').map(byte).collect();
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}
