//! `hotdesk demo`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use crate::connect::Context;
use crate::demo::{self, Wish};
use crate::exit::Problem;

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Three offices (chicago, new-york, austin), each with a node on its own directory and an edge, in this process, \
on loopback, with a sample directory of 3 sites, 60 users and 40 phones. Real phones and softphones of this machine \
can register at the edges; the demo prints how.

Examples:
  hotdesk demo                         prints what to try, then what happens, until Ctrl-C
  hotdesk demo --once                  plays the story, proves each step at every office
  hotdesk demo --dir demo --port 7301  keeps its data in ./demo for the next time")]
pub(crate) struct DemoArgs {
    /// Play the story (a login in New York, then in Chicago, ...), prove each step at every office, and end
    #[arg(long)]
    once: bool,
    /// Keep the data here, and go on with it the next time [default: a temporary directory, removed at the end]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Use this port and the two after it for the nodes [default: 7300 where it and the next are free; free ones with
    /// --once]
    #[arg(long, value_name = "BASE", value_parser = clap::value_parser!(u16).range(1..=65533))]
    port: Option<u16>,
    /// Serve phones on this port, and on the second and fourth after it [default: 15060; free ones with --once]
    #[arg(long, value_name = "BASE", value_parser = clap::value_parser!(u16).range(1..=65530))]
    sip_port: Option<u16>,
    /// Serve phones on this address of the machine; the sample's passwords are known to all the world, so anything
    /// but loopback is for a network of your own
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    sip_address: IpAddr,
}

impl DemoArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let wish = Wish {
            once: self.once,
            dir: self.dir,
            port: self.port,
            sip_port: self.sip_port,
            sip_address: self.sip_address,
        };
        demo::run(context, &wish).await
    }
}
