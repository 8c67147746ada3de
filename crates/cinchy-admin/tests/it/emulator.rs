//! Orders of the page Emulator.

use cinchy_web::ControlAccess;

use super::{platform, post};

const PAGE: &str = "/admin/emulator";

#[actix_web::test]
async fn a_name_that_is_refused_can_be_mended_where_it_was_typed() {
    let open = platform(ControlAccess::Loopback, "");
    for (act, name, said) in [
        ("take", "before the change", "Call a snapshot with 1 to 60"),
        ("take", ".hidden", "Call a snapshot with 1 to 60"),
        ("take", "live", "Call a snapshot with 1 to 60"),
        ("make", "default", "is no name of an instance"),
        ("make", "a b", "is no name of an instance"),
    ] {
        let (status, _, page) = post(&open, PAGE, PAGE, &[("act", act), ("name", name)]).await;
        assert_eq!(status, 200, "{name}: {page}");
        assert!(page.contains(said), "{name}: {page}");
        assert!(
            page.contains(&format!("name=\"name\" value=\"{name}\"")),
            "{name}: {page}"
        );
    }
}
