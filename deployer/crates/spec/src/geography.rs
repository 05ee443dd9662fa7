//! Public lists of time zones, and of countries with their calling codes.

use jiff::tz::TimeZoneDatabase;

/// The countries in which Connect offers phone numbers (service model, PhoneNumberCountryCode), each with the calling code that its numbers
/// begin with after `+` (ITU-T E.164; the same as in the metadata of libphonenumber, which has no entry for AN, AQ and PN).
const COUNTRIES: &str = "\
    AD 376, AE 971, AF 93, AG 1, AI 1, AL 355, AM 374, AN 599, AO 244, AQ 672, AR 54, AS 1, AT 43, AU 61, AW 297, \
    AZ 994, BA 387, BB 1, BD 880, BE 32, BF 226, BG 359, BH 973, BI 257, BJ 229, BL 590, BM 1, BN 673, BO 591, \
    BR 55, BS 1, BT 975, BW 267, BY 375, BZ 501, CA 1, CC 61, CD 243, CF 236, CG 242, CH 41, CI 225, CK 682, CL 56, \
    CM 237, CN 86, CO 57, CR 506, CU 53, CV 238, CW 599, CX 61, CY 357, CZ 420, DE 49, DJ 253, DK 45, DM 1, DO 1, \
    DZ 213, EC 593, EE 372, EG 20, EH 212, ER 291, ES 34, ET 251, FI 358, FJ 679, FK 500, FM 691, FO 298, FR 33, \
    GA 241, GB 44, GD 1, GE 995, GG 44, GH 233, GI 350, GL 299, GM 220, GN 224, GQ 240, GR 30, GT 502, GU 1, \
    GW 245, GY 592, HK 852, HN 504, HR 385, HT 509, HU 36, ID 62, IE 353, IL 972, IM 44, IN 91, IO 246, IQ 964, \
    IR 98, IS 354, IT 39, JE 44, JM 1, JO 962, JP 81, KE 254, KG 996, KH 855, KI 686, KM 269, KN 1, KP 850, KR 82, \
    KW 965, KY 1, KZ 7, LA 856, LB 961, LC 1, LI 423, LK 94, LR 231, LS 266, LT 370, LU 352, LV 371, LY 218, \
    MA 212, MC 377, MD 373, ME 382, MF 590, MG 261, MH 692, MK 389, ML 223, MM 95, MN 976, MO 853, MP 1, MR 222, \
    MS 1, MT 356, MU 230, MV 960, MW 265, MX 52, MY 60, MZ 258, NA 264, NC 687, NE 227, NG 234, NI 505, NL 31, \
    NO 47, NP 977, NR 674, NU 683, NZ 64, OM 968, PA 507, PE 51, PF 689, PG 675, PH 63, PK 92, PL 48, PM 508, \
    PN 64, PR 1, PT 351, PW 680, PY 595, QA 974, RE 262, RO 40, RS 381, RU 7, RW 250, SA 966, SB 677, SC 248, \
    SD 249, SE 46, SG 65, SH 290, SI 386, SJ 47, SK 421, SL 232, SM 378, SN 221, SO 252, SR 597, ST 239, SV 503, \
    SX 1, SY 963, SZ 268, TC 1, TD 235, TG 228, TH 66, TJ 992, TK 690, TL 670, TM 993, TN 216, TO 676, TR 90, TT 1, \
    TV 688, TW 886, TZ 255, UA 380, UG 256, US 1, UY 598, UZ 998, VA 39, VC 1, VE 58, VG 1, VI 1, VN 84, VU 678, \
    WF 681, WS 685, YE 967, YT 262, ZA 27, ZM 260, ZW 263";

/// Returns the countries, each with its calling code.
fn countries() -> impl Iterator<Item = (&'static str, &'static str)> {
    COUNTRIES.split(", ").filter_map(|entry| entry.split_once(' '))
}

/// Returns the calling code of this country, without `+`; `None` for a country that Connect does not know.
pub(crate) fn calling_code(country: &str) -> Option<&'static str> {
    countries().find(|(code, _)| *code == country).map(|(_, calling)| calling)
}

/// Checks that the tz database has a time zone of exactly this name.
///
/// # Errors
/// The most similar name, if there is one.
pub(crate) fn time_zone(name: &str) -> Result<(), Option<String>> {
    let database = TimeZoneDatabase::bundled();
    let zones = || database.available().map(|zone| zone.as_str().to_owned()).filter(|zone| zone != "Etc/Unknown");
    if zones().any(|zone| zone == name) {
        return Ok(());
    }
    let folded = name.to_lowercase().replace(['-', ' '], "_");
    // Zones are named after cities, and similar city names belong to different places: only a single edit is tolerated.
    let meant = zones().filter_map(|zone| {
        let other = zone.to_lowercase().replace('-', "_");
        let city = other.rsplit('/').next().unwrap_or_default();
        let distance = match () {
            () if other == folded => 0,
            () if city == folded => 1,
            () if strsim::damerau_levenshtein(&other, &folded) == 1 => 2,
            () => return None,
        };
        Some((distance, zone))
    });
    Err(meant.min().map(|(_, zone)| zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_one_calling_code() {
        let all: Vec<_> = countries().collect();
        assert_eq!(all.len(), COUNTRIES.split(',').count());
        for pair in all.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{pair:?}");
        }
        for (country, calling) in all {
            let digits = calling.bytes().all(|byte| byte.is_ascii_digit()) && (1..=3).contains(&calling.len());
            assert!(digits && country.len() == 2, "{country} {calling}");
        }
    }

    #[test]
    fn only_exact_names_of_zones_are_known() {
        for zone in ["Europe/Berlin", "America/New_York", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Etc/GMT+5"] {
            assert_eq!(time_zone(zone), Ok(()), "{zone}");
        }
        for (wrong, meant) in [
            ("europe/berlin", Some("Europe/Berlin")),
            ("America/New York", Some("America/New_York")),
            ("Berlin", Some("Europe/Berlin")),
            ("Europe/Berln", Some("Europe/Berlin")),
            ("Europe/Cologne", None),
            ("Etc/Unknown", None),
        ] {
            assert_eq!(time_zone(wrong), Err(meant.map(str::to_owned)), "{wrong}");
        }
    }
}
