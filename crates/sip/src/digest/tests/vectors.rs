//! Responses against those of others.

use super::*;

/// One computed response.
fn respond(algorithm: Algorithm, sess: bool, qop: Option<Qop>, ha1s: &Ha1s, of: &Vector) -> String {
    let input = Input {
        algorithm,
        sess,
        qop,
        nonce: of.nonce.as_bytes(),
        nc: of.nc.as_bytes(),
        cnonce: of.cnonce.as_bytes(),
        method: of.method,
        uri: of.uri.as_bytes(),
        body: b"v=0\r\n",
    };
    let bytes = compute::response(&input, ha1s.get(algorithm).unwrap());
    data_encoding::HEXLOWER.encode(&bytes)
}

struct Vector {
    nonce: &'static str,
    nc: &'static str,
    cnonce: &'static str,
    method: &'static str,
    uri: &'static str,
}

#[test]
fn responses_are_those_of_the_rfcs() {
    let rfc2617 = Vector {
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        nc: "00000001",
        cnonce: "0a4f113b",
        method: "GET",
        uri: "/dir/index.html",
    };
    let rfc7616 = Vector {
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        nc: "00000001",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        method: "GET",
        uri: "/dir/index.html",
    };
    let old = Ha1s::of("Mufasa", "testrealm@host.com", "Circle Of Life");
    let new = Ha1s::of("Mufasa", "http-auth@example.org", "Circle of Life");
    let table = [
        (Algorithm::Md5, &old, &rfc2617, "6629fae49393a05397450978507c4ef1"),
        (Algorithm::Md5, &new, &rfc7616, "8ca523f5e9506fed4657c9700eebdbec"),
        (
            Algorithm::Sha256,
            &new,
            &rfc7616,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ];
    for (algorithm, ha1s, vector, expected) in table {
        assert_eq!(respond(algorithm, false, Some(Qop::Auth), ha1s, vector), expected);
    }
}

#[test]
fn responses_are_those_of_another_implementation() {
    let ha1s = Ha1s::of("phone-7", "hotdesk.example", "correct horse");
    let vector = Vector {
        nonce: "dGVzdA-_",
        nc: "0000000a",
        cnonce: "0a4f113b",
        method: "REGISTER",
        uri: "sip:hotdesk.example",
    };
    let (auth, int) = (Some(Qop::Auth), Some(Qop::AuthInt));
    let table = [
        (Algorithm::Md5, false, None, "8dc56e4f69faaf98b88230abc784fffe"),
        (Algorithm::Md5, false, auth, "18a9016b7fcdc08d57b25077ae542265"),
        (Algorithm::Md5, false, int, "4adcf414b4847a95772fdb81186c9cc8"),
        (Algorithm::Md5, true, auth, "d365cd605df15828dbc73d008cbf447d"),
        (Algorithm::Md5, true, int, "58eb7ba3c8c541101f6b1713a84cfc3c"),
        (
            Algorithm::Sha256,
            false,
            auth,
            "0771a4dde36d152361f1d9d3542c953ec9f5b33c33e3fe49bbe57b279d66430e",
        ),
        (
            Algorithm::Sha256,
            false,
            int,
            "fee4570191a0a85f7402a8e01d04127da8ace3e51e934f1d6ccbc5c4dca31551",
        ),
        (
            Algorithm::Sha256,
            true,
            auth,
            "f82e320fbc59b6fea654901b4552db8e7146c71fa94886273cfeedf484eb0ae8",
        ),
        (
            Algorithm::Sha256,
            true,
            int,
            "f0a4a4efcb64694b3cc23bd2f517d80ab4021de194caf915e62ddd81c5b4c771",
        ),
        (
            Algorithm::Sha512_256,
            false,
            auth,
            "2c9bc7ba1279530af1874ce5eebd1a24c31fd92fb9d73578beeb335f124b3475",
        ),
        (
            Algorithm::Sha512_256,
            false,
            int,
            "4adad552590877509d0b5ad49e71fc41d0d94055611739b8086008ca0aaf78e3",
        ),
        (
            Algorithm::Sha512_256,
            true,
            auth,
            "cd5bfa0e877a3b9732c73eecc10abd2bb756355dadace0d11307f0f4b514f56c",
        ),
        (
            Algorithm::Sha512_256,
            true,
            int,
            "59f6e9ffa34237dbeec6fd7b990313ec4927a5ed1139820bf5e11f1c8dd8669f",
        ),
    ];
    for (algorithm, sess, qop, expected) in table {
        let found = respond(algorithm, sess, qop, &ha1s, &vector);
        assert_eq!(found, expected, "{algorithm:?} sess {sess} {qop:?}");
    }
    let ha1 = ha1s.sha512_256.unwrap();
    let expected = "b4044c3f52362dac3a0efa10484b41b8a217145c7d2a534a3ed390fadd1eb1c3";
    assert_eq!(data_encoding::HEXLOWER.encode(&ha1), expected);
}
