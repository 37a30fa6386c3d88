//! Keys sent as events in the RTP stream (RFC 4733).

use super::digit::Digit;
use super::rtp::Packet;

/// Reads key presses out of event packets.
///
/// A press is many packets: one each 20 to 50 ms while the key is down, the last one three times; all have the
/// timestamp of the beginning. Here a press counts once, at the first packet of it that arrives, whichever that is: the
/// beginning may be lost, so may the end.
#[derive(Clone, Debug, Default)]
pub struct KeyDecoder {
    last: Option<Press>,
}

#[derive(Clone, Debug)]
struct Press {
    ssrc: u32,
    event: u8,
    timestamp: u32,
    /// In samples, as far as we know.
    duration: u32,
    ended: bool,
}

/// A packet this much older than the newest press (in samples: ten seconds) comes late; one that is older still
/// is taken as a clock that was set anew.
const LATE_MAX: u32 = 80_000;

/// How far the next segment of a press may start from the end of what we know of it: two packets of 50 ms may
/// be lost.
const SEGMENT_GAP_MAX: u32 = 800;

impl KeyDecoder {
    /// Nothing heard yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: None }
    }

    /// Reads a packet of the telephone-event payload type. The key, when the packet tells of a new press.
    pub fn packet(&mut self, packet: &Packet<'_>) -> Option<Digit> {
        let [event, flags, high, low] = *packet.payload.first_chunk::<4>()?;
        let digit = Digit::from_event(event)?;
        let duration = u32::from(u16::from_be_bytes([high, low]));
        let press = Press {
            ssrc: packet.ssrc,
            event,
            timestamp: packet.timestamp,
            duration,
            ended: flags & 0x80 != 0,
        };
        let Some(last) = self.last.as_mut().filter(|last| last.ssrc == press.ssrc) else {
            self.last = Some(press);
            return Some(digit);
        };
        let since = press.timestamp.wrapping_sub(last.timestamp);
        if since == 0 {
            last.duration = last.duration.max(press.duration);
            last.ended |= press.ended;
            return None;
        }
        if last.timestamp.wrapping_sub(press.timestamp) <= LATE_MAX {
            return None;
        }
        // A press longer than a duration can say goes on in a new segment (§2.5.1.3); some old phones move the
        // timestamp with each packet, which looks the same.
        let goes_on = !last.ended
            && last.event == press.event
            && !packet.marker
            && since <= last.duration + SEGMENT_GAP_MAX;
        *last = press;
        (!goes_on).then_some(digit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: bool = true;

    /// Packets as (timestamp, event, duration, end, marker) in, keys out.
    fn keys(packets: &[(u32, u8, u16, bool, bool)]) -> String {
        let mut decoder = KeyDecoder::new();
        let mut keys = String::new();
        for (timestamp, event, duration, end, marker) in packets {
            let [high, low] = duration.to_be_bytes();
            let payload = [*event, u8::from(*end) << 7 | 10, high, low];
            let packet = Packet {
                payload_type: 101,
                marker: *marker,
                sequence: 0,
                timestamp: *timestamp,
                ssrc: 1,
                payload: &payload,
            };
            keys.extend(decoder.packet(&packet).map(Digit::reveal));
        }
        keys
    }

    fn press(timestamp: u32, event: u8) -> Vec<(u32, u8, u16, bool, bool)> {
        let mut packets = vec![(timestamp, event, 160, false, true)];
        packets.extend((2..6).map(|n| (timestamp, event, n * 160, false, false)));
        packets.extend([(timestamp, event, 960, END, false); 3]);
        packets
    }

    #[test]
    fn a_press_counts_once_however_many_packets_tell_of_it() {
        assert_eq!(keys(&press(1000, 5)), "5");
        let all: Vec<_> = (0..16)
            .flat_map(|event| press(1000 + 2000 * u32::from(event), event))
            .collect();
        assert_eq!(keys(&all), "0123456789*#ABCD");
    }

    #[test]
    fn the_same_key_twice_is_two_keys() {
        assert_eq!(keys(&[press(1000, 4), press(3000, 4)].concat()), "44");
    }

    #[test]
    fn a_press_counts_whatever_part_of_it_is_lost() {
        let (first, second) = (press(1000, 4), press(3000, 4));
        // All begins lost; all but one end; all ends.
        assert_eq!(keys(&[&first[3..], &second[3..]].concat()), "44");
        assert_eq!(keys(&[&first[7..], &second[7..]].concat()), "44");
        assert_eq!(keys(&[&first[..5], &second[..5]].concat()), "44");
    }

    #[test]
    fn packets_that_come_late_are_not_new_presses() {
        let (first, second) = (press(1000, 4), press(3000, 5));
        assert_eq!(
            keys(&[&first[..5], &second[..2], &first[5..], &second[2..]].concat()),
            "45"
        );
    }

    #[test]
    fn a_key_held_for_long_is_one_key() {
        // Eight seconds and more: the duration is full, a new segment begins where it ended.
        let packets = [
            (1000, 0, 160, false, true),
            (1000, 0, 65_535, false, false),
            (66_535, 0, 160, false, false),
            (66_535, 0, 800, END, false),
        ];
        assert_eq!(keys(&packets), "0");
    }

    #[test]
    fn a_phone_that_moves_the_timestamp_with_each_packet_presses_once() {
        let packets: Vec<_> = (0..5_u16)
            .map(|n| (1000 + u32::from(n) * 160, 7, 160 + n * 160, n == 4, n == 0))
            .collect();
        assert_eq!(keys(&packets), "7");
    }

    #[test]
    fn a_timestamp_that_wraps_is_no_obstacle() {
        assert_eq!(keys(&[press(u32::MAX - 500, 1), press(1500, 2)].concat()), "12");
    }

    #[test]
    fn other_events_and_short_payloads_are_not_keys() {
        assert_eq!(
            keys(&[(1000, 16, 160, false, true), (3000, 66, 160, false, true)]),
            ""
        );
        let short = Packet {
            payload_type: 101,
            marker: true,
            sequence: 0,
            timestamp: 0,
            ssrc: 1,
            payload: &[1, 0, 0],
        };
        assert_eq!(KeyDecoder::new().packet(&short), None);
    }
}
