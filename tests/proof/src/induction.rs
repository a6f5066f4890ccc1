// SPDX-License-Identifier: MIT OR Apache-2.0
//! The induction step: from every candidate that satisfies the invariant, every step that is due.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::candidates::{self, Breadth, Roles};
use crate::judge::{Judge, Verdict};
use crate::layout::Layout;
use crate::renaming;
use crate::report::{Excluded, Failure, Report};
use crate::state::{CoreState, OTHER, TARGET, THIRD, Vcpu};
use crate::step::{Outcome, Step, build, is_due, take};
use crate::view::View;

/// One obligation: a core with these registers, and that breadth.
pub struct Induction<'a, const N: usize> {
    /// What is to be shown.
    pub name: &'static str,
    /// The core.
    pub layout: &'a Layout,
    /// How many values.
    pub breadth: Breadth,
    /// Each step is taken a second time, with other values; see [`renaming`].
    pub renamed: bool,
    /// More steps than this is not finished in its time.
    pub limit: u64,
}

/// What all threads share.
struct Shared<const N: usize> {
    judge: Judge<N>,
    steps: Vec<Step<N>>,
    roles: Vec<Roles>,
    others: Vec<Vcpu<N>>,
    thirds: Vec<Vcpu<N>>,
    next: AtomicUsize,
    taken: AtomicU64,
    stop: AtomicBool,
    failure: Mutex<Option<Failure>>,
}

impl<const N: usize> Shared<N> {
    fn fail(&self, what: &'static str, text: String) {
        self.stop.store(true, Ordering::Relaxed);
        self.failure.lock().expect("nobody panics while he holds it").get_or_insert(Failure { what, text });
    }
}

impl<const N: usize> Induction<'_, N> {
    /// Goes through all of it, on all of the machine's cores.
    pub fn run(&self) -> Report {
        let mut report = Report::new(self.name);
        let judge = Judge::new(self.breadth.many_cores);
        let targets = self.admitted(&judge, TARGET, &mut report);
        let others = self.admitted(&judge, OTHER, &mut report);
        let shared = Shared {
            judge,
            others,
            steps: candidates::steps(self.layout),
            roles: candidates::roles(self.breadth),
            thirds: candidates::thirds(self.layout),
            next: AtomicUsize::new(0),
            taken: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            failure: Mutex::new(None),
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let parts: Vec<Report> = std::thread::scope(|scope| {
            let work = || self.work(&shared, &targets);
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Report::crashed(self.name))).collect()
        });
        parts.into_iter().for_each(|part| report.add(part));
        report.failure = report.failure.or(shared.failure.into_inner().unwrap_or(None));
        report
    }

    /// The vCPUs that satisfy the clauses about one; the others are counted.
    fn admitted(&self, judge: &Judge<N>, name: usize, report: &mut Report) -> Vec<Vcpu<N>> {
        let all = candidates::vcpus(self.layout, name, self.breadth);
        report.vcpus += all.len() as u64;
        let clauses = &judge.of_a_vcpu;
        report.of_a_vcpu.resize_with(clauses.len(), Excluded::default);
        for (place, clause) in report.of_a_vcpu.iter_mut().zip(clauses) {
            place.name = clause.name;
        }
        let is_admitted = |vcpu: &Vcpu<N>| match clauses.iter().position(|clause| !(clause.holds)(vcpu, self.layout)) {
            Some(clause) => {
                report.of_a_vcpu[clause].count += 1;
                false
            }
            None => true,
        };
        all.into_iter().filter(is_admitted).collect()
    }

    fn work(&self, shared: &Shared<N>, targets: &[Vcpu<N>]) -> Report {
        let mut report = Report::new(self.name);
        let clauses = shared.judge.of_a_core.iter();
        report.of_a_core =
            clauses.map(|clause| Excluded { name: clause.name, only_many: clause.only_many, count: 0 }).collect();
        while let Some(target) = targets.get(shared.next.fetch_add(1, Ordering::Relaxed)) {
            for roles in &shared.roles {
                self.with_roles(shared, &mut report, target, roles);
                if shared.stop.load(Ordering::Relaxed) {
                    return report;
                }
            }
        }
        report
    }

    fn with_roles(&self, shared: &Shared<N>, report: &mut Report, target: &Vcpu<N>, roles: &Roles) {
        let is_reached =
            roles.owner == Some(OTHER) || roles.executing == Some(OTHER) || roles.elsewhere[OTHER] || roles.away[OTHER];
        // Whoever is neither is out of the call's reach: a few stand for all.
        let stands = |vcpu: &&Vcpu<N>| {
            let parts = &vcpu.parts;
            is_reached || parts.mdscr == 0 && !parts.os_lock && !parts.running
        };
        let mut local = None;
        let fresh = [Vcpu::fresh()];
        let thirds = if roles.executing == Some(THIRD) { &shared.thirds[..] } else { &fresh[..] };
        for other in shared.others.iter().filter(stands) {
            for third in thirds {
                self.with_vcpus(shared, report, [*target, *other, *third], roles, &mut local);
            }
        }
    }

    /// `local`: which steps need not be taken again while target and roles stay, by [`Outcome::is_local`].
    fn with_vcpus(
        &self,
        shared: &Shared<N>,
        report: &mut Report,
        vcpus: [Vcpu<N>; 3],
        roles: &Roles,
        local: &mut Option<Vec<bool>>,
    ) {
        let Roles { owner, executing, armed, elsewhere, away } = *roles;
        let mut objects = None;
        for registers in candidates::hardware(self.layout, roles, &vcpus) {
            let state = CoreState { vcpus, owner, armed, executing, elsewhere, away, registers };
            report.cores += 1;
            if let Some(clause) = shared.judge.broken_of_core(&state, self.layout) {
                report.of_a_core[clause].count += 1;
                continue;
            }
            report.states += 1;
            let objects = objects.get_or_insert_with(|| build(&state, self.layout));
            let views = [TARGET, OTHER, THIRD].map(|name| View::of(&state, name, self.layout));
            let is_first = local.is_none();
            let local = local.get_or_insert_with(|| vec![false; shared.steps.len()]);
            for (step, is_local) in shared.steps.iter().zip(local) {
                if *is_local || !is_due(&state, step) {
                    continue;
                }
                report.steps += 1;
                let after = take(&state, objects, step, self.layout);
                *is_local = is_first && executing != Some(TARGET) && after.is_local(&state);
                let verdict = shared.judge.step(&state, &views, step, &after, self.layout);
                if let Err(what) = verdict.and_then(|()| self.with_other_values(&state, step, &after)) {
                    return shared.fail(what, format!("{step:?}\nfrom {state:#x?}\nto {after:#x?}"));
                }
            }
        }
        self.count(shared, report);
    }

    /// A guest's own steps are not the shim's.
    fn with_other_values(&self, state: &CoreState<N>, step: &Step<N>, after: &Outcome<N>) -> Verdict {
        let by_guest = matches!(step, Step::GuestBank(_) | Step::GuestMdscr(_) | Step::GuestMethodOfEntry(_));
        if !self.renamed || by_guest {
            return Ok(());
        }
        let (state, other) = (renaming::state(self.layout, state), renaming::step(self.layout, step));
        let again = take(&state, &build(&state, self.layout), &other, self.layout);
        let is_same = renaming::is_same(self.layout, step, after, &again);
        if is_same { Ok(()) } else { Err("a step depends on a value") }
    }

    /// The limit is one of work, not of time: the same on every machine.
    fn count(&self, shared: &Shared<N>, report: &mut Report) {
        let new = report.steps - report.told;
        if new > 100_000 {
            report.told = report.steps;
            if shared.taken.fetch_add(new, Ordering::Relaxed) > self.limit {
                shared.fail("does not finish", format!("more than {} steps", self.limit));
            }
        }
    }
}
