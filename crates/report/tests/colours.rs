//! Are figures on the cells of matrices and heat maps legible, in light and in dark?

const STYLE: &str = include_str!("../src/html/style.css");

/// A colour in linear RGB.
type Rgb = [f64; 3];

fn colour(hex: &str) -> Rgb {
    let hex = hex.trim_start_matches('#');
    let full: String =
        if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
    [0, 2, 4].map(|at| {
        let c = f64::from(u8::from_str_radix(&full[at..at + 2], 16).expect("a colour")) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    })
}

/// Björn Ottosson's Oklab, in which `color-mix(in oklab, ..)` mixes.
fn oklab([r, g, b]: Rgb) -> Rgb {
    let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
    let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
    let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
    [
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    ]
}

fn rgb([l, a, b]: Rgb) -> Rgb {
    let x = (l + 0.3963377774 * a + 0.2158037573 * b).powi(3);
    let y = (l - 0.1055613458 * a - 0.0638541728 * b).powi(3);
    let z = (l - 0.0894841775 * a - 1.2914855480 * b).powi(3);
    [
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.7076147010 * z,
    ]
    .map(|c| c.clamp(0.0, 1.0))
}

/// The contrast of WCAG 2.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let light = |[r, g, b]: Rgb| 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (a, b) = (light(a).max(light(b)), light(a).min(light(b)));
    (a + 0.05) / (b + 0.05)
}

/// The value of a custom property in a block of rules; where it names another one, that of the other.
fn value(block: &str, name: &str) -> String {
    let found = block.split(&format!("--{name}:")).nth(1).unwrap_or_else(|| panic!("--{name}"));
    let found = found.split(';').next().expect("an end").trim();
    match found.strip_prefix("var(--") {
        Some(other) => value(block, other.trim_end_matches(')')),
        None => found.to_owned(),
    }
}

#[test]
fn figures_on_coloured_cells_have_enough_contrast() {
    let light = STYLE.split(":root {").nth(1).expect("light");
    let dark = STYLE.split("prefers-color-scheme: dark) {").nth(1).expect("dark");
    for (theme, block) in [("light", light), ("dark", dark)] {
        let [ink, surface] = ["ink", "surface"].map(|name| colour(&value(block, name)));
        let most_of_heat = 0.1 + value(block, "mix").parse::<f64>().expect("a share");
        for (class, name) in [("h", "heat-pos"), ("m", "heat-neg")] {
            let full = colour(&value(block, name));
            // Every shade is mixed by one rule, and has its own step.
            let classes: Vec<String> = (0..10).map(|shade| format!(".{class}{shade}")).collect();
            let rule = format!(
                "{} {{ fill: color-mix(in oklab, var(--{name}) var(--step), var(--surface)); }}",
                classes.join(", ")
            );
            assert!(STYLE.contains(&rule), "{rule}");
            let mut shares: Vec<f64> = (0..10)
                .map(|shade| {
                    let step = format!(".h{shade}, .m{shade} {{ --step: ");
                    let rest = STYLE.split(&step).nth(1).unwrap_or_else(|| panic!("{step}"));
                    rest.split('%').next().and_then(|share| share.parse::<f64>().ok()).expect("a share")
                        / 100.0
                })
                .collect();
            assert!(shares.windows(2).all(|two| two[0] < two[1]), "{shares:?}");
            shares.push(most_of_heat);
            for share in shares {
                let [one, other] = [oklab(full), oklab(surface)];
                let mixed = rgb([0, 1, 2].map(|at| share * one[at] + (1.0 - share) * other[at]));
                let found = contrast(mixed, ink);
                assert!(found >= 4.5, "{theme} {class} {share}: {found:.2}");
            }
        }
    }
}
