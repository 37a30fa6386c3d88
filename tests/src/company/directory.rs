//! What is in the company's directory, and who logs in.

use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;

use super::{Company, PASSWORD, PEOPLE, PIN};
use crate::offices::{NAMES, fresh_id, linearizable_list, phone};
use crate::processes::PATIENCE;
use crate::wait::eventually;

impl Company {
    /// Sites, phones with passwords, people with PINs.
    pub(super) async fn fill(&self) {
        for (office, name) in NAMES.iter().enumerate() {
            self.put_site(name).await;
            if office < 2 {
                for which in [1, 2] {
                    self.put_phone(phone(office, which), name, "generic").await;
                }
            }
        }
        for (id, extension) in PEOPLE {
            self.put_user(user(id, extension)).await;
            let request = v1::SetPinRequest {
                request_id: fresh_id(),
                user: id.into(),
                pin: PIN.into(),
                by: "test".into(),
            };
            let mut directory = self.directory(self.leader().await);
            directory.set_pin(request).await.expect("set the PIN");
        }
    }

    async fn put_site(&self, id: &str) {
        let site = v1::Site {
            id: id.into(),
            name: id.into(),
            time_zone: "America/Chicago".into(),
            emergency_location: format!("1 Main Street, {id}"),
            ..Default::default()
        };
        let request = v1::PutSiteRequest {
            request_id: fresh_id(),
            site: Some(site),
            by: "test".into(),
        };
        self.directory(0).put_site(request).await.expect("put the site");
    }

    /// Creates or replaces a phone, and gives it the password of all.
    pub async fn put_phone(&self, id: &str, site: &str, model: &str) {
        let device = v1::Device {
            id: id.into(),
            site: site.into(),
            desk: "12".into(),
            model: model.into(),
            ..Default::default()
        };
        let request = v1::PutDeviceRequest {
            request_id: fresh_id(),
            device: Some(device),
            by: "test".into(),
        };
        let mut directory = self.directory(0);
        directory.put_device(request).await.expect("put the phone");
        self.set_password(id, PASSWORD).await;
    }

    /// Gives a phone a password.
    pub async fn set_password(&self, device: &str, password: &str) {
        let request = v1::SetDeviceSecretRequest {
            request_id: fresh_id(),
            device: device.into(),
            secret: Some(v1::set_device_secret_request::Secret::Password(password.into())),
            by: "test".into(),
            revoke: false,
        };
        let mut directory = self.directory(0);
        let answer = directory
            .set_device_secret(request)
            .await
            .expect("set the password");
        self.settled(answer.into_inner().index).await;
    }

    /// Creates or replaces a user.
    pub async fn put_user(&self, user: v1::User) {
        let request = v1::PutUserRequest {
            request_id: fresh_id(),
            user: Some(user),
            by: "test".into(),
        };
        self.directory(0).put_user(request).await.expect("put the user");
    }

    /// Creates or replaces a group.
    pub async fn put_group(&self, group: v1::Group) {
        let request = v1::PutGroupRequest {
            request_id: fresh_id(),
            group: Some(group),
            by: "test".into(),
        };
        self.directory(0).put_group(request).await.expect("put the group");
    }

    /// Logs in with the PIN; returns the epoch. Both edges know of it afterwards.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn login(&self, user: &str, device: &str) -> u64 {
        let answer = self.try_login(0, user, device).await.expect("logs in");
        self.settled(answer.index).await;
        answer.session.expect("a session").epoch
    }

    /// Waits until both edges know that an office's edge serves a phone.
    pub async fn served(&self, device: &str, office: usize) {
        let index = eventually(
            &format!("{device} is served at {}", NAMES[office]),
            PATIENCE,
            || async {
                let mut directory = self.directory(0);
                let answer = directory
                    .list_devices(linearizable_list())
                    .await
                    .ok()?
                    .into_inner();
                let found = answer
                    .devices
                    .iter()
                    .any(|d| d.id == device && d.serving == NAMES[office]);
                found.then(|| answer.freshness.map_or(0, |freshness| freshness.index))
            },
        )
        .await;
        self.settled(index).await;
    }

    /// Logs in with the PIN at an office's node.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn try_login(
        &self,
        node: usize,
        user: &str,
        device: &str,
    ) -> Result<v1::LoginResponse, ApiError> {
        let request = v1::LoginRequest {
            request_id: fresh_id(),
            user: user.into(),
            device: device.into(),
            pin: PIN.into(),
            vouched: false,
            by: "test".into(),
        };
        let answer = self.sessions(node).login(request).await.map_err(ApiError::from)?;
        Ok(answer.into_inner())
    }

    /// Logs a user out everywhere.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn logout(&self, user: &str) {
        let answer = self.sessions(0).logout(logout(user)).await.expect("logs out");
        self.settled(answer.into_inner().index).await;
    }

    /// Tries to log a user out everywhere.
    ///
    /// # Panics
    /// When it is not refused.
    pub async fn logout_refused(&self, user: &str) {
        let refused = self.sessions(0).logout(logout(user)).await;
        assert!(refused.is_err(), "logged out: {refused:?}");
    }

    /// The phones where a user is logged in, as an office's node has it.
    pub async fn phones_of(&self, node: usize, user: &str) -> Vec<String> {
        let request = v1::ResolveRequest {
            name: user.into(),
            consistency: v1::Consistency::Local.into(),
        };
        let answer = self.sessions(node).resolve(request).await.expect("a known user");
        answer
            .into_inner()
            .bindings
            .into_iter()
            .map(|binding| binding.device)
            .collect()
    }
}

/// A user with the usual settings.
#[must_use]
pub fn user(id: &str, extension: &str) -> v1::User {
    v1::User {
        id: id.into(),
        display_name: id.to_uppercase(),
        extension: extension.into(),
        ..Default::default()
    }
}

fn logout(user: &str) -> v1::LogoutRequest {
    v1::LogoutRequest {
        request_id: fresh_id(),
        target: Some(v1::logout_request::Target::User(user.into())),
        epoch: 0,
        by: "test".into(),
    }
}
