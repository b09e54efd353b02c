//! A portal's own colour as a style sheet, moved as little as needed to be read by everybody.

/// Colours behind the accent that are hardest to stand out from, by scheme (`--raised` of pages.css, and white for light).
const LIGHT: Colour = Colour([0xf6, 0xf7, 0xf9]);
const DARK: Colour = Colour([0x19, 0x1c, 0x22]);
/// WCAG 2.2, 1.4.3 asks for 4.5; a little more, because cards are tinted with the accent.
const CONTRAST: f64 = 5.0;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Colour([u8; 3]);

/// The style sheet of a portal whose accent is `#rrggbb`; without one (or with one that cannot be read) nothing is changed.
pub(super) fn style_sheet(accent: Option<&str>) -> String {
    let Some(accent) = accent.and_then(Colour::parse) else { return String::new() };
    let light = accent.readable_on(LIGHT, Colour([0; 3]));
    let dark = accent.readable_on(DARK, Colour([255; 3]));
    format!(":root {{ --accent: light-dark({}, {}); }}\n", light.hex(), dark.hex())
}

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    fn hex(self) -> String {
        let Self([red, green, blue]) = self;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Mixed with `ink` in the smallest step (of 32) that can be read on `page`.
    fn readable_on(self, page: Self, ink: Self) -> Self {
        let mixed = |step: u16| {
            let Self(of) = self;
            let Self(with) = ink;
            let part = |i: usize| ((u16::from(of[i]) * (32 - step) + u16::from(with[i]) * step) / 32) as u8;
            Self([part(0), part(1), part(2)])
        };
        (0..32).map(mixed).find(|colour| colour.contrast(page) >= CONTRAST).unwrap_or(ink)
    }

    /// Contrast ratio, 1 to 21 (WCAG 2.2, "contrast ratio").
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2, "relative luminance").
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let Self([red, green, blue]) = self;
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((Colour([0; 3]).contrast(Colour([255; 3])) - 21.0).abs() < 1e-9);
        // The grey that WCAG's own examples call the lightest readable on white.
        assert!((Colour([0x76; 3]).contrast(Colour([255; 3])) - 4.54).abs() < 0.01);
    }

    #[test]
    fn a_colour_that_can_be_read_is_left_as_it_is() {
        assert!(style_sheet(Some("#1d4ed8")).contains("light-dark(#1d4ed8, "));
    }

    #[test]
    fn what_is_no_colour_changes_nothing() {
        for text in ["red", "#12345", "#1234567", "#12345g", "#+12345", "#fff; } body { display: none"] {
            assert_eq!(style_sheet(Some(text)), "", "{text}");
        }
        assert_eq!(style_sheet(None), "");
    }

    proptest! {
        #[test]
        fn any_accent_can_be_read_in_both_schemes(rgb: [u8; 3]) {
            let accent = Colour(rgb);
            prop_assert!(accent.readable_on(LIGHT, Colour([0; 3])).contrast(LIGHT) >= CONTRAST);
            prop_assert!(accent.readable_on(DARK, Colour([255; 3])).contrast(DARK) >= CONTRAST);
        }
    }
}
