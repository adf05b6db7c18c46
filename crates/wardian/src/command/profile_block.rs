//! A profile in a file that is the user's: what we write stands between two marks, and all else
//! stays as it is, byte for byte.
//!
//! Settings that somebody added to the profile are kept, when ours are written again and when they
//! are taken out.

use crate::client::ini::{Line, read_line};

/// The profile is there, and we did not write it.
#[derive(Debug, PartialEq, Eq)]
pub struct Foreign;

/// The settings that a block may hold; only these are taken out again.
const OURS: [&str; 6] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "credential_process",
    "region",
    "endpoint_url",
    "ca_bundle",
];

/// Stands in a block before which the file did not end with a line end: [`write`] gave it one.
const LINE_ENDED: &str = "# wardian: the line above had no end";

/// `text` with `settings` in the section `section`, between the marks of `profile`.
pub fn write(
    text: &str,
    section: &str,
    profile: &str,
    settings: &[(&str, String)],
) -> Result<String, Foreign> {
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let found = Block::find(text, profile);
    let has_section =
        |part: &str| part.lines().any(|line| read_line(line) == Line::Section(section.to_owned()));
    let (before, kept, after, was_ended) = match found {
        Some(block) => {
            let was_ended = block.line_ended().is_some();
            (block.before, foreign(block.inside), block.after, was_ended)
        }
        None => (text.to_owned(), String::new(), String::new(), false),
    };
    if has_section(&before) || has_section(&after) {
        return Err(Foreign);
    }
    let mut out = before;
    let ends_now = !out.is_empty() && !out.ends_with('\n');
    if ends_now {
        out.push_str(end_of_line);
    }
    let mut line = |text: &str| {
        out.push_str(text);
        out.push_str(end_of_line);
    };
    line(&begin(profile));
    if ends_now || was_ended {
        line(LINE_ENDED);
    }
    line(&format!("[{section}]"));
    for (key, value) in settings {
        line(&format!("{key} = {value}"));
    }
    out.push_str(&kept);
    out.push_str(&end(profile));
    out.push_str(end_of_line);
    out.push_str(&after);
    Ok(out)
}

/// `text` without what [`write`] wrote; None where there is nothing of it.
pub fn remove(text: &str, section: &str, profile: &str) -> Option<String> {
    let block = Block::find(text, profile)?;
    let line_ended = block.line_ended();
    let kept = foreign(block.inside);
    let mut out = block.before;
    if let (Some(end), true) = (line_ended, kept.is_empty() && block.after.is_empty()) {
        out.truncate(out.strip_suffix(end).map_or(out.len(), str::len));
    }
    let is_setting = |line: &str| !line.trim().is_empty() && !line.starts_with(['#', ';']);
    // Below the end mark the section goes on until the next one begins: the AWS CLI appends there.
    let mut appended = block.after.lines().take_while(|line| !line.starts_with('['));
    if appended.any(is_setting) || kept.lines().any(is_setting) {
        out.push_str(&format!("[{section}]\n"));
    }
    out.push_str(&kept);
    out.push_str(&block.after);
    Some(out)
}

struct Block<'t> {
    before: String,
    /// The lines between the marks.
    inside: Vec<&'t str>,
    after: String,
}

impl<'t> Block<'t> {
    fn find(text: &'t str, profile: &str) -> Option<Self> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let place = |mark: String| lines.iter().position(|line| line.trim_end() == mark);
        let (first, last) = (place(begin(profile))?, place(end(profile))?);
        let inside = lines.get(first.checked_add(1)?..last)?.to_vec();
        let before = lines.iter().take(first).copied().collect();
        let after = lines.iter().skip(last + 1).copied().collect();
        Some(Self { before, inside, after })
    }

    /// The line end that [`write`] put before the block.
    fn line_ended(&self) -> Option<&'static str> {
        let mark = self.inside.iter().find(|line| line.trim_end() == LINE_ENDED)?;
        Some(if mark.ends_with("\r\n") { "\r\n" } else { "\n" })
    }
}

/// The lines of a block that we did not write.
fn foreign(inside: Vec<&str>) -> String {
    let is_ours = |line: &str| match read_line(line) {
        Line::Section(_) => true,
        Line::Pair(key, _) => OURS.contains(&key),
        Line::Other => line.trim_end() == LINE_ENDED,
    };
    inside.into_iter().filter(|line| !is_ours(line)).collect()
}

fn begin(profile: &str) -> String {
    format!("# wardian: begin {profile}")
}

fn end(profile: &str) -> String {
    format!("# wardian: end {profile}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEIRS: &str =
        "# mine\n[default]\nregion=eu-west-1\ns3 =\n  region = x\n\n[profile a]\nb=c";

    fn settings(value: &str) -> Vec<(&'static str, String)> {
        vec![("credential_process", value.to_owned()), ("region", "us-east-1".to_owned())]
    }

    fn written(text: &str) -> String {
        write(text, "profile dev", "dev", &settings("x")).unwrap()
    }

    #[test]
    fn a_profile_is_appended_and_the_rest_stays_as_it_is() {
        let expected = format!(
            "{THEIRS}\n# wardian: begin dev\n{LINE_ENDED}\n[profile dev]\ncredential_process = x\n\
             region = us-east-1\n# wardian: end dev\n"
        );
        assert_eq!(written(THEIRS), expected);
        assert!(written("").starts_with("# wardian: begin dev\n"));
        let windows = written("[default]\r\nregion=x\r\n");
        assert!(windows.lines().count() == 7 && !windows.replace("\r\n", "").contains('\n'));
    }

    #[test]
    fn undo_takes_out_what_was_written_and_nothing_else() {
        let theirs = ["", "[default]\r\nregion=x\r\n", "# only this\n"];
        for text in theirs.into_iter().chain([THEIRS, "[default]\r\nregion=x", "# no end"]) {
            let undone = remove(&written(text), "profile dev", "dev");
            assert_eq!(undone.as_deref(), Some(text));
            let again = write(&written(text), "profile dev", "dev", &settings("new")).unwrap();
            assert_eq!(remove(&again, "profile dev", "dev").as_deref(), Some(text));
        }
        assert_eq!(remove(THEIRS, "profile dev", "dev"), None);
        let two = write(&written(THEIRS), "profile x", "x", &settings("y")).unwrap();
        let one = remove(&two, "profile dev", "dev").unwrap();
        assert!(one.contains("[profile x]") && !one.contains("[profile dev]"), "{one}");
    }

    #[test]
    fn writing_again_replaces_the_block_in_its_place() {
        let text = format!("{}[profile z]\n", written("[default]\n"));
        let again = write(&text, "profile dev", "dev", &settings("new")).unwrap();
        assert_eq!(again, text.replace("credential_process = x", "credential_process = new"));
    }

    #[test]
    fn a_profile_of_somebody_else_is_not_touched() {
        let result = write("[profile dev]\nregion=x\n", "profile dev", "dev", &settings("x"));
        assert_eq!(result, Err(Foreign));
        let text = format!("{}[profile dev]\n", written(""));
        assert_eq!(write(&text, "profile dev", "dev", &settings("x")), Err(Foreign));
    }

    #[test]
    fn settings_that_somebody_added_to_the_profile_stay() {
        let mine = "output = json\ns3 =\n  region = x\n";
        let inside = written("").replace("# wardian: end", &format!("{mine}# wardian: end"));
        let again = write(&inside, "profile dev", "dev", &settings("new")).unwrap();
        assert!(again.contains(mine), "{again}");
        let undone = remove(&again, "profile dev", "dev").unwrap();
        assert_eq!(undone, format!("[profile dev]\n{mine}"));
        let appended = format!("{}output = json\n[other]\n", written("[default]\n"));
        let undone = remove(&appended, "profile dev", "dev").unwrap();
        assert_eq!(undone, "[default]\n[profile dev]\noutput = json\n[other]\n");
    }
}
