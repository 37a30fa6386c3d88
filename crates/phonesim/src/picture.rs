//! The code in a picture on the screen, as the camera of a mobile in front of it sees it.

use std::io::Cursor;

use rqrr::{BitGrid as _, PreparedImage};

/// Pixels of the largest picture that a phone takes.
const PIXELS_MAX: usize = 800 * 480;
/// Light squares around a code, where the terminal has room for them; cameras do with fewer.
const MARGIN: usize = 4;

/// A code that was scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// The address in it.
    pub address: String,
    /// Its rows; `true`: dark.
    pub rows: Vec<Vec<bool>>,
}

/// Levels of grey.
struct Grey {
    width: usize,
    height: usize,
    levels: Vec<u8>,
}

impl Code {
    /// What is in a picture of this media type.
    ///
    /// # Errors
    /// Why the phone cannot show it, or a camera cannot read it.
    pub(crate) fn scan(content_type: &str, bytes: &[u8]) -> Result<Self, String> {
        let grey = match content_type {
            "image/png" => png(bytes),
            "image/bmp" => bmp(bytes),
            other => Err(format!("{other:?} is no picture for this phone")),
        }?;
        let level = |x, y| grey.levels[y * grey.width + x];
        let mut image = PreparedImage::prepare_from_greyscale(grey.width, grey.height, level);
        let grids = image.detect_grids();
        let grid = grids.first().ok_or("no code is in the picture")?;
        let (_, address) = grid.decode().map_err(|error| format!("the code: {error}"))?;
        let side = 0..grid.grid.size();
        let row = |y| side.clone().map(|x| grid.grid.bit(y, x)).collect();
        Ok(Self {
            address,
            rows: side.clone().map(row).collect(),
        })
    }

    /// In half blocks, two rows in a line of at most `width` characters; light on dark, as most terminals are. `None`
    /// when it is wider.
    pub(crate) fn draw(&self, width: usize) -> Option<Vec<String>> {
        let side = self.rows.len();
        let margin = (width.checked_sub(side)? / 2).min(MARGIN);
        let is_light = |row: usize, column: usize| {
            let at = |place: usize| place.checked_sub(margin);
            let dark = at(row).and_then(|row| self.rows.get(row)?.get(at(column)?));
            !dark.copied().unwrap_or(false)
        };
        let drawn = side + 2 * margin;
        let block = |row, column| match (
            is_light(row, column),
            row + 1 < drawn && is_light(row + 1, column),
        ) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        let line = |row| (0..drawn).map(|column| block(row, column)).collect();
        Some((0..drawn).step_by(2).map(line).collect())
    }
}

fn png(bytes: &[u8]) -> Result<Grey, String> {
    let broken = |error: png::DecodingError| format!("PNG: {error}");
    let mut reader = png::Decoder::new(Cursor::new(bytes))
        .read_info()
        .map_err(broken)?;
    let (color, depth) = reader.output_color_type();
    let samples = color.samples();
    let size = reader
        .output_buffer_size()
        .filter(|size| *size <= PIXELS_MAX * samples);
    let size = size.ok_or("PNG: too large")?;
    if depth != png::BitDepth::Eight || color == png::ColorType::Indexed {
        return Err("PNG: not in true colour".into());
    }
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(broken)?;
    Ok(Grey {
        width: info.width as usize,
        height: info.height as usize,
        levels: pixels.chunks_exact(samples).map(|pixel| pixel[0]).collect(),
    })
}

/// A Windows bitmap with a byte for each pixel, and grey levels in its table.
fn bmp(bytes: &[u8]) -> Result<Grey, String> {
    let number = |at: usize| {
        let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
        field.map_or(0, u32::from_le_bytes) as usize
    };
    let (begin, width, height) = (number(10), number(18), number(22));
    let is_readable = bytes.starts_with(b"BM")
        && (number(26), number(30)) == (1 | 8 << 16, 0)
        && width.saturating_mul(height) <= PIXELS_MAX;
    let row = width.next_multiple_of(4);
    let pixels = bytes
        .get(begin..)
        .filter(|pixels| is_readable && pixels.len() >= row * height);
    let pixels = pixels.ok_or("BMP: not uncompressed with eight bits")?;
    let table = |index: u8| number(54 + 4 * usize::from(index)).to_le_bytes()[0];
    let rows = pixels.chunks_exact(row.max(1)).take(height).rev();
    Ok(Grey {
        width,
        height,
        levels: rows
            .flat_map(|row| row[..width].iter().map(|index| table(*index)))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_light_on_dark_with_a_margin_where_there_is_room() {
        let code = Code {
            address: String::new(),
            rows: vec![vec![true, false], vec![false, true]],
        };
        assert_eq!(
            code.draw(10).unwrap(),
            [
                "██████████",
                "██████████",
                "████▄▀████",
                "██████████",
                "██████████"
            ]
        );
        assert_eq!(code.draw(4).unwrap(), ["█▀██", "██▄█"]);
        assert_eq!(code.draw(1), None);
    }

    #[test]
    fn what_is_no_picture_is_not_shown() {
        for (kind, bytes) in [
            ("image/png", &b"BM"[..]),
            ("image/png", b""),
            ("image/bmp", b"BM"),
            ("image/bmp", b""),
            ("image/svg+xml", b"<svg/>"),
        ] {
            assert!(Code::scan(kind, bytes).is_err(), "{kind}");
        }
    }
}
