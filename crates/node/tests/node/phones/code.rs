//! The code on a phone's screen: from the document of a phone that nobody uses to the login that it leads to.

use hotdesk_core::Site;

use super::companion::{Browser, form_of};
use super::pages::*;
use super::*;

/// The document of the Poly.
const DOCUMENT: &str = "64167f04a1b2-hotdesk.cfg";

/// What a camera reads in a picture of so many pixels.
#[track_caller]
fn scanned(width: usize, height: usize, grey: impl FnMut(usize, usize) -> u8) -> String {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    grids.first().expect("a code in the picture").decode().unwrap().1
}

#[track_caller]
fn scanned_png(answer: &Answer) -> String {
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    let picture = std::io::Cursor::new(&answer.bytes);
    let mut reader = png::Decoder::new(picture).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let width = info.width as usize;
    scanned(width, info.height as usize, |x, y| pixels[3 * (y * width + x)])
}

#[track_caller]
fn scanned_bmp(answer: &Answer) -> String {
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/bmp"));
    let bytes = &answer.bytes;
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (at, width, height) = (number(10), number(18), number(22));
    let row = width.next_multiple_of(4);
    scanned(width, height, |x, y| bytes[at + (height - 1 - y) * row + x])
}

/// The path of an address of this node.
fn path_of(url: &str) -> &str {
    let at = url.find("//").unwrap() + 2;
    &url[at + url[at..].find('/').unwrap()..]
}

/// Scans, signs in, confirms.
async fn log_in_by(world: &World, url: &str) -> Answer {
    let (mut browser, path) = (Browser::default(), path_of(url));
    let signed_in = browser.sign_in(world, path, "2001", "1234").await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let page = browser.get(world, path).await;
    let form = form_of(&page);
    browser.post(world, path, &format!("form={form}&confirm=1")).await
}

#[tokio::test]
async fn whoever_scans_the_screen_of_a_phone_that_nobody_uses_has_it() {
    let world = office().await;
    let document = get(own_path(&world, POLY, DOCUMENT)).by(POLY_AGENT);
    let document = document.send(&world).await;
    let idle = link(&document, "/app/idle");
    let page = get(&idle).by(POLY_AGENT).send(&world).await;
    page.is(200, "Scan this with your mobile");
    assert!(page.header("refresh").starts_with("60; url=http://"), "{page:?}");
    let picture = get(link(&page, "/qr.bmp")).send(&world).await;
    let done = log_in_by(&world, &scanned_bmp(&picture)).await;
    done.is(200, "is yours now.");
    assert_eq!(who(&world, POLY), Some("ada".into()));

    // The page that is still there says so once, and the next document has none.
    let page = get(&idle).by(POLY_AGENT).send(&world).await;
    page.is(200, "ADA has been logged in here since");
    assert_eq!(page.header("refresh"), "");
    let document = get(own_path(&world, POLY, DOCUMENT)).by(POLY_AGENT);
    let document = document.send(&world).await;
    assert!(document.status == 200 && !document.body.contains("/app/idle"));
}

#[tokio::test]
async fn a_login_page_leads_to_a_code_and_the_code_to_a_welcome() {
    let world = office().await;
    let form = get(own_path(&world, MAC, "app")).by(AGENT).send(&world).await;
    form.is(200, "<Label>By mobile</Label>");
    let page = link(&form, "/app/mobile");
    let shown = get(&page).by(AGENT).send(&world).await;
    shown.is(200, "<YealinkIPPhoneImageScreen");
    assert!(shown.header("refresh").contains("/app/mobile"), "{shown:?}");
    let picture = get(link(&shown, "/qr.png")).send(&world).await;
    let address = scanned_png(&picture);
    // A phone without pictures says the same address.
    let words = open(&world, MAC, "/mobile").await;
    words.is(200, "To log in with your mobile, open http://");
    assert!(words.body.contains(&address), "{address} in {}", words.body);
    log_in_by(&world, &address).await.is(200, "is yours now.");
    let welcome = get(&page).by(AGENT).send(&world).await;
    welcome.is(200, "Welcome, ADA. This phone is yours now.");
    assert_eq!(welcome.header("refresh"), "");
}

#[tokio::test]
async fn where_one_chooses_from_a_list_the_mobile_is_in_it() {
    let mut world = office().await;
    let chicago = Site {
        recent_here: true,
        ..Site::clone(state(&world).site(&"chicago".parse().unwrap()).unwrap())
    };
    put(act(&world, Action::PutSite(chicago)).await);
    world.login("ada", MAC, "1234").await.unwrap();
    world.login("ada", "ny-1", "1234").await.unwrap();
    let list = open(&world, MAC, "").await;
    list.is(200, "Log in with my mobile");
    follow(&world, &list, "/app/mobile").await.is(200, "/d/");
}

#[tokio::test]
async fn a_picture_that_a_phone_has_is_sent_again_with_the_next_code_only() {
    let world = office().await;
    let path = own_path(&world, MAC, "qr.png?size=298x168");
    // The code may change between two requests, but not twice.
    for last in [false, true] {
        let turn = now_s() / 300;
        let first = get(&path).send(&world).await;
        let tag = first.header("etag").to_owned();
        assert_eq!(first.header("cache-control"), "private, no-cache");
        let again = get(&path).with("If-None-Match", &tag).send(&world).await;
        let other_size = get(own_path(&world, MAC, "qr.png?size=320x184"));
        let other_size = other_size.with("If-None-Match", &tag).send(&world).await;
        let other_phone = get(own_path(&world, POLY, "qr.png?size=298x168"));
        let other_phone = other_phone.with("If-None-Match", &tag).send(&world).await;
        if turn == now_s() / 300 || last {
            assert_eq!((again.status, again.bytes.len()), (304, 0));
            assert_eq!((other_size.status, other_phone.status), (200, 200));
            return;
        }
    }
}

#[tokio::test]
async fn sizes_in_which_no_code_has_room_are_refused() {
    let world = office().await;
    for query in [
        "",
        "?size=",
        "?size=298",
        "?size=48x48",
        "?size=801x480",
        "?size=99999999999x168",
        "?size=-298x168",
        "?size=298x168%00",
        "?w=298&h=168",
    ] {
        for file in ["qr.png", "qr.bmp"] {
            let answer = get(own_path(&world, MAC, &format!("{file}{query}")));
            answer.send(&world).await.is(400, "a size is wanted");
        }
    }
    let post = get(own_path(&world, MAC, "qr.png?size=298x168")).method("POST");
    assert_eq!(post.send(&world).await.status, 405);
}

#[tokio::test]
async fn a_phone_that_takes_no_logins_shows_no_code() {
    let world = office().await;
    let mut off = device(&world, POLY);
    off.enabled = false;
    put(act(&world, Action::PutDevice(off)).await);
    for page in ["app/idle", "app/mobile"] {
        let shown = get(own_path(&world, POLY, page))
            .by(POLY_AGENT)
            .send(&world)
            .await;
        shown.is(200, "Nobody can log in at this phone.");
        assert!(!shown.body.contains("/qr"), "{}", shown.body);
    }
}
