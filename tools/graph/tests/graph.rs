// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture of every good description is well-formed and names everything in it.

use std::path::{Path, PathBuf};

use lazaret_board::Board;
use lazaret_sdf::{SearchPath, System};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn board() -> Board {
    Board::load(&root().join("kernel-config"), "qemu_virt_aarch64").unwrap()
}

fn good() -> Vec<PathBuf> {
    let files = std::fs::read_dir(root().join("tests/sdf")).unwrap().map(|entry| entry.unwrap().path());
    let is_good = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("good_") && name.ends_with(".system")
    };
    let own = root().join("system.xml");
    files.filter(is_good).chain(own.is_file().then_some(own)).collect()
}

fn load(path: &Path) -> System {
    lazaret_sdf::load(path, &board(), &SearchPath::unchecked()).unwrap_or_else(|errors| panic!("{}", errors[0]))
}

/// Every text in the picture, in order.
fn texts(picture: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(picture).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    texts.map(|node| node.text().unwrap_or("").to_string()).collect()
}

#[test]
fn names_everything() {
    assert!(good().len() >= 18);
    for path in good() {
        let system = load(&path);
        let picture = lazaret_graph::draw(&system);
        let texts = texts(&picture);
        let has =
            |wanted: &str| assert!(texts.iter().any(|text| text.contains(wanted)), "{}: {wanted}", path.display());
        for region in &system.memory_regions {
            has(&region.name);
        }
        for pd in &system.protection_domains {
            has(&pd.name);
            has(&format!("program {}", pd.program.name));
            pd.maps.iter().for_each(|map| has(&format!("{} {:#x} {}", map.perms, map.vaddr, system[map.region].name)));
            pd.irqs.iter().for_each(|irq| has(&format!("irq {} as id {}", irq.number, irq.id)));
            pd.shared_caps.iter().for_each(|cap| has(&format!("slot {}: ", cap.slot)));
            if let Some(vm) = &pd.virtual_machine {
                has(&format!("virtual machine {}", vm.name));
                vm.vcpus.iter().for_each(|vcpu| has(&format!("vCPU {}", vcpu.id)));
                vm.maps.iter().for_each(|map| has(&format!("{:#x} {}", map.vaddr, system[map.region].name)));
            }
        }
        for channel in &system.channels {
            let [a, b] = &channel.ends;
            has(&format!("channel {} to {}", a.id, system[b.pd].name));
            has(&format!("channel {} to {}", b.id, system[a.pd].name));
        }
    }
}

#[test]
fn boxes_of_a_column_do_not_overlap_and_all_is_inside() {
    for path in good() {
        let picture = lazaret_graph::draw(&load(&path));
        let document = roxmltree::Document::parse(&picture).unwrap();
        let number = |node: &roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let [width, height] = ["width", "height"].map(|name| number(&document.root_element(), name));
        let boxes: Vec<[f64; 4]> = document
            .descendants()
            .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("box ")))
            .map(|node| ["x", "y", "width", "height"].map(|name| number(&node, name)))
            .collect();
        for (i, [x, y, w, h]) in boxes.iter().enumerate() {
            assert!(*x >= 0.0 && *y >= 0.0 && x + w <= width && y + h <= height, "{}", path.display());
            for [x2, y2, w2, h2] in &boxes[i + 1..] {
                let apart = x + w <= *x2 || x2 + w2 <= *x || y + h <= *y2 || y2 + h2 <= *y;
                assert!(apart, "{}: boxes {i} and another", path.display());
            }
        }
    }
}

#[test]
fn names_that_mean_something_to_xml_are_escaped() {
    let text = "<system><memory_region name=\"a&lt;&amp;>b\" size=\"0x1000\" />\
                <protection_domain name='&quot;&#7;quoted' ><program_image path=\"p\" /></protection_domain></system>";
    let text = text.replace("&#7;", "");
    let system = lazaret_sdf::load_text(Path::new("x"), &text, &board(), &SearchPath::unchecked()).unwrap();
    let texts = texts(&lazaret_graph::draw(&system));
    assert!(texts.iter().any(|text| text == "a<&>b") && texts.iter().any(|text| text == "\"quoted"), "{texts:?}");
}

#[test]
fn a_bad_description_gives_its_errors_and_no_picture() {
    let output = std::env::temp_dir().join(format!("lazaret-graph-{}.svg", std::process::id()));
    let options = lazaret_graph::Options {
        system: root().join("tests/sdf/pd_missing_name.system"),
        board: board(),
        files: SearchPath::unchecked(),
        output: Some(output.clone()),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(lazaret_graph::run(&options, &mut out, &mut err).unwrap(), 2);
    assert!(!output.exists() && out.is_empty());
    assert!(String::from_utf8(err).unwrap().starts_with("Error: Missing required attribute 'name'"));
}
