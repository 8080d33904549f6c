//! Mistakes of whoever sends tokens or relays: each is told, with what to do about it, and nothing
//! on any chain is different afterwards.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use crate::crossing::{ask_relayer, home_denom};
use crate::network::{CHAINS, Home, Network};

/// A wrong command line, its exit code, and what standard error must have.
struct Mistake {
    args: Vec<String>,
    code: i32,
    says: &'static str,
}

fn mistake(args: &[&str], code: i32, says: &'static str) -> Mistake {
    Mistake { args: args.iter().map(|it| (*it).to_owned()).collect(), code, says }
}

/// A transfer that would be right, and what is different in it.
fn transfer(changes: &[(&str, &str)], code: i32, says: &'static str) -> Mistake {
    let mut order = vec![
        ("--from", "pow:alice"),
        ("--to", "pbft:alice"),
        ("--amount", "1000"),
        ("--denom", "sat"),
    ];
    for change in changes {
        order.retain(|(name, _)| *name != change.0);
        order.push(*change);
    }
    let args = order.into_iter().flat_map(|(name, value)| [name, value]);
    let args: Vec<_> = ["transfer"].into_iter().chain(args).collect();
    mistake(&args, code, says)
}

/// Everything that a mistake could have changed.
fn state(home: &Home, network: &Network) -> Value {
    let accounts = CHAINS.into_iter().flat_map(|chain| {
        ["alice", "bob"].map(|key| home.ask(&["balance", &format!("{chain}:{key}")]))
    });
    let accounts: Vec<_> = accounts.collect();
    json!([accounts, ask_relayer(network, "causeway_packets", &json!({}))])
}

fn check(home: &Home, mistake: &Mistake) {
    let Mistake { args, code, says } = mistake;
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let shown: Vec<_> = args.iter().map(|it| &it[..it.len().min(80)]).collect();
    let run = home.run(&args);
    assert_eq!(run.code, *code, "{shown:?}: {run:?}");
    assert!(run.stderr.contains(says), "{shown:?} should say {says:?}: {run:?}");
    assert!(!run.stderr.contains("panicked"), "{shown:?}: {run:?}");
    if *code != 1 {
        assert_eq!(run.stdout, "", "{shown:?}: {run:?}");
        assert!(run.stderr.contains("error: "), "{shown:?}: {run:?}");
    }
}

#[test]
fn what_is_wrong_is_told_and_moves_nothing() {
    let home = Home::new();
    let network = home.up_with_relayer(&[]);
    let before = state(&home, &network);
    let address = |chain: &str| {
        network.document["chains"][chain]["keys"]["bob"]["address"].as_str().unwrap().to_owned()
    };
    let token = home_denom(&network, "pos").to_owned();
    let mut mistakes = names();
    mistakes.extend(amounts(&token));
    mistakes.extend(times_and_texts());
    for chain in CHAINS {
        let from = if chain == "pow" { ("--from", "pbft:alice") } else { ("--from", "pow:alice") };
        let denom = ("--denom", if chain == "pow" { "ucway" } else { "sat" });
        let others = CHAINS.into_iter().filter(|other| *other != chain).map(address);
        let own = address(chain);
        for wrong in others.chain([flipped(&own), own[1..].to_owned(), "0x12".to_owned()]) {
            let to = format!("{chain}:{wrong}");
            let says = "neither a key nor an address";
            mistakes.push(transfer(&[from, denom, ("--to", &to)], 2, says));
        }
    }
    for mistake in &mistakes {
        check(&home, mistake);
    }
    assert_eq!(state(&home, &network), before);
    assert_eq!(network.stop("-TERM"), Some(0));
    check(&home, &transfer(&[], 3, "no answer"));
}

/// One digit or letter is another: the checksum does not hold.
fn flipped(address: &str) -> String {
    let swap = |c: char| match c {
        'q' => 'p',
        'A'..='F' => c.to_ascii_lowercase(),
        'a'..='f' if address.starts_with("0x") => c.to_ascii_uppercase(),
        _ => 'q',
    };
    let at = address.rfind(|c: char| c.is_ascii_alphabetic()).unwrap();
    let letter = address[at..].chars().next().unwrap();
    format!("{}{}{}", &address[..at], swap(letter), &address[at + 1..])
}

fn names() -> Vec<Mistake> {
    vec![
        transfer(&[("--from", "nowhere:alice")], 2, "configured are pbft, pos, pow"),
        transfer(&[("--to", "nowhere:alice")], 2, "configured are pbft, pos, pow"),
        transfer(&[("--from", "pow:nobody")], 2, "there is no key \"nobody\""),
        transfer(&[("--to", "pbft:nobody")], 2, "neither a key nor an address"),
        transfer(&[("--to", "pbft")], 2, "CHAIN:ACCOUNT"),
        transfer(&[("--denom", "nonsense")], 2, "no denomination on pow"),
        transfer(&[("--denom", "")], 2, "no denomination on pow"),
        transfer(&[("--denom", "transfer/client-0/sat")], 2, "causeway balance"),
        transfer(&[("--call", "nobody"), ("--payload", "00")], 2, "no contract"),
        transfer(&[("--call", "counter"), ("--payload", "0g")], 2, "payload"),
        transfer(&[("--call", "counter")], 2, "--payload"),
        message(&["--to", "pbft:nobody", "--payload", "00"], "no contract"),
        message(&["--to", "pbft:counter", "--payload", "xyz"], "payload"),
        message(&["--to", "pbft:counter", "--payload", "@/nowhere"], "cannot read /nowhere"),
        message(&["--to", "pbft:counter"], "--payload"),
        message(&["--to", "pow:counter", "--payload", "00"], "to another chain"),
        mistake(&["path", "create", "pow", "pow"], 2, "between two chains"),
        mistake(&["path", "create", "pow", "nowhere"], 2, "configured are"),
    ]
}

fn message(rest: &[&str], says: &'static str) -> Mistake {
    mistake(&[&["message", "--from", "pow:alice"], rest].concat(), 2, says)
}

fn amounts(token: &str) -> Vec<Mistake> {
    let beyond = "1".repeat(80);
    let all_there_is = "99999999999999999999999999";
    let mut mistakes = vec![
        transfer(&[("--amount", "0")], 2, "zero"),
        transfer(&[("--amount", "-1")], 2, "amount"),
        transfer(&[("--amount", "1.5")], 2, "--amount"),
        transfer(&[("--amount", "")], 2, "--amount"),
        transfer(&[("--amount", &beyond)], 2, "--amount"),
    ];
    for (from, to, denom) in
        [("pow", "pbft", "sat"), ("pos", "pbft", token), ("pbft", "pow", "ucway")]
    {
        let (from, to) = (format!("{from}:alice"), format!("{to}:alice"));
        let changes = [
            ("--from", from.as_str()),
            ("--to", &to),
            ("--denom", denom),
            ("--amount", all_there_is),
        ];
        mistakes.push(transfer(&changes, 1, ""));
    }
    mistakes
}

fn times_and_texts() -> Vec<Mistake> {
    let long = "m".repeat(40_000);
    vec![
        transfer(&[("--timeout", "1700000000")], 2, "is past"),
        transfer(&[("--timeout", "0s")], 2, "is past"),
        transfer(&[("--timeout", "25h")], 2, "too far ahead"),
        transfer(&[("--timeout", "9999999999")], 2, "too far ahead"),
        transfer(&[("--timeout", "soon")], 2, "--timeout"),
        transfer(&[("--memo", &long)], 2, "memo"),
    ]
}

#[test]
fn configurations_and_servers_that_are_no_use_are_told() {
    let home = Home::new();
    let network = home.up(&[]);
    let config = home.relayer_config(&network);
    let good = fs::read_to_string(&config).unwrap();
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        let file = home.path().join("bad.toml");
        fs::write(&file, good.replace(from, to)).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let bad = |file: &str, code: i32, says: &'static str| {
        for args in [
            &["relay"][..],
            &["path", "list"],
            &["balance", "pow:alice"],
            &["path", "create", "pow", "pos"],
        ] {
            check(&home, &mistake(&[args, &["--config", file]].concat(), code, says));
        }
    };
    bad("/nowhere.toml", 2, "/nowhere.toml");
    bad(&with("version = 1", "version = 1\nsecret = 2"), 2, "line 5, column 1");
    bad(&with("family = \"bitcoin\"", "family = \"nothing\""), 2, "there is no family");
    bad(&with("[chains.pos]", "[chains.pos"), 2, "line ");
    let file = home.path().join("bytes.toml");
    fs::write(&file, b"version = \xff").unwrap();
    bad(file.to_str().unwrap(), 2, "bytes.toml");

    // A port that somebody else has.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    home.connect_all(&config);
    let args = ["relay", "--config", &config, "--listen", &port];
    check(&home, &mistake(&args, 3, &*Box::leak(port.clone().into_boxed_str())));

    // A server that is no chain's.
    let server = format!("http://{}", nonsense());
    let pow = network.document["chains"]["pow"]["urls"]["rpc"].as_str().unwrap();
    let file = with(pow, &server);
    for args in [
        &["balance", "pow:alice"][..],
        &["path", "create", "pow", "pos"],
        &["transfer", "--from", "pow:alice", "--to", "pos:bob", "--amount", "1", "--denom", "sat"],
    ] {
        check(&home, &mistake(&[args, &["--config", &file]].concat(), 3, "nonsense"));
    }
}

/// A server that answers everything with a greeting.
fn nonsense() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(format!("{head}hello").as_bytes());
        }
    });
    address
}
