//! An address as a square code (QR, ISO/IEC 18004), drawn as phones load pictures.
//!
//! Displays are clean and lit, so the code has the weakest error correction and thereby the fewest, largest squares.

use std::fmt;
use std::str::FromStr;

use png::{BitDepth, ColorType, Compression, Encoder};
use qrcode::{Color, EcLevel, QrCode};

/// Light squares on each side that cameras need (ISO/IEC 18004 §6.3.8).
const MARGIN: usize = 4;
/// Pixels of a square that a camera can still tell apart on a phone's display.
const SQUARE_PIXELS_MIN: usize = 2;

/// The size of a picture in pixels: "298x168".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    width: u16,
    height: u16,
}

/// A code.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    side: usize,
    dark: Vec<bool>,
}

// === impl Size ===

impl Size {
    /// A side of a picture has at least so many pixels: no code fits into fewer.
    pub const SIDE_MIN: u16 = 48;
    /// The widest display of a desk phone; larger ones get a picture of this size.
    pub const WIDTH_MAX: u16 = 800;
    /// The highest.
    pub const HEIGHT_MAX: u16 = 480;

    /// Width and height, cut to the largest that is drawn; `None` when a side is too small for any code.
    #[must_use]
    pub fn within(width: u16, height: u16) -> Option<Self> {
        let (width, height) = (width.min(Self::WIDTH_MAX), height.min(Self::HEIGHT_MAX));
        (width >= Self::SIDE_MIN && height >= Self::SIDE_MIN).then_some(Self { width, height })
    }

    /// Pixels in a row.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(self) -> u16 {
        self.height
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Exactly as phones are told to ask: a size that would be drawn otherwise is none.
impl FromStr for Size {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (width, height) = text.split_once('x').ok_or(())?;
        let asked = (width.parse().map_err(drop)?, height.parse().map_err(drop)?);
        let size = Self::within(asked.0, asked.1).ok_or(())?;
        (size.to_string() == text).then_some(size).ok_or(())
    }
}

// === impl Code ===

impl Code {
    /// The code of an address; `None` for one that no code holds (nearly three thousand bytes).
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(address, EcLevel::L).ok()?;
        let side = code.width();
        let dark = code.into_colors().into_iter();
        Some(Self {
            side,
            dark: dark.map(|color| color == Color::Dark).collect(),
        })
    }

    /// Whether a camera can read it in a picture of this size.
    #[must_use]
    pub fn fits(&self, size: Size) -> bool {
        self.square_pixels(size) >= SQUARE_PIXELS_MIN
    }

    /// As PNG in true colour without transparency, which every phone with pictures reads: some take no palette. `None`
    /// when it does not [fit](Self::fits).
    #[must_use]
    pub fn png(&self, size: Size) -> Option<Vec<u8>> {
        let rows = self.rows(size)?;
        let pixels: Vec<u8> = rows.iter().flatten().flat_map(|grey| [*grey; 3]).collect();
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, size.width.into(), size.height.into());
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&pixels).ok()?;
        writer.finish().ok()?;
        Some(bytes)
    }

    /// As uncompressed Windows bitmap with 256 levels of grey, for phones that read nothing else. `None` when it does not
    /// [fit](Self::fits).
    #[must_use]
    pub fn bmp(&self, size: Size) -> Option<Vec<u8>> {
        /// Both headers, and the table of grey levels.
        const HEADERS: u32 = 14 + 40;
        const LEVELS: u32 = 256;
        let rows = self.rows(size)?;
        let row_bytes = u32::from(size.width).next_multiple_of(4);
        let pixel_bytes = row_bytes * u32::from(size.height);
        let pixels_at = HEADERS + 4 * LEVELS;
        let mut bytes = b"BM".to_vec();
        let mut put = |value: u32| bytes.extend(value.to_le_bytes());
        put(pixels_at + pixel_bytes);
        put(0);
        put(pixels_at);
        put(40);
        put(size.width.into());
        put(size.height.into());
        // One plane, eight bits for each pixel.
        put(1 | 8 << 16);
        put(0);
        put(pixel_bytes);
        // 72 pixels an inch, as if it mattered.
        put(2835);
        put(2835);
        put(LEVELS);
        put(0);
        (0..LEVELS).for_each(|level| put(level * 0x01_01_01));
        // The lowest row comes first.
        for row in rows.iter().rev() {
            bytes.extend(row);
            let padding = row.len().next_multiple_of(4) - row.len();
            bytes.extend(std::iter::repeat_n(0, padding));
        }
        Some(bytes)
    }

    /// Rows of pixels, each a level of grey: the code in the middle, as large as it can be.
    fn rows(&self, size: Size) -> Option<Vec<Vec<u8>>> {
        let pixels = self.square_pixels(size);
        if pixels < SQUARE_PIXELS_MIN {
            return None;
        }
        let (width, height) = (usize::from(size.width), usize::from(size.height));
        let drawn = self.side * pixels;
        let (left, top) = ((width - drawn) / 2, (height - drawn) / 2);
        let square =
            |at: usize, from: usize| Some(at.checked_sub(from)? / pixels).filter(|at| *at < self.side);
        let grey = |x, y| match (square(x, left), square(y, top)) {
            (Some(column), Some(row)) if self.dark[row * self.side + column] => 0,
            _ => u8::MAX,
        };
        let row = |y| (0..width).map(|x| grey(x, y)).collect();
        Some((0..height).map(row).collect())
    }

    /// Pixels of a square's side; 0 when the code with its margin has more squares than the picture pixels.
    fn square_pixels(&self, size: Size) -> usize {
        usize::from(size.width.min(size.height)) / (self.side + 2 * MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://chicago.example.com:8443/d/00156504a1b2/abcdefghijklm";

    fn size(text: &str) -> Size {
        text.parse().unwrap()
    }

    /// What a camera reads in rows of grey levels.
    fn scanned(width: usize, height: usize, grey: impl FnMut(usize, usize) -> u8) -> String {
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code");
        grids[0].decode().unwrap().1
    }

    #[test]
    fn a_camera_reads_the_address_in_the_png() {
        for display in ["298x168", "82x82", "320x184", "559x265", "800x480"] {
            let png = Code::of(ADDRESS).unwrap().png(size(display)).unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut pixels).unwrap();
            assert_eq!(format!("{}x{}", info.width, info.height), display);
            assert_eq!(
                (info.color_type, info.bit_depth),
                (ColorType::Rgb, BitDepth::Eight)
            );
            let (width, height) = (info.width as usize, info.height as usize);
            let read = scanned(width, height, |x, y| pixels[3 * (y * width + x)]);
            assert_eq!(read, ADDRESS, "{display}");
        }
    }

    #[test]
    fn a_camera_reads_the_address_in_the_bmp() {
        for (width, height) in [(160, 160), (83, 90)] {
            let bmp = Code::of(ADDRESS)
                .unwrap()
                .bmp(Size::within(width, height).unwrap())
                .unwrap();
            let number = |at: usize| u32::from_le_bytes(bmp[at..at + 4].try_into().unwrap()) as usize;
            assert_eq!((&bmp[..2], number(2)), (&b"BM"[..], bmp.len()));
            assert_eq!((number(18), number(22)), (width.into(), height.into()));
            let (at, row) = (number(10), usize::from(width).next_multiple_of(4));
            let (width, height) = (usize::from(width), usize::from(height));
            let read = scanned(width, height, |x, y| bmp[at + (height - 1 - y) * row + x]);
            assert_eq!(read, ADDRESS);
        }
    }

    #[test]
    fn a_code_that_no_camera_could_read_is_not_drawn() {
        let code = Code::of(ADDRESS).unwrap();
        assert!(!code.fits(size("180x60")) && code.png(size("180x60")).is_none());
        assert!(code.bmp(size("48x48")).is_none());
        assert!(Code::of(&"x".repeat(5000)).is_none());
    }

    #[test]
    fn sizes_have_bounds() {
        for (text, expected) in [
            ("298x168", true),
            ("800x480", true),
            ("48x48", true),
            ("801x480", false),
            ("800x481", false),
            ("47x48", false),
            ("65536x48", false),
            ("+98x168", false),
            ("0298x168", false),
            ("298x168x1", false),
            ("298", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<Size>().is_ok(), expected, "{text}");
        }
        assert_eq!(
            Size::within(1280, 720).map(|size| size.to_string()).as_deref(),
            Some("800x480")
        );
    }
}
