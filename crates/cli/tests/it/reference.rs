//! What is made of the description of the commands. `JETON_GOLDEN=write` writes docs/cli.md anew; read the difference.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Run, jeton};

#[test]
fn the_reference_of_the_commands_is_generated() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let wanted = Run::of(jeton().args(["man", "--markdown"])).ok();
    if std::env::var_os("JETON_GOLDEN").is_some_and(|how| how == "write") {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    assert!(
        found == wanted,
        "docs/cli.md is not what the commands say: JETON_GOLDEN=write cargo test -p jeton-cli --test it reference"
    );
}

/// The commands that the help lists, all the way down.
fn commands(words: &[String]) -> Vec<Vec<String>> {
    let help = Run::of(jeton().args(words).arg("--help")).ok();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| line.starts_with("  "));
    let names = listed.filter_map(|line| {
        let name = line.strip_prefix("  ")?.split_whitespace().next()?;
        (!line.starts_with("   ") && name != "help").then(|| name.to_owned())
    });
    let below = names.flat_map(|name| {
        let deeper: Vec<String> = words.iter().cloned().chain([name]).collect();
        let mut all = commands(&deeper);
        all.push(deeper);
        all
    });
    below.collect()
}

#[test]
fn every_command_has_its_section_and_its_manual_page() {
    let reference = Run::of(jeton().args(["man", "--markdown"])).ok();
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("man1");
    Run::of(jeton().args(["man", "--out"]).arg(&pages)).ok();
    let all = commands(&[]);
    assert!(all.len() > 60, "{all:?}");
    for words in all {
        let (title, page) =
            (format!("## `jeton {}`", words.join(" ")), format!("jeton-{}.1", words.join("-")));
        assert!(reference.contains(&title), "{title}");
        let page = fs::read_to_string(pages.join(&page)).unwrap_or_else(|why| panic!("{page}: {why}"));
        assert!(page.contains(".TH"), "{page}");
    }
    assert!(fs::read_to_string(pages.join("jeton.1")).unwrap().contains("Exit codes"));
}

#[test]
fn each_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Run::of(jeton().args(["completion", shell])).ok();
        assert!(script.contains("hash-key") && script.contains("if-revision"), "{shell}");
    }
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("jeton.bash");
    fs::write(&script, Run::of(jeton().args(["completion", "bash"])).ok()).unwrap();
    let asked =
        ". \"$0\"; COMP_WORDS=(jeton comp); COMP_CWORD=1; _jeton jeton comp jeton; echo ${COMPREPLY[*]}";
    let bash = Command::new("bash").args(["-c", asked]).arg(&script).output().unwrap();
    assert_eq!(String::from_utf8(bash.stdout).unwrap().trim(), "completion company", "{:?}", bash.stderr);
}

#[test]
fn a_manual_page_without_a_folder_is_a_wrong_usage() {
    Run::of(jeton().args(["man"])).refused(2);
    Run::of(jeton().args(["man", "--markdown", "--out", "x"])).refused(2);
    Run::of(jeton().args(["man", "--out", "/proc/none"])).refused(1);
}
