//! Names and media types of files, which come from anybody: what is kept of them, and how they are sent back.

use actix_web::http::header::{
    Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};

/// Characters of a name at most.
const LONGEST: usize = 255;

/// What is kept of a name: its last part, on one line, without what a file system or a header would take amiss.
pub fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_direction(*c))
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .take(LONGEST)
        .collect();
    let kept = kept.trim().trim_start_matches('.').trim();
    if kept.is_empty() {
        "file".to_owned()
    } else {
        kept.to_owned()
    }
}

/// Marks that turn the direction of text, by which `exe.png` can look like another name.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Pictures that a browser may show in place; everything else is saved, since a page of the emulator's own origin could
/// act for who looks at it.
const SHOWN: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/bmp",
];

/// How a file of this name and type is offered.
pub fn disposition(name: &str, content_type: &str) -> ContentDisposition {
    let mut parameters = Vec::new();
    if name.is_ascii() {
        parameters.push(DispositionParam::Filename(name.to_owned()));
    } else {
        let ascii = name.chars().map(|c| if c.is_ascii() { c } else { '_' });
        parameters.push(DispositionParam::Filename(ascii.collect()));
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.as_bytes().to_vec(),
        }));
    }
    ContentDisposition {
        disposition: if SHOWN.contains(&content_type) {
            DispositionType::Inline
        } else {
            DispositionType::Attachment
        },
        parameters,
    }
}

/// A media type as it was sent or seeded, if it is one.
pub fn media_type(text: &str) -> Option<String> {
    let text = text.trim();
    let (kind, subtype) = text.split(';').next().unwrap_or_default().split_once('/')?;
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let clean = text.len() <= LONGEST && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    (clean && is_token(kind.trim()) && is_token(subtype.trim())).then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe() {
        for (given, kept) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ann\\cv.doc", "cv.doc"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
            ("\"quoted\" <b>.txt", "_quoted_ _b_.txt"),
            (".htaccess", "htaccess"),
            ("..", "file"),
            ("", "file"),
            ("über\u{202E}gnp.exe", "übergnp.exe"),
            ("日本.png", "日本.png"),
        ] {
            assert_eq!(safe(given), kept, "{given:?}");
        }
        assert_eq!(safe(&"x".repeat(1000)).len(), LONGEST);
    }

    #[test]
    fn what_is_no_picture_is_saved() {
        for (name, ty, header) in [
            ("a.png", "image/png", "inline; filename=\"a.png\""),
            ("a.html", "text/html", "attachment; filename=\"a.html\""),
            ("a.svg", "image/svg+xml", "attachment; filename=\"a.svg\""),
            (
                "é.txt",
                "text/plain",
                "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt",
            ),
        ] {
            assert_eq!(disposition(name, ty).to_string(), header);
        }
    }

    #[test]
    fn media_types_are_checked() {
        for (given, kept) in [
            ("image/PNG", Some("image/png")),
            (
                "text/plain; charset=utf-8",
                Some("text/plain; charset=utf-8"),
            ),
            ("text", None),
            ("/", None),
            ("text/pl\r\nain", None),
            ("te xt/plain", None),
        ] {
            assert_eq!(media_type(given).as_deref(), kept, "{given:?}");
        }
    }
}
