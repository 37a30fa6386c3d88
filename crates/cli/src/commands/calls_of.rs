//! What happens to calls for a user (`hotdesk user calls`), and which calls may be made (`… rights`).

use clap::{Args, ValueEnum};
use hotdesk_client::v1::{CallRights, CallSettings, Hours, OutsideHours, Ring, ScheduledForward};

use super::records;
use crate::calls;

/// Arguments of `user calls`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without options: shows what is set. A target is what one would dial, a number or an extension; an empty one \
(\"\") takes it away.

Examples:
  hotdesk user calls ada.moreno --forward-busy 2042 --forward-no-answer 2042 --no-answer-after 25
  hotdesk user calls ada.moreno --forward-not-logged-in +13125550142 --voicemail 2099
  hotdesk user calls ada.moreno --schedule \"mon-fri 18:00-08:00 2000\" --schedule \"sat,sun 00:00-24:00 2000\"
  hotdesk user calls ada.moreno --dnd on
  hotdesk user calls ada.moreno --clear")]
pub(crate) struct CallsArgs {
    /// User id, alias, e-mail, extension or number
    pub(super) user: String,
    /// All calls go there; nothing rings
    #[arg(long, value_name = "TARGET")]
    forward_always: Option<String>,
    /// Calls go there while the user is on the phone, or does not want to be disturbed
    #[arg(long, value_name = "TARGET")]
    forward_busy: Option<String>,
    /// Calls go there when nobody answers in time
    #[arg(long, value_name = "TARGET")]
    forward_no_answer: Option<String>,
    /// After how many seconds nobody answers: 5 to 120
    #[arg(long, value_name = "SECONDS")]
    no_answer_after: Option<u32>,
    /// Calls go there while the user is logged in nowhere
    #[arg(long, value_name = "TARGET")]
    forward_not_logged_in: Option<String>,
    /// The mailbox that takes the calls which nothing else does
    #[arg(long, value_name = "MAILBOX")]
    voicemail: Option<String>,
    /// Calls do not ring
    #[arg(long, value_name = "ON|OFF")]
    dnd: Option<Switch>,
    /// How several phones of the user ring
    #[arg(long, value_name = "HOW")]
    ring: Option<RingArg>,
    /// All calls go elsewhere at these times: days, times, target. Repeat for several; replaces all there are
    #[arg(long, value_name = "WHEN TARGET", value_parser = calls::scheduled)]
    schedule: Option<Vec<ScheduledForward>>,
    /// Take everything away first
    #[arg(long)]
    clear: bool,
}

/// On or off.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// How several phones ring.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RingArg {
    /// At the same time
    All,
    /// One after the other, the newest session first
    InOrder,
}

impl CallsArgs {
    /// Nothing is to be changed.
    pub(super) const fn is_question(&self) -> bool {
        self.forward_always.is_none()
            && self.forward_busy.is_none()
            && self.forward_no_answer.is_none()
            && self.no_answer_after.is_none()
            && self.forward_not_logged_in.is_none()
            && self.voicemail.is_none()
            && self.dnd.is_none()
            && self.ring.is_none()
            && self.schedule.is_none()
            && !self.clear
    }

    /// The settings with what was given.
    pub(super) fn over(self, before: CallSettings) -> CallSettings {
        let mut set = if self.clear {
            CallSettings::default()
        } else {
            before
        };
        records::set(&mut set.forward_always, self.forward_always);
        records::set(&mut set.forward_busy, self.forward_busy);
        records::set(&mut set.forward_no_answer, self.forward_no_answer);
        records::set(&mut set.forward_not_logged_in, self.forward_not_logged_in);
        records::set(&mut set.voicemail, self.voicemail);
        if let Some(seconds) = self.no_answer_after {
            set.no_answer_after_s = seconds;
        }
        if let Some(switch) = self.dnd {
            set.do_not_disturb = matches!(switch, Switch::On);
        }
        if let Some(ring) = self.ring {
            set.set_ring(match ring {
                RingArg::All => Ring::All,
                RingArg::InOrder => Ring::InOrder,
            });
        }
        if let Some(schedule) = self.schedule {
            set.schedule = schedule;
        }
        set
    }
}

/// Arguments of `user rights` and `group rights`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without options: shows what is set. Emergency calls may always be made.

Examples:
  hotdesk user rights ada.moreno --allow internal,local,national,international
  hotdesk group rights staff --allow all --office-hours \"mon-fri 08:00-18:00\" --outside internal
  hotdesk user rights ada.moreno --inherit")]
pub(crate) struct RightsArgs {
    /// Whose
    pub(super) id: String,
    /// Classes of calls, separated by commas: internal, local, national, international, premium; or all; or none
    #[arg(long, value_name = "CLASSES", value_parser = classes)]
    allow: Option<Classes>,
    /// Other classes outside of these hours, such as "mon-fri 08:00-18:00"; with --outside
    #[arg(long, value_name = "HOURS", value_parser = calls::hours, requires = "outside", requires = "allow")]
    office_hours: Option<Hours>,
    /// The classes outside of office hours
    #[arg(long, value_name = "CLASSES", value_parser = classes, requires = "office_hours")]
    outside: Option<Classes>,
    /// No rights of its own: a user has the group's, a group the usual ones
    #[arg(long, conflicts_with = "allow")]
    inherit: bool,
}

/// As one value, or clap would take the vector for several.
#[derive(Clone, Debug)]
struct Classes(Vec<i32>);

fn classes(text: &str) -> Result<Classes, String> {
    calls::classes(text).map(Classes)
}

impl RightsArgs {
    /// What the rights are to be; `None` when nothing is to be changed.
    pub(super) fn wanted(&self) -> Option<Option<CallRights>> {
        if self.inherit {
            return Some(None);
        }
        let allow = self.allow.clone()?;
        let outside = self.office_hours.zip(self.outside.clone());
        Some(Some(CallRights {
            classes: allow.0,
            outside_hours: outside.map(|(hours, classes)| OutsideHours {
                hours: Some(hours),
                classes: classes.0,
            }),
        }))
    }
}
