//! Text of HTML that text from certificates cannot get out of: markup is what this program was
//! built with, by its type, and everything else goes through [`Html::text`].

use certstow_formats::sanitize::shortened;

/// HTML that is being written.
pub(super) struct Html(String);

impl Html {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Markup of this program's own.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Markup of this program's own, with anybody's texts where it says `{}`.
    pub(super) fn put(&mut self, markup: &'static str, texts: &[&str]) {
        let mut texts = texts.iter();
        let mut parts = markup.split("{}");
        self.raw(parts.next().unwrap_or_default());
        for part in parts {
            self.text(texts.next().expect("a text for every place"));
            self.raw(part);
        }
        debug_assert!(texts.next().is_none(), "a place for every text: {markup}");
    }

    /// Anybody's text, as an element's content or in a quoted attribute. Characters that hide or
    /// turn what is around them are shown by their numbers, and long text is cut, as at a terminal.
    pub(super) fn text(&mut self, text: &str) {
        for character in shortened(text).chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '`' => self.0.push_str("&#96;"),
                // Not characters, and the standard has parsers complain about them.
                '\u{fdd0}'..='\u{fdef}' => self.0.push('\u{fffd}'),
                _ if u32::from(character) & 0xfffe == 0xfffe => self.0.push('\u{fffd}'),
                _ => self.0.push(character),
            }
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// A length or place in per cent, as attributes of SVG take it.
pub(super) fn percent(percent: f64) -> String {
    format!("{percent:.2}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut html = Html::with_capacity(0);
        html.text(text);
        html.finish()
    }

    #[test]
    fn text_escapes_markup_characters() {
        let text =
            written("</script>\"'`&<!--\0\u{2028}\u{202e}\u{200b}\u{7f}\r\n\t\u{fffe}\u{fdd0}");
        for character in [
            '<', '>', '"', '\'', '`', '\0', '\u{2028}', '\u{202e}', '\u{200b}', '\n',
        ] {
            assert!(!text.contains(character), "{text}");
        }
        assert!(
            text.starts_with("&lt;/script&gt;&quot;&#39;&#96;&amp;&lt;!--\\u{0}"),
            "{text}"
        );
        assert!(text.ends_with("\\u{9}\u{fffd}\u{fffd}"), "{text}");
    }

    #[test]
    fn text_keeps_ordinary_text() {
        for text in [
            "Alice Example",
            "Zoë Łukasz",
            "株式会社 例",
            "مثال",
            "🔑 key",
            "",
        ] {
            assert_eq!(written(text), text);
        }
    }

    #[test]
    fn put_escapes_and_inserts_texts() {
        let mut html = Html::with_capacity(0);
        html.put(r#"<a b="{}">{}</a>"#, &["\"{}", "<"]);
        assert_eq!(html.finish(), r#"<a b="&quot;{}">&lt;</a>"#);
    }

    #[test]
    fn text_truncates_before_escaping() {
        let text = written(&"<".repeat(10_000));
        assert_eq!(
            text.matches("&lt;").count(),
            certstow_formats::sanitize::LONGEST
        );
        assert!(text.ends_with("&lt;… (10000 characters)"), "{text}");
    }
}
