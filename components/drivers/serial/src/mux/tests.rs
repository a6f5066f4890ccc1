// SPDX-License-Identifier: MIT OR Apache-2.0
//! What appears on the line, and who gets what is typed.

use super::{Client, ESCAPE, Mux};
use crate::MAX_CLIENTS;

struct Bench {
    mux: Mux,
    clients: Vec<Client>,
    screen: Vec<u8>,
}

impl Bench {
    fn new(names: &[&str]) -> Self {
        let mut clients = Vec::new();
        for name in names {
            let client = Client { tx: Box::leak(Box::default()), rx: Box::leak(Box::default()) };
            client.tx.set_name(name);
            clients.push(client);
        }
        let mut table = [None; MAX_CLIENTS];
        clients.iter().enumerate().for_each(|(index, client)| table[index] = Some(*client));
        Self { mux: Mux::new(table), clients, screen: Vec::new() }
    }

    fn say(&mut self, index: usize, text: &str) -> &mut Self {
        text.bytes().for_each(|byte| assert!(self.clients[index].tx.push(byte)));
        self.mux.output(index, &mut |byte| self.screen.push(byte));
        self
    }

    fn type_in(&mut self, bytes: &[u8]) -> Vec<Option<usize>> {
        bytes.iter().map(|byte| self.mux.input(*byte, &mut |byte| self.screen.push(byte))).collect()
    }

    fn screen(&self) -> &str {
        std::str::from_utf8(&self.screen).unwrap()
    }

    fn received(&self, index: usize) -> Vec<u8> {
        self.clients[index].rx.drain().collect()
    }
}

#[test]
fn one_client_has_the_line_to_itself() {
    let mut bench = Bench::new(&["linux"]);
    bench.say(0, "Booting\nlogin: ").say(0, "root\r\n");
    assert_eq!(bench.screen(), "Booting\r\nlogin: root\r\n");
    assert_eq!(bench.type_in(&[ESCAPE, b'1']), [Some(0), Some(0)]);
    assert_eq!(bench.received(0), [ESCAPE, b'1']);
}

#[test]
fn lines_carry_names() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(0, "a\nb\n").say(1, "c\r\n\n");
    assert_eq!(bench.screen(), "linux| a\r\nlinux| b\r\nbare| c\r\nbare| \r\n");
}

#[test]
fn a_prompt_appears_at_once_and_goes_on_where_it_was() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(0, "login: ").say(0, "root\n");
    assert_eq!(bench.screen(), "linux| login: root\r\n");
}

#[test]
fn another_client_cuts_a_line_and_one_sees_where_it_goes_on() {
    let mut bench = Bench::new(&["linux", ""]);
    bench.say(0, "login: ").say(1, "tick\n").say(0, "root\n").say(0, "$ ").say(1, "tack");
    assert_eq!(bench.screen(), "linux| login: \r\n1| tick\r\nlinux+ root\r\nlinux| $ \r\n1| tack");
    bench.say(0, "\n").say(1, "\n").say(0, "end\n");
    assert!(bench.screen().ends_with("1| tack\r\nlinux+ \r\n1+ \r\nlinux| end\r\n"));
}

#[test]
fn nobody_takes_another_name() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(0, "a\n").say(1, "b\n");
    bench.clients[1].tx.set_name("linux");
    bench.say(1, "c\n");
    assert_eq!(bench.screen(), "linux| a\r\nbare| b\r\nbare| c\r\n");
    let mut bench = Bench::new(&["linux", "linux"]);
    bench.say(0, "a\n").say(1, "b\n");
    assert_eq!(bench.screen(), "linux| a\r\n1| b\r\n");
}

#[test]
fn nobody_makes_up_a_line_of_the_system_s_own() {
    for names in [&["linux"][..], &["linux", "\u{1e}MON"]] {
        let mut bench = Bench::new(names);
        bench.say(0, "\u{1e}MON|ERROR: x\n");
        names.iter().skip(1).for_each(|_| _ = bench.say(1, "\u{1e}\u{1e}y\n"));
        assert!(bench.screen().contains("MON|ERROR: x") && !bench.screen().contains('\u{1e}'), "{}", bench.screen());
    }
}

#[test]
fn input_follows_the_focus() {
    let mut bench = Bench::new(&["linux", "bare"]);
    assert_eq!(bench.type_in(b"a"), [Some(0)]);
    assert_eq!(bench.type_in(&[ESCAPE, b'1', b'b', ESCAPE, ESCAPE]), [None, None, Some(1), None, Some(1)]);
    assert_eq!((bench.received(0), bench.received(1)), (vec![b'a'], vec![b'b', ESCAPE]));
    assert_eq!(bench.screen(), "[serial: input goes to bare]\r\n");
}

#[test]
fn a_console_that_is_not_there_is_not_selected() {
    let mut bench = Bench::new(&["linux", "bare"]);
    bench.say(1, "> ");
    bench.type_in(&[ESCAPE, b'9', b'x', ESCAPE, b'?']);
    assert_eq!(bench.received(0), [b'x']);
    assert!(bench.screen().starts_with("bare| > \r\n[serial: no such console]\r\n[serial: keys"));
}

#[test]
fn each_of_sixteen_has_its_key() {
    let mut bench = Bench::new(&["vm"; MAX_CLIENTS]);
    for (index, key) in (b'0'..=b'9').chain(b'a'..=b'f').enumerate() {
        assert_eq!(bench.type_in(&[ESCAPE, key, key]), [None, None, Some(index)]);
        assert_eq!(bench.received(index), [key]);
    }
    bench.type_in(&[ESCAPE, b'g', b'x']);
    assert_eq!(bench.received(MAX_CLIENTS - 1), [b'x']);
}

#[test]
fn without_clients_nothing_happens() {
    let mut bench = Bench::new(&[]);
    assert_eq!(bench.type_in(b"x"), [None]);
    bench.mux.output(3, &mut |_: u8| panic!());
}
