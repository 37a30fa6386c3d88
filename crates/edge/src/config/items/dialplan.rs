//! Rules, classes, hunt lists and call-back numbers.

use super::Item;
use crate::config::Config;
use crate::config::key::{Key, key};
use hotdesk_routing::emergency::CallBackNumber;
use hotdesk_routing::{ClassRule, Hunt, Rule};

impl Item for ClassRule {
    const PATH: &'static str = "dialplan.class";
    const DOC: &'static str =
        "What some numbers cost, before what the edge knows by itself. The first that matches counts.";
    const KEYS: &'static [Key<Self>] = &[
        key!(
            required "pattern",
            pattern,
            "'^\\+1900'",
            "A regular expression on the number with + and country code.",
        ),
        key!(
            required "class",
            class,
            "\"premium\"",
            "internal, local, national, international or premium.",
        ),
    ];

    fn list(config: &mut Config) -> &mut Vec<Self> {
        &mut config.dialplan.numbers.classes
    }
}

impl Item for Rule {
    const PATH: &'static str = "dialplan.rule";
    const DOC: &'static str = "Numbers that go to a PBX or a special trunk. The first that matches counts; people and hunt lists come\n\
         before.";
    const KEYS: &'static [Key<Self>] = &[
        key!(
            required "name",
            name,
            "\"old-pbx\"",
            "For logs.",
        ),
        key!(
            required "pattern",
            pattern,
            "'^7(\\d{3})$'",
            "A regular expression, tried on what was dialled and then on the number with + and country code.",
        ),
        key!(
            "replace",
            replace,
            "\"5$1\"",
            "What the matching part becomes; $1 is the first group. Default: it stays.",
        ),
        key!(
            required "trunks",
            trunks,
            "[\"pbx\"]",
            "The trunks that may carry it.",
        ),
        key!(
            "class",
            class,
            "\"internal\"",
            "The right that it takes. Default: by the number; what cannot be classed takes premium.",
        ),
    ];

    fn list(config: &mut Config) -> &mut Vec<Self> {
        &mut config.dialplan.rules
    }
}

impl Item for CallBackNumber {
    const PATH: &'static str = "emergency.call_back";
    const DOC: &'static str = "A number under which the emergency service reaches one phone. Not needed for those that have one in\n\
                               the directory (hotdesk device put --number), with + and country code.";
    const KEYS: &'static [Key<Self>] = &[
        key!(
            required "number",
            number,
            "\"+13125550190\"",
            "With + and country code.",
        ),
        key!(
            "device",
            device,
            "\"00085d123456\"",
            "The phone whose number it is. Default: it is lent to whichever phone without one makes an\n\
             emergency call.",
        ),
    ];

    fn list(config: &mut Config) -> &mut Vec<Self> {
        &mut config.dialplan.emergency.call_back
    }
}

impl Item for Hunt {
    const PATH: &'static str = "hunt";
    const DOC: &'static str = "One number, several people.";
    const KEYS: &'static [Key<Self>] = &[
        key!(
            required "number",
            number,
            "\"5000\"",
            "What is dialled, or the number from outside with + and country code.",
        ),
        key!("name", name, "\"Sales\"", "The name that the phones show.",),
        key!(
            required "members",
            members,
            "[\"1001\", \"1002\"]",
            "People, by extension or any other name. Those who are not logged in are left out.",
        ),
        key!(
            "order",
            order,
            "",
            "\"all\": at once; \"in_order\": one after the other.",
        ),
        key!(
            "ring_s",
            ring,
            seconds(5, 600),
            "How long it rings: at each member in order, or in all. Seconds.",
        ),
        key!(
            "otherwise",
            otherwise,
            "\"1000\"",
            "Where the call goes when nobody takes it. Default: nowhere.",
        ),
    ];

    fn list(config: &mut Config) -> &mut Vec<Self> {
        &mut config.dialplan.hunts
    }
}
