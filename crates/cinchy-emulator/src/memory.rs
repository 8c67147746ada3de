//! Memory that only the start needed goes back to the system. An idle emulator is small so, and many fit on one machine.

/// Forgets the pages of the program's own code that are mapped. Two thirds of them belong to what runs once: migrations,
/// the parser of seeds, the command line. What is needed again is mapped again from the file's cache at its next use.
#[cfg(target_os = "linux")]
pub(crate) fn give_back() {
    let (Ok(program), Ok(maps)) = (
        std::fs::read_link("/proc/self/exe"),
        std::fs::read_to_string("/proc/self/maps"),
    ) else {
        return;
    };
    for map in maps.lines() {
        if let Some((start, length)) = code(map, &program.to_string_lossy()) {
            forget(start, length);
        }
    }
}

/// Other systems count what a program takes in other ways.
#[cfg(not(target_os = "linux"))]
pub(crate) fn give_back() {}

/// Start and length of a line of `/proc/self/maps` that holds code of this program, proc_pid_maps(5).
#[cfg(target_os = "linux")]
fn code(map: &str, program: &str) -> Option<(usize, usize)> {
    let mut fields = map.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    if fields.next()? != "r-xp" || fields.nth(3)? != program {
        return None;
    }
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    Some((start, end.checked_sub(start)?))
}

#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "there is no safe call that tells the system to unmap pages; the argument stands at the call"
)]
fn forget(start: usize, length: usize) {
    use rustix::mm::{Advice, madvise};
    let start = std::ptr::with_exposed_provenance_mut(start);
    // SAFETY: the range is one that the system has just listed as a private, executable, not writable mapping of the
    // program's file, and the program never unmaps its code. Such pages are never changed, so that those which are dropped
    // come back with the same bytes, from the file. `LinuxDontNeed` changes no mapping and no protection.
    if let Err(error) = unsafe { madvise(start, length, Advice::LinuxDontNeed) } {
        tracing::debug!(%error, "pages of the start stay in memory");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_the_program_is_found() {
        let cases = [
            (
                "1000-3000 r-xp 00001000 fe:01 12 /bin/a",
                Some((0x1000, 0x2000)),
            ),
            ("1000-3000 r--p 00001000 fe:01 12 /bin/a", None),
            ("1000-3000 rw-p 00001000 fe:01 12 /bin/a", None),
            ("1000-3000 r-xp 00001000 fe:01 12 /bin/ab", None),
            ("1000-3000 r-xp 00000000 00:00 0", None),
            ("3000-1000 r-xp 00001000 fe:01 12 /bin/a", None),
            ("", None),
            ("x", None),
        ];
        for (map, expected) in cases {
            assert_eq!(code(map, "/bin/a"), expected, "{map}");
        }
    }

    /// The pages come back as they were.
    #[test]
    fn the_program_goes_on() {
        give_back();
        only_code_of_the_program_is_found();
        give_back();
    }
}
