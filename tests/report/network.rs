//! A proxy that lets nothing through and remembers what it was asked for.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(crate) struct Proxy {
    port: u16,
    asked: Arc<Mutex<String>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let asked = Arc::new(Mutex::new(String::new()));
        let remembered = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                refuse(stream, &remembered);
            }
        });
        Self { port, asked }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether anything was asked for that has this in its address.
    pub(crate) fn asked_for(&self, host: &str) -> bool {
        let asked = self.asked.lock().expect("nobody failed with it");
        asked.contains(host)
    }
}

fn refuse(mut stream: TcpStream, remembered: &Mutex<String>) {
    let mut request = [0; 2048];
    let patience = stream.set_read_timeout(Some(Duration::from_secs(2)));
    if patience.is_err() {
        return;
    }
    if let Ok(length) = stream.read(&mut request) {
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        remembered
            .lock()
            .expect("nobody failed with it")
            .push_str(&request);
    }
    // Whoever asked may be gone.
    let _ = stream
        .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}
