//! What tools ask and are answered.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_logs_people_in_and_out_and_sees_who_is_where() {
    let world = em_office(|_| {}).await;
    let device = |inner: &str| {
        format!(
            "<deviceUserResults><device name=\"{SEP}\">{inner}<emccDevice>no</emccDevice></device></deviceUserResults>"
        )
    };
    let user =
        |inner: &str| format!("<userDevicesResults><user id=\"ada\">{inner}</user></userDevicesResults>");

    assert_eq!(said(&world, &at_phone(SEP)).await, device("<none/><none/>"));
    assert_eq!(said(&world, &phones_of(TOOL, "ada")).await, user("<none/>"));

    assert_eq!(code(&world, &login(TOOL, SEP, "ada", "")).await, None);
    assert_eq!(
        said(&world, &at_phone(SEP)).await,
        device("<userID>ada</userID><none/>")
    );
    assert_eq!(
        said(&world, &phones_of(TOOL, "ada")).await,
        user(&format!("<deviceName>{SEP}</deviceName>"))
    );
    let session = state(&world)
        .session_at(&CISCO.parse().unwrap())
        .cloned()
        .unwrap();
    assert_eq!(session.by.as_str(), "em:tool");

    // A login elsewhere evicts; a second one at the phone takes it over.
    assert_eq!(code(&world, &login(TOOL, YEALINK_SEP, "2001", "")).await, None);
    assert_eq!(
        said(&world, &at_phone(SEP)).await,
        device("<none/><lastlogin>ada</lastlogin>")
    );
    assert_eq!(code(&world, &login(TOOL, SEP, "bob", "")).await, None);
    assert_eq!(
        said(&world, &at_phone(SEP)).await,
        device("<userID>bob</userID><lastlogin>ada</lastlogin>")
    );

    assert_eq!(code(&world, &logout(TOOL, SEP)).await, None);
    assert_eq!(code(&world, &logout(TOOL, SEP)).await, Some(19));
    // Whoever comes back was the last one, too.
    assert_eq!(code(&world, &login(TOOL, SEP, "bob", "")).await, None);
    assert_eq!(
        said(&world, &at_phone(SEP)).await,
        device("<userID>bob</userID><lastlogin>bob</lastlogin>")
    );
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_with_the_document_in_the_query_is_the_same() {
    let world = em_office(|_| {}).await;
    let path = format!("{SERVICE}?xml={}", escaped(&login(TOOL, SEP, "ada", "")));
    get(path)
        .send(&world)
        .await
        .is(200, "<response><success/></response>");
    assert!(state(&world).session_at(&CISCO.parse().unwrap()).is_some());
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_take_several_names_and_both_spellings() {
    let world = em_office(|_| {}).await;
    assert_eq!(code(&world, &login(TOOL, "ny-1", "ada", "")).await, None);
    let users = "<userID>ada</userID><userID>nobody</userID>";
    let results = |app: &str, inner: &str| format!("<query>{app}{inner}</query>");
    assert_eq!(
        said(
            &world,
            &results(TOOL, &format!("<userDevicesQuery>{users}</userDevicesQuery>"))
        )
        .await,
        "<userDevicesResults><user id=\"ada\"><deviceName>ny-1</deviceName></user>\
         <user id=\"nobody\"><doesNotExist/></user></userDevicesResults>"
    );
    let expected = "<deviceProfileResults><user id=\"ada\"><deviceProfile><deviceProfileName>ada</deviceProfileName>\
                    <isDefaultDeviceProfile>t</isDefaultDeviceProfile></deviceProfile></user>\
                    <user id=\"nobody\"><doesNotExist/></user></deviceProfileResults>";
    for spelling in ["deviceProfileQuery", "userDeviceProfileQuery"] {
        let query = format!("<{spelling}>{users}</{spelling}>");
        assert_eq!(said(&world, &results(TOOL, &query)).await, expected, "{spelling}");
    }
    let phones =
        "<deviceUserQuery><deviceName>ny-1</deviceName><deviceName>chi-1</deviceName></deviceUserQuery>";
    assert_eq!(
        said(&world, &results(NEW_YORK, phones)).await,
        "<deviceUserResults><device name=\"ny-1\"><userID>ada</userID><none/><emccDevice>no</emccDevice></device>\
         <device name=\"chi-1\"><doesNotExist/></device></deviceUserResults>",
        "phones of other offices are none of its business"
    );
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_everybody_ends_what_the_application_may_end() {
    let world = em_office(|_| {}).await;
    assert_eq!(code(&world, &login(TOOL, "ny-1", "ada", "")).await, None);
    assert_eq!(code(&world, &login(TOOL, SEP, "bob", "")).await, None);
    assert_eq!(
        code(&world, &format!("<request>{NEW_YORK}<logoutAll/></request>")).await,
        None
    );
    let left: Vec<_> = state(&world)
        .sessions()
        .map(|session| session.user.to_string())
        .collect();
    assert_eq!(left, ["bob"]);
    assert_eq!(
        code(&world, &format!("<request>{TOOL}<logoutAll/></request>")).await,
        None
    );
    assert_eq!(state(&world).sessions().count(), 0);
    world.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_its_own_is_taken_or_refused_as_configured() {
    let hour = "<exclusiveDuration><time>60</time></exclusiveDuration>";
    let ever = "<exclusiveDuration><indefinite/></exclusiveDuration>";
    for (refuse, expected) in [(false, None), (true, Some(7))] {
        let world = em_office(|config| config.phones.em.refuse_exclusive_duration = refuse).await;
        assert_eq!(code(&world, &login(TOOL, SEP, "ada", hour)).await, expected);
        assert_eq!(code(&world, &login(TOOL, SEP, "ada", ever)).await, None);
        world.node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_id_may_come_as_it_was_answered() {
    let world = em_office(|_| {}).await;
    let check = |user: &str| format!("<query>{TOOL}<checkUser><userID>{user}</userID></checkUser></query>");
    for (sent, exists) in [
        ("%61da", true),
        ("ad%61", true),
        ("%2561da", false),
        ("%6", false),
        ("%zzda", false),
        ("%ff", false),
    ] {
        let said = said(&world, &check(sent)).await;
        assert_eq!(said.contains("<exists>"), exists, "{sent}: {said}");
    }
    assert_eq!(code(&world, &login(TOOL, SEP, "%61da", "")).await, None);
    world.node.shutdown().await;
}
