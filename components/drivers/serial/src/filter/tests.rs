// SPDX-License-Identifier: MIT OR Apache-2.0
//! What each kind of byte becomes.

use super::{Filter, Piece};

/// The output of one client; `<` is its return, `$` the end of a line.
fn shown(bytes: &[u8], edits: bool) -> Vec<u8> {
    let (mut filter, mut out) = (Filter::default(), Vec::new());
    for byte in bytes {
        filter.take(*byte, edits, &mut |piece| match piece {
            Piece::Text(text) => out.extend(text),
            Piece::Return => out.push(b'<'),
            Piece::End => out.push(b'$'),
        });
    }
    out
}

fn both(bytes: &[u8], expected: &str) {
    for edits in [false, true] {
        assert_eq!(String::from_utf8(shown(bytes, edits)).unwrap(), expected, "{bytes:x?}, {edits}");
    }
}

/// With the input, and without.
fn each(bytes: &[u8], with: &str, without: &str) {
    assert_eq!(String::from_utf8(shown(bytes, true)).unwrap(), with, "{bytes:x?}");
    assert_eq!(String::from_utf8(shown(bytes, false)).unwrap(), without, "{bytes:x?}");
}

#[test]
fn text_and_ends_of_lines() {
    both(b"a\tb~\nc\r\nd\r\r\ne", "a\tb~$c$d$e");
    both(b"10%\r20%\r\n", "10%<20%$");
    both(b"a\r", "a");
}

#[test]
fn no_control_character_acts() {
    both(b"\x7f\x0b\x0c\x0e\x18\0", "\\x7f\\x0b\\x0c\\x0e\\x18");
    each(b"ab\x08\x08\x08c\x07", "ab\x08\x08c\x07", "ab\\x08\\x08\\x08c");
}

#[test]
fn c1_is_text_in_each_of_its_forms() {
    both(b"\x9b2Jx", "\\x9b2Jx");
    both("\u{9b}2Jx\u{85}y".as_bytes(), "\\xc2\\x9b2Jx\\xc2\\x85y");
    both(b"\x84\x8d\x90\x9d0;t\x9c", "\\x84\\x8d\\x90\\x9d0;t\\x9c");
}

#[test]
fn a_sequence_is_gone_with_its_parameters() {
    for sequence in
        ["\x1b[2J", "\x1b[1;1H", "\x1b[A", "\x1b[?1049h", "\x1b[1K", "\x1b[1J", "\x1b[6n", "\x1b[>c", "\x1b[ q"]
    {
        both(format!("a{sequence}b\n").as_bytes(), "ab$");
    }
    for sequence in
        ["\x1bc", "\x1b7", "\x1bM", "\x1bD", "\x1bE", "\x1b(0", "\x1b#8", "\x1b%G", "\x1b\\", "\x1bN", "\x1b="]
    {
        both(format!("a{sequence}b\n").as_bytes(), "ab$");
    }
    for string in
        ["\x1b]0;title\x07", "\x1b]52;c;AAAA\x1b\\", "\x1bPq#0\x1b\\", "\x1bXx\x1b\\", "\x1b^x\x1b\\", "\x1b_x\x1b\\"]
    {
        both(format!("a{string}b\n").as_bytes(), "ab$");
    }
    // A control character in one does nothing to it.
    both(b"a\x1b[1\x082\x07;\x00Hx", "ax");
}

#[test]
fn editing_stays_in_the_clients_text() {
    each(b"ab\x1b[5Dc", "ab\x1b[2Dc", "abc");
    each(b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m", "red");
    each(b"ab\x1b[D\x1b[K\x1b[J\x1b[2P\x1b[@\x1b[C", "ab\x08\x1b[K\x1b[K\x1b[2P\x1b[@\x1b[C", "ab");
    // After a return there is nothing to go back to, and a tab may have gone anywhere.
    each(b"ab\r\x08c\t\x08\x08", "ab<c\t\x08", "ab<\\x08c\t\\x08\\x08");
    each(b"ab\rc\x08\x08", "ab<c\x08", "ab<c\\x08\\x08");
    each(b"\x1b[99999999999999999999mx", "x", "x");
    each(b"abc\x1b[70000D", "abc\x1b[3D", "abc");
}

#[test]
fn nothing_waits_for_the_end_of_a_sequence_beyond_its_line() {
    both(b"a\x1b[12\nb\x1b]0;c\nd\x1b\ne\x1bPf\r\ng", "a$b$d$e$g");
    both(b"a\x1b]0;b\x18c\x1b[1\x1ad\x1b[\x1b[2Je", "acde");
    both(b"a\x1b[1\xff", "a\\xff");
    each(b"a\xe2\x80\nb", "a\\xe2\\x80$b", "a\\xe2\\x80$b");
}

#[test]
fn characters_are_the_focused_clients() {
    each("é’☃🦀".as_bytes(), "é’☃🦀", "\\xc3\\xa9\\xe2\\x80\\x99\\xe2\\x98\\x83\\xf0\\x9f\\xa6\\x80");
    each("é\x08x".as_bytes(), "é\x08x", "\\xc3\\xa9\\x08x");
    for hidden in ['\u{202e}', '\u{2028}', '\u{2066}', '\u{200f}'] {
        assert!(shown(hidden.to_string().as_bytes(), true).is_ascii(), "{hidden:?}");
    }
    both(b"\xc0\xaf\xed\xa0\x80\xf5", "\\xc0\\xaf\\xed\\xa0\\x80\\xf5");
    both(b"\xe2\x1b[2Jx", "\\xe2x");
}
