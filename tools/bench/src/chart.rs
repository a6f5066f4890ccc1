// SPDX-License-Identifier: MIT OR Apache-2.0
//! The figures as a picture: a group of bars for each operation, on a logarithmic scale.

use plotters::coord::Shift;
use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;

use super::goal;
use super::subject::{Peer, Subject};
use super::table::Table;

const WIDTH: u32 = 1100;
/// Of a group of bars.
const GROUP: u32 = 46;
const HEADER: u32 = 120;
/// A bar, in parts of a group.
const BAR: f64 = 0.26;

/// What is drawn: the rows with a goal, and what else says something about all.
const ROWS: [&str; 14] = [
    "hvc_psci_version",
    "mmio_read_vmm",
    "trap_debug_read",
    "trap_debug_write",
    "oslar_write",
    "first_touch",
    "exit_and_rearm",
    "owned_access",
    "owned_read",
    "hvc_armed",
    "breakpoint_hit_and_exit",
    "timer_irq_running",
    "sgi_self",
    "vcpu_switch",
];

fn colour(subject: Subject) -> RGBColor {
    match subject {
        Subject::Lazaret => RGBColor(31, 119, 180),
        Subject::Peer(Peer::Kvm) => RGBColor(255, 127, 14),
        Subject::Peer(Peer::Xen) => RGBColor(150, 150, 150),
        Subject::Sel4 => RGBColor(44, 160, 44),
        Subject::Sel4Shim => RGBColor(148, 103, 189),
    }
}

/// Draws it.
pub fn svg(table: &Table) -> anyhow::Result<String> {
    let rows: Vec<&str> =
        ROWS.into_iter().filter(|op| table.columns.iter().any(|(_, m)| m.net(op).is_some())).collect();
    let mut text = String::new();
    {
        let size = (WIDTH, HEADER + GROUP * rows.len() as u32);
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area, table, &rows).map_err(|error| anyhow::anyhow!("the chart cannot be drawn: {error}"))?;
        area.present()?;
    }
    Ok(text)
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn draw(area: &DrawingArea<SVGBackend<'_>, Shift>, table: &Table, rows: &[&str]) -> Result<()> {
    area.fill(&WHITE)?;
    let figures = rows.iter().flat_map(|op| table.columns.iter().filter_map(|(_, measured)| measured.net(op)));
    let most = figures.max().unwrap_or(1).max(10) as f64 * 2.5;
    let groups = rows.len() as f64;
    let names: Vec<&str> = table.columns.iter().map(|(subject, _)| subject.name()).collect();
    let title = format!("Instructions an operation on {}: {}", table.cpu, names.join(", "));
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(210)
        .build_cartesian_2d((0.7..most).log_scale(), 0.0..groups)?;
    let label = |y: &f64| -> String {
        let row = (groups - y).floor();
        if (y.fract() - 0.5).abs() < 1e-6 {
            rows.get(row as usize).map_or(String::new(), |op| (*op).into())
        } else {
            String::new()
        }
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .y_label_formatter(&label)
        .x_desc("instructions, logarithmic; a line marks the goal, hollow bars belong to a hypervisor in which debugging does not work")
        .draw()?;
    for (at, op) in rows.iter().enumerate() {
        let top = groups - at as f64;
        for (column, (subject, measured)) in table.columns.iter().enumerate() {
            let Some(figure) = measured.net(op) else { continue };
            let high = top - 0.1 - BAR * column as f64;
            let end = (figure as f64).max(0.75);
            let works =
                measured.functions.iter().filter(|f| f.name != "claim_tags").all(|function| function.failed == 0);
            let style = if works { colour(*subject).filled() } else { colour(*subject).stroke_width(1) };
            chart.draw_series([Rectangle::new([(0.7, high), (end, high - BAR * 0.9)], style)])?;
            let place = (end * 1.05, high - BAR * 0.1);
            chart.draw_series([Text::new(figure.to_string(), place, ("sans-serif", 11).into_font())])?;
        }
        if let Some(goal) = goal::of(op) {
            let line = vec![(goal.most as f64, top - 0.05), (goal.most as f64, top - 0.95)];
            chart.draw_series([PathElement::new(line, RED.stroke_width(2))])?;
        }
    }
    names_and_legend(area, table, rows)?;
    Ok(())
}

/// Beside the groups, and on top.
fn names_and_legend(area: &DrawingArea<SVGBackend<'_>, Shift>, table: &Table, rows: &[&str]) -> Result<()> {
    let (_, height) = area.dim_in_pixel();
    let (first, last) = (44.0, f64::from(height) - 56.0);
    let step = (last - first) / rows.len().max(1) as f64;
    for (at, op) in rows.iter().enumerate() {
        let y = first + step * (at as f64 + 0.4);
        area.draw(&Text::new((*op).to_string(), (14, y as i32), ("sans-serif", 14).into_font()))?;
    }
    for (at, (subject, _)) in table.columns.iter().enumerate() {
        let (x, y) = (WIDTH as i32 - 260 + 85 * at as i32, 16);
        area.draw(&Rectangle::new([(x, y), (x + 12, y + 12)], colour(*subject).filled()))?;
        area.draw(&Text::new(subject.name(), (x + 18, y), ("sans-serif", 13).into_font()))?;
    }
    Ok(())
}
