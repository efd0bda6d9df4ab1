//! A recording as one picture that needs nothing else: text as text, each row of the screen once
//! for each thing it shows, visible from one moment to another by CSS. It begins anew when it
//! ends; where a reader wants nothing to move, or a viewer cannot animate, it shows the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::frame::{Frame, Piece, Row, Style};
use super::keys::Script;
use super::session::Recording;

const CELL: f64 = 8.4;
const LINE: f64 = 19.0;
const FONT: f64 = 14.0;
const MARGIN: f64 = 18.0;
/// Of the bar above the screen.
const BAR: f64 = 32.0;

/// The colours of the window, which stands out from a light page and from a dark one.
const GROUND: &str = "#161b22";
const EDGE: &str = "#3d444d";
const TEXT: &str = "#e6edf3";
/// The terminal's 16 colours.
const COLORS: [&str; 16] = [
    "#6e7681", "#ff7b72", "#3fb950", "#d29922", "#79c0ff", "#d2a8ff", "#56d4dd", "#c9d1d9",
    "#8b949e", "#ffa198", "#56d364", "#e3b341", "#a5d6ff", "#e2c5ff", "#b3f0ff", "#ffffff",
];

/// From one moment to another, in thousandths of the whole.
type Spans = Vec<(u32, u32)>;
const WHOLE: u32 = 100_000;

/// What stands somewhere for some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Row(usize, Row),
    Cursor(u16, u16),
}

pub(crate) fn draw(script: &Script, recording: &Recording) -> String {
    let width = (f64::from(script.columns) * CELL + 2.0 * MARGIN).ceil();
    let height = (f64::from(script.rows) * LINE + BAR + 1.5 * MARGIN).ceil();
    let things = things(&recording.frames);
    let mut classes: BTreeMap<&Spans, usize> = BTreeMap::new();
    for spans in things.values() {
        let number = classes.len();
        classes.entry(spans).or_insert(number);
    }
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title told\">\n\
         <title id=\"title\">{}</title>\n<desc id=\"told\">{}</desc>\n",
        escaped(&script.title),
        escaped(&recording.shots.join("\n\n")),
    );
    style(&mut text, &classes, seconds(&recording.frames));
    window(&mut text, width, height);
    for (thing, spans) in &things {
        let class = classes[spans];
        match thing {
            Thing::Row(row, pieces) => {
                let _ = writeln!(text, "<g class=\"v{class}\">");
                pieces.iter().for_each(|one| piece(&mut text, *row, one));
                text.push_str("</g>\n");
            }
            Thing::Cursor(row, column) => {
                let _ = writeln!(
                    text,
                    "<rect class=\"v{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{CELL}\" \
                     height=\"{LINE}\" fill=\"{TEXT}\" fill-opacity=\"0.6\"/>",
                    left(*column),
                    top(usize::from(*row)),
                );
            }
        }
    }
    text.push_str("</svg>\n");
    text
}

/// What a picture tells of its screens, if it is one of these.
pub(crate) fn told(picture: &str) -> Option<String> {
    let (_, rest) = picture.split_once("<desc id=\"told\">")?;
    let (told, _) = rest.split_once("</desc>")?;
    Some(
        told.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&"),
    )
}

fn seconds(frames: &[Frame]) -> f64 {
    frames.iter().map(|frame| frame.seconds).sum()
}

/// Everything that is ever shown, and when.
fn things(frames: &[Frame]) -> BTreeMap<Thing, Spans> {
    let whole = seconds(frames);
    let mut things: BTreeMap<Thing, Spans> = BTreeMap::new();
    let mut passed = 0.0;
    for frame in frames {
        let moment = |seconds: f64| (seconds / whole * f64::from(WHOLE)).round() as u32;
        let span = (moment(passed), moment(passed + frame.seconds));
        passed += frame.seconds;
        let rows = frame
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| !row.is_empty());
        let rows = rows.map(|(number, row)| Thing::Row(number, row.clone()));
        let cursor = frame.cursor.map(|(row, column)| Thing::Cursor(row, column));
        for thing in rows.chain(cursor) {
            let spans = things.entry(thing).or_default();
            match spans.last_mut() {
                Some(last) if last.1 == span.0 => last.1 = span.1,
                _ => spans.push(span),
            }
        }
    }
    things
}

fn style(text: &mut String, classes: &BTreeMap<&Spans, usize>, seconds: f64) {
    let _ = writeln!(
        text,
        "<style>\ntext{{font:{FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,\
         \"DejaVu Sans Mono\",\"Liberation Mono\",monospace;fill:{TEXT};white-space:pre}}\n\
         .b{{font-weight:bold}} .d{{opacity:.65}} .u{{text-decoration:underline}} \
         .i{{fill:{GROUND}}}"
    );
    for (number, color) in COLORS.iter().enumerate() {
        let _ = writeln!(text, ".c{number}{{fill:{color}}}");
    }
    for (spans, number) in classes {
        let at_end = spans.last().is_some_and(|span| span.1 == WHOLE);
        let rests = if at_end { "visible" } else { "hidden" };
        if spans.as_slice() == [(0, WHOLE)] {
            continue;
        }
        let _ = write!(
            text,
            ".v{number}{{visibility:{rests};animation:v{number} {seconds:.2}s step-end infinite}}\
             @keyframes v{number}{{"
        );
        if spans[0].0 > 0 {
            text.push_str("0%{visibility:hidden}");
        }
        for (from, to) in *spans {
            let _ = write!(text, "{}%{{visibility:visible}}", percent(*from));
            if *to < WHOLE {
                let _ = write!(text, "{}%{{visibility:hidden}}", percent(*to));
            }
        }
        let _ = writeln!(text, "100%{{visibility:{rests}}}}}");
    }
    text.push_str(
        "@media (prefers-reduced-motion:reduce){g,rect{animation:none!important}}\n</style>\n",
    );
}

fn percent(thousandths: u32) -> String {
    format!("{:.3}", f64::from(thousandths) * 100.0 / f64::from(WHOLE))
}

fn window(text: &mut String, width: f64, height: f64) {
    let _ = writeln!(
        text,
        "<rect x=\"0.5\" y=\"0.5\" width=\"{:.1}\" height=\"{:.1}\" rx=\"8\" fill=\"{GROUND}\" \
         stroke=\"{EDGE}\"/>",
        width - 1.0,
        height - 1.0
    );
    for (number, color) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        let _ = writeln!(
            text,
            "<circle cx=\"{}\" cy=\"{}\" r=\"5.5\" fill=\"{color}\"/>",
            MARGIN + 4.0 + 18.0 * number as f64,
            BAR / 2.0 + 2.0
        );
    }
}

fn piece(text: &mut String, row: usize, piece: &Piece) {
    let (x, wide) = (left(piece.column), f64::from(piece.width) * CELL);
    if piece.style.inverse {
        let _ = writeln!(
            text,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{LINE}\" fill=\"{TEXT}\"/>",
            top(row)
        );
    }
    let _ = writeln!(
        text,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{wide:.1}\"{}>{}</text>",
        top(row) + LINE * 0.74,
        classes(piece.style),
        escaped(&piece.text)
    );
}

fn classes(style: Style) -> String {
    let mut names = Vec::new();
    if let Some(color) = style.color.filter(|_| !style.inverse) {
        names.push(format!("c{color}"));
    }
    let flags = [
        (style.bold, "b"),
        (style.dim, "d"),
        (style.underline, "u"),
        (style.inverse, "i"),
    ];
    let set = flags.into_iter().filter(|(is_set, _)| *is_set);
    names.extend(set.map(|(_, name)| name.to_owned()));
    match names.as_slice() {
        [] => String::new(),
        names => format!(" class=\"{}\"", names.join(" ")),
    }
}

fn left(column: u16) -> f64 {
    MARGIN + f64::from(column) * CELL
}

fn top(row: usize) -> f64 {
    BAR + MARGIN / 2.0 + row as f64 * LINE
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &[u8], seconds: f64) -> Frame {
        let mut parser = vt100::Parser::new(3, 20, 0);
        parser.process(text);
        Frame::of(parser.screen(), seconds)
    }

    #[test]
    fn each_row_is_there_for_its_time_alone() {
        let frames = [
            frame(b"one", 1.0),
            frame(b"one\r\n<two>", 1.0),
            frame(b"one\r\nthree", 2.0),
        ];
        let shown: Vec<_> = things(&frames)
            .into_iter()
            .filter_map(|(thing, spans)| match thing {
                Thing::Row(row, pieces) => Some((row, pieces[0].text.clone(), spans)),
                Thing::Cursor(..) => None,
            })
            .collect();
        assert!(shown.contains(&(0, "one".to_owned(), vec![(0, WHOLE)])));
        assert!(shown.contains(&(1, "<two>".to_owned(), vec![(WHOLE / 4, WHOLE / 2)])));
        assert!(shown.contains(&(1, "three".to_owned(), vec![(WHOLE / 2, WHOLE)])));
    }

    #[test]
    fn what_was_told_comes_back_as_it_was() {
        let script = Script {
            columns: 20,
            rows: 3,
            title: "a & b".to_owned(),
            steps: Vec::new(),
        };
        let recording = Recording {
            frames: vec![frame(b"x", 1.0)],
            shots: vec!["<a> & \"b\"".to_owned(), "&lt;".to_owned()],
        };
        let picture = draw(&script, &recording);
        assert_eq!(told(&picture).as_deref(), Some("<a> & \"b\"\n\n&lt;"));
        assert!(picture.contains("<title id=\"title\">a &amp; b</title>"));
    }
}
