//! The verbs. One file each: its arguments, its help with examples, and what it does.

mod audit;
mod backup;
mod calls;
mod calls_of;
mod cluster;
mod completions;
mod demo;
mod device;
mod device_delete;
mod device_line;
mod device_secret;
mod doctor;
mod edge;
mod edge_http;
mod edges;
mod force_logout;
mod group;
mod import;
mod login;
mod logout;
mod node;
mod phone;
mod phone_sim;
mod policy;
mod profile;
mod profile_file;
mod records;
mod resolve;
mod restore;
mod sessions;
mod site;
pub(crate) mod stop;
mod user;
mod watch;
mod who;

use clap::Subcommand;

use crate::connect::Context;
use crate::exit::Problem;
use crate::telemetry::{self, Defaults};

/// What can be asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Three offices in this process: see what Hotdesk does
    Demo(demo::DemoArgs),
    /// Run a session node: one office's member of the cluster
    Node(node::NodeArgs),
    /// Run an edge: it keeps the table of who is where
    Edge(edge::EdgeArgs),

    /// Log a user in at a phone
    Login(login::LoginArgs),
    /// End the session at a phone, or a user's sessions
    Logout(logout::LogoutArgs),
    /// Everything about a user or a phone
    Who(who::WhoArgs),
    /// Where a call to an extension goes
    Resolve(resolve::ResolveArgs),
    /// Who is logged in where
    Sessions(sessions::SessionsArgs),
    /// What happens, as it happens
    Watch(watch::WatchArgs),

    /// People who log in
    #[command(subcommand)]
    User(user::UserCommand),
    /// The records of phones
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// What phones show, which ones wait for approval, and how new ones come in
    #[command(subcommand)]
    Phone(phone::PhoneCommand),
    /// A simulated desk phone in this terminal
    PhoneSim(phone_sim::PhoneSimArgs),
    /// The SIP proxies of offices
    #[command(subcommand)]
    Edges(edges::EdgesCommand),
    /// Offices
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// Sets of users that share a policy
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// The rules for users whose group says nothing else
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Put many users, phones, sites or groups from a CSV file: all rows or none
    Import(import::ImportArgs),

    /// The trail of logins, logouts, evictions and lockouts, the newest first
    Audit(audit::AuditArgs),
    /// What became of calls: the last ones of an edge, and the ladder of one
    #[command(subcommand)]
    Calls(calls::CallsCommand),
    /// End sessions as an administrator
    ForceLogout(force_logout::ForceLogoutArgs),
    /// The members of the cluster: look, add, promote, remove
    #[command(subcommand)]
    Cluster(cluster::ClusterCommand),
    /// Write the whole state to a file
    Backup(backup::BackupArgs),
    /// Make a fresh data directory from a backup: the first node of a new cluster
    Restore(restore::RestoreArgs),
    /// Is the cluster well? Checks what can be seen from here, and says what to do
    Doctor(doctor::DoctorArgs),
    /// Completions for a shell
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Does what was asked.
    ///
    /// # Errors
    /// [`Problem`]: why not, the exit code, and what to do.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Problem> {
        let command = match self {
            // The services have a configuration that says what is logged; they start telemetry themselves.
            Self::Node(args) => return args.run(context).await,
            Self::Edge(args) => return args.run(context).await,
            other => other,
        };
        let telemetry = telemetry::start(&context.global.telemetry, &Defaults::quiet(), "hotdesk-cli")?;
        let result = command.act(context).await;
        telemetry.finish().await;
        result
    }

    async fn act(self, context: &Context) -> Result<(), Problem> {
        match self {
            Self::Demo(args) => args.run(context).await,
            Self::Node(args) => args.run(context).await,
            Self::Edge(args) => args.run(context).await,
            Self::Login(args) => args.run(context).await,
            Self::Logout(args) => args.run(context).await,
            Self::Who(args) => args.run(context).await,
            Self::Resolve(args) => args.run(context).await,
            Self::Sessions(args) => args.run(context).await,
            Self::Watch(args) => args.run(context).await,
            Self::User(command) => Box::pin(command.run(context)).await,
            Self::Device(command) => command.run(context).await,
            Self::Phone(command) => Box::pin(command.run(context)).await,
            Self::PhoneSim(args) => Box::pin(args.run(context)).await,
            Self::Edges(command) => command.run(context).await,
            Self::Site(command) => command.run(context).await,
            Self::Group(command) => command.run(context).await,
            Self::Policy(command) => command.run(context).await,
            Self::Import(args) => args.run(context).await,
            Self::Audit(args) => args.run(context).await,
            Self::Calls(command) => command.run(context).await,
            Self::ForceLogout(args) => args.run(context).await,
            Self::Cluster(command) => command.run(context).await,
            Self::Backup(args) => args.run(context).await,
            Self::Restore(args) => args.run(context).await,
            Self::Doctor(args) => args.run(context).await,
            Self::Completions(args) => args.run(),
        }
    }
}
