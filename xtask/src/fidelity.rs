//! `cargo xtask judges DIRECTORY`: writes `docs/fidelity.md` from what outside suites said.
//!
//! The suites themselves are not kept here. DIRECTORY holds a file `<suite>.out` for each of
//! `judges/suites/<suite>.json` that was run, a line a test: `PASS|FAIL|ERROR|SKIP test-id`, and may hold what each
//! miss said in `<suite>.out.reasons`, a JSON object a line. The JSON of a suite gives reasons; a test
//! that was passed once and is missed now is an error. What a suite that was not run said before
//! stays.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

const HEAD: &str = "# Fidelity: what outside judges say\n\nMade by `cargo xtask judges DIRECTORY`; reasons \
                    stand in `judges/suites`. Where one says \"recorded\", a recorded answer of AWS decided \
                    against the suite.\n";

pub fn run(root: &Path, directory: &Path) -> Result<(), String> {
    let mut page = HEAD.to_owned();
    let before = read(&root.join("docs/fidelity.md"))?;
    let suites = root.join("judges/suites");
    let mut names: Vec<_> = fs::read_dir(&suites)
        .map_err(|error| format!("{}: {error}", suites.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    names.sort();
    for path in names {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let suite: Value = serde_json::from_str(&read(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let Ok(said) = read(&directory.join(format!("{stem}.out"))) else {
            page += &kept(&before, suite.get("title").and_then(Value::as_str).unwrap_or_default())?;
            continue;
        };
        let results = results(&said);
        let said = read(&directory.join(format!("{stem}.out.reasons"))).unwrap_or_default();
        still_passed(&path.with_extension("passed"), &results)?;
        section(&mut page, &suite, &results, &said_by_test(&said));
    }
    fs::write(root.join("docs/fidelity.md"), page).map_err(|error| format!("docs: {error}"))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The section of that title, as it stands.
fn kept(page: &str, title: &str) -> Result<String, String> {
    let head = format!("\n## {title}\n");
    let (_, rest) = page.split_once(&head).ok_or_else(|| format!("{title}: no run, no section"))?;
    let body = rest.split_once("\n## ").map_or(rest, |(body, _)| body);
    Ok(head + body)
}

/// Verdicts by test.
fn results(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let known = lines.filter(|(verdict, _)| ["PASS", "FAIL", "ERROR", "SKIP"].contains(verdict));
    known.map(|(verdict, test)| (test.trim().to_owned(), verdict.to_owned())).collect()
}

/// What each miss said.
fn said_by_test(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let member = |line: &Value, name| Some(line.get(name)?.as_str()?.to_owned());
    lines.filter_map(|line| Some((member(&line, "id")?, member(&line, "reason")?))).collect()
}

/// The list of passes may only grow.
fn still_passed(list: &Path, results: &BTreeMap<String, String>) -> Result<(), String> {
    let passes = |test: &str| results.get(test).is_some_and(|verdict| verdict == "PASS");
    let before = fs::read_to_string(list).unwrap_or_default();
    let lost: Vec<&str> = before.lines().filter(|test| !passes(test)).collect();
    if !lost.is_empty() {
        return Err(format!("passed before, missed now:\n{}", lost.join("\n")));
    }
    let now: String =
        results.keys().filter(|test| passes(test)).map(|test| format!("{test}\n")).collect();
    fs::write(list, now).map_err(|error| format!("{}: {error}", list.display()))
}

fn section(
    page: &mut String,
    suite: &Value,
    results: &BTreeMap<String, String>,
    said: &BTreeMap<String, String>,
) {
    let text = |name: &str| suite[name].as_str().unwrap_or_default();
    let _ = write!(page, "\n## {}\n\n{}\n\n", text("title"), text("how"));
    for (name, part) in suite["groups"].as_object().into_iter().flatten() {
        let part = part.as_str().unwrap_or_default();
        let all = results.iter().filter(|(test, _)| test.contains(part));
        let passed = all.clone().filter(|(_, verdict)| *verdict == "PASS").count();
        let _ = writeln!(page, "- {name}: {passed} of {}", all.count());
    }
    let mut misses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (test, _) in results.iter().filter(|(_, verdict)| *verdict != "PASS") {
        let said = said.get(test).map_or("", String::as_str);
        let name = test.rsplit_once('/').map_or(test.as_str(), |(_, name)| name);
        let (why, shown) = match reason(suite, test, said) {
            Some(why) => (why, format!("`{name}`")),
            None => ("not examined", format!("`{name}`{}", difference(said))),
        };
        misses.entry(why).or_default().push(shown);
    }
    let mut misses: Vec<_> = misses.into_iter().collect();
    misses.sort_by_key(|(_, tests)| std::cmp::Reverse(tests.len()));
    for (why, tests) in misses {
        let _ = write!(page, "\n### {} missed: {why}\n\n- {}\n", tests.len(), tests.join("\n- "));
    }
}

/// The first reason that fits the test's name, or what it said.
fn reason<'a>(suite: &'a Value, test: &str, said: &str) -> Option<&'a str> {
    let has = |reason: &Value, name: &str, text: &str| {
        let mut words = reason[name].as_array().into_iter().flatten();
        words.any(|word| word.as_str().is_some_and(|word| text.contains(word)))
    };
    let mut reasons = suite["reasons"].as_array().into_iter().flatten();
    let found = reasons.find(|one| has(one, "tests", test) || has(one, "says", said))?;
    found["why"].as_str()
}

/// The first line of what a miss said that tells two answers apart.
fn difference(said: &str) -> String {
    let told = |line: &&str| line.starts_with('(') || line.contains("Error");
    let line = said.lines().map(str::trim).find(told).or_else(|| said.lines().next());
    line.map_or_else(String::new, |line| {
        let short: String = line.replace('`', "'").chars().take(160).collect();
        format!(": {short}")
    })
}
